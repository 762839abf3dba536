"""Claim: shares and probabilities are those of mixtures that are known, and labels are judged as a full table says."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32

from nnlite.data.dataset import Dataset
from nnlite.mlp import MLP
from nnlite.scores.confusion import taken_for_each_other, told_apart
from nnlite.scores.suspicion import (
    SMOOTHING, Associations, Evidence, judge, probability, regression, rows_of, share_of, together)


def problem(n=37, n_labels=11, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.random((n, n_labels)) < 0.25
    y[0] = False
    data = Dataset(sp.csr_array(rng.random((n, 6)).astype(F32)), sp.csr_array(y.astype(F32)))
    model = MLP(6, n_labels, hidden=(5,), seed=seed)
    model.params["labels.W"] *= 8
    dealt = rng.integers(n_labels, size=int(y.sum()), dtype=np.int32)
    return data, model, dealt, y


def test_judge_is_what_a_full_table_of_logits_says():
    data, model, dealt, y = problem()
    z, row = model.logits(data.x), rows_of(data.arrays()[1])
    got = judge(model, data, dealt, 3)
    np.testing.assert_array_equal(got.given, z[y])
    np.testing.assert_array_equal(got.dealt, np.where(y[row, dealt], -np.inf, z[row, dealt]))
    others = np.where(y, -np.inf, z)
    np.testing.assert_array_equal(got.others, -np.sort(-others, axis=1)[:, :3])
    np.testing.assert_array_equal(np.take_along_axis(others, got.ids.astype(int), axis=1), got.others)
    np.testing.assert_allclose(got.total, z.sum(axis=0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(got.squares, (z.astype(float) ** 2).sum(axis=0), rtol=1e-5)


def test_parts_come_together_in_their_places():
    data, model, dealt, _ = problem()
    row, fold = rows_of(data.arrays()[1]), np.arange(len(data)) % 3
    rows = [np.flatnonzero(fold == i) for i in range(3)]
    parts = [judge(model, data.take(own), dealt[fold[row] == i], 3) for i, own in enumerate(rows)]
    for got, want in zip(together(parts, rows, data.arrays()[1]), judge(model, data, dealt, 3)):
        np.testing.assert_allclose(got, want, rtol=1e-5)


def test_what_speaks_for_labels_is_as_worked_out_by_hand():
    y = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]])
    associations = Associations(Dataset(sp.csr_array(y.astype(F32)), sp.csr_array(y.astype(F32))).arrays()[1], 3)
    z, rivals = np.array([0, 2, -1], F32), np.array([0, -np.inf, 0], F32)
    rows, labels, instead = (np.array(column, np.int32) for column in ([0, 3, 2], [1, 1, 1], [1, 2, -1]))
    got = associations.facts(z, rivals, rows, labels, instead)
    sigmoid, s = (lambda z: 1 / (1 + np.exp(-z))), SMOOTHING
    to_0 = [np.log((n + s / 2) / (2 + s) * 2) for n in (1, 2)]  # of row 0, without itself, and of row 2
    to_2 = np.log((0 + s / 2) / (1 + s) * 2)
    np.testing.assert_allclose(got, [[1, 0, 0.5, 0.5, to_0[0], to_0[0], 2],
                                     [1, 2, sigmoid(2), 1, 0, 0, 1],
                                     [1, -1, sigmoid(-1), sigmoid(-1), to_2, to_0[1], 3]], rtol=1e-6)


def mixture(share, seed, n=5_000):
    """Evidence of labels of which a share is wrong."""
    rng = np.random.default_rng(seed)
    is_wrong = rng.random(n) < share
    return Evidence(rng.normal(np.where(is_wrong, 3, -3)), rng.normal(3, size=n)), is_wrong


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
def test_the_interval_of_a_share_covers_the_truth(share):
    covered = 0
    for seed in range(10):
        found, is_wrong = mixture(share, seed)
        groups = np.arange(found.of.size)
        low, high = share_of(found, groups, groups, seed)[1:]
        covered += low <= share <= high
    assert covered >= 8  # of 10, at 95 %


def test_groups_that_are_large_make_the_interval_wider():
    found, _ = mixture(0.05, 0)
    together = np.argsort(np.argsort(found.of)) // 100
    alone, many = (share_of(found, groups, groups) for groups in (np.arange(found.of.size), together))
    assert many.high - many.low > 2 * (alone.high - alone.low)


def test_probabilities_are_those_of_the_mixture():
    found, is_wrong = mixture(0.1, 1, 100_000)
    p = probability(found, 0.1)
    order = np.argsort(found.of)
    assert (np.diff(p[order]) >= 0).all()
    for low, high in (0.0, 0.2), (0.2, 0.8), (0.8, 1.01):
        here = (low <= p) & (p < high)
        assert abs(p[here].mean() - is_wrong[here].mean()) < 0.02 + 1.5 / np.sqrt(here.sum())


def test_the_regression_finds_the_weights_of_normal_variables():
    rng = np.random.default_rng(0)
    no, yes = (np.column_stack([np.ones(50_000), rng.normal(mean, 1, (50_000, 2))]) for mean in ([0, 0], [1, -2]))
    np.testing.assert_allclose(regression(no, yes), [-2.5, 1, -2], atol=0.1)  # -(1 + 4) / 2 and the means


def test_labels_that_are_dealt_at_random_are_not_told_from_others():
    rng = np.random.default_rng(0)
    kind = rng.integers(3, size=3_000)
    y = np.eye(3)[kind]
    y = np.column_stack([y, rng.random(3_000) < 0.2])
    x = np.eye(3)[kind]
    data = Dataset(sp.csr_array(x.astype(F32)), sp.csr_array(y.astype(F32)))
    model = MLP(3, 4, hidden=(3,), activation="relu")
    model.params["features.W"][:], model.params["labels.W"][:3] = np.eye(3), np.eye(3)
    model.params["labels.W"][3] = [0.3, -0.2, 0.1]
    judged = judge(model, data, np.zeros(int(y.sum()), np.int32), 3)
    apart = told_apart(data.arrays()[1], judged)
    assert (apart[:3] > 20).all() and abs(apart[3]) < 3


def test_labels_are_twins_if_each_is_taken_for_the_other():
    kind = np.repeat([0, 1, 2], 100)
    y = np.eye(3)[kind]
    data = Dataset(sp.csr_array(np.ones((300, 1), F32)), sp.csr_array(y.astype(F32)))
    model = MLP(1, 3, hidden=(1,), activation="relu")
    model.params["labels.W"][:], model.params["features.W"][:] = 0, 1
    judged = judge(model, data, np.zeros(300, np.int32), 2)
    others = judged.others.copy()
    others[:50, 0], others[100:150, 0] = 1, 1  # half of the labels 0 and 1 have a likelier other one
    ids = judged.ids.copy()
    ids[:100, 0], ids[100:200, 0] = 1, 0
    found = taken_for_each_other(data.arrays()[1], 3, judged._replace(others=others, ids=ids))
    assert found == [(0, 1, 100)]
