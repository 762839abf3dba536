"""Claim: scores at a threshold are those of all probabilities above it, and the best threshold is the best of its
candidates."""

import numpy as np
import pytest
import scipy.sparse as sp
from predictions import problem, rows_of, untrained
from problems import F32

from nnlite import evaluate
from nnlite.network import reference
from nnlite.system.number_arrays import logit_thresholds
from nnlite.scores import calibration, metrics
from nnlite.scores.evaluation import count_by_label

CANDIDATES = (np.arange(127) - 64) / 8


def f1_at(z, y, logits):
    """F1 of every label."""
    positive = z > np.asarray(logits, F32)
    return metrics.f1(y.sum(axis=0), positive.sum(axis=0), (positive * y).sum(axis=0))


@pytest.mark.parametrize("thresholds", [0.5, 0.02, 0, 1, np.linspace(0, 1, 23)], ids=lambda t: str(np.shape(t) or t))
def test_f1_at_any_threshold(thresholds, monkeypatch):
    data, model, z, y = problem(monkeypatch)
    positive = reference.sigmoid(z.astype(float)) > thresholds
    both = positive * y
    scores = evaluate(model, data, thresholds=thresholds)
    assert scores["micro_f1"] == pytest.approx(2 * both.sum() / (positive.sum() + y.sum()))
    by_label = 2 * both.sum(axis=0) / np.maximum(positive.sum(axis=0) + y.sum(axis=0), 1)
    assert scores["macro_f1"] == pytest.approx(by_label.mean())
    by_row = 2 * both.sum(axis=1) / np.maximum(positive.sum(axis=1) + y.sum(axis=1), 1)
    assert scores["record_f1"] == pytest.approx(by_row[y.sum(axis=1) > 0].mean())


def test_thresholds_are_checked(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    for wrong in -0.1, 1.1, np.nan, np.full(22, 0.5), np.full((1, 23), 0.5):
        with pytest.raises(ValueError, match="thresholds: want a probability, or 23, got"):
            evaluate(model, data, thresholds=wrong)
    np.testing.assert_array_equal(logit_thresholds(reference.sigmoid(CANDIDATES), 127), CANDIDATES)  # nothing is lost


def test_the_best_threshold_has_the_largest_expected_f1(monkeypatch):
    data, model, z, _ = problem(monkeypatch)
    p = reference.sigmoid(z)
    expected = [2 * p[p > t].sum() / ((p > t).sum() + p.sum()) for t in np.arange(200) / 200]
    got = calibration.best_threshold(model, data.x)
    assert got == np.argmax(expected) / 200 and 0 < got < 0.5
    assert got == pytest.approx(max(expected) / 2, abs=0.01)  # Lipton, Elkan and Naryanaswamy 2014
    with pytest.raises(ValueError, match="want at least 1 row"):
        calibration.best_threshold(model, data.x[:0])


@pytest.mark.parametrize("bins", [3, 50])
def test_the_candidates_for_the_threshold_are_as_far_apart_as_there_are_many(bins, monkeypatch):
    data, model, z, _ = problem(monkeypatch)
    p = reference.sigmoid(z)
    expected = [2 * p[p > t].sum() / ((p > t).sum() + p.sum()) for t in np.arange(bins) / bins]
    monkeypatch.setattr(calibration, "CANDIDATES", bins)
    assert calibration.best_threshold(model, data.x) == np.argmax(expected) / bins


def test_a_probability_equal_to_its_threshold_is_not_predicted():
    data = rows_of([[1, 0], [1, 1]])
    assert count_by_label(untrained(2), data, 0.5).tolist() == [[2, 1], [0, 0], [0, 0]]
    assert count_by_label(untrained(2), data, 0.49).tolist() == [[2, 1], [2, 2], [2, 1]]
    assert evaluate(untrained(2), data)["micro_f1"] == 0


def test_candidates_for_the_threshold_are_a_bin_apart_and_of_equal_ones_the_smallest_is_best(monkeypatch):
    x, model = sp.csr_array(np.ones((2, 3), F32)), untrained(2)
    assert calibration.best_threshold(model, x) == 0  # all probabilities are 0.5
    model.params["labels.b"][:] = -3, 3  # probabilities 0.047 and 0.953
    assert calibration.best_threshold(model, x) == 0.05  # the first candidate above 0.047
    monkeypatch.setattr(calibration, "CANDIDATES", 10)
    assert calibration.best_threshold(model, x) == 0.1
