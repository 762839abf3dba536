"""Checks of arrays of numbers: arguments, and results that must be finite."""

from contextlib import suppress
from typing import Any

import numpy as np


def numbers(name: str, value: Any) -> np.ndarray:
    """The value as an array of real numbers, bool too, of any shape. TypeError for anything else."""
    with suppress(ValueError):  # lists of different lengths
        array = np.asarray(value)
        if array.dtype.kind in "biuf":
            return array
    raise TypeError(f"{name}: want numbers, got {getattr(value, 'dtype', type(value).__name__)}")


def probabilities(name: str, value: Any, n: int) -> np.ndarray:
    """One probability, or n of them, as float64. TypeError or ValueError for anything else, bool too."""
    p = numbers(name, value)
    if p.dtype.kind == "b" or p.shape not in ((), (n,)) or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"{name}: want a probability, or {n}, got {p}")
    return p.astype(float)


def check_weights(name: str, weights: np.ndarray, n: int) -> np.ndarray:
    """The n weights as float32; TypeError or ValueError unless they are that many, finite and at least 0."""
    with np.errstate(over="ignore"):  # an infinite weight is refused below
        weights = np.ascontiguousarray(numbers(name, weights), np.float32)
    if weights.shape != (n,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"{name}: want {n} finite numbers of at least 0, got an array of shape {weights.shape}"
                         + " with others" * (weights.shape == (n,)))
    return weights


def finite(name: str, array: Any) -> Any:
    """The array. FloatingPointError if it holds NaN or infinity: a sum of products of parameters overflows."""
    if not np.isfinite(array).all():
        raise FloatingPointError(f"{name}: want finite numbers, got NaN or infinity: some parameters or features are "
                                 "so large that their products overflow")
    return array


def logit_thresholds(thresholds: float | np.ndarray, n_labels: int) -> np.ndarray:
    """logit(p) (L,) float32 of the probabilities p, one or (L,): sigmoid(z) > p is z > logit(p). 1 is infinity."""
    p = probabilities("thresholds", thresholds, n_labels)
    with np.errstate(divide="ignore"):
        return np.broadcast_to(np.log(p) - np.log1p(-p), n_labels).astype(np.float32)
