"""Claim: matrices are rounded to the nearest bfloat16 and packed as the matrix units read them; products are those of
the rounded numbers, on every unit that this processor has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from problems import F32, F64, assert_close, matrix_units

import twins
from nnlite.kernels import packing
from nnlite.precision import choice

SIZES = [  # rows, inner, columns
    (1, 1, 1), (16, 32, 16), (17, 33, 18), (40, 70, 200), (33, 31, 64), (9, 20, 40), (24, 64, 80),
    (33, 300, 70)]  # more tiles in a row than AMX multiplies at once
UNITS = {"loops": packing.multiply, **{unit: choice.UNITS[unit].multiply for unit in matrix_units()}}


def matrix(n_rows, n_columns, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_columns)).astype(F32)


def packed(kernel, x, shape):
    out = np.full(shape, 7, np.uint16 if "left" in kernel.__name__ else np.uint32)
    kernel(x, out)
    return out


def as_numbers(bits):
    """The numbers in an array of bfloat16, or of pairs of them, which become a last axis."""
    if bits.dtype == np.uint16:
        return (bits.astype(np.uint32) << 16).view(F32)
    return np.stack([bits << 16, bits & 0xFFFF0000], axis=-1).astype(np.uint32).view(F32)


@given(x=hnp.arrays(F32, st.integers(1, 40), elements=st.floats(width=32, allow_subnormal=False)))
def test_a_number_becomes_the_nearest_bfloat16(x):
    got = np.empty((1, x.size), F32)
    packing.to_bfloat16(x[None], got)
    np.testing.assert_array_equal(got[0], twins.to_bfloat16(x))
    np.testing.assert_array_equal(as_numbers(np.array([packing.bfloat16(value) for value in x], np.uint16)), got[0])


def test_ties_go_to_the_even_number_and_a_nan_stays_one():
    up, down = F32(1 + 2**-7), F32(1)  # neighbours among the bfloat16
    x = np.array([[1 + 2**-8, 1 + 2**-7 + 2**-8, 1 + 2**-8 + 2**-20, 3.4e38, np.inf, -np.inf, -0.0]], F32)
    packing.to_bfloat16(x, x)
    assert x[0].tolist() == [down, F32(1 + 2**-6), up, np.inf, np.inf, -np.inf, 0] and np.signbit(x[0, -1])
    for bits in 0x7F800001, 0xFF800001, 0x7FFFFFFF, 0xFFFFFFFF:
        nan = np.array([[bits]], np.uint32).view(F32)
        packing.to_bfloat16(nan, nan)
        assert np.isnan(nan).all(), hex(bits)


@pytest.mark.parametrize("n_rows, n_inner, n_columns", SIZES)
def test_packed_matrices(n_rows, n_inner, n_columns):
    a, b = matrix(n_rows, n_inner), matrix(n_inner, n_columns, 1)
    left_shape, right_shape = packing.left_shape(*a.shape), packing.right_shape(*b.shape)
    left, right = packed(packing.pack_left, a, left_shape), packed(packing.pack_right, b, right_shape)
    np.testing.assert_array_equal(as_numbers(left), twins.pack_left(a, left_shape))
    np.testing.assert_array_equal(as_numbers(right), twins.pack_right(b, right_shape))
    transposed = np.full(packing.right_shape(n_inner, n_rows), 7, np.uint32)
    packing.left_to_right(left, transposed)
    np.testing.assert_array_equal(transposed, packed(packing.pack_right, a.T.copy(), transposed.shape))
    transposed = np.full(packing.left_shape(n_columns, n_inner), 7, np.uint16)
    packing.right_to_left(right, transposed)
    np.testing.assert_array_equal(transposed, packed(packing.pack_left, b.T.copy(), transposed.shape))


@pytest.mark.parametrize("first", [0, 32, 64])
@pytest.mark.parametrize("n_rows, n_columns", [(1, 1), (2, 32), (7, 40), (64, 64), (33, 96)])
def test_a_gradient_is_packed_as_both_operands(n_rows, n_columns, first):
    dz = matrix(n_rows, n_columns)
    dz[0, 0], dz[-1, -1] = np.nan, np.inf
    left_shape, right_shape = packing.left_shape(*dz.shape), packing.right_shape(first + n_rows, n_columns)
    left, right = np.full(left_shape, 7, np.uint16), np.zeros(right_shape, np.uint32)
    packing.pack_both(dz, first, left, right)
    want_left, want_right = twins.pack_both(dz, first, left_shape, right_shape)
    np.testing.assert_array_equal(as_numbers(left), want_left)
    np.testing.assert_array_equal(as_numbers(right), want_right)


@pytest.mark.parametrize("name, transposed_shape, dtype", [
    ("pack_rows", packing.right_shape, np.uint32), ("pack_labels", packing.left_shape, np.uint16)])
@pytest.mark.parametrize("shape", [(1, 1), (7, 40), (64, 64), (33, 96)])
def test_an_operand_is_packed_for_both_of_its_products(shape, name, transposed_shape, dtype):
    x = matrix(*shape)
    shapes = packing.left_shape(*shape), packing.right_shape(*shape), transposed_shape(*shape[::-1])
    got = [np.full(s, 7, kind) for s, kind in zip(shapes, (np.uint16, np.uint32, dtype))]
    getattr(packing, name)(x, *got)
    for part, want in zip(got, getattr(twins, name)(x, *shapes)):
        np.testing.assert_array_equal(as_numbers(part), want)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize("n_rows, n_inner, n_columns", SIZES)
def test_a_product_is_that_of_the_rounded_matrices(unit, add, n_rows, n_inner, n_columns):
    a, b = matrix(n_rows, n_inner), matrix(n_inner, n_columns, 1)
    before = matrix(n_rows + 2, n_columns + 3, 2)
    out = before.copy()
    part = out[1:-1, 2:-1]  # whose rows do not touch, as none of what lies between may change
    UNITS[unit](packed(packing.pack_left, a, packing.left_shape(*a.shape)),
                packed(packing.pack_right, b, packing.right_shape(*b.shape)), n_inner, part, add)
    want = twins.multiply(a.astype(F64), b.astype(F64)) + (before[1:-1, 2:-1] if add else 0)
    assert_close(part, want, largest=1e-6)
    part[:] = before[1:-1, 2:-1]
    np.testing.assert_array_equal(out, before)


@pytest.mark.parametrize("n_parts, n_units, n_rows", [(1, 1, 1), (3, 17, 40), (2, 32, 16)])
def test_transposed_parts_are_added(n_parts, n_units, n_rows):
    parts = np.random.default_rng(0).random((n_parts, n_units, n_rows), F32)
    out, want = np.full((n_rows, n_units), np.nan, F32), twins.add_transposed(parts)
    packing.add_transposed(parts, 0, n_rows, out)
    assert_close(out, want, largest=1e-6)


def test_of_transposed_parts_some_rows_are_added():
    parts = np.random.default_rng(0).random((3, 17, 40), F32)
    out, want = np.full((40, 17), np.nan, F32), twins.add_transposed(parts)
    for rows in slice(0, 7), slice(7, 39), slice(39, 40):
        packing.add_transposed(parts, rows.start, rows.stop, out[rows])
        assert np.isnan(out[rows.stop:]).all()
    assert_close(out, want, largest=1e-6)


def test_a_product_of_rounded_numbers_is_not_that_of_the_numbers():
    a = np.full((2, 3), 1 + 2**-9, F32)
    assert (twins.multiply(a, a.T) == 3).all() and (a @ a.T != 3).all()
    assert (twins.exact_bfloat16(a) == 1).all()
