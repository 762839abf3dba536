"""The products of JSON lines, one object a line: JSON or, as in Amazon's metadata of 2014, a Python literal."""

from collections.abc import Callable
from typing import Any

from nnlite.data.cleaning import clean
from nnlite.data.files.arrays import parsed, scan
from nnlite.data.files.columns import Layout
from nnlite.data.lines import MAX_TITLE_CHARS, SkippedLine

MAX_NAMES = 1 << 6  # of a line whose names are remembered, cleaned
MIN_CHARS = 5  # of a title that is none of NO_NAMES, unless it begins with one of ODD_STARTS
ODD_STARTS = "#-=:+"


def json_object(text: str | SkippedLine) -> dict[str, Any] | SkippedLine | None:
    """The object in a line; None for an empty line."""
    if isinstance(text, SkippedLine):
        return text
    value = parsed(text)
    if isinstance(value, dict):
        return value
    return SkippedLine("not JSON" if value is None else "not an object", text) if text.strip() else None


def plain_products(layout: Layout) -> Callable[[Any], tuple[str, tuple[str, ...]] | None]:
    """A function of a line: its title and categories if it has a `title` and, as `category`, a list of names; or None.

    The same as `json_object` and `Layout.title_and_categories`, faster.
    """
    names_of, has_no_other = layout.names_of, layout.other_keys.isdisjoint

    def product(text):
        try:
            value, end = scan(text, 0)
            title, names = value["title"], value["category"]
            if type(title) is str and type(names) is list and len(names) <= MAX_NAMES and has_no_other(value) and \
                    (text[end:] == "\n" or not text[end:].strip(" \t\r\n")):
                title, categories = clean(title), names_of(tuple(names))
                if categories and MIN_CHARS <= len(title) <= MAX_TITLE_CHARS and title[0] not in ODD_STARTS and \
                        "getTime" not in title and "aPageStart" not in title:  # as `is_page_code`, faster
                    return title, categories
        except (ValueError, KeyError, TypeError, StopIteration, RecursionError, SkippedLine):
            pass
        return None

    return product
