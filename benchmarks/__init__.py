"""The benchmarks of nnlite: README.md says what each answers; RESULTS.md holds what they printed last."""
