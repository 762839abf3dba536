"""Claim: every metric gives the value worked out by hand, and what holds for any ranking holds for any random one."""

from math import log, log2

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from problems import random_csr

from nnlite import metrics

# Four rows, six labels. Row 2 has no true label and is left out of every mean; row 3 has more labels than k.
TRUTH = sp.csr_array(np.array([
    [1, 0, 0, 1, 0, 0],
    [0, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
    [1, 1, 1, 0, 1, 1],
], np.float32))
IDS = np.array([
    [3, 1, 0],  # hit, miss, hit
    [0, 2, 1],  # miss, miss, hit
    [5, 4, 3],
    [4, 3, 2],  # hit, miss, hit
])


def test_hits():
    want = [[True, False, True], [False, False, True], [False] * 3, [True, False, True]]
    np.testing.assert_array_equal(metrics.hits(TRUTH, IDS), want)


@pytest.mark.parametrize("k, want", [(1, 2 / 3), (2, (1 / 2 + 0 + 1 / 2) / 3), (3, (2 / 3 + 1 / 3 + 2 / 3) / 3)])
def test_precision_at_k(k, want):
    assert metrics.precision_at_k(TRUTH, IDS, k) == pytest.approx(want)


@pytest.mark.parametrize("k, want", [(1, (1 / 2 + 0 + 1 / 5) / 3), (3, (2 / 2 + 1 / 1 + 2 / 5) / 3)])
def test_recall_at_k(k, want):
    assert metrics.recall_at_k(TRUTH, IDS, k) == pytest.approx(want)


def test_ndcg_at_k():
    first, second, third = 1, 1 / log2(3), 1 / log2(4)
    # ideal: row 0 has two labels, row 1 one, row 3 five, of which three fit in
    rows = [(first + third) / (first + second), third / first, (first + third) / (first + second + third)]
    assert metrics.ndcg_at_k(TRUTH, IDS, 3) == pytest.approx(sum(rows) / 3)
    assert metrics.ndcg_at_k(TRUTH, IDS, 1) == pytest.approx(2 / 3)


def test_psp_at_k():
    propensities = np.array([1, 1 / 2, 1 / 4, 1, 1 / 8, 1])  # weights 1 2 4 1 8 1
    got = 1 + 0 + 8  # the first predictions: labels 3 (hit), 0 (miss), 4 (hit)
    best = 1 + 2 + 8  # the heaviest true label of rows 0, 1 and 3
    assert metrics.psp_at_k(TRUTH, IDS, 1, propensities) == pytest.approx(got / best)
    got = (1 + 1) + 2 + (8 + 4)
    best = (1 + 1) + 2 + (8 + 4 + 2)
    assert metrics.psp_at_k(TRUTH, IDS, 3, propensities) == pytest.approx(got / best)


def test_propensities():
    """A label with N = e^2 rows of data: C = (2 - 1) (b + 1)^a, so with a = 1, b = 1 a label seen n times has
    1 / (1 + 2 / (n + 1))."""
    got = metrics.propensities([0, 1, 9], np.exp(2), a=1, b=1)
    np.testing.assert_allclose(got, [1 / 3, 1 / 2, 10 / 12])


def test_f1():
    assert metrics.f1(n_true=8, n_positive=4, n_both=3) == pytest.approx(2 / (1 / (3 / 4) + 1 / (3 / 8)))
    assert metrics.f1(0, 0, 0) == 0


def test_bce_of_frequencies():
    """Label 0 is on half of the rows and predicted so: ln 2. Label 1 is on a quarter, predicted a half: ln 2 too."""
    truth = TRUTH[:, [0, 3]].tocsr()
    assert metrics.bce_of_frequencies(truth, [1 / 2, 1 / 2]) == pytest.approx(log(2))
    want = (log(2) - (1 / 4 * log(1 / 8) + 3 / 4 * log(7 / 8))) / 2
    assert metrics.bce_of_frequencies(truth, [1 / 2, 1 / 8]) == pytest.approx(want)
    assert metrics.bce_of_frequencies(truth, [1 / 2, 0]) == float("inf")


def test_nothing_true_scores_zero():
    empty = TRUTH[[2]].tocsr()
    assert metrics.precision_at_k(empty, IDS[[2]], 3) == metrics.ndcg_at_k(empty, IDS[[2]], 3) == 0
    assert metrics.psp_at_k(empty, IDS[[2]], 3, np.ones(6)) == 0


@given(seed=st.integers(0, 10_000), k=st.integers(1, 7))
def test_for_any_ranking(seed, k):
    """The ideal ranking scores 1 in nDCG and PSP, and nothing scores more; with equal weights PSP@1 is P@1."""
    rng = np.random.default_rng(seed)
    truth = random_csr(rng, 6, 7, 0.4, ones=True)
    ids = np.argsort(rng.random((6, 7)), axis=1)[:, :k]
    weights = rng.random(7)
    ideal = np.argsort(-truth.toarray() / weights, axis=1, kind="stable")[:, :k]
    if truth.nnz:
        assert metrics.ndcg_at_k(truth, ideal, k) == pytest.approx(1)
        assert metrics.psp_at_k(truth, ideal, k, weights) == pytest.approx(1)
        assert metrics.psp_at_k(truth, ids, 1, np.ones(7)) == pytest.approx(metrics.precision_at_k(truth, ids, 1))
    for metric in metrics.precision_at_k, metrics.recall_at_k, metrics.ndcg_at_k:
        assert 0 <= metric(truth, ids, k) <= metric(truth, ideal, k) <= 1 + 1e-12
