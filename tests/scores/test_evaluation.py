"""Claim: what the tile loop counts is what NumPy finds in all logits at once, whatever the pieces and threads."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from predictions import problem, rows_of, untrained
from problems import F32, compiled, random_model

from nnlite import MLP, Dataset, evaluate, mlp
from nnlite.kernels import ranking
from nnlite.network import reference
from nnlite.scores import calibration, metrics
from nnlite.scores.evaluation import PredictionCounts, count_by_label, cross_entropy
from nnlite.system.threads import team


def test_scores_at_k_are_those_of_metrics(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    propensities = metrics.propensities(np.arange(23), 1_000)
    scores = evaluate(model, data, ks=(2, 23, 24), propensities=propensities)
    for k in 2, 23:
        ids, p = model.top_k(data.x, k)
        assert scores[f"P@{k}"] == metrics.precision_at_k(data.y, ids, k)
        assert scores[f"R@{k}"] == metrics.recall_at_k(data.y, ids, k)
        assert scores[f"nDCG@{k}"] == metrics.ndcg_at_k(data.y, ids, k)
        assert scores[f"PSP@{k}"] == metrics.psp_at_k(data.y, ids, k, propensities)
        assert scores[f"PSnDCG@{k}"] == metrics.psndcg_at_k(data.y, ids, k, propensities)
        assert scores[f"coverage@{k}"] == metrics.coverage_at_k(data.y, ids, k)
        assert scores[f"ECE@{k}"] == pytest.approx(
            metrics.reliability_of(p, metrics.hits(data.y, ids)).ece)
    assert "P@24" not in scores and "P@24" not in evaluate(model, data, ks=(24,))


def test_propensities_are_by_default_those_of_the_counts_and_the_number_of_rows(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    counts = np.bincount(data.y.indices, minlength=23)
    scores, want, other = (evaluate(model, data, propensities=p) for p in (
        None, metrics.propensities(counts, 61), metrics.propensities(counts, 610)))
    assert scores == want and scores["PSP@3"] != other["PSP@3"]


@pytest.mark.parametrize("n_rows", [1, 2])
def test_one_or_two_rows_have_the_propensities_of_three(n_rows, monkeypatch):
    """The definition has ln N - 1, which is negative for fewer."""
    data, model, *_ = problem(monkeypatch)
    few = data.take(np.flatnonzero(np.diff(data.y.indptr) > 1)[:n_rows])
    counts = np.bincount(few.y.indices, minlength=23)
    assert evaluate(model, few) == evaluate(model, few, propensities=metrics.propensities(counts, 3))


def test_the_f1_of_classes_is_the_mean_over_all_classes_also_those_without_a_row():
    model = MLP(3, 3, (4,), output="softmax")
    y = sp.csr_array(np.array([[1, 0, 0], [1, 0, 0]], F32))
    model.params["labels.b"][:] = 1, 0, 0
    for name in "features.W", "labels.W":
        model.params[name][:] = 0
    scores = evaluate(model, Dataset(sp.csr_array(np.ones((2, 3), F32)), y))
    assert scores["accuracy"] == 1 and scores["class_f1"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_reliability_of_all_pairs_and_of_groups(bins, monkeypatch):
    data, model, z, y = problem(monkeypatch)
    counts = np.random.default_rng(1).integers(0, 99, 23)
    monkeypatch.setattr(calibration, "BINS", bins)
    got = calibration.report(model, data, counts, ks=(2, 5))["reliability"]
    groups, p = metrics.frequency_groups(counts, 3), reference.sigmoid(z.astype(float))
    parts = {"all": groups >= 0, "head": groups == 0, "torso": groups == 1, "tail": groups == 2}
    for name, labels in parts.items():
        want = metrics.reliability_of(p[:, labels], y[:, labels], bins)
        for value, wanted in zip(got[name], want):
            np.testing.assert_allclose(value, wanted, rtol=1e-5, err_msg=name)
    for k in 2, 5:
        ids, top = model.top_k(data.x, k)
        for value, wanted in zip(got[f"top {k}"], metrics.reliability_of(top, metrics.hits(data.y, ids), bins)):
            np.testing.assert_allclose(value, wanted, rtol=1e-5, err_msg=f"top {k}")


def test_report_by_frequency(monkeypatch):
    """By default the frequencies are those of the data; k above the number of labels is left out."""
    data, model, _, y = problem(monkeypatch)
    got = calibration.report(model, data, ks=(3, 24))["frequency"]
    want = metrics.by_frequency(data.y, model.top_k(data.x, 3)[0], 3, y.sum(axis=0))
    assert list(got) == [3]
    for name in want:
        np.testing.assert_array_equal(got[3][name], want[name], err_msg=name)


def test_a_report_on_as_many_predictions_as_there_are_labels(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    got = calibration.report(model, data, ks=(3, 23, 24))
    assert list(got["frequency"]) == [3, 23] and {"top 3", "top 23"} < got["reliability"].keys()


def test_any_number_of_threads_gives_the_same_bits(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    results = []
    for threads in 1, 2, 3, 8:
        got = calibration.report(model, data, threads=threads)
        tables = [*got["reliability"].values(), *(table.values() for table in got["frequency"].values())]
        results.append(b"".join(np.asarray(column).tobytes() for table in tables for column in table))
    assert len(set(results)) == 1


def test_blocks_that_are_counted_at_the_same_time_have_counts_of_their_own(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    counts, taken = PredictionCounts(model, data, 0.5), []
    block = slice(0, 1), slice(0, 23), np.ones((1, 23), F32)

    def count(*arguments):
        taken.append(arguments[5])
        if len(taken) == 1:
            counts.add(*block)  # begins before the first one ends
        arguments[5][:] += 1

    monkeypatch.setattr(ranking, "count_predictions", count)
    counts.add(*block)
    counts.add(*block)
    first, second, third = taken
    assert not np.shares_memory(first, second)
    assert np.shares_memory(third, first) or np.shares_memory(third, second)
    assert counts.by_label()[1].tolist() == [3] * 23


def test_data_are_checked_where_they_enter(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    for function in evaluate, calibration.report:
        with pytest.raises(ValueError, match=f"{function.__name__}: the model has 23 labels, the data 22"):
            function(model, Dataset(data.x, data.y[:, :22]))
        with pytest.raises(ValueError, match=f"{function.__name__}: want at least 1 row, got none"):
            function(model, data.take(slice(0, 0)))


@compiled
@pytest.mark.parametrize("function", [evaluate, calibration.report])
def test_memory_does_not_grow_with_rows_times_labels(function):
    """20,000 rows x 2,000 labels are 160 MB of logits, of which each thread sees 2,048 x 512 at once."""
    rng = np.random.default_rng(0)
    x, y = (sp.random_array((20_000, n), density=2 / n, format="csr", dtype=F32, random_state=rng) for n in (30, 2_000))
    y.data[:] = 1
    data = Dataset(x, y)
    model = random_model(data, hidden=(8,))
    tracemalloc.start()
    function(model, data, threads=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40e6


@pytest.mark.parametrize("name, call", {
    "evaluate": lambda model, data: evaluate(model, data, threads=3),
    "cross_entropy": lambda model, data: cross_entropy(model, data, 3),
    "count_by_label": lambda model, data: count_by_label(model, data, 0.5, 3),
    "report": lambda model, data: calibration.report(model, data, threads=3),
    "best_threshold": lambda model, data: calibration.best_threshold(model, data.x, threads=3),
}.items())
def test_the_number_of_threads_arrives(name, call, monkeypatch):
    asked = []
    monkeypatch.setattr(mlp, "team", lambda threads: asked.append(threads) or team(1))
    call(untrained(4, "softmax"), rows_of(np.eye(4)))
    assert set(asked) == {3}


@pytest.mark.parametrize("threshold", [0.02, 0.5])
def test_counts_by_label_are_those_of_all_logits(threshold, monkeypatch):
    data, model, z, y = problem(monkeypatch)
    positive = reference.sigmoid(z.astype(float)) > threshold
    got = count_by_label(model, data, threshold)
    assert got.dtype == np.int64
    np.testing.assert_array_equal(got, [y.sum(axis=0), positive.sum(axis=0), (positive * y).sum(axis=0)])


def test_by_default_scores_are_at_1_3_and_5_but_not_above_the_number_of_labels():
    for n_labels, ks in (4, [1, 3]), (5, [1, 3, 5]), (6, [1, 3, 5]):
        data = rows_of(np.eye(n_labels))
        scores, report = evaluate(untrained(n_labels), data), calibration.report(untrained(n_labels), data)
        assert [name for name in scores if name.startswith("P@")] == [f"P@{k}" for k in ks]
        assert list(report["frequency"]) == ks
        assert list(report["reliability"]) == ["all", "head", "torso", "tail", *(f"top {k}" for k in ks)]
        assert {table.n.size for table in report["reliability"].values()} == {15}


@pytest.mark.parametrize("n_rows, counted", [(1, 3), (2, 3), (4, 4)])
def test_default_propensities_of_fewer_than_three_rows_are_those_of_three(n_rows, counted):
    """(ln N - 1) would be negative."""
    data, model = rows_of([[0, 1, 1]] * n_rows), untrained(3)
    model.params["labels.b"][:] = 0, 0, 1
    want = evaluate(model, data, propensities=metrics.propensities([0, n_rows, n_rows], counted))
    assert evaluate(model, data) == want and 0 < want["PSP@1"] <= 1


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_rows_without_any_label_score_zero(output):
    scores = evaluate(untrained(3, output), rows_of(np.zeros((2, 3))), ks=(1,))
    zero = ["micro_f1", "macro_f1", "record_f1", "P@1", "R@1", "nDCG@1", "PSP@1", "PSnDCG@1", "coverage@1"]
    zero += ["accuracy", "cross_entropy", "class_f1"] * (output == "softmax")
    assert [scores[name] for name in zero] == [0] * len(zero)
    assert scores["rows"] == scores["rows_without_label"] == 2 and scores["ECE@1"] > 0.3


def test_scores_without_any_k_are_the_others():
    scores = evaluate(untrained(2, "softmax"), rows_of([[1, 0], [0, 1]]), ks=())
    assert scores["accuracy"] == 0.5 and not [name for name in scores if "@" in name]
    assert list(calibration.report(untrained(2), rows_of([[1, 0]]), ks=())["reliability"]) == [
        "all", "head", "torso", "tail"]


def test_the_counts_of_the_training_rows_make_the_table_by_frequency(monkeypatch):
    data, model, *_ = problem(monkeypatch)
    counts = np.random.default_rng(1).integers(0, 99, 23)
    got = calibration.report(model, data, counts, ks=(23,))["frequency"]
    want = metrics.by_frequency(data.y, model.top_k(data.x, 23)[0], 23, counts)
    assert list(got) == [23]
    for name in want:
        np.testing.assert_array_equal(got[23][name], want[name], err_msg=name)
