"""Raw product files become Records, a title and its categories, one at a time.

The ending names the format; .gz, .bz2 or .xz may follow it:
- .jsonl, .json: one JSON object a line, no array around them: Amazon metadata of 2018 (`category` is a list) and 2023
  (`main_category`, and `categories`, a list). Or one Python literal a line, as in 2014 (`categories` holds paths).
- .csv, .tsv: a header, then rows of as many columns. Case, spaces, `_` and `-` in the header do not matter.

The title is the first of TITLE_KEYS that is a text and not empty once it is cleaned. The categories are those of all
CATEGORY_KEYS; in a CSV, of all columns that CATEGORY_COLUMN describes. A list, or a list of lists, keeps its names
whole. A text is a path, separated by `|`, `>` or `›`, or a list in brackets, as data frames export it. All are cleaned,
and duplicates count once.

A line that makes no record is skipped and counted by its kind (the keys of WANTED); the first few are shown on the
logger "nnlite". Records and skipped lines together are the lines that are not empty (in a CSV, the rows below the
header), and one more where a file is damaged. Memory holds a block of a file, one line, or the lines of one row; who
keeps all records of a packed file needs memory for the unpacked texts, a thousand times the file's size at worst.
"""

import ast
import html
import itertools
import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from nnlite.data.lines import MAX_LITERAL_CHARS, MAX_TITLE_CHARS, OPENERS, Skipped, SkippedLine, numbered_lines
from nnlite.data.rows import Rows

MAX_PLAIN_CHARS, MAX_PLAIN_NAMES = 1 << 13, 1 << 6  # of a line whose names are remembered, cleaned

TITLE_KEYS = ("title", "name", "product_name", "productName")
CATEGORY_KEYS = ("main_category", "category", "categories", "sub_category")
CATEGORY_COLUMN = re.compile(r"(amazon|main|sub|product)?categor(y|ies)(name|level|andsubcategory)?\d*")
_DELIMITERS = {".jsonl": "", ".json": "", ".csv": ",", ".tsv": "\t"}

_ENTITY = re.compile(r"&#?\w{1,31};")  # HTML knows some without the semicolon as well, but '911&GT3' is not '911>3'
# What is opened and never closed reaches to the end, which also keeps the time linear.
_CODE = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE)
_TAG = re.compile(r"<[/!?]?[a-z][^<>]*>", re.IGNORECASE)
# Control characters, lone surrogates, marks of direction and of no width; the joiners stay, scripts need them.
_HIDDEN = re.compile("[\0-\b\x0e-\x1b\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

_decoder: Any = json.JSONDecoder(strict=False)  # a raw tab inside a text is no reason to lose the line
_OTHER_KEYS = {"main_category", "categories", "sub_category"}


class Record(NamedTuple):
    """One product: its title and its distinct categories, all cleaned and none of them empty."""

    title: str
    categories: tuple[str, ...]


def read_records(path: str | Path | list | tuple) -> "RecordReader":
    """A RecordReader over the file `path` (str or Path), or over a list or tuple of files, one after the other.

    Raises OSError for a file that is not there or cannot be opened. Raises ValueError for an unknown ending and, once
    it gets there, for a JSON array, a CSV without the columns that are needed, a file without a usable record.
    """
    return RecordReader(path if isinstance(path, (list, tuple)) else [path])


class RecordStream(Iterator[Record]):
    """An iterator of Record, good for one pass. n_records: how many came out; skipped: what was left out."""

    def __init__(self, records: Iterator[Record]):
        self.n_records, self.skipped, self._records = 0, Skipped(), records

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def __next__(self) -> Record:
        return next(self._records)


class RecordReader(RecordStream):
    """The records of some files; `skipped` counts by the keys of WANTED."""

    def __init__(self, paths: list | tuple):
        if not paths:
            raise ValueError("read_records: no file given, want at least one")
        super().__init__(self._read([_checked(path) for path in paths]))

    def summary(self) -> str:
        """One line, as '1,542 records, 5 skipped lines: 5 no category'."""
        return f"{self.n_records:,} records, {self.skipped.summary()}"

    def _read(self, files):
        """Yield the records of each file, count the skipped lines. ValueError for a file without a record."""
        for path, open_file, delimiter in files:
            n_before, skipped = self.n_records, Skipped()
            with open_file(path, "rb") as file:
                lines = numbered_lines(file)
                for number, result in _csv_records(path, lines, delimiter) if delimiter else _json_records(path, lines):
                    if isinstance(result, Record):
                        self.n_records += 1
                        yield result
                        continue
                    message = f"{path}:{number}: {result}"
                    skipped.add(result.kind, message)
                    if self.skipped.add(result.kind, message):
                        logging.getLogger("nnlite").warning("%s", message)
            if self.n_records == n_before:
                empty = "the file is empty below its header" if delimiter else "the file is empty"
                why = f"the first is {skipped.examples[0]}" if skipped else empty
                raise ValueError(f"{path}: no usable record in {skipped.summary('lines')}; {why}")


def _checked(path):
    """(path, opener, delimiter) of a file that exists and whose format is known."""
    path = Path(path)
    path.stat()
    for ending, packing in itertools.product(_DELIMITERS, OPENERS):
        if path.name.lower().endswith(ending + packing):
            return path, OPENERS[packing], _DELIMITERS[ending]
    raise ValueError(f"{path}: unknown ending, want .jsonl, .json, .csv or .tsv, which .gz, .bz2 or .xz may follow")


def clean(text: str) -> str:
    """`text` on one line, as a page would show it.

    Entities become characters (those escaped twice as well); comments, scripts, styles and tags become a space;
    invisible characters are removed; white space becomes single spaces. A '<' that opens no tag stays, as in '3 < 5'.
    """
    if "&" in text and ";" in text:
        for _ in range(2):
            text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if not text.isprintable():
        text = " ".join(_HIDDEN.sub("", text).split())
    if "<" in text:
        text = _TAG.sub(" ", _CODE.sub(" ", text))
    return " ".join(text.split()) if "  " in text else text.strip()


_clean_name = lru_cache(maxsize=1 << 12)(clean)  # of the name of a category, which many records share


@lru_cache(maxsize=1 << 12)
def _clean_names(names):
    """The distinct names in a tuple of them, cleaned; records that share them all share one tuple."""
    return tuple(dict.fromkeys(filter(None, map(_clean_name, names))))


def _attempt(make, came):
    """make(came), or the SkippedLine that it raises; a SkippedLine that came stays."""
    if isinstance(came, SkippedLine):
        return came
    try:
        return make(came)
    except SkippedLine as trouble:
        return trouble


def _json_records(path, lines):
    """Yield (line number, Record or SkippedLine)."""
    first = True
    for number, text in lines:
        result = _plain_record(text)
        if result is None:
            if isinstance(text, str) and not text.strip():
                continue
            if first and isinstance(text, str) and text.lstrip().startswith("["):
                raise ValueError(f"{path}:{number}: a JSON array, want one object a line, as `jq -c '.[]'` writes them")
            result = _attempt(_json_record, text)
        first = False
        yield number, result


def _plain_record(text):
    """The record of a plain line of the kind of 2018, faster than by `_json_record`; None for all other lines."""
    try:
        value, end = _decoder.scan_once(text, 0)
        title, names = value["title"], value["category"]
        if type(title) is str and type(names) is list and _OTHER_KEYS.isdisjoint(value) and \
                len(text) <= MAX_PLAIN_CHARS and len(names) <= MAX_PLAIN_NAMES and \
                (text[end:] == "\n" or not text[end:].strip(" \t\r\n")):
            title, categories = clean(title), _clean_names(tuple(names))
            if title and categories and "getTime" not in title:
                return tuple.__new__(Record, (title, categories))
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        pass
    return None


def _json_record(text):
    value = _parsed(text)
    if not isinstance(value, dict):
        raise SkippedLine("not an object", text)
    titles = [value[key] for key in TITLE_KEYS if key in value]
    return _record(titles, [value[key] for key in CATEGORY_KEYS if value.get(key) is not None])


def _parsed(text):
    """The value of a JSON text or, failing that, of a Python literal."""
    with suppress(ValueError, RecursionError):
        return _decoder.decode(text)
    if text.startswith(("{", "[")) and len(text.rstrip("\r\n")) <= MAX_LITERAL_CHARS:
        with warnings.catch_warnings(), suppress(ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            warnings.simplefilter("ignore")  # Python's parser warns of escapes that it does not know
            return ast.literal_eval(text)
    raise SkippedLine("not JSON", text)


def _record(titles, values):
    cleaned = (clean(title) for title in titles if isinstance(title, str))
    title = next(filter(_is_title, cleaned), None)
    if title is None:
        raise SkippedLine("no title", next(filter(None, titles), None))
    if len(title) > MAX_TITLE_CHARS:
        raise SkippedLine("title too long", title)
    categories = tuple(dict.fromkeys(name for value in values for name in _names(value) if name))
    if not categories:
        raise SkippedLine("no category", title)
    return Record(title, categories)


def _is_title(title):
    """Whether a cleaned title is neither empty nor the timing script of Amazon's page, as in the files of 2018."""
    return title != "" and "getTime" not in title


def _names(value, levels=2):
    """The cleaned names in a text, or in a list of texts and of lists, `levels` in all."""
    if isinstance(value, str):
        exported = _attempt(_parsed, value) if value.startswith("[") and value.endswith("]") else None
        if isinstance(exported, list):
            return _names(exported)
        return [name.strip() for name in re.split("[|>›]+", clean(value))]
    if not isinstance(value, (list, tuple)):
        raise SkippedLine("bad category", value)
    if not levels:
        raise SkippedLine("nested too deep", value)
    parts = ([clean(item)] if isinstance(item, str) else _names(item, levels - 1) for item in value)
    return [name for part in parts for name in part]


def _csv_records(path, lines, delimiter):
    """Yield (line number, Record or SkippedLine)."""
    rows = iter(Rows(lines, delimiter))
    number, header = next(rows, (1, "the file is empty"))
    if not isinstance(header, list):
        raise ValueError(f"{path}:{number}: no header: {header}")
    names = [re.sub(r"[\s_-]", "", name).lower() for name in header]
    titles = [names.index(key) for key in map(str.lower, TITLE_KEYS) if key in names]
    categories = [i for i, name in enumerate(names) if CATEGORY_COLUMN.fullmatch(name)]
    if not titles or not categories:
        raise ValueError(f"{path}:{number}: want columns 'title' and 'category', got {str(header):.1000}")
    for number, row in rows:
        yield number, _attempt(lambda row: _record([row[i] for i in titles], [row[i] for i in categories]), row)
