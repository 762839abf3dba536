"""The loss of a problem's first step in float64, and how far a float32 formula that rounds each label may be from it.

PyTorch's binary_cross_entropy_with_logits computes (1 - y) z - log_sigmoid(z) in float32. Where z is far below 0, both
terms are near z and their difference, log(1 + e^z), is smaller than the rounding of either: a label of probability
1e-9 has z = -20.7, whose neighbours in float32 are 2e-6 away, so its loss of 1e-9 becomes 0. The forms by hand lose it
in 1 + e^z, whose neighbours are 1.2e-7 away. One such label does not matter, 670,000 in each row do. nnlite keeps them.
"""

import numpy as np

from benchmarks.peers.problem import Problem
from nnlite.network.reference import ACTIVATIONS

ROWS, LABELS = 256, 16_384  # of the logits that exist at once: 32 MiB
HALF_ULP = 2.0**-24  # the rounding of a float32, relative


def first_loss(work: Problem) -> tuple[float, float]:
    """The mean BCE over rows and labels of the first batch; the relative error that rounding label by label allows.

    Of each label it allows the rounding of z, at most the whole of log(1 + e^z).
    """
    activate, _ = ACTIVATIONS[work.activation]
    w, b = (work.params[f"labels.{part}"] for part in "Wb")
    [batch, *_], total, lost = work.batches(), 0.0, 0.0
    for first in range(batch.start, batch.stop, ROWS):
        rows = slice(first, min(first + ROWS, batch.stop))
        h = work.x[rows] @ work.params["features.W"].astype(float) + work.params["features.b"]
        for name in work.layers()[1:-1]:
            h = activate(h) @ work.params[f"{name}.W"].astype(float) + work.params[f"{name}.b"]
        h = activate(h)
        y = work.y[rows].tocoo()
        total -= np.sum(np.sum(h[y.row] * w[y.col], axis=1) + b[y.col])
        for start in range(0, len(b), LABELS):
            tile = slice(start, start + LABELS)
            z = h @ w[tile].T.astype(float) + b[tile]
            size = np.abs(z)
            terms = np.log1p(np.exp(-size)) + np.maximum(z, 0)
            total += terms.sum()
            lost += np.minimum(terms, HALF_ULP * size).sum()
    return total / ((batch.stop - batch.start) * len(b)), lost / total
