"""The matrix products of the dense layers, of float32 operands; `nnlite.precision` has others that do the same.

A label layer multiplies, for a block of N rows h (N, H) and a tile of T labels W (T, H):
    z^T = W h^T (T, N)    dW = dz^T h (T, H)    dh = dz W (N, H)
`rows`, `labels` and `gradient` bring each of the three operands into the form that its two products want.
"""

from sys import maxsize
from typing import Any

import numpy as np

from nnlite.system.sizes import TILE_LOGITS
from nnlite.system.scratch import scratch
from nnlite.system.workers import Workers


class Sums:
    """Where the shares of dh (N, H) of several tiles at a time are added up: a part for each of them."""

    def __init__(self, n_parts: int, strips: list[slice], n_units: int):
        self.strips, self.n_parts, self.n_units = strips, n_parts, n_units
        self.memory = scratch("dh sums", n_parts, strips[-1].stop, n_units)

    def part(self, part: int, strip: int) -> np.ndarray:
        """The memory of a strip of rows (n, H)."""
        return self.memory[part, self.strips[strip]]

    def rows(self, rows: slice) -> np.ndarray:
        """Some rows of dh (n, H): the parts, added in their order. In this object's or this thread's scratch memory."""
        total, *others = self.memory[:, rows]
        for part in others:
            total += part
        return total


class Products:
    """Of float32 operands, by NumPy's BLAS."""

    precision = "float32"
    tile_labels: int | None = None  # of a tile, by default TILE_LABELS,
    tile_logits = TILE_LOGITS  # and of a small batch about so many logits;
    strip_logits = maxsize  # of the rows of a block that meet a tile at once, at most
    copies_operands = packs_gradient = False  # do operands, and dz, take memory of their own?
    bce_step: Any = None  # the kind of a `label_step.Step` that they have for binary cross-entropy
    sums: type[Sums] = Sums

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        """out = a b. Each is C-contiguous or the transpose of such an array."""
        return np.matmul(a, b, out=out)

    def backward(self, h: np.ndarray, w: np.ndarray, dz: np.ndarray, dw: np.ndarray, dh: np.ndarray) -> None:
        """dw = h^T dz and dh = dz w^T, of a layer z = h w."""
        self.matmul(h.T, dz, dw)
        self.matmul(dz, w.T, dh)

    def rows(self, h: np.ndarray, strips: list[slice], workers: Workers | None = None) -> list[Any]:
        """The operand h (N, H) of a step, for each of some strips of its rows. workers: for many rows."""
        return [h[strip] for strip in strips]

    def labels(self, w: np.ndarray) -> Any:
        """The operand W (T, H) of a tile."""
        return w

    def gradient(self, dz: np.ndarray) -> Any:
        """The operand dz^T (T, N); may be made in its place."""
        return dz

    def logits(self, w: Any, h: Any, out: np.ndarray) -> None:
        """out (T, N) = z^T = W h^T."""
        np.matmul(w, h.T, out=out)

    def dw(self, dz: Any, h: Any, out: np.ndarray, first: bool) -> None:
        """out (T, H) becomes or, if it is not the first strip's, grows by dz^T h."""
        _add(dz, h, out, first)

    def dh(self, dz: Any, w: Any, out: np.ndarray, first: bool) -> None:
        """out, a part of `sums`, becomes or, if it is not the first product there, grows by dz W."""
        _add(dz.T, w, out, first)


def _add(a, b, out, first):
    if first:
        np.matmul(a, b, out=out)
    else:
        out += np.matmul(a, b, out=scratch("product", *out.shape))


FLOAT32 = Products()
