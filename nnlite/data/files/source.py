"""`opened`: a product file as a stream of rows, before anything is decided about their meaning."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from nnlite.data.files.columns import Options, Row
from nnlite.data.files.json_rows import json_object
from nnlite.data.lines import SkippedLine, numbered_lines, open_binary


class Source(NamedTuple):
    """The rows of a file.

    format: in words    encoding: of the file    delimiter: of a table, else None
    columns: the names of a table's columns, None where each row is an object of its own
    rows: (line number, row or SkippedLine) each, without the header    notes: what a person should be told
    parse: makes the row of each item of rows, None for an empty line; None if they are rows already
    """

    format: str
    encoding: str
    delimiter: str | None
    columns: list[str] | None
    rows: Iterator[tuple[int, Any]]
    notes: list[str]
    parse: Callable[[Any], Row | SkippedLine | None] | None = None


@contextmanager
def opened(path: Path, options: Options) -> Iterator[Source]:
    """The rows of a file, which stays open within the context."""
    with open_binary(path) as file:
        yield Source("JSON lines", "utf-8", None, None, numbered_lines(file), [], json_object)
