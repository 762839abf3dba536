"""Claim: every metric gives the value worked out by hand, and what holds for any ranking holds for any random one."""

import warnings
from math import log, log2

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from problems import random_csr

from nnlite.scores import metrics

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


def test_psndcg_at_k():
    """Weights and discounts multiply; a row's best DCG counts labels alike, the best sum takes heavy ones first."""
    propensities = np.array([1, 1 / 2, 1 / 4, 1, 1 / 8, 1])  # weights 1 2 4 1 8 1
    first, second, third = 1, 1 / log2(3), 1 / log2(4)
    dcg = first + second, first, first + second + third
    got = (1 * first + 1 * third) / dcg[0] + 2 * third / dcg[1] + (8 * first + 4 * third) / dcg[2]
    best = dcg[0] / dcg[0] + 2 * first / dcg[1] + (8 * first + 4 * second + 2 * third) / dcg[2]
    assert metrics.psndcg_at_k(TRUTH, IDS, 3, propensities) == pytest.approx(got / best)
    assert metrics.psndcg_at_k(TRUTH, IDS, 1, propensities) == pytest.approx((1 + 0 + 8) / (1 + 2 + 8))


def test_coverage_at_k():
    assert metrics.coverage_at_k(TRUTH, IDS, 1) == pytest.approx(2 / 6)  # labels 3 and 4
    assert metrics.coverage_at_k(TRUTH, IDS, 3) == pytest.approx(5 / 6)  # 0 and 3, 1, 4 and 2; never 5
    assert metrics.coverage_at_k(TRUTH[:2].tocsr(), IDS[:2], 1) == pytest.approx(1 / 3)  # only 0, 1 and 3 occur


@pytest.mark.parametrize("counts, parts, want", [
    ([6, 3, 2, 1, 0], 3, [0, 1, 2, 2, 2]),  # before each: 0, 6, 9, 11, 12 of 12 occurrences
    ([6, 3, 2, 1, 0], 2, [0, 1, 1, 1, 1]),
    ([1, 2, 2, 1], 2, [1, 0, 0, 1]),  # in order 1, 2, 0, 3; before each: 0, 2, 4, 5 of 6
    ([1, 9], 10, [9, 0]),
    ([0, 0], 3, [0, 0]),
])
def test_frequency_groups(counts, parts, want):
    assert metrics.frequency_groups(counts, parts).tolist() == want


def test_by_frequency():
    got = metrics.by_frequency(TRUTH, IDS, 3, [6, 3, 2, 1, 0, 0], parts=3)  # groups 0 1 2 2 2 2
    want = {
        "labels": [1, 1, 4],
        "mean_count": [6, 3, 3 / 4],
        "P@3": [1 / 9, 1 / 9, 3 / 9],  # hits: labels 0 and 3; 1; 4 and 2; over 3 rows with 3 predictions each
        "R@3": [1 / 2 / 3, 1 / 1 / 3, (1 / 2 + 2 / 5) / 3],
        "recall": [1 / 2, 1 / 2, 3 / 4],
    }
    assert got.keys() == want.keys()
    for name in want:
        np.testing.assert_allclose(got[name], want[name], err_msg=name)
    assert got["P@3"].sum() == pytest.approx(metrics.precision_at_k(TRUTH, IDS, 3))
    assert got["R@3"].sum() == pytest.approx(metrics.recall_at_k(TRUTH, IDS, 3))


def test_propensities():
    """A label with N = e^2 rows of data: C = (2 - 1) (b + 1)^a, so with a = 1, b = 1 a label seen n times has
    1 / (1 + 2 / (n + 1))."""
    got = metrics.propensities([0, 1, 9], np.exp(2), a=1, b=1)
    np.testing.assert_allclose(got, [1 / 3, 1 / 2, 10 / 12])
    assert metrics.propensities([3], np.e) == pytest.approx(1)  # of e rows C is 0
    with pytest.raises(ValueError, match="want n_rows of at least e"):
        metrics.propensities([3], np.nextafter(np.e, 0))


def test_f1():
    assert metrics.f1(n_true=8, n_positive=4, n_both=3) == pytest.approx(2 / (1 / (3 / 4) + 1 / (3 / 8)))
    assert metrics.f1(0, 0, 0) == 0
    by_label = metrics.f1(np.array([2, 0, 0]), np.array([2, 0, 3]), np.array([1, 0, 0]))
    np.testing.assert_allclose(by_label, [1 / 2, 0, 0])


def test_record_f1():
    got = metrics.record_f1(TRUTH, n_positive=np.array([2, 1, 4, 0]), n_both=np.array([1, 1, 0, 0]))
    assert got == pytest.approx((2 / (2 + 2) + 2 / (1 + 1) + 0) / 3)


def test_reliability():
    p, true = np.array([[0, 0.1, 0.3, 0.3], [0.5, 1, 0.9, 0.5]]), np.array([[0, 0, 1, 0], [1, 1, 0, 0]])
    got = metrics.reliability_of(p, true, bins=2)  # 1/2 belongs to the first bin
    np.testing.assert_allclose(got.probability, [1.7 / 6, 1.9 / 2])
    np.testing.assert_allclose(got.true, [2 / 6, 1 / 2])
    assert got.n.tolist() == [6, 2]
    assert got.ece == pytest.approx((abs(1.7 - 2) + abs(1.9 - 1)) / 8)
    got = metrics.reliability_of(p, true, bins=4)
    assert got.n.tolist() == [2, 4, 0, 2]
    np.testing.assert_allclose(got.probability, [0.1 / 2, 1.6 / 4, np.nan, 1.9 / 2])
    np.testing.assert_allclose(got.true, [0, 2 / 4, np.nan, 1 / 2])
    assert got.ece == pytest.approx((abs(0.1 - 0) + abs(1.6 - 2) + abs(1.9 - 1)) / 8)


def test_sigmoid_without_overflow():
    z = np.array([0, log(3), -log(3), 800, -800])
    np.testing.assert_allclose(metrics.sigmoid(z), [1 / 2, 3 / 4, 1 / 4, 1, 0], rtol=1e-14)


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
    assert metrics.psp_at_k(empty, IDS[[2]], 3, np.ones(6)) == metrics.psndcg_at_k(empty, IDS[[2]], 3, np.ones(6)) == 0
    assert metrics.coverage_at_k(empty, IDS[[2]], 3) == metrics.record_f1(empty, np.ones(1), np.zeros(1)) == 0


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
        assert metrics.psndcg_at_k(truth, ideal, k, weights) == pytest.approx(1)
        assert metrics.psp_at_k(truth, ids, 1, np.ones(7)) == pytest.approx(metrics.precision_at_k(truth, ids, 1))
    for metric in metrics.precision_at_k, metrics.recall_at_k, metrics.ndcg_at_k:
        assert 0 <= metric(truth, ids, k) <= metric(truth, ideal, k) <= 1 + 1e-12
    for metric in metrics.psp_at_k, metrics.psndcg_at_k:
        assert 0 <= metric(truth, ids, k, weights) <= 1 + 1e-12


def labelled_problem(n_rows=57, n_labels=19):
    """A truth whose every row has a label, since other tools count the rest as 0, and rankings with 4 in 10 hits."""
    rng = np.random.default_rng(0)
    truth = random_csr(rng, n_rows, n_labels, 0.2, ones=True).toarray()
    truth[np.arange(n_rows), rng.integers(0, n_labels - 2, n_rows)] = 1
    scores = rng.random(truth.shape) + 0.5 * truth
    return sp.csr_array(truth), scores, np.argsort(-scores, axis=1)


def test_napkinxc_computes_the_same():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        napkin = pytest.importorskip("napkinxc.metrics", reason="the comparison with napkinXC needs napkinxc")
    truth, _, ids = labelled_problem()
    true, k = [row.tolist() for row in np.split(truth.indices, truth.indptr[1:-1])], 6
    propensities = metrics.propensities(truth.toarray().sum(axis=0), truth.shape[0], a=0.6, b=2.6)
    inverse = napkin.Jain_et_al_inverse_propensity(truth.toarray(), A=0.6, B=2.6)
    np.testing.assert_allclose(1 / propensities, inverse)
    for name in "precision_at_k", "recall_at_k", "ndcg_at_k", "coverage_at_k":
        want = getattr(napkin, name)(true, ids[:, :k].tolist(), k=k)
        got = [getattr(metrics, name)(truth, ids, i) for i in range(1, k + 1)]
        np.testing.assert_allclose(got, want, err_msg=name)
    for ours, theirs in [("psp", "psprecision"), ("psndcg", "psndcg")]:
        want = getattr(napkin, f"{theirs}_at_k")(true, ids[:, :k].tolist(), inverse, k=k)
        got = [getattr(metrics, f"{ours}_at_k")(truth, ids, i, propensities) for i in range(1, k + 1)]
        np.testing.assert_allclose(got, want, err_msg=ours)


def test_sklearn_computes_the_same_f1():
    sklearn = pytest.importorskip("sklearn.metrics", reason="the comparison with scikit-learn needs scikit-learn")
    truth, scores, _ = labelled_problem()
    true, positive = truth.toarray().astype(int), (scores > 0.9).astype(int)
    positive[:, -1] = true[:, -1] = 0  # a label that is never true and never predicted
    truth = sp.csr_array(true)
    counts = [[m.sum(axis=axis) for m in (true, positive, true & positive)] for axis in (None, 0, 1)]
    got = {"micro": metrics.f1(*counts[0]), "macro": metrics.f1(*counts[1]).mean(),
           "samples": metrics.record_f1(truth, *counts[2][1:])}
    for average, value in got.items():
        assert value == pytest.approx(sklearn.f1_score(true, positive, average=average, zero_division=0)), average


def test_labels_of_equal_counts_stand_in_the_order_of_their_ids():
    assert metrics.frequency_groups([1, 1, 1, 1], 4).tolist() == [0, 1, 2, 3]
    assert metrics.frequency_groups([1, 2, 1, 2], 3).tolist() == [2, 0, 2, 1]


def test_defaults_are_those_of_the_docstrings():
    np.testing.assert_array_equal(metrics.propensities([5], 100), metrics.propensities([5], 100, a=0.55, b=1.5))
    assert metrics.by_frequency(TRUTH, IDS, 3, np.ones(6))["labels"].size == 10
    assert metrics.reliability_of(np.ones(2), np.ones(2)).n.tolist() == [0] * 14 + [2]


def test_groups_of_nothing_true_score_zero():
    got = metrics.by_frequency(TRUTH[[2]].tocsr(), IDS[[2]], 3, np.zeros(6), parts=2)
    assert got["labels"].tolist() == [6, 0]
    for name in "mean_count", "P@3", "R@3", "recall":
        assert got[name].tolist() == [0, 0], name


@pytest.mark.parametrize("frequency, want", [(1, float("inf")), (0.5, log(2)), (0, float("inf"))])
def test_a_frequency_of_0_or_1_costs_nothing_where_it_is_right_and_else_infinity(frequency, want):
    """Label 0 is on every row and label 1 on none; label 2 is on one of two."""
    truth = sp.csr_array(np.array([[1, 0, 0], [1, 0, 1]], np.float32))
    assert metrics.bce_of_frequencies(truth, [1, 0, frequency]) == pytest.approx(want / 3)


def test_the_calibration_error_of_no_probabilities_is_zero():
    got = metrics.reliability_of(np.zeros(0), np.zeros(0), bins=3)
    assert got.ece == 0 and got.n.tolist() == [0] * 3 and np.isnan(got.probability).all() and np.isnan(got.true).all()


def test_the_interval_of_a_fraction_stays_within_0_and_1():
    n = np.arange(1, 400)
    low, high = metrics.wilson(0 * n, n)
    assert (low >= 0).all() and (high < 1).all()
    low, high = metrics.wilson(n, n)
    assert (low > 0).all() and (high <= 1).all()


def test_the_interval_of_many_rows_does_not_overflow():
    """n^2 of an int32 would; the interval of a half is 1/2 -+ z / (2 sqrt(n + z^2))."""
    low, high = metrics.wilson(np.array([500_000], np.int32), np.array([1_000_000], np.int32))
    half = metrics.Z_95 / (2 * np.sqrt(1e6 + metrics.Z_95 ** 2))
    np.testing.assert_allclose([low[0], high[0]], [0.5 - half, 0.5 + half], rtol=1e-9)


def test_a_row_with_several_labels_counts_for_each_in_the_confusion():
    assert metrics.confusion(TRUTH[:, :3].tocsr(), [1, 0, 0, 2]).tolist() == [[0, 1, 1], [1, 0, 1], [0, 0, 1]]


def test_the_interval_of_a_fraction():
    """Wilson's worked values: 95 % intervals of 0 of 10, 5 of 10 and 10 of 10."""
    low, high = metrics.wilson(np.array([0, 5, 10]), np.array([10, 10, 10]))
    np.testing.assert_allclose(low, [0, 0.2366, 0.7225], atol=1e-4)
    np.testing.assert_allclose(high, [0.2775, 0.7634, 1], atol=1e-4)
