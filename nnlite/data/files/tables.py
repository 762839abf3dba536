"""Parquet files and Excel sheets as rows, through pyarrow and openpyxl (the extra `files`)."""

import datetime
import io
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from nnlite.data.files.cells import EXCEL_ERRORS
from nnlite.data.files.dialect import header_place
from nnlite.data.lines import SkippedLine

BATCH_ROWS = 1_000
MAX_TEXTS_BYTES = 1 << 30  # of the texts of an Excel file, which stand in memory
SAMPLE_ROWS = 20

Rows = Iterator[tuple[int, list[Any] | SkippedLine]]


def parquet(file: Any, title: str | None = None) -> tuple[list[str], Rows, list[str]]:
    """(columns, rows, notes) of a seekable Parquet file, lists as lists. Raises ValueError (without the path)."""
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ValueError(_missing("pyarrow", "a Parquet file")) from None
    try:
        table = ParquetFile(file)
        columns = list(map(str, table.schema_arrow.names))
    except (ValueError, OSError, NotImplementedError, ArithmeticError) as error:
        raise ValueError(f"a Parquet file that pyarrow cannot read: {_first_line(error)}") from None
    return columns, _parquet_rows(table), []


def excel(file: Any, title: str | None = None) -> tuple[list[str], Rows, list[str]]:
    """(columns, rows, notes) of an Excel file's first sheet with values. Raises ValueError (without the path).

    title: the name of a column, if known

    Formulas give the values that Excel last saw; the first row with at least two values names the columns.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ValueError(_missing("openpyxl", "an Excel file")) from None
    try:
        with zipfile.ZipFile(file) as packed:
            n_bytes = sum(part.file_size for part in packed.infolist() if "sharedstrings" in part.filename.lower())
        if n_bytes > MAX_TEXTS_BYTES:
            raise ValueError(f"texts of {n_bytes:,} bytes, want at most {MAX_TEXTS_BYTES:,}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(file, read_only=True, data_only=True)
        names = [sheet.title for sheet in book.worksheets]
        for sheet in book.worksheets:
            rows = _sheet_rows(sheet)
            sample = list(islice(rows, SAMPLE_ROWS))
            if any(isinstance(row, list) for _, row in sample):
                break
        else:
            raise ValueError("no sheet with values")
    except Exception as error:  # openpyxl lets through what zipfile, expat and its own descriptors raise
        raise ValueError(f"an Excel file that openpyxl cannot read: {_first_line(error)}") from None
    filled = [[cell for cell in row if cell != ""] if isinstance(row, list) else [] for _, row in sample]
    first = next((i for i, cells in enumerate(filled) if len(cells) > 1), 0)
    first += header_place([list(map(str, cells)) for cells in filled[first:]], title)
    header = sample[first][1] if isinstance(sample[first][1], list) else []
    while header and header[-1] == "":
        header.pop()
    columns = [str(cell) for cell in header]
    others = [name for name in names if name != sheet.title]
    notes = [f"sheet {sheet.title!r}" + (f"; not read: {', '.join(map(repr, others[:10]))}" if others else "")]
    notes += [f"not read: what stands above the header in row {sample[first][0]}"] * (first > 0)
    return columns, _completed(chain(sample[first + 1:], rows), len(columns)), notes


def _missing(module, what):
    return f'{what} needs {module}: pip install "nnlite[files]"'


def _first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def seekable(file: Any) -> Any:
    """A context that gives the file, or a temporary copy of one that comes from a pipe or is unpacked as it is read."""
    if isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO) and file.seekable():
        return nullcontext(file)
    copy = tempfile.TemporaryFile()
    shutil.copyfileobj(file, copy, 1 << 20)
    copy.seek(0)
    return copy


def _parquet_rows(table):
    number = 1
    try:
        for batch in table.iter_batches(BATCH_ROWS):
            cells = [list(map(_cell, column.to_pylist())) for column in batch.columns]
            for row in zip(*cells):
                yield number, list(row)
                number += 1
    except (ValueError, OSError, NotImplementedError, ArithmeticError) as error:
        yield number, SkippedLine("damaged file", _first_line(error))


def _sheet_rows(sheet):
    """(row number, values) of the rows of a sheet that are not empty."""
    number = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheet.reset_dimensions()  # what a file says of its own size is often wrong
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                if any(cell is not None for cell in row):
                    yield number, list(map(_cell, row))
    except Exception as error:  # as above
        yield number + 1, SkippedLine("damaged file", _first_line(error))


def _completed(rows, n_columns):
    """The same rows with n_columns values each; further ones have no name and are left out if they are empty."""
    for number, row in rows:
        if isinstance(row, list) and len(row) != n_columns:
            more = [cell for cell in row[n_columns:] if cell != ""]
            row = SkippedLine("wrong columns", str(row)) if more else row[:n_columns] + [""] * (n_columns - len(row))
        yield number, row


def _cell(value: Any) -> Any:
    """A value as it is shown: dates as texts, whole numbers without a point, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "" if value in EXCEL_ERRORS else value
    if isinstance(value, (list, dict, bool, int)):
        return value
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return int(number) if number.is_integer() and abs(number) < 1 << 53 else number
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, datetime.datetime):
        return str(value.date() if not (value.hour or value.minute or value.second) else value)
    return str(value)
