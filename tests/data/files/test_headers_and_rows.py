"""Claim: rows that are headers or sums, and headers that are products, are told by their cells: one decides."""

import pytest

from nnlite.data.files.advice import no_categories, shell_quoted
from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.odd_rows import OddRows
from nnlite.data.files.signature import MIN_VALUES, Signature
from nnlite.data.lines import SkippedLine


@pytest.mark.parametrize("row, is_known", [
    (["1", "red", "z"], True), (["1", "", ""], True), (["", "", "z"], False), (["x", "red", ""], False),
    (["1", "green", ""], False), ([" 2 ", " blue ", ""], True)])
def test_rows_that_have_what_is_usual(row, is_known):
    assert Signature([[str(i), "red" if i % 2 else "blue", f"x{i}"] for i in range(MIN_VALUES)]).knows(row) == is_known
    assert not Signature([]).knows(["1"])


def test_lines_of_text_among_the_rows_do_not_count_for_what_is_usual():
    rows = [[str(i), "red" if i % 2 else "blue"] for i in range(MIN_VALUES)]
    text = [["x", f"text {i}"] for i in range(2)]
    assert [*Signature(rows + text).usual] == [0, 1] and Signature(rows + text).usual[1]("red")
    assert [*Signature(rows + text * 2).usual] == []


NAMES = ["Title", "Category", "Brand"]


@pytest.mark.parametrize("title, cells, row, want", [
    ("Title", ["Category"], None, "header"), ("name", ["categories"], None, "header"),
    ("Title", ["Brand"], ["Title", "Brand", "Category"], None),
    ("Category", ["Title"], ["Category", "Title", "Brand"], ValueError),
    ("Category", ["Title"], ["Category", "Title", "x", "y"], None),
    ("Category", ["Title"], ["Category", "Title", "x"], ValueError),
    ("Brand", ["Title"], ["Brand", "Title", ""], ValueError),
    ("Category", ["Brand"], ["Category", "Brand", "Title"], ValueError),
    ("Brand", ["Category"], ["Brand", "Category", "x"], None),
    ("Title", [""], None, None), ("Title", [7], None, None), ("Title", ["Shoes"], None, None),
    ("Mug", ["Category"], None, None), ("Title", [], None, None)])
def test_rows_that_are_headers(title, cells, row, want):
    rows = OddRows(NAMES, ["Title"], ["Category"])
    if want is ValueError:
        with pytest.raises(ValueError, match="a header with other columns"):
            rows.check(title, cells, row)
    elif want:
        with pytest.raises(SkippedLine, match=want):
            rows.check(title, cells, row or [title, *cells, "Brand"])
    else:
        rows.check(title, cells, row or [title, *cells, "Brand"])
    assert rows.remarks() == [] and not OddRows([], [], []).titles


def test_a_header_in_other_words_is_known_by_the_names_of_the_first():
    rows = OddRows(["Kurztext", "Gruppe", "Category"], ["Kurztext"], ["Gruppe"])
    for cells in ["Gruppe"], ["Category"]:
        with pytest.raises(SkippedLine, match="header"):
            rows.check("Kurztext", cells, [])
    rows.check("Gruppe", ["Gruppe"], ["Gruppe", "Gruppe", "x", "y"])


def test_sums_are_counted():
    rows = OddRows(NAMES, ["Title"], ["Category"])
    for title in "Total", "SUMME:", "Mug", "grand total":
        rows.check(title, ["x"], [])
    assert rows.remarks() == ["3 titles are such as 'grand total': rows of sums are not products"]
    assert {"Total", "TITLE", "Product Name", "Brand"} <= rows.titles and "BRAND" not in rows.titles


@pytest.mark.parametrize("header, is_advised", [
    (["title", "x", "9.99"], True), (["title", "x", ""], True), (["title", "<b>"], True),
    (["title", "x" * 61], True), (["title", "x" * 60], False)])
def test_a_header_that_looks_like_a_product(header, is_advised):
    for columns in header, None:
        rows = [["a"] * len(header)] if columns else [dict.fromkeys(header, "a")]
        with pytest.raises(ValueError) as caught:
            Layout(columns, rows, Options())
        assert ("add --no-header" in str(caught.value)) == (is_advised and columns is not None)


@pytest.mark.parametrize("bits", [["1", "0"], ["TRUE", "False"], ["1.0", "0.0"], ["1", "1"], ["x", "y"]])
def test_columns_of_bits_are_offered_where_there_are_several(bits):
    for n in 1, 2:
        with pytest.raises(ValueError) as caught:
            Layout(["title", *["Rugs", "Mats"][:n]], [["a", *[bit] * n] for bit in bits], Options())
        is_offered = n == 2 and bits not in (["1", "1"], ["x", "y"])
        assert ("--categories Rugs --categories Mats" in str(caught.value)) == is_offered


def test_names_on_a_command_line():
    assert [shell_quoted(name) for name in ("a.b:c-d", "a b", "a$")] == ["a.b:c-d", '"a b"', '"a$"']
    layout = Layout(["title", "category", "x" * 61], [["a", "b", "c"]], Options())
    assert f"'{'x' * 60}'" in no_categories(layout, [1]) and "'category' is empty" in no_categories(layout, [1])
