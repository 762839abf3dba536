"""Claim: a comma or slash separates from a known number of neighbours on, and one fewer leave the cells whole."""

import pytest

from nnlite.data.files import evidence, separators
from nnlite.data.files.cells import Doubt, Writing, names, prepared
from nnlite.data.files.evidence import BREAKS, OTHERS, decide
from nnlite.data.files.neighbours import Evidence, Neighbours, is_enumeration
from nnlite.data.files.separators import Rule, slash_reason


def seen(pairs=0, both_free=0, left_free=0, rooted=0, cells=0, deep=0):
    return Evidence(pairs, both_free, left_free, rooted, cells, deep, "")


@pytest.mark.parametrize("slash, evidence, n_lines, word", [
    (" / ", seen(cells=5, deep=1), 10, "spaces"), (" / ", seen(cells=5), 10, ""),
    (" / ", seen(cells=4, deep=1), 10, ""),
    (" / ", seen(pairs=2, left_free=1), 99, "spaces"), (" / ", seen(pairs=1, left_free=1), 99, ""),
    ("/", seen(pairs=2, left_free=1, cells=5, deep=1), 10, ""),
    ("/", seen(pairs=4, left_free=2, cells=2), 10, "2 of 4 pairs"), ("/", seen(pairs=4, left_free=1, cells=2), 10, ""),
    ("/", seen(pairs=3, left_free=3, cells=2), 10, "3 of 3 pairs"), ("/", seen(pairs=2, left_free=2, cells=2), 10, ""),
    ("/", seen(pairs=4, left_free=2, cells=1), 10, ""), ("/", seen(cells=5, deep=3), 10, "several"),
    ("/", seen(cells=6, deep=3), 12, "3 of 12"), ("/", seen(cells=6, deep=2), 12, ""),
    ("/", seen(cells=5, deep=3), 11, ""),
    ("/", seen(cells=3, deep=2), 3, "several"), ("/", seen(cells=2, deep=2), 2, "")])
def test_what_makes_a_slash_a_separator(slash, evidence, n_lines, word):
    reason = slash_reason(evidence, slash, n_lines, set(), Rule("x"))
    assert bool(reason) == bool(word) and word in reason
    assert slash_reason(seen(), slash, 9, {"/"}, Rule("x"))
    assert slash_reason(seen(), slash, 9, set(), Rule("x", levels=slash))
    assert not slash_reason(seen(), slash, 9, {","}, Rule("x", lists=",", levels=">"))


@pytest.mark.parametrize("evidence, word", [
    (seen(pairs=10, both_free=5, rooted=2), "5 of 10 pairs"), (seen(pairs=10, both_free=4, rooted=2), ""),
    (seen(pairs=10, both_free=5, rooted=1), ""), (seen(pairs=3, both_free=2, rooted=1), "2 of 3"),
    (seen(pairs=2, both_free=2, rooted=2), ""),
    (seen(pairs=10, left_free=8, cells=4, deep=2), "beginnings recur (8 of 10"),
    (seen(pairs=10, left_free=7, cells=4, deep=2), ""), (seen(pairs=10, left_free=8, cells=5, deep=2), ""),
    (seen(pairs=6, left_free=6, cells=4, deep=2), "6 of 6"), (seen(pairs=5, left_free=5, cells=4, deep=2), "")])
def test_what_makes_a_comma_a_separator(evidence, word):
    reason = separators._comma(evidence)
    assert bool(reason) == bool(word) and word in reason


@pytest.mark.parametrize("evidence, is_part", [
    (seen(pairs=3), True), (seen(cells=3, pairs=1), True), (seen(pairs=2, cells=2), False),
    (seen(pairs=10, both_free=2, left_free=5), True), (seen(pairs=10, both_free=3, left_free=5), False),
    (seen(pairs=10, both_free=2, left_free=6), False)])
def test_what_makes_a_separator_part_of_names(evidence, is_part):
    assert separators._is_part_of_names(evidence) == is_part


def test_what_the_neighbours_tell():
    lines = ["a, b", "a, c", "d, b", "a, b", "b", "e, f, g", "h > a, b", "x"]
    found = Neighbours(lines, ",")
    assert found.pairs == {("a", "b"): 3, ("a", "c"): 1, ("d", "b"): 1, ("e", "f"): 1, ("f", "g"): 1}
    assert found.evidence() == Evidence(5, 1, 2, 2, 6, 1, "a, b")
    assert found.never_apart() == {("e", "f"): 1, ("f", "g"): 1}
    assert found.begins == {"a", "d", "b", "e", "h", "x"} and found.roots() == found.begins
    assert found.by_habit() == 2  # found three times; 'e' before 'f, g'
    assert found.shown["a", "b"] == "a, b" and found.shown["f", "g"] == "e, f, g"


def test_an_empty_part_makes_no_pair():
    assert Neighbours(["a,", ",b", "a,,b"], ",").pairs == {}


@pytest.mark.parametrize("pair, is_one", [
    (("Hats", "Bags & Caps"), True), (("Hats & Caps", "Bags"), False), (("Hats & Caps", "Bags & Shoes"), False),
    (("Hüte", "Taschen und Mützen"), True), (("A", "and B"), True), (("A", "Sand B"), False), (("A", "AND B"), True)])
def test_the_end_of_an_enumeration(pair, is_one):
    assert is_enumeration(pair) == is_one


def read(cells, **options):
    writing = decide(cells, **options)
    return [names(cell, writing) for cell in cells], writing


FREE = ["a, b", "b, a", "a, c", "c, b"]  # each part with several neighbours


@pytest.mark.parametrize("cells, lists", [
    (FREE, ","), (["a, b", "b, c", "c, a"], ","), (["a, b", "b, a"], ""),
    (["a, b, c"] * 1 + ["a, d, e", "f, g, h", "f, i, j"], ""),  # beginnings recur: 4 of 8
    ([f"{x}, {y}" for x in "abc" for y in "12"], ""), ([f"{x}, {y}1, {y}2" for x in "abc" for y in "pq"], ""),
    (["1, 2", "3"], ","), (["1, 2", "3", "x"], ""), (["1,2"], ","),
])
def test_commas_between_names(cells, lists):
    assert read(cells)[1].lists == lists


@pytest.mark.parametrize("cells, lists, n_roots", [
    (["a > b, c > d", "c > e", "x > y"], ",", None), (["a > b, c > d", "x > y"], "", None),
    (["a > b, c > d", "c > e", "x > m, n"], ",", 3)])
def test_commas_between_paths(cells, lists, n_roots):
    _, writing = read(cells)
    assert writing.lists == lists and (writing.roots is None) == (n_roots is None)
    assert writing.roots is None or len(writing.roots) == n_roots
    assert len(writing.doubts) == (not lists or n_roots is not None)
    assert writing.roots is None or writing.doubts == (Doubt(",", 1, "x > m, n"),)


@pytest.mark.parametrize("n, is_said, doubts", [
    (1, False, [(",", 1)]), (2, False, [(",", 2)]), (3, True, [])])
def test_commas_that_are_always_between_the_same_parts_are_part_of_names(n, is_said, doubts):
    cells = [f"Tea{i}, Coffee{i}" for i in range(n)] + ["Home", "Garden"]
    got, writing = read(cells)
    assert got == [[cell] for cell in cells] and ("part of names" in str(writing.why)) == is_said
    assert [(doubt.separator, doubt.cells) for doubt in writing.doubts] == doubts


@pytest.mark.parametrize("n_free, is_said", [(5, True), (4, False)])
def test_commas_in_names_of_levels_are_said_unless_they_look_like_one_name(n_free, is_said):
    cells = [f"Top > A{i}, B{i}{' & C' * (i < n_free)}" for i in range(6)]
    got, writing = read(cells)
    assert got == [cell.split(" > ") for cell in cells] and ("part of names" in str(writing.why)) == is_said
    assert bool(writing.doubts) != is_said


@pytest.mark.parametrize("cells, word", [
    (["x/y", "z/w", "v/u", "Home"], "part of names"), (["x/y", "z/w", "Home"], ""),
    (["x/y", "z/w", "v/u/t", "Home"], ""), (["x/y", "x/z", "v/u", "v/t"], "beginnings recur")])
def test_slashes(cells, word):
    _, writing = read(cells)
    assert word in str(writing.why) and bool(writing.doubts) == (not word) and bool(writing.levels) == ("rec" in word)


@pytest.mark.parametrize("cells, levels", [
    (["a / b", "a / c", "d/e"], " / "), (["a / b", "a / c", "d/e", "d/f", "g/h"], "/"), (["d/e", "d/f", "d/g"], "/")])
def test_a_slash_with_spaces_is_tried_first_where_it_is_more_frequent(cells, levels):
    assert read(cells)[1].levels == levels


@pytest.mark.parametrize("n, is_glued", [(2, False), (3, True)])
@pytest.mark.parametrize("right", ["Mats", "Mats & Pads"])
def test_parts_that_are_never_apart_are_one_name_although_commas_separate(n, is_glued, right):
    cells = [f"Rugs, {right}, x{i}" for i in range(n)] + ["a, b"]
    _, writing = read(cells, rule=Rule("tests", lists=","))
    is_glued = is_glued or right != "Mats"  # twice is enough for an enumeration
    assert writing.glued == ({("Rugs", right)} if is_glued else set())
    assert [doubt[:2] for doubt in writing.doubts] == [(",", 1)] * is_glued


def test_an_enumeration_that_is_split_is_said_once_it_is_there():
    _, writing = read(["Rugs, Mats & Pads", "a, b"], rule=Rule("tests", lists=","))
    assert writing.doubts == (Doubt(",", 1, "Rugs, Mats & Pads", splits=True),) and not writing.glued
    assert not read(["Rugs, Mats & Pads"], rule=Rule("tests", lists=",", escapes=True))[1].doubts
    assert not read([r"Rugs\, Mats & Pads, x, y & z"], rule=Rule("tests", lists=","))[1].doubts
    assert read(["a, b", "b, a"], rule=Rule("tests", whole=","))[0] == [["a, b"], ["b, a"]]
    assert read(["a/b", "a/c", "a/d"], rule=Rule("tests", whole="/"))[0] == [["a/b"], ["a/c"], ["a/d"]]


@pytest.mark.parametrize("n, is_said", [(2, False), (3, True)])
def test_levels_by_a_slash_that_may_be_part_of_a_name_are_said(n, is_said):
    cells = ["a/b", "a/c", "a/d", *["TV/Video"] * 1, *[f"x{i} ; TV/Video" for i in range(n - 1)]]
    _, writing = read(cells)
    assert writing.levels == "/" and writing.doubts == ((Doubt("/", 1, "TV/Video", splits=True),) if is_said else ())


@pytest.mark.parametrize("cells, bare", [
    (["[Shoes, Hats]"], True), (["[Shoes]"], False), (["[Sale]", "[New]", "[Old]"], True), (["[Sale]", "[New]"], False),
    (["[Shoes, Hats]", "x"], True), (["[Shoes, Hats]", "x", "y"], False), (["[Sale]", "[New]", "[Old]", "x"], False),
    ([], False)])
def test_arrays_without_quotes(cells, bare):
    assert decide(cells).bare == bare


@pytest.mark.parametrize("lists, items, ordered, levels", [
    ([["a > b"], ["c"]], True, False, ""), ([["a > b"], ["c"], ["d"]], False, False, ""),
    ([["a > b", "x", "y"], ["c > d"]], True, False, ""), ([["a > b", "x", "y"]], False, False, ""),
    ([["a/b"], ["a/c"], ["a/d"]], True, False, "/"), ([["a/b"], ["a/c"]], False, False, ""),
    ([["a/b"], ["a/c"], ["a/d"], ["x"], ["y"], ["z"]], True, False, "/"),
    ([["a/b"], ["a/c"], ["a/d"], ["w"], ["x"], ["y"], ["z"]], False, False, ""),
    ([["a", "b"], ["a", "c"], ["a", "d"]], False, True, ""), ([["a", "b"], ["a", "c"]], False, False, ""),
    ([["a", x] for x in "bcdef"] + [["x", "f"]], False, True, ""),
    ([["a", x] for x in "bcde"] + [["x", "e"]], False, False, ""), ([[1, 2], []], False, False, "")])
def test_lists_of_names_of_paths_and_of_levels(lists, items, ordered, levels):
    writing = decide(lists)
    assert (writing.items, writing.ordered, writing.levels) == (items, ordered, levels)


@pytest.mark.parametrize("sign", [*OTHERS, *BREAKS])
def test_other_signs_that_seem_to_separate_are_said(sign):
    cells = [f"{x}{sign}{y}" for x, y in ("ab", "ac", "de")]
    doubts = decide(cells).doubts
    assert doubts == (Doubt(sign, 3, cells[0]),) if sign in BREAKS else sign in {doubt.separator for doubt in doubts}


@pytest.mark.parametrize("cells, is_said", [
    (["a~b", "a~c", "d~e"], True), (["a~b", "a~c"], False), (["a~b", "a~c", "d~e", "f~g"], True),
    (["a~b", "a~c", "d~e", "f~g", "h~i"], False), (["a~b", "a~c", "d~e", "x", "y", "z"], True),
    (["a~b", "a~c", "d~e", "w", "x", "y", "z"], False), (["a~b", "a~c", "d~e > f"], False)])
def test_how_often_another_sign_must_stand(cells, is_said):
    assert bool(decide(cells).doubts) == is_said


@pytest.mark.parametrize("cells, bars", [
    (["a > b | c > d"], True), (["a | b"], False), (["a > b"], False), (["a › b ｜ c"], True),
    (["a > b", "c -> d"], False)])
def test_bars_are_between_paths_where_another_sign_is_between_levels(cells, bars):
    assert decide(cells).bars == bars


@pytest.mark.parametrize("n_before, is_seen", [(0, True), (evidence.MAX_TEXTS - 1, True), (evidence.MAX_TEXTS, False)])
@pytest.mark.parametrize("is_list", [False, True])
def test_only_the_first_cells_are_looked_at(n_before, is_seen, is_list):
    before = [[f"x{i}"] if is_list else f"x{i}" for i in range(n_before)]
    assert any(">" in why for why in decide([*before, "a > b"]).why) == is_seen


def test_long_cells_fill_what_is_looked_at():
    half = "x" * (evidence.MAX_CHARS // 2)
    assert decide([half, half, "a > b"]).why and not decide([half, half + "y", "a > b"]).why
    assert decide([[half], [half], ["a > b"]]).items == decide([[half], [half + "y"], ["a > b"]]).items
    assert decide(["x", " nan ", "", "None"]) == Writing() == decide(["x"])
    assert prepared("a,, b,") == "a, b"
