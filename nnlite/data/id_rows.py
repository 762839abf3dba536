"""Rows of word ids, or of label ids, become csr matrices."""

from collections.abc import Iterable

import numpy as np

from nnlite.data.csr import Csr

CsrArrays = tuple[np.ndarray, np.ndarray, np.ndarray]  # indptr int64, indices int32, data float32


def rows_of_ids(rows: np.ndarray, ids: np.ndarray) -> CsrArrays:
    """(indptr, indices, data): row i holds the different ids in ids[rows[i]:rows[i + 1]], and how often each occurs.

    Negative ids are left out. All are sorted at once, as 64-bit numbers with the row in the upper half.
    """
    every = (np.repeat(np.arange(rows.size - 1), np.diff(rows)) << 32 | ids)[ids >= 0]
    every.sort()
    first = np.flatnonzero(np.diff(every, prepend=-1))  # the first of equal ones
    entries = every[first]
    indptr = np.searchsorted(entries, np.arange(rows.size) << 32)
    return indptr, entries.astype(np.int32), np.diff(first, append=every.size).astype(np.float32)


def joined(parts: Iterable[CsrArrays]) -> Csr:
    """The Csr of rows in parts, (indptr, indices, data) each."""
    indptr, indices, data = zip((np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)), *parts)
    ends = np.append(0, np.cumsum(np.concatenate([np.diff(part) for part in indptr])))
    return Csr(ends, np.concatenate(indices), np.concatenate(data))
