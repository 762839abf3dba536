"""The numbered lines of any file, plain or packed; `SkippedLine`, what is wrong with one, and `Skipped`, their count.

Memory holds a block of the file and at most MAX_LINE_BYTES of a line.
"""

import bz2
import gzip
import io
import lzma
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

OPENERS: dict[str, Callable] = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# Raised by a packed file that is damaged; RuntimeError by bz2, at the next try.
DAMAGE = (EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError)
MAX_LINE_BYTES = 1 << 20  # bytes
BLOCK_BYTES = 1 << 16  # bytes, read at a time; fewer than a line may have
# Without the line end. Python's own parser takes a hundred times the memory, and quadratic time for some texts.
MAX_LITERAL_CHARS = 1 << 17
MAX_OBJECT_CHARS = 1 << 24  # of a product in a document or feed
MAX_TITLE_CHARS = 10_000  # real titles have less than 2,000
MAX_EXAMPLES = 5
MAX_EXAMPLE_CHARS = 1_000
MAX_ROW_LINES = 256  # lines of one CSV row: a quote that stays open for longer is a stray one

WANTED = {
    "not UTF-8": "text in UTF-8",
    "line too long": f"at most {MAX_LINE_BYTES:,} bytes",
    "object too long": f"at most {MAX_OBJECT_CHARS:,} characters a product",
    "damaged file": "a whole file of the kind that its ending names",
    "not JSON": f"a JSON object, or a Python dict of at most {MAX_LITERAL_CHARS:,} characters",
    "not an object": "a JSON object",
    "not an item": "an element with the name or the place of the first product",
    "not CSV": "a row that the csv module can read",
    "unclosed quote": f"a row to end within {MAX_ROW_LINES} lines",
    "wrong columns": "as many columns as the header has",
    "header": "a product below the one header",
    "no title": "a text that is more than HTML or page code as title",
    "title too long": f"a title of at most {MAX_TITLE_CHARS:,} characters",
    "no category": "at least one category",
    "bad category": "texts or lists of texts as categories",
    "nested too deep": "at most lists of lists as categories",
    "variant": "a row of its own product, not another variant of the one above",
}
BROKEN = {"not UTF-8", "line too long", "object too long", "damaged file", "not JSON", "not an object", "not CSV",
          "unclosed quote", "wrong columns"}  # of these kinds: a row that could not be read at all


class SkippedLine(Exception):
    """A line that makes no record: its kind, a key of WANTED, and what came instead."""

    def __init__(self, kind: str, came: Any):
        shown = repr(came[:60]) if isinstance(came, (str, bytes)) else type(came).__name__
        super().__init__(f"{kind}, want {WANTED[kind]}, got {shown}")
        self.kind = kind


class Skipped(Counter[str]):
    """How many items a stream of records skipped, by kind: a dict, and the first MAX_EXAMPLES as `examples`."""

    def __init__(self) -> None:
        super().__init__()
        self.examples: list[str] = []

    def add(self, kind: str, example: str) -> bool:
        """Count an item of this kind. Returns whether it is among the examples."""
        self[kind] += 1
        is_shown = len(self.examples) < MAX_EXAMPLES
        self.examples += [example[:MAX_EXAMPLE_CHARS]] * is_shown
        return is_shown

    def summary(self, noun: str = "skipped lines") -> str:
        """One line, most frequent kinds first, as '7 skipped lines: 5 no category, 2 not JSON'."""
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in self.most_common())
        return f"{self.total():,} {noun}" + (f": {kinds}" if kinds else "")


def open_binary(path: str | Path) -> Any:
    """The file opened for reading its unpacked bytes."""
    suffix = Path(path).suffix.lower()
    return OPENERS[suffix if suffix in OPENERS else ""](path, "rb")


def numbered_lines(file: Any) -> Iterator[tuple[int, "str | SkippedLine"]]:
    """Yield (line number, text or SkippedLine) of a file of bytes; a damaged file ends with a SkippedLine."""
    number, rest, block = 0, b"", b"\n"
    while block:
        try:
            block = file.read1(BLOCK_BYTES)
        except DAMAGE as error:
            yield number + 1, SkippedLine("damaged file", str(error))
            return
        whole, end, rest = (rest + block).rpartition(b"\n") if block else (rest, b"", b"")
        texts = _texts(whole + end)
        if number == 0 and texts and isinstance(texts[0], str):
            texts[0] = texts[0].removeprefix("\ufeff")
        yield from enumerate(texts, number + 1)
        number += len(texts)
        rest = rest[:MAX_LINE_BYTES + 1]  # enough to show that it is too long


def _texts(lines):
    """The text or the SkippedLine of each line in some bytes."""
    with suppress(UnicodeDecodeError):
        if len(lines) <= MAX_LINE_BYTES:
            return io.StringIO(lines.decode(), newline="\n").readlines()
    return [_text(line) for line in io.BytesIO(lines).readlines()]


def _text(line):
    if len(line) > MAX_LINE_BYTES:
        return SkippedLine("line too long", line)
    try:
        return line.decode()
    except UnicodeDecodeError:
        return SkippedLine("not UTF-8", line)
