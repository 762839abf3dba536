"""Claim: a column of categories notes what only later cells hold, and the names in a cell are found by each key."""

import json

import pytest

from nnlite.data.files.cells import MAX_PARENTS, Writing, cell_paths, names, number_text
from nnlite.data.files.column import MARKS, YES, Column
from nnlite.data.files.evidence import decide
from nnlite.data.lines import SkippedLine


def column(sample=(), paths="levels", **options):
    return Column("k", "Col &amp; umn", decide(sample), options.pop("is_bit", False), paths, sample, **options)


LATER = {"a comma ,": "a, b", "a slash /": "a/b", "a semicolon ;": "a; b", "a sign between levels, such as >": "a > b",
         "a line end": "a\nb", "a dash - ": "a - b", "the text of an array": " ['a',\n'b'] "}


@pytest.mark.parametrize("what", MARKS)
def test_a_mark_that_the_sample_lacks_is_noted_once_for_each_different_cell(what):
    found = column(["x", "y"])
    for cell in (LATER[what], LATER[what], "z", LATER[what].replace("b", "c"), "\nz\n"):
        found.names(cell)
    assert found.news[what] == [2, LATER[what]]
    for sample in [LATER[what]], ["x", LATER[what]]:
        known = column(sample)
        known.names(LATER[what].replace("b", "c"))
        assert what not in known.news


@pytest.mark.parametrize("options", [{"is_bit": True}, {}])
def test_where_all_is_known_nothing_is_news(options):
    sample = ["1", "0"]
    found = Column(0, "n", decide(sample, separator="" if options else "~"), bool(options), "levels", sample)
    for cell in LATER.values():
        found.names(cell)
    assert not found.news
    found = Column(0, "n", Writing(lists=",", levels="/"), False, "levels", ["x"])
    found.names("a, b")
    found.names("a/b")
    assert not found.news


@pytest.mark.parametrize("sample, later, news", [
    (["x"], 3, ["a value of type int"]), ([1, "x"], 3, []), (["x"], ["a"], ["a value of type list"]),
    ([["x"]], ("a",), []), ([["x"]], "a", []), ([("x",)], ["a"], []), (["x"], None, ["a value of type NoneType"]),
    ([["x"]], ["a > b"], ["a list of names with a sign between levels, such as >"]), ([["x > y"]], ["a > b"], []),
    ([["x > y"], ["a"], ["b"], ["c"]], ["a > b"], []), ([["x"]], ["a", "b"], []),
    ([["x"]], 7, ["a value of type int"])])
def test_values_of_another_type_are_noted(sample, later, news):
    found = column(sample)
    found.names(later)
    assert [*found.news] == news


@pytest.mark.parametrize("later, is_news", [
    ("Tea, Coffee & Cocoa", False), ("Bags, Wallets & Cases", True), ("Shoes", False)])
def test_another_name_with_a_comma_is_noted_once_names_have_one(later, is_news):
    found = column(["Tea, Coffee & Cocoa", "Home", "Home"])
    assert found.names(later) == [later] and ("another name with ," in found.news) == is_news
    split = column(["a, b", "b, a", "a, c", "c, b"])
    assert split.names("x, y") == ["x", "y"] and not split.news and split.known is None


def test_a_sample_that_holds_what_is_no_category_is_no_error():
    assert Column(0, "n", Writing(), False, "levels", ["[[['a, b']]]", "x, y"]).known == {"x, y"}


@pytest.mark.parametrize("value, want", [
    *((value, ["Col & umn"]) for value in sorted(YES)), (" TRUE ", ["Col & umn"]), (1, ["Col & umn"]), (0, []),
    ("0", []), ("", []), ("no", []), (2, [])])
def test_a_bit_means_the_name_of_its_column(value, want):
    assert column(["1", "0"], is_bit=True).names(value) == want


@pytest.mark.parametrize("value, want", [("12", []), (" 7 ", []), (12, []), ("Rugs", ["Rugs"]), ("12 a", ["12 a"])])
def test_ids_are_no_names_where_names_are_expected(value, want):
    assert column(["Rugs", "12"], skips_ids=True).names(value) == want
    assert column(["Rugs", "12"]).names(value) == (want or [str(value).strip()])


SAMPLES = [[("a", "b"), ("c",)], [["a", "b"]], ["a"], [("a > b",), ("c > d",)], [("a", "b"), ("a", "c"), ("a", "d")]]


@pytest.mark.parametrize("options", [{}, {"is_bit": True}, {"skips_ids": True}, {"paths": "full"}, {"paths": "leaf"}])
@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("listed", [
    ("x", "y", "x"), (" x ", "x"), ("nan", "x"), ("a > b", "c"), ("12", "x"), ("x", 3), ("&amp;", "b"), (), ("",)])
def test_the_fast_way_gives_the_same_names(sample, listed, options):
    fast, slow = column(sample, **options), column(sample, **options)
    assert fast.distinct(listed) == tuple(dict.fromkeys(slow.names(listed)))
    assert fast.news == slow.news


@pytest.mark.parametrize("n", [4_095, 4_096, 9_999])
def test_long_cells_are_read_the_same(n):
    found = column(["x"])
    assert found.names("y" * n) == ["y" * n] == found.names("y" * n)
    assert found.of_text.cache_info().hits == (n < 4_096)


@pytest.mark.parametrize("value, want", [
    (10 ** 50 - 1, str(10 ** 50 - 1)), (10 ** 50, None), (-10 ** 50, None), (1 - 10 ** 50, str(1 - 10 ** 50)),
    (2.0, "2"), (2.5, "2.5"), (-0.5, "-0.5")])
def test_numbers_of_50_digits_are_names(value, want):
    if want is None:
        with pytest.raises(SkippedLine):
            number_text(value)
    else:
        assert number_text(value) == want


@pytest.mark.parametrize("value, want", [
    ({"name": "a", "title": "b"}, [("a",)]), ({"value": "d", "label": "c", "title": "b"}, [("b",)]),
    ({"Label": "c", "value": "d"}, [("c",)]), ({"id": 1, "Value": "d"}, [("d",)]),
    ({"categoryName": "e", "id": "f"}, [("e",)]),
    ({"name": ""}, []), ({"name": 12}, [("12",)]), ({1: "x", "name": "a"}, [("a",)]),
    ({"lvl1": "a > b", "lvl0": "a"}, [("a",), ("a", "b")]), ({"Level_2": "b", "L1": "a"}, [("a",), ("b",)]),
    ({"edges": [{"node": {"name": "a"}}, {"node": {"name": "b"}}]}, [("a",), ("b",)]),
    ({"Nodes": [{"name": "a"}, "b"]}, [("a",), ("b",)]), ({"nodes": "x", "name": "a"}, [("a",)]), ({"edges": []}, []),
    ({"name": "b", "path": "a > b"}, [("a", "b")]), ({"name": "b", "path": "a > c"}, [("b",)]),
    ({"name": "b", "path": "b"}, [("b",)]),
    ({"name": "b", "fullName": "x > b", "path": "a > b"}, [("x", "b")]),
    ({"name": "b", "breadcrumb": "a | b"}, [("a", "b")]),
    ({"name": ["a", "b"]}, None), ({}, None), ({"id": 1}, None), ({"lvl0": "a", "id": 1}, None),
    ({"name": "c", "parent": {"name": "b", "parent": {"name": "a"}}}, [("a", "b", "c")]),
    ({"name": "c", "parent": {}}, [("c",)]),
    ({"name": "c", "parent": "Big Shop"}, [("Big Shop", "c")]), ({"name": "c", "parent": "big-shop/2"}, [("c",)]),
    ({"name": "c", "parent": "None"}, [("c",)]), ({"name": "c", "parent": 7}, [("c",)])])
def test_objects_that_stand_for_a_category(value, want):
    if want is None:
        with pytest.raises(SkippedLine, match="bad category"):
            cell_paths(value, Writing())
    else:
        assert cell_paths(value, Writing()) == want
        assert names(json.dumps(value), Writing()) == [name for path in want for name in path] or 1 in value


@pytest.mark.parametrize("n", [1, MAX_PARENTS - 1, MAX_PARENTS, MAX_PARENTS + 1, 500])
def test_parents_above_each_other(n):
    value = {"name": "0"}
    for i in range(1, n):
        value = {"name": str(i), "parent": value}
    [path] = cell_paths(value, Writing())
    assert path == tuple(map(str, range(n)))[-MAX_PARENTS - 1:]


@pytest.mark.parametrize("value, want", [
    ("a > nan > b", [("a", "b")]), (["a", "", "nan"], [("a",), (), ()]), ([["a", "None"], ["b"]], [("a",), ("b",)]),
    ([["a"], "b"], [("a",), ("b",)]), ("['x', 'y']", [("x",), ("y",)]), (" ['x', 'y']", [("x",), ("y",)]),
    ([{"name": "a"}, ["b", {"name": "c"}]], [("a",), ("b", "c")]), ("a\n\nb", [("a",), (), ("b",)]),
    (r"a\;b; c\>d", [("a;b",), ("c>d",)]), ('"a;b";c', [("a;b",), ("c",)]), ('"a, b", c', [("a, b, c",)]),
    (",a,", [("a",)]),
    ("a\\,", [("a,",)]), ("a->b=>c::d", [("a", "b", "c", "d")]), (False, []), (float("nan"), [])])
def test_cells(value, want):
    assert cell_paths(value, Writing()) == want


@pytest.mark.parametrize("cell, only, want", [
    ("a, b > c", ",", [("a",), ("b > c",)]), ("a; b", ";", [("a",), ("b",)]), ("a / b / c", "/", [("a", "b", "c")]),
    ("a\tb", "\t", [("a", "b")]), ("a\xa0b c", "\xa0", [("a", "b c")]), (r"a\/b/c", "/", [("a/b", "c")]),
    ("a\nb", "~", [("a",), ("b",)])])
def test_the_separator_of_the_user_is_the_only_one(cell, only, want):
    assert cell_paths(cell, Writing(only=only)) == want and cell_paths([cell], Writing(only=only)) == want


@pytest.mark.parametrize("cell, writing, want", [
    ("a, b > c, d", Writing(lists=",", roots=frozenset({"b"})), [("a",), ("b", "c, d")]),
    ("a > b, c, d", Writing(lists=",", glued=frozenset({("b", "c")})), [("a", "b, c"), ("d",)]),
    ("a, b, c", Writing(lists=",", roots=frozenset({"b", "c"}), glued=frozenset({("a", "b")})), [("a, b",), ("c",)]),
    ("a|b > c", Writing(bars=True), [("a",), ("b", "c")]), ("a/b > c", Writing(levels="/"), [("a", "b", "c")]),
    ("a/b / c", Writing(levels=" / "), [("a/b", "c")]), ("a; b, c", Writing(lists=","), [("a",), ("b",), ("c",)])])
def test_cells_are_split_as_was_decided(cell, writing, want):
    assert cell_paths(cell, writing) == want
