"""Other systems: their environments, and an adapter for each. No module here imports nnlite."""
