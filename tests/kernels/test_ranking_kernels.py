"""Claim: predictions are counted and ranked as by their twins, in float32, for extreme values too."""

import numpy as np
import pytest
import scipy.sparse as sp
from kernel_inputs import EXTREME
from problems import F32, F64, random_csr

import twins
from nnlite.kernels import ranking, top_k
from nnlite.scores import metrics


def logits_and_truth(first_label, n_labels, seed=0):
    """z, every extreme value among them, and the csr truth of 17 labels and its dense part for the tile."""
    rng = np.random.default_rng(seed)
    y, z = random_csr(rng, 23, 17, 0.4, ones=True), (4 * rng.standard_normal((23, n_labels))).astype(F32)
    z[:EXTREME.size, 0] = EXTREME
    return z, y, y.toarray()[:, first_label:first_label + n_labels]


def sparse_of(table):
    """The arrays of a csr matrix as the kernels take them."""
    matrix = sp.csr_array(table.astype(F32))
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data


TILES = pytest.mark.parametrize("first_label, n_labels", [(0, 17), (5, 12), (16, 1)])


@TILES
def test_count_predictions(first_label, n_labels):
    z, y, true = logits_and_truth(first_label, n_labels)
    thresholds = np.resize(np.array([0, -1, 2.5, np.inf, -np.inf], F32), n_labels)
    got = [np.full(n, 100, np.int32) for n in (n_labels, n_labels, len(z), len(z))]
    ranking.count_predictions(z, thresholds, y.indptr, y.indices, first_label, *got)
    for counts, want in zip(got, twins.count_predictions(z, true, thresholds), strict=True):
        np.testing.assert_array_equal(counts, 100 + want)


@TILES
@pytest.mark.parametrize("bins", [1, 10, 15])
def test_calibration_bins(first_label, n_labels, bins):
    z, y, true = logits_and_truth(first_label, n_labels)
    groups = np.arange(n_labels, dtype=np.int32) % 3
    got = [np.full((3, bins), 100, dtype) for dtype in (np.int64, F64, np.int64)]
    want = twins.calibration_bins(z.astype(F64), true, groups, 3, bins)
    ranking.calibration_bins(z, groups, y.indptr, y.indices, first_label, *got)
    for table, wanted in zip(got, want, strict=True):
        np.testing.assert_allclose(table, 100 + wanted, rtol=1e-6)
    assert (0 <= z).all() and (z <= 1).all()


def test_probability_and_equal_bin():
    for z in np.concatenate([EXTREME, np.linspace(-20, 20, 99).astype(F32)]):
        assert ranking.probability(z) == pytest.approx(twins.probability(F64(z)), rel=5e-7, abs=1e-13)
    for p, bins in [(0, 4), (1e-9, 4), (0.25, 4), (0.25001, 4), (0.5, 4), (0.75, 4), (0.9999999, 4), (1, 4), (1, 15)]:
        assert ranking.equal_bin(F32(p), F32(bins)) == metrics.bin_of(np.array(p), bins)
    ps = np.array([0, 0.25, 0.3, 1, np.nan], F32)
    assert [ranking.equal_bin(p, F32(4)) for p in ps] == metrics.bin_of(ps, 4).tolist() == [0, 0, 1, 3, 0]


@pytest.mark.parametrize("tiles", [[17], [5, 12], [1, 15, 1]])
@pytest.mark.parametrize("k", [1, 3, 17])
def test_merge_top_k(tiles, k):
    rng = np.random.default_rng(0)
    z = rng.integers(-3, 4, (6, 17)).astype(F32)  # many ties
    ids, best = np.zeros((6, k), np.int32), np.full((6, k), -np.inf, F32)
    start = 0
    for width in tiles:
        top_k.merge_top_k(z[:, start:start + width].copy(), start, ids, best)
        start += width
    want_ids, want = twins.merge_top_k(z, k)
    np.testing.assert_array_equal(ids, want_ids)
    np.testing.assert_array_equal(best, want)


def test_merge_top_k_numbers_labels_from_the_first_of_the_tile():
    ids, best = np.zeros((1, 2), np.int32), np.full((1, 2), -np.inf, F32)
    top_k.merge_top_k(np.array([[6, 2, 3]], F32), 10, ids, best)
    assert ids.tolist() == [[10, 12]] and best.tolist() == [[6, 3]]


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_a_nan_or_minus_infinity_is_not_among_the_likeliest(bad):
    ids, best = np.full((1, 3), 9, np.int32), np.full((1, 3), -np.inf, F32)
    top_k.merge_top_k(np.array([[1, 2, bad]], F32), 0, ids, best)
    assert ids.tolist() == [[1, 0, 9]] and best.tolist() == [[2, 1, -np.inf]]


def test_a_nan_is_not_above_a_threshold():
    counts = [np.zeros(n, np.int32) for n in (2, 2, 1, 1)]
    y = np.array([0, 2]), np.arange(2, dtype=np.int32)
    ranking.count_predictions(np.array([[np.nan, 1]], F32), np.zeros(2, F32), *y, 0, *counts)
    assert [part.tolist() for part in counts] == [[0, 1], [0, 1], [1], [1]]


@pytest.mark.parametrize("smoothing", [0.5, 20.0])
def test_associate(smoothing):
    rng = np.random.default_rng(3)
    y = random_csr(rng, 41, 9, 0.3, ones=True)
    y.indices, y.indptr = y.indices.astype(np.int32), y.indptr.astype(np.int64)
    dense = y.toarray()
    row, own = (part.astype(kind) for part, kind in zip(np.nonzero(dense), (np.int64, np.int32)))
    dealt = rng.integers(9, size=row.size, dtype=np.int32)
    counts, both = dense.sum(axis=0).astype(np.int64), sparse_of(dense.T @ dense)
    none = np.full(row.size, -1, np.int32)
    for labels, instead in (own, own), (dealt, own), (dealt, none):
        here = (labels == own) | (dense[row, labels] == 0)  # a label stands in its place, or the row does not have it
        got = np.full((here.sum(), 2), np.nan, F32)
        ranking.associate(row[here], labels[here], instead[here] if instead is not none else none[here],
                          y.indptr, y.indices, *both, counts, len(dense), smoothing, got)
        want = twins.associate(row[here], labels[here], instead[here], dense, smoothing)
        np.testing.assert_allclose(got, want, atol=1e-5)  # float32 logarithms of at most 5
