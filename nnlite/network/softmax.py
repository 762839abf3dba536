"""A label layer for labels that exclude each other: softmax and cross-entropy in the place of sigmoids."""

import numpy as np

from nnlite.kernels import dense
from nnlite.network.layers import LabelLayer

MAX_CLASSES = 4096  # labels all in one tile: 32 MiB of logits for a block of rows

f32 = np.float32


class SoftmaxLayer(LabelLayer):
    """z = h W^T + b, then cross-entropy on p = softmax(z): a row has one label, and its probabilities add up to 1.

    dz = scale (p - y), the rest as in LabelLayer. A probability hangs on all logits of its row, so that there is one
    tile for all labels, and MAX_CLASSES bounds its memory. A row without a label teaches nothing.
    """

    def tiles(self, at_once=1, wide=0):
        """One slice of all labels."""
        return [slice(0, len(self.w))]

    def logits(self, h, tile):
        """As in LabelLayer: sigmoid of it is the probability here too, and whatever reads logits need not know.

        log(p / (1 - p)) = z - log(sum over the other labels of e^z). The sum that lacks the largest term is added up
        without it, because a difference would lose all digits; no e^z is taken for less than e^-80 of the largest, so
        that none is 0. The order is that of z, but for labels whose z differ in the last digits.
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
        z -= self.b
        return z

    def some_logits(self, h, labels):
        """As in LabelLayer."""
        tile, = self.tiles()
        return (self.logits(h, tile) + self.b)[:, labels]

    def loss(self, z, tile, y, scale, db):
        """As in LabelLayer."""
        return dense.softmax_ce(z, self.b, *y[:2], scale, db)

    def backward_and_update(self, h, y, scale, optimizer, team, weights=None, negligible=0.0):
        """As in LabelLayer; a label's weight multiplies all of its rows' gradient. ValueError as `check_classes`."""
        check_classes(y.indptr)
        if weights:
            labelled, own = np.diff(y.indptr) > 0, np.ones(len(h), f32)
            own[labelled] = weights[1][y.indices[y.indptr[0]:y.indptr[-1]]]
            weights = weights[0] * own, np.ones_like(weights[1])
        return super().backward_and_update(h, y, scale, optimizer, team, weights, negligible)


def check_classes(indptr):
    """ValueError if a row of a csr label matrix has more labels than the one that softmax can learn."""
    n = np.diff(indptr)
    if n.max(initial=0) > 1:
        raise ValueError(f"softmax: want at most one label in a row, got {n.max()} in row {n.argmax()}")
