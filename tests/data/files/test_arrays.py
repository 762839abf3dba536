"""Claim: an array that is written as text becomes the list that was meant, whatever program wrote it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.data.files.arrays import array_of, parsed

names = st.lists(st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable()), max_size=5)


@given(names)
def test_json_and_python(items):
    assert array_of(json.dumps(items)) == items
    assert array_of(repr(items)) == items
    assert array_of(repr([items, items])) == [items, items]
    assert array_of(repr(tuple(items))) == (items or [])


@given(names)
def test_numpy(items):
    array = np.array(items, object)
    assert array_of(str(array)) == items
    assert array_of(repr(array)) == items


@given(names)
def test_sets(items):
    for value in {*items}, frozenset(items):
        found = array_of(repr(value)) if value else []
        assert sorted(found) == sorted(value)


def postgresql(items):
    return "{" + ",".join('"' + item.replace("\\", r"\\").replace('"', r"\"") + '"' for item in items) + "}"


@given(names)
def test_postgresql(items):
    assert array_of(postgresql(items), bare=True) == items


@pytest.mark.parametrize("text, want", [
    ("{Shoes,\"Hats & Caps\",NULL}", ["Shoes", "Hats & Caps"]),
    ("{Men's Wear (XL),Sale}", ["Men's Wear (XL)", "Sale"]),
    ("[Shoes, Hats & Caps]", ["Shoes", "Hats & Caps"]),
])
def test_items_without_quotes(text, want):
    """They are taken only where a whole column is written so: [Sale] alone is a name."""
    assert array_of(text, bare=True) == want
    assert array_of(text) is None


@pytest.mark.parametrize("text, want", [
    ("[]", []), ("[ ]", []), ("[None, 'a']", ["a"]), ("[12, 13]", ["12", "13"]), ("['a',]", ["a"]),
    ("array(['a b', 'c'], dtype=object)", ["a b", "c"]), ("array(['a'],\n      dtype='<U1')", ["a"]),
    ("['Clothing' 'Hats &\n Caps']", ["Clothing", "Hats &\n Caps"]), ("['a' ... 'b']", ["a", "b"]),
    ("[\"Kids' Clothing\" 'b']", ["Kids' Clothing", "b"]), (r"['it\'s']", ["it's"]), (r'["caf\u00e9"]', ["café"]),
    ('[{"id": 1, "name": "Shoes"}]', [{"id": 1, "name": "Shoes"}]), ("{'name': 'Shoes'}", [{"name": "Shoes"}]),
])
def test_odd_ones(text, want):
    assert array_of(text) == want


@pytest.mark.parametrize("text", [
    "", "[", "Shoes", "[Sale] Shoes", "[Sale]", "['a'",
    "['a']]", "['a'] ['b']", "{'a']", "[Size 3", "(for men)", "{}}{",
    "['a' b]", "array(", "[" * 100_000, "[" * 50_000 + "]" * 50_000 + "x", "['" + "a" * 200_000 + "']",
])
def test_what_is_no_array(text):
    assert array_of(text) is None


def test_values():
    assert parsed('{"a": "b\tc\x01"}') == {"a": "b\tc\x01"} and array_of('["a\tb\n", "c"]') == ["a\tb\n", "c"]
    assert parsed('{"a": 1e400}') == {"a": float("inf")}
    assert parsed("{'a': None, 'b': 'c'}") == {"a": None, "b": "c"}
    assert parsed("nothing") is None and parsed("__import__('os')") is None and parsed("[" * 100_000) is None
