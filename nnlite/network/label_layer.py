"""The label layer: the loss and its gradient without the logits of all rows and labels; and its twin for softmax.

A thread writes only the parameter rows that it owns: a row of `labels.W` belongs to one tile of labels. Logits exist
for one block of rows and one tile at a time, the gradient of `labels.W` for the tiles that are being worked on.
"""

from itertools import count

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr import Csr, check_classes, check_labels
from nnlite.kernels import dense
from nnlite.network.layers import one_of_each
from nnlite.network.optimizers import KeepGradients, Updates
from nnlite.network.sizes import TILE_LABELS, label_tiles, step_pieces
from nnlite.system.named_arrays import check_array
from nnlite.system.ranges import integer
from nnlite.system.threads import Team, one_blas_thread, scratch, team, width

Weights = tuple[np.ndarray, np.ndarray] | None  # of rows (N,) and of true labels (L,), float32: for the gradient
MAX_CLASSES = 4096  # labels of a softmax, all in one tile: 32 MiB of logits for a block of rows

f32 = np.float32


class LabelLayer:
    """z = h W^T + b, then binary cross-entropy on sigmoid(z), for one block of rows and one tile of labels at a time.

    h (N, H)    W (L, H), one row per label    b (L,)    z (N, T), never (N, L)

    dz = scale (sigmoid(z) - y)    dW = dz^T h    db = sum_n dz[n]    dh = sum over tiles of dz W

    A round works on some tiles, with all blocks of rows. Block i of tile j leaves its share of dW and db in its own
    place; the thread that finishes a tile's last block adds them up in the order of the blocks and updates the tile.
    dh is added up in the order of the rounds, then of the tiles in a round.
    """

    def __init__(self, w: np.ndarray, b: np.ndarray, tile_labels: int | None = None):
        self.w, self.b, self.tile_labels = w, b, tile_labels

    def tiles(self) -> list[slice]:
        """The slices of the labels whose logits exist at once when predicting."""
        return label_tiles(len(self.w), self.tile_labels)

    def pieces(self, n_rows: int) -> tuple[list[slice], list[slice], list[slice]]:
        """Of a training step: the blocks of the batch, the tiles, and the rounds as slices of the tiles."""
        n_labels, n_units = self.w.shape
        return step_pieces(n_rows, n_labels, n_units, self.tile_labels)

    def step_bytes(self, n_rows: int, threads: int) -> int:
        """The scratch memory of a step of so many rows: shares of gradients, and logits and dh of each thread."""
        rows, tiles, rounds = self.pieces(n_rows)
        slots, n, n_labels, units = width(rounds[0]), width(rows[0]), max(map(width, tiles)), self.w.shape[1]
        in_dw = (slots * len(rows) if len(rows) > 1 else threads) * n_labels * (units + 1)
        shares_of = in_dw + slots * n_rows * units
        return 4 * (shares_of + threads * (n * n_labels + n * units + 3 * n_labels))

    def products(self, h: np.ndarray, tile: slice) -> np.ndarray:
        """h W_tile^T (N, T), the logits less their bias, in this thread's scratch memory."""
        return np.matmul(h, self.w[tile].T, out=scratch("logits", len(h), width(tile)))

    def logits(self, h: np.ndarray, tile: slice) -> np.ndarray:
        """z = logit(p) (N, T) of the probabilities p of a tile's labels, in this thread's scratch memory."""
        z = self.products(h, tile)
        z += self.b[tile]
        return z

    def loss(self, z: np.ndarray, tile: slice, y: Csr, scale: np.float32, db: np.ndarray) -> float:
        """In place: z, `products`, becomes dz for the rows y; db its sum over the rows. Returns the unscaled loss."""
        return dense.bce_with_logits(z, self.b[tile], *y[:2], tile.start, scale, db, scratch("bce", 3, db.size))

    def backward_and_update(self, h: np.ndarray, y: Csr, scale: np.float32, optimizer: Updates, team: Team,
                            weights: Weights = None, negligible: float = 0.0) -> tuple[float, np.ndarray]:
        """Update every label's row. Returns the unscaled loss, summed over rows and labels, and dh (N, H).

        negligible: where |dz| / scale is no more than this in a whole block of rows, the label's dz counts as 0 there.
        With thousands of labels most have probabilities close to 0 in most batches: two of the three products, and
        the update, then deal with the few others. What is left out of a row's dh is at most negligible scale sum |W|,
        over the labels left out; the loss is exact. dh lies in the calling thread's scratch memory.
        """
        rows, tiles, rounds = self.pieces(len(h))
        shape = (width(rounds[0]), len(rows), max(map(width, tiles)))
        one = len(rows) == 1  # a block: the thread that works on a tile updates it, and its dW stays in cache
        dw, db = [np.empty(0, f32)] * 2 if one else [scratch("dw", *shape, h.shape[1]), scratch("db", *shape)]
        dh = scratch("dh sums", shape[0], *h.shape)
        busy: dict = {}  # the labels of a tile that are not negligible in a block, by their slot and the block's number

        def update(slot, tile, tile_dw, tile_db):
            if negligible:
                places, parts = sums_of([busy.pop((slot, i)) for i in range(len(rows))], shape[2])
            else:
                n = width(tile)
                places, parts = np.arange(n, dtype=np.int32), one_of_each(len(rows), n, shape[2])
            ids = places + np.int32(tile.start)
            optimizer.update("labels.W", ids, parts, tile_dw.reshape(-1, h.shape[1]))
            optimizer.update("labels.b", ids, parts, tile_db.reshape(-1, 1))

        def one_block(item):
            first_round, slot, tile, i, unfinished = item
            block, n = rows[i], width(tile)
            tile_dw = scratch("tile dw", 1, shape[2], h.shape[1]) if one else dw[slot]
            tile_db = scratch("tile db", 1, shape[2]) if one else db[slot]
            z = self.products(h[block], tile)
            loss = self.loss(z, tile, y.rows(block), scale, tile_db[i, :n])
            dz = z  # the kernel has overwritten the logits
            if weights:
                dense.weigh(
                    dz, *y.rows(block)[:2], tile.start, weights[0][block], weights[1][tile], tile_db[i, :n])
            w = self.w[tile]
            if negligible:
                busy[slot, i] = places = busy_labels(dz, f32(negligible) * scale)
                dz, w, n = dz[:, places], w[places], places.size
                tile_db[i, :n] = tile_db[i, places]
            np.matmul(dz.T, h[block], out=tile_dw[i, :n])
            if first_round:
                np.matmul(dz, w, out=dh[slot, block])
            else:
                dh[slot, block] += np.matmul(dz, w, out=scratch("dh", *h[block].shape))
            if next(unfinished) == 1:
                update(slot, tile, tile_dw, tile_db)
            return loss

        loss = 0.0
        for round_ in rounds:
            loss += sum(team.run(one_block, [
                (round_.start == 0, slot, tile, i, unfinished)
                for slot, tile in enumerate(tiles[round_])
                for unfinished in [count(len(rows), -1)]
                for i in range(len(rows))]))
        for part in dh[1:]:
            dh[0] += part
        return loss, dh[0]


class SoftmaxLayer(LabelLayer):
    """z = h W^T + b, then cross-entropy on p = softmax(z): a row has one label, and its probabilities add up to 1.

    dz = scale (p - y), the rest as in LabelLayer. A probability depends on all logits of its row, so that there is one
    tile for all labels, and MAX_CLASSES bounds its memory. A row without a label teaches nothing.
    """

    def tiles(self) -> list[slice]:
        """One slice of all labels."""
        return [slice(0, len(self.w))]

    def pieces(self, n_rows: int) -> tuple[list[slice], list[slice], list[slice]]:
        """As in LabelLayer, with one tile."""
        return super().pieces(n_rows)[0], self.tiles(), [slice(0, 1)]

    def logits(self, h: np.ndarray, tile: slice) -> np.ndarray:
        """As in LabelLayer: the sigmoid of a logit is the probability here too.

        log(p / (1 - p)) = z - log(sum over the other labels of e^z), z = h W^T + b. The sum that lacks the largest term
        is added up without it, because a difference would lose all digits; no e^z is taken for less than e^-80 of the
        largest, so that none is 0. The order is that of z, but for labels whose z differ in the last digits.
        """
        z = self.products(h, tile)
        z += self.b
        rows, best = np.arange(len(z)), z.argmax(axis=1)
        z -= z[rows, best, None]
        e = np.exp(np.maximum(z, f32(-80)))
        e[rows, best] = 0
        smaller = e.sum(axis=1)
        others = np.subtract(1 + smaller[:, None], e, out=e)
        others[rows, best] = smaller
        z -= np.log(others, out=others)
        return z

    def loss(self, z: np.ndarray, tile: slice, y: Csr, scale: np.float32, db: np.ndarray) -> float:
        """As in LabelLayer."""
        return dense.softmax_ce(z, self.b, *y[:2], scale, db)

    def backward_and_update(self, h: np.ndarray, y: Csr, scale: np.float32, optimizer: Updates, team: Team,
                            weights: Weights = None, negligible: float = 0.0) -> tuple[float, np.ndarray]:
        """As in LabelLayer; a label's weight multiplies all of its rows' gradient. ValueError as `check_classes`."""
        check_classes(y.indptr)
        if weights:
            labelled, own = np.diff(y.indptr) > 0, np.ones(len(h), f32)
            own[labelled] = weights[1][y.indices[y.indptr[0]:y.indptr[-1]]]
            weights = weights[0] * own, np.ones_like(weights[1])
        return super().backward_and_update(h, y, scale, optimizer, team, weights, negligible)


def busy_labels(dz: np.ndarray, bound: np.float32) -> np.ndarray:
    """The columns of dz (N, T) that are not negligible: an entry is larger than the bound. int32, rising."""
    columns = np.empty(dz.shape[1], np.int32)
    return columns[:dense.busy_columns(dz, bound, scratch("largest", dz.shape[1]), columns)]


def sums_of(places: list[np.ndarray], stride: int) -> tuple[np.ndarray, Csr]:
    """The labels in any of `places`, one int32 array a block; Csr that adds up each one's rows in order of the blocks.

    Label places[i][j] of block i has row stride i + j.
    """
    if len(places) == 1:
        return places[0], one_of_each(1, places[0].size, stride)
    labels = np.concatenate(places)
    rows = np.concatenate([stride * i + np.arange(p.size) for i, p in enumerate(places)])
    order = np.argsort(labels, kind="stable")
    every, first = np.unique(labels[order], return_index=True)
    return every, Csr(np.append(first, labels.size), rows[order].astype(np.int32), np.ones(labels.size, f32))


def linear_bce(h: np.ndarray, w: np.ndarray, b: np.ndarray, y: sp.csr_array, tile: int = TILE_LABELS,
               threads: int | None = None) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """The fused label layer alone: binary cross-entropy of sigmoid(h w^T + b) against y, and its gradients.

    h (N, H), w (L, H), b (L,): float32, C-contiguous    y (N, L): csr of ones    tile: labels at a time
    Returns loss (summed over rows and labels), dh (N, H), dw (L, H), db (L,). The logits (N, L) never exist.
    TypeError or ValueError if a shape or dtype does not fit.
    """
    labels, tile = check_labels(y), integer("linear_bce: tile", tile)
    (n, n_labels), n_hidden = y.shape, (getattr(w, "shape", (1,)) or (0,))[-1]
    if min(n, n_labels, n_hidden, tile) < 1:
        raise ValueError(f"linear_bce: want no size below 1, got y {y.shape}, {n_hidden} units, tile {tile}")
    for name, array, shape in ("w", w, (n_labels, n_hidden)), ("h", h, (n, n_hidden)), ("b", b, (n_labels,)):
        check_array(f"linear_bce: {name}", array, shape)
    keep, layer = KeepGradients({"labels.W": w, "labels.b": b}), LabelLayer(w, b, tile)
    with one_blas_thread():
        loss, dh = layer.backward_and_update(h, labels, f32(1), keep, team(threads))
    return loss, dh.copy(), keep.gradients["labels.W"], keep.gradients["labels.b"]
