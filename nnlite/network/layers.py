"""The layers: sparse words in, hidden layers, labels out. Each holds its parameters and derives its gradient beside it.

A thread writes only the parameter rows that it owns: rows of `labels.W` belong to a tile of labels, rows of
`features.W` to a share of the words in the batch, and an owner hands its rows of the gradient to the optimiser at once.
So no gradient is stored whole, no row is locked, and no result depends on the number of threads.

The sizes below decide how floating-point sums are cut, so they belong to the result; none depends on the machine.
"""

from functools import lru_cache
from itertools import count
from math import ceil

import numpy as np

from nnlite.data.dataset import Csr, check_labels
from nnlite.kernels import dense, sparse
from nnlite.network.optimizers import KeepGradients
from nnlite.system.threads import blocks, one_blas_thread, scratch, shares, team

BLOCK_ROWS = 2048  # rows that pass through a layer at once: a tile of their logits is 4 MiB
MIN_BLOCK_ROWS = 128  # a smaller batch is cut finer, so that there is work for several threads, but no finer than this
MIN_BLOCK_FLOPS = 2e7  # nor so fine that a block costs less than waking a thread: 0.1 ms
TILE_LABELS = 512  # labels whose logits exist at once
TILE_LOGITS = 1 << 20  # of a small batch up to so many logits of more labels: fewer calls for the same work
MAX_TILE_LABELS = 2048  # but no more labels: their rows and the rows' gradient, 1.6 MB each at 200 units, stay in cache
MIN_TILE_LABELS = 96  # labels below which a matrix product loses its speed
ROUND_ITEMS = 16  # (block, tile) pairs that are worked on at the same time, at least, where there are as many
ROUND_BYTES = 1 << 24  # and as many tiles as leave their shares of dh in this memory: threads meet after each round
MIN_ITEMS = 4  # into how many a small batch is cut, at least: more would keep more threads busy, but each less well
SHARE_NONZEROS = 4096  # non-zeros and words of a batch that go to one owner: 0.5 ms of work at 200 units

f32 = np.float32


def row_blocks(n_rows, flops_per_row):
    """The blocks of a batch for the layers below the labels, which do so many operations for each row."""
    least = max(MIN_BLOCK_ROWS, ceil(n_rows / ROUND_ITEMS), ceil(MIN_BLOCK_FLOPS / flops_per_row))
    return blocks(n_rows, min(BLOCK_ROWS, least))


class Activation:
    """h = act(z), in place on a block of rows; then dz from dh and `keep`, in place of h, whose value tells the slope.

    keep: the fraction of units that `kernels.dropout` has left in h, 1 without it.
    """

    def __init__(self, name):
        if name not in ("sigmoid", "relu"):
            raise ValueError(f"activation: want 'sigmoid' or 'relu', got {name!r}")
        self.forward = dense.sigmoid if name == "sigmoid" else _relu
        self.backward = dense.sigmoid_backward if name == "sigmoid" else dense.relu_backward


def _relu(z):
    np.maximum(z, 0, out=z)


class SparseLinear:
    """z = x W + b for a sparse batch x.

    x (N, D) csr    W (D, H), one row per word    b (H,)    z (N, H)

    dW = x^T dz     W[d] meets the loss only through the rows n with x[n, d] != 0:
                    dW[d] = sum_n x[n, d] dz[n], and a word that is absent from the batch has none
    db = sum_n dz[n]
    dx is not needed: x is data.
    """

    def __init__(self, w, b):
        self.w, self.b = w, b
        self.places = np.zeros(len(w), np.int32)

    def forward(self, x, z):
        """z (N, H) from the rows x."""
        sparse.csr_matmul(*x, self.w, self.b, z)

    def drop(self, x, keep, stream, first_row):
        """A copy of x in which each non-zero is kept with probability `keep`, and then divided by it."""
        dropped = Csr(np.empty_like(x.indptr), *(np.empty(x.indptr[-1] - x.indptr[0], a.dtype) for a in x[1:]))
        dense.drop_words(*x, keep, stream, first_row, *dropped)
        return dropped

    def transpose(self, x):
        """The words of the batch (int32, each once) and, one row for each, x^T."""
        nnz = int(x.indptr[-1] - x.indptr[0])
        words, indptr = np.empty(nnz, np.int32), np.empty(nnz + 1, np.int64)
        xt = Csr(indptr, np.empty(nnz, np.int32), np.empty(nnz, np.float32))
        n_words = sparse.csr_transpose(*x, self.places, words, *xt)
        return words[:n_words], xt._replace(indptr=indptr[:n_words + 1])

    def backward_and_update(self, words, xt, dz, optimizer, team):
        """Update the rows of the batch's words from dz (N, H); each share of the words has one owner."""

        team.run(lambda part: optimizer.update("features.W", words[part], xt.rows(part), dz), _equal_work(xt.indptr))


def _equal_work(indptr):
    """Cut the rows of a csr matrix into slices of as many non-zeros and rows each, about SHARE_NONZEROS at most."""
    work = indptr + np.arange(indptr.size)
    edges = np.searchsorted(work, np.linspace(0, work[-1], 2 * ceil(work[-1] / 2 / SHARE_NONZEROS) + 1))
    return [slice(start, stop) for start, stop in zip(edges[:-1], edges[1:]) if start < stop]


class Linear:
    """z = h W + b between two hidden layers.

    h (N, H)    W (H, K)    b (K,)    z (N, K)

    dW = h^T dz    db = sum_n dz[n]    dh = dz W^T
    """

    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, h, z):
        """z (N, K) from h (N, H)."""
        np.matmul(h, self.w, out=z)
        z += self.b

    def backward(self, h, dz):
        """dW, db and dh (in this thread's scratch memory) of a block of rows."""
        return h.T @ dz, dz.sum(axis=0), np.matmul(dz, self.w.T, out=scratch("dh", *h.shape))


class LabelLayer:
    """z = h W^T + b, then binary cross-entropy on sigmoid(z), for one block of rows and one tile of labels at a time.

    h (N, H)    W (L, H), one row per label    b (L,)    z (N, T), never (N, L)

    dz = scale (sigmoid(z) - y)    dW = dz^T h    db = sum_n dz[n]    dh = sum over tiles of dz W

    A round works on some tiles, with all blocks of rows. Block i of tile j leaves its share of dW and db in its own
    place; whoever finishes the last block of a tile adds these up in the order of the blocks and updates the tile.
    dh is added up in the order of the rounds, then of the tiles in a round.
    """

    def __init__(self, w, b, tile_labels=None):
        self.w, self.b, self.tile_labels = w, b, tile_labels

    def tiles(self, at_once=1, wide=0):
        """Equal slices of the labels, `at_once` at least if these are not too narrow.

        None is wider than tile_labels; without that, than TILE_LABELS or, if it is more, `wide`.
        """
        n_labels, widest = len(self.w), self.tile_labels or max(TILE_LABELS, wide)
        return shares(n_labels, max(ceil(n_labels / widest), min(at_once, n_labels // MIN_TILE_LABELS)))

    def logits(self, h, tile):
        """logit(p) (N, T) of the probabilities p, less the bias, which is left to the kernel that reads them."""
        return self.products(h, tile)

    def some_logits(self, h, labels):
        """logit(p) (N, n) of n labels (ids), bias included."""
        return h @ self.w[labels].T + self.b[labels]

    def loss(self, z, tile, y, scale, db):
        """In place: z, `products`, becomes dz for the rows y; db its sum over the rows. Returns the unscaled loss."""
        return dense.bce_with_logits(z, self.b[tile], *y[:2], tile.start, scale, db, scratch("bce", 2, db.size))

    def products(self, h, tile):
        """h W_tile^T (N, T) in this thread's scratch memory."""
        return np.matmul(h, self.w[tile].T, out=scratch("logits", len(h), width(tile)))

    def pieces(self, n_rows):
        """Of a training step: the blocks of the batch, the tiles, and the rounds as slices of the tiles."""
        rows = blocks(n_rows, BLOCK_ROWS)
        wide = min(TILE_LOGITS // width(rows[0]), MAX_TILE_LABELS, ceil(len(self.w) / ROUND_ITEMS))
        tiles = self.tiles(ceil(MIN_ITEMS / len(rows)), wide)
        at_once = max(ceil(ROUND_ITEMS / len(rows)), ROUND_BYTES // (4 * n_rows * self.w.shape[1]))
        return rows, tiles, blocks(len(tiles), at_once)

    def step_bytes(self, n_rows, threads):
        """The scratch memory of a step of so many rows: shares of gradients, and logits and dh of each thread."""
        rows, tiles, rounds = self.pieces(n_rows)
        slots, n, n_labels, units = width(rounds[0]), width(rows[0]), max(map(width, tiles)), self.w.shape[1]
        in_dw = (slots * len(rows) if len(rows) > 1 else threads) * n_labels * (units + 1)
        shares_of = in_dw + slots * n_rows * units
        return 4 * (shares_of + threads * (n * n_labels + n * units + 2 * n_labels))

    def backward_and_update(self, h, y, scale, optimizer, team, weights=None, negligible=0.0):
        """Update every label's row. Returns the unscaled loss, summed over rows and labels, and dh (N, H).

        weights: of the rows (N,) and of true labels (L,), float32, which multiply the gradient and not the loss.
        negligible: where |dz| / scale is no more than this in a whole block of rows, the label's dz counts as 0 there.
        With thousands of labels most have probabilities close to 0 in most batches: two of the three products, and
        the update, then deal with the few others. What is left out of a row's dh is at most negligible scale sum |W|,
        over the labels left out; the loss is exact.

        dh lies in the calling thread's scratch memory.
        """
        rows, tiles, rounds = self.pieces(len(h))
        shape = (width(rounds[0]), len(rows), max(map(width, tiles)))
        one = len(rows) == 1  # a block: whoever has worked on a tile updates it, and its dW never leaves the cache
        dw, db = [None, None] if one else [scratch("dw", *shape, h.shape[1]), scratch("db", *shape)]
        dh = scratch("dh sums", shape[0], *h.shape)
        busy = {}  # the labels of a tile that are not negligible in a block, by their slot and the block's number

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
        return loss, add_up(dh)


def width(part):
    """The number of entries in a slice."""
    return part.stop - part.start


@lru_cache(maxsize=64)
def one_of_each(blocks, n, stride):
    """Csr (n, blocks * stride) whose row i adds up entry i of every block."""
    indices = np.arange(n)[:, None] + stride * np.arange(blocks)
    return Csr(np.arange(0, indices.size + 1, blocks), indices.astype(np.int32).ravel(), np.ones(indices.size, f32))


def busy_labels(dz, bound):
    """The columns of dz (N, T) that are not negligible: an entry is larger than the bound. int32, rising."""
    columns = np.empty(dz.shape[1], np.int32)
    return columns[:dense.busy_columns(dz, bound, scratch("largest", dz.shape[1]), columns)]


def sums_of(places, stride):
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


def add_up(parts):
    """The sum of parts[0], parts[1], ... in this order, in the place of the first."""
    for part in parts[1:]:
        parts[0] += part
    return parts[0]


def linear_bce(h, w, b, y, tile=TILE_LABELS, threads=None):
    """The fused label layer alone: binary cross-entropy of sigmoid(h w^T + b) against y, and its gradients.

    h (N, H), w (L, H), b (L,): float32, C-contiguous    y (N, L): csr of ones    tile: labels at a time
    Returns loss (summed over rows and labels), dh (N, H), dw (L, H), db (L,). The logits (N, L) never exist.
    TypeError or ValueError if a shape or dtype does not fit.
    """
    (n, n_labels), n_hidden = y.shape, w.shape[-1]
    for name, array, shape in ("h", h, (n, n_hidden)), ("w", w, (n_labels, n_hidden)), ("b", b, (n_labels,)):
        if array.dtype != f32 or array.shape != shape or not array.flags.c_contiguous:
            raise ValueError(f"linear_bce: {name}: want C-contiguous float32 {shape}, got {array.dtype} {array.shape}")
    if tile < 1 or n < 1:
        raise ValueError(f"linear_bce: want at least 1 row, and 1 label in a tile, got {n} and {tile}")
    keep = KeepGradients({"labels.W": w, "labels.b": b})
    layer = LabelLayer(w, b, tile)
    with one_blas_thread():
        loss, dh = layer.backward_and_update(h, check_labels(y), f32(1), keep, team(threads))
    return loss, dh.copy(), keep.gradients["labels.W"], keep.gradients["labels.b"]
