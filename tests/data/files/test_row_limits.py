"""Claim: a row that is short, long or odd is made complete, kept or skipped by known numbers of rows and lines."""

import io

import pytest

from nnlite.data.files import delimited
from nnlite.data.files.delimited import Rows
from nnlite.data.files.dialect import decide
from nnlite.data.files.readings import Done, common, last_span
from nnlite.data.lines import SkippedLine


def read(text, size=1 << 20, **options):
    """(line, row or kind of what was skipped) of a table that comes in blocks of `size` bytes."""
    class Pieces(io.BytesIO):
        """A file that is read some bytes at a time."""

        def read1(self, n=-1):
            return super().read1(size)

    rows = Rows(Pieces(text.encode(errors="surrogateescape")), decide(text, **options))
    return [(line, row.kind if isinstance(row, SkippedLine) else row) for line, row in rows]


def rows_of(text, **options):
    return [row for _, row in read(text, **options)]


HEADER, ROW = "id,title,category\n", "1,A,B\n"


@pytest.mark.parametrize("n_short, n, is_kept", [(2, 19, True), (2, 20, False), (1, 9, True), (1, 10, False)])
def test_two_columns_may_be_missing_where_they_are_often_empty(n_short, n, is_kept):
    text = HEADER + "1,A,B\n" * (n - n_short) + "7,,\n" * n_short + "8\n"
    assert rows_of(text)[-1] == "wrong columns"
    text = "id,title,category,x\n" + "1,A,B,C\n" * (n - n_short) + "7,A,,\n" * n_short + "8,Z\n"
    assert rows_of(text)[-1] == (["8", "Z", "", ""] if is_kept else "wrong columns")
    assert rows_of(text.replace("7,A,,\n", "7,A,,C\n"))[-1] == "wrong columns"  # both must be empty


@pytest.mark.parametrize("rows, want", [
    ("1,A\n", [["1", "A", ""]]), ("1,A\nB,C\n", ["wrong columns"] * 2),
    ("1,A\n2,D,E\n3,A\n", [["1", "A", ""], ["2", "D", "E"], ["3", "A", ""]]),
    ("1,A,B,\n", [["1", "A", "B"]]), ("1,A,B,, \n", [["1", "A", "B"]]), ("1,A,B,x\n", ["wrong columns"]),
    ("1\n", ["wrong columns"]),
    (",,\n", [["", "", ""]]), ("\n", []), (" \n", []), (",\n", [])])
@pytest.mark.parametrize("quote", ["", '9,"x, y",z\n'])
def test_short_and_long_rows(rows, want, quote):
    text = HEADER + ROW * 30 + rows + ROW + quote
    assert rows_of(text) == [["1", "A", "B"]] * 30 + want + [["1", "A", "B"]] + [["9", "x, y", "z"]] * bool(quote)


@pytest.mark.parametrize("rows, want", [
    ("a\n\n b \n", ["a", " b "]), ("a\n \nb\n", ["a", "b"])])
def test_a_table_of_one_column_has_no_empty_rows(rows, want):
    assert rows_of("title\n" + rows) == [[cell] for cell in want]


@pytest.mark.parametrize("size", [1, 5, 16, 1 << 20])
@pytest.mark.parametrize("text", [
    HEADER + ROW * 3, HEADER + '1,"A\n\nB","C"\n' * 3 + ROW,
    HEADER + '1,"A ""x""",B\n' * 2 + '2,"TV 55" LED",C\n' + ROW * 20,
    HEADER + ROW * 20 + '2,5" TV,B\n' + '3,"x, y",C\n' * 20,
    HEADER + '1,"A\nB",C\n' * 20 + '2,"5" TV",C\n' + '1,"A\nB",C\n' * 20])
def test_blocks_make_no_difference(text, size):
    got = read(text, size)
    assert got == read(text) and not {"unclosed quote", "wrong columns"} & {str(row) for _, row in got}
    lines = text.splitlines()
    assert all(lines[line - 1].startswith(row[0] + ",") for line, row in got)


def test_a_well_formed_row_that_holds_lines_like_rows_is_kept_once_others_do():
    row = '{},"Item","text\n7,inside,no\n",Mugs\n'
    text = "id,title,text,category\n" + "".join(row.format(i) for i in range(30))
    assert [row[0] for row in rows_of(text)] == [str(i) for i in range(30)]


@pytest.mark.parametrize("n_rows", [1, 2, 9])
@pytest.mark.parametrize("where", ["first", "last"])
def test_a_row_of_several_lines_that_all_look_like_rows_is_none_for_sure(n_rows, where):
    plain = "".join(f"{i},Item {i},kind {i % 3},1.5\n" for i in range(30))
    odd = '5,"Item,kind 1,1.5\n' + "66,Item 66,kind 0,1.5\n" * n_rows + '7,Item",kind 1,1.5\n'
    text = "id,title,category,price\n" + (odd + plain if where == "first" else plain + odd)
    got = rows_of(text)
    plain_rows = [line.split(",") for line in plain.splitlines()]
    assert [row for row in got if isinstance(row, list) and row in plain_rows] == plain_rows
    glued = [row for row in got if isinstance(row, list) and any("\n" in cell for cell in row)]
    assert not glued


@pytest.mark.parametrize("n_before", [0, delimited.MAX_LINES_BACK + 9])
def test_an_odd_row_behind_a_quoted_one(n_before):
    text = HEADER + '1,"A, a",B\n' + ROW * n_before + '2,TV 55",C\n' + ROW * 30
    row = ["1", "A", "B"]
    assert rows_of(text) == [["1", "A, a", "B"], *[row] * n_before, ["2", 'TV 55"', "C"], *[row] * 30]


@pytest.mark.parametrize("n_before, lines, n_after", [
    (9, '9,"A\n3,"A\n5,b,c",D\n', 20), (0, '9,"A\n5,b,c\nx",D\nx",B\n', 9), (20, '"\n9,"A\n5,b,c\nx",D\n9,"A\n', 20)])
def test_lines_whose_quotes_leave_open_where_a_row_ends_are_skipped(n_before, lines, n_after):
    got = rows_of(HEADER + ROW * n_before + lines + ROW * n_after)
    assert [row for row in got if isinstance(row, list)] == [["1", "A", "B"]] * (n_before + n_after)
    assert "unclosed quote" in got


def test_an_odd_row_behind_one_that_may_go_on_takes_it_along():
    rows = [["1", "A", "B"]] * 9
    assert rows_of(HEADER + ROW * 9 + '3,"A\n5,b,c",D\n2,x",C\n') == rows + ["unclosed quote"] * 3
    assert rows_of(HEADER + ROW * 9 + '3,"A\n5,b,c",D\n' + ROW) == [*rows, ["3", "A\n5,b,c", "D"], ["1", "A", "B"]]


def test_bytes_that_are_not_utf8_cost_their_row_whatever_way_it_is_read():
    for row in "2,\udce9,B\n", '2,"\udce9, x",B\n', '2,"5" \udce9",B\n', '2,"\udce9\nx",B\n':
        got = rows_of(HEADER + ROW * 20 + row + ROW * 20)
        assert got == [["1", "A", "B"]] * 20 + ["not UTF-8"] + [["1", "A", "B"]] * 20
    text = "id\ttitle\n" + '1\t"x\n' * 20 + '1\t"\udce9\n'
    assert rows_of(text, ending=".tsv") == [["1", '"x']] * 20 + ["not UTF-8"]


def test_the_last_row_that_two_readings_share():
    root = Done(None, 0, 0, None, "")
    first, other = Done(root, 0, 1, None, ""), Done(root, 0, 2, None, "")
    second, third = Done(first, 1, 2, None, ""), Done(first, 1, 3, None, "")
    assert common(second, third) is first and common(third, second) is first and common(second, other) is root
    assert common(first, third) is first and common(root, third) is root and common(third, third) is third
    assert common(other, third) is root


@pytest.mark.parametrize("offset, span", [
    (0, (0, 0)), (1, (0, 5)), (5, (0, 5)), (6, (0, 0)), (7, (6, 9)), (9, (6, 9)), (10, (0, 0))])
def test_the_field_around_an_offset(offset, span):
    assert last_span(((None, 0, 5, False), 6, 9, True), offset) == span
