"""What the figures and the arrays of a folder must be: checks against stated ranges.

The CRC-32s of a folder may be right and its contents wrong. No comparison here can overflow.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nnlite.system.figures import Figure

FLOAT32_MAX = float(np.finfo(np.float32).max)


class Want(NamedTuple):
    """What an array of a folder must be."""

    dtype: str
    shape: tuple[int, ...]
    least: float
    most: float


def check_figures(where: Any, header: Mapping[str, Any], figures: Mapping[str, Figure]) -> None:
    """ValueError unless each of these figures of a folder's JSON is there and in its range."""
    for name, figure in figures.items():
        figure.check(f"{where}: {name}", header.get(name))


def check_arrays(where: Any, arrays: Mapping[str, np.ndarray], wanted: Mapping[str, Want]) -> None:
    """ValueError unless a folder has these arrays and no others, and all of their entries are in range."""
    want = {name: (one.dtype, one.shape) for name, one in wanted.items()}
    got = {name: (str(array.dtype), array.shape) for name, array in arrays.items()}
    if want != got:
        raise ValueError(f"{where}: want arrays {want}, got {got!s:.300}")
    for name, one in wanted.items():
        check_entries(f"{where}: {name}", arrays[name], one.least, one.most)


def check_entries(name: str, array: np.ndarray, least: float, most: float) -> None:
    """ValueError unless all entries are numbers from least to most; NaN is not one."""
    if array.size and not (least <= array.min() and array.max() <= most):
        raise ValueError(f"{name}: want numbers from {least:,} to {most:,}, got {array.min()} to {array.max()}")
