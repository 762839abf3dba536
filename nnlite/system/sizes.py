"""Into which pieces a step is cut: blocks of rows, tiles of labels, rounds of tiles, shares of words.

The pieces decide in which order floating-point numbers are added, so they belong to the result. They depend on the
sizes of the problem and on the constants below, in bfloat16 also on the matrix unit (`precision.choice`), never on the
number of threads.
"""

from math import ceil

import numpy as np

from nnlite.system.threads import blocks, shares, width

BLOCK_ROWS = 2048          # rows that pass through a layer at once: a tile of their logits is 4 MiB
MIN_BLOCK_ROWS = 128       # a smaller batch is cut finer, so that several threads have work, but no finer than this
MIN_BLOCK_FLOPS = 2e7      # nor so fine that a block costs less than waking a thread: 0.1 ms
TILE_LABELS = 512          # labels whose logits exist at once
TILE_LOGITS = 1 << 20      # of a small batch up to so many logits of more labels: fewer calls for the same work
MAX_TILE_LABELS = 2048     # but no more labels: their rows and these rows' gradient, 1.6 MB each, stay in cache
MIN_TILE_LABELS = 96       # labels below which a matrix product loses its speed
ROUND_ITEMS = 16           # (block, tile) pairs that are worked on at the same time, at least, where there are as many
ROUND_BYTES = 1 << 24      # and as many tiles as leave their shares of dh in this memory: threads meet after each round
STRIP_COLUMNS = 32         # of which a packed matrix has a multiple, see kernels/packing.py
MIN_ITEMS = 4              # into how many items a small batch is cut, at least
SHARE_NONZEROS = 2048      # non-zeros and words of a batch that go to one owner: 0.2 ms of work at 200 units
GATHER_FLOPS = 1_000       # what gathering a row's words costs per unit, in operations of a matrix product
GRADIENT_FLOPS = 20        # likewise, the backward pass of an activation


def row_blocks(n_rows: int, flops_per_row: float) -> list[slice]:
    """The blocks of a batch for the layers below the labels, which do so many operations for each row."""
    least = max(MIN_BLOCK_ROWS, ceil(n_rows / ROUND_ITEMS), ceil(MIN_BLOCK_FLOPS / flops_per_row))
    return blocks(n_rows, min(BLOCK_ROWS, least))


def label_tiles(n_labels: int, tile_labels: int | None = None, at_least: int = 1, wide: int = 0) -> list[slice]:
    """Equal slices of the labels, `at_least` so many if these are not too narrow.

    None is wider than tile_labels; if that is None, than TILE_LABELS or `wide`, whichever is more.
    """
    widest = tile_labels or max(TILE_LABELS, wide)
    return shares(n_labels, max(ceil(n_labels / widest), min(at_least, n_labels // MIN_TILE_LABELS)))


def step_pieces(n_rows: int, n_labels: int, n_units: int, tile_labels: int | None = None,
                tile_logits: int = TILE_LOGITS,
                least: int | None = None) -> tuple[list[slice], list[slice], list[slice]]:
    """Of a training step of the label layer: the blocks of the batch, the tiles, and the rounds as slices of the tiles.

    least: the labels of a tile of any batch; None is TILE_LABELS. A small batch has more, about tile_logits logits.

    The shares of dh of a round, rows x units for each of its tiles, exist at the same time.
    """
    rows = blocks(n_rows, BLOCK_ROWS)
    wide = max(least or TILE_LABELS, min(tile_logits // width(rows[0]), MAX_TILE_LABELS, ceil(n_labels / ROUND_ITEMS)))
    tiles = label_tiles(n_labels, tile_labels, ceil(MIN_ITEMS / len(rows)), wide)
    at_once = max(ceil(ROUND_ITEMS / len(rows)), ROUND_BYTES // (4 * n_rows * n_units))
    return rows, tiles, blocks(len(tiles), at_once)


def strip_rows(strip_logits: int, n_labels: int) -> int:
    """How many rows meet a tile of so many labels: about strip_logits logits, and whole columns of a packed matrix."""
    return max(1, strip_logits // n_labels // STRIP_COLUMNS) * STRIP_COLUMNS


def strips(cut: list[slice], strip_rows: int) -> tuple[list[slice], list[range]]:
    """The blocks of a batch cut into about equal strips of so many rows at most; and of each block their numbers."""
    found: list[slice] = []
    numbers = []
    for block in cut:
        columns = ceil(width(block) / STRIP_COLUMNS)  # of packed matrices
        size = STRIP_COLUMNS * ceil(columns / ceil(width(block) / strip_rows))
        own = [slice(block.start + s.start, block.start + s.stop) for s in blocks(width(block), size)]
        numbers.append(range(len(found), len(found) + len(own)))
        found += own
    return found, numbers


def word_shares(indptr: np.ndarray) -> list[slice]:
    """Cut the rows of a csr matrix into slices of as many non-zeros and rows each, about SHARE_NONZEROS at most."""
    work = indptr + np.arange(indptr.size)
    total = int(work[-1])
    stops = [part.stop for part in shares(total, 2 * ceil(total / 2 / SHARE_NONZEROS))]
    edges = np.searchsorted(work, [0, *stops]).tolist()
    return [slice(start, stop) for start, stop in zip(edges[:-1], edges[1:]) if start < stop]
