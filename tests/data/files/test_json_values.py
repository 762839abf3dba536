"""Claim: texts of arrays and lines of JSON are taken up to the length that is said, whatever way reads them."""

import json

import pytest

from nnlite.data.files.arrays import MAX_CHARS, array_of, parsed
from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.json_rows import MAX_NAMES, MIN_CHARS, json_object, plain_products
from nnlite.data.files.labelled import labelled
from nnlite.data.lines import MAX_TITLE_CHARS, SkippedLine


@pytest.mark.parametrize("text, want", [
    ("[1, 2.5, -3]", ["1", "2.5", "-3"]), ("[1e5]", None),
    ("['" + "a" * (MAX_CHARS - 4) + "']", ["a" * (MAX_CHARS - 4)]),
    ("['" + "a" * (MAX_CHARS - 3) + "']", None), ("set()", []), ("dict_keys(['a', 'b'])", ["a", "b"]),
    ("[np.str_('a'), np.str_(\"b\")]", ["a", "b"]),
    ("array([], dtype=float64)", []), ("[a", None), ("['a'", None), ("('a', ['b', ('c')])", ["a", ["b", ["c"]]]),
    (" [null, 'a'] ", ["a"]),
    ("['a' : 'b']", None), ('["a\\tb"]', ["a\tb"]), ("['\\x41']", ["A"]), ("'a'", None), ("]", None),
    ("['a', ]x]", None)])
def test_arrays(text, want):
    assert array_of(text) == want


@pytest.mark.parametrize("text, want", [
    ("[1", None), ("{'a': " + "1" * 3 + "}", {"a": 111}), ("('a')", None),
    ("{'a': '" + "b" * (MAX_CHARS - 9) + "'}", {"a": "b" * (MAX_CHARS - 9)}),
    ("{'a': '" + "b" * (MAX_CHARS - 8) + "'}", None), ('"x"', "x"), ("{'a\\d': 1}", {"a\\d": 1})])
def test_literals(text, want):
    assert parsed(text) == want


@pytest.mark.parametrize("line, want", [
    ("", None), (" \n", None), ("[1]", "not an object"), ("null", "not JSON"), ("x", "not JSON"),
    ("{'a': 1}", {"a": 1}),
    (SkippedLine("not UTF-8", b""), "not UTF-8")])
def test_objects_of_lines(line, want):
    got = json_object(line)
    assert (got.kind if isinstance(got, SkippedLine) else got) == want
    assert not isinstance(line, SkippedLine) or labelled(line) is line


@pytest.mark.parametrize("title, names, is_taken", [
    ("x" * MIN_CHARS, ["a"], True), ("x" * (MIN_CHARS - 1), ["a"], False), ("x" * MAX_TITLE_CHARS, ["a"], True),
    ("x" * (MAX_TITLE_CHARS + 1), ["a"], False),
    ("Blue mug", [f"n{i}" for i in range(MAX_NAMES)], True),
    ("Blue mug", [f"n{i}" for i in range(MAX_NAMES + 1)], False), ("Blue mug", [], False),
    ("Blue mug", "a", False), (7, ["a"], False), *((f"{sign} mug 1", ["a"], False) for sign in "#-=:+"),
    ("a getTime", ["a"], False),
    ("a aPageStart", ["a"], False)])
def test_which_lines_are_read_the_fast_way(title, names, is_taken):
    plain = plain_products(Layout(None, [{"title": "Blue mug", "category": ["a"]}], Options()))
    line = json.dumps({"title": title, "category": names})
    for end in "", "\n", " \r\n":
        assert plain(line + end) == ((title, tuple(names)) if is_taken else None)
    assert plain(line + "x") is None and plain("[1]") is None and plain("{") is None
