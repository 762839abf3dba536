"""What a csr matrix must be to become a `Csr`.

Kernels check no bounds: an index outside its matrix would read foreign memory. So matrices are checked here, once.
"""

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.system.ranges import INT32_MAX, INT64_MAX


def check_features(x: sp.sparray | sp.spmatrix, n_words: int) -> Csr:
    """The arrays of x, a csr matrix (N, n_words) of finite float32; TypeError or ValueError otherwise, as `Dataset`."""
    arrays = check_arrays("x", x)
    if x.shape[1] != n_words:
        raise ValueError(f"x: want {n_words} columns, one per word, got {x.shape[1]}")
    return arrays


def n_rows_of(name: str, matrix: sp.sparray | sp.spmatrix) -> int:
    """The number of rows of a csr matrix; TypeError for anything else."""
    if not sp.issparse(matrix) or matrix.format != "csr" or matrix.ndim != 2:
        raise TypeError(f"{name}: want a csr matrix, got {type(matrix).__name__}")
    return matrix.shape[0]


def check_arrays(name: str, matrix: sp.sparray | sp.spmatrix, copy: bool = False) -> Csr:
    """The checked arrays of a csr matrix, as far as its rows reach, in the dtypes that the kernels are compiled for.

    They are read from the matrix once, so that the arrays which are checked are those which are used.
    """
    n_rows = n_rows_of(name, matrix)
    indptr, indices, data, n_columns = matrix.indptr, matrix.indices, matrix.data, matrix.shape[1]
    for part, array, kind in ("values", data, "f"), ("indptr", indptr, "iu"), ("indices", indices, "iu"):
        if (not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in kind
                or kind == "f" and array.dtype != np.float32):
            raise TypeError(f"{name}: want {'float32' if kind == 'f' else '1-D integer'} {part}, got "
                            f"{getattr(array, 'dtype', type(array).__name__)} {np.shape(array)}")
    nnz = int(indptr[-1]) if indptr.size == n_rows + 1 else -1
    if not 0 <= nnz <= min(indices.size, data.size):
        raise ValueError(f"{name}: want valid csr arrays, got: row ends that do not fit rows and entries")
    csr = Csr(_converted(name, indptr, np.int64, copy, INT64_MAX),
              _converted(name, indices[:nnz], np.int32, copy, n_columns - 1),
              _converted(name, data[:nnz], np.float32, copy))
    check_csr(name, csr, n_columns)
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


def check_csr(name: str, csr: Csr, n_columns: int) -> None:
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
