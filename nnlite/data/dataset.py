"""`Dataset`: features and labels of the same rows as a pair of csr matrices. A Dataset that exists is valid.

Kernels check no bounds: an index outside its matrix would read foreign memory. So the matrices are checked here, once.
A Dataset owns its arrays: it copies what it is given and shows read-only views, so that what was checked stays so.
From here on they are passed as `Csr`, their three arrays.
"""

import zlib
from functools import reduce
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.kernels import sparse
from nnlite.system.ranges import INT32_MAX, INT64_MAX
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

    All arrays are copied. x, y and weights are read-only: each access returns views that cannot be written.
    A column may occur twice in a row of x; its values then add up.
    Raises TypeError for another kind of matrix or dtype, ValueError for indices outside the matrix, values that are not
    finite, or a different number of rows.
    """

    def __init__(self, x: sp.sparray | sp.spmatrix, y: sp.sparray | sp.spmatrix, weights: np.ndarray | None = None):
        self._own(_arrays("x", x, copy=True), check_labels(y, copy=True), x.shape[1], y.shape[1])
        self.weights = weights

    def _own(self, x: Csr, y: Csr, n_words: int, n_labels: int) -> None:
        if x.n_rows != y.n_rows:
            raise ValueError(f"y: want as many rows as x, {x.n_rows}, got {y.n_rows}")
        self._x, self._y, self._weights = x, y, None
        self.n_rows, self.n_words, self.n_labels = x.n_rows, int(n_words), int(n_labels)

    def __reduce__(self):
        return Dataset, (self.x, self.y, self.weights)  # a copy, or one read from a pickle, is checked as any other

    @property
    def x(self) -> sp.csr_array:
        """The features, a csr matrix (N, D) of read-only views."""
        return _shown(self._x, self.n_words)

    @property
    def y(self) -> sp.csr_array:
        """The labels, a csr matrix (N, L) of read-only views."""
        return _shown(self._y, self.n_labels)

    @property
    def weights(self) -> np.ndarray | None:
        """How much each row counts, float32 (N,), or None."""
        return None if self._weights is None else _read_only(self._weights)

    @weights.setter
    def weights(self, weights: np.ndarray | None) -> None:
        self._weights = None if weights is None else check_weights("weights", weights, len(self)).copy()

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        words, labels = (csr.data.size / max(self.n_rows, 1) for csr in self.arrays())
        return (f"Dataset({self.n_rows:,} rows, {self.n_words:,} words ({words:.1f} a row), "
                f"{self.n_labels:,} labels ({labels:.1f} a row))")

    @property
    def nbytes(self) -> int:
        """Bytes of the six arrays."""
        return sum(a.nbytes for csr in self.arrays() for a in csr)

    def crc32(self) -> int:
        """A number that distinguishes these data from others."""
        x, y = self.arrays()
        arrays = [*x, *y[:2]] + ([] if self.weights is None else [self.weights])
        return reduce(lambda crc, array: zlib.crc32(np.ascontiguousarray(array).data, crc), arrays, 0)

    def label_frequencies(self) -> np.ndarray:
        """The fraction of the rows that carry each label, float64 (L,)."""
        return np.bincount(self._y.indices, minlength=self.n_labels) / max(self.n_rows, 1)

    def arrays(self) -> tuple[Csr, Csr]:
        """x and y as `Csr`."""
        return self._x, self._y

    def take(self, rows: np.ndarray | slice) -> "Dataset":
        """The given rows (an integer array, or a slice), copied in their order, as a Dataset."""
        rows = np.arange(self.n_rows)[rows]
        x, y = (part.take(rows) for part in self.arrays())
        taken = object.__new__(Dataset)
        taken._own(x, y, self.n_words, self.n_labels)
        taken._weights = None if self._weights is None else self._weights[rows]
        return taken

    def chunks(self, n_rows: int) -> list["Dataset"]:
        """Cut into Datasets of n_rows rows, in order; the last may be shorter."""
        return [self.take(rows) for rows in blocks(self.n_rows, n_rows)]


def from_arrays(x: Csr, y: Csr, n_words: int, n_labels: int) -> Dataset:
    """A Dataset that takes over arrays which the caller has just made: checked, not copied. Raises as `Dataset`."""
    for name, csr, n_columns in ("x", x, n_words), ("y", y, n_labels):
        _check(name, csr, n_columns)
    dataset = object.__new__(Dataset)
    dataset._own(x, _labels(y), n_words, n_labels)
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
    arrays = _arrays("x", x)
    if x.shape[1] != n_words:
        raise ValueError(f"x: want {n_words} columns, one per word, got {x.shape[1]}")
    return arrays


def check_labels(y: sp.sparray | sp.spmatrix, copy: bool = False) -> Csr:
    """The arrays of y, a csr matrix (N, L) of float32 ones, none twice; TypeError or ValueError otherwise."""
    return _labels(_arrays("y", y, copy))


def _labels(y):
    rises = y.indices[:-1] < y.indices[1:]
    starts = y.indptr[1:-1]
    rises[starts[(0 < starts) & (starts < y.indices.size)] - 1] = True  # from one row to the next
    if not (y.data == 1).all() or not rises.all():
        raise ValueError("y: want ones only, sorted within each row and none twice")
    return y


def check_classes(indptr: np.ndarray) -> None:
    """ValueError if a row of a csr label matrix has more labels than the one that softmax can learn."""
    n = np.diff(indptr)
    if n.max(initial=0) > 1:
        raise ValueError(f"softmax: want at most one label in a row, got {n.max()} in row {n.argmax()}")


def _arrays(name, matrix, copy=False):
    """The checked arrays of a csr matrix, as far as its rows reach, in the dtypes that the kernels are compiled for.

    They are read from the matrix once, so that the arrays which are checked are those which are used.
    """
    if not sp.issparse(matrix) or matrix.format != "csr" or matrix.ndim != 2:
        raise TypeError(f"{name}: want a csr matrix, got {type(matrix).__name__}")
    indptr, indices, data, n_columns = matrix.indptr, matrix.indices, matrix.data, matrix.shape[1]
    for part, array, kind in ("values", data, "f"), ("indptr", indptr, "iu"), ("indices", indices, "iu"):
        if (not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in kind
                or kind == "f" and array.dtype != np.float32):
            raise TypeError(f"{name}: want {'float32' if kind == 'f' else '1-D integer'} {part}, got "
                            f"{getattr(array, 'dtype', type(array).__name__)} {np.shape(array)}")
    nnz = int(indptr[-1]) if indptr.size == matrix.shape[0] + 1 else -1
    if not 0 <= nnz <= min(indices.size, data.size):
        raise ValueError(f"{name}: want valid csr arrays, got: row ends that do not fit rows and entries")
    csr = Csr(_converted(name, indptr, np.int64, copy, INT64_MAX),
              _converted(name, indices[:nnz], np.int32, copy, n_columns - 1),
              _converted(name, data[:nnz], np.float32, copy))
    _check(name, csr, n_columns)
    return csr


def _converted(name, array, dtype, copy, most=None):
    """The array in this dtype, C-contiguous, aligned and writeable. ValueError for an integer that would not fit.

    Numba would compile each kernel once more for a read-only array. Where it is a view of all of a writeable one, as
    in a Dataset, that one is taken.
    """
    if array.dtype != dtype and not 0 <= int(array.min(initial=0)) <= int(array.max(initial=0)) <= max(most, 0):
        raise ValueError(f"{name}: want valid csr arrays, got: an index that is not >= 0 and < {most + 1}")
    array = np.asarray(array)  # without subclass
    owner = array.base
    if not array.flags.writeable and type(owner) is np.ndarray and owner.flags.writeable and (
            owner.dtype, owner.shape, owner.strides, owner.ctypes.data) == (
            array.dtype, array.shape, array.strides, array.ctypes.data):
        array = owner
    return np.array(array, dtype, order="C") if copy else np.require(array, dtype, ["C", "A", "W"])


def _check(name, csr, n_columns):
    """ValueError unless the arrays, of the right dtypes, are those of a csr matrix. Comparisons cannot overflow."""
    indptr, indices, data = csr
    if max(n_columns, csr.n_rows) > INT32_MAX:
        raise ValueError(f"{name}: want at most {INT32_MAX:,} rows and columns, got {csr.n_rows:,} and {n_columns:,}")
    if indptr[0] != 0 or (indptr[:-1] > indptr[1:]).any() or not indptr[-1] == indices.size == data.size:
        raise ValueError(f"{name}: want valid csr arrays, got: row ends that do not rise from 0")
    if indices.size and not 0 <= indices.min() <= indices.max() < n_columns:
        raise ValueError(f"{name}: want valid csr arrays, got: an index that is not >= 0 and < {n_columns}")
    if not np.isfinite(data).all():
        raise ValueError(f"{name}: want finite values, got NaN or infinity")


def _shown(csr, n_columns):
    """A csr matrix of read-only views of these arrays."""
    matrix = sp.csr_array((csr.n_rows, n_columns), dtype=np.float32)
    matrix.indptr, matrix.indices, matrix.data = map(_read_only, csr)
    return matrix


def _read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view
