"""Arguments that must be numbers in a range."""

from typing import Any

import numpy as np

INT32_MAX, INT64_MAX = 2**31 - 1, 2**63 - 1


def integer(name: str, value: Any, least: int = -INT64_MAX, most: int = INT64_MAX) -> int:
    """The value, a Python or NumPy integer, as int. TypeError for another type, bool too; ValueError out of range."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise TypeError(f"{name}: want an integer, got {value!r:.60}")
    value = int(value)
    if not least <= value <= most:
        came = value if abs(value) <= INT64_MAX else f"one of {value.bit_length()} bits"  # digits could be millions
        raise ValueError(f"{name}: want an integer from {least:,} to {most:,}, got {came}")
    return value


def probabilities(name: str, value: Any, n: int) -> np.ndarray:
    """One probability, or n of them, as float64. ValueError for anything else, bool too."""
    p = np.asarray(value)
    if p.dtype.kind not in "iuf" or p.shape not in ((), (n,)) or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"{name}: want a probability, or {n}, got {p}")
    return p.astype(float)
