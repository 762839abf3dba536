"""Claim: losses and their gradients are those of their twins, never negative, and no NaN is lost."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from kernel_inputs import EXTREME, matrices, work
from problems import F32, F64, assert_close, random_csr

import twins
from nnlite.kernels import dense
from nnlite.network import reference


@pytest.mark.parametrize("first_label, n_labels", [(0, 170), (0, 65), (65, 65), (130, 40), (169, 1), (0, 128)])
@pytest.mark.parametrize("size", [1.0, 10.0, 60.0])
def test_bce_with_logits(first_label, n_labels, size):
    rng = np.random.default_rng(0)
    y = random_csr(rng, 6, 170, 0.1, ones=True)
    z, b = (size * rng.standard_normal((6, n_labels))).astype(F32), rng.standard_normal(n_labels).astype(F32)
    true = y.toarray()[:, first_label:first_label + n_labels]
    want_loss, want_dz = reference.bce_with_logits((z + b).astype(F64), true)
    db = np.full(n_labels, np.nan, F32)
    loss = dense.bce_with_logits(z, b, y.indptr, y.indices, first_label, F32(0.5), db, work(db))
    assert loss == pytest.approx(want_loss, rel=1e-6)  # one rounding per logit, of either sign
    assert_close(z, 0.5 * want_dz, largest=1e-6)
    assert_close(db, 0.5 * want_dz.sum(axis=0), largest=1e-6)


@pytest.mark.parametrize("first_label, n_labels", [(0, 170), (65, 65), (169, 1)])
def test_weigh(first_label, n_labels):
    rng = np.random.default_rng(0)
    y, dz = random_csr(rng, 6, 170, 0.1, ones=True), rng.standard_normal((6, n_labels)).astype(F32)
    rows, labels = rng.uniform(0, 2, 6).astype(F32), rng.uniform(0, 2, n_labels).astype(F32)
    want = reference.weigh(dz.astype(F64), y.toarray()[:, first_label:first_label + n_labels], rows, labels)
    db = np.full(n_labels, np.nan, F32)
    dense.weigh(dz, y.indptr, y.indices, first_label, rows, labels, db)
    assert_close(dz, want, largest=1e-6)
    assert_close(db, want.sum(axis=0), largest=1e-6)


@given(dz=matrices(), bound=st.sampled_from([0, 1e-3, 1, 50]))
def test_busy_columns(dz, bound):
    columns = np.full(dz.shape[1], -1, np.int32)
    n = dense.busy_columns(dz, F32(bound), work(dz[0])[0], columns)
    np.testing.assert_array_equal(columns[:n], twins.busy_columns(dz, F32(bound)))


def test_a_nan_is_busy():
    for row in range(3):
        dz, columns = np.zeros((3, 40), F32), np.zeros(40, np.int32)
        dz[row, 21] = np.nan
        assert dense.busy_columns(dz, F32(1), work(dz[0])[0], columns) == 1 and columns[0] == 21


def test_bce_is_exact_far_from_zero():
    """No clipping and no infinity: a label that is wrong by a logit of 200 costs 200."""
    z, b, db = np.array([[-200, 0, 200], [-200, 0, 200]], F32), np.zeros(3, F32), np.zeros(3, F32)
    indptr, indices = np.array([0, 0, 3]), np.arange(3, dtype=np.int32)  # row 0 all zeros, row 1 all ones
    loss = dense.bce_with_logits(z, b, indptr, indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(400 + 2 * np.log(2), rel=1e-7)
    np.testing.assert_allclose(z, [[0, 0.5, 1], [-1, -0.5, 0]], atol=1e-13)


@pytest.mark.parametrize("n_rows", [1, 2, 65])
@pytest.mark.parametrize("z", [-25, -20, -12, -5])
def test_the_loss_of_long_learnt_labels_adds_up(n_rows, z):
    """e^-20 is lost beside a float32 one, but not all of a million of them are; below e^-25 a float64 one has too few
    digits for more than five of theirs."""
    logits, db = np.full((n_rows, 50), z, F32), np.zeros(50, F32)
    indptr, indices = np.zeros(n_rows + 1, np.int64), np.zeros(0, np.int32)
    loss = dense.bce_with_logits(logits, np.zeros_like(db), indptr, indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(n_rows * 50 * np.log1p(np.exp(z)), rel=1e-5)


def test_a_nan_is_not_lost():
    z, b, db = np.array([[1, np.nan, 2]], F32), np.zeros(3, F32), np.zeros(3, F32)
    h, indptr, indices = z.copy(), np.zeros(2, np.int64), np.zeros(0, np.int32)
    with np.errstate(invalid="ignore"):
        loss = dense.bce_with_logits(z, b, indptr, indices, 0, F32(1), db, work(db))
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
    logits, db = np.where(true, size, -size).astype(F32), np.full(37, np.nan, F32)
    want, _ = reference.bce_with_logits(logits.astype(F64), true)
    loss = dense.bce_with_logits(logits, np.zeros_like(db), y.indptr, y.indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(want, rel=2e-6, abs=n_rows * 37 * 2e-13)  # an e^-|z| is not below e^-30


@given(z=matrices(), seed=st.integers(0, 99), far=st.sampled_from([1, 10, 100]))
def test_no_loss_is_negative(z, seed, far):
    y = random_csr(np.random.default_rng(seed), z.shape[0], z.shape[1], 0.5, ones=True)
    db = np.full(z.shape[1], np.nan, F32)
    z = far * np.where(y.toarray() > 0, abs(z), -abs(z)) + z / 10
    loss = dense.bce_with_logits(z.astype(F32), np.zeros_like(db), y.indptr, y.indices, 0, F32(1), db, work(db))
    assert loss >= 0
    one = sp.csr_array(y.toarray() * (np.arange(z.shape[1]) == y.toarray().argmax(axis=1)[:, None]))
    assert dense.softmax_ce(z.astype(F32), np.zeros_like(db), one.indptr, one.indices, F32(1), db) >= 0


@pytest.mark.filterwarnings("ignore:invalid value")  # interpreted: infinity less infinity
def test_infinite_logits_keep_their_loss():
    for true, want in (0, np.inf), (1, np.nan):
        z, db = np.array([[np.inf, 1]], F32), np.zeros(2, F32)
        loss = dense.bce_with_logits(z, np.zeros_like(db), np.array([0, true]), np.zeros(true, np.int32), 0, F32(1),
                                     db, work(db))
        assert loss == want or np.isnan(loss) and np.isnan(want)


def test_gradients_are_never_subnormal():
    """Of a label that is long learnt, averaged over a large batch: matrix products with subnormal numbers crawl."""
    z, db = np.array([EXTREME]), np.zeros(EXTREME.size, F32)
    indptr, indices = np.zeros(2, np.int64), np.zeros(0, np.int32)
    dense.bce_with_logits(z, np.zeros_like(db), indptr, indices, 0, F32(1e-9), db, work(db))
    assert (abs(z) > np.finfo(F32).tiny).all()


@pytest.mark.parametrize("n_rows, n_labels", [(3, 500), (130, 64), (131, 70)])
def test_bce_of_an_untrained_network(n_rows, n_labels):
    """Logits of zero give the largest product of (1 + e) there is, 2 per label and row: it must not overflow."""
    z, db = np.zeros((n_rows, n_labels), F32), np.zeros(n_labels, F32)
    indptr, indices = np.zeros(n_rows + 1, np.int64), np.zeros(0, np.int32)
    loss = dense.bce_with_logits(z, np.zeros_like(db), indptr, indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(n_rows * n_labels * np.log(2), rel=1e-6)
    np.testing.assert_array_equal(z, 0.5)


@given(z=matrices(), seed=st.integers(0, 99))
def test_bce_of_any_small_matrix(z, seed):
    y = random_csr(np.random.default_rng(seed), z.shape[0], z.shape[1], 0.4, ones=True)
    want_loss, want_dz = reference.bce_with_logits(z.astype(F64), y.toarray())
    db = np.full(z.shape[1], np.nan, F32)
    loss = dense.bce_with_logits(z, np.zeros_like(db), y.indptr, y.indices, 0, F32(1), db, work(db))
    assert loss == pytest.approx(want_loss, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(z, want_dz, rtol=0, atol=1e-6)
    np.testing.assert_allclose(db, want_dz.sum(axis=0), rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_labels", [1, 2, 17, 64, 170])
@pytest.mark.parametrize("size", [1.0, 10.0, 1e4])
def test_softmax_ce(n_labels, size):
    """Rows 0 and 1 have no label; row 2 has the extreme values as far as they are apart by less than infinity."""
    rng = np.random.default_rng(0)
    z, b = (size * rng.standard_normal((9, n_labels))).astype(F32), rng.standard_normal(n_labels).astype(F32)
    z[2], b[:1] = np.resize(EXTREME[:-2], n_labels), 0
    y = np.eye(n_labels, dtype=F32)[rng.integers(0, n_labels, 9)]
    y[:2] = 0
    truth, db = sp.csr_array(y), np.full(n_labels, np.nan, F32)
    want_loss, want_dz = reference.softmax_ce((z + b).astype(F64), y)
    p = reference.softmax((z + b).astype(F64))
    loss = dense.softmax_ce(z, b, truth.indptr, truth.indices, F32(0.5), db)
    assert loss == pytest.approx(want_loss, rel=1e-6, abs=1e-5)
    assert_close(z, 0.5 * want_dz, largest=1e-6)
    assert_close(db, 0.5 * want_dz.sum(axis=0), largest=1e-6)
    assert not z[:2].any()
    false = y[2:] == 0
    np.testing.assert_allclose(2 * z[2:][false], p[2:][false], rtol=1e-6, atol=1e-13)


def test_softmax_ce_is_exact_far_from_zero():
    """No clipping and no infinity: a class that is wrong by a logit of 1000 costs 1000."""
    z, db = np.array([[-500, 500], [3e38, -3e4], [-1e38, -1e38]], F32), np.zeros(2, F32)
    loss = dense.softmax_ce(z, np.zeros(2, F32), np.arange(4), np.zeros(3, np.int32), F32(1), db)
    assert loss == pytest.approx(1000 + np.log(2), rel=1e-7)
    np.testing.assert_allclose(z, [[-1, 1], [0, 0], [-0.5, 0.5]], atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf])
@pytest.mark.parametrize("place", range(3))
def test_softmax_ce_does_not_lose_a_nan(bad, place):
    z, db = np.array([[1, -2, 3]], F32), np.zeros(3, F32)
    z[0, place] = bad
    with np.errstate(invalid="ignore"):
        loss = dense.softmax_ce(z, np.zeros(3, F32), np.arange(2), np.zeros(1, np.int32), F32(1), db)
    assert not np.isfinite(loss) and np.isnan(z).any()


@given(z=matrices(), seed=st.integers(0, 99))
def test_softmax_ce_of_any_small_matrix(z, seed):
    labels = np.random.default_rng(seed).integers(0, z.shape[1], z.shape[0]).astype(np.int32)
    want_loss, want_dz = reference.softmax_ce(z.astype(F64), np.eye(z.shape[1])[labels])
    db = np.full(z.shape[1], np.nan, F32)
    loss = dense.softmax_ce(z, np.zeros_like(db), np.arange(len(z) + 1), labels, F32(1), db)
    assert loss == pytest.approx(want_loss, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(z, want_dz, rtol=0, atol=1e-6)
    np.testing.assert_allclose(db, want_dz.sum(axis=0), rtol=0, atol=1e-5)


def test_an_entry_of_just_the_bound_is_not_busy():
    dz, columns = np.array([[1, -1, 1.5, -1.5, 0], [0, 0, -1, 1, 0]], F32), np.zeros(5, np.int32)
    n = dense.busy_columns(dz, F32(1), work(dz[0])[0], columns)
    assert columns[:n].tolist() == [2, 3]
