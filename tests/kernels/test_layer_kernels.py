"""Claim: activations and dropout compute what their twins say, in float32, at any size and for extreme values."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from kernel_inputs import EXTREME, finite, matrices
from problems import F32, F64, assert_close, random_csr

import twins
from nnlite.kernels import dense
from nnlite.network import layers, reference


def test_exp_neg_keeps_its_bound():
    x = np.concatenate([np.linspace(-30, 0, 20_001), -np.logspace(-38, 1.477, 2_000)]).astype(F32)
    got = np.array([dense.exp_neg(v) for v in x])
    np.testing.assert_allclose(got, twins.exp_neg(x.astype(F64)), rtol=2e-7)
    assert dense.exp_neg(F32(0)) == 1
    for far in -30.1, -88, -1e30, -np.inf:
        assert 0 < dense.exp_neg(F32(far)) < 1e-13


@pytest.mark.parametrize("name", layers.ACTIVATIONS)
def test_activations(name):
    z = np.concatenate([np.linspace(-87, 87, 4_999).astype(F32), EXTREME])[None]
    got = z.copy()
    layers.ACTIVATIONS[name][0](got)
    np.testing.assert_allclose(got, reference.ACTIVATIONS[name][0](z.astype(F64)), rtol=5e-7, atol=1e-13)


@given(z0=finite, z1=finite, scale=st.sampled_from([1, 0.1, 1e-6]))
def test_two_sigmoids(z0, z1, scale):
    got = dense.two_sigmoids(F32(z0), F32(z1), F32(scale))
    np.testing.assert_allclose(got, twins.two_sigmoids(z0, z1, scale), rtol=5e-7, atol=1e-13)


@pytest.mark.parametrize("name", layers.ACTIVATIONS)
@pytest.mark.parametrize("keep", [1.0, 0.25])
@given(data=st.data())
def test_slopes_of_the_activations(name, keep, data):
    """After dropout, of both h and dh, the slope is that of the activation where the unit was kept."""
    act, slope = reference.ACTIVATIONS[name]
    dh = data.draw(matrices())
    h = act(data.draw(hnp.arrays(F32, dh.shape, elements=finite)).astype(F64)).astype(F32)
    mask = data.draw(hnp.arrays(F32, dh.shape, elements=st.sampled_from([1 / keep, 0.0 if keep < 1 else 1.0])))
    got = h * mask
    layers.ACTIVATIONS[name][1](dh * mask, got, F32(keep))
    want = slope((dh * mask).astype(F64), h.astype(F64))
    assert_close(got, want, largest=1e-6)


@given(x=st.integers(0, 2 ** 32 - 1))
def test_random_bits(x):
    assert dense.random_bits(np.uint64(x)) == twins.random_bits(x)


@pytest.mark.parametrize("keep", [0.4, 0.9])
def test_dropout(keep):
    h = np.ones((7, 11), F32)
    dense.dropout(h, F32(keep), 4_000_000_000, 2 ** 31)
    np.testing.assert_allclose(h, twins.dropout(h.shape, F32(keep), 4_000_000_000, 2 ** 31), rtol=1e-6)


def test_drop_words():
    x = random_csr(np.random.default_rng(0), 13, 30, 0.4)
    indptr, indices, data = np.full(10, -1), np.full(x.nnz, -1, np.int32), np.full(x.nnz, np.nan, F32)
    dense.drop_words(x.indptr[4:], x.indices, x.data, F32(0.7), 77, 20, indptr, indices, data)
    got = sp.csr_array((data[:indptr[-1]], indices[:indptr[-1]], indptr), shape=(9, 30)).toarray()
    np.testing.assert_allclose(got, twins.drop_words(x[4:], F32(0.7), 77, 20), rtol=1e-6)
    assert 0 < indptr[-1] < x[4:].nnz


def test_dropout_keeps_its_share_of_every_row_and_unit():
    """Within five standard deviations, in rows, units, and pairs of neighbours, of a stream and of the next one."""
    masks = []
    for stream in 1, 2:
        h = np.ones((300, 400), F32)
        dense.dropout(h, F32(0.4), stream, 0)
        masks.append(h > 0)
    mask = masks[0]
    for mask, share in [(mask, 0.4), (mask[1:] & mask[:-1], 0.16), (mask[:, 1:] & mask[:, :-1], 0.16),
                        (mask & masks[1], 0.16)]:
        for axis in 0, 1:
            deviation = np.sqrt(share * (1 - share) / mask.shape[axis])
            assert abs(mask.mean(axis=axis) - share).max() < 5 * deviation
        assert abs(mask.mean() - share) < 5 * np.sqrt(share * (1 - share) / mask.size)


@pytest.mark.parametrize("n_columns", [1, 2, 3, 7])
def test_sigmoid_of_any_number_of_columns(n_columns):
    z = np.random.default_rng(0).standard_normal((3, n_columns)).astype(F32)
    got = z.copy()
    dense.sigmoid(got)
    np.testing.assert_allclose(got, reference.sigmoid(z.astype(F64)), rtol=5e-7)
