"""Product files become Records, a title and its categories, one at a time.

A file is looked at before it is read: a sample of its rows decides its format and encoding, which columns hold titles
and categories, and how the cells of the latter are written (`files/`). `read_records` takes options for all of it;
`inspect_file` tells what was decided and why.

A row that makes no record is skipped and counted by its kind (the keys of WANTED). Records and skipped rows together
are all rows. Memory holds a block of a file, and a sample.

The logger "nnlite" has the first few skipped rows as warnings and, at the end of each file, how it was read (INFO) and
what the sample did not show (warnings).
"""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.json_rows import json_object, plain_products
from nnlite.data.files.report import SHOWN, FileReport, column_reports, doubts
from nnlite.data.files.source import TABLES, Source, opened
from nnlite.data.lines import BROKEN, Skipped, SkippedLine
from nnlite.system.paths import checked_path
from nnlite.system.stages import Position, sizes_of

SAMPLE_ROWS, SAMPLE_CHARS = 2_000, 1 << 18  # of a sample, whichever comes first, but
LEAST_ROWS = 300  # if there are as many
AHEAD_BYTES = 1 << 23  # many times what is read ahead of a record
SAID_RECORDS = 1_024  # between two reports of how far the reading is
MIN_ROWS = 10  # before it is an error that most of them have, say, no title
DELIMITERS = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}  # words for them

FilePath = str | PathLike[str]


class Record(NamedTuple):
    """One product: its title and its distinct categories, all cleaned and none of them empty."""

    title: str
    categories: tuple[str, ...]


def read_records(path: FilePath | Sequence[FilePath], title: str | int | None = None,
                 categories: str | int | Sequence[str | int] | None = None, separator: str | None = None,
                 delimiter: str | None = None, encoding: str | None = None, header: bool | None = None,
                 paths: str = "levels") -> "RecordReader":
    """A RecordReader over a file, or over a list or tuple of files, one after the other; "-" is standard input.

    title: the column of titles    categories: the column of categories, or a list of columns; numbers from 1 on where
        there is no header. A column of 0 and 1 is a category by its name
    separator: the only text that separates the names in a category cell
    delimiter: between the cells of a table, a character or one of the words tab, comma, semicolon, pipe
    encoding: such as "cp1252"    header: False if the first row is a product
    paths: "levels", the default, takes each level of a path as a category; "full" the whole path, 'Women > Shoes';
        "leaf" its last level

    What is not given is decided on a sample. Raises OSError for a file that cannot be opened. Raises ValueError, once
    it gets there, for a file that cannot be understood, without a usable record, or most of whose rows are unusable.
    """
    options = make_options(title, categories, separator, delimiter, encoding, header, paths)
    return RecordReader(path if isinstance(path, Iterable) and not isinstance(path, str) else [path], options)


def make_options(title: str | int | None = None, categories: str | int | Sequence[str | int] | None = None,
                 separator: str | None = None, delimiter: str | None = None, encoding: str | None = None,
                 header: bool | None = None, paths: str = "levels") -> Options:
    """The options of `read_records`, checked: TypeError or ValueError for others."""
    if paths not in ("levels", "full", "leaf"):
        raise ValueError(f"read_records: paths: want 'levels', 'full' or 'leaf', got {paths!r}")
    for name, text in ("separator", separator), ("delimiter", delimiter), ("encoding", encoding):
        if text is not None and (not isinstance(text, str) or not text):
            raise TypeError(f"read_records: {name}: want a text that is not empty, got {text!r}")
    if isinstance(categories, (str, int)):
        categories = [categories]
    if categories is not None and not categories:
        raise ValueError("read_records: categories: want at least one column, got none")
    for column in [*([] if title is None else [title]), *(categories or [])]:
        if isinstance(column, bool) or not isinstance(column, (str, int)):
            raise TypeError(f"read_records: want names or numbers of columns, got {column!r}")
    if not (header is None or isinstance(header, bool)):
        raise TypeError(f"read_records: header: want True, False or None, got {header!r}")
    return Options(title, None if categories is None else tuple(categories), separator,
                   delimiter and DELIMITERS.get(delimiter, delimiter), encoding, header, paths)


def given(options: Options) -> dict[str, Any]:
    """Those of the options that are not the default, by name, as JSON can hold them: keywords for `read_records`."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options._asdict().items()
            if value != Options._field_defaults[name]}


def inspect_file(path: FilePath, **options: Any) -> FileReport:
    """How `read_records` reads a file and why, from a sample of it. Options and errors are those of `read_records`."""
    with opened(place := checked_path("inspect_file", path), make_options(**options)) as source:
        reading = Reading(place, source, make_options(**options))
        for number, result in reading.of_sample():
            if isinstance(result, SkippedLine):
                reading.skipped.add(result.kind, f"{path}:{number}: {result}")
        return reading.report()


class RecordStream(Iterator[Record]):
    """An iterator of Record, good for one pass. n_records: how many came out; skipped: what was left out."""

    def __init__(self, records: Iterator[Record]):
        self.n_records, self.skipped, self._records = 0, Skipped(), records

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def __next__(self) -> Record:
        return next(self._records)


class RecordReader(RecordStream):
    """The records of some files; `skipped` counts by the keys of WANTED.

    readings: a `Reading` for each file that has been begun    number: the line, or row, of the last record in its file
    """

    _records: Generator[Record, None, None]

    def __init__(self, paths: Sequence[FilePath], options: Options = Options()):
        self.paths, self.options = [checked_path("read_records", path) for path in paths or ()], options
        if not self.paths:
            raise ValueError("read_records: no file given, want at least one")
        self._position = Position("reading", sizes_of(self.paths))
        self.number, self.readings = 0, list[Reading]()
        super().__init__(self._read())

    def summary(self) -> str:
        """One line, as '1,542 records, 5 skipped lines: 5 no category'."""
        return f"{self.n_records:,} records, {self.skipped.summary()}"

    def remarks(self) -> list[str]:
        """What of the files looks wrong, in words; complete once all is read."""
        return [f"{reading.path}: {remark}" for reading in self.readings for remark in reading.layout.remarks()]

    def expected_records(self) -> int:
        """About how many records there are in all, from the share of the bytes that have been read.

        At least AHEAD_BYTES of the files are read for it; all of them where that share is unknown.
        """
        while (share := self._share_read()) is None and next(self, None):
            pass
        return self.n_records if share is None else round(self.n_records / share)

    def _share_read(self):
        """How much of the files' bytes has been read, None for too little to tell, or where that is unknown."""
        reading, sizes = self.readings[-1], self._position.sizes
        if not sizes or reading.source.format in TABLES:  # whose bytes do not follow each other
            return None
        n_bytes = sum(sizes[:len(self.readings) - 1]) + reading.n_bytes()
        return n_bytes / sum(sizes) if n_bytes >= AHEAD_BYTES else None

    def only(self, some_of: Callable[[Iterator[Record]], Generator[Record, None, None]]) -> "RecordReader":
        """Itself, with those records only that `some_of` takes from them. n_records still counts all."""
        self._records = some_of(self._records)
        return self

    def close(self) -> None:
        """End the reading early."""
        self._records.close()

    def _read(self):
        """Yield the records of each file, count the skipped rows. ValueError for a file that is of no use."""
        logger = logging.getLogger("nnlite")
        for path in self.paths:
            with opened(path, self.options) as source:
                reading = Reading(path, source, self.options)
                self.readings.append(reading)
                n_before = self.n_records
                try:
                    for number, result in reading.results():
                        if isinstance(result, Record):
                            self.n_records, self.number = self.n_records + 1, number
                            if not self.n_records % SAID_RECORDS:
                                self._position.say(self.n_records, len(self.readings) - 1, reading.n_bytes())
                            yield result
                        else:
                            message = f"{path}:{number}: {result}"
                            reading.skipped.add(result.kind, message)
                            if self.skipped.add(result.kind, message):
                                logger.warning("%s", message)
                finally:
                    reading.log(logger)
                reading.check(self.n_records - n_before)
            self._position.say(self.n_records, len(self.readings), 0)


def _sample(source):
    """The first rows of a source, parsed: (line number, row or SkippedLine) each."""
    sample, n_chars = [], 0
    for number, item in islice(source.rows, SAMPLE_ROWS):
        row = source.parse(item) if source.parse else item
        if row is not None:
            sample.append((number, row))
        n_chars += sum(len(cell) if isinstance(cell, str) else 1 for cell in (item if type(item) is list else [item]))
        if n_chars > SAMPLE_CHARS and len(sample) >= LEAST_ROWS:
            break
    return sample


class Reading:
    """How one file is read: its `source`, its `layout`, and what was `skipped` so far.

    needs_categories: whether it must have columns of categories
    Raises ValueError if its columns cannot be understood.
    """

    def __init__(self, path: Path, source: Source, options: Options, needs_categories: bool = True):
        self.path, self.source, self.skipped = path, source, Skipped()
        self.records: list[Record] = []  # those of the sample
        self.sample = _sample(source)
        self.rows = good = [row for _, row in self.sample if row is not None and not isinstance(row, SkippedLine)]
        broken = [f"{path}:{number}: {row}" for number, row in self.sample if isinstance(row, SkippedLine)]
        if len(broken) > len(good):
            raise ValueError(f"{path}: {len(broken):,} of the first {len(self.sample):,} rows cannot be read; the "
                             f"first is {broken[0]}")
        if not good:
            raise ValueError(f"{path}: no rows{source.no_rows()}")
        try:
            self.layout = Layout(source.columns, good, options, needs_categories)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def results(self) -> Iterator[tuple[int, Record | SkippedLine]]:
        """(line number, Record or SkippedLine) of each row."""
        yield from self.of_sample()
        yield from self._results(self.source.rows)

    def of_sample(self) -> Iterator[tuple[int, Record | SkippedLine]]:
        """The first of `results`: those of the rows that were looked at."""
        sample, self.sample = self.sample, []
        for number, result in self._results(sample):
            if isinstance(result, Record):
                self.records.append(result)
            yield number, result

    def _results(self, rows):
        layout, parse, new = self.layout, self.source.parse, tuple.__new__
        plain = plain_products(layout) if parse is json_object and layout.is_plain else None
        for number, row in rows:
            if plain and (product := plain(row)):
                yield number, new(Record, product)
                continue
            if isinstance(row, str) and parse:
                row = parse(row)
            if row is not None:
                try:
                    yield number, row if isinstance(row, SkippedLine) else new(Record, layout.title_and_categories(row))
                except SkippedLine as trouble:
                    yield number, trouble
                except ValueError as error:
                    raise ValueError(f"{self.path}:{number}: {error}") from None

    def n_bytes(self) -> int:
        """How many bytes of the file have been read; 0 for standard input and formats that are read in any order."""
        file = self.source.file
        return 0 if file is None or self.source.format in TABLES or not file.seekable() else file.tell()

    def parsed(self) -> Iterator[tuple[int, Any]]:
        """(line number, row or SkippedLine) of each row, instead of `results`."""
        yield from self.sample
        for number, item in self.source.rows:
            row = self.source.parse(item) if self.source.parse else item
            if row is not None:
                yield number, row

    def report(self) -> FileReport:
        """How the file is read and why, as seen in the sample and in all that was read."""
        source, layout = self.source, self.layout
        return FileReport(str(self.path), source.format, source.encoding, source.delimiter, source.notes,
                          column_reports(layout, self.rows), self.records[:SHOWN], layout.n_rows, len(self.records),
                          dict(self.skipped), doubts(layout, self.records))

    def log(self, logger: logging.Logger) -> None:
        """Tell how the file was read, and what the sample did not show."""
        short = self.report().short()
        logger.info("%s", short)
        for remark in self.layout.remarks():
            if remark not in short:
                logger.warning("%s: %s", self.path, remark)

    def check(self, n_records: int) -> None:
        """ValueError if the whole file made n_records only, and most rows were of no use.

        Variants, and products without a category, are rows as they should be.
        """
        skipped, useless = self.skipped, {**self.skipped}
        n_rows = n_records + skipped.total() - useless.pop("variant", 0)
        useless.pop("no category", 0)
        n_broken = sum(n for kind, n in useless.items() if kind in BROKEN)
        if not n_records or n_broken > n_rows / 2 or sum(useless.values()) > n_rows / 2 and n_rows >= MIN_ROWS:
            what = "no usable record" if not n_records else f"only {n_records:,} usable records"
            raise ValueError(f"{self.path}: {what} in {skipped.summary('rows')}; the first is {skipped.examples[0]}"
                             if skipped else f"{self.path}: the file is empty")
