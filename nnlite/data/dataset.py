"""`Dataset`: features and labels of the same rows as a pair of csr matrices. A Dataset that exists is valid.

Kernels check no bounds: an index outside its matrix would read foreign memory. So the matrices are checked here, once.
From here on they are passed as `Csr`, their three arrays.
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
    def n_rows(self) -> int:
        """N, the number of rows."""
        return self.indptr.size - 1

    def rows(self, part: slice) -> "Csr":
        """A view of the rows in a slice: no copy."""
        return Csr(self.indptr[part.start:part.stop + 1], self.indices, self.data)

    def take(self, rows: np.ndarray) -> "Csr":
        """A copy of the given rows (integers), in their order."""
        counts = self.indptr[rows + 1] - self.indptr[rows]
        indptr = np.zeros(rows.size + 1, np.int64)
        np.cumsum(counts, out=indptr[1:])
        taken = Csr(indptr, np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32))
        sparse.take_rows(*self, rows, *taken)
        return taken


class Dataset:
    """Features x (N, D) and labels y (N, L), csr, float32; y holds ones only, sorted within a row and none twice.

    weights: None or how much each row counts in a training, float32 (N,), at least 0; 2 is as if the row were there
    twice. Assigned weights are checked as those given to Dataset are.

    n_rows, n_words, n_labels: N, D and L

    Raises TypeError for another kind of matrix or dtype, ValueError for indices outside the matrix, values that are not
    finite, or a different number of rows. The arrays are shared, not copied, where their index types already fit.
    """

    def __init__(self, x: sp.sparray | sp.spmatrix, y: sp.sparray | sp.spmatrix, weights: np.ndarray | None = None):
        self.x, self.y = _checked("x", x), _checked("y", y)
        self.n_rows: int = self.x.shape[0]
        self.n_words: int = self.x.shape[1]
        self.n_labels: int = self.y.shape[1]
        self.weights = weights
        check_labels(self.y)
        if x.shape[0] != y.shape[0]:
            raise ValueError(f"y: want as many rows as x, {x.shape[0]}, got {y.shape[0]}")

    @property
    def weights(self) -> np.ndarray | None:
        """How much each row counts, float32 (N,), or None."""
        return self._weights

    @weights.setter
    def weights(self, weights: np.ndarray | None) -> None:
        self._weights = None if weights is None else check_weights("weights", weights, len(self))

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        return (f"Dataset({self.n_rows:,} rows, {self.n_words:,} words ({self.x.nnz / max(self.n_rows, 1):.1f} a row), "
                f"{self.n_labels:,} labels ({self.y.nnz / max(self.n_rows, 1):.1f} a row))")

    @property
    def nbytes(self) -> int:
        """Bytes of the six arrays."""
        return sum(a.nbytes for m in (self.x, self.y) for a in (m.indptr, m.indices, m.data))

    def crc32(self) -> int:
        """A number that distinguishes these data from others."""
        x, y = self.arrays()
        arrays = [*x, *y[:2]] + ([] if self.weights is None else [self.weights])
        return reduce(lambda crc, array: zlib.crc32(np.ascontiguousarray(array).data, crc), arrays, 0)

    def label_frequencies(self) -> np.ndarray:
        """The fraction of the rows that carry each label, float64 (L,)."""
        return np.bincount(self.y.indices, minlength=self.n_labels) / max(self.n_rows, 1)

    def arrays(self) -> tuple[Csr, Csr]:
        """x and y as `Csr`."""
        x, y = self.x, self.y
        return Csr(x.indptr, x.indices, x.data), Csr(y.indptr, y.indices, y.data)

    def take(self, rows: np.ndarray | slice) -> "Dataset":
        """The given rows (an integer array, or a slice), copied in their order, as a Dataset."""
        rows = np.arange(self.n_rows)[rows]
        x, y = (part.take(rows) for part in self.arrays())
        weights = None if self.weights is None else self.weights[rows]
        return from_arrays(x, y, self.n_words, self.n_labels, weights)

    def chunks(self, n_rows: int) -> list["Dataset"]:
        """Cut into Datasets of n_rows rows, in order; the last may be shorter."""
        return [self.take(rows) for rows in blocks(self.n_rows, n_rows)]


def from_arrays(x: Csr, y: Csr, n_words: int, n_labels: int, weights: np.ndarray | None = None) -> Dataset:
    """A Dataset of arrays that come from a valid one: nothing is checked, nothing copied."""
    dataset = object.__new__(Dataset)
    dataset.n_rows, dataset.n_words, dataset.n_labels, dataset._weights = x.n_rows, n_words, n_labels, weights
    dataset.x, dataset.y = _csr(x, (x.n_rows, n_words)), _csr(y, (y.n_rows, n_labels))
    return dataset


def check_weights(name: str, weights: np.ndarray, n: int) -> np.ndarray:
    """The n weights as float32; ValueError unless they are that many, finite and at least 0."""
    weights = np.ascontiguousarray(weights, np.float32)
    if weights.shape != (n,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"{name}: want {n} finite numbers of at least 0, got an array of shape {weights.shape}"
                         + " with others" * (weights.shape == (n,)))
    return weights


def check_features(x: sp.sparray | sp.spmatrix, n_words: int) -> Csr:
    """The arrays of x, a csr matrix (N, n_words) of finite float32; TypeError or ValueError otherwise, as `Dataset`."""
    x = _checked("x", x)
    if x.shape[1] != n_words:
        raise ValueError(f"x: want {n_words} columns, one per word, got {x.shape[1]}")
    return Csr(x.indptr, x.indices, x.data)


def check_labels(y: sp.sparray | sp.spmatrix) -> Csr:
    """The arrays of y, a csr matrix (N, L) of float32 ones, none twice; TypeError or ValueError otherwise."""
    y = _checked("y", y)
    if not y.has_canonical_format or not (y.data == 1).all():
        raise ValueError("y: want ones only, sorted within each row and none twice")
    return Csr(y.indptr, y.indices, y.data)


def check_classes(indptr: np.ndarray) -> None:
    """ValueError if a row of a csr label matrix has more labels than the one that softmax can learn."""
    n = np.diff(indptr)
    if n.max(initial=0) > 1:
        raise ValueError(f"softmax: want at most one label in a row, got {n.max()} in row {n.argmax()}")


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
