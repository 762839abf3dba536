"""Which labels networks take for each other, and which they cannot tell from titles, from what they have `Judged`."""

import numpy as np

from nnlite.data.csr import Csr
from nnlite.scores.suspicion import Judged

TAKEN = 0.2  # of the rows that have one label but not the other: the other is likelier in so many, in both directions
DEVIATIONS = 3.0  # of the mean logit of as many random rows: a label's own rows are told from others if more above it


def taken_for_each_other(y: Csr, n_labels: int, judged: Judged) -> list[tuple[int, int, int]]:
    """(a, b, rows in which one is taken for the other) of labels a < b, most rows first.

    A label is taken for another in a row that has it if the other is among the k likeliest that the row does not have
    and has a larger logit. y: the labels given
    """
    row, counts = np.repeat(np.arange(y.n_rows), np.diff(y.indptr)), np.bincount(y.indices, minlength=n_labels)
    keys = []
    for ids, others in zip(judged.ids.T, judged.others.T):
        above = others[row] > judged.given
        keys.append(y.indices[above].astype(np.int64) * n_labels + ids[row[above]])
    pairs, n = np.unique(np.concatenate(keys), return_counts=True)
    a, b = np.divmod(pairs, n_labels)
    keep = n >= TAKEN * counts[a]
    taken = dict(zip(zip(a[keep].tolist(), b[keep].tolist()), n[keep].tolist()))
    both = [(a, b, n + taken[b, a]) for (a, b), n in taken.items() if a < b and (b, a) in taken]
    return sorted(both, key=lambda pair: (-pair[2], pair))


def told_apart(y: Csr, judged: Judged) -> np.ndarray:
    """(L,): by how many standard deviations the mean logit of a label in its own rows is above that of random rows.

    The mean of n rows drawn at random has the variance of all rows, divided by n. 0 for a label of no row, or of all.
    """
    n_labels, n_rows = judged.total.size, y.n_rows
    counts = np.bincount(y.indices, minlength=n_labels)
    own = np.bincount(y.indices, judged.given, n_labels) / np.maximum(counts, 1)
    mean = judged.total / n_rows
    deviation = np.sqrt(np.maximum(judged.squares / n_rows - mean ** 2, 0) / np.maximum(counts, 1))
    return np.divide(own - mean, deviation, out=np.zeros(n_labels), where=(deviation > 0) & (counts > 0))
