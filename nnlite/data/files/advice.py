"""What an error says of a file whose columns are not understood: which of them may be meant, and how to name them."""

import re
from collections.abc import Sequence
from typing import Any, Protocol

from nnlite.data.files.column import Key
from nnlite.data.files.programs import IDS, TITLE_HINTS

BIT_PAIRS = ({"0", "1"}, {"0.0", "1.0"}, {"true", "false"})
MAX_OFFERS, MAX_SHOWN = 12, 40  # columns that an error offers; that it shows


class Columns(Protocol):
    """What is asked of a `Layout`."""

    names: dict[Key, str]
    plain: dict[Key, str]
    titles: list[Key]
    rows: Sequence[Any]
    is_table: bool

    def is_hint(self, key: Key, name: str) -> bool:
        """As in Layout."""

    def values(self, key: Key) -> list[Any]:
        """As in Layout."""


def shown(layout: Columns) -> str:
    """The names of the columns."""
    return ", ".join(repr(name[:60]) for name in list(layout.names.values())[:MAX_SHOWN]) or "none"


def shell_quoted(name: str) -> str:
    """A column's name for the command line."""
    return name if re.fullmatch(r"[\w.:-]+", name) else f'"{name}"'


def no_titles(layout: Columns) -> str:
    """Why there is no column of titles, and which may be one."""
    may_be = [key for key, name in layout.plain.items() if TITLE_HINTS.fullmatch(name)]
    offers = " or ".join(f"--title {shell_quoted(layout.names[key])}" for key in may_be[:MAX_OFFERS])
    return f"no column of titles (title, name, product_name ...) among {shown(layout)}: name it with " \
           f"{offers or '--title'}, and those of categories with --categories{_no_header(layout)}"


def no_categories(layout: Columns, empty: Sequence[Key]) -> str:
    """Why there are no categories, and which columns may hold them; empty: columns of categories without any."""
    hints = [key for key, name in layout.plain.items()
             if key not in {*empty, *layout.titles} and layout.is_hint(key, name)]
    offers = [key for key in hints if not IDS.fullmatch(layout.plain[key])] or hints or _bits(layout)
    what = "no column of categories (category, categories ...)" if not empty else \
        f"{', '.join(repr(layout.names[key]) for key in empty)} is empty in the first {len(layout.rows):,} rows"
    names = [layout.names[key] for key in offers[:MAX_OFFERS]]
    more = f"; {', '.join(map(repr, names))} may hold them: " + \
        " ".join(f"--categories {shell_quoted(name)}" for name in names) if names else ": name it with --categories"
    return f"{what}{more}; the columns are {shown(layout)}{_no_header(layout)}"


def _no_header(layout):
    """Advice where the header looks like a product."""
    cells = list(layout.names.values())
    odd = [cell for cell in cells
           if not cell.strip() or len(cell) > 60 or re.fullmatch(r"[\d.,]+|<.*>", cell.strip())]
    return "; if the first line is a product, add --no-header and give numbers of columns" \
        if layout.is_table and odd else ""


def _bits(layout):
    """The columns of 0 and 1 only, where there are several of them."""
    found = [key for key in layout.names if {str(v).strip().lower() for v in layout.values(key)} in BIT_PAIRS]
    return found if len(found) > 1 else []
