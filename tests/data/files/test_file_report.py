"""Claim: a doubt is said from a known share of the records on, and a report shows as many names as it says."""

import pytest

from nnlite.data.files.cells import Doubt
from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.report import (MANY_CHARS, MAX_NAMES, MAX_SHORT, PLACEHOLDERS, SHOWN, ColumnReport,
                                      FileReport, column_reports, doubt_text, doubts)
from nnlite.data.lines import SkippedLine
from nnlite.data.records import Record


def said(names, titles=None, header=("title", "category")):
    """The doubts about records with these categories each, and titles."""
    records = [Record(title, tuple(own)) for title, own in zip(titles or [f"T {i}x" for i in range(len(names))], names)]
    rows = [[record.title, "; ".join(record.categories)] for record in records]
    return doubts(Layout([*header], [row + [""] * (len(header) - 2) for row in rows], Options()), records)


def has(words, *given, **options):
    return any(words in doubt for doubt in said(*given, **options))


@pytest.mark.parametrize("titles, words, is_said", [
    (["x_1"] * 6 + ["A b"] * 5, "most titles are codes, addresses or data, as 'x_1'", True),
    (["x_1"] * 5 + ["A b"] * 5, "most titles", False), (["x_1"] * (9), "most titles", False),
    (["x_1"] * 10, "most titles", True), (["x y" * 99] * 6 + ["A b"] * 4, f"longer than {MANY_CHARS}", True),
    (["x " * (MANY_CHARS // 2)] * 10, "longer", False), (["x " * (MANY_CHARS // 2) + "y"] * 10, "longer", True)])
def test_titles_that_are_no_names(titles, words, is_said):
    assert has(words, [["a"], ["b"]] * (len(titles) // 2) + [["c"]] * (len(titles) % 2), titles) == is_said


@pytest.mark.parametrize("header, words", [
    (("title", "category", "name", "item_name"), "is it name, item_name?"),
    (("title", "category"), "is there a column with")])
def test_another_column_of_titles_is_offered(header, words):
    assert has(words, [["a"]] * 10, ["x_1"] * 10, header)


@pytest.mark.parametrize("titles, is_said", [(["Rugs", "x"], True), (["x", "Rugs"], False), (["RUGS", "x"], True)])
def test_a_first_row_that_describes_columns(titles, is_said):
    assert has("does its row describe columns?", [["a", "Rugs"], ["a", "Rugs"]], titles) == is_said


@pytest.mark.parametrize("names, words, is_said", [
    (["'a'", "'b'", "c"], "most categories stand in quotes, as \"'a'\"", True),
    (["'a'", "b"], "stand in quotes", False),
    (["12", "a"], "numbers or codes, as '12'", True), (["12", "a", "b"], "numbers or codes", False),
    (["a (1)", "b (2)", "c"], "hold a number, as 'a (1)'", True), (["a (1)", "b"], "hold a number", False),
    (["yes", "No"], "are yes and No only", True), (["yes", "a"], "only: is there", False),
    ([], "only: is there", False),
    (["a"], "nothing to learn", False), (["a", "a"], "all products have the one category 'a'", True),
    (["a", "A", "b"], "1 categories are spelt in several ways", True),
    (["a", "A", "b", "B"], "2 categories are spelt", True),
    (["a", "b"], "spelt", False), ([f"n{i}" for i in range(10)], "one product only", False),
    ([f"n{i}x" for i in range(10)], "one product only", True),
    ([f"n{i}x" for i in range(9)], "one product only", False),
    ([f"n{i}x" for i in range(10)] + ["n0x"], "one product only", False)])
def test_categories_that_are_no_names(names, words, is_said):
    is_said = is_said or words == "one product only" and len({*names}) == len(names) >= 10
    assert has(words, [[name] for name in names]) == is_said


def test_records_without_categories_and_one_of_all():
    assert not has("one product only", [[]] * 3 + [[f"n{i}x"] for i in range(9)])
    assert has("one product only", [["a0", "b0"], *([f"n{i}x"] for i in range(9))])
    assert has("numbers or codes", [["12", "a"], ["12", "b"]])
    assert not has("numbers or codes", [["12", "a"], ["12", "b"], ["c"]])
    assert said([["a", "b"], ["a", "c"]]) == ["'a' is a category of all products: there is nothing to learn about it"]


@pytest.mark.parametrize("name", ["Uncategorized", *sorted(PLACEHOLDERS)[:3]])
def test_placeholders(name):
    assert has(f"{name!r} is a category of 2 products: is it one?", [[name], [name], ["x"]])


@pytest.mark.parametrize("n_equal, n, is_said", [
    (2, 20, False), (3, 20, True), (2, 19, True), (3, 40, False), (4, 40, True)])
def test_titles_that_are_repeated(n_equal, n, is_said):
    names = [["a"], ["b"]] * n
    found = said(names[:n], ["T"] * n_equal + [f"U {i}" for i in range(n - n_equal)])
    assert (f"{n_equal - 1} of {n} titles are repeated" in found) == is_said


@pytest.mark.parametrize("header, is_said", [
    (["category_en", "category_de"], True), (["category_en", "category_2"], False), (["category_en"], False),
    (["category", "category_en"], True), (["category_en", "category"], False), (["category", "category"], False)])
def test_columns_of_several_languages(header, is_said):
    rows = [["t", *"abc"[:len(header)]]]
    found = doubts(Layout(["title", *header], rows, Options()), [])
    want = f"{', '.join(header)} are read together, whatever their languages: --categories would choose"
    assert found == [want] * is_said


@pytest.mark.parametrize("n", [SHOWN, SHOWN + 1, SHOWN + 2])
def test_hints_and_ids_that_are_not_read(n):
    names = [f"tag{i}" for i in range(n)]
    layout = Layout(["title", "category", *names, "category_id"], [["t", "c", *"x" * n, "y"]], Options())
    more = f" and {n - SHOWN} more" * (n > SHOWN)
    assert doubts(layout, []) == [f"not read: {', '.join(names[:SHOWN])}{more}; --categories would add them",
                                  "not read: category_id, ids and not names"]
    for row in ["t", "", "x", *"x" * n], ["", "c", *"x" * n, "y"]:
        with pytest.raises(SkippedLine):
            layout.title_and_categories(row)
    assert f"{more} (they hold categories of 1 products without one);" in doubts(layout, [])[0]
    assert doubts(layout, [])[2] == "1 rows without a title hold categories, which are not read"


@pytest.mark.parametrize("doubt, words", [
    (Doubt(",", 1, "a, b"), "1 text holds a comma and stays whole, as 'a, b': --separator ',' would split them"),
    (Doubt("/", 2_000, "a/b"), "2,000 different texts hold a slash and stay whole, as 'a/b'"),
    (Doubt("~", 3, "a~b"), "hold '~' and"),
    (Doubt(",", 3, "a, b", splits=True), r"a comma separates, but 3 pairs of parts are always found together, as in "
     r"'a, b': if they are one name, write \, within it")])
def test_the_words_of_a_doubt(doubt, words):
    assert doubt_text("Col", doubt).startswith("'Col': ") and words in doubt_text("Col", doubt)


def report(**changes):
    columns = [ColumnReport("t", "title", "", "Mug"), ColumnReport("c", "categories", "x: why; y: z", "Home")]
    return FileReport("a.csv", "CSV", "utf-8", ",", [], columns, [], 1_000, 900, {}, [])._replace(**changes)


@pytest.mark.parametrize("n", [0, 1, MAX_SHORT, MAX_SHORT + 1])
def test_the_short_form_has_two_lines_at_most(n):
    text = report(doubts=[f"d{i}\nx" for i in range(n)][:1], notes=[f"n{i}" for i in range(1, n)]).short()
    first, *rest = text.split("\n")
    assert first == "a.csv: titles from 't'; categories from 'c' (x, y)" and len(rest) == (n > 0)
    shown = ["d0 x", *(f"n{i}" for i in range(1, MAX_SHORT))][:n]
    assert not n or rest == ["  " + "; ".join(shown) + f"; {n - MAX_SHORT} more: nnlite look" * (n > MAX_SHORT)]


@pytest.mark.parametrize("n", [MAX_NAMES, MAX_NAMES + 1])
def test_the_long_form(n):
    rest = [ColumnReport(f"r{i}", "not read", "", "") for i in range(n)]
    more = [ColumnReport("h", "hint", "", "red"), *rest]
    found = report(columns=[*report().columns, *more], notes=["note"], skipped={"no title": 1_234, "odd": 2},
                   records=[Record("Mug", ("a", "b"))], doubts=["doubt"])
    assert str(found).split("\n") == [
        "a.csv: CSV, utf-8, commas between cells", "  note", "", "Read:", "  't': title, as 'Mug'",
        "  'c': categories, as 'Home'", "      x: why", "      y: z", "", "Not read, may hold categories:",
        "  'h', as 'red'", "", "Not read: " + ", ".join(f"r{i}" for i in range(MAX_NAMES)) +
        f" and {n - MAX_NAMES} more" * (n > MAX_NAMES), "", "900 records in the first 1,000 rows", "  Mug  ->  a; b",
        "", "Rows that make no record:", "  1,234 without a title", "  2 odd", "", "Please check:", "  doubt"]
    assert str(report(delimiter=None)).split("\n") == [
        "a.csv: CSV, utf-8", "", "Read:", "  't': title, as 'Mug'", "  'c': categories, as 'Home'", "      x: why",
        "      y: z", "", "900 records in the first 1,000 rows"]
    assert "'^' between cells" in str(report(delimiter="^"))


def test_the_columns_of_a_report():
    sample = [["1", "red", "a > b; c", "1", "T"], ["1", "", "", "0", "U"]]
    layout = Layout(["price", "tags", "category", "Rugs", "title"], sample, Options(categories=("category", "Rugs")))
    rows = [["1", "", "", "0", ""], ["2", "x" * 99, "d", "1", "V"]]
    assert column_reports(layout, rows) == [
        ColumnReport("title", "title", "", "V"),
        ColumnReport("category", "categories", "semicolon between names; > between levels", "d"),
        ColumnReport("Rugs", "categories", "1 means its name", "0"), ColumnReport("tags", "hint", "", "x" * 60),
        ColumnReport("price", "not read", "", "")]
