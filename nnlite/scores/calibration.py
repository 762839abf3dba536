"""How reliable a model's probabilities are, and the threshold with the best expected F1."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from operator import or_

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.csr_checks import n_rows_of
from nnlite.data.dataset import Dataset
from nnlite.kernels import ranking
from nnlite.mlp import MLP
from nnlite.scores import metrics
from nnlite.scores.checks import MAX_BINS, check_counts, check_ids, checked_ks
from nnlite.scores.evaluation import check
from nnlite.system.number_arrays import finite
from nnlite.system.ranges import instance, integer

BINS, CANDIDATES = 15, 200  # of equal width, of a table of reliability; thresholds that are compared
GROUPS = ["head", "torso", "tail"]  # labels by frequency, a third of all occurrences each


def report(model: MLP, dataset: Dataset, label_counts: np.ndarray | None = None, ks: Sequence[int] = (1, 3, 5),
           threads: int | None = None) -> dict[str, dict]:
    """What `evaluate` has no number for, as a dict of two dicts.

    "reliability": `metrics.Reliability` by name: "all" (row, label) pairs; those of the labels of each of GROUPS, from
    frequent to rare; the "top k" predictions of each row for k in ks
    "frequency": k -> the table of `metrics.by_frequency`, the share that each decile of the labels has in the scores

    label_counts (L,): how often each label occurs in the training rows; by default in the dataset itself.
    No array of rows x labels is allocated.
    """
    check("report", model, dataset)
    truth, ks = dataset.y, checked_ks("report", ks, model.n_labels)
    if label_counts is None:
        label_counts = np.bincount(truth.indices, minlength=model.n_labels)
    label_counts = check_counts("report: label_counts", label_counts, model.n_labels)
    groups = metrics.frequency_groups(label_counts, len(GROUPS))
    tables = binned(model, dataset.x, dataset.arrays()[1], groups, len(GROUPS), BINS, threads)
    ids, p = model.top_k(dataset.x, max(ks, default=1), threads)
    hits = metrics.hits(truth, ids)
    return {
        "reliability": {
            "all": metrics.reliability(*(table.sum(axis=0) for table in tables)),
            **{name: metrics.reliability(*parts) for name, *parts in zip(GROUPS, *tables)},
            **{f"top {k}": metrics.reliability_of(p[:, :k], hits[:, :k], BINS) for k in ks},
        },
        "frequency": {k: metrics.by_frequency(truth, ids, k, label_counts) for k in ks},
    }


def best_threshold(model: MLP, x: sp.csr_array, threads: int | None = None) -> float:
    """The probability above which predicting a label has the best micro F1 that the model itself expects on the rows x.

    With n labels above t, F1(t) = 2 sum(p above t) / (n + sum(all p)); the best t is half the best F1 (Lipton, Elkan,
    Naryanaswamy, "Optimal Thresholding of Classifiers to Maximize F1 Measure", 2014). No truth is needed.
    x: csr (N, D), at least one row
    """
    instance("best_threshold: model", model, MLP)
    if not (n_rows := n_rows_of("x", x)):
        raise ValueError("best_threshold: want at least 1 row, got none")
    no_labels = Csr(np.zeros(n_rows + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    count, p_sum, _ = binned(model, x, no_labels, np.zeros(model.n_labels, np.int32), 1, CANDIDATES, threads)
    n_above, p_above = (np.cumsum(table[0, ::-1])[::-1] for table in (count, p_sum))  # from each bin's lower bound
    return int(np.argmax(2 * p_above / (n_above + p_above[0]))) / CANDIDATES


def binned(model: MLP, x: sp.csr_array, y: Csr, groups: np.ndarray, n_groups: int, bins: int,
           threads: int | None = None) -> list[np.ndarray]:
    """Of the (row, label) pairs whose probability falls into each bin: how many, their sum, how many are true.

    groups (L,) int32: the group of each label    Returns three arrays (n_groups, bins): int64, float64, int64.
    ValueError for other groups than 0..n_groups - 1, too many bins, or another number of rows in y than in x.
    """
    instance("binned: model", model, MLP)
    instance("binned: y", y, Csr)
    bins = integer("bins", bins, 1, MAX_BINS)
    n_groups = integer("n_groups", n_groups, 1, MAX_BINS)
    check_ids("groups", groups, n_groups)
    if np.shape(groups) != (model.n_labels,) or y.n_rows != n_rows_of("x", x):
        raise ValueError(f"binned: want groups of {model.n_labels} labels and {x.shape[0]} rows of y, got "
                         f"{np.shape(groups)} and {y.n_rows}")
    groups = np.ascontiguousarray(groups, np.int32)
    tables: dict[tuple[int, int], list[np.ndarray]] = defaultdict(
        lambda: [np.zeros((n_groups, bins), dtype) for dtype in (np.int64, np.float64, np.int64)])

    def add(rows, tile, z):
        part = bisect(model.parts, tile.start)
        ranking.calibration_bins(z, groups[tile], *y.rows(rows)[:2], tile.start, *tables[rows.start, part])

    model.each_tile(x, add, threads)
    found = reduce(or_, model.of_all(dict(tables))) or {(0, 0): tables[0, 0]}  # zeros if there are no rows
    in_order = [found[key] for key in sorted(found)]  # of the blocks, then of the parts of the labels
    return [finite("binned: probabilities", reduce(np.add, parts)) for parts in zip(*in_order)]
