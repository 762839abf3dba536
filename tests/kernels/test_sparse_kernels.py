"""Claim: products with sparse rows and the optimisers compute what their twins say, and write their own rows only."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from problems import F32, F64, assert_close, random_csr

import twins
from nnlite.kernels import by_shard, sparse
from nnlite.system.threads import team


def none_taken():
    return np.zeros(1, np.int64)


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
def test_csr_matmul(density):
    rng = np.random.default_rng(0)
    x, w = random_csr(rng, 13, 9, density), rng.standard_normal((9, 5)).astype(F32)
    b, out = rng.standard_normal(5).astype(F32), np.full((13, 5), np.nan, F32)  # a forgotten row stays nan
    sparse.csr_matmul(x.indptr, x.indices, x.data, w, b, out)
    assert_close(out, twins.csr_matmul(x.astype(F64), w.astype(F64), b), largest=1e-6)


@pytest.mark.parametrize("i", range(13))
def test_product_row(i):
    rng = np.random.default_rng(1)
    x, w, out = random_csr(rng, 13, 9, 0.5), rng.standard_normal((9, 5)).astype(F32), np.full(5, np.nan, F32)
    sparse.product_row(x.indptr, x.indices, x.data, i, w, out)
    assert_close(out, twins.product_row(x.astype(F64), i, w.astype(F64)), largest=1e-6)


def test_csr_matmul_of_later_rows():
    """A view of rows 4 to 9 has an indptr that begins above 0."""
    rng = np.random.default_rng(0)
    x, w = random_csr(rng, 13, 9, 0.4), rng.standard_normal((9, 5)).astype(F32)
    out = np.full((5, 5), np.nan, F32)
    sparse.csr_matmul(x.indptr[4:10], x.indices, x.data, w, np.zeros(5, F32), out)
    assert_close(out, x.toarray()[4:9].astype(F64) @ w, largest=1e-6)


@pytest.mark.parametrize("n", [1, 4, 11])
def test_csr_matmul_by_shard(n):
    rng = np.random.default_rng(0)
    x, w = random_csr(rng, 13, 9, 0.4), rng.standard_normal((9, 5)).astype(F32)
    out = np.full((9, n, 5), np.nan, F32)
    by_shard.csr_matmul_by_shard(x.indptr[4:], x.indices, x.data, w, n, out)
    assert_close(out, twins.csr_matmul_by_shard(x[4:].astype(F64), w.astype(F64), n), largest=1e-6)


@given(seed=st.integers(0, 999), density=st.sampled_from([0.02, 0.3, 1.0]), first=st.integers(0, 4))
def test_csr_transpose(seed, density, first):
    x = random_csr(np.random.default_rng(seed), 9, 14, density)
    nnz, indptr = x.indptr[9] - x.indptr[first], x.indptr[first:]
    places = np.zeros(14, np.int32)
    words, xt = np.full(nnz, -1, np.int32), np.full(nnz + 1, -1, np.int64)
    rows, data = np.full(nnz, -1, np.int32), np.full(nnz, np.nan, F32)
    n = sparse.csr_transpose(indptr, x.indices, x.data, places, words, xt, rows, data)
    got = {words[i]: list(zip(rows[xt[i]:xt[i + 1]], data[xt[i]:xt[i + 1]])) for i in range(n)}
    assert got == twins.csr_transpose(x[first:])
    assert len(got) == n and not places.any()


@pytest.mark.parametrize("rows", [[8, 0, 3, 3], [], [2] * 8, [8, 7, 6, 5, 4, 3, 2, 1, 0], [0, 8] * 15])
def test_take_rows(rows):
    """Also of more rows than are asked for ahead."""
    x, rows = random_csr(np.random.default_rng(0), 9, 14, 0.4), np.array(rows, np.int64)
    indptr = np.concatenate([[0], np.cumsum(np.diff(x.indptr)[rows])])
    indices, data = np.full(indptr[-1], -1, np.int32), np.full(indptr[-1], np.nan, F32)
    sparse.take_rows(x.indptr, x.indices, x.data, rows, indptr, indices, data)
    dense = np.zeros((rows.size, 14), F32)
    for i in range(rows.size):
        dense[i, indices[indptr[i]:indptr[i + 1]]] = data[indptr[i]:indptr[i + 1]]
    np.testing.assert_array_equal(dense, twins.take_rows(x, rows))


@pytest.mark.parametrize("rows", [[7, 0, 3, 8], [8], [8, 6, 4, 2, 0], [8, 0, 7, 1, 6, 2, 5, 3]], ids=len)
@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_optimisers_update_their_rows_and_no_other(scale, rows):
    rng = np.random.default_rng(0)
    w = rng.standard_normal((9, 5)).astype(F32)
    s, m = (scale ** 2 * rng.random((9, 5))).astype(F32), (scale * rng.standard_normal((9, 5))).astype(F32)
    rows = np.array(rows, np.int32)
    parts = sp.random_array((rows.size, 11), density=0.6, format="csr", dtype=F32, random_state=rng)  # up to 7 in a row
    source = (scale * rng.standard_normal((11, 5))).astype(F32)
    gradient = parts.indptr, parts.indices, parts.data, source, np.full(5, np.nan, F32)
    W, S, M = (a.astype(F64) for a in (w, s, m))
    G = parts.toarray().astype(F64) @ source.astype(F64)

    def check(got, want, before):
        want_all = before.copy()
        want_all[rows] = want
        assert_close(got, want_all, largest=1e-6)
        others = np.setdiff1d(np.arange(9), rows)
        np.testing.assert_array_equal(got[others], before[others])

    got = w.copy()
    sparse.sgd(got, rows, none_taken(), *gradient, F32(0.5 / scale))
    check(got, twins.sgd(W[rows], G, 0.5 / scale), W)

    got, got_s = w.copy(), s.copy()
    sparse.adagrad(got, got_s, rows, none_taken(), *gradient, F32(0.5), F32(1e-10))
    want, want_s = twins.adagrad(W[rows], G, S[rows], 0.5, 1e-10)
    check(got, want, W), check(got_s, want_s, S)

    got, got_s = w.copy(), s[:, :1].copy()
    sparse.adagrad_by_row(got, got_s, rows, none_taken(), *gradient, F32(0.5), F32(1e-10))
    want, want_s = twins.adagrad_by_row(W[rows], G, S[rows, :1], 0.5, 1e-10)
    check(got, want, W), check(got_s, want_s, S[:, :1])

    got, got_m, got_v = w.copy(), m.copy(), s.copy()
    sparse.adam(got, got_m, got_v, rows, none_taken(), *gradient, 3, 0.5, 0.9, 0.999, 1e-8)
    want, want_m, want_v = twins.adam(W[rows], G, M[rows], S[rows], 3, 0.5, 0.9, 0.999, 1e-8)
    check(got, want, W), check(got_m, want_m, M), check(got_v, want_v, S)


def test_threads_that_share_rows_update_each_of_them_once():
    """Three threads against one, bit for bit; rows that another has taken are left alone."""
    rng = np.random.default_rng(4)
    n = 20 * sparse.TAKEN + 7
    rows, parts = rng.permutation(n).astype(np.int32), random_csr(rng, n, 11, 0.3)
    source = rng.standard_normal((11, 5)).astype(F32)

    def update(w, taken):
        sparse.sgd(w, rows, taken, parts.indptr, parts.indices, parts.data, source, np.empty(5, F32), F32(0.5))

    want, got, taken = np.zeros((n, 5), F32), np.zeros((n, 5), F32), none_taken()
    update(want, none_taken())
    team(3).run(lambda i: update(got, taken), range(3))
    np.testing.assert_array_equal(got, want)
    got, taken = np.zeros((n, 5), F32), np.array([sparse.TAKEN])
    update(got, taken)
    np.testing.assert_array_equal(got[rows[sparse.TAKEN:]], want[rows[sparse.TAKEN:]])
    assert not got[rows[:sparse.TAKEN]].any() and taken[0] >= n


@pytest.mark.parametrize("n", range(10))
def test_product_row_of_any_number_of_words(n):
    """Most words are added four at a time, the first ones one by one."""
    out = np.full(2, np.nan, F32)
    indptr, source = np.array([3, 3 + n]), np.array([[1, 2]] * 12, F32) * np.arange(12, dtype=F32)[:, None]
    sparse.product_row(indptr, np.arange(15, dtype=np.int32) - 3, np.full(15, 2, F32), 0, source, out)
    words = sum(range(n))
    assert out.tolist() == [2 * words, 4 * words]
