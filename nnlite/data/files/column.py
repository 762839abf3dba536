"""`Column`: a column of categories, and what of it the sample did not show."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from nnlite.data.cleaning import clean
from nnlite.data.files.cells import NO_NAMES, Writing, has_levels, names
from nnlite.data.lines import SkippedLine


BITS = frozenset(("0", "1", "0.0", "1.0", "true", "false", "yes", "no", "x", ""))
YES = frozenset(("1", "1.0", "true", "yes", "x"))


def has_lines(text: str) -> bool:
    """Whether a text has several lines."""
    return "\n" in text and "\n" in text.strip()


MARKS: dict[str, Callable[[str], Any]] = {  # that may separate
    "a comma ,": re.compile(",").search, "a slash /": re.compile("/").search, "a semicolon ;": re.compile(";").search,
    "a sign between levels, such as >": has_levels, "a line end": has_lines, "a dash - ": re.compile(" [-–] ").search,
    "the text of an array": re.compile(r"\s*[\[({].*[\])}]\s*", re.DOTALL).fullmatch}

Key = int | str  # of a column: its place in a table, its key in an object


@lru_cache(maxsize=1 << 12)
def _plain_name(text):
    """A name that many lists share, cleaned; "" if it is none, or has a sign between levels."""
    name = clean(text)
    return "" if name in NO_NAMES or has_levels(name) else name


class Column:
    """A column of categories: its key, its name, how its cells are written.

    is_bit: 1 means its name    skips_ids: numbers are no names

    news: what cells of the sample did not have -> [how many different later cells do, one of these]
    """

    def __init__(self, key: Key, name: str, writing: Writing, is_bit: bool, paths: str, sample: Sequence[Any] = (),
                 skips_ids: bool = False):
        self.key, self.name, self.writing, self.is_bit, self.paths = key, name, writing, is_bit, paths
        self.skips_ids = skips_ids
        self.news: dict[str, list[Any]] = {}
        texts = [value for value in sample if isinstance(value, str)]
        self.types = {type(value) for value in sample} | {str}
        if self.types & {list, tuple}:
            self.types |= {list, tuple}
        self.has_paths = is_bit or bool(writing.only) or writing.items or any(
            has_levels(item) for value in sample if isinstance(value, (list, tuple)) for item in value
            if isinstance(item, str))  # or none that would be news
        self.lists_names = tuple in self.types and not (
            is_bit or skips_ids or writing.only or writing.items or writing.ordered)
        separators = writing.lists + writing.levels
        self.watched = () if is_bit or writing.only else tuple(
            (what, is_in) for what, is_in in MARKS.items()
            if not any(map(is_in, texts)) and what[-1] not in separators)
        self.known: frozenset[str] | None = None
        self.of_text = lru_cache(maxsize=1 << 12)(self._names)  # many products share their categories
        if not (is_bit or writing.only) and (writing.roots is not None or not writing.lists):
            listed = [text for text in dict.fromkeys(texts) if "," in text]
            self.known = frozenset(name for text in listed for name in self._safe(text)) if listed else None

    def _safe(self, value):
        try:
            return self.names(value)
        except SkippedLine:
            return []

    def _names(self, value: Any) -> list[str]:
        if self.is_bit:
            return [clean(self.name)] if str(value).strip().lower() in YES else []
        if self.skips_ids and str(value).strip().isdecimal():
            return []
        found = names(value, self.writing, self.paths)
        if type(value) is str:
            for what, is_in in self.watched:
                if is_in(value):
                    self._note(what, value)
            if self.known is not None and "," in value and not self.known.issuperset(n for n in found if "," in n):
                self._note("another name with ,", value)
        elif not self.has_paths and isinstance(value, (list, tuple)) and has_levels(" ".join(found)):
            self._note("a list of names with a sign between levels, such as >", value)
        elif type(value) not in self.types:
            self._note(f"a value of type {type(value).__name__}", value)
        return found

    def distinct(self, listed: tuple[Any, ...]) -> tuple[str, ...]:
        """The distinct ones of `names` in a tuple, fast where it holds plain names."""
        if self.lists_names and {*map(type, listed)} == {str}:
            found = dict.fromkeys(map(_plain_name, listed))
            if "" not in found:
                return tuple(found)
        return tuple(dict.fromkeys(self.names(listed)))

    def _note(self, what, value):
        self.news.setdefault(what, [0, value])[0] += 1

    def names(self, value: Any) -> list[str]:
        """The names in a cell. Raises SkippedLine for a value that cannot be categories."""
        return self.of_text(value) if isinstance(value, str) and len(value) < 1 << 12 else self._names(value)
