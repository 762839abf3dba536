"""The two large layers, of which a rank holds the rows of the words and the labels that it owns.

Word d belongs to shard d mod S, so that each shard has as many frequent words as the next; labels are cut into S ranges
of equal length, so that a tile of labels has one owner. A rank owns some consecutive shards.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnlite.data.csr import Csr
from nnlite.data.csr_parts import label_weights_of_rows
from nnlite.kernels import by_shard
from nnlite.network.label_layer import LabelLayer, check_classes
from nnlite.network.label_step import Gradient, Pieces, Step, StepSettings
from nnlite.network.layers import SparseLinear, Words
from nnlite.network.optimizers import Optimizer
from nnlite.network.products import FLOAT32, Products
from nnlite.ranks.softmax import ClassStep, log_sums
from nnlite.system.ranks import Shards
from nnlite.system.sizes import GATHER_FLOPS, label_tiles, row_blocks, step_pieces
from nnlite.system.scratch import scratch
from nnlite.system.slices import shares, width
from nnlite.system.workers import Workers

f32 = np.float32


def own_words(n_words: int, shards: Shards, own: range | None = None) -> np.ndarray:
    """The ids of the words of some shards, by default of this rank's, in the order of their rows."""
    own = shards.own if own is None else own
    shard = np.arange(n_words) % shards.n
    return np.flatnonzero((own.start <= shard) & (shard < own.stop))


def own_labels(n_labels: int, shards: Shards, own: range | None = None) -> slice:
    """The labels of some shards, by default of this rank's."""
    own, cuts = shards.own if own is None else own, shares(n_labels, shards.n)
    return slice(cuts[own.start].start, cuts[own.stop - 1].stop)


class OwnWords(SparseLinear):
    """z = x W + b, the sum over all shards of what their words add. W: the rows of the words of this rank's shards."""

    def __init__(self, w: np.ndarray, b: np.ndarray, shards: Shards):
        super().__init__(w, b)
        self.shards = shards

    def own(self, x: Csr) -> Csr:
        """The non-zeros of x whose words this rank owns, each with the number of the word's row.

        Word d of shard s is in row (d div S) n + s - a if the rank owns the n shards from a on.
        """
        all_of, (a, n) = slice(x.indptr[0], x.indptr[-1]), (self.shards.own.start, len(self.shards.own))
        if n == self.shards.n:
            return x
        turn, shard = np.divmod(x.indices[all_of], np.int32(self.shards.n))
        here = (a <= shard) & (shard < a + n)
        indptr = np.append(0, np.cumsum(here))[x.indptr - x.indptr[0]]
        return Csr(indptr, (turn * n + shard - a)[here].astype(np.int32), x.data[all_of][here])

    def transpose(self, x: Csr) -> Words:
        """As in SparseLinear, of the words of this rank."""
        return super().transpose(self.own(x))

    def total(self, x: Csr, workers: Workers) -> np.ndarray:
        """x W (N, H), of which each shard adds its part; x: as from `own`."""
        n, n_units = len(self.shards.own), self.w.shape[1]
        parts = scratch("parts of z1", x.n_rows, n, n_units)
        workers.run(lambda rows: by_shard.csr_matmul_by_shard(*x.rows(rows), self.w, n, parts[rows]),
                    row_blocks(x.n_rows, GATHER_FLOPS * n_units))
        return self.shards.total(list(parts.swapaxes(0, 1)))

    def forward(self, x: Csr, z: np.ndarray) -> None:
        """In place: z, some rows of `total`, grows by b."""
        z += self.b


class OwnLabels(LabelLayer):
    """A LabelLayer of a rank's labels. Every shard is a layer of its own, and their shares of dh are added up."""

    def __init__(self, w: np.ndarray, b: np.ndarray, n_labels: int, output: str, shards: Shards):
        super().__init__(w, b)
        self.shards, self.output, self.own = shards, output, own_labels(n_labels, shards)
        first, cuts = self.own.start, shares(n_labels, shards.n)
        self.parts = [ShardLabels(w, b, slice(cuts[i].start - first, cuts[i].stop - first)) for i in shards.own]

    def tiles(self) -> list[slice]:
        """Those of each shard."""
        return [slice(part.own.start + tile.start, part.own.start + tile.stop)
                for part in self.parts for tile in label_tiles(width(part.own))]

    def pieces(self, n_rows: int, products: Products = FLOAT32) -> Pieces:
        """Those of the largest shard: they are worked on one after the other."""
        return max(self.parts, key=lambda part: width(part.own)).pieces(n_rows, products)

    def backward_and_update(self, h: np.ndarray, y: Csr, settings: StepSettings, optimizer: Optimizer,
                            workers: Workers) -> tuple[float, Gradient]:
        """As in LabelLayer, of this rank's labels; on every rank loss and dh are those of all labels."""
        of_class: Callable[..., Step] | None = None
        if self.output == "softmax":
            check_classes(y.indptr)
            sums = log_sums(self, [part.own for part in self.parts], h, self.shards, settings.products, workers)
            of_class = partial(ClassStep, sums)
        losses, dhs = [], []
        settings, y = self._own_weights(settings, y), _of_labels_from(self.own.start, y)
        for part in self.parts:
            losses.append(0.0)
            dhs.append(np.zeros_like(h))
            if width(part.own):
                pieces = part.pieces(len(h), settings.products)
                step = (partial(of_class, part) if of_class else part.new_step)(pieces, h, y, settings, optimizer)
                losses[-1], dh = step.run(workers)
                dhs[-1][:] = dh(slice(0, len(h)))
        return self.shards.total_of_few(losses), self.shards.total(dhs).__getitem__

    def step_by_blocks(self, *of_step: Any) -> Step | None:
        """None: dh is known when all ranks have theirs."""
        return None

    def _own_weights(self, settings, y):
        """The settings with the weights of this rank's labels; those of a softmax become weights of rows."""
        if not settings.weights:
            return settings
        of_rows, of_labels = settings.weights
        if self.output == "softmax":
            of_rows, of_labels = label_weights_of_rows(y, of_rows, of_labels), np.ones_like(of_labels)
        return settings._replace(weights=(of_rows, of_labels[self.own]))


class ShardLabels(LabelLayer):
    """The labels of one shard: some rows `own` of those that a rank holds."""

    def __init__(self, w: np.ndarray, b: np.ndarray, own: slice):
        super().__init__(w, b)
        self.own = own

    def pieces(self, n_rows: int, products: Products = FLOAT32) -> Pieces:
        """As in LabelLayer, of these labels alone."""
        blocks, tiles, rounds = step_pieces(n_rows, max(width(self.own), 1), self.w.shape[1],
                                            tile_logits=products.tile_logits, least=products.tile_labels)
        return blocks, [slice(self.own.start + tile.start, self.own.start + tile.stop) for tile in tiles], rounds


def _of_labels_from(first, y):
    """y with label `first` as label 0; those before it have numbers below 0, which no tile holds."""
    here = slice(y.indptr[0], y.indptr[-1])
    return Csr(y.indptr - here.start, y.indices[here] - np.int32(first), y.data[here])
