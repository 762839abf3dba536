"""How a model does on a dataset (`evaluate`), and whether its gradients are right (`check_gradients`)."""

from contextlib import contextmanager

import numpy as np

from nnlite.data.dataset import check_features
from nnlite.kernels import ranking, dense
from nnlite.network import reference
from nnlite.network.optimizers import KeepGradients
from nnlite.network.softmax import check_classes
from nnlite.scores import metrics
from nnlite.system.threads import one_blas_thread, scratch, team

f32 = np.float32


def evaluate(model, dataset, ks=(1, 3, 5), propensities=None, thresholds=0.5, threads=None):
    """Scores of a model on a Dataset, as a dict of fractions of 1; `metrics` defines them.

    "bce": mean over rows and labels, from logits
    "micro_f1", "macro_f1", "record_f1": of the labels with a probability above their threshold
    "P@k", "R@k", "nDCG@k", "PSP@k", "PSnDCG@k", "coverage@k", "ECE@k" for every k of ks (k larger than the number of
    labels is left out), the first five and "record_f1" over the rows with at least one true label
    "rows" and "rows_without_label" tell how many there are
    with a softmax also "accuracy", "cross_entropy", -log p of a row's label, both means over the rows that have one,
    and "class_f1", the mean over classes of the F1 of the likeliest class; ValueError for a row of several labels

    propensities (L,): for PSP@k, from `metrics.propensities` of the training labels' counts; by default from those of
    the dataset itself.    thresholds: one probability, or one per label (L,), as `calibration.tune_thresholds` finds.
    Logits exist for one block of rows and one tile of labels at a time, counts per row and, for each thread, per label.
    """
    truth, ks = dataset.y, [k for k in ks if k <= model.n_labels]
    check("evaluate", model, dataset)
    if model.output == "softmax":
        check_classes(truth.indptr)
    cuts = metrics.logit_thresholds(thresholds, model.n_labels)
    if propensities is None:
        propensities = metrics.propensities(np.bincount(truth.indices, minlength=model.n_labels), max(len(dataset), 3))
    _, y = dataset.arrays()
    ids = np.zeros((len(dataset), max(ks, default=1)), np.int32)
    z = np.full(ids.shape, -np.inf, f32)
    by_label, by_row = Tally(2, model.n_labels), np.zeros((2, len(dataset)), np.int32)

    def one_block(rows, h):
        block_y, loss = y.rows(rows)[:2], 0.0
        with by_label.mine() as counts:
            for tile in model.labels.tiles():
                tile_z, b = model.labels.logits(h, tile), model.params["labels.b"][tile]
                ranking.merge_top_k(tile_z, b, tile.start, ids[rows], z[rows])
                ranking.count_predictions(
                    tile_z, b, cuts[tile], *block_y, tile.start, *counts[:, tile], *by_row[:, rows])
                unused = scratch("bce", 3, b.size)
                loss += dense.bce_with_logits(tile_z, b, *block_y, tile.start, f32(1), unused[2], unused[:2])
        return loss

    loss = sum(model.each_block(dataset.x, one_block, threads))
    dense.sigmoid(z)
    n_true, (positive, both) = np.bincount(truth.indices, minlength=model.n_labels), by_label.total()
    scores = {
        "bce": loss / (len(dataset) * model.n_labels),
        "micro_f1": float(metrics.f1(truth.nnz, positive.sum(), both.sum())),
        "macro_f1": float(metrics.f1(n_true, positive, both).mean()),
        "record_f1": metrics.record_f1(truth, *by_row),
    }
    hits = metrics.hits(truth, ids)
    for k in ks:
        scores[f"P@{k}"] = metrics.precision_at_k(truth, ids, k)
        scores[f"R@{k}"] = metrics.recall_at_k(truth, ids, k)
        scores[f"nDCG@{k}"] = metrics.ndcg_at_k(truth, ids, k)
        scores[f"PSP@{k}"] = metrics.psp_at_k(truth, ids, k, propensities)
        scores[f"PSnDCG@{k}"] = metrics.psndcg_at_k(truth, ids, k, propensities)
        scores[f"coverage@{k}"] = metrics.coverage_at_k(truth, ids, k)
        scores[f"ECE@{k}"] = metrics.reliability_of(z[:, :k], hits[:, :k]).ece
    if model.output == "softmax":
        table = metrics.confusion(truth, ids[:, 0])
        scores["accuracy"] = float(np.trace(table) / max(table.sum(), 1))
        scores["cross_entropy"] = cross_entropy(model, dataset, threads)
        scores["class_f1"] = float(metrics.by_class(table)["F1"].mean())
    scores["rows"], scores["rows_without_label"] = len(dataset), int(np.sum(np.diff(truth.indptr) == 0))
    return scores


def cross_entropy(model, dataset, threads=None):
    """-log p of a row's label, p the softmax: the mean over the rows that have one; 0 if none has."""
    y, (tile,) = dataset.arrays()[1], model.labels.tiles()

    def one_block(rows, h):
        z = model.labels.products(h, tile)
        return model.labels.loss(z, tile, y.rows(rows), f32(1), scratch("unused", model.n_labels))

    return sum(model.each_block(dataset.x, one_block, threads)) / max(dataset.y.nnz, 1)


def check(where, model, dataset):
    """ValueError for a Dataset without rows, or with other labels than the model's."""
    if dataset.n_labels != model.n_labels:
        raise ValueError(f"{where}: the model has {model.n_labels} labels, the data {dataset.n_labels}")
    if not len(dataset):
        raise ValueError(f"{where}: want at least 1 row, got none")


class Tally:
    """Counts (int32) to which blocks of rows add on any thread: one array for each thread, added up at the end.

    Each block's own array, to be added up in the order of the blocks, would be memory of rows x labels; whole numbers
    have the same sum in any order.
    """

    def __init__(self, *shape):
        self.shape, self.idle = shape, []

    @contextmanager
    def mine(self):
        """An array that no other thread has now."""
        try:
            counts = self.idle.pop()
        except IndexError:
            counts = np.zeros(self.shape, np.int32)
        yield counts
        self.idle.append(counts)

    def total(self):
        """The sum, int64."""
        return np.sum(self.idle, axis=0, dtype=np.int64)


def gradients(model, dataset, reduction="sum", threads=None):
    """The loss and, by parameter name, its gradient as the compiled training step computes it. Nothing is updated."""
    keep = KeepGradients(model.params)
    x, y = check_features(dataset.x, model.n_words), dataset.arrays()[1]
    divisor = len(dataset) * (model.losses_per_row if reduction == "mean" else 1)
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
    _, want = reference.loss_and_grads(exact, dataset.x.toarray(), dataset.y.toarray(), model.activation,
                                       output=model.output)
    return {name: float(abs(got[name] - want[name]).max() / max(abs(want[name]).max(), 1e-30)) for name in want}
