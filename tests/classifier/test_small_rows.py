"""Claim: rows are rounded with nearly the least error, packed without loss, and get the bits that cost least."""

from itertools import product

import numpy as np
import pytest

from nnlite.classifier import small_rows
from nnlite.classifier.small_rows import BITS, best_choices, expanded, packed, rounded, squared_errors, unpacked, width

LEAST = {2: 0.1188, 4: 0.01154, 8: 0.000123}  # the mean squared error of normal numbers, table of Max 1960 and beyond


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e15])
def test_normal_numbers_are_rounded_with_the_least_error(bits, scale):
    rows = (scale * np.random.default_rng(0).standard_normal((300, 200))).astype(np.float32)
    codes, scales = rounded(rows, bits)
    error = np.mean(np.square((expanded(codes, scales, bits) - rows) / scale, dtype=float))
    assert error < 1.02 * LEAST[bits] and (codes.dtype, scales.dtype) == ("uint8", "float32")


@pytest.mark.parametrize("bits", BITS)
def test_rows_of_one_size_or_of_zeros_keep_their_values(bits):
    rows = np.array([[0, 0, 0], [5, -5, 5], [-2e-30, 2e-30, 2e-30]], np.float32)
    got = expanded(*rounded(rows, bits), bits)
    np.testing.assert_allclose(got, rows, rtol=0.02)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("n_units", [1, 2, 3, 5, 8, 200])
def test_packed_codes_come_back(bits, n_units):
    codes = np.random.default_rng(0).integers(0, 2 ** bits, (7, n_units), np.uint8)
    for some in codes, codes[:0]:
        in_bytes = packed(some, bits)
        assert in_bytes.shape == (len(some), width(n_units, bits)) and in_bytes.dtype == np.uint8
        np.testing.assert_array_equal(unpacked(in_bytes, n_units, bits), some)
    assert 8 * width(n_units, bits) - bits * n_units < 8
    assert not packed(np.zeros_like(codes), bits).any()  # what fills the last byte is 0


def test_the_error_of_a_row_is_that_of_its_rounding(monkeypatch):
    monkeypatch.setattr(small_rows, "ROWS", 4)
    w = np.random.default_rng(0).standard_normal((9, 6)).astype(np.float32)
    found = squared_errors(w)
    np.testing.assert_allclose(found[:, 0], np.sum(np.square(w), axis=1), rtol=1e-6)
    for column, bits in enumerate(BITS, start=1):
        want = np.sum(np.square(w - expanded(*rounded(w, bits), bits)), axis=1)
        np.testing.assert_allclose(found[:, column], want, rtol=1e-4)
    assert (np.diff(found, axis=1) < 0).all()


def test_the_choice_costs_least_of_all_that_are_no_larger():
    rng = np.random.default_rng(0)
    costs = np.sort(rng.random((5, 3)), axis=1)[:, ::-1]
    sizes = np.sort(rng.integers(0, 9, (5, 3)), axis=1).astype(float)
    rows = np.arange(5)
    for most in range(int(sizes[:, 0].sum()), int(sizes.sum())):
        chosen = best_choices(costs, sizes, most)
        size, cost = sizes[rows, chosen].sum(), costs[rows, chosen].sum()
        others = [choice for choice in product(range(3), repeat=5) if sizes[rows, choice].sum() <= size]
        assert size <= most and cost == pytest.approx(min(costs[rows, choice].sum() for choice in others))
    with pytest.raises(ValueError, match="best_choices: want room for"):
        best_choices(costs, sizes, sizes[:, 0].sum() - 1)
