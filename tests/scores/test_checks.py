"""Claim: no k, bin, group, id or count reaches a kernel or a score unless it is a whole number in its range."""

import children
import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32, random_csr, random_dataset, random_model

from nnlite import check_gradients, evaluate, linear_bce
from nnlite.training.gradients import gradients
from nnlite.scores import calibration, metrics
from nnlite.scores.evaluation import count_by_label, cross_entropy

HUGE = 10**400
NO_KS = [0, -1, 2.0, True, 2**63, HUGE, "1", None, np.float32(1), np.True_]
NO_BINS = [0, -1, 2.5, True, 10**9, HUGE, None]
NO_COUNTS = [[1, 2], [-1] * 23, [np.nan] * 23, [0.5] * 23, [np.inf] * 23, [2**63] * 23, [True] * 23, ["1"] * 23,
             [[1] * 23], 3]


def wrong_calls():
    """What must be refused, by name."""
    data = random_dataset()
    model, ids = random_model(data, (4,)), np.zeros((61, 3), int)
    softmax, narrow = random_model(data, (4,)), data.take(slice(0, 5))
    per_k = [metrics.precision_at_k, metrics.recall_at_k, metrics.ndcg_at_k, metrics.coverage_at_k]
    weighted = [metrics.psp_at_k, metrics.psndcg_at_k]
    for k in NO_KS:
        yield f"evaluate {k!s:.9}", evaluate, model, data, [1, k]
        yield f"report {k!s:.9}", calibration.report, model, data, None, [k]
        yield f"top_k {k!s:.9}", model.top_k, data.x, k
        for score in per_k:
            yield f"{score.__name__} {k!s:.9}", score, data.y, ids, k
        for score in weighted:
            yield f"{score.__name__} {k!s:.9}", score, data.y, ids, k, np.ones(23)
    yield "evaluate 3", evaluate, model, data, 3
    yield "k above the columns", metrics.precision_at_k, data.y, ids, 4
    for bins in NO_BINS:
        yield f"binned {bins!s:.9}", calibration.binned, model, data.x, data.arrays()[1], np.zeros(23, int), 1, bins
        yield f"reliability bins {bins!s:.9}", metrics.reliability_of, np.ones(2), np.ones(2), bins
        yield f"groups {bins!s:.9}", metrics.frequency_groups, [1, 2], bins
        yield f"by_frequency {bins!s:.9}", metrics.by_frequency, data.y, ids, 1, np.ones(23, int), bins
    for counts in NO_COUNTS:
        yield f"report counts {counts!s:.9}", calibration.report, model, data, np.array(counts)
        yield f"by_frequency counts {counts!s:.9}", metrics.by_frequency, data.y, ids, 1, np.array(counts)
    for wrong in ids - 1, ids + 23, ids + 0.0, ids == 0, ids[:5], ids[0], ids + 2**40:
        yield f"hits {wrong.flat[0]} {wrong.shape}", metrics.hits, data.y, wrong
    for wrong in ids[:, 0] - 1, ids[:, 0] + 23, ids[:, 0] + 0.5, ids[:5, 0], ids:
        yield f"confusion {wrong.flat[0]} {wrong.shape}", metrics.confusion, data.y, wrong
    for wrong in np.zeros(23), -np.ones(23), np.ones(22), np.full(23, np.nan), np.full(23, np.inf), 1.0:
        yield f"propensities {wrong}", evaluate, model, data, (1,), wrong
        yield f"psp {wrong}", metrics.psp_at_k, data.y, ids, 1, wrong
    for n_rows in 0, 2, np.nan, np.inf, -5:
        yield f"propensities of {n_rows} rows", metrics.propensities, [1, 2], n_rows
    yield "propensities of negative counts", metrics.propensities, [1, -2], 9
    for wrong in np.nan, 1.5, -0.1, "0.5", True, [0.5] * 22, [np.nan] * 23, 1j:
        yield f"thresholds {wrong}", evaluate, model, data, (1,), None, wrong
        yield f"above {wrong}", model.above, data.x, wrong
        yield f"count_by_label {wrong}", count_by_label, model, data, wrong
    for groups, n in (np.full(23, 3, np.int32), 3), (np.full(23, -1), 3), (np.zeros(22, int), 3), (np.zeros(23), 3):
        yield f"groups {groups[0]}", calibration.binned, model, data.x, data.arrays()[1], groups, n, 5, 1
    zeros = np.zeros(23, np.int32)
    yield "fewer rows of y", calibration.binned, model, data.x, narrow.arrays()[1], zeros, 1, 5, 1
    for p, true in ([2.0], [1]), ([-1], [1]), ([np.inf], [1]), ([0.5], [2]), ([0.5], [1, 0]), ([0.5], [np.nan]):
        yield f"reliability {p} {true}", metrics.reliability_of, np.array(p), np.array(true)
    for frequencies in np.ones(22), np.full(23, 1.5), np.full(23, np.nan), 0.5:
        yield f"frequencies {frequencies}", metrics.bce_of_frequencies, data.y, frequencies
    yield "frequencies of no label", metrics.bce_of_frequencies, sp.csr_array((6, 0)), np.zeros(0)
    fewer = random_dataset(n_labels=9)
    for function in gradients, check_gradients, evaluate, cross_entropy, calibration.report:
        yield f"{function.__name__} of other labels", function, model, fewer
        yield f"{function.__name__} without rows", function, model, data.take(slice(0, 0))
    yield "several labels in a row", cross_entropy, softmax, data
    yield "reduction", gradients, model, data, "avg"
    yield from wrong_products()


def wrong_products():
    """Arguments of `linear_bce`."""
    y = random_csr(np.random.default_rng(0), 3, 5, 0.5, ones=True)
    good = dict(h=np.zeros((3, 4), F32), w=np.zeros((5, 4), F32), b=np.zeros(5, F32), y=y)
    for name in "h", "w", "b":
        for wrong in (good[name].astype(float), good[name][:2], good[name][None], np.zeros(0, F32), good[name].tolist(),
                      good[name].astype(">f4"), None, np.repeat(good[name], 2, axis=0)[::2]):
            yield f"linear_bce {name} {np.shape(wrong)}", lambda **kw: linear_bce(**kw), good | {name: wrong}
    for tile in 0, -1, 2.0, True, HUGE, "5":
        yield f"linear_bce tile {tile!s:.9}", lambda **kw: linear_bce(**kw), good | {"tile": tile}
    for shape in (0, 5), (3, 0):
        h, w = np.zeros((shape[0], 4), F32), np.zeros((shape[1], 4), F32)
        yield f"linear_bce of {shape}", linear_bce, h, w, np.zeros(shape[1], F32), y[:shape[0], :shape[1]]
    yield "linear_bce without units", linear_bce, np.zeros((3, 0), F32), np.zeros((5, 0), F32), good["b"], y


def accept_wrong_calls():
    """Print which wrong call is not refused, or not clearly."""
    for name, function, *args in wrong_calls():
        try:
            if args and isinstance(args[0], dict):
                function(**args[0])
            else:
                function(*args)
            print(name, "was accepted")
        except (TypeError, ValueError) as error:
            if "want" not in str(error) and "the model has" not in str(error):
                print(f"{name}: {error}")


def test_wrong_arguments_are_refused():
    assert children.call("test_checks", "accept_wrong_calls") == ""


@pytest.mark.parametrize("k", [np.int8(3), np.int64(3), np.uint64(3), 3])
def test_integers_of_numpy_are_integers(k):
    data = random_dataset()
    model = random_model(data, (4,))
    assert evaluate(model, data, ks=[k]) == evaluate(model, data, ks=(3,))
    assert model.top_k(data.x, k)[0].shape == (61, 3)
    assert "top 3" in calibration.report(model, data, ks=np.array([k]))["reliability"]


@pytest.mark.parametrize("tile", [1, np.int32(4), 2**63 - 1])
def test_any_tile_from_1_on_gives_the_same_loss(tile):
    h, w, b = np.ones((3, 4), F32), np.ones((5, 4), F32), np.zeros(5, F32)
    y = random_csr(np.random.default_rng(0), 3, 5, 0.5, ones=True)
    assert linear_bce(h, w, b, y, tile=tile)[0] == pytest.approx(linear_bce(h, w, b, y)[0])


@pytest.mark.parametrize("most", [2**61, 2**62, 2**63 - 1])
def test_groups_of_counts_whose_sum_overflows_are_those_of_smaller_counts_in_proportion(most):
    shares = np.array([1, 8, 2, 4, 0, 1])
    want = metrics.frequency_groups(shares, 3)
    assert metrics.frequency_groups(shares * (most // 8), 3).tolist() == want.tolist()
    assert metrics.frequency_groups((shares * (most // 8)).astype(np.uint64), 3).tolist() == want.tolist()
    groups = metrics.frequency_groups(np.full(1000, most), 10)
    assert np.bincount(groups).tolist() == [100] * 10 and groups.tolist() == sorted(groups)


def test_label_counts_near_the_largest_integer_are_reported():
    data = random_dataset()
    got = calibration.report(random_model(data, (4,)), data, np.full(23, 2**63 - 1))
    assert sum(got["frequency"][1]["labels"]) == 23 and (got["frequency"][1]["mean_count"] >= 0).all()
