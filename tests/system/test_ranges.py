"""Claim: what is not a number, an array of numbers or in its range is refused by name, whatever its type."""

import numpy as np
import pytest

from nnlite.system.number_arrays import finite, numbers, probabilities
from nnlite.system.ranges import INT32_MAX, INT64_MAX, SEED_MAX, instance, integer, number

NO_NUMBERS = [None, "3", b"1", (), [1], {}, 1j, True, np.bool_(True), np.array(2), slice(2), object]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_not_a_number(value):
    for check, message in (integer, "n: want an integer, got "), (number, "n: want a number, got "):
        with pytest.raises(TypeError, match=message):
            check("n", value)


@pytest.mark.parametrize("value", [10**400, -10**400, pytest.param(10**5_000, id="long"), np.inf,
                                   -np.inf, np.nan, -1, 2.0, np.float16(-0.5)])
def test_numbers_out_of_their_range(value):
    with pytest.raises(ValueError, match="^n: want at least 0 and less than 2, got "):
        number("n", value, 0, 2)
    if isinstance(value, int):
        with pytest.raises(ValueError, match="^n: want an integer from 0 to 5, got "):
            integer("n", value, 0, 5)


def test_numbers_become_those_of_python():
    assert [type(number("n", value, 0)) for value in (1, np.int8(1), np.float32(0.5))] == [float] * 3
    assert type(integer("n", np.uint8(200))) is int


@pytest.mark.parametrize("value", [None, "x", {}, ["1"], [[1], [1, 2]], [None], [2**70], np.array(["x"]), object()])
def test_what_is_not_an_array_of_numbers(value):
    for check in numbers, lambda name, value: probabilities(name, value, 2):
        with pytest.raises(TypeError, match="^a: want numbers, got "):
            check("a", value)


@pytest.mark.parametrize("value", [np.nan, np.inf, [1, -np.inf]])
def test_results_that_are_not_finite(value):
    with pytest.raises(FloatingPointError, match="^p: want finite numbers, got NaN or infinity: some parameters"):
        finite("p", value)


def test_objects_of_another_type():
    assert instance("x", 3, str, int) == 3
    with pytest.raises(TypeError, match="^x: want str or int, got NoneType$"):
        instance("x", None, str, int)


@pytest.mark.parametrize("limits, within, beyond", [
    ((), [INT64_MAX, -INT64_MAX, 0], [INT64_MAX + 1, -INT64_MAX - 1]), ((2, 2), [2], [1, 3]),
    ((0, SEED_MAX), [0, SEED_MAX], [-1, SEED_MAX + 1])])
def test_the_ends_of_a_range_of_integers(limits, within, beyond):
    assert (INT32_MAX, INT64_MAX, SEED_MAX) == (2**31 - 1, 2**63 - 1, 2**128 - 1)
    for value in within:
        assert integer("n", value, *limits) == value
    for value in beyond:
        came = value if abs(value) <= INT64_MAX else f"one of {value.bit_length()} bits"
        with pytest.raises(ValueError, match=f"^n: want an integer from .* to .*, got {came}$"):
            integer("n", value, *limits)


@pytest.mark.parametrize("limits, within, beyond", [
    ((), [np.inf, -np.inf, -1], []), ((0,), [0, np.inf, 10**400], [-1e-300, -np.inf, -10**400, np.nan]),
    ((0, 1), [0, 1 - 1e-9], [1, -1e-9, 10**400, np.nan])])
def test_the_ends_of_a_range_of_numbers(limits, within, beyond):
    for value in within:
        assert number("n", value, *limits) == (np.inf if value == 10**400 else value)
    for value in beyond:
        text = "^n: want at least 0 and less than 1, got" if len(limits) == 2 else "^n: want at least 0, got"
        with pytest.raises(ValueError, match=text):
            number("n", value, *limits)
    assert np.isnan(number("n", np.nan)) and number("n", -10**400) == -np.inf
