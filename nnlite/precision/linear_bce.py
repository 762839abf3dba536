"""The fused label layer alone, as a function."""

import numpy as np
import scipy.sparse as sp

from nnlite.data.label_checks import check_labels
from nnlite.network.label_layer import LabelLayer
from nnlite.network.label_step import StepSettings
from nnlite.network.optimizers import KeepGradients
from nnlite.system.sizes import TILE_LABELS
from nnlite.precision.choice import products_of
from nnlite.system.named_arrays import check_array
from nnlite.system.ranges import integer
from nnlite.system.blas import one_blas_thread
from nnlite.system.threads import team


def linear_bce(h: np.ndarray, w: np.ndarray, b: np.ndarray, y: sp.csr_array, tile: int = TILE_LABELS,
               threads: int | None = None,
               precision: str = "float32") -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """The fused label layer alone: binary cross-entropy of sigmoid(h w^T + b) against y, and its gradients.

    h (N, H), w (L, H), b (L,): float32, C-contiguous    y (N, L): csr of ones    tile: labels at a time
    precision: of the operands of matrix products, "float32" or "bfloat16"
    Returns loss (summed over rows and labels), dh (N, H), dw (L, H), db (L,). The logits (N, L) never exist.
    TypeError or ValueError if a shape or dtype does not fit, or for another precision.
    """
    settings = StepSettings(1.0, products=products_of(precision))
    labels, tile = check_labels(y), integer("linear_bce: tile", tile)
    (n, n_labels), n_hidden = y.shape, (getattr(w, "shape", (1,)) or (0,))[-1]
    if min(n, n_labels, n_hidden, tile) < 1:
        raise ValueError(f"linear_bce: want no size below 1, got y {y.shape}, {n_hidden} units, tile {tile}")
    for name, array, shape in ("w", w, (n_labels, n_hidden)), ("h", h, (n, n_hidden)), ("b", b, (n_labels,)):
        check_array(f"linear_bce: {name}", array, shape)
    keep, layer = KeepGradients({"labels.W": w, "labels.b": b}), LabelLayer(w, b, tile)
    with one_blas_thread():
        loss, dh = layer.backward_and_update(h, labels, settings, keep, team(threads))
    return loss, dh(slice(0, n)).copy(), keep.gradients["labels.W"], keep.gradients["labels.b"]
