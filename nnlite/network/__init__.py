"""The network: what a student reads, from `reference` (plain NumPy) to `network` (one training step)."""
