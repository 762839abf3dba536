"""`opened`: a product file as a stream of rows, before anything is decided about their meaning."""

import bz2
import codecs
import errno
import gzip
import io
import lzma
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

from nnlite.data.files import dialect, encoding, labelled, tables
from nnlite.data.files.columns import HINTS, TITLES, Options, Row, plain
from nnlite.data.files.delimited import Rows
from nnlite.data.files.dialect import Dialect
from nnlite.data.files.feed import ITEMS, Feed
from nnlite.data.files.json_document import Objects
from nnlite.data.files.json_rows import json_object
from nnlite.data.files.json_survey import survey
from nnlite.data.files.kinds import binary_kind, is_binary, text_kind
from nnlite.data.lines import DAMAGE, SkippedLine, numbered_lines

SAMPLE_BYTES = 1 << 18
PACKINGS: dict[bytes, tuple[str, Callable]] = {  # how a file begins -> its ending, what opens it
    b"\x1f\x8b": (".gz", gzip.open),
    b"BZh": (".bz2", bz2.open),
    b"\xfd7zXZ\0": (".xz", lzma.open),
}
TABLES = {"Parquet": tables.parquet, "Excel": tables.excel}
NAMES = {",": "CSV", "\t": "TSV"}
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']""")
_CUT = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")  # in UTF-8


class Source(NamedTuple):
    """The rows of a file.

    format: in words    encoding: of the file    delimiter: of a table, else None
    columns: the names of a table's columns, None where each row is an object of its own
    rows: (line number, row or SkippedLine) each, without the header    notes: what a person should know
    parse: makes the row of each item of rows, None for an empty line; None if they are rows already
    file: that is read, None for standard input
    table, line_end, has_mark: of a table of text, how it is written; whether it begins with a byte order mark
    """

    format: str
    encoding: str
    delimiter: str | None
    columns: list[str] | None
    rows: Iterator[tuple[int, Any]]
    notes: list[str]
    parse: Callable[[Any], Row | SkippedLine | None] | None = None
    file: Any = None
    table: Dialect | None = None
    line_end: str = "\n"
    has_mark: bool = False

    def no_rows(self) -> str:
        """Where rows were looked for, if there are none."""
        if self.format == "XML feed":
            return f", want elements named {', '.join(sorted(ITEMS))}"
        return " below the header" if self.columns else ""


class Peeked(io.RawIOBase):
    """A file of bytes whose first `sample` bytes have been looked at: they are read again."""

    def __init__(self, file: Any, path: Path):
        self.file, self.path, self.sample = file, path, b""
        self.trouble: Exception | None = None  # met while looking, raised again where it stands
        try:
            while len(self.sample) < SAMPLE_BYTES and (block := file.read1(SAMPLE_BYTES)):
                self.sample += block
        except (ValueError, *DAMAGE) as error:
            self.trouble = error
        self.rest = self.sample

    def read1(self, size: int = -1) -> bytes:
        """Some bytes, at most `size`; b"" at the end. ValueError, with the path, if they cannot be understood."""
        if self.rest:
            block, self.rest = self.rest[:size], self.rest[size:]
            return block
        try:
            if self.trouble:
                raise self.trouble
            return self.file.read1(size)
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from None
        finally:
            self.trouble = None  # by its traceback it refers to this object

    @property
    def text(self) -> tuple[str, bool]:
        """(the sample as text, whether it is the whole file); a line that is cut is left out, if it is not the only."""
        is_whole = len(self.sample) < SAMPLE_BYTES
        end = len(self.sample) if is_whole else self.sample.rfind(b"\n") + 1 or len(self.sample)
        return self.sample[:end].decode(errors="replace").removeprefix("\ufeff"), is_whole


@contextmanager
def opened(path: Path, options: Options) -> Iterator[Source]:
    """The rows of a file, or of standard input for "-", which stays open within the context.

    Raises ValueError for what is not a file of products, OSError for what cannot be opened.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a directory, want a file of products", str(path))
    with ExitStack() as stack:
        file = _buffered(sys.stdin.buffer) if str(path) == "-" else stack.enter_context(open(path, "rb"))
        try:
            source = _source(stack.enter_context(unpacked(file, path)), path, options, stack)
        except ValueError as error:
            raise ValueError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
        yield source if str(path) == "-" else source._replace(file=file)


def _buffered(file):
    return file if hasattr(file, "peek") else io.BufferedReader(file)


def unpacked(file: Any, path: Path) -> Any:
    """The file (of bytes, open) as what is packed in it, by its first bytes or the ending of its name."""
    start, ending = file.peek(6), path.suffix.lower()
    for first, (known, unpack) in PACKINGS.items():
        if start.startswith(first) or ending == known:
            return unpack(file, "rb")
    return nullcontext(file)


def _source(file, path, options, stack):
    """The Source of an open file. Raises ValueError."""
    sample, file = encoding.look(file)
    binary = binary_kind(sample)
    if binary:
        columns, rows, notes = TABLES[binary](stack.enter_context(tables.seekable(file)), _named(options.title))
        if options.header is False and binary == "Excel":
            raise ValueError("an Excel file without a header is not read, want a first row that names the columns")
        return Source(binary, "", None, columns, rows, notes)
    name, why = _encoding(sample, options)
    peeked = Peeked(encoding.utf8(file, name).raw, path)
    text, is_whole = peeked.text
    if not text.strip() and (is_whole or peeked.trouble):
        raise ValueError(f"damaged file, {peeked.trouble}" if peeked.trouble else "the file is empty")
    return _text_source(peeked, text, is_whole, _ending(path), options, name, [why] if why else [])


def _ending(path):
    """The ending of the file's name without that of its packing."""
    packings = [ending for ending, _ in PACKINGS.values()]
    return (path.with_suffix("") if path.suffix.lower() in packings else path).suffix.lower()


def _encoding(sample, options):
    """(encoding, why); an XML document may name its own."""
    if options.encoding:
        return encoding.checked_name(options.encoding), ""
    declared = _declared(sample)
    try:
        name, why = encoding.decide(_uncut(sample))
    except ValueError:
        if not declared and not is_binary(sample):
            raise
        name, why = "", "unknown"
    if not name.startswith(("utf-16", "utf-32")):
        if is_binary(sample):
            raise ValueError("a binary file, want a text, .parquet or .xlsx file of products")
        if declared and (why or sample.isascii()):
            return declared, f"read as {declared}, as the document says" if why else ""
    return name, why


def _uncut(sample):
    """The sample without a last character that is cut, if it is UTF-8 before that: one line may be all of a file."""
    shorter = _CUT.sub(b"", sample)
    with suppress(UnicodeDecodeError):
        if not shorter.isascii() and shorter.decode():
            return shorter
    return sample


def _declared(sample):
    """The 8-bit encoding that an XML document names, windows-1252 for ISO-8859-1; '' for none that counts."""
    match = _DECLARED.match(sample[:1000])
    with suppress(ValueError):
        name = encoding.checked_name(match[1].decode()) if match else ""
        return "" if name.startswith("utf") else "cp1252" if name in ("iso8859-1", "ascii") else name
    return ""


def _text_source(file, text, is_whole, ending, options, name, notes):
    """The Source of a file of UTF-8 bytes."""
    kind = text_kind(text, is_whole, ending, options)
    if kind == "XML":
        return Source("XML feed", name, None, None, _with_path(file.path, Feed(file)), notes)
    if kind == "JSON lines":
        return Source(kind, name, None, None, numbered_lines(file), notes, json_object)
    if kind == "JSON document":
        found = survey(text, options.title, is_whole)
        return Source(kind, name, None, None, iter(Objects(file, found)), notes + found.notes)
    if kind == "fastText":
        return Source(kind, name, None, labelled.COLUMNS, numbered_lines(file), notes, labelled.labelled)
    table = dialect.decide(text, ending, options.delimiter, options.header is not False,
                           _named(options.title))
    columns = table.columns if table.columns is not None else [str(i + 1) for i in range(table.n_columns)]
    if ending == ".txt" and options.title is None and options.header is not False and \
            not any(name in TITLES or HINTS.fullmatch(name) for name in map(plain, columns)):
        raise ValueError(f"a list of titles without categories, want lines like '{labelled.PREFIX}shoes red boots', or "
                         "a header with a title and a category: `predict` takes such a list, or name the columns with "
                         "--title and --categories")
    return Source(NAMES.get(table.delimiter, "delimited text"), name, table.delimiter, columns,
                  iter(Rows(file, table)), notes + table.why, table=table,
                  line_end="\r\n" if "\r\n" in text else table.line_end,
                  has_mark=file.sample.startswith(codecs.BOM_UTF8))


def _named(title):
    """The name of the column of titles, None if it is not given or a number."""
    return title if isinstance(title, str) else None


def _with_path(path, rows):
    """The same rows; an error on the way says which file it is about."""
    try:
        yield from rows
    except ValueError as error:
        raise ValueError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
