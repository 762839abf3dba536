"""A model as one HTML page, which predicts in a browser without nnlite and without a network connection."""
