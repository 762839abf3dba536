"""Recipes, the trainer, checkpoints and the plan of a training."""
