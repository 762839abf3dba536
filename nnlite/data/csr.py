"""`Csr`: a csr matrix as kernels read it, whose arrays `csr_checks` has checked before."""

from typing import NamedTuple

import numpy as np

from nnlite.kernels import sparse


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
