"""Are the compiled training step's gradients right? They are compared with those of `reference`."""

from copy import copy

import numpy as np

from nnlite.data.csr_checks import check_features
from nnlite.data.dataset import Dataset
from nnlite.mlp import MLP
from nnlite.network import reference
from nnlite.network.layers import SparseLinear
from nnlite.network.label_step import StepSettings
from nnlite.network.optimizers import KeepGradients
from nnlite.system.ranges import instance
from nnlite.system.blas import one_blas_thread
from nnlite.system.threads import team


def gradients(model: MLP, dataset: Dataset, reduction: str = "sum",
              threads: int | None = None) -> tuple[float, dict[str, np.ndarray]]:
    """The loss and, by parameter name, its gradient as the compiled training step computes it. Nothing is updated.

    reduction: "sum" over labels or "mean". ValueError for another one, no row, or other sizes than the model's.
    """
    instance("gradients: model", model, MLP).check()
    if reduction not in ("sum", "mean"):
        raise ValueError(f"gradients: reduction: want 'sum' or 'mean', got {reduction!r}")
    if getattr(dataset, "n_labels", None) != model.n_labels or not len(dataset):
        raise ValueError(f"gradients: want at least 1 row and {model.n_labels} labels, got {dataset!r:.80}")
    x, y, keep = check_features(dataset.x, model.n_words), dataset.arrays()[1], KeepGradients(model.params)
    model = copy(model)
    model.features = SparseLinear(model.features.w, model.features.b)  # whose memory no other thread uses
    divisor = len(dataset) * (model.losses_per_row if reduction == "mean" else 1)
    settings = StepSettings(1 / divisor)
    with one_blas_thread():
        loss = model.step(model.prepare(x, settings), y, settings, keep, team(threads))
    return loss / divisor, keep.gradients


def check_gradients(model: MLP, dataset: Dataset) -> dict[str, float]:
    """Parameter name -> largest relative error of the training step's gradient on this Dataset.

    The error is the largest difference from the gradient of `reference`, computed in float64, divided by that
    gradient's largest entry; float32 leaves about 1e-6. The reference is dense: take some hundred rows at most.
    TypeError unless the model is an MLP; ValueError for no row, other words or labels than the model's, or, with a
    softmax, a row of several labels.
    """
    _, got = gradients(model, dataset)
    exact = {name: p.astype(np.float64) for name, p in model.params.items()}
    _, want = reference.loss_and_grads(exact, dataset.x.toarray(), dataset.y.toarray(), model.activation,
                                       output=model.output)
    return {name: float(abs(got[name] - want[name]).max() / max(abs(want[name]).max(), 1e-30)) for name in want}
