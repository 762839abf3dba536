"""How good a ranking is: P@k, R@k, nDCG@k, PSP@k from the true labels and the ids of the top k; F1 from counts.

Truth is a csr matrix (N, L) of ones, a prediction an array (N, k) of label ids, best first, none twice in a row. All
are fractions of 1, averaged over the rows that have at least one true label: in the others no prediction can be right.
The sources: Jain, Prabhu and Varma 2016 (propensities), the Extreme Classification Repository (the other definitions).
"""

import numpy as np


def hits(truth, ids):
    """(N, k) bool: is label ids[n, j] true for row n?"""
    n_labels = truth.shape[1]
    counts = np.diff(truth.indptr)
    true = np.repeat(np.arange(len(counts)), counts) * n_labels + truth.indices  # one rising number per (row, label)
    asked = np.arange(len(counts))[:, None] * n_labels + ids
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
    gains = 1 / np.log2(np.arange(2, k + 2))
    best = np.concatenate([[1], np.cumsum(gains)])[np.minimum(np.diff(truth.indptr), k)]  # a row without label: 0 / 1
    return _mean_over_labelled(truth, hits(truth, ids[:, :k]) @ gains / best)


def psp_at_k(truth, ids, k, propensities):
    """PSP@k: a hit counts 1 / propensity of its label; the sum over rows is divided by the largest possible one."""
    weights = 1 / propensities
    got = np.sum(hits(truth, ids[:, :k]) * weights[ids[:, :k]])
    best = sum(np.sort(weights[row])[::-1][:k].sum() for row in np.split(truth.indices, truth.indptr[1:-1]))
    return float(got / best) if best else 0.0


def propensities(label_counts, n_rows, a=0.55, b=1.5):
    """The modelled chance that a true label was recorded, by its number of training rows; rare labels are missed more.

    p = 1 / (1 + C (n_l + b)^-a) with C = (ln N - 1) (b + 1)^a. a and b as in Jain et al. 2016: 0.55 and 1.5 in general,
    0.6 and 2.6 for Amazon, 0.5 and 0.4 for Wikipedia.
    """
    c = (np.log(n_rows) - 1) * (b + 1) ** a
    return 1 / (1 + c * (np.asarray(label_counts, float) + b) ** -a)


def f1(n_true, n_positive, n_both):
    """The harmonic mean of precision and recall, from the numbers of true, predicted and truly predicted labels."""
    return 2 * n_both / (n_true + n_positive) if n_true + n_positive else 0.0


def bce_of_frequencies(truth, frequencies):
    """The BCE, mean over rows and labels, of predicting these label frequencies (L,) for every row: the floor to beat.

    A frequency of 0 is infinitely wrong about a label that does occur.
    """
    p = np.asarray(frequencies, float)
    seen = np.bincount(truth.indices, minlength=len(p)) / truth.shape[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.where(seen > 0, -seen * np.log(p), 0) + np.where(seen < 1, -(1 - seen) * np.log1p(-p), 0)
    return float(losses.mean())


def _mean_over_labelled(truth, scores):
    labelled = np.diff(truth.indptr) > 0
    return float(scores[labelled].mean()) if labelled.any() else 0.0
