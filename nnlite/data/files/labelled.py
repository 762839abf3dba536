"""`labelled`: the rows of fastText's format, `__label__a __label__b the title`."""

import re
from typing import Any

from nnlite.data.lines import SkippedLine

COLUMNS = ["title", "category"]
PREFIX = "__label__"
_LABELS = re.compile(rf"(?:\s*{PREFIX}\S*)*")


def labelled(text: str | SkippedLine) -> list[Any] | SkippedLine | None:
    """[title, list of labels] of a line; None for an empty line."""
    if isinstance(text, SkippedLine):
        return text
    if not text.strip():
        return None
    match = _LABELS.match(text)
    assert match  # at least the start
    end = match.end()
    return [text[end:].strip(), [label.removeprefix(PREFIX) for label in text[:end].split()]]


def is_labelled(lines: list[str]) -> bool:
    """Whether most lines begin with a label."""
    lines = [line for line in lines if line.strip()]
    return 2 * sum(line.lstrip().startswith(PREFIX) for line in lines) > len(lines)
