"""Hypothesis without a deadline: a first call compiles. Its examples are the same in every run."""

from hypothesis import settings

settings.register_profile("nnlite", deadline=None, derandomize=True, max_examples=60, database=None)
settings.load_profile("nnlite")
