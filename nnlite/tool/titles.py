"""Titles as they are typed or piped into `nnlite predict`, and the lines that it writes for them."""

import os
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from nnlite.data.lines import MAX_LINE_BYTES
from nnlite.tool.predict_data import Pairs
from nnlite.tool.printing import cell, json_text, printable

READ_BYTES = 1 << 16  # of standard input, at most, before the titles in them are predicted


def typed(argument: str) -> str:
    """An argument decoded as UTF-8, whatever the locale; bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(argument).decode("utf-8", "replace")


def batches(file: TextIO | None) -> Iterator[list[str]]:
    """Yield lists of the lines of a text file, such as standard input, as soon as they arrive.

    Decoded as by `typed`. A longer line is cut after MAX_LINE_BYTES.
    """
    block, rest = b"\n", b""
    buffer: Any = file and file.buffer
    while buffer and block:
        block = buffer.read1(READ_BYTES)
        *whole, rest = (rest + block).split(b"\n")
        if not block and rest:
            whole.append(rest)
        if whole:
            yield [line[:MAX_LINE_BYTES].decode("utf-8", "replace") for line in whole]
        rest = rest[:MAX_LINE_BYTES]


def line(title: str, pairs: Pairs, as_cell: Callable[[str], str] = cell) -> str:
    """A title and its categories with their probabilities, separated by tabs; no cell is a formula."""
    return "\t".join(map(as_cell, [title, *(f"{' '.join(name.split())} {p:.2f}" for name, p in pairs)]))


def raw_line(title: str, pairs: Pairs) -> str:
    """As `line`, but formulas stay."""
    return line(title, pairs, printable)


def json_line(title: str, pairs: Pairs) -> str:
    """The same as a JSON object."""
    return json_text({"title": title, "categories": [{"category": name, "probability": p} for name, p in pairs]})
