"""Claim: labels that networks take for each other, and how well they tell them, are as a count by hand says."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32

from nnlite.data.csr import Csr
from nnlite.scores.confusion import taken_for_each_other, told_apart
from nnlite.scores.suspicion import Judged


def labels_of(y):
    """The labels of the dense truth y."""
    matrix = sp.csr_array(np.asarray(y, F32))
    return Csr(matrix.indptr.astype(np.int64), matrix.indices, matrix.data)


def taken(mistakes, n_labels=4, per_label=10):
    """Of ten rows of each label, as many as mistakes[a, b] in which label b, the second likeliest, is above label a."""
    row = np.repeat(np.arange(n_labels), per_label)
    ids, others = np.zeros((row.size, 2), np.int32), np.zeros((row.size, 2), F32)  # equal logits: not taken
    for (a, b), n in mistakes.items():
        ids[row == a, 1] = b
        others[np.flatnonzero(row == a)[:n], 1] = 1
    nothing = np.zeros(n_labels)
    judged = Judged(np.zeros(row.size, F32), np.zeros(row.size, F32), ids, others, nothing, nothing)
    return taken_for_each_other(labels_of(np.eye(n_labels)[row]), n_labels, judged)


@pytest.mark.parametrize("mistakes, want", [
    ({(0, 1): 2, (1, 0): 2}, [(0, 1, 4)]), ({(0, 1): 10, (1, 0): 2}, [(0, 1, 12)]),
    ({(0, 1): 1, (1, 0): 9}, []), ({(0, 1): 9, (1, 0): 1}, []), ({(0, 1): 9}, []),
    ({(3, 2): 2, (2, 3): 2, (0, 1): 2, (1, 0): 2}, [(0, 1, 4), (2, 3, 4)]),
    ({(3, 2): 3, (2, 3): 2, (0, 1): 2, (1, 0): 2}, [(2, 3, 5), (0, 1, 4)]), ({}, [])])
def test_two_labels_are_taken_for_each_other_in_a_fifth_of_the_rows_of_each(mistakes, want):
    assert taken(mistakes) == want


def test_rows_that_have_both_labels_are_no_mistakes():
    """Of ten rows with label 0 two have label 1 above it; nine rows that have both are rows of label 1."""
    y, ids = np.zeros((20, 2)), np.ones((20, 1), np.int32)
    y[:10, 0], y[10:, 1], ids[10:] = 1, 1, 0
    others = np.full((20, 1), -np.inf, F32)
    others[[0, 1, 10, 11]] = 0.5
    judged = Judged(np.zeros(20, F32), np.zeros(20, F32), ids, others, np.zeros(2), np.zeros(2))
    assert taken_for_each_other(labels_of(y), 2, judged) == [(0, 1, 4)]
    y[2:11] = 1
    judged = judged._replace(given=np.zeros(int(y.sum()), F32))
    assert taken_for_each_other(labels_of(y), 2, judged) == []  # 1 of now 18 rows of label 1 is above


def test_a_label_is_told_by_standard_deviations_of_a_mean_of_as_many_rows():
    rng = np.random.default_rng(0)
    z = rng.normal(3, 2, (50, 5)).astype(F32)
    z[:, 3] = 7  # the same logit everywhere
    y = rng.random((50, 5)) < [0, 0.5, 0, 0.3, 1]
    y[17, 0] = True  # a single row
    judged = Judged(z[y], z[y], np.zeros((50, 1), np.int32), np.zeros((50, 1), F32), z.sum(axis=0, dtype=float),
                    (z.astype(float) ** 2).sum(axis=0))
    got = told_apart(labels_of(y), judged)
    want = [(z[y[:, i], i].mean(dtype=float) - z[:, i].mean(dtype=float)) / z[:, i].std(dtype=float)
            * np.sqrt(y[:, i].sum()) for i in (0, 1)]
    np.testing.assert_allclose(got[:2], want, rtol=1e-6)
    assert got[2] == got[3] == 0 and abs(got[4]) < 1e-9
