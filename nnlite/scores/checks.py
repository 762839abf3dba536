"""Checks of what is passed to the scores: ids, counts and propensities of labels, and the k of the top k."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from nnlite.system.contents import check_entries
from nnlite.system.number_arrays import numbers
from nnlite.system.ranges import integer

MAX_BINS = 10_000  # bins, or groups of labels; a kernel computes the number of a bin in float32, exact up to 2^24


def check_counts(name: str, counts: np.ndarray, n: int | None = None) -> np.ndarray:
    """The counts as int64; TypeError or ValueError unless they are whole numbers (n,) from 0 to 2^63 - 1."""
    counts = numbers(name, counts)
    if counts.dtype.kind == "b":
        raise TypeError(f"{name}: want numbers, got bool")
    if counts.dtype.kind == "f":
        counts = counts.astype(float)
    if counts.ndim != 1 or n not in (None, counts.size):
        raise ValueError(f"{name}: want one for each of {'the' if n is None else n} labels, got {counts.shape}")
    if counts.size and not (0 <= counts.min() and counts.max() < 2**63 and (np.floor(counts) == counts).all()):
        raise ValueError(f"{name}: want whole numbers from 0 to 2^63 - 1, got others")
    return counts.astype(np.int64)


def amounts(where: str, *values: Any, least: float = 0.0, most: float = 2.0**63,
            shape: tuple[int, ...] | None = None) -> list[np.ndarray]:
    """The values as arrays of floats; TypeError or ValueError unless they are numbers in the range, of fitting shapes.

    shape: None, or that of each    Integers, whose sums and products could overflow, become float64.
    """
    arrays = [numbers(where, value) for value in values]
    arrays = [array if array.dtype in (np.float32, np.float64) else array.astype(float) for array in arrays]
    for array in arrays:
        check_entries(where, array, least, most)
    shapes = {array.shape for array in arrays}
    with suppress(ValueError):  # shapes that do not fit together
        if shape is None and np.broadcast_shapes(*shapes) is not None or shapes == {shape}:
            return arrays
    raise ValueError(f"{where}: want arrays of {'one shape' if shape is None else shape}, got {sorted(shapes)}")


def check_square(where: str, table: np.ndarray) -> np.ndarray:
    """The table as an array (L, L) of numbers from 0 to 2^50, whose sums cannot overflow; TypeError or ValueError."""
    table = numbers(where, table)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError(f"{where}: want a table (L, L), got an array of shape {table.shape}")
    amounts(where, table, most=2.0**50)
    return table


def check_ids(name: str, ids: np.ndarray, n_labels: int) -> None:
    """TypeError or ValueError unless all ids are integers from 0 to n_labels - 1."""
    ids = numbers(name, ids)
    if ids.dtype.kind not in "iu" and ids.size:
        raise TypeError(f"{name}: want integers, got {ids.dtype}")
    if ids.size and not 0 <= ids.min() <= ids.max() < n_labels:
        raise ValueError(f"{name}: want labels from 0 to {n_labels - 1}, got {ids.min()} to {ids.max()}")


def check_propensities(propensities: np.ndarray, n_labels: int) -> np.ndarray:
    """The propensities (L,) as an array; TypeError or ValueError unless all are numbers above 0 and finite."""
    propensities = numbers("propensities", propensities).astype(float)
    if propensities.shape != (n_labels,) or not ((0 < propensities) & (propensities < np.inf)).all():
        raise ValueError(f"propensities: want {n_labels} finite numbers above 0, got an array of shape "
                         f"{propensities.shape}" + " with others" * (propensities.shape == (n_labels,)))
    return propensities


def checked_ks(where: str, ks: Sequence[int], n_labels: int) -> list[int]:
    """Those ks that are at most the number of labels. TypeError or ValueError unless all are integers above 0."""
    if not isinstance(ks, Iterable):
        raise TypeError(f"{where}: ks: want a sequence of integers, got {ks!r:.60}")
    return [k for k in (integer(f"{where}: ks", k, 1) for k in ks) if k <= n_labels]
