"""Checks of arguments: numbers in a range, arrays of numbers, objects of a type. Results that must be finite."""

from contextlib import suppress
from typing import Any

import numpy as np

INT32_MAX, INT64_MAX = 2**31 - 1, 2**63 - 1
SEED_MAX = 2**128 - 1


def instance(name: str, value: Any, *types: type) -> Any:
    """The value. TypeError unless it is of one of these types."""
    if not isinstance(value, types):
        raise TypeError(f"{name}: want {' or '.join(one.__name__ for one in types)}, got {type(value).__name__}")
    return value


def integer(name: str, value: Any, least: int = -INT64_MAX, most: int = INT64_MAX) -> int:
    """The value, a Python or NumPy integer, as int. TypeError for another type, bool too; ValueError out of range."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise TypeError(f"{name}: want an integer, got {value!r:.60}")
    value = int(value)
    if not least <= value <= most:
        came = value if abs(value) <= INT64_MAX else f"one of {value.bit_length()} bits"  # digits could be millions
        raise ValueError(f"{name}: want an integer from {least:,} to {most:,}, got {came}")
    return value


def number(name: str, value: Any, least: float | None = None, below: float = np.nan) -> float:
    """The value, a Python or NumPy number, as float. TypeError for another type, bool too; ValueError out of range.

    least: None for any number, NaN too    below: NaN for no limit
    """
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise TypeError(f"{name}: want a number, got {value!r:.60}")
    try:
        value = float(value)
    except OverflowError:  # an integer of more than 1,024 bits
        value = np.inf if value > 0 else -np.inf
    if least is None or least <= value and not value >= below:
        return value
    raise ValueError(f"{name}: want at least {least:g}{'' if np.isnan(below) else f' and less than {below:g}'}, got "
                     f"{value:g}")


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
