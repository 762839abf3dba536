"""Which columns of a product file are titles and categories, and how a row becomes a Record."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from nnlite.data.cleaning import clean
from nnlite.data.files.cells import NO_NAMES, Rule, Writing, decide, names, number_text
from nnlite.data.lines import SkippedLine

TITLES = ("title", "name", "productname", "producttitle", "itemname")  # without case, spaces and signs; the first wins
CATEGORY = re.compile(  # likewise
    r"(amazon|google|shopping|main|sub|product|item|primary|l\d|level\d)*categor(y|ies)"
    r"(name|names|level|path|tree|list|andsubcategory|xyz)*\d*")
FIRST = ("maincategory", "category", "categories", "subcategory")  # in a row whose keys have no order
HINTS = re.compile(r"(product|item)?(type|types|tag|tags|labels?|keywords?|department|collections?|group|genres?|class|"
                   r"section|breadcrumbs?|vertical|taxonomy)")
TAGS = re.compile(r"(product|item)?(tags?|keywords?|labels?)")
LISTED = re.compile(r"\(\s*x\s*([,;|])\s*y")  # 'Categories (x,y,z...)' of PrestaShop
NO_TITLE = re.compile(r"\(new Date\(\)\)\.getTime\(\)|aPageStart")  # Amazon's page of 2018 had its timing script there
FORMULA = re.compile(r"'(?=[=+\-@])")  # WooCommerce puts the apostrophe before what a spreadsheet would compute
BITS = frozenset(("0", "1", "true", "false", ""))
WOO_TYPES = {"simple", "variable", "variation", "grouped", "external"}
MAGENTO_TYPES = {"simple", "configurable", "virtual", "bundle", "downloadable", "grouped"}
TAXONOMY = Rule("Google's taxonomy")  # whose names hold commas: 'Handbags, Wallets & Cases'

Key = int | str  # of a column: its place in a table, its key in an object
Row = Sequence[Any] | dict[str, Any]


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


class Column:
    """A column of categories: its key, its name, how its cells are written; is_bit: 1 means its name."""

    def __init__(self, key: Key, name: str, writing: Writing, is_bit: bool, paths: str):
        self.key, self.name, self.writing, self.is_bit, self.paths = key, name, writing, is_bit, paths
        self.of_text = lru_cache(maxsize=1 << 12)(self._names)  # many products share their categories

    def _names(self, value: Any) -> list[str]:
        if self.is_bit:
            return [clean(self.name)] if str(value).strip().lower() in ("1", "true") else []
        return names(value, self.writing, self.paths)

    def names(self, value: Any) -> list[str]:
        """The names in a cell. Raises SkippedLine for a value that cannot be categories."""
        return self.of_text(value) if isinstance(value, str) and len(value) < 1 << 12 else self._names(value)


def plain(name: str) -> str:
    """The name of a column without case, spaces and signs."""
    return re.sub(r"[\W_]+", "", name).lower()


class Layout:
    """What the columns of a file are.

    titles: the columns of titles, the first that is not empty counts    categories: list of Column
    hints: columns that are not read and may hold categories    program: that wrote the file, "" if unknown
    """

    def __init__(self, columns: list[str] | None, rows: Sequence[Row], options: Options):
        self.options, self.is_table = options, columns is not None
        self.names: dict[Key, str] = dict(enumerate(columns)) if columns is not None else \
            {key: key for row in rows if isinstance(row, dict) for key in row if isinstance(key, str)}
        self.plain = {key: plain(name) for key, name in self.names.items()}
        self.rows = rows
        self.program = self._program()
        self.titles = self._titles()
        self.categories = self._categories()
        used = {*self.titles, *(column.key for column in self.categories)}
        self.hints = [key for key, name in self.plain.items() if key not in used and self._is_hint(key, name)]
        self.handle = next((key for key, name in self.plain.items() if name == "handle"), None)
        self.last_handle: Any = None
        self.n_hinted = 0  # rows without a category that have a value in `hints`
        self.n_commas = 0  # cells with a comma that the sample did not have
        self.rows = ()  # they are not needed any more
        self.other_keys = frozenset(column.key for column in self.categories) - {"category"}
        whole = next((column for column in self.categories if column.key == "category"), None)
        self.names_of = lru_cache(maxsize=1 << 12)(lambda listed: tuple(dict.fromkeys(whole.names(listed))))

    def values(self, key: Key, rows: Sequence[Row] | None = None) -> list[Any]:
        """What the sample has in a column, without empty cells."""
        values = [get(row, key) for row in (self.rows if rows is None else rows)]
        return [v for v in values if v is not None and v != "" and not (isinstance(v, str) and v.strip() in NO_NAMES)]

    def _program(self):
        """What wrote this file: 'WooCommerce', 'Magento', 'BigCommerce', 'Shopify', 'Google', or ''."""
        there = set(self.plain.values())
        if there & {"attributesetcode", "storeviewcode", "productwebsites"}:
            return "Magento"
        if "binpickingnumber" in there or {"itemtype", "productcodesku"} <= there:
            return "BigCommerce"
        if "handle" in there and there & {"bodyhtml", "variantsku", "vendor"}:
            return "Shopify"
        if "googleproductcategory" in there:
            return "Google"
        if self.is_table:
            for key, name in self.plain.items():
                kinds = {str(v).strip().lower() for v in self.values(key)} if name not in ("title", "name") else set()
                if kinds and all({*re.split(r"\s*,\s*", kind)} <= WOO_TYPES | {"virtual", "downloadable"}
                                 for kind in kinds) and kinds & {"simple", "variable"}:
                    return "WooCommerce"
        return ""

    def find(self, wanted: str | int) -> list[Key]:
        """The column that the user names: exactly, else without case and signs; a number counts from 1.

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
        raise ValueError(f"want a column {wanted!r}, got {self._columns()}")

    def _columns(self):
        return ", ".join(repr(name[:60]) for name in list(self.names.values())[:40]) or "none"

    def _titles(self):
        if self.options.title is not None:
            return self.find(self.options.title)
        found = [key for known in TITLES for key, name in self.plain.items() if name == known]
        if not found:
            raise ValueError(f"no column of titles (title, name, product_name ...) among {self._columns()}: "
                             f"name it with --title, and those of categories with --categories{self._no_header()}")
        return found

    def _no_header(self):
        """Advice where the header looks like a product."""
        cells = list(self.names.values())
        odd = [cell for cell in cells if not cell.strip() or len(cell) > 60 or re.fullmatch(r"[\d.,]+|<.*>", cell.strip())]
        return "; if the first line is a product, add --no-header and give numbers of columns" \
            if self.is_table and odd else ""

    def _categories(self):
        wanted = self.options.categories
        if wanted is not None:
            keys = [key for name in wanted for key in self._wanted(name)]
        else:
            keys = [key for key, name in self.plain.items() if CATEGORY.fullmatch(name) or self._is_product_type(name)
                    or LISTED.search(self.names[key]) and name.startswith("categor")]
            keys = [key for key in keys if key not in self.titles and not self._is_ids(key)]
            if not keys:
                keys = [key for key, name in self.plain.items() if name == "targetind"]
            if not self.is_table:
                keys.sort(key=lambda key: FIRST.index(self.plain[key]) if self.plain[key] in FIRST else len(FIRST))
            if not keys or self.rows and not any(self.values(key) for key in keys):
                raise ValueError(self._no_categories(keys))
        columns = []
        for key in dict.fromkeys(keys):
            values = self.values(key)
            is_bit = wanted is not None and bool(values) and {str(v).strip().lower() for v in values} <= BITS
            writing = decide(values, self._rule(key), self.options.separator or "")
            columns.append(Column(key, self.names[key], writing, is_bit, self.options.paths))
        return columns

    def _wanted(self, name):
        """The columns that one of the user's names means: a name may itself hold commas."""
        try:
            return self.find(name)
        except ValueError:
            parts = [part.strip() for part in str(name).split(",")]
            if len(parts) == 1:
                raise
            return [key for part in parts for key in self.find(part)]

    def _no_categories(self, empty):
        """Why there are none, and which columns may hold them."""
        offers = [key for key, name in self.plain.items() if key not in {*empty, *self.titles} and
                  self._is_hint(key, name) and self.values(key)]
        what = "no column of categories (category, categories ...)" if not empty else \
            f"{', '.join(repr(self.names[key]) for key in empty)} is empty in the first {len(self.rows):,} rows"
        more = f"; {', '.join(repr(self.names[key]) for key in offers)} may hold them: " \
               f"--categories {','.join(self.names[key] for key in offers)}" if offers else \
            f": name it with --categories; the columns are {self._columns()}"
        return what + more + self._no_header()

    def _is_product_type(self, name):
        """Google's `product_type` holds the shop's own paths; Magento's of the same name a technical word."""
        return name == "gproducttype" or name == "producttype" and self.program == "Google"

    def _is_ids(self, key):
        """Whether all values are numbers in a column that should hold Google's names: it allows both."""
        values = self.values(key)
        return "google" in self.plain[key] and bool(values) and all(str(v).strip().isdecimal() for v in values)

    def _is_hint(self, key, name):
        if HINTS.fullmatch(name) and name not in ("type",) or name == "type" and self.program != "WooCommerce":
            return bool(self.values(key))
        return "category" in name and bool(self.values(key))

    def _rule(self, key):
        """The rule by which the cells of this column are written, if it is known."""
        name, header = self.plain[key], self.names[key]
        if listed := LISTED.search(header):
            return Rule("its header", lists=listed[1])
        if TAGS.fullmatch(name) or name.endswith("tags"):
            return Rule("a column of tags", lists=",")
        if self.program == "Magento":
            return Rule("Magento", lists=",", levels="/")
        if self.program == "WooCommerce":
            return Rule("WooCommerce", lists=",")
        if self.program == "BigCommerce":
            return Rule("BigCommerce", levels="/")
        if "google" in name or self.program == "Shopify" and name == "productcategory":
            return TAXONOMY
        return None

    def title_and_categories(self, row: Row) -> tuple[str, tuple[str, ...]]:
        """The title and the distinct categories of a row, cleaned. Raises SkippedLine."""
        title, raw = "", None
        for key in self.titles:
            raw = get(row, key)
            title = self._title(raw)
            if title:
                break
        if not title:
            self._raise_no_title(row, raw)
        self.last_handle = get(row, self.handle)
        found: dict[str, None] = {}
        for column in self.categories:
            value = get(row, column.key)
            if value is None or value == "":
                continue
            if isinstance(value, str):
                if self.program == "WooCommerce":
                    value = FORMULA.sub("", value)
                if "," in value and not column.writing.lists and not column.writing.doubts:
                    self.n_commas += 1
            for name in column.names(value):
                found[name] = None
        found.pop("", None)
        if not found:
            self.n_hinted += any(get(row, key) for key in self.hints)
            raise SkippedLine("no category", raw)
        return title, tuple(found)

    def _title(self, raw):
        if isinstance(raw, str):
            title = clean(raw)
            if self.program == "WooCommerce":
                title = FORMULA.sub("", title) if title.startswith("'") else title
            return "" if title in NO_NAMES or NO_TITLE.search(title) else title
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and raw == raw:
            return number_text(raw)
        return ""

    def _raise_no_title(self, row, raw):
        handle = get(row, self.handle)
        if handle and handle == self.last_handle:
            raise SkippedLine("variant", str(handle))
        raise SkippedLine("no title", raw)


def get(row: Row, key: Key | None) -> Any:
    """The value of a row in a column, None if there is none."""
    if isinstance(row, dict):
        return row.get(key)
    return row[key] if isinstance(key, int) and key < len(row) else None
