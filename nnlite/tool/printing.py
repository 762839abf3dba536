"""What the command line prints: texts of the data and names of files can neither steer a terminal nor turn its lines.

Control characters, line and paragraph separators and marks of direction are spelt out, as \\u001b. JSON stays valid.
"""

import json
import logging
import math
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TextIO

_STEERING = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_FORMULA = re.compile('[-=+@"\uff0b\uff0d\uff1d\uff20]')  # a spreadsheet takes the wide characters for the plain ones


def printable(text: str) -> str:
    """The text with its control characters, tabs and line ends too, spelt out."""
    return text if text.isprintable() else _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cell(text: str) -> str:
    """As `printable`, for a table: what a spreadsheet would take for a formula or a quote begins with an apostrophe."""
    return "'" * bool(_FORMULA.match(text)) + printable(text)


def show(text: object, file: TextIO | None = None) -> None:
    """Print a text, by default to standard output. Its tabs and line ends stay, all else is `printable`."""
    lines = ["\t".join(map(printable, line.split("\t"))) for line in str(text).split("\n")]
    print("\n".join(lines), file=file, flush=True)


def write(data: str) -> None:
    """Write data to standard output, if there is one: `show` on a terminal, else as they are, in UTF-8."""
    if not sys.stdout:
        return
    if sys.stdout.isatty():
        show(data.removesuffix("\n"))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def say(text: object) -> None:
    """`show` a message on standard error, if there is one; above the bars of tqdm, if it is in use."""
    if sys.stderr:
        bars = sys.modules.get("tqdm.auto")
        with bars.tqdm.external_write_mode(file=sys.stderr) if bars else nullcontext():
            show(text, sys.stderr)


@contextmanager
def messages() -> Iterator[None]:
    """Within it, nnlite's log and Python's warnings are messages of `say`; of the same ones the first is said."""
    logger, handler = logging.getLogger("nnlite"), _Handler()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say_warning
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Handler(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Say a message, the first time that it comes."""
        text = record.getMessage()
        if text not in self.said:  # a training from chunks reads its files several times
            self.said.add(text)
            say(text)


def _say_warning(message, category, filename, lineno, file=None, line=None):
    say(f"{category.__name__}: {message}")


def json_text(value: Any, **options: Any) -> str:
    """The JSON of a value; NaN and infinities, which JSON has not, are null. options: of `json.dumps`"""
    try:
        return json.dumps(value, allow_nan=False, **options)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, **options)


def _finite(value):
    """The same with None in the place of numbers that are not finite."""
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
