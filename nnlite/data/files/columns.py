"""Which columns of a product file are titles and categories, and how a row becomes a Record."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from nnlite.data.cleaning import clean
from nnlite.data.files import advice
from nnlite.data.files.cells import LEVELS, NO_NAMES, number_text
from nnlite.data.files.column import BITS, Column, Key
from nnlite.data.files.evidence import decide
from nnlite.data.files.odd_rows import OddRows
from nnlite.data.files.programs import (CATEGORY, FIRST, HANDLES, HINTS, IDS_OF_ROWS, KINDS, LISTED,
                                        MAIN_TYPES, MAX_TYPES, NO_HINTS, PROGRAMS, ROW_TYPES, TECHNICAL, TITLES,
                                        VARIANTS, column_rule, plain, program_of, without_language)
from nnlite.data.lines import MAX_TITLE_CHARS, SkippedLine

FORMULA = re.compile(r"'(?=[=+\-@])")  # WooCommerce puts the apostrophe before what a spreadsheet would compute
RULES = frozenset(("--", "==", ":-", "+-"))  # beginnings of a line between header and rows

Row = Sequence[Any] | dict[Any, Any]


class Options(NamedTuple):
    """How to read a file, where the user says so; None is decided on a sample.

    title, categories: names of columns, or their numbers from 1 on where there is no header
    separator: the only one between the names in a category cell    delimiter, encoding: of the file
    header: False if the first row is a product    paths: "levels", "full" or "leaf", see `cells.names`
    """

    title: str | int | None = None
    categories: tuple[str | int, ...] | None = None
    separator: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    paths: str = "levels"


class Layout:
    """What the columns of a file are.

    titles: the columns of titles, the first that is not empty counts    categories: list of Column
    hints: columns that are not read and may hold categories    program: that wrote the file, "" if unknown
    needs_categories: whether it is an error if there is no column of categories; else none is looked for
    """

    def __init__(self, columns: list[str] | None, rows: Sequence[Row], options: Options, needs_categories: bool = True):
        self.options, self.is_table = options, columns is not None
        self.names: dict[Key, str] = dict(enumerate(columns)) if columns is not None else \
            {key: key for row in rows if isinstance(row, dict) for key in row if isinstance(key, str)}
        self.plain = {key: plain(name) for key, name in self.names.items()}
        self.rows = rows
        self._known = self._program()
        self.program = self._known.name if self._known else ""
        self.titles = self._titles()
        self.categories = self._categories() if needs_categories else []
        used = {*self.titles, *(column.key for column in self.categories)}
        self.hints = [key for key, name in self.plain.items() if key not in used and self.is_hint(key, name)]
        self.is_woo = self.program == "WooCommerce"
        self.handle, self.kind, self.ids = (next((key for key, name in self.plain.items() if name in known), None)
                                            for known in (HANDLES, KINDS, IDS_OF_ROWS))
        self.last_handle: Any = None
        self.n_hinted = self.n_untitled = 0  # rows with hints but no category; with categories but no title
        has_header = self.is_table and options.header is not False
        self.odd_rows = OddRows([*self.names.values()] * has_header, [self.names[key] for key in self.titles],
                                [self.names[column.key] for column in self.categories])
        self.n_rows, self.rows = len(rows), ()  # of the sample, which is not needed any more
        self.other_keys = frozenset(column.key for column in self.categories) - {"category"}
        whole = next((column for column in self.categories if column.key == "category"), None)
        self.is_plain = whole is not None and self.titles[:1] == ["title"]  # whether `plain_products` may read its rows
        self.names_of = lru_cache(maxsize=1 << 12)(whole.distinct if whole else lambda listed: ())

    def values(self, key: Key, rows: Sequence[Row] | None = None) -> list[Any]:
        """What the sample has in a column, without empty cells."""
        values = [get(row, key) for row in (self.rows if rows is None else rows)]
        return [v for v in values if v is not None and v != "" and not (isinstance(v, str) and v.strip() in NO_NAMES)]

    def _program(self):
        """The Program that wrote this file, None if it is not known."""
        program = program_of(list(self.names.values()))
        if program or not self.is_table:
            return program
        for key, name in self.plain.items():
            cells = {str(value).strip().lower() for value in self.values(key, self.rows[:MAX_TYPES])} \
                if name not in TITLES and self._may_be_types(key) else set()
            types = {kind.strip() for cell in cells for kind in cell.split(",")}
            for known, (columns, usual) in ROW_TYPES.items():
                if types and types <= usual and types & MAIN_TYPES and columns(name):
                    return next(program for program in PROGRAMS if program.name == known)
        return None

    def _may_be_types(self, key):
        first = next((value for row in self.rows[:MAX_TYPES] if (value := get(row, key))), None)
        return str(first).partition(",")[0].strip().lower() in TECHNICAL

    def find(self, wanted: str | int) -> list[Key]:
        """The column that the user names: exactly, else without case and punctuation; a number counts from 1.

        A row whose keys have no order may lack it in the sample: then the name itself is the key.
        """
        if isinstance(wanted, int) or (self.options.header is False and str(wanted).isdecimal()):
            place = int(wanted) - 1
            if self.is_table and 0 <= place < len(self.names):
                return [place]
            raise ValueError(f"want a column from 1 to {len(self.names)}, got {wanted}")
        for matches in ([key for key, name in self.names.items() if name.strip() == wanted.strip()],
                        [key for key in self.names if self.plain[key] == plain(wanted) != ""]):
            if matches:
                return matches
        raise ValueError(f"want a column {wanted!r}, got {advice.shown(self)}")

    def _titles(self):
        if self.options.title is not None:
            return self.find(self.options.title)
        found = [key for known in TITLES for key, name in self.plain.items() if name == known] or \
            [key for key, name in self.names.items() if plain(without_language(name)) in TITLES]
        if not found:
            raise ValueError(advice.no_titles(self))
        return found

    def _categories(self):
        wanted = self.options.categories
        if wanted is not None:
            keys = [key for name in wanted for key in self._wanted(name)]
        else:
            keys = [key for key, name in self.plain.items() if self._is_category(key, name)]
            if not keys:
                keys = [key for key, name in self.plain.items() if name == "targetind"]
            if not self.is_table:
                keys.sort(key=lambda key: FIRST.index(self.plain[key]) if self.plain[key] in FIRST else len(FIRST))
            if not keys or self.rows and not any(self.values(key) for key in keys):
                raise ValueError(advice.no_categories(self, keys))
        columns = []
        for key in dict.fromkeys(keys):
            values = self.values(key)
            is_bit = wanted is not None and self._is_bit(key, values)
            rule = column_rule(self._known, self.names[key], [v for v in values[:MAX_TYPES] if isinstance(v, str)])
            writing = decide(values, rule, self.options.separator or "")
            skips_ids = wanted is None and _holds_google(self.plain[key])
            columns.append(Column(key, self.names[key], writing, is_bit, self.options.paths, values, skips_ids))
        return columns

    def _is_category(self, key, name):
        """Whether a column is one of categories by its name."""
        if key in self.titles:
            return False
        if self._known and self._known.columns:
            return name in self._known.columns
        local = plain(without_language(self.names[key]))  # 'category_en'
        return bool((CATEGORY.fullmatch(name) or CATEGORY.fullmatch(local) or self._is_product_type(key, name) or
                     LISTED.search(self.names[key]) and name.startswith("categor")) and not self._is_ids(key, name))

    def _is_bit(self, key, values):
        """Whether a column holds 0 and 1 only; in one of labels these are names themselves."""
        return bool(values) and {str(v).strip().lower() for v in values} <= BITS and \
            not CATEGORY.fullmatch(self.plain[key]) and self.plain[key] not in ("label", "class", "target")

    def _wanted(self, name):
        """The columns that one of the user's names means: a name may itself hold commas."""
        try:
            return self.find(name)
        except ValueError:
            parts = [part.strip() for part in str(name).split(",")]
            if len(parts) == 1:
                raise
            return [key for part in parts for key in self.find(part)]

    def _is_product_type(self, key, name):
        """Google's `product_type` holds the shop's own paths; Magento's of the same name a technical word."""
        return name == "gproducttype" or name in ("producttype", "producttypes") and (
            self.program == "Google" or any(LEVELS.search(str(value)) for value in self.values(key)[:MAX_TYPES]))

    def _is_ids(self, key, name):
        """Whether all values are numbers in a column that should hold Google's names: it allows both."""
        values = self.values(key) if _holds_google(name) or name.startswith("categid") else ()
        return bool(values) and all(str(v).strip().isdecimal() for v in values)

    def is_hint(self, key: Key, name: str) -> bool:
        """Whether a column, of this plain name, may hold categories although it is not read."""
        if not HINTS.fullmatch(name) or name in NO_HINTS.get(self.program, ()):
            return False
        values = {str(value).strip().lower() for value in self.values(key)[:MAX_TYPES]}
        return bool(values) and not values <= TECHNICAL

    def title_and_categories(self, row: Row) -> tuple[str, tuple[str, ...]]:
        """The title and the distinct categories of a row, cleaned. Raises SkippedLine."""
        title = self.title(row)
        if not title:
            self._raise_no_title(row)
        if title in self.odd_rows.titles:
            self.odd_rows.check(title, [get(row, column.key) for column in self.categories], [*row])
        self.last_handle = get(row, self.handle)
        found: dict[str, None] = {}
        for column in self.categories:
            value = get(row, column.key)
            if value is None or value == "":
                continue
            if self.is_woo and isinstance(value, str) and FORMULA.match(value):
                value = value[1:]
            for name in column.names(value):
                found[name] = None
        found.pop("", None)
        if not found:
            if self._is_variant(row):
                raise SkippedLine("variant", title)
            self.n_hinted += any(get(row, key) for key in self.hints)
            raise SkippedLine("no category", title)
        return title, tuple(found)

    def title(self, row: Row) -> str:
        """The title of a row, cleaned; "" if it has none. Raises SkippedLine."""
        for key in self.titles:
            if title := self._title(get(row, key)):
                if len(title) > MAX_TITLE_CHARS:
                    raise SkippedLine("title too long", title)
                return title
        return ""

    def _title(self, raw):
        if isinstance(raw, str):
            title = clean(raw)
            if self.is_woo and FORMULA.match(title):
                title = title[1:]
            return "" if title in NO_NAMES or title[:2] in RULES and not title.strip("-=:+|. ") or \
                is_page_code(title) else title
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and raw == raw:
            return number_text(raw)
        return ""

    def _raise_no_title(self, row):
        self.n_untitled += any(get(row, column.key) for column in self.categories)
        handle = get(row, self.handle)
        if handle and handle == self.last_handle or self._is_variant(row):
            raise SkippedLine("variant", str(handle))
        raise SkippedLine("no title", get(row, self.titles[-1]))

    def _is_variant(self, row):
        """Whether a row says of itself that it is part of a product above, or holds no id of a product."""
        return str(get(row, self.kind)).strip().lower() in VARIANTS or \
            self.program in ("Squarespace", "Magento 1") and not get(row, self.ids)

    def remarks(self) -> list[str]:
        """What the sample did not have and later rows did, in words; complete once all rows are read."""
        found = []
        for column in self.categories:
            for what, (n, example) in column.news.items():
                read = "; ".join(column.names(example))
                found.append(f"at least {n:,} later cells of {column.name!r} hold {what}, unlike the first "
                             f"{self.n_rows:,} rows, as {example!r:.60}: read as {read!r:.80}")
        if self.n_untitled:
            found.append(f"{self.n_untitled:,} rows without a title hold categories, which are not read")
        return found + self.odd_rows.remarks()


def _holds_google(name):
    """Whether a column holds Google's taxonomy, as names or as numbers."""
    return "google" in name or name.startswith("fb")


def is_page_code(title: str) -> bool:
    """Whether a title is the timing script that Amazon's pages of 2018 had in its place."""
    return "aPageStart" in title or "(new Date()).getTime()" in title


def get(row: Row, key: Key | None) -> Any:
    """The value of a row in a column, None if there is none."""
    if isinstance(row, dict):
        return row.get(key)  # type: ignore[arg-type]
    return row[key] if isinstance(key, int) and key < len(row) else None
