"""Checks of arguments: numbers in a range, objects of a type. Arrays of numbers: `number_arrays`."""

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
