"""Claim: what a sample says of a table's dialect is decided at known shares of its rows, and the notes say so."""

import pytest

from nnlite.data.files.dialect import MAX_ABOVE, MAX_EXAMPLES, MIN_QUOTED, decide, header_place, split_lines


@pytest.mark.parametrize("text, lines", [
    ("", []), ("a", ["a"]), ("a\n", ["a\n"]), ("a\n\nb", ["a\n", "\n", "b"]), ("a\r\nb\r", ["a\r\n", "b\r"])])
def test_lines(text, lines):
    assert split_lines(text, "\n") == lines
    assert split_lines(text.replace("\r", "").replace("\n", "\r"), "\r") == [
        line.replace("\r", "").replace("\n", "\r") for line in lines]


NAMES, ROW = ["title", "category", "id"], ["Mug", "Kitchen", "7"]


@pytest.mark.parametrize("rows, title, place", [
    ([], None, 0), ([NAMES, ROW], None, 0), ([["My shop"], NAMES, ROW], None, 1),
    ([["My shop", ""], NAMES, ROW], None, 1),
    ([["My shop"]] * MAX_ABOVE + [NAMES, ROW], None, MAX_ABOVE),
    ([["My shop"]] * (MAX_ABOVE + 1) + [NAMES, ROW], None, 0),
    ([["My shop"], [], ["May"], NAMES], None, 3), ([["My shop"], ["x", "y"], NAMES], None, 2),
    ([["My shop"], ["x", "y"], ["sku", "price", "z"]], None, 0),  # two cells, and no column of titles
    ([["My shop"], ["x"], ["sku", "price", "z"]], None, 2), ([["My shop"], ["sku", "a", "b", "c"]], None, 0),
    ([["My shop"], ["sku", "a", "b"]], None, 1), ([["My shop"], ["sku", "price", "7"]], None, 0),
    ([["Shop:", "x"], NAMES], None, 1), ([["x", "a=b"], NAMES], None, 1), ([["x", "y"], NAMES], None, 1),
    ([["x", "y", "z"], NAMES], None, 0), ([["x", "y"], ["a", "b"], NAMES], None, 0),
    ([["x", "y"], ["sku", "price", "a"]], None, 0),
    ([["Shop:", "x"], NAMES, ["item_name", "sku", "x"], ROW], None, 2), ([["Shop:", "x"], NAMES, ROW, NAMES], None, 1),
    ([["My shop"], ["title"], NAMES], None, 2), ([["title", "x"], ["My shop"], NAMES], None, 0),
    ([["a"], ["b", "Text"], NAMES], "text", 1), ([["Text"], NAMES, ["Text"]], "Text", 0), ([["a"], NAMES], "Text", 0),
    ([["a"], ["b"], ["Text (en)"]], "Text", 2), ([["x", "name:de"], ROW], None, 0)])
def test_which_row_names_the_columns(rows, title, place):
    assert header_place(rows, title) == place


@pytest.mark.parametrize("text, first_row, why", [
    ("# a\ntitle,category\nx,y\n", 3, "1 comment lines before the header"), ("#a,b\nx,y\n", 2, ""),
    ("# a, b\ntitle,category,c\nx,y,z\n", 3, "1 comm"),
    ("# a, b\n# c,d\ntitle,category,c\nx,y,z\n", 4, "2 comment"), ("# a\n", None, ""),
    ("# a\ntitle\nx\n", 3, "1 comment"), ("\n# a\n\n# b\ntitle;category\n", 6, "2 comment lines"),
    ("sep=|\ntitle|category\n", 3, "line 1 names the delimiter"),
    ("\n\"sep=;\" \ntitle;category\n", 4, "line 2 names"), ("SEP=;\na;b\n", 3, "line 1"),
    ("sep=;;\na;b\n", 2, ""), ("", None, ""), ("\n  \n", None, "")])
def test_what_stands_before_the_header(text, first_row, why):
    if first_row is None:
        with pytest.raises(ValueError, match="the file is empty"):
            decide(text)
    else:
        found = decide(text)
        assert found.first_row == first_row and any(why in note for note in found.why)
        assert why or not any("comment" in note or "names" in note for note in found.why)


@pytest.mark.parametrize("text, n_above, columns", [
    ("My shop\ntitle,category\nx,y\n", 1, ["title", "category"]),
    ('"My shop\ntitle,category\nx",y\n', 0, ["My shop\ntitle,category\nx", "y"]),
    ("My, shop\ntitle;category;id\nx;y;z\n", 1, ["title", "category", "id"]),
    ('"My shop"\ntitle|category|id\nx|y|z\n', 1, ["title", "category", "id"])])
def test_lines_above_the_header(text, n_above, columns):
    found = decide(text)
    assert found.columns == columns and found.first_row == n_above + 2 + columns[0].count("\n")
    assert (f"not read: {n_above} lines above the header" in found.why) == (n_above > 0)


@pytest.mark.parametrize("text, ending, delimiter", [
    ("a,b;c\nd,e;f\n", ".csv", ","), ("a;b;c,d\nd;e;f,g\n", ".csv", ";"), ("a\tb,c\nd\te,f\n", ".tsv", "\t"),
    ("a\tb,c\nd\te,f\n", ".csv", ","),
    ("a\tb,c\nd\te,f\n", ".TAB", "\t"), ("a\tb,c\nd\te,f\n", ".tsv.gz", "\t"),
    ("a;b,c,d\nx;y,z\nx;y\nx;y,z\n", ".csv", ";"),
    ("a\nb\n", ".csv", ","), ("a\nb\n", ".tsv", "\t"), ("a;b\n", ".csv", ";"), ("a|b\nc|d\n", ".csv", "|"),
    ("a~b\nc~d\n", ".csv", "~"),
    ("a;b\n\"c\n", ".csv", ";")])
def test_delimiters(text, ending, delimiter):
    assert decide(text, ending).delimiter == delimiter
    assert decide(text, ending, delimiter="^").delimiter == "^"


def test_of_delimiters_that_fit_nearly_as_well_the_more_frequent_counts():
    """All lines have a comma, some no semicolon."""
    assert decide("a;b;c,d\n" + "x;y;z,1\n" * 9 + "x,1\n").delimiter == ";"
    assert decide("a;b;c,d\n" + "x;y;z,1\n" * 8 + "x,1\n" * 3).delimiter == ","


@pytest.mark.parametrize("delimiter, n_broken, n_whole, quoting", [
    (",", 3, 0, False), (",", 2, 0, True), (",", 9, 1, True), ("\t", 1, 4, False), ("\t", 1, 5, True),
    ("\t", 0, 5, True),
    ("|", 2, 8, False), (";", 3, 0, False), (";", 2, 0, True)])
def test_from_when_on_quotes_mean_nothing(delimiter, n_broken, n_whole, quoting):
    rows = [f'"x{delimiter}y'] * n_broken + [f'"x"{delimiter}y'] * n_whole + [f"x{delimiter}y"] * 20
    found = decide(f"title{delimiter}category\n" + "\n".join(rows) + "\n")
    assert found.quoting == quoting and found.delimiter == delimiter
    assert quoting or f"quotes mean nothing: {n_broken} values begin with one and do not end with one" in found.why
    assert decide(f"title{delimiter}category\n" + "\n".join([*rows, f'"a ""b"""{delimiter}y']) + "\n").quoting
    assert decide(f"title{delimiter}category\n" + "\n".join([*rows, f'"a{delimiter}b"{delimiter}y'] * 2) + "\n").quoting


@pytest.mark.parametrize("n_odd, quoting", [(2, False), (3, True)])
def test_quotes_mean_something_where_rows_are_not_regular_without(n_odd, quoting):
    text = "title\tcategory\n" + '"x\ty\n' * 5 + "x\ty\n" * (94 - n_odd) + "x\ty\tz\n" * n_odd
    assert decide(text).quoting == quoting
    assert decide('title\n"x\n"y\n"z\n').quoting


@pytest.mark.parametrize("n, all_quoted", [(MIN_QUOTED, True), (MIN_QUOTED - 1, False), (20, True), (19, False)])
def test_from_when_on_all_cells_are_in_quotes(n, all_quoted):
    n_plain = 0 if n < 19 else 20
    text = '"title","category"\n' + '"x, 1","y"\n' * (n - 1) + "x,y\n" * n_plain + "\n" * 9
    assert decide(text).all_quoted == all_quoted


@pytest.mark.parametrize("n_wide, n, width", [(2, 3, 3), (1, 2, 2), (0, 3, 2), (3, 3, 3)])
def test_rows_may_end_with_delimiters(n_wide, n, width):
    found = decide("title,category\n" + "x,y,\n" * n_wide + "x,y\n" * (n - n_wide))
    assert (found.width, found.n_columns) == (width, 2) and found.examples == [["x", "y", ""][:width]] * (
        n_wide if width == 3 else n - n_wide)
    assert decide("title,category\n" + "x,y,z\n" * 3).width == 2


@pytest.mark.parametrize("header, columns", [
    ("title,category,,", "title,category,,"), ("title,,category", "title,,category"), (",", ","),
    ("a,b,,\nx,y", "a,b,,")])
def test_names_of_columns(header, columns):
    assert decide(f"{header}\n").columns == columns.split(",")


@pytest.mark.parametrize("between, skips", [(', "', True), (',"', False)])
def test_spaces_before_quotes_are_skipped_where_most_have_them(between, skips):
    assert decide(f'title, category\n"a{between[0]}b"{between}c"\n').skips_spaces == skips
    assert not decide('title, category\n"a", "b"\n"c","d"\n').skips_spaces


def test_the_examples_are_good_rows():
    text = "title,category\n" + 'a,b\n"c,d\n' + "e,f\n" * MAX_EXAMPLES + "g\n,\n"
    found = decide(text).examples
    assert len(found) == MAX_EXAMPLES and {*map(tuple, found)} == {("a", "b"), ("e", "f")}
    assert decide("a,b\nc,d\n", header=False).examples == [["a", "b"], ["c", "d"]]
    assert decide("a,b\nc,d\n", header=False).first_row == 1 and decide("a,b\nc,d\n").first_row == 2


@pytest.mark.parametrize("text, is_open", [
    ('"a\nb",c\nx,y,\n', True), ('"a\nb",c\nx,y\n', False), ("a,b\nx,y,\n", False), ("a,b\0\n", False)])
def test_a_header_of_several_lines_has_as_many_fields_as_the_rows(text, is_open):
    if is_open:
        with pytest.raises(ValueError, match="no header: a quote stays open in '\"a"):
            decide(text)
    else:
        assert len(decide(text).columns) == 2


@pytest.mark.parametrize("delimiter, name", [
    (",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe"), ("^", "'^'")])
def test_the_delimiter_is_said(delimiter, name):
    assert decide(f"title{delimiter}category\n", delimiter=delimiter).why == [f"separated by {name}"]
