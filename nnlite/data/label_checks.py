"""What a label matrix must be: ones, sorted within each row and none twice."""

import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.csr_checks import check_arrays


def check_labels(y: sp.sparray | sp.spmatrix, copy: bool = False) -> Csr:
    """The arrays of y, a csr matrix (N, L) of float32 ones, none twice; TypeError or ValueError otherwise."""
    return check_ones(check_arrays("y", y, copy))


def check_ones(y: Csr) -> Csr:
    """The same arrays; ValueError unless they are ones, sorted within each row and none twice."""
    rises = y.indices[:-1] < y.indices[1:]
    starts = y.indptr[1:-1]
    rises[starts[(0 < starts) & (starts < y.indices.size)] - 1] = True  # from one row to the next
    if not (y.data == 1).all() or not rises.all():
        raise ValueError("y: want ones only, sorted within each row and none twice")
    return y
