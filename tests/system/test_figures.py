"""Claim: each kind of figure takes the ends of its range, and refuses what is beyond them or of another type."""

import numpy as np
import pytest

from nnlite.system.contents import Want, check_arrays, check_entries, check_figures
from nnlite.system.figures import SHOWN, ListOf, Maybe, Named, Number, OneOf, Row, Text, Whole

WHOLE, NAN = Whole(-1, 3), float("nan")
ONE_OF = OneOf(("a", True, None))

TAKEN = [
    (WHOLE, [-1, 0, 3], [-2, 4, 1.0, True, False, "1", None, [1], NAN, 10**5_000]),
    (Whole(0, 10**30), [10**30], [10**30 + 1]),
    (Number(-0.5, 3), [-0.5, 0, 3, 3.0], [-0.51, 3.01, 4, True, "1", None, [1], NAN, float("inf")]),
    (ONE_OF, ["a", True, None], ["b", "", False, 1, 1.0, ["a"], {}]),
    (OneOf((1,)), [True], [1, 2, None]),
    (Text(), ["", "a"], [None, 1, b"a", ["a"]]),
    (Maybe(WHOLE), [None, -1, 3], [-2, 4, "1", False]),
    (ListOf(WHOLE, 1, 2), [[3], (3,), [-1, 3]], [[], [1, 1, 1], [4], [1, None], "1", {1: 1}, None, 1]),
    (ListOf(Text()), [[], ["a"] * 9], [[1]]),
    (Row((WHOLE, Text())), [[3, "a"], (3, "a")],
     [[], [3], [3, "a", "a"], ["a", 3], [4, "a"], {3: 1, "a": 1}, "3a", None]),
    (Named({"a": WHOLE, "b": Text()}), [{}, {"a": 3}, {"b": "x", "a": -1}],
     [{"a": 4}, {"c": 3}, {"b": 3}, [], "a", None]),
    (Named(WHOLE), [{}, {"any": 3, "": 1}], [{"any": 4}, {"any": 3, "other": "3"}, [3], None]),
]


@pytest.mark.parametrize("figure, within, beyond", TAKEN, ids=lambda value: type(value).__name__)
def test_what_is_taken_and_what_is_not(figure, within, beyond):
    for value in within:
        figure.check("x", value)
    for value in beyond:
        with pytest.raises(ValueError, match="^x.*: want .*, got .*"):
            figure.check("x", value)


@pytest.mark.parametrize("figure, value, text", [
    (Whole(1, 2_000), 2_001, "x: want a whole number from 1 to 2,000, got 2001"),
    (WHOLE, 2**64 - 1, "x: want a whole number from -1 to 3, got 18446744073709551615"),
    (WHOLE, 2**64, "x: want a whole number from -1 to 3, got a larger one"),
    (Number(0.5, 2), "n" * 99, f"x: want a number from 0.5 to 2, got '{'n' * (SHOWN - 1)}"),
    (ONE_OF, "b", "x: want 'a' or True or None, got 'b'"), (Text(), 3, "x: want a text, got 3"),
    (Maybe(Text()), 3, "x: want a text, got 3"),
    (ListOf(WHOLE, 1, 2_000), [], "x: want a list of 1 to 2,000 entries, got []"),
    (ListOf(WHOLE), [1, 1, 7], "x[2]: want a whole number from -1 to 3, got 7"),
    (Row((WHOLE, Text())), [1], "x: want a list of 2 entries, got [1]"),
    (Row((WHOLE, Text())), [1, 1], "x[1]: want a text, got 1"),
    (Named({"a": WHOLE, "b": Text()}), {"c": 1}, "x: want some of a, b, got 'c'"),
    (Named(WHOLE), [], "x: want entries with names, got []"),
    (Named(WHOLE), {"n" * 99: 7}, f"x: {'n' * SHOWN}: want a whole number from -1 to 3, got 7")])
def test_the_error_says_where_what_was_wanted_and_what_came(figure, value, text):
    with pytest.raises(ValueError) as error:
        figure.check("x", value)
    assert str(error.value) == text


def test_a_list_has_a_million_entries_at_most():
    figure = ListOf(Text())
    figure.check("x", [""] * 2**20)
    with pytest.raises(ValueError, match="^x: want a list of 0 to 1,048,576 entries"):
        figure.check("x", [""] * (2**20 + 1))
    assert str(Maybe(WHOLE)) == "a whole number from -1 to 3 or None"


def test_a_figure_that_is_missing_counts_as_none():
    check_figures("f", {"a": 1}, {"a": WHOLE, "b": Maybe(WHOLE)})
    with pytest.raises(ValueError, match="^f: b: want a whole number from -1 to 3, got None$"):
        check_figures("f", {"a": 1, "other": 1}, {"a": WHOLE, "b": WHOLE})


@pytest.mark.parametrize("entries, is_taken", [
    ([], True), ([1, 2_000], True), ([0, 5], False), ([5, 2_001], False), ([5, np.nan], False), ([np.inf], False)])
def test_entries_of_an_array(entries, is_taken):
    arrays, wanted = {"a": np.array(entries, np.float32)}, {"a": Want("float32", (len(entries),), 1, 2_000)}
    if is_taken:
        check_arrays("f", arrays, wanted)
        return
    for check in (lambda: check_arrays("f", arrays, wanted)), (lambda: check_entries("f: a", arrays["a"], 1, 2_000)):
        with pytest.raises(ValueError, match="^f: a: want numbers from 1 to 2,000, got "):
            check()


@pytest.mark.parametrize("arrays", [
    {}, {"b": np.ones(2, np.float32)}, {"a": np.ones(2)}, {"a": np.ones(3, np.float32)},
    {"a": np.ones((2, 1), np.float32)},
    {"a": np.ones(2, np.float32), "b": np.ones(2, np.float32)}])
def test_other_arrays_than_those_that_are_wanted(arrays):
    with pytest.raises(ValueError, match="^f: want arrays {'a': .*}, got {"):
        check_arrays("f", arrays, {"a": Want("float32", (2,), 0, 9)})
