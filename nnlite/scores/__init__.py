"""How good a model is: metrics, evaluation, calibration, explanation."""
