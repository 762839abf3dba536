"""The layers below the labels: sparse words in, hidden layers. Each holds its parameters and derives its gradient.

A thread writes only the parameter rows that it owns: a row of `features.W` belongs to the thread that takes it, which
makes its row of the gradient and updates it at once. So no gradient of `features.W` is stored whole, no row is locked,
and no result depends on the number of threads. Into which pieces a batch is cut: `sizes`.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from nnlite.data.csr import Csr
from nnlite.data.csr_parts import one_of_each
from nnlite.kernels import dense, sparse
from nnlite.network.optimizers import Optimizer
from nnlite.network.products import FLOAT32, Products
from nnlite.system.scratch import scratch

f32 = np.float32


def relu(z: np.ndarray) -> None:
    """In place: z becomes max(z, 0)."""
    np.maximum(z, 0, out=z)


ACTIVATIONS = {  # name -> (h = act(z), in place on a block of rows; dz = dh act'(z), in place of h; formula for pages)
    "sigmoid": (dense.sigmoid, dense.sigmoid_backward, "1 / (1 + exp(-z))"),
    "relu": (relu, dense.relu_backward, "max(0, z)"),
}


class Dropout(NamedTuple):
    """Which hidden units are left out of which rows in one training step; the others are divided by `keep`.

    keep: the chance of a unit to stay    stream: 32 bits that change with the step    n_rows: in the batch
    The backward pass of dropout is dropout: `apply` treats dh as it has treated h.
    """

    keep: np.float32
    stream: int
    n_rows: int

    def apply(self, h: np.ndarray, layer: int, first_row: int) -> None:
        """In place: h (n, units) of hidden layer 0, 1, ..., a block of rows that begins at first_row of the batch."""
        if self.keep < 1:
            dense.dropout(h, self.keep, self.stream, layer * self.n_rows + first_row)


class Words(NamedTuple):
    """The words of a batch, as `SparseLinear` wants them. They do not depend on parameters."""

    x: Csr  # (N, D), less the words that are left out
    ids: np.ndarray  # of the words in it, int32, each once
    xt: Csr  # x^T, a row for each of them


class SparseLinear:
    """z = x W + b for a sparse batch x.

    x (N, D) csr    W (D, H), one row per word    b (H,)    z (N, H)

    dW = x^T dz     W[d] meets the loss only through the rows n with x[n, d] != 0:
                    dW[d] = sum_n x[n, d] dz[n], and a word that is absent from the batch has none
    db = sum_n dz[n]
    dx is not needed: x is data.
    """

    def __init__(self, w: np.ndarray, b: np.ndarray):
        self.w, self.b = w, b
        self._places = np.zeros(len(w), np.int32)

    def forward(self, x: Csr, z: np.ndarray) -> None:
        """z (N, H) from the rows x."""
        sparse.csr_matmul(*x, self.w, self.b, z)

    def drop(self, x: Csr, keep: np.float32, stream: int, first_row: int) -> Csr:
        """A copy of x in which each non-zero is kept with probability `keep`, and then divided by it."""
        dropped = Csr(np.empty_like(x.indptr), *(np.empty(x.indptr[-1] - x.indptr[0], a.dtype) for a in x[1:]))
        dense.drop_words(*x, keep, stream, first_row, *dropped)
        return dropped

    def transpose(self, x: Csr) -> Words:
        """x and its words. Uses memory of this layer: one thread at a time."""
        nnz = int(x.indptr[-1] - x.indptr[0])
        ids, indptr = np.empty(nnz, np.int32), np.empty(nnz + 1, np.int64)
        xt = Csr(indptr, np.empty(nnz, np.int32), np.empty(nnz, np.float32))
        n_words = sparse.csr_transpose(*x, self._places, ids, *xt)
        return Words(x, ids[:n_words], xt._replace(indptr=indptr[:n_words + 1]))

    def updates(self, words: Words, dz: np.ndarray, optimizer: Optimizer, n: int) -> list[Callable[[], None]]:
        """n jobs for as many threads, which together update the row of each of the batch's words once. dz (N, H)"""
        taken = np.zeros(1, np.int64)
        return [partial(optimizer.update, "features.W", words.ids, words.xt, dz, taken)] * n


class Linear:
    """z = h W + b between two hidden layers.

    h (N, H)    W (H, K)    b (K,)    z (N, K)

    dW = h^T dz    db = sum_n dz[n]    dh = dz W^T
    """

    def __init__(self, w: np.ndarray, b: np.ndarray):
        self.w, self.b = w, b

    def forward(self, h: np.ndarray, z: np.ndarray, products: Products = FLOAT32) -> None:
        """z (N, K) from h (N, H)."""
        products.matmul(h, self.w, z)
        z += self.b

    def backward(self, h: np.ndarray, dz: np.ndarray,
                 products: Products = FLOAT32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """dW, db and dh (in this thread's scratch memory) of a block of rows."""
        dw, dh = np.empty_like(self.w), scratch("dh", *h.shape)
        products.backward(h, self.w, dz, dw, dh)
        return dw, dz.sum(axis=0), dh


def update_from_blocks(optimizer: Optimizer, name: str, param: np.ndarray, gradients: list) -> None:
    """Update all rows of a parameter that no thread owns: its gradient is the sum of these, one for each block of rows.

    They are added in the order of the blocks.
    """
    n_rows = len(np.atleast_2d(param))
    source = np.concatenate(gradients, axis=None).reshape(-1, param.shape[-1])
    optimizer.update(name, np.arange(n_rows, dtype=np.int32), one_of_each(len(gradients), n_rows, n_rows), source)
