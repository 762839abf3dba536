"""The command line, its commands and its report."""
