"""How good predictions are, from the true labels and the ids of the top k, or from counts of predicted labels.

Truth is a csr matrix (N, L) of ones, a prediction an array (N, k) of label ids, best first, none twice in a row. All
are fractions of 1. What is a mean over rows is one over the rows that have at least one true label: in the others no
prediction can be right. The other tools count such rows as 0.

The definitions are those of the Extreme Classification Repository (manikvarma.org/downloads/XC) and of Jain, Prabhu and
Varma, "Extreme Multi-label Loss Functions", KDD 2016, for all that is scored by propensity; others name their source.
"""

from typing import NamedTuple

import numpy as np


# ---- from the ids of the top k

def hits(truth, ids):
    """(N, k) bool: is label ids[n, j] true for row n?"""
    n_labels = truth.shape[1]
    true = _rows(truth) * n_labels + truth.indices  # one rising number per (row, label)
    asked = np.arange(truth.shape[0])[:, None] * n_labels + ids
    place = np.searchsorted(true, asked)
    return np.append(true, -1)[place] == asked


def precision_at_k(truth, ids, k):
    """P@k: the fraction of the first k predictions that are true."""
    return _mean_over_labelled(truth, hits(truth, ids[:, :k]).sum(axis=1) / k)


def recall_at_k(truth, ids, k):
    """R@k: the fraction of the true labels among the first k predictions."""
    return _mean_over_labelled(truth, hits(truth, ids[:, :k]).sum(axis=1) / np.maximum(np.diff(truth.indptr), 1))


def ndcg_at_k(truth, ids, k):
    """nDCG@k: a hit at place j counts 1 / log2(j + 1); the sum is divided by that of the best possible ranking."""
    return _mean_over_labelled(truth, hits(truth, ids[:, :k]) @ _discounts(k) / _best_dcg(truth, k))


def psp_at_k(truth, ids, k, propensities):
    """PSP@k: a hit counts 1 / propensity of its label; the sum over rows is divided by the largest possible one."""
    return _propensity_scored(truth, ids, k, propensities, np.ones(k), 1.0)


def psndcg_at_k(truth, ids, k, propensities):
    """PSnDCG@k: a hit at place j counts 1 / (propensity log2(j + 1)); the sum over a row is divided by the best DCG of
    its labels, all of propensity 1; the sum over rows is divided by the largest possible one."""
    return _propensity_scored(truth, ids, k, propensities, _discounts(k), _best_dcg(truth, k))


def coverage_at_k(truth, ids, k):
    """coverage@k: of the labels that occur in the truth, the fraction that at least one row's first k predictions name
    rightly.

    As napkinXC computes it. Schultheis, Wydmuch et al., "Generalized test utilities", NeurIPS 2023, divide by all L
    labels; those without a row to be found in would then count as missed.
    """
    found = ids[:, :k][hits(truth, ids[:, :k])]
    return np.unique(found).size / max(np.unique(truth.indices).size, 1)


def propensities(label_counts, n_rows, a=0.55, b=1.5):
    """The modelled chance that a true label was recorded, by its number of training rows; rare labels are missed more.

    p = 1 / (1 + C (n_l + b)^-a) with C = (ln N - 1) (b + 1)^a. a and b as in Jain et al. 2016: 0.55 and 1.5 in general,
    0.6 and 2.6 for Amazon, 0.5 and 0.4 for Wikipedia.
    """
    c = (np.log(n_rows) - 1) * (b + 1) ** a
    return 1 / (1 + c * (np.asarray(label_counts, float) + b) ** -a)


# ---- frequent and rare labels

def frequency_groups(label_counts, parts):
    """(L,) int32: which of `parts` groups each label belongs to, 0 the most frequent.

    Labels stand in order of falling counts (ties: smaller id first) and are cut so that each group holds about the
    same share of all occurrences, as the decile plots of pyxclib do: the first group has few labels, the last many.
    A label goes where the first of its occurrences falls; one that fills a whole group leaves it to itself or empty.
    """
    counts = np.asarray(label_counts, np.int64)
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    groups = np.empty(counts.size, np.int32)
    groups[order] = np.minimum(parts * before // max(counts.sum(), 1), parts - 1)
    return groups


def by_frequency(truth, ids, k, label_counts, parts=10):
    """A dict of columns (parts,), one entry per group of labels, the most frequent first: deciles by default.

    "labels": how many    "mean_count": of their label_counts (L,), which should be those of the training rows
    "P@k" and "R@k": what the group's hits contribute to them, so that a column adds up to the whole score
    "recall": of all (row, label) pairs of the group that are true, the fraction among the first k predictions
    """
    groups = frequency_groups(label_counts, parts)
    hit, n_true = hits(truth, ids[:, :k]), np.diff(truth.indptr)
    found, row_of = groups[ids[:, :k][hit]], np.nonzero(hit)[0]

    def total(group_of, weights=None):
        return np.bincount(group_of, weights, minlength=parts)

    labels, labelled = total(groups), max(np.count_nonzero(n_true), 1)
    return {
        "labels": labels,
        "mean_count": total(groups, np.asarray(label_counts, float)) / np.maximum(labels, 1),
        f"P@{k}": total(found) / (k * labelled),
        f"R@{k}": total(found, 1 / n_true[row_of]) / labelled,
        "recall": total(found) / np.maximum(total(groups[truth.indices]), 1),
    }


# ---- one class of several

def confusion(truth, predicted):
    """(L, L) int64: how many rows of class i, the one label of a row, were predicted (N,) to be of class j.

    Rows without a label are left out; a row with several has a count for each.
    """
    n_labels = truth.shape[1]
    pairs = truth.indices.astype(np.int64) * n_labels + np.asarray(predicted)[_rows(truth)]
    return np.bincount(pairs, minlength=n_labels ** 2).reshape(n_labels, n_labels)


def by_class(table):
    """A dict of columns (L,) from a confusion matrix: "rows" of each class, "precision", "recall", "F1"; 0 / 0 is 0."""
    true, positive, both = table.sum(axis=1), table.sum(axis=0), np.diag(table)
    return {"rows": true, "precision": both / np.maximum(positive, 1), "recall": both / np.maximum(true, 1),
            "F1": f1(true, positive, both)}


# ---- from counts of predictions

def f1(n_true, n_positive, n_both):
    """The harmonic mean of precision and recall, from the numbers of true, predicted and truly predicted labels.

    0 where nothing is true and nothing predicted. Of the numbers of all pairs: micro F1; one entry per label, and the
    mean over all L labels: macro F1; one entry per row: per-record F1 (scikit-learn's "micro", "macro" and "samples").
    """
    return 2 * n_both / np.maximum(np.add(n_true, n_positive), 1)


def record_f1(truth, n_positive, n_both):
    """The mean over rows of the F1 of a row's labels, from its numbers (N,) of predicted and truly predicted labels."""
    return _mean_over_labelled(truth, f1(np.diff(truth.indptr), n_positive, n_both))


def bce_of_frequencies(truth, frequencies):
    """The BCE, mean over rows and labels, of predicting these label frequencies (L,) for every row: the floor to beat.

    A frequency of 0 is infinitely wrong about a label that does occur.
    """
    p = np.asarray(frequencies, float)
    seen = np.bincount(truth.indices, minlength=len(p)) / truth.shape[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.where(seen > 0, -seen * np.log(p), 0) + np.where(seen < 1, -(1 - seen) * np.log1p(-p), 0)
    return float(losses.mean())


# ---- how sure is a fraction?

Z_95 = 1.959964  # standard deviations on either side that hold 95 % of a normal distribution


def wilson(n_true, n):
    """(low, high): the 95 % interval of a fraction of which n_true of n were seen, numbers or arrays; n above 0.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927. It stays in 0..1.
    """
    p, z2 = np.divide(n_true, n), Z_95 ** 2
    middle, half = p + z2 / (2 * n), Z_95 * np.sqrt(p * (1 - p) / n + z2 / (4 * np.square(n, dtype=float)))
    return np.maximum((middle - half) / (1 + z2 / n), 0), np.minimum((middle + half) / (1 + z2 / n), 1)


# ---- is a probability of 0.8 true 8 times in 10?

class Reliability(NamedTuple):
    """One entry per bin of equal width, bin m of M holding the probabilities in (m / M, (m + 1) / M], bin 0 also 0."""

    probability: np.ndarray  # the mean of the bin's probabilities, NaN where there are none
    true: np.ndarray  # the fraction of them that are true, likewise
    n: np.ndarray  # how many they are
    ece: float  # expected calibration error: the mean of |probability - true| over the bins, weighted by n


def reliability(n, p_sum, n_true):
    """The `Reliability` of bins with so many probabilities, their sum and how many are true, all (M,).

    Bins and error as in Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, who
    bin one prediction per row. Over all (row, label) pairs nearly every probability is near 0 and so is the error,
    whatever the model. ECE@k bins the top k predictions of each row, the probabilities that anyone acts on: Ullah,
    Schultheis, Zhang and Babbar, "Labels in Extremes: How Well Calibrated are Extreme Multi-label Classifiers?", KDD
    2025.
    """
    with np.errstate(invalid="ignore"):
        means = p_sum / n, n_true / n
    return Reliability(*means, n, float(np.abs(p_sum - n_true).sum() / max(n.sum(), 1)))


def reliability_of(p, true, bins=15):
    """The `Reliability` of probabilities p against true, of one shape; every one counts alike."""
    p, true = np.ravel(p), np.ravel(true)
    places = np.maximum(np.ceil(p * bins).astype(int) - 1, 0)
    return reliability(*(np.bincount(places, weights, minlength=bins) for weights in (None, p, true)))


# ----

def _rows(truth):
    """The row of every true pair."""
    return np.repeat(np.arange(truth.shape[0]), np.diff(truth.indptr))


def _mean_over_labelled(truth, scores):
    labelled = np.diff(truth.indptr) > 0
    return float(scores[labelled].mean()) if labelled.any() else 0.0


def _discounts(k):
    return 1 / np.log2(np.arange(2, k + 2))


def _best_dcg(truth, k):
    """(N,): the DCG@k of a ranking with all true labels first; 1 for a row without label, where the DCG is 0."""
    return np.concatenate([[1], np.cumsum(_discounts(k))])[np.minimum(np.diff(truth.indptr), k)]


def _propensity_scored(truth, ids, k, propensities, gains, norms):
    """sum_n sum_j gains[j] / propensity of the hits, each row divided by its norm, as a fraction of the largest sum."""
    weights, n_labels = 1 / propensities, truth.shape[1]
    got = np.sum((hits(truth, ids[:, :k]) * weights[ids[:, :k]]) @ gains / norms)
    heaviest, rows = np.argsort(-weights), _rows(truth)
    ranks = np.empty(n_labels, np.int64)
    ranks[heaviest] = np.arange(n_labels)
    true_weights = weights[heaviest[np.sort(rows * n_labels + ranks[truth.indices]) - rows * n_labels]]
    places = np.arange(rows.size) - truth.indptr[rows]  # true_weights fall within each row
    first = places < k
    best = np.bincount(rows[first], true_weights[first] * gains[places[first]], minlength=truth.shape[0])
    best = np.sum(best / norms)
    return float(got / best) if best else 0.0
