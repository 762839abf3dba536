"""Claim: scores take the first and the last value of each range, and refuse what lies beyond it, among others too."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32

from nnlite import MLP, Dataset, Record, Vocabulary
from nnlite.scores import metrics
from nnlite.scores.calibration import binned
from nnlite.scores.evaluation import evaluate
from nnlite.scores.explanation import unknown_share
from nnlite.scores.checks import (
    MAX_BINS, amounts, check_counts, check_ids, check_propensities, check_square, checked_ks)

BOTH = (TypeError, ValueError)
TRUTH = sp.csr_array(np.eye(3, dtype=F32))
X, MODEL, LABELS = TRUTH, MLP(3, 3, (4,)), Dataset(TRUTH, TRUTH).arrays()[1]


@pytest.mark.parametrize("counts", [
    [], [0], [0, 2**63 - 1], np.array([3, 0], F32), np.array([2**63 - 1], np.uint64), np.array([1, 4], np.float16)])
def test_counts_are_whole_numbers_of_64_bits(counts):
    got = check_counts("c", counts)
    assert got.dtype == np.int64 and got.tolist() == np.asarray(counts).tolist()


@pytest.mark.parametrize("counts", [
    np.array([1, 2**63], np.uint64), np.array([1, 2.0**63]), [-1, 1], [1, 0.5], [1, np.nan], [1, np.inf], 3, [[1]],
    [True, False]])
def test_others_are_refused_among_counts(counts):
    with pytest.raises(BOTH, match="^c: want "):
        check_counts("c", counts)


def test_there_is_a_count_for_each_label():
    assert check_counts("c", [1, 2], 2).tolist() == [1, 2]
    for n in 1, 3:
        with pytest.raises(ValueError, match=rf"want one for each of {n} labels, got \(2,\)"):
            check_counts("c", [1, 2], n)


@pytest.mark.parametrize("values, options, shapes", [
    (([0, 2.0**63],), {}, [(2,)]), (([1, 2], 3), {}, [(2,), ()]), ((np.ones((2, 1)), [1, 2]), {}, [(2, 1), (2,)]),
    (([1], [2]), dict(shape=(1,)), [(1,), (1,)]), (([-1, 1],), dict(least=-1, most=1), [(2,)]), (([],), {}, [(0,)])])
def test_amounts_have_shapes_that_fit(values, options, shapes):
    assert [array.shape for array in amounts("a", *values, **options)] == shapes


@pytest.mark.parametrize("values, options", [
    (([0, -1e-9],), {}), (([0, 1e19],), {}), (([1, np.nan],), {}), (([1, 2], [1, 2, 3]), {}), ((1,), dict(shape=(1,))),
    (([1], [1, 2]), dict(shape=(2,))), (([1], [-2]), dict(least=-1)), ((["1"],), {})])
def test_other_amounts_are_refused(values, options):
    with pytest.raises(BOTH, match="^a: want "):
        amounts("a", *values, **options)


@pytest.mark.parametrize("dtype, want", [
    (np.int8, np.float64), (np.uint64, np.float64), (bool, np.float64), (np.float16, np.float64),
    (np.float32, np.float32), (np.float64, np.float64)])
def test_amounts_are_floats_whose_sums_do_not_overflow(dtype, want):
    assert amounts("a", np.ones(2, dtype))[0].dtype == want


@pytest.mark.parametrize("table, fits", [
    (np.zeros((0, 0)), True), ([[2**50, 0], [0, 0]], True), ([[2**50 + 1, 0], [0, 0]], False),
    ([[0, -1], [0, 0]], False),
    ([[1, 2]], False), ([[1], [2]], False), ([1], False), (np.ones((1, 1, 1)), False)])
def test_a_table_is_square(table, fits):
    if fits:
        assert check_square("t", table).tolist() == np.asarray(table).tolist()
    else:
        with pytest.raises(ValueError, match="^t: want "):
            check_square("t", table)


@pytest.mark.parametrize("ids, error", [
    ([0, 2], None), (np.array([2], np.uint8), None), ([], None), (np.zeros((0, 4)), None), ([0, 3], ValueError),
    ([-1, 2], ValueError), ([0.0], TypeError), ([True], TypeError)])
def test_ids_are_those_of_labels(ids, error):
    if error is None:
        assert check_ids("i", ids, 3) is None
    else:
        with pytest.raises(error, match="^i: want "):
            check_ids("i", ids, 3)


@pytest.mark.parametrize("wrong", [[1, 0], [1, -1], [1, np.inf], [1, np.nan]])
def test_propensities_are_above_0_and_finite(wrong):
    assert check_propensities([1, 5e-324], 2).tolist() == [1, 5e-324]
    with pytest.raises(ValueError, match=r"want 2 finite numbers above 0, got an array of shape \(2,\) with others$"):
        check_propensities(wrong, 2)
    with pytest.raises(ValueError, match=r"want 1 finite numbers above 0, got an array of shape \(2,\)$"):
        check_propensities(wrong, 1)


def test_a_k_up_to_the_number_of_labels_counts():
    assert checked_ks("s", (1, 3, 4, 2), 3) == [1, 3, 2] and checked_ks("s", (), 3) == []
    with pytest.raises(ValueError, match="^s: ks: want an integer from 1 "):
        checked_ks("s", (1, 0), 3)


@pytest.mark.parametrize("call, fits, refused", [
    (lambda a: metrics.propensities([1], 9, a), [0, 99.99], [-1e-9, 100]),
    (lambda b: metrics.propensities([1], 9, 1, b), [1e-3, 999.9], [0.0009, 1000]),
    (lambda n: metrics.propensities([1], n), [np.e, 1e300], [2.718, np.inf, np.nan]),
    (lambda parts: metrics.frequency_groups([1], parts), [1, MAX_BINS], [0, MAX_BINS + 1]),
    (lambda bins: metrics.bin_of([1], bins), [1, MAX_BINS], [0, MAX_BINS + 1]),
    (lambda p: metrics.bin_of([0.5, p], 3), [0, 1, np.nan], [-1e-9, 1 + 1e-9]),
    (lambda p: metrics.reliability_of([0.5, p], [0, 1]), [0, 1], [-1e-9, 1 + 1e-9, np.nan]),
    (lambda true: metrics.reliability_of([0.5, 0.5], [0, true]), [0, 1, True], [0.5, -1, 2]),
    (lambda n: metrics.wilson([1, 1], [1, n]), [1, 2], [0, 0.5]),
    (lambda n: metrics.wilson([0, n], [3, 3]), [0, 3], [-1, 3.1]),
    (lambda p: metrics.bce_of_frequencies(TRUTH, [0.5, 0.5, p]), [0, 1], [-1e-9, 1 + 1e-9, np.nan]),
    (lambda n: metrics.bce_of_frequencies(TRUTH, np.full(n, 0.5)), [3], [2, 4]),
    (lambda n: metrics.record_f1(TRUTH, np.ones(n), np.ones(n)), [3], [1, 4]),
    (lambda n: metrics.record_f1(TRUTH, [0, 0, n], [0, 0, 0]), [0], [-1]),
    (lambda n: metrics.f1([1, n], [1, 1], [1, 1]), [0], [-1, np.nan]),
    (lambda n: metrics.reliability([1, 1], [1] * n, [1, 1]), [2], [3]),
    (lambda n: metrics.reliability([1, n], [1, 1], [1, 1]), [0], [-1]),
    (lambda n: metrics.by_frequency(TRUTH, [[0]] * 3, 1, [1] * n), [3], [2, 4]),
    (lambda n: metrics.confusion(TRUTH, [0] * n), [3], [2, 4]),
    (lambda label: metrics.confusion(TRUTH, [0, label, 0]), [0, 2], [-1, 3]),
    (lambda label: metrics.hits(TRUTH, [[0], [label], [0]]), [0, 2], [-1, 3]),
    (lambda n: metrics.hits(TRUTH, [[0]] * n), [3], [2, 4]),
    (lambda k: metrics.precision_at_k(TRUTH, [[0, 1, 1]] * 3, k), [1, 2], [0, 3, 4]),
    (lambda z: metrics.sigmoid([0, z]), [-np.inf, np.inf], [np.nan]),
    (lambda n: binned(MODEL, X, LABELS, np.zeros(3, int), n, 5), [1, MAX_BINS], [0, MAX_BINS + 1]),
    (lambda n: binned(MODEL, X, LABELS, np.zeros(3, int), 1, n), [1, MAX_BINS], [0, MAX_BINS + 1]),
    (lambda group: binned(MODEL, X, LABELS, [0, 1, group], 2, 5), [0, 1], [-1, 2]),
    (lambda n: binned(MODEL, X, LABELS, [0] * n, 2, 5), [3], [2, 4]),
    (lambda n: binned(MODEL, X[:n], LABELS, [0] * 3, 2, 5), [3], [2]),
])
def test_the_ends_of_a_range_belong_to_it(call, fits, refused):
    for value in fits:
        call(value)
    for value in refused:
        with pytest.raises(ValueError, match="want "):
            call(value)


@pytest.mark.parametrize("bins", [1, 2, 4, 8])
def test_a_bin_has_its_upper_end_but_not_its_lower_one(bins):
    ends = np.arange(1, bins + 1) / bins
    assert metrics.bin_of(ends, bins).tolist() == [*range(bins)]
    assert metrics.bin_of(np.nextafter(ends[:-1], 1), bins).tolist() == [*range(1, bins)]
    assert metrics.bin_of([0, np.nan, 1e-300], bins).tolist() == [0, 0, 0]


def test_a_truth_without_rows_or_labels_has_no_frequencies():
    for truth, p in (sp.csr_array((0, 2), dtype=F32), [0.5, 0.5]), (sp.csr_array((2, 0), dtype=F32), []):
        with pytest.raises(ValueError, match="want at least 1 row, 1 label and a frequency from 0 to 1 for each"):
            metrics.bce_of_frequencies(truth, p)


def test_no_rows_fill_no_bins():
    for table, dtype in zip(binned(MODEL, X[:0], LABELS.rows(slice(0, 0)), [1, 0, 1], 2, 5), (int, float, int)):
        assert table.shape == (2, 5) and table.dtype == dtype and not table.any()


def test_numbers_that_are_0_divided_by_0_are_0():
    table = metrics.by_class([[2, 0, 0], [1, 0, 0], [0, 0, 0]])
    assert {name: column.tolist() for name, column in table.items()} == {
        "rows": [2, 1, 0], "precision": [2 / 3, 0, 0], "recall": [1, 0, 0], "F1": [0.8, 0, 0]}


def test_one_row_of_one_label_counts_whole():
    """Where a sum may be 0 it is divided by at least 1, which must not be more."""
    one = sp.csr_array(np.array([[0, 1, 0]], F32))
    data, model = Dataset(one, one), MLP(3, 3, (4,), output="softmax")
    model.params["labels.W"][:] = 0
    model.params["labels.b"][:] = 0, np.log(2), 0
    scores = evaluate(model, data, ks=(1,), propensities=np.ones(3))
    for name in "P@1", "R@1", "nDCG@1", "PSP@1", "PSnDCG@1", "coverage@1", "accuracy":
        assert scores[name] == 1, name
    assert scores["cross_entropy"] == pytest.approx(np.log(2)) and scores["ECE@1"] == pytest.approx(0.5)
    assert scores["class_f1"] == pytest.approx(1 / 3) and metrics.f1(1, 1, 1) == metrics.record_f1(one, [1], [1]) == 1
    table = metrics.by_class(metrics.confusion(one, [1]))
    assert [column.tolist() for column in table.values()] == [[0, 1, 0]] * 4
    columns = metrics.by_frequency(one, [[1]], 1, [0, 1, 0], parts=2)
    assert {name: column[0] for name, column in columns.items()} == {
        "labels": 1, "mean_count": 1, "P@1": 1, "R@1": 1, "recall": 1}
    assert metrics.reliability_of([0.75], [1]).ece == 0.25
    assert unknown_share(Vocabulary.build([Record("a", ("x",))], min_count=1), ["b"]) == 1
