"""`Dataset`: features and labels of the same rows as a pair of csr matrices. A Dataset that exists is valid.

A Dataset owns its arrays: it copies what it is given and shows read-only views, so that what was checked stays so.
From here on they are passed as `Csr`, their three arrays.
"""

import zlib
from functools import reduce

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.csr_checks import check_arrays, check_csr
from nnlite.data.label_checks import check_labels, check_ones
from nnlite.system.number_arrays import check_weights
from nnlite.system.ranges import integer
from nnlite.system.slices import blocks


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
        self._own(check_arrays("x", x, copy=True), check_labels(y, copy=True), x.shape[1], y.shape[1])
        self.weights = weights

    def _own(self, x: Csr, y: Csr, n_words: int, n_labels: int) -> None:
        if x.n_rows != y.n_rows:
            raise ValueError(f"y: want as many rows as x, {x.n_rows}, got {y.n_rows}")
        self._x, self._y, self._weights = x, y, None
        self.n_rows, self.n_words, self.n_labels = x.n_rows, int(n_words), int(n_labels)

    def __reduce__(self) -> tuple:
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
        """ValueError unless they are None or N finite numbers of at least 0."""
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

    def rows_without_label(self) -> int:
        """The number of rows that have no label."""
        return int((np.diff(self._y.indptr) == 0).sum())

    def arrays(self) -> tuple[Csr, Csr]:
        """x and y as `Csr`."""
        return self._x, self._y

    def take(self, rows: np.ndarray | slice) -> "Dataset":
        """The given rows (an integer array, or a slice), copied in their order, as a Dataset. IndexError for others."""
        try:
            rows = np.arange(self.n_rows)[rows]
        except (IndexError, TypeError, ValueError, OverflowError):
            raise IndexError(f"take: want a slice or numbers of rows from {-self.n_rows} to {self.n_rows - 1}, got "
                             "others") from None
        if rows.ndim != 1:
            raise ValueError(f"take: want a slice or a 1-D array of rows, got one of {rows.ndim} dimensions")
        x, y = (part.take(rows) for part in self.arrays())
        taken = object.__new__(Dataset)
        taken._own(x, y, self.n_words, self.n_labels)
        taken._weights = None if self._weights is None else self._weights[rows]
        return taken

    def chunks(self, n_rows: int) -> list["Dataset"]:
        """Cut into Datasets of n_rows rows, in order; the last may be shorter."""
        return [self.take(rows) for rows in blocks(self.n_rows, integer("chunks: n_rows", n_rows, 1))]


def from_arrays(x: Csr, y: Csr, n_words: int, n_labels: int) -> Dataset:
    """A Dataset that takes over arrays which the caller has just made: checked, not copied. Raises as `Dataset`."""
    for name, csr, n_columns in ("x", x, n_words), ("y", y, n_labels):
        check_csr(name, csr, n_columns)
    dataset = object.__new__(Dataset)
    dataset._own(x, check_ones(y), n_words, n_labels)
    return dataset


def _shown(csr, n_columns):
    """A csr matrix of read-only views of these arrays."""
    matrix = sp.csr_array((csr.n_rows, n_columns))
    matrix.indptr, matrix.indices, matrix.data = map(_read_only, csr)
    return matrix


def _read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view
