"""Claim: shares, probabilities and associations of labels are those that their formulas give for a few labels."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32, random_dataset, random_model

from nnlite.data.csr import Csr
from nnlite.scores import suspicion
from nnlite.scores.suspicion import (
    MANY_LABELS, SMOOTHING, Associations, Evidence, judge, probability, regression, share_of)

UP_TO_99 = range(100)  # of which 25 are above 74.25, where the last quarter begins


@pytest.mark.parametrize("of, known, want", [
    ([0] * 97 + [74] * 3, UP_TO_99, 1 / 100 * 100 / 25), ([75] + [0] * 99, UP_TO_99, 2 / 100 * 100 / 25),
    ([99] * 3 + [74] * 77, UP_TO_99, 4 / 80 * 100 / 25), ([75, 80, 0, 0] * 10, UP_TO_99, 1.0), ([], UP_TO_99, 1.0),
    ([9] * 99 + [10], [9] * 3, 2 / 100 * 3 / 1)])
def test_a_share_is_the_ratio_of_the_fractions_above_a_quarter_of_the_known(of, known, want):
    """One more than there are, so that none is never certain, and at most all."""
    got = share_of(Evidence(np.array(of, float), np.array(known, float)), np.arange(len(of)), np.arange(len(known)))
    assert got.estimate == pytest.approx(want) and 0 <= got.low <= got.high <= 1


def test_the_interval_is_that_of_groups_drawn_as_often_as_poisson_variables_say():
    rng = np.random.default_rng(0)
    found = Evidence(rng.normal(-2, 1, 400), rng.normal(2, 1, 300))
    groups = rng.integers(60, size=400), rng.integers(90, size=300)
    cut, draws, bounds = np.quantile(found.known, 0.75), np.random.default_rng(7), []
    for _ in range(200):
        n = draws.poisson(1, 1 + max(part.max() for part in groups))
        above = [n[own][values > cut].sum() for values, own in zip(found, groups)]
        bounds.append(min(1, (above[0] + 1) / n[groups[0]].sum() * n[groups[1]].sum() / above[1]))
    got = share_of(found, *groups, seed=7)
    np.testing.assert_allclose(got[1:], np.quantile(bounds, [0.025, 0.975]), rtol=1e-6)
    assert share_of(found, *groups, seed=8) != got and share_of(found, *groups) == share_of(found, *groups, seed=0)


@pytest.mark.parametrize("of, known, share, want", [
    ([0, 0, 1, 1], [1, 1], 0.25, [0, 0, 0.5, 0.5]), ([0, 0, 1, 1], [1, 1], 0.9, [0, 0, 1, 1]),
    ([0, 0, 1, 1], [0, 1, 1, 1], 0.4, [0.2, 0.2, 0.6, 0.6]),
    ([1, 0], [2], 0.5, [0, 0]),  # none of those that are known has so little evidence
    ([3, 1, 2], [1, 2, 2, 3], 0.5, [0.5625, 0.375, 0.5625]),  # 2 and 3 together, because it never falls
    ([], [1.0], 0.5, [])])
def test_a_probability_is_the_share_times_the_ratio_of_the_densities(of, known, share, want):
    got = probability(Evidence(np.array(of, float), np.array(known, float)), share)
    np.testing.assert_allclose(got, want, atol=1e-7)


def test_rows_of_many_labels_are_not_associated():
    """Of 100 or more; 99 still count."""
    n_labels = MANY_LABELS + 5
    y = np.zeros((4, n_labels))
    y[0, :MANY_LABELS], y[1, :MANY_LABELS - 1], y[2, [0, n_labels - 1]], y[3, [1, n_labels - 1]] = 1, 1, 1, 1
    matrix = sp.csr_array(y.astype(F32))
    associations = Associations(Csr(matrix.indptr.astype(np.int64), matrix.indices, matrix.data), n_labels)
    assert associations.n_rows == 3 and associations.few.tolist() == [False, True, True, True]
    assert associations.counts[[0, 1, MANY_LABELS - 1, n_labels - 1, n_labels - 2]].tolist() == [2, 2, 1, 2, 1]
    rows, labels = np.arange(3, dtype=np.int32), np.zeros(3, np.int32)
    facts = associations.facts(np.zeros(3, F32), np.zeros(3, F32), rows, labels, labels)
    assert (facts[0, 4:6] == 0).all() and facts[1, 4:6].any() and facts[2, 4:6].any()
    assert facts[:, 6].tolist() == [MANY_LABELS, MANY_LABELS - 1, 2]


def test_associations_are_those_of_a_count_by_hand():
    y, n_labels = (np.random.default_rng(0).random((90, 30)) < 0.2).astype(F32), 30
    matrix = sp.csr_array(y)
    associations = Associations(Csr(matrix.indptr.astype(np.int64), matrix.indices, matrix.data), n_labels)
    rows, labels = (part.ravel().astype(np.int32) for part in np.mgrid[:90, :30])
    nothing, instead = np.zeros(rows.size, F32), np.full(rows.size, -1, np.int32)
    got = associations.facts(nothing, nothing, rows, labels, instead)[:, 4:6]
    both, counts = y.T @ y, y.sum(axis=0)
    share = counts / 90
    for row, label, found in zip(rows, labels, got):
        p = [(both[label, other] + SMOOTHING * share[label]) / (counts[other] - 1 + SMOOTHING) / share[label]
             for other in np.flatnonzero(y[row]) if other != label]
        np.testing.assert_allclose(found, np.log([min(p), max(p)]) if p else 0, atol=1e-5)


def test_associations_do_not_depend_on_how_many_are_found_at_a_time(monkeypatch):
    data, rng = random_dataset(), np.random.default_rng(0)
    y = data.arrays()[1]
    row = suspicion.rows_of(y)
    dealt = rng.integers(23, size=row.size, dtype=np.int32)
    z, rivals = rng.standard_normal((2, row.size)).astype(F32)
    want = Associations(y, 23).facts(z, rivals, row, dealt, y.indices)
    monkeypatch.setattr(suspicion, "ASSOCIATED", 4)
    for threads in 1, 3:
        np.testing.assert_array_equal(Associations(y, 23).facts(z, rivals, row, dealt, y.indices, threads), want)


@pytest.mark.parametrize("most", [3, 10, 11])
def test_weights_are_learnt_from_equally_spaced_labels(most, monkeypatch):
    rng = np.random.default_rng(0)
    given, dealt = np.ones((10, 2)), np.ones((7, 2))
    given[:, 1], dealt[:, 1] = rng.normal(1, 1, 10), rng.normal(-1, 1, 7)
    monkeypatch.setattr(suspicion, "FIT_LABELS", most)
    places = ([0, 4, 9], [0, 3, 6]) if most == 3 else (range(10), range(7))
    want = regression(*(facts[list(some)] for facts, some in zip((given, dealt), places)))
    np.testing.assert_array_equal(suspicion.weights_of(given, dealt), want)
    assert want[1] < 0  # more of it speaks for given labels


def test_the_penalty_of_weights_is_half_their_square():
    """From one row x = 1 of the kind: the best w is where its slope is 0, w = 1 / (1 + e^w)."""
    w, = regression(np.zeros((0, 1)), np.ones((1, 1)))
    assert w == pytest.approx(1 / (1 + np.exp(w)), abs=1e-5)


def test_a_row_has_at_most_as_many_other_labels_as_there_are():
    """Three by default, -inf for those there are not."""
    data = random_dataset(n_labels=4)
    model, y = random_model(data), data.y.toarray() > 0
    dealt = np.zeros(data.y.nnz, np.int32)
    assert judge(model, data, dealt).ids.shape == (61, 3)
    found = judge(model, data, dealt, 5).others
    assert np.array_equal((found > -np.inf).sum(axis=1), (~y).sum(axis=1))
    with pytest.raises(TypeError, match="judge: k: want an integer"):
        judge(model, data, dealt, 2.0)
