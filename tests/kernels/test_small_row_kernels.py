"""Claim: the loops over rows of few bits compute what their twins say, with any number of bits, units and rows."""

import numpy as np
import pytest
from problems import F32, F64, assert_close, random_csr

import twins
from nnlite.classifier.small_model import SmallRows
from nnlite.classifier.small_rows import width
from nnlite.kernels import small_rows

UNITS = [1, 2, 3, 7, 8, 13, 200]


def random_rows(n_units, n=11):
    """SmallRows of all kinds, one of 0 bits first, with any bytes: bits that no unit has are not 0 either."""
    rng = np.random.default_rng(n_units)
    bits = np.resize(np.array([0, 2, 4, 8], np.uint8), n)
    size = sum(width(n_units, int(b)) for b in bits)
    return SmallRows(rng.integers(0, 256, size, np.uint8), rng.standard_normal(n).astype(F32), bits, n_units)


def arrays_of(w):
    return w.codes, w.ends, w.bits, w.scales


@pytest.mark.parametrize("bits, shift", [(2, 0), (2, 6), (4, 4), (8, 0)])
def test_add_codes(bits, shift):
    codes, total = np.arange(0, 256, 5, dtype=np.uint8), np.ones(52, F32)
    want = twins.add_codes(codes, 2 ** bits - 1, shift, 0.5, 0.25, total.astype(F64))
    small_rows.add_codes(codes, np.int32(2 ** bits - 1), np.int32(shift), F32(0.5), F32(0.25), total)
    assert_close(total, want, largest=1e-6)


@pytest.mark.parametrize("n_units", UNITS)
def test_add_small_row(n_units):
    w = random_rows(n_units)
    for d in range(len(w)):
        total, codes = np.ones(n_units, F32), w.codes[w.ends[d]:w.ends[d + 1]]
        small_rows.add_small_row(codes, w.bits[d], w.scales[d], total)
        assert_close(total, twins.add_small_row(codes, int(w.bits[d]), float(w.scales[d]), np.ones(n_units)), 1e-6)


@pytest.mark.parametrize("n_units", UNITS)
@pytest.mark.parametrize("first", [0, 4])
def test_small_csr_matmul(n_units, first):
    w, rng = random_rows(n_units), np.random.default_rng(0)
    x, start = random_csr(rng, 13, len(w), 0.5), rng.standard_normal(n_units).astype(F32)
    out = np.full((13 - first, n_units), np.nan, F32)  # a forgotten row stays nan
    small_rows.small_csr_matmul(x.indptr[first:], x.indices, x.data, *arrays_of(w), start, out)
    assert_close(out, twins.small_csr_matmul(x[first:].astype(F64), *arrays_of(w), start), largest=1e-6)


@pytest.mark.parametrize("n_units", UNITS)
def test_expand_rows(n_units):
    w, rows = random_rows(n_units), np.array([9, 0, 3, 3, 10])
    out = np.full((5, n_units), np.nan, F32)
    small_rows.expand_rows(rows, *arrays_of(w), out)
    assert_close(out, twins.expand_rows(rows, *arrays_of(w), n_units), largest=1e-6)
