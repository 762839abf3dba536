"""Into which pieces a step is cut: blocks of rows, tiles of labels, rounds of tiles.

The pieces decide in which order floating-point numbers are added, so they belong to the result. They depend on the
sizes of the problem and on the constants below, in bfloat16 also on the matrix unit (`precision.choice`), never on the
number of threads.
"""

from math import ceil

from nnlite.system.slices import blocks, shares, width

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
WHOLE_BLOCK_FLOPS = 1.2e8  # what a block costs at least that meets all labels: 1 ms
WHOLE_BYTES = 1 << 26      # of the shares of dW of all such blocks, at most,
SHARES_PER_ROW = 4         # and how many rows of them there are at most for each row of the batch
GATHER_FLOPS = 1_000       # what gathering a row's words costs per unit, in operations of a matrix product
PRODUCT_FLOPS = 6          # and the three products with a label, per unit
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


def whole_blocks(n_rows: int, n_labels: int, n_units: int) -> list[slice]:
    """The blocks of a batch, each of which meets all labels at a time; none where labels are too many for that.

    The shares of dW that blocks leave must be no more than some times as large as h (N, H), which they are made of.
    """
    flops = n_rows * n_units * (GATHER_FLOPS + PRODUCT_FLOPS * n_labels)
    least = max(1, min(ROUND_ITEMS, int(flops / WHOLE_BLOCK_FLOPS), n_rows // MIN_BLOCK_ROWS))
    n = 1 << (max(least, ceil(n_rows / BLOCK_ROWS)) - 1).bit_length()  # as 2, 4 or 8 threads share out best
    few = n * n_labels <= min(SHARES_PER_ROW * n_rows, WHOLE_BYTES // (4 * n_units))
    return shares(n_rows, min(n, n_rows)) if few else []


def step_pieces(n_rows: int, n_labels: int, n_units: int, tile_labels: int | None = None,
                tile_logits: int = TILE_LOGITS,
                least: int | None = None) -> tuple[list[slice], list[slice], list[slice]]:
    """Of a training step of the label layer: the blocks of the batch, the tiles, and the rounds as slices of the tiles.

    Without rounds the step goes block by block, see `whole_blocks`. With rounds the shares of dh of a round, rows x
    units for each of its tiles, exist at the same time.
    least: the labels of a tile of any batch; None is TILE_LABELS. A small batch has more, about tile_logits logits; and
    one that goes block by block, where threads do not share out tiles, twice as many: dh is a sum over fewer.
    """
    if whole := whole_blocks(n_rows, n_labels, n_units):
        return whole, label_tiles(n_labels, tile_labels, wide=2 * (least or 0)), []
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
