"""How good predictions are, from the true labels and the ids of the top k, or from counts of predicted labels.

truth is a csr matrix (N, L) of ones; ids is an array (N, k) of label ids, best first, no id twice in a row. All scores
are fractions of 1. A mean over rows leaves out rows without a true label, which other tools count as 0. TypeError or
ValueError for a truth of another kind, ids that are not labels, or a k outside of 1 to the columns of ids.

Definitions: the Extreme Classification Repository (manikvarma.org/downloads/XC); for propensity scores Jain, Prabhu and
Varma, "Extreme Multi-label Loss Functions", KDD 2016; others name their source.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr_checks import n_rows_of
from nnlite.data.label_checks import check_labels
from nnlite.scores.checks import MAX_BINS, amounts, check_counts, check_ids, check_propensities, check_square
from nnlite.system.number_arrays import numbers
from nnlite.system.ranges import integer, number


# ---- from the ids of the top k

def hits(truth: sp.csr_array, ids: np.ndarray) -> np.ndarray:
    """(N, k) bool: is label ids[n, j] true for row n?"""
    check_labels(truth)
    ids, n_labels = numbers("ids", ids), truth.shape[1]
    if ids.ndim != 2 or len(ids) != truth.shape[0]:
        raise ValueError(f"ids: want an array ({truth.shape[0]}, k), got {ids.shape}")
    check_ids("ids", ids, n_labels)
    true = _rows(truth) * n_labels + truth.indices  # one rising number per (row, label)
    asked = np.arange(truth.shape[0])[:, None] * n_labels + ids.astype(np.int64, copy=False)
    place = np.searchsorted(true, asked)
    return np.append(true, -1)[place] == asked


def precision_at_k(truth: sp.csr_array, ids: np.ndarray, k: int) -> float:
    """P@k: the fraction of the first k predictions that are true."""
    return _mean_over_labelled(truth, hits(truth, _first(ids, k)).sum(axis=1) / k)


def recall_at_k(truth: sp.csr_array, ids: np.ndarray, k: int) -> float:
    """R@k: the fraction of the true labels among the first k predictions."""
    return _mean_over_labelled(truth, hits(truth, _first(ids, k)).sum(axis=1) / np.maximum(np.diff(truth.indptr), 1))


def ndcg_at_k(truth: sp.csr_array, ids: np.ndarray, k: int) -> float:
    """nDCG@k: a hit at place j counts 1 / log2(j + 1); the sum is divided by that of the best possible ranking."""
    return _mean_over_labelled(truth, hits(truth, _first(ids, k)) @ _discounts(k) / _best_dcg(truth, k))


def psp_at_k(truth: sp.csr_array, ids: np.ndarray, k: int, propensities: np.ndarray) -> float:
    """PSP@k: a hit counts 1 / propensity of its label; the sum over rows is divided by the largest possible one."""
    return _propensity_scored(truth, _first(ids, k), propensities, np.ones(k), 1.0)


def psndcg_at_k(truth: sp.csr_array, ids: np.ndarray, k: int, propensities: np.ndarray) -> float:
    """PSnDCG@k: a hit at place j counts 1 / (propensity log2(j + 1)); the sum over a row is divided by the best DCG of
    its labels, all of propensity 1; the sum over rows is divided by the largest possible one."""
    check_labels(truth)
    return _propensity_scored(truth, _first(ids, k), propensities, _discounts(k), _best_dcg(truth, k))


def coverage_at_k(truth: sp.csr_array, ids: np.ndarray, k: int) -> float:
    """coverage@k: of the labels that occur in the truth, the fraction that are a hit in at least one row's first k.

    As napkinXC does. Schultheis, Wydmuch et al., "Generalized test utilities", NeurIPS 2023, divide by all L labels.
    """
    found = _first(ids, k)[hits(truth, _first(ids, k))]
    return np.unique(found).size / max(np.unique(truth.indices).size, 1)


def propensities(label_counts: np.ndarray, n_rows: float, a: float = 0.55, b: float = 1.5) -> np.ndarray:
    """(L,): the modelled probability that a true label was recorded; rare labels are missed more often.

    p = 1 / (1 + C (n_l + b)^-a) with C = (ln N - 1) (b + 1)^a, n_l the training rows of label l, N all training rows.
    a and b as in Jain et al. 2016: 0.55 and 1.5 in general, 0.6 and 2.6 for Amazon, 0.5 and 0.4 for Wikipedia.
    """
    if not np.e <= (n_rows := number("propensities: n_rows", n_rows)) < np.inf:
        raise ValueError(f"propensities: want n_rows of at least e = 2.718, so that none is above 1, got {n_rows}")
    a, b = number("propensities: a", a, 0, 100), number("propensities: b", b, 1e-3, 1000)
    counts, = amounts("propensities: label_counts", label_counts)
    c = (np.log(n_rows) - 1) * (b + 1) ** a
    return 1 / (1 + c * (counts.astype(float) + b) ** -a)


# ---- frequent and rare labels

def frequency_groups(label_counts: np.ndarray, parts: int) -> np.ndarray:
    """(L,) int32: which of `parts` groups each label belongs to, 0 the most frequent.

    Labels are sorted by falling counts (ties: smaller id first) and cut so that each group holds about the same share
    of all occurrences, as in pyxclib's decile plots. A label belongs to the group of its first occurrence, so one that
    is larger than a group can leave the next empty. Counts whose sum could overflow are divided by one number first.
    """
    parts, counts = integer("frequency_groups: parts", parts, 1, MAX_BINS), check_counts("label_counts", label_counts)
    order = np.argsort(-counts, kind="stable")
    counts = counts // (int(parts * counts.sum(dtype=float) / 2**62) + 1)
    before = np.cumsum(counts[order]) - counts[order]
    groups = np.empty(counts.size, np.int32)
    groups[order] = np.minimum(parts * before // max(counts.sum(), 1), parts - 1)
    return groups


def by_frequency(truth: sp.csr_array, ids: np.ndarray, k: int, label_counts: np.ndarray,
                 parts: int = 10) -> dict[str, np.ndarray]:
    """A dict of columns (parts,), one entry per group of labels, the most frequent first: deciles by default.

    "labels": the number of labels    "mean_count": the mean of their label_counts (L,), from the training rows
    "P@k" and "R@k": the contribution of the group's hits; a column adds up to the whole score
    "recall": of the true (row, label) pairs of the group, the fraction among the first k predictions
    """
    check_labels(truth)
    groups = frequency_groups(label_counts, parts)
    if groups.size != truth.shape[1]:
        raise ValueError(f"label_counts: want one for each of {truth.shape[1]} labels, got {groups.size}")
    ids = _first(ids, k)
    k, hit, n_true = ids.shape[1], hits(truth, ids), np.diff(truth.indptr)
    found, row_of = groups[ids[hit]], np.nonzero(hit)[0]

    def total(group_of, weights=None):
        return np.bincount(group_of, weights, minlength=parts)

    labels, labelled = total(groups), max(int(np.count_nonzero(n_true)), 1)
    return {
        "labels": labels,
        "mean_count": total(groups, np.asarray(label_counts, float)) / np.maximum(labels, 1),
        f"P@{k}": total(found) / (k * labelled),
        f"R@{k}": total(found, 1 / n_true[row_of]) / labelled,
        "recall": total(found) / np.maximum(total(groups[truth.indices]), 1),
    }


# ---- one class of several

def confusion(truth: sp.csr_array, predicted: np.ndarray) -> np.ndarray:
    """(L, L) int64: entry (i, j) is the number of rows with label i whose predicted class (N,) is j.

    Rows without a label are left out; a row with several labels counts once for each.
    """
    check_labels(truth)
    predicted, n_labels = numbers("predicted", predicted), truth.shape[1]
    if np.shape(predicted) != truth.shape[:1]:
        raise ValueError(f"predicted: want a class for each of {truth.shape[0]} rows, got {np.shape(predicted)}")
    check_ids("predicted", predicted, n_labels)
    pairs = truth.indices.astype(np.int64) * n_labels + predicted[_rows(truth)].astype(np.int64)
    return np.bincount(pairs, minlength=n_labels ** 2).reshape(n_labels, n_labels)


def by_class(table: np.ndarray) -> dict[str, np.ndarray]:
    """A dict of columns (L,) from a confusion matrix: "rows" of each class, "precision", "recall", "F1"; 0 / 0 is 0."""
    table = check_square("by_class", table)
    true, positive, both = table.sum(axis=1), table.sum(axis=0), np.diag(table)
    return {"rows": true, "precision": both / np.maximum(positive, 1), "recall": both / np.maximum(true, 1),
            "F1": f1(true, positive, both)}


# ---- from counts of predictions

def f1(n_true: np.ndarray, n_positive: np.ndarray, n_both: np.ndarray) -> np.ndarray:
    """2 n_both / (n_true + n_positive), the harmonic mean of precision and recall; 0 / 0 is 0.

    The numbers of true labels, of predicted ones, and of those that are both may be arrays: of all pairs for micro F1,
    by label for macro F1, by row for per-record F1, which are scikit-learn's "micro", "macro" and "samples".
    """
    n_true, n_positive, n_both = amounts("f1", n_true, n_positive, n_both)
    return 2 * n_both / np.maximum(np.add(n_true, n_positive), 1)


def record_f1(truth: sp.csr_array, n_positive: np.ndarray, n_both: np.ndarray) -> float:
    """The mean over rows of the F1 of a row's labels, from its numbers (N,) of predicted labels and of hits."""
    n_positive, n_both = amounts("record_f1", n_positive, n_both, shape=(n_rows_of("truth", truth),))
    return _mean_over_labelled(truth, f1(np.diff(truth.indptr), n_positive, n_both))


def bce_of_frequencies(truth: sp.csr_array, frequencies: np.ndarray) -> float:
    """The mean BCE of predicting these label frequencies (L,) for all rows; infinite if a label that occurs has 0."""
    check_labels(truth)
    p = numbers("bce_of_frequencies", frequencies).astype(float)
    if p.shape != truth.shape[1:] or not all(truth.shape) or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"bce_of_frequencies: want at least 1 row, 1 label and a frequency from 0 to 1 for each, got "
                         f"shapes {truth.shape} and {p.shape}")
    seen = np.bincount(truth.indices, minlength=len(p)) / truth.shape[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.where(seen > 0, -seen * np.log(p), 0) + np.where(seen < 1, -(1 - seen) * np.log1p(-p), 0)
    return float(losses.mean())


Z_95 = 1.959964  # 95 % of a normal distribution lie within this many standard deviations of its mean


def wilson(n_true: float | np.ndarray, n: float | np.ndarray) -> tuple[Any, Any]:
    """(low, high): the 95 % confidence interval of a fraction, when n_true of n > 0 were true; numbers or arrays.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927. Bounds are in 0..1.
    """
    n_true, n = amounts("wilson", n_true, *amounts("wilson: n", n, least=1))
    if (n_true > n).any():
        raise ValueError("wilson: want at most n that were true, got more")
    p, z2 = n_true / n, Z_95 ** 2
    middle, half = p + z2 / (2 * n), Z_95 * np.sqrt(p * (1 - p) / n + z2 / (4 * np.square(n, dtype=float)))
    return np.maximum((middle - half) / (1 + z2 / n), 0), np.minimum((middle + half) / (1 + z2 / n), 1)


# ---- calibration: is a probability of 0.8 true 8 times in 10?

def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-z): the probabilities of an array of logits, computed without overflow."""
    z, = amounts("sigmoid", z, least=-np.inf, most=np.inf)
    return np.exp(-np.logaddexp(0, -z))


def bin_of(p: np.ndarray, bins: int) -> np.ndarray:
    """The bin of each probability, of so many of equal width: m for (m / bins, (m + 1) / bins]; 0 for 0 and NaN."""
    integer("bins", bins, 1, MAX_BINS)
    p, = amounts("bin_of", np.nan_to_num(numbers("bin_of", p)), most=1)
    return np.fmax(np.ceil(p * bins) - 1, 0).astype(int)


class Reliability(NamedTuple):
    """Predicted and true frequencies: arrays with one entry per bin of `bin_of`, and their weighted difference."""

    probability: np.ndarray  # the mean of the bin's probabilities, NaN where there are none
    true: np.ndarray  # the fraction of them that are true, likewise
    n: np.ndarray  # how many they are
    ece: float  # expected calibration error: the mean of |probability - true| over the bins, weighted by n


def reliability(n: np.ndarray, p_sum: np.ndarray, n_true: np.ndarray) -> Reliability:
    """The `Reliability` of bins, from the number of probabilities in each, their sum and how many are true, all (M,).

    Bins and error: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, of one
    prediction per row. Over all (row, label) pairs the error is near 0 whatever the model. ECE@k is over each row's top
    k: Ullah, Schultheis, Zhang, Babbar, "Labels in Extremes: How Well Calibrated are Extreme Multi-label Classifiers?",
    KDD 2025.
    """
    n, (p_sum, n_true, _) = numbers("reliability", n), amounts("reliability", p_sum, n_true, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = p_sum / n, n_true / n
    return Reliability(*means, n, float(np.abs(p_sum - n_true).sum() / max(n.sum(), 1)))


def reliability_of(p: np.ndarray, true: np.ndarray, bins: int = 15) -> Reliability:
    """The `Reliability` of probabilities p against true (0 or 1, or bool), two arrays of one shape."""
    p, true = np.ravel(numbers("reliability_of", p)), np.ravel(numbers("reliability_of", true))
    if p.shape != true.shape or not ((0 <= p) & (p <= 1)).all() or not np.isin(true, (0, 1)).all():
        raise ValueError(f"reliability_of: want as many probabilities, from 0 to 1, as truths of 0 or 1, got arrays of "
                         f"{p.size} and {true.size} numbers")
    places = bin_of(p, bins)
    return reliability(*(np.bincount(places, weights, minlength=bins) for weights in (None, p, true)))


# ---- parts of the scores

def _first(ids, k):
    """The first k columns of ids."""
    if (ids := numbers("ids", ids)).ndim != 2:
        raise ValueError(f"ids: want an array (N, k), got {ids.shape}")
    first = ids[:, :integer("k", k, 1, ids.shape[1])]
    in_order = np.sort(first, axis=1)
    if (in_order[:, 1:] == in_order[:, :-1]).any():
        raise ValueError("ids: want no label twice in a row, got one twice")
    return first


def _rows(truth):
    """The row of every true pair."""
    return np.repeat(np.arange(truth.shape[0]), np.diff(truth.indptr))


def _mean_over_labelled(truth, scores):
    labelled = np.diff(truth.indptr) > 0
    return float(scores[labelled].mean()) if labelled.any() else 0.0


def _discounts(k):
    return 1 / np.log2(np.arange(2, int(k) + 2))


def _best_dcg(truth, k):
    """(N,): the DCG@k of a ranking with all true labels first; 1 for a row without label, where the DCG is 0."""
    return np.concatenate([[1], np.cumsum(_discounts(k))])[np.minimum(np.diff(truth.indptr), k)]


def _propensity_scored(truth, ids, propensities, gains, norms):
    """sum_n sum_j gains[j] / propensity of the hits, each row divided by its norm, as a fraction of the largest sum."""
    check_labels(truth)
    n_labels = truth.shape[1]
    weights = 1 / check_propensities(propensities, n_labels)
    got = np.sum((hits(truth, ids) * weights[ids]) @ gains / norms)
    heaviest, rows = np.argsort(-weights), _rows(truth)
    ranks = np.empty(n_labels, np.int64)
    ranks[heaviest] = np.arange(n_labels)
    true_weights = weights[heaviest[np.sort(rows * n_labels + ranks[truth.indices]) - rows * n_labels]]
    places = np.arange(rows.size) - truth.indptr[rows]  # true_weights fall within each row
    first = places < ids.shape[1]
    best = np.bincount(rows[first], true_weights[first] * gains[places[first]], minlength=truth.shape[0])
    best = np.sum(best / norms)
    return float(got / best) if best else 0.0
