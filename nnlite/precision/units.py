"""Products on a processor's matrix units, of operands that are packed as bfloat16 (`kernels.packing`)."""

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnlite.data.csr import Csr
from nnlite.kernels import bce_strip, packing
from nnlite.network.products import Products, Sums
from nnlite.precision.panel_step import PanelStep
from nnlite.system.scratch import PerThread, scratch
from nnlite.system.slices import width
from nnlite.system.workers import Workers

SHARED = 1 << 18  # numbers that one thread packs as soon as several: 0.2 ms

_own = PerThread()  # the packed matrix of each name that this thread has used last, with its size


class TransposedSums(Sums):
    """As Sums, but a strip of a part is transposed (H, n)."""

    def __init__(self, n_parts: int, strips: list[slice], n_units: int):
        super().__init__(n_parts, strips, n_units)
        self.memory = self.memory.reshape(-1)

    def parts(self, strip: int) -> np.ndarray:
        """All parts of a strip (S, H, n)."""
        rows, size = self.strips[strip], self.n_parts * self.n_units
        return self.memory[size * rows.start:size * rows.stop].reshape(self.n_parts, self.n_units, width(rows))

    def part(self, part: int, strip: int) -> np.ndarray:
        """The memory of a strip of rows (H, n)."""
        return self.parts(strip)[part]

    def rows(self, rows: slice) -> np.ndarray:
        """As in Sums."""
        dh = scratch("dh rows", width(rows), self.n_units)
        for i, strip in enumerate(self.strips):
            start, stop = max(rows.start, strip.start), min(rows.stop, strip.stop)
            if start < stop:
                packing.add_transposed(self.parts(i), start - strip.start, stop - strip.start,
                                       dh[start - rows.start:stop - rows.start])
        return dh


class Packed(NamedTuple):
    """An operand, packed for the two products that want it."""

    one: np.ndarray
    other: np.ndarray
    shape: tuple[int, ...]  # before it was packed, of W (T, H), h (N, H) or dz^T (T, N)


class UnitProducts(Products):
    """Of operands packed as bfloat16, by a processor's matrix units.

    multiply, bce_strip: as in `kernels.packing` and `kernels.bce_strip`, of a unit
    strip_logits: of a strip of rows and a tile; their packed gradient and the operands stay in a core's cache
    tile_labels, tile_logits: as in Products
    """

    precision = "bfloat16"
    copies_operands = packs_gradient = True
    bce_step = PanelStep
    sums = TransposedSums

    def __init__(self, multiply: Callable[..., None], bce_strip: Callable[..., float], strip_logits: int = 1 << 18,
                 tile_labels: int | None = None, tile_logits: int = 1 << 18):
        self.multiply, self._bce_strip = multiply, bce_strip
        self.strip_logits, self.tile_labels, self.tile_logits = strip_logits, tile_labels, tile_logits

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        """As in Products."""
        self.multiply(left(a, packed("left", *a.shape)), right(b, packed("right", *b.shape)), len(b), out, False)
        return out

    def backward(self, h: np.ndarray, w: np.ndarray, dz: np.ndarray, dw: np.ndarray, dh: np.ndarray) -> None:
        """As in Products; dz is packed once for both."""
        both = self.gradient(dz)
        self.multiply(left(h.T, packed("left", *h.T.shape)), both.other, len(dz), dw, False)
        self.multiply(both.one, right(w.T, packed("right", *w.T.shape)), dz.shape[1], dh, False)

    def rows(self, h: np.ndarray, strips: list[slice], workers: Workers | None = None) -> list[Any]:
        """As in Products: h^T and h as right operands."""
        n_units = h.shape[1]
        found = [Packed(packed(f"right h^T {i}", n_units, width(strip)), packed(f"right h {i}", width(strip), n_units),
                        (width(strip), n_units)) for i, strip in enumerate(strips)]

        def pack(rows, each):
            packing.pack_rows(rows, packed("left h", *each.shape), each.other, each.one)

        run(workers, [partial(pack, h[strip], each) for strip, each in zip(strips, found, strict=True)], h.size)
        return found

    def labels(self, w: np.ndarray) -> Any:
        """As in Products: W and W^T as left operands."""
        both = Packed(packed("left W", *w.shape), packed("left W^T", *w.T.shape), w.shape)
        packing.pack_labels(w, both.one, packed("right W", *w.shape), both.other)
        return both

    def gradient(self, dz: np.ndarray) -> Any:
        """As in Products: dz^T as a left and as a right operand."""
        both = Packed(packed("left dz", *dz.shape), packed("right dz", *dz.shape), dz.shape)
        packing.pack_both(dz, 0, *both[:2])
        return both

    def bce_strip(self, w: Packed, h: Packed, b: np.ndarray, y: Csr, first_label: int,
                  weights: tuple[np.ndarray, np.ndarray], scale: np.float32, shares: Sequence[np.ndarray],
                  is_first: tuple[bool, bool]) -> float:
        """As `kernels.bce_strip`. shares: dw, db and dh    is_first: are dw and db set, is dh?"""
        n_labels, n_rows = w.shape[0], h.shape[0]
        at_once = bce_strip.panel_rows(n_labels)
        return self._bce_strip(
            *w[:2], *h[:2], b, *y[:2], first_label, *weights, scale, *shares, *is_first,
            np.empty(n_labels + 1, np.int64), np.empty(y.indptr[-1] - y.indptr[0], np.int32),
            scratch("logits", at_once, n_rows), packed("left dz", at_once, n_rows),
            packed("right dz", n_labels, n_rows), scratch("db of strip", n_labels), scratch("bce", 3, n_rows))

    def logits(self, w: Any, h: Any, out: np.ndarray) -> None:
        """As in Products."""
        self.multiply(w.one, h.one, w.shape[1], out, False)

    def dw(self, dz: Any, h: Any, out: np.ndarray, first: bool) -> None:
        """As in Products."""
        self.multiply(dz.one, h.other, dz.shape[1], out, not first)

    def dh(self, dz: Any, w: Any, out: np.ndarray, first: bool) -> None:
        """As in Products, transposed: dh^T = W^T dz^T."""
        self.multiply(w.other, dz.other, dz.shape[0], out, not first)


def run(workers: Workers | None, jobs: list[Callable[[], Any]], size: int) -> None:
    """Each job, on workers if there are any and the jobs move more than SHARED numbers in all."""
    if workers and size > SHARED:
        workers.call(jobs)
    else:
        for job in jobs:
            job()


def packed(name: str, n_rows: int, n_columns: int) -> np.ndarray:
    """This thread's memory for a packed matrix; its name begins with "left" or "right"."""
    kept = getattr(_own, name, None)
    if kept is None or kept[0] != (n_rows, n_columns):
        is_left = name.startswith("left")
        shape = (packing.left_shape if is_left else packing.right_shape)(n_rows, n_columns)
        memory = scratch(f"packed {name}", prod(shape) // (2 if is_left else 1))  # in numbers of 32 bits
        kept = (n_rows, n_columns), memory.view(np.uint16 if is_left else np.uint32).reshape(shape)
        setattr(_own, name, kept)
    return kept[1]


def left(matrix: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out becomes the matrix, packed as a left one."""
    if matrix.flags.c_contiguous:
        packing.pack_left(matrix, out)
    else:
        packing.right_to_left(right(matrix.T, packed("right transposed", *matrix.T.shape)), out)
    return out


def right(matrix: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out becomes the matrix, packed as a right one."""
    if matrix.flags.c_contiguous:
        packing.pack_right(matrix, out)
    else:
        packing.left_to_right(left(matrix.T, packed("left transposed", *matrix.T.shape)), out)
    return out
