"""Checks of what is passed to the scores: ids, counts and propensities of labels, and the k of the top k."""

from collections.abc import Iterable, Sequence

import numpy as np

from nnlite.system.ranges import integer

MAX_BINS = 10_000  # bins, or groups of labels; a kernel computes the number of a bin in float32, exact up to 2^24


def check_counts(name: str, counts: np.ndarray, n: int | None = None) -> np.ndarray:
    """The counts as int64; TypeError or ValueError unless they are whole numbers (n,) from 0 to 2^63 - 1."""
    counts = np.asarray(counts)
    if counts.dtype.kind not in "iuf":
        raise TypeError(f"{name}: want numbers, got {counts.dtype}")
    if counts.ndim != 1 or n not in (None, counts.size):
        raise ValueError(f"{name}: want one for each of {'the' if n is None else n} labels, got {counts.shape}")
    if counts.size and not (0 <= counts.min() and counts.max() < 2**63 and (np.floor(counts) == counts).all()):
        raise ValueError(f"{name}: want whole numbers from 0 to 2^63 - 1, got others")
    return counts.astype(np.int64)


def check_ids(name: str, ids: np.ndarray, n_labels: int) -> None:
    """TypeError or ValueError unless all ids are integers from 0 to n_labels - 1."""
    ids = np.asarray(ids)
    if ids.dtype.kind not in "iu" and ids.size:
        raise TypeError(f"{name}: want integers, got {ids.dtype}")
    if ids.size and not 0 <= ids.min() <= ids.max() < n_labels:
        raise ValueError(f"{name}: want labels from 0 to {n_labels - 1}, got {ids.min()} to {ids.max()}")


def check_propensities(propensities: np.ndarray, n_labels: int) -> np.ndarray:
    """The propensities (L,) as an array; ValueError unless all are above 0 and finite."""
    propensities = np.asarray(propensities, float)
    if propensities.shape != (n_labels,) or not ((0 < propensities) & (propensities < np.inf)).all():
        raise ValueError(f"propensities: want {n_labels} finite numbers above 0, got an array of shape "
                         f"{propensities.shape}" + " with others" * (propensities.shape == (n_labels,)))
    return propensities


def checked_ks(where: str, ks: Sequence[int], n_labels: int) -> list[int]:
    """Those ks that are at most the number of labels. TypeError or ValueError unless all are integers above 0."""
    if not isinstance(ks, Iterable):
        raise TypeError(f"{where}: ks: want a sequence of integers, got {ks!r:.60}")
    return [k for k in (integer(f"{where}: ks", k, 1) for k in ks) if k <= n_labels]
