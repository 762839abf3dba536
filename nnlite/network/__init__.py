"""The network: what a student reads, from `reference` (plain NumPy) to `mlp` (one training step)."""
