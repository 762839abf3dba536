"""`opened`: a product file as a stream of rows, before anything is decided about their meaning."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from nnlite.data.files import dialect
from nnlite.data.files.columns import Options, Row
from nnlite.data.files.delimited import Rows
from nnlite.data.files.json_rows import json_object
from nnlite.data.lines import SkippedLine, numbered_lines, open_binary

SAMPLE_BYTES = 1 << 18


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


class Peeked(io.RawIOBase):
    """A file of bytes whose first `sample` bytes have been looked at: they are read again."""

    def __init__(self, file: Any):
        self.file, self.sample = file, b""
        while len(self.sample) < SAMPLE_BYTES and (block := file.read1(SAMPLE_BYTES)):
            self.sample += block
        self.rest = self.sample

    def read1(self, size: int = -1) -> bytes:
        """Some bytes, at most `size`; b"" at the end."""
        if self.rest:
            block, self.rest = self.rest[:size], self.rest[size:]
            return block
        return self.file.read1(size)


@contextmanager
def opened(path: Path, options: Options) -> Iterator[Source]:
    """The rows of a file, which stays open within the context."""
    with open_binary(path) as raw:
        file = Peeked(raw)
        if path.name.startswith("x.json") or ".json" in path.name or ".nd" in path.name:
            yield Source("JSON lines", "utf-8", None, None, numbered_lines(file), [], json_object)
            return
        text = file.sample.decode(errors="replace")
        ending = path.suffix
        found = dialect.decide(text, ending, options.delimiter, options.header is not False)
        columns = found.columns if found.columns is not None else [str(i + 1) for i in range(found.n_columns)]
        yield Source("delimited", "utf-8", found.delimiter, columns, iter(Rows(file, found)), found.why)
