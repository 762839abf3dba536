"""The version of nnlite, which setup.cfg reads."""

VERSION = "0.2.0"
