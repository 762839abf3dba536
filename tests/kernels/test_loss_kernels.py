"""Claim: losses and their gradients are those of their twins, never negative, and no NaN is lost."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from kernel_inputs import EXTREME, matrices, work
from problems import F32, F64, assert_close, random_csr

import twins
from nnlite.kernels import dense, sparse
from nnlite.network import reference


def bce(z, y, first_column=0, scale=1.0, b=None):
    """(loss, db) of the kernel, which replaces z by dz; y: a csr matrix."""
    db = np.full(len(z), np.nan, F32)
    b = np.zeros(len(z), F32) if b is None else b
    return dense.bce_with_logits(z, b, y.indptr, y.indices, first_column, F32(scale), db, work(z)), db


def softmax(z, y, b=None):
    """(loss, db) of the kernel, which replaces z (L, N) by dz; y (N, L): a csr matrix."""
    db, ones = np.full(len(z), np.nan, F32), y.T.tocsr()
    b = np.zeros(len(z), F32) if b is None else b
    return dense.softmax_ce(z, b, ones.indptr.astype(np.int64), ones.indices, F32(0.5), db, work(z)), db


def of_zeros(n_rows, n_columns):
    return sp.csr_array((n_rows, n_columns), dtype=F32)


@pytest.mark.parametrize("first_label, n_labels", [(0, 170), (0, 65), (65, 65), (130, 40), (169, 1), (0, 128)])
def test_ones_of_tile(first_label, n_labels):
    y = random_csr(np.random.default_rng(0), 9, 170, 0.1, ones=True)
    for rows in slice(0, 9), slice(2, 5), slice(3, 3):
        indptr, found = np.full(n_labels + 1, -1), np.full(y.nnz, -1, np.int32)
        sparse.ones_of_tile(y.indptr[rows.start:rows.stop + 1], y.indices, first_label, indptr, found)
        want = y.toarray()[rows, first_label:first_label + n_labels].T
        got = sp.csr_array((np.ones(indptr[-1]), found[:indptr[-1]], indptr), want.shape)
        np.testing.assert_array_equal(got.toarray(), want)
        assert got.has_sorted_indices


@pytest.mark.parametrize("first_column, n_columns", [(0, 170), (0, 65), (65, 65), (130, 40), (169, 1), (0, 128)])
@pytest.mark.parametrize("n_rows", [6, 67])
@pytest.mark.parametrize("size", [1.0, 10.0, 60.0])
def test_bce_with_logits(first_column, n_columns, n_rows, size):
    rng = np.random.default_rng(0)
    y = random_csr(rng, n_rows, 170, 0.1, ones=True)
    z, b = (size * rng.standard_normal((n_rows, n_columns))).astype(F32), rng.standard_normal(n_rows).astype(F32)
    true = y.toarray()[:, first_column:first_column + n_columns]
    want_loss, want_dz = reference.bce_with_logits((z + b[:, None]).astype(F64), true)
    loss, db = bce(z, y, first_column, 0.5, b)
    assert loss == pytest.approx(want_loss, rel=1e-6)  # one rounding per logit, of either sign
    assert_close(z, 0.5 * want_dz, largest=1e-6)
    assert_close(db, 0.5 * want_dz.sum(axis=1), largest=1e-6)


def test_weigh():
    rng = np.random.default_rng(0)
    y, dz = random_csr(rng, 6, 170, 0.1, ones=True), rng.standard_normal((170, 6)).astype(F32)
    rows, labels = rng.uniform(0, 2, 6).astype(F32), rng.uniform(0, 2, 170).astype(F32)
    want = reference.weigh(dz.T.astype(F64), y.toarray(), rows, labels)
    db, ones = np.full(170, np.nan, F32), y.T.tocsr()
    dense.weigh(dz, ones.indptr.astype(np.int64), ones.indices, rows, labels, db)
    assert_close(dz.T, want, largest=1e-6)
    assert_close(db, want.sum(axis=0), largest=1e-6)


@given(dz=matrices(), bound=st.sampled_from([0, 1e-3, 1, 50]))
def test_busy_rows(dz, bound):
    rows = np.full(len(dz), -1, np.int32)
    n = dense.busy_rows(dz, F32(bound), rows)
    np.testing.assert_array_equal(rows[:n], twins.busy_rows(dz, F32(bound)))


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_busy(bad):
    for column in range(40):
        dz, rows = np.zeros((3, 40), F32), np.zeros(3, np.int32)
        dz[1, column] = bad
        assert dense.busy_rows(dz, F32(3e38), rows) == 1 and rows[0] == 1


def test_bce_is_exact_far_from_zero():
    """No clipping and no infinity: a label that is wrong by a logit of 200 costs 200."""
    z = np.array([[-200, 0, 200], [-200, 0, 200]], F32)
    loss, _ = bce(z, sp.csr_array(np.array([[0, 0, 0], [1, 1, 1]], F32)))
    assert loss == pytest.approx(400 + 2 * np.log(2), rel=1e-7)
    np.testing.assert_allclose(z, [[0, 0.5, 1], [-1, -0.5, 0]], atol=1e-13)


@pytest.mark.parametrize("n_rows", [1, 2, 65])
@pytest.mark.parametrize("z", [-25, -20, -12, -5])
def test_the_loss_of_long_learnt_labels_adds_up(n_rows, z):
    """e^-20 is lost beside a float32 one, but not all of a million of them are; below e^-25 a float64 one has too few
    digits for more than five of theirs."""
    loss, _ = bce(np.full((n_rows, 50), z, F32), of_zeros(n_rows, 50))
    assert loss == pytest.approx(n_rows * 50 * np.log1p(np.exp(z)), rel=1e-5)


def test_a_nan_is_not_lost():
    z = np.array([[1, np.nan, 2]], F32)
    h = z.copy()
    with np.errstate(invalid="ignore"):
        loss, _ = bce(z, of_zeros(1, 3))
        dense.sigmoid(h)
    assert np.isnan(loss) and np.isnan(z[0, 1]) and np.isnan(h[0, 1])  # and it may spread to the other of a pair


@pytest.mark.parametrize("n_rows", [1, 2, 63, 64, 131])
@pytest.mark.parametrize("z", [0.3, 3.3, 12.7, 16.1, 24.9, 200.0])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_the_loss_of_learnt_labels_is_exact_and_never_negative(n_rows, z, share):
    """True labels of large logits cost next to nothing: float32 sums of these logits must cancel without a rest."""
    rng = np.random.default_rng(n_rows)
    true = rng.random((n_rows, 37)) < share
    y = sp.csr_array(true.astype(F32))
    size = (z * rng.uniform(0.9, 1.1, true.shape)).astype(F32)
    logits = np.where(true, size, -size).astype(F32)
    want, _ = reference.bce_with_logits(logits.astype(F64), true)
    loss, _ = bce(logits, y)
    assert loss == pytest.approx(want, rel=2e-6, abs=n_rows * 37 * 2e-13)  # an e^-|z| is not below e^-30


@given(z=matrices(), seed=st.integers(0, 99), far=st.sampled_from([1, 10, 100]))
def test_no_loss_is_negative(z, seed, far):
    y = random_csr(np.random.default_rng(seed), z.shape[0], z.shape[1], 0.5, ones=True)
    z = (far * np.where(y.toarray() > 0, abs(z), -abs(z)) + z / 10).astype(F32)
    assert bce(z.copy(), y)[0] >= 0
    one = sp.csr_array(y.toarray() * (np.arange(z.shape[1]) == y.toarray().argmax(axis=1)[:, None]))
    assert softmax(z.T.copy(), one)[0] >= 0


@pytest.mark.filterwarnings("ignore:invalid value")  # interpreted: infinity less infinity
def test_infinite_logits_keep_their_loss():
    for true, want in (0, np.inf), (1, np.nan):
        loss, _ = bce(np.array([[np.inf, 1]], F32), sp.csr_array(np.array([[true, 0]], F32)))
        assert loss == want or np.isnan(loss) and np.isnan(want)


def test_gradients_are_never_subnormal():
    """Of a label that is long learnt, averaged over a large batch: matrix products with subnormal numbers crawl."""
    z = np.array([EXTREME])
    bce(z, of_zeros(*z.shape), scale=1e-9)
    assert (abs(z) > np.finfo(F32).tiny).all()


@pytest.mark.parametrize("n_rows, n_labels", [(3, 500), (130, 64), (131, 70)])
def test_bce_of_an_untrained_network(n_rows, n_labels):
    """Logits of zero give the largest product of (1 + e) there is, 2 per label and row: it must not overflow."""
    z = np.zeros((n_rows, n_labels), F32)
    loss, _ = bce(z, of_zeros(*z.shape))
    assert loss == pytest.approx(n_rows * n_labels * np.log(2), rel=1e-6)
    np.testing.assert_array_equal(z, 0.5)


@given(z=matrices(), seed=st.integers(0, 99))
def test_bce_of_any_small_matrix(z, seed):
    y = random_csr(np.random.default_rng(seed), z.shape[0], z.shape[1], 0.4, ones=True)
    want_loss, want_dz = reference.bce_with_logits(z.astype(F64), y.toarray())
    loss, db = bce(z, y)
    assert loss == pytest.approx(want_loss, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(z, want_dz, rtol=0, atol=1e-6)
    np.testing.assert_allclose(db, want_dz.sum(axis=1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_labels", [1, 2, 17, 64, 170])
@pytest.mark.parametrize("size", [1.0, 10.0, 1e4])
def test_softmax_ce(n_labels, size):
    """Rows 0 and 1 have no label; row 2 has the extreme values as far as they are apart by less than infinity."""
    rng = np.random.default_rng(0)
    z, b = (size * rng.standard_normal((9, n_labels))).astype(F32), rng.standard_normal(n_labels).astype(F32)
    z[2], b[:1] = np.resize(EXTREME[:-2], n_labels), 0
    y = np.eye(n_labels, dtype=F32)[rng.integers(0, n_labels, 9)]
    y[:2] = 0
    want_loss, want_dz = reference.softmax_ce((z + b).astype(F64), y)
    p = reference.softmax((z + b).astype(F64))
    zt = z.T.copy()
    loss, db = softmax(zt, sp.csr_array(y), b)
    z = zt.T
    assert loss == pytest.approx(want_loss, rel=1e-6, abs=1e-5)
    assert_close(z, 0.5 * want_dz, largest=1e-6)
    assert_close(db, 0.5 * want_dz.sum(axis=0), largest=1e-6)
    assert not z[:2].any()
    false = y[2:] == 0
    np.testing.assert_allclose(2 * z[2:][false], p[2:][false], rtol=1e-6, atol=1e-13)


def test_softmax_ce_is_exact_far_from_zero():
    """No clipping and no infinity: a class that is wrong by a logit of 1000 costs 1000."""
    z = np.array([[-500, 3e38, -1e38], [500, -3e4, -1e38]], F32)
    loss, _ = softmax(z, sp.csr_array(np.array([[1, 0]] * 3, F32)))
    assert loss == pytest.approx(1000 + np.log(2), rel=1e-7)
    np.testing.assert_allclose(2 * z, [[-1, 0, -0.5], [1, 0, 0.5]], atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf])
@pytest.mark.parametrize("place", range(3))
def test_softmax_ce_does_not_lose_a_nan(bad, place):
    z = np.array([[1], [-2], [3]], F32)
    z[place] = bad
    with np.errstate(invalid="ignore"):
        loss, _ = softmax(z, sp.csr_array(np.array([[1, 0, 0]], F32)))
    assert not np.isfinite(loss) and np.isnan(z).any()


@given(z=matrices(), seed=st.integers(0, 99))
def test_softmax_ce_of_any_small_matrix(z, seed):
    labels = np.random.default_rng(seed).integers(0, z.shape[1], z.shape[0]).astype(np.int32)
    want_loss, want_dz = reference.softmax_ce(z.astype(F64), np.eye(z.shape[1])[labels])
    dz = z.T.copy()
    loss, db = softmax(dz, sp.csr_array(np.eye(z.shape[1], dtype=F32)[labels]))
    assert loss == pytest.approx(want_loss, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(2 * dz.T, want_dz, rtol=0, atol=1e-6)
    np.testing.assert_allclose(2 * db, want_dz.sum(axis=0), rtol=0, atol=1e-5)


def test_an_entry_of_just_the_bound_is_not_busy():
    dz, rows = np.array([[1, 0], [-1, 0], [1.5, -1], [-1.5, 1], [0, 0]], F32), np.zeros(5, np.int32)
    n = dense.busy_rows(dz, F32(1), rows)
    assert rows[:n].tolist() == [2, 3]
