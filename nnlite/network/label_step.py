"""One training step of a label layer, item by item: a block of rows and a tile of labels."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from nnlite.data.csr import Csr
from nnlite.data.csr_parts import columns_of_tile, one_of_each, sums_of
from nnlite.kernels import dense
from nnlite.network.optimizers import Optimizer
from nnlite.network.products import FLOAT32, Products
from nnlite.system.scratch import PerThread, scratch
from nnlite.system.sizes import strip_rows, strips
from nnlite.system.slices import width
from nnlite.system.workers import Workers

Pieces = tuple[list[slice], list[slice], list[slice]]  # as from `sizes.step_pieces`
Gradient = Callable[[slice], np.ndarray]  # dh (n, H) of some rows, each asked for once, in the memory of the step
Weights = tuple[np.ndarray, np.ndarray] | None  # of rows (N,) and of true labels (L,), float32: for the gradient

f32 = np.float32


class StepSettings(NamedTuple):
    """The settings of one training step."""

    scale: float  # of every gradient: 1 / N averages the loss over the rows, 1 / (N L) over rows and labels
    dropout: float = 0.0  # the chance of a hidden unit to be left out of a row,
    word_dropout: float = 0.0  # and that of a word,
    stream: int = 0  # which are functions of this integer below 2^32
    weights: Weights = None  # of rows and true labels
    negligible: float = 0.0  # see LabelLayer.backward_and_update
    products: Products = FLOAT32


class Item(NamedTuple):
    """What a thread works on at a time."""

    block: int  # the number of a block of rows
    slot: int  # the number of a tile in its round
    tile: slice
    unfinished: Any  # next() of it counts down how many of the tile's items are not done
    part: int  # of dh, which grows by the item's share,
    first: bool  # or becomes it


class Step:
    """All items of a step: tile by tile or, where labels are few, block by block.

    Block i of tile j leaves its share of dW and db in its own place; the thread that finishes a tile's last block adds
    them up in the order of the blocks and updates the tile.
    Tile by tile, a round works on some tiles, with all blocks of rows; dh is added up in the order of the rounds, then
    of the tiles in a round. Block by block there are no rounds: a thread that has a block's h works on all tiles, and
    has the block's dh. layer: a LabelLayer.
    """

    def __init__(self, layer: Any, pieces: Pieces, h: np.ndarray, y: Csr, settings: StepSettings, optimizer: Optimizer):
        self.layer, self.h, self.y, self.optimizer = layer, h, y, optimizer
        self.scale, self.weights, self.products = f32(settings.scale), settings.weights, settings.products
        self.negligible = f32(settings.negligible) * self.scale
        self.blocks, self.tiles, self.rounds = pieces
        self.widest, slots = max(map(width, self.tiles)), width(self.rounds[0]) if self.rounds else len(self.tiles)
        self.strips, self.strips_of = strips(
            self.blocks, len(h) if self.negligible else strip_rows(self.products.strip_logits, self.widest))
        if len(self.blocks) > 1:
            self.dw = scratch("dw", slots, len(self.blocks), self.widest, h.shape[1])
            self.db = scratch("db", slots, len(self.blocks), self.widest)
        self.dh = self.products.sums(slots if self.rounds else 1, self.strips, h.shape[1])
        self.busy: dict = {}  # the labels of a tile that are not negligible in a block, by their slot and the block
        self.unfinished = [] if self.rounds else [count(len(self.blocks), -1) for _ in self.tiles]
        self.rows: list[Any] = [None] * len(self.strips)  # operands
        self.own = PerThread()  # .w: this thread's operand of the tile that it has worked on last, .tile

    def run(self, workers: Workers) -> tuple[float, Gradient]:
        """All items. Returns the unscaled loss, summed over rows and labels, and dh."""
        if not self.rounds:
            return float(sum(workers.run(self.work_on_block, range(len(self.blocks))))), self.dh.rows
        self.rows = self.products.rows(self.h, self.strips, workers)
        loss = sum(sum(workers.run(self.work, list(self.items(round_)))) for round_ in self.rounds)
        return float(loss), self.dh.rows

    def work_on_block(self, block: int) -> float:
        """The loss of a block of rows, with the labels of one tile after the other, and its dh: `dh.rows` of it."""
        own = self.strips_of[block]
        self.rows[own.start:own.stop] = self.products.rows(self.h, self.strips[own.start:own.stop])
        return sum(self.work(Item(block, slot, tile, self.unfinished[slot], 0, slot == 0))
                   for slot, tile in enumerate(self.tiles))

    def items(self, round_: slice) -> Iterator[Item]:
        """Tile by tile."""
        for slot, tile in enumerate(self.tiles[round_]):
            unfinished = count(len(self.blocks), -1)
            for block in range(len(self.blocks)):
                yield Item(block, slot, tile, unfinished, slot, round_.start == 0)

    def work(self, item: Item) -> float:
        """The loss of an item's logits, and its shares of the gradients; a tile's last item updates its labels."""
        dw, db = self.shares(item)
        own = self.strips_of[item.block]
        loss = sum(self.work_on_strip(strip, item, dw[item.block], db[item.block], strip == own[0]) for strip in own)
        if next(item.unfinished) == 1:
            self.update(item, dw, db)
        return loss

    def work_on_strip(self, strip: int, item: Item, dw: np.ndarray, db: np.ndarray, first: bool) -> float:
        """The loss of a strip's logits, and its share of the gradients; first: are they set, or added to others?"""
        h, w, n = self.rows[strip], self.labels(item.tile), width(item.tile)
        z, db_here = scratch("logits", n, width(self.strips[strip])), db[:n] if first else scratch("db of strip", n)
        self.products.logits(w, h, z)
        loss = self.loss_and_gradient(z, self.strips[strip], item.tile, db_here)
        if not first:
            db[:n] += db_here
        if self.negligible:
            z, w, n = self.of_busy_labels(z, item, db)
        dz = self.products.gradient(z)
        self.products.dw(dz, h, dw[:n], first)
        self.products.dh(dz, w, self.dh.part(item.part, strip), item.first)
        return loss

    def shares(self, item: Item) -> tuple[np.ndarray, np.ndarray]:
        """Where the blocks of the item's tile leave their dW and db.

        If there is but one, the thread that works on a tile also updates it, and its dW stays in cache.
        """
        if len(self.blocks) > 1:
            return self.dw[item.slot], self.db[item.slot]
        return scratch("tile dw", 1, self.widest, self.h.shape[1]), scratch("tile db", 1, self.widest)

    def labels(self, tile: slice) -> Any:
        """The operand W of a tile, which a thread keeps for its next item."""
        if getattr(self.own, "tile", None) != tile:
            self.own.tile, self.own.w = tile, self.products.labels(self.layer.w[tile])
        return self.own.w

    def loss_and_gradient(self, z: np.ndarray, rows: slice, tile: slice, db: np.ndarray) -> float:
        """In place: z^T (T, N) less its bias becomes dz^T, db its sum over the rows. Returns the unscaled loss."""
        ones = columns_of_tile(self.y.rows(rows), tile)
        loss = self.layer.loss(z, tile, ones, self.scale, db)
        if self.weights:
            of_rows, of_labels = self.weights
            dense.weigh(z, *ones[:2], of_rows[rows], of_labels[tile], db)
        return loss

    def of_busy_labels(self, dz: np.ndarray, item: Item, db: np.ndarray) -> tuple[np.ndarray, Any, int]:
        """dz^T and the operand W of the labels that are not negligible, and their number; db begins with theirs."""
        places = np.empty(len(dz), np.int32)
        places = places[:dense.busy_rows(dz, self.negligible, places)]
        self.busy[item.slot, item.block], n = places, places.size
        self.own.tile = None  # its operand is overwritten
        db[:n] = db[places]
        return (np.take(dz, places, axis=0, out=scratch("busy dz", n, dz.shape[1])),
                self.products.labels(self.layer.w[item.tile][places]), n)

    def update(self, item: Item, dw: np.ndarray, db: np.ndarray) -> None:
        """Update the labels of a tile from the shares of all blocks."""
        n_blocks, n = len(self.blocks), width(item.tile)
        places, parts = np.arange(n, dtype=np.int32), one_of_each(n_blocks, n, self.widest)
        if self.negligible:
            places, parts = sums_of([self.busy.pop((item.slot, i)) for i in range(n_blocks)], self.widest)
        ids = places + np.int32(item.tile.start)
        self.optimizer.update("labels.W", ids, parts, dw.reshape(-1, self.h.shape[1]))
        self.optimizer.update("labels.b", ids, parts, db.reshape(-1, 1))
