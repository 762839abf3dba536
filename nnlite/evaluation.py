"""How a model does on a dataset (`evaluate`), and whether its gradients are right (`check_gradients`)."""

import numpy as np

from nnlite import kernels, metrics, reference
from nnlite.dataset import check_features
from nnlite.optimizers import KeepGradients
from nnlite.threads import one_blas_thread, scratch, team

f32 = np.float32


def evaluate(model, dataset, ks=(1, 3, 5), propensities=None, threads=None):
    """Scores of a model on a Dataset, as a dict of fractions of 1.

    "bce": mean over rows and labels, from logits    "micro_f1": of the labels with a probability above one half
    "P@k", "R@k", "nDCG@k", "PSP@k" for every k of ks (k larger than the number of labels is left out), averaged over
    the rows with at least one true label; "rows" and "rows_without_label" tell how many there are.
    propensities (L,): for PSP@k, from `metrics.propensities`; by default from the label counts of the dataset itself.
    Logits exist for one block of rows and one tile of labels at a time.
    """
    truth, ks = dataset.y, [k for k in ks if k <= model.n_labels]
    if truth.shape[1] != model.n_labels:
        raise ValueError(f"evaluate: the model has {model.n_labels} labels, the data {truth.shape[1]}")
    if not len(dataset):
        raise ValueError("evaluate: want at least 1 row, got none")
    if propensities is None:
        propensities = metrics.propensities(np.bincount(truth.indices, minlength=model.n_labels), max(len(dataset), 3))
    _, y = dataset.arrays()
    ids, z = np.zeros((len(dataset), max(ks)), np.int32), np.full((len(dataset), max(ks)), -np.inf, f32)

    def one_block(rows, h):
        block_y, loss, positive, both = y.rows(rows)[:2], 0.0, 0, 0
        for tile in model.labels.tiles():
            tile_z, b = model.labels.logits(h, tile), model.params["labels.b"][tile]
            kernels.merge_top_k(tile_z, b, tile.start, ids[rows], z[rows])
            counts = kernels.count_positive(tile_z, b, *block_y, tile.start)
            positive, both = positive + counts[0], both + counts[1]
            unused = scratch("bce", 3, b.size)
            loss += kernels.bce_with_logits(tile_z, b, *block_y, tile.start, f32(1), unused[2], unused[:2])
        return loss, positive, both

    loss, positive, both = map(sum, zip(*model.each_block(dataset.x, one_block, threads)))
    scores = {"bce": loss / (len(dataset) * model.n_labels), "micro_f1": metrics.f1(truth.nnz, positive, both)}
    for k in ks:
        scores[f"P@{k}"] = metrics.precision_at_k(truth, ids, k)
        scores[f"R@{k}"] = metrics.recall_at_k(truth, ids, k)
        scores[f"nDCG@{k}"] = metrics.ndcg_at_k(truth, ids, k)
        scores[f"PSP@{k}"] = metrics.psp_at_k(truth, ids, k, propensities)
    scores["rows"], scores["rows_without_label"] = len(dataset), int(np.sum(np.diff(truth.indptr) == 0))
    return scores


def gradients(model, dataset, reduction="sum", threads=None):
    """The loss and, by parameter name, its gradient as the compiled training step computes it. Nothing is updated."""
    keep = KeepGradients(model.params)
    x, y = check_features(dataset.x, model.n_words), dataset.arrays()[1]
    divisor = len(dataset) * (model.n_labels if reduction == "mean" else 1)
    with one_blas_thread():
        loss = model.step(x, y, 1 / divisor, keep, team(threads))
    return loss / divisor, keep.gradients


def check_gradients(model, dataset):
    """Parameter name -> largest relative error of the training step's gradient on this Dataset.

    The error is the largest difference from the gradient of `reference`, computed in float64, divided by that
    gradient's largest entry; float32 leaves about 1e-6. The reference is dense: take some hundred rows at most.
    """
    _, got = gradients(model, dataset)
    exact = {name: p.astype(np.float64) for name, p in model.params.items()}
    _, want = reference.loss_and_grads(exact, dataset.x.toarray(), dataset.y.toarray(), model.activation)
    return {name: float(abs(got[name] - want[name]).max() / max(abs(want[name]).max(), 1e-30)) for name in want}
