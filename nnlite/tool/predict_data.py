"""`predict_rows`: the rows of a product file with all their columns and, behind them, the predicted categories.

Tables keep their delimiter, header and cells; lines above the header are left out. Objects are written as JSON lines.
What is written is UTF-8, with a byte order mark where the file read has a mark or is UTF-16. Memory holds a block.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from nnlite.data.files.columns import Options
from nnlite.data.files.programs import TITLES, plain
from nnlite.data.files.source import TABLES, Source, opened
from nnlite.data.lines import Skipped, SkippedLine
from nnlite.data.records import Reading
from nnlite.system.atomic_file import replacing
from nnlite.system.stages import Position
from nnlite.tool.printing import cell, json_text, say, write

CATEGORIES, PROBABILITIES = "predicted_categories", "predicted_probabilities"
BLOCK_ROWS, BLOCK_CHARS = 1_000, 1 << 22  # rows that are predicted together, whichever comes first
JSON_ENDINGS = (".jsonl", ".ndjson", ".jl", ".json")
TABLE_ENDINGS = {".csv": ",;|~", ".tsv": "\t", ".tab": "\t", ".txt": ",;\t|~"}  # delimiters; the first by default

Pairs = list[tuple[str, float]]
Predict = Callable[[list[str]], list[Pairs]]  # titles -> the categories of each and their probabilities


class Style(NamedTuple):
    """How predictions are written: separator between names in a cell; is_raw: formulas stay; is_json: as JSON lines."""

    separator: str = "; "
    is_raw: bool = False
    is_json: bool = False


def predict_rows(predict: Predict, data: Path, options: Options, out: Path, style: Style = Style(),
                 writes: bool = True) -> str:
    """Write the rows of a file with their predicted categories to another, whole or not at all. Returns a summary.

    data, out: "-" is standard input or output    options: those of titles, delimiter, encoding and header count
    writes: whether this process writes, and not another that predicts with it
    A row without a title has no prediction. Rows that cannot be read are counted, the first few said, and left out.
    ValueError for what is not a file of products, or cannot be written in the format of `out`.
    """
    n_rows, untitled = 0, Skipped()
    with opened(data, options) as source:
        reading = Reading(data, source, options, needs_categories=False)
        size = data.stat().st_size if source.file and source.format not in TABLES and data.is_file() else 0
        position = Position("predicting", [size] if size else None)
        written = _written(source, reading, out, style, options.header is not False)
        with _target(out if writes else None) as put, _frozen():
            put(written.head)
            for rows, titles in _blocks(reading, untitled):
                known = iter(predict([*filter(None, titles)]))
                put(written.text(rows, [next(known) if title else [] for title in titles]))
                n_rows += len(rows)
                position.say(n_rows, 0, reading.n_bytes())
            if reading.skipped.total() > n_rows or untitled.total() == n_rows:
                raise ValueError(f"{data}: want rows with titles, got {n_rows:,} rows, {untitled.total():,} of them "
                                 f"without a usable title, and {reading.skipped.summary('rows')} that cannot be read")
    columns = " or ".join(repr(reading.layout.names[key]) for key in reading.layout.titles)
    lost = f"; left out {reading.skipped.summary('rows')}" if reading.skipped else ""
    return f"{data}: titles from {columns}; {n_rows:,} rows, {untitled.total():,} without a usable title{lost}"


def _blocks(reading: Reading, untitled: Skipped) -> Iterator[tuple[list[Any], list[str]]]:
    """(rows, the title of each, "" for none); the others are counted in `untitled` and `reading.skipped`."""
    rows: list[Any] = []
    titles: list[str] = []
    n_chars, size, title_of = 0, _n_chars if reading.source.table is None else _n_chars_of_texts, reading.layout.title
    for number, row in reading.parsed():
        if isinstance(row, SkippedLine):
            if reading.skipped.add(row.kind, message := f"{reading.path}:{number}: {row}"):
                say(message)
            continue
        try:
            title = title_of(row)
            if not title:
                untitled.add("no title", f"{reading.path}:{number}")
        except SkippedLine as trouble:
            title = ""
            untitled.add(trouble.kind, f"{reading.path}:{number}")
        rows.append(row)
        titles.append(title)
        n_chars += size(row)
        if len(rows) == BLOCK_ROWS or n_chars > BLOCK_CHARS:
            yield rows, titles
            rows, titles, n_chars = [], [], 0
    yield rows, titles


def _n_chars_of_texts(row: list[str]) -> int:
    return sum(map(len, row))


def _n_chars(row: Any) -> int:
    """About the size of a row of any values."""
    values = row.values() if isinstance(row, dict) else row
    return sum(len(value) for value in values if isinstance(value, (str, list, dict)))


class _Table:
    """Rows as lines of a table; head: the header line; is_text: whether all cells are texts.

    Quotes are those of the csv module's QUOTE_MINIMAL, which takes four times as long.
    """

    def __init__(self, columns: list[str], delimiter: str, is_quoted: bool, line_end: str, style: Style,
                 has_header: bool, mark: str, is_text: bool):
        self.style, self.is_text = style, is_text
        self.delimiter, self.line_end, self.is_quoted = delimiter, line_end, is_quoted
        self.cell_of = lru_cache(maxsize=1 << 12)(self._cell)  # many products share their categories
        self.head = mark + (self._line([*columns, CATEGORIES, PROBABILITIES]) if has_header else "")

    def text(self, rows: list[list[Any]], found: list[Pairs]) -> str:
        """The lines of some rows, each with its categories."""
        cell_of, share, line = self.cell_of, self.style.separator.join, self._line
        texts = rows if self.is_text else [[*map(_text, row)] for row in rows]
        return "".join([line([*row, cell_of(tuple([name for name, _ in pairs])), share(["%.4f" % p for _, p in pairs])])
                        for row, pairs in zip(texts, found)])

    def _cell(self, names: tuple[str, ...]) -> str:
        text = self.style.separator.join(names)
        return text if self.style.is_raw else cell(text)

    def _line(self, cells: list[str]) -> str:
        line = self.delimiter.join(cells)
        if self.is_quoted and ('"' in line or line.count(self.delimiter) >= len(cells) or "\n" in line or "\r" in line):
            line = self.delimiter.join(map(self._quoted, cells))
        return line + self.line_end

    def _quoted(self, text: str) -> str:
        if '"' in text:
            return '"' + text.replace('"', '""') + '"'
        return f'"{text}"' if self.delimiter in text or "\n" in text or "\r" in text else text


class _Lines:
    """Rows as JSON lines; columns: the keys of a table's rows."""

    head = ""

    def __init__(self, columns: list[str] | None):
        self.columns = columns

    def text(self, rows: list[Any], found: list[Pairs]) -> str:
        """The lines of some rows, each with its categories."""
        return "".join(map(self._line, rows, found))

    def _line(self, row: Any, pairs: Pairs) -> str:
        product = dict(row) if self.columns is None else dict(zip(self.columns, row))
        product |= {CATEGORIES: [name for name, _ in pairs], PROBABILITIES: [round(p, 6) for _, p in pairs]}
        return json_text(product, default=str) + "\n"


def _written(source: Source, reading: Reading, out: Path, style: Style, has_header: bool) -> _Table | _Lines:
    """What writes the rows. ValueError if the format of `out` cannot hold them."""
    columns, ending = source.columns, out.suffix.lower()
    if {CATEGORIES, PROBABILITIES} & set(reading.layout.names.values()):
        raise ValueError(f"{reading.path}: has a column {CATEGORIES} or {PROBABILITIES} already, want it without")
    if str(out) == "-":
        ending = ".jsonl" if columns is None or style.is_json else ".txt"
    if ending in JSON_ENDINGS:
        if columns and len(set(columns)) < len(columns):
            raise ValueError(f"{reading.path}: two columns of one name, which {ending} cannot hold: want --out as .csv")
        return _Lines(columns)
    if ending not in TABLE_ENDINGS:
        raise ValueError(f"--out {out}: want .csv, .tsv or .jsonl, got {ending!r}")
    if columns is None:
        raise ValueError(f"--out {out}: {source.format} has no fixed columns, want .jsonl")
    usual, table = TABLE_ENDINGS[ending], source.table
    delimiter = source.delimiter if source.delimiter and (ending == ".txt" or source.delimiter in usual) else usual[0]
    is_kept = table is not None and delimiter == "\t" == source.delimiter and not table.quoting
    mark = "\ufeff" if source.encoding.startswith("utf-16") or source.has_mark else ""  # for spreadsheets
    return _Table(columns, delimiter, not is_kept, source.line_end, style, has_header, mark, table is not None)


def _text(value: Any) -> str:
    """A cell of a table; lists, as in Parquet files, as JSON; nothing for what is no number."""
    if isinstance(value, float) and not isfinite(value):
        return ""
    return value if isinstance(value, str) else json_text(value, ensure_ascii=False, default=str)


@contextmanager
def _target(out: Path | None) -> Iterator[Callable[[str], Any]]:
    """What takes the text for a file, which is replaced whole, for standard output, or for nothing."""
    if out is None:
        yield len
        return
    if str(out) == "-":
        yield write
        return
    file: AbstractContextManager = replacing(out)
    with file as opened_file:
        yield lambda text: opened_file.write(text.encode("utf-8", "backslashreplace"))


@contextmanager
def _frozen() -> Iterator[None]:
    """Within it the garbage collector does not walk through the model and the modules for each block of rows."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def is_header(line: str) -> bool:
    """Whether the first line of a text is hardly a title but the header of a table."""
    return any(plain(name) in TITLES for name in max((line.split(sign) for sign in ",;\t|"), key=len))
