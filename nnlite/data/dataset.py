"""`Dataset`: features and labels of the same rows as a pair of csr matrices. A Dataset that exists is valid.

Kernels check no bounds: an index outside its matrix would read foreign memory. It is stopped here, once. Below this
door the two matrices travel as `Csr`, their three bare arrays.
"""

import zlib
from functools import reduce
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.kernels import sparse
from nnlite.system.threads import blocks


class Csr(NamedTuple):
    """Some rows of a csr matrix as kernels read them: the non-zeros of row i lie from indptr[i] to indptr[i + 1]."""

    indptr: np.ndarray  # int64 (N + 1,); it begins above 0 in a view of later rows
    indices: np.ndarray  # int32
    data: np.ndarray  # float32

    @property
    def n_rows(self):
        """N, the number of rows."""
        return self.indptr.size - 1

    def rows(self, part):
        """A view of the rows in a slice: no copy."""
        return Csr(self.indptr[part.start:part.stop + 1], self.indices, self.data)

    def take(self, rows):
        """A copy of the given rows (integers), in their order."""
        counts = self.indptr[rows + 1] - self.indptr[rows]
        indptr = np.zeros(rows.size + 1, np.int64)
        np.cumsum(counts, out=indptr[1:])
        taken = Csr(indptr, np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32))
        sparse.take_rows(*self, rows, *taken)
        return taken


class Dataset:
    """Features x (N, D) and labels y (N, L), csr, float32; y holds ones only, sorted within a row and none twice.

    weights: None or how much each row counts in a training, (N,), at least 0; 2 is as if the row were there twice.

    Raises TypeError for another kind of matrix or dtype, ValueError for indices outside the matrix, values that are not
    finite, or a different number of rows. The arrays are shared, not copied, where their index types already fit.
    """

    def __init__(self, x, y, weights=None):
        self.x, self.y = _checked("x", x), _checked("y", y)
        self.weights = None if weights is None else check_weights("weights", weights, self.x.shape[0])
        check_labels(self.y)
        if x.shape[0] != y.shape[0]:
            raise ValueError(f"y: want as many rows as x, {x.shape[0]}, got {y.shape[0]}")

    n_rows = property(lambda self: self.x.shape[0])
    n_words = property(lambda self: self.x.shape[1])
    n_labels = property(lambda self: self.y.shape[1])

    def __len__(self):
        return self.n_rows

    def __repr__(self):
        return (f"Dataset({self.n_rows:,} rows, {self.n_words:,} words ({self.x.nnz / max(self.n_rows, 1):.1f} a row), "
                f"{self.n_labels:,} labels ({self.y.nnz / max(self.n_rows, 1):.1f} a row))")

    @property
    def nbytes(self):
        """Bytes of the six arrays."""
        return sum(a.nbytes for m in (self.x, self.y) for a in (m.indptr, m.indices, m.data))

    def crc32(self):
        """A number that tells these data from others."""
        x, y = self.arrays()
        arrays = [*x, *y[:2]] + ([] if self.weights is None else [self.weights])
        return reduce(lambda crc, array: zlib.crc32(np.ascontiguousarray(array), crc), arrays, 0)

    def label_frequencies(self):
        """The fraction of the rows that carry each label, float64 (L,)."""
        return np.bincount(self.y.indices, minlength=self.n_labels) / max(self.n_rows, 1)

    def arrays(self):
        """x and y as `Csr`."""
        return tuple(Csr(m.indptr, m.indices, m.data) for m in (self.x, self.y))

    def take(self, rows):
        """The given rows (an integer array, or a slice), copied in their order, as a Dataset."""
        rows = np.arange(self.n_rows)[rows]
        parts = [_csr(part.take(rows), shape=(rows.size, m.shape[1]))
                 for part, m in zip(self.arrays(), (self.x, self.y))]
        return _trusted(*parts, None if self.weights is None else self.weights[rows])

    def chunks(self, n_rows):
        """Cut into Datasets of n_rows rows, in order; the last may be shorter."""
        return [self.take(rows) for rows in blocks(self.n_rows, n_rows)]


def from_arrays(x, y, n_words, n_labels):
    """A Dataset of two Csr that come from a valid one: nothing is checked, nothing copied."""
    return _trusted(_csr(x, (x.n_rows, n_words)), _csr(y, (y.n_rows, n_labels)))


def _trusted(x, y, weights=None):
    """A Dataset of rows that come from a valid one."""
    dataset = object.__new__(Dataset)
    dataset.x, dataset.y, dataset.weights = x, y, weights
    return dataset


def check_weights(name, weights, n):
    """The n weights as float32; ValueError unless they are that many, finite and at least 0."""
    weights = np.ascontiguousarray(weights, np.float32)
    if weights.shape != (n,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"{name}: want {n} finite numbers of at least 0, got an array of shape {weights.shape}"
                         + " with others" * (weights.shape == (n,)))
    return weights


def check_features(x, n_words):
    """The arrays of x, a csr matrix (N, n_words) of finite float32; TypeError or ValueError otherwise, as `Dataset`."""
    x = _checked("x", x)
    if x.shape[1] != n_words:
        raise ValueError(f"x: want {n_words} columns, one per word, got {x.shape[1]}")
    return Csr(x.indptr, x.indices, x.data)


def check_labels(y):
    """The arrays of y, a csr matrix (N, L) of float32 ones, none twice; TypeError or ValueError otherwise."""
    y = _checked("y", y)
    if not y.has_canonical_format or not (y.data == 1).all():
        raise ValueError("y: want ones only, sorted within each row and none twice")
    return Csr(y.indptr, y.indices, y.data)


def _checked(name, matrix):
    """The same matrix with indices int32 and indptr int64, the one pair of types that the kernels are compiled for."""
    if not sp.issparse(matrix) or matrix.format != "csr":
        raise TypeError(f"{name}: want a csr matrix, got {type(matrix).__name__}")
    if matrix.dtype != np.float32:
        raise TypeError(f"{name}: want float32 values, got {matrix.dtype}")
    try:
        matrix = sp.csr_array(matrix)  # shares the arrays; check_format may put others, of another type, in their place
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"{name}: want valid csr arrays, got: {error}") from None
    if not np.isfinite(matrix.data).all():
        raise ValueError(f"{name}: want finite values, got NaN or infinity")
    return _csr(Csr(matrix.indptr, matrix.indices, matrix.data), matrix.shape)


def _csr(arrays, shape):
    matrix = sp.csr_array((arrays.data, arrays.indices, arrays.indptr), shape=shape)
    matrix.indptr = arrays.indptr.astype(np.int64, copy=False)  # the constructor would give both the same type
    matrix.indices = arrays.indices.astype(np.int32, copy=False)
    return matrix
