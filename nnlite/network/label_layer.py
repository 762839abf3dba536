"""The label layer: the loss and its gradient without the logits of all rows and labels; and its twin for softmax.

A thread writes only the parameter rows that it owns: a row of `labels.W` belongs to one tile of labels. Logits exist
for one block of rows and one tile at a time, the gradient of `labels.W` for the tiles that are being worked on.
"""

import numpy as np

from nnlite.data.csr import Csr
from nnlite.data.csr_parts import label_weights_of_rows
from nnlite.kernels import dense
from nnlite.network.label_step import Gradient, Pieces, Step, StepSettings
from nnlite.network.optimizers import Optimizer
from nnlite.network.products import FLOAT32, Products
from nnlite.system.sizes import label_tiles, step_pieces
from nnlite.system.scratch import scratch
from nnlite.system.slices import width
from nnlite.system.workers import Workers

MAX_CLASSES = 4096  # labels of a softmax, all in one tile: 32 MiB of logits for a block of rows

f32 = np.float32


class LabelLayer:
    """z = h W^T + b, then binary cross-entropy on sigmoid(z), for one block of rows and one tile of labels at a time.

    h (N, H)    W (L, H), one row per label    b (L,)    z (N, T), never (N, L)

    dz = scale (sigmoid(z) - y)    dW = dz^T h    db = sum_n dz[n]    dh = sum over tiles of dz W

    In a training step z and dz are transposed, a row for each label: its bias is one number, and the gradient is
    written as dW wants it. `Step` is one step.
    """

    def __init__(self, w: np.ndarray, b: np.ndarray, tile_labels: int | None = None):
        self.w, self.b, self.tile_labels = w, b, tile_labels

    def tiles(self) -> list[slice]:
        """The slices of the labels whose logits exist at once when predicting."""
        return label_tiles(len(self.w), self.tile_labels)

    def pieces(self, n_rows: int, products: Products = FLOAT32) -> Pieces:
        """Of a training step, as from `step_pieces`."""
        return step_pieces(n_rows, len(self.w), self.w.shape[1], self.tile_labels, products.tile_logits,
                           products.tile_labels)

    def logits(self, h: np.ndarray, tile: slice, products: Products = FLOAT32) -> np.ndarray:
        """z = logit(p) (N, T) of the probabilities p of a tile's labels, in this thread's scratch memory."""
        z = products.matmul(h, self.w[tile].T, scratch("logits", len(h), width(tile)))
        z += self.b[tile]
        return z

    def loss(self, z: np.ndarray, tile: slice, ones: Csr, scale: np.float32, db: np.ndarray) -> float:
        """In place: z^T (T, N) less its bias becomes dz^T; db its sum over the rows. Returns the unscaled loss.

        ones: the rows of the block where a label is true, label by label
        """
        return dense.bce_with_logits(z, self.b[tile], *ones[:2], 0, scale, db, scratch("bce", 3, z.shape[1]))

    def backward_and_update(self, h: np.ndarray, y: Csr, settings: StepSettings, optimizer: Optimizer,
                            workers: Workers) -> tuple[float, Gradient]:
        """Update every label's row. Returns the unscaled loss, summed over rows and labels, and dh.

        negligible: where |dz| / scale is no more than this in a whole block of rows, the label's dz counts as 0 there.
        With thousands of labels most have probabilities close to 0 in most batches: two of the three products, and
        the update, then deal with the few others. What is left out of a row's dh is at most negligible scale sum |W|,
        over the labels left out; the loss is exact.
        """
        return self.new_step(self.pieces(len(h), settings.products), h, y, settings, optimizer).run(workers)

    def step_by_blocks(self, h: np.ndarray, y: Csr, settings: StepSettings, optimizer: Optimizer) -> Step | None:
        """The step that `backward_and_update` runs if it goes block by block, else None. h may be filled later."""
        pieces = self.pieces(len(h), settings.products)
        return None if pieces[2] else self.new_step(pieces, h, y, settings, optimizer)

    def new_step(self, pieces: Pieces, h: np.ndarray, y: Csr, settings: StepSettings, optimizer: Optimizer) -> Step:
        """That of the products, if they have one for this loss and no label waits for the other rows of its block."""
        in_panels = type(self).loss is LabelLayer.loss and not settings.negligible and settings.products.bce_step
        return (in_panels or Step)(self, pieces, h, y, settings, optimizer)


class SoftmaxLayer(LabelLayer):
    """z = h W^T + b, then cross-entropy on p = softmax(z): a row has one label, and its probabilities add up to 1.

    dz = scale (p - y), the rest as in LabelLayer. A probability depends on all logits of its row, so that there is one
    tile for all labels, and MAX_CLASSES bounds its memory. A row without a label teaches nothing.
    """

    def tiles(self) -> list[slice]:
        """One slice of all labels."""
        return [slice(0, len(self.w))]

    def pieces(self, n_rows: int, products: Products = FLOAT32) -> Pieces:
        """As in LabelLayer, with one tile."""
        rows, _, rounds = super().pieces(n_rows, products)
        return rows, self.tiles(), rounds[:1] and [slice(0, 1)]

    def logits(self, h: np.ndarray, tile: slice, products: Products = FLOAT32) -> np.ndarray:
        """As in LabelLayer: the sigmoid of a logit is the probability here too.

        log(p / (1 - p)) = z - log(sum over the other labels of e^z), z = h W^T + b. The sum that lacks the largest term
        is added up without it, because a difference would lose all digits; no e^z is taken for less than e^-80 of the
        largest, so that none is 0. The order is that of z, but for labels whose z differ in the last digits.
        """
        z = super().logits(h, tile, products)
        rows, best = np.arange(len(z)), z.argmax(axis=1)
        z -= z[rows, best, None]
        e = np.exp(np.maximum(z, f32(-80)))
        e[rows, best] = 0
        smaller = e.sum(axis=1)
        others = np.subtract(1 + smaller[:, None], e, out=e)
        others[rows, best] = smaller
        z -= np.log(others, out=others)
        return z

    def loss(self, z: np.ndarray, tile: slice, ones: Csr, scale: np.float32, db: np.ndarray) -> float:
        """As in LabelLayer."""
        return dense.softmax_ce(z, self.b, *ones[:2], scale, db, scratch("bce", 3, z.shape[1]))

    def new_step(self, pieces: Pieces, h: np.ndarray, y: Csr, settings: StepSettings, optimizer: Optimizer) -> Step:
        """As in LabelLayer; a label's weight multiplies all of its rows' gradient. ValueError as `check_classes`."""
        check_classes(y.indptr)
        if settings.weights:
            of_rows, of_labels = settings.weights
            of_rows = label_weights_of_rows(y, of_rows, of_labels)
            settings = settings._replace(weights=(of_rows, np.ones_like(of_labels)))
        return super().new_step(pieces, h, y, settings, optimizer)


def check_classes(indptr: np.ndarray) -> None:
    """ValueError if a row of a csr label matrix has more labels than the one that softmax can learn."""
    n = np.diff(indptr)
    if n.max(initial=0) > 1:
        raise ValueError(f"softmax: want at most one label in a row, got {n.max()} in row {n.argmax()}")
