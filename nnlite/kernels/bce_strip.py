"""A strip of rows and a tile of labels of a training step on a matrix unit, in one call; rules as in `dense`.

The products of a unit are so fast that memory becomes the limit: the logits of a tile and their packed gradient do not
fit into a core's cache together. Here they exist for a panel of labels at a time, which takes the steps of
`network.label_step` one after the other; dh alone waits for the last panel, because each of its sums goes over all
labels of the tile.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from nnlite.kernels import amx, avx512, dense, packing, sparse
from nnlite.kernels.compile import kernel

PANEL = 64  # labels: as many as `bce_with_logits` takes for one logarithm. The last panel of a tile has up to 127
f64 = np.float64

multiply: Callable[..., None] = packing.multiply  # replaced by that of a unit, see `on_unit`
pack_both, ones_of_tile = packing.pack_both, sparse.ones_of_tile
bce_with_logits, weigh = dense.bce_with_logits, dense.weigh


def panel_rows(n_labels: int) -> int:
    """The labels of the largest panel of a tile of so many."""
    return min(n_labels, PANEL + n_labels % PANEL)


def bce_strip(w, wt, ht, h, b, y_indptr, y_indices, first_label, row_weights, label_weights, scale, dw, db, dh, first,
              first_of_rows, ones_indptr, ones_rows, z, dz, dzt, db_here, work):
    """dw (T, H), db (T,) and dh (H, N) become, or grow by, the strip's share. Returns its loss, as `bce_with_logits`.

    w, wt: W (T, H) and W^T, packed as left operands    ht, h: h^T (H, N) and h, as right ones    b (T,): bias
    y: rows of a csr matrix of ones, the strip; the tile begins with first_label
    row_weights (N,), label_weights (T,): as in `weigh`; empty without weights
    first: whether dw and db are set    first_of_rows: whether dh is
    Scratch: ones, the strip's y label by label, as in `sparse.ones_of_tile`; z (P, N), logits of a panel of up to P
    labels; dz, packed as a left operand (P, N), dzt (T, N), as a right one, their gradient; db_here (T,); work (3, N)
    """
    n_labels, n_units, n_rows = b.size, dw.shape[1], z.shape[1]
    total, start = f64(0), 0
    ones_of_tile(y_indptr, y_indices, first_label, ones_indptr, ones_rows)
    while start < n_labels:
        stop = start + PANEL if start + 2 * PANEL <= n_labels else n_labels
        n_tiles = 2 * ((stop - start + 31) // 32)
        logits, gradient, sums = z[:stop - start], dz[:n_tiles], db_here[start:stop]
        ones = ones_indptr[start:stop + 1]
        multiply(w[start // 16:start // 16 + n_tiles], ht, n_units, logits, False)
        total += bce_with_logits(logits, b[start:stop], ones, ones_rows, 0, scale, sums, work)
        if row_weights.size:
            weigh(logits, ones, ones_rows, row_weights, label_weights[start:stop], sums)
        pack_both(logits, start, gradient, dzt)
        multiply(gradient, h, n_rows, dw[start:stop], not first)
        start = stop
    multiply(wt, dzt, n_labels, dh, not first_of_rows)
    for i in range(n_labels):
        db[i] = db_here[i] if first else db[i] + db_here[i]
    return total


def on_unit(unit_multiply: Callable[..., None], name: str) -> Any:
    """`bce_strip`, compiled with the multiplication of a unit.

    A compiled function cannot take another one as an argument and be kept on disk: it is compiled for each unit.
    """
    names = globals() | {"multiply": unit_multiply}
    own = FunctionType(bce_strip.__code__, names, f"{bce_strip.__name__}_{name}")
    own.__qualname__, own.__doc__ = own.__name__, bce_strip.__doc__
    return kernel(own)


by_amx, by_avx512, in_loops = (
    on_unit(unit.multiply, name) for unit, name in ((amx, "amx"), (avx512, "avx512"), (packing, "loops")))
