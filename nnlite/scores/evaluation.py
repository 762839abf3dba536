"""`evaluate`: how a model does on a dataset."""

from collections.abc import Sequence

import numpy as np

from nnlite.data.dataset import Dataset
from nnlite.kernels import dense, ranking, top_k
from nnlite.mlp import MLP
from nnlite.network.label_layer import check_classes
from nnlite.scores import metrics
from nnlite.scores.checks import check_propensities, checked_ks
from nnlite.system.number_arrays import finite, logit_thresholds
from nnlite.system.ranges import instance
from nnlite.system.stages import done
from nnlite.system.scratch import scratch

f32 = np.float32


def evaluate(model: MLP, dataset: Dataset, ks: Sequence[int] = (1, 3, 5), propensities: np.ndarray | None = None,
             thresholds: float | np.ndarray = 0.5, threads: int | None = None) -> dict[str, float]:
    """Scores of a model on a Dataset, as a dict of fractions of 1; `metrics` defines them.

    "bce": mean over rows and labels, from logits
    "micro_f1", "macro_f1", "record_f1": of the labels with a probability above their threshold
    "P@k", "R@k", "nDCG@k", "PSP@k", "PSnDCG@k", "coverage@k", "ECE@k" for every k of ks (k larger than the number of
    labels is left out), the first five and "record_f1" over the rows with at least one true label
    "rows", "rows_without_label": how many there are
    with a softmax also "accuracy", "cross_entropy", -log p of a row's label, both means over the rows that have one,
    and "class_f1", the mean over classes of the F1 of the likeliest class

    propensities (L,): for PSP@k, from `metrics.propensities` of the training labels' counts; by default from those of
    the dataset itself.    thresholds: one probability, or one per label (L,).
    TypeError for arguments of other types. ValueError for others out of range, no row, other words or labels than the
    model's, or, with a softmax, a row of several labels. FloatingPointError for logits that are not finite.
    """
    check("evaluate", model, dataset)
    truth, ks = dataset.y, checked_ks("evaluate", ks, model.n_labels)
    if model.output == "softmax":
        check_classes(truth.indptr)
    counts = PredictionCounts(model, dataset, thresholds)
    if propensities is not None:
        check_propensities(propensities, model.n_labels)
    else:
        propensities = metrics.propensities(np.bincount(truth.indices, minlength=model.n_labels), max(len(dataset), 3))
    ids = np.zeros((len(dataset), max(ks, default=1)), np.int32)
    best = np.full(ids.shape, -np.inf, f32)

    def score(rows, tile, z):
        top_k.merge_top_k(z, tile.start, ids[rows], best[rows])
        counts.add(rows, tile, z)
        done("evaluating", z.size, len(dataset) * model.n_labels)
        no_bias, unused = np.zeros(len(z), f32), scratch("db", len(z))  # the logits have their biases
        return dense.bce_with_logits(z, no_bias, *counts.y.rows(rows)[:2], tile.start, f32(1), unused,
                                     scratch("bce", 3, z.shape[1]))

    loss = finite("evaluate: loss", sum(map(sum, model.each_tile(dataset.x, score, threads))))
    ids, best = model.best_of_all(ids, best)
    dense.sigmoid(finite("evaluate: logits", best))
    (n_true, positive, both), by_row = counts.by_label(), sum(model.of_all(counts.by_row))
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
        scores[f"ECE@{k}"] = metrics.reliability_of(best[:, :k], hits[:, :k]).ece
    if model.output == "softmax":
        table = metrics.confusion(truth, ids[:, 0])
        scores["accuracy"] = float(np.trace(table) / max(table.sum(), 1))
        scores["cross_entropy"] = cross_entropy(model, dataset, threads)
        scores["class_f1"] = float(metrics.by_class(table)["F1"].mean())
    scores["rows"], scores["rows_without_label"] = len(dataset), int(np.sum(np.diff(truth.indptr) == 0))
    return scores


def cross_entropy(model: MLP, dataset: Dataset, threads: int | None = None) -> float:
    """-log p of a row's label, p the softmax: the mean over the rows that have one, or 0. Raises as `evaluate`."""
    check("cross_entropy", model, dataset)
    _, y = dataset.arrays()
    check_classes(y.indptr)

    def add(rows, tile, z):  # one tile has all labels
        labels = y.rows(rows)
        own = z[np.diff(labels.indptr) > 0, labels.indices[labels.indptr[0]:labels.indptr[-1]]]
        return np.logaddexp(0, -finite("cross_entropy: logits", own).astype(float)).sum()

    return float(sum(map(sum, model.each_tile(dataset.x, add, threads))) / max(dataset.y.nnz, 1))


def count_by_label(model: MLP, dataset: Dataset, threshold: float, threads: int | None = None) -> np.ndarray:
    """(3, L) int64: how many rows have each label, have a probability above the threshold for it, and both."""
    check("count_by_label", model, dataset)
    counts = PredictionCounts(model, dataset, threshold)
    model.each_tile(dataset.x, lambda rows, tile, z: counts.add(rows, tile, finite("logits", z)), threads)
    return counts.by_label()


def check(where: str, model: MLP, dataset: Dataset) -> None:
    """TypeError unless they are an MLP and a Dataset; ValueError for one without rows, or with other labels."""
    instance(f"{where}: model", model, MLP)
    instance(f"{where}: dataset", dataset, Dataset)
    if dataset.n_labels != model.n_labels:
        raise ValueError(f"{where}: the model has {model.n_labels} labels, the data {dataset.n_labels}")
    if not len(dataset):
        raise ValueError(f"{where}: want at least 1 row, got none")


class PredictionCounts:
    """How many labels have a probability above their threshold, and how many of these are true: by label and by row.

    Counts by label are an array (2, L) for each thread. One for each block, added up in the order of the blocks, would
    take memory of rows x labels; whole numbers have the same sum in any order.
    """

    def __init__(self, model: MLP, dataset: Dataset, thresholds: float | np.ndarray):
        self.model, self.true, (_, self.y) = model, dataset.y, dataset.arrays()
        self.cuts = logit_thresholds(thresholds, model.n_labels)
        self.by_row = np.zeros((2, len(dataset)), np.int32)  # above the threshold, and true as well
        self.idle: list[np.ndarray] = []  # counts by label that no thread is adding to now

    def add(self, rows: slice, tile: slice, z: np.ndarray) -> None:
        """Count the logits z (N, T) of a block of rows and a tile of labels."""
        try:
            counts = self.idle.pop()
        except IndexError:
            counts = np.zeros((2, self.cuts.size), np.int32)
        ranking.count_predictions(
            z, self.cuts[tile], *self.y.rows(rows)[:2], tile.start, *counts[:, tile], *self.by_row[:, rows])
        self.idle.append(counts)

    def by_label(self) -> np.ndarray:
        """(3, L) int64: how many rows have each label, have a probability above its threshold, and both."""
        n_true = np.bincount(self.true.indices, minlength=self.cuts.size)
        counts = sum(self.idle, np.zeros((2, self.cuts.size), np.int64))
        return np.vstack([n_true, sum(self.model.of_all(counts))])
