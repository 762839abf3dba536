"""Csr matrices that a training step makes: the columns of a tile as rows, and sums over the shares of blocks."""

from functools import lru_cache

import numpy as np

from nnlite.data.csr import Csr
from nnlite.kernels import sparse
from nnlite.system.slices import width

f32 = np.float32


def columns_of_tile(y: Csr, tile: slice) -> Csr:
    """The ones of a tile's labels, label by label: the columns of y, a block of rows, as rows."""
    nnz = int(y.indptr[-1] - y.indptr[0])
    ones = Csr(np.empty(width(tile) + 1, np.int64), np.empty(nnz, np.int32), y.data[:0])
    sparse.ones_of_tile(*y[:2], tile.start, *ones[:2])
    return ones


def label_weights_of_rows(y: Csr, of_rows: np.ndarray, of_labels: np.ndarray) -> np.ndarray:
    """(N,): the weight of each row of y times that of its one label, or alone if it has none."""
    own = np.ones(y.n_rows, f32)
    own[np.diff(y.indptr) > 0] = of_labels[y.indices[y.indptr[0]:y.indptr[-1]]]
    return of_rows * own


def sums_of(places: list[np.ndarray], stride: int) -> tuple[np.ndarray, Csr]:
    """The labels in any of `places`, one int32 array a block; Csr that adds up each one's rows in order of the blocks.

    Label places[i][j] of block i has row stride i + j.
    """
    if len(places) == 1:
        return places[0], one_of_each(1, places[0].size, stride)
    labels = np.concatenate(places)
    rows = np.concatenate([stride * i + np.arange(p.size) for i, p in enumerate(places)])
    order = np.argsort(labels, kind="stable")
    every, first = np.unique(labels[order], return_index=True)
    return every, Csr(np.append(first, labels.size), rows[order].astype(np.int32), np.ones(labels.size, f32))


@lru_cache(maxsize=64)
def one_of_each(blocks: int, n: int, stride: int) -> Csr:
    """Csr (n, blocks * stride) whose row i adds up entry i of every block."""
    indices = np.arange(n)[:, None] + stride * np.arange(blocks)
    return Csr(np.arange(0, indices.size + 1, blocks), indices.astype(np.int32).ravel(), np.ones(indices.size, f32))
