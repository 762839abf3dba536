"""Claim: cells of Parquet and Excel files come out as they are shown, rows complete or skipped; damage is counted."""

import datetime
import io
import zipfile
from decimal import Decimal

import pytest

from nnlite.data.files import tables
from nnlite.data.files.tables import BATCH_ROWS, SAMPLE_ROWS, excel, parquet, seekable
from nnlite.data.lines import SkippedLine

openpyxl = pytest.importorskip("openpyxl", reason="it writes the Excel file")
pyarrow = pytest.importorskip("pyarrow", reason="it writes the Parquet file")
pytest.importorskip("pyarrow.parquet", reason="it writes the Parquet file")


def written(table):
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(table), out)
    return out


def book_of(*sheets):
    """An Excel file with sheets: name -> rows."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for i, (name, rows) in enumerate(sheets):
        sheet = book.active if i == 0 else book.create_sheet()
        sheet.title = name
        for row in rows:
            sheet.append(row)
    book.save(out)
    return out


def listed(rows):
    return [(number, row.kind if isinstance(row, SkippedLine) else row) for number, row in rows]


@pytest.mark.parametrize("value, want", [
    (None, ""), ("x", "x"), ("#N/A", ""), ([1], [1]), ({"a": 1}, {"a": 1}), (True, True), (7, 7), (7.0, 7), (7.5, 7.5),
    (2.0 ** 53, 2.0 ** 53), (2.0 ** 53 - 1, 2 ** 53 - 1), (-2.0 ** 53, -2.0 ** 53), (Decimal("3.00"), 3),
    (Decimal("3.25"), 3.25),
    (b"a\xff", "a\ufffd"), (datetime.datetime(2024, 5, 1), "2024-05-01"),
    (datetime.datetime(2024, 5, 1, 1), "2024-05-01 01:00:00"),
    (datetime.datetime(2024, 5, 1, 0, 1), "2024-05-01 00:01:00"),
    (datetime.datetime(2024, 5, 1, 0, 0, 1), "2024-05-01 00:00:01"),
    (datetime.date(2024, 5, 1), "2024-05-01"), (datetime.time(1, 2), "01:02:00")])
def test_cells_are_as_they_are_shown(value, want):
    columns, rows, notes = parquet(written({"a": pyarrow.array([value])}))
    assert columns == ["a"] and notes == []
    [(number, [got])] = rows
    assert number == 1 and got == want and type(got) is type(want)


@pytest.mark.parametrize("n", [0, 1, BATCH_ROWS, BATCH_ROWS + 1])
def test_rows_of_parquet_are_numbered(n):
    _, rows, _ = parquet(written({"a": [*range(n)], "b": ["x"] * n}))
    assert list(rows) == [(i + 1, [i, "x"]) for i in range(n)]


def test_a_damaged_page_of_parquet_ends_its_rows():
    content = written({"a": [f"text {i}" for i in range(9)]}).getvalue()
    _, rows, _ = parquet(io.BytesIO(content[:4] + b"\xff" * 40 + content[44:]))
    assert listed(rows) == [(1, "damaged file")]


@pytest.mark.parametrize("n_above, n_below", [(0, 2), (1, 0), (SAMPLE_ROWS - 5, 9), (3, 50)])
@pytest.mark.parametrize("above", [["Export"], []])
def test_the_header_of_a_sheet_and_rows_below_it(n_above, n_below, above):
    rows = [above] * n_above + [["title", "category", None]] + [[f"T{i}", i, None] for i in range(n_below)]
    columns, got, notes = excel(book_of(("S", rows)))
    n_said = n_above * bool(above)
    assert columns == ["title", "category"] and list(got) == [(n_above + 2 + i, [f"T{i}", i]) for i in range(n_below)]
    assert notes == ["sheet 'S'"] + [f"not read: what stands above the header in row {n_above + 1}"] * bool(n_said)


def test_the_first_sheet_with_values_is_read():
    sheets = [("empty", []), ("S", [["title", "category"], ["a", "b"]]), ("T", [["x"]])]
    assert excel(book_of(*sheets))[2] == ["sheet 'S'; not read: 'empty', 'T'"]
    assert excel(book_of(*sheets, *((f"U{i}", []) for i in range(9))))[2][0].count("'U") == 8
    with pytest.raises(ValueError, match="no sheet with values"):
        excel(book_of(("empty", [])))


def test_rows_of_a_sheet_have_the_columns_of_its_header():
    rows = [["title", "category", "price"], ["a"], ["b", "c", 1, None], ["d", "e", 2, "x"], ["f", "g", 3, "#N/A"],
            [None] * 3, ["h", 1, 2]]
    columns, got, _ = excel(book_of(("S", rows)))
    assert columns == rows[0] and listed(got) == [
        (2, ["a", "", ""]), (3, ["b", "c", 1]), (4, "wrong columns"), (5, ["f", "g", 3]), (7, ["h", 1, 2])]


def test_a_header_of_one_cell_is_that_of_the_first_row():
    columns, rows, _ = excel(book_of(("S", [["title"], ["a"], ["b"]])))
    assert columns == ["title"] and listed(rows) == [(2, ["a"]), (3, ["b"])]


@pytest.mark.parametrize("most, is_read", [(100, True), (99, False)])
def test_texts_that_would_fill_the_memory_are_refused(most, is_read, monkeypatch):
    monkeypatch.setattr(tables, "MAX_TEXTS_BYTES", most)
    file = book_of(("S", [["title", "category"], ["a", "b"]]))
    with zipfile.ZipFile(file, "a") as packed:
        for name, n_bytes in ("xl/sharedStrings.xml", 60), ("xl/SharedStrings2.xml", 40), ("xl/other.xml", 99):
            packed.writestr(name, "x" * n_bytes)
    if is_read:
        assert excel(file)[0] == ["title", "category"]
    else:
        with pytest.raises(ValueError, match="texts of 100 bytes, want at most 99"):
            excel(file)


def test_what_comes_from_a_pipe_is_copied(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with open(tmp_path / "a", "rb") as plain, seekable(plain) as same:
        assert same is plain
    for file in io.BytesIO(b"abc"), io.BufferedReader(io.BytesIO(b"abc")):
        with seekable(file) as copy:
            assert copy is not file and copy.seekable() and copy.read() == b"abc"
