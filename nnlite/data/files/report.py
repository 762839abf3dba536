"""`FileReport`: how a product file is read and why, in words."""

import re
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from nnlite.data.files.cells import Doubt
from nnlite.data.files.columns import Layout
from nnlite.data.files.programs import IDS, without_language

PLACEHOLDERS = frozenset((
    "uncategorized", "uncategorised", "none", "n/a", "na", "-", "other", "default", "default category", "unknown",
    "misc", "root", "all", "nan", "null", "undefined", "test", "no category", "sin categoría", "non classé",
    "sin categorizar", "unkategorisiert"))
SHOWN, MAX_NAMES = 10, 40  # records; columns that are not read
MAX_SHORT = 3  # remarks in the short form
CODE = re.compile(r"\d+(?:[.,]\d+)*|[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
WITH_NUMBER = re.compile(  # '[12] Rugs', 'Rugs (12)'
    r"[\[(#]?\d+[\])]?\s*[\s:.|#\-–]\s*[^\d\s].*|.*\S\s*[#:|(\[]\s*\d+[)\]]?")
YES_NO = frozenset(("yes", "no", "true", "false", "y", "n", "x", "ja", "nein", "oui", "non", "sí", "si", "да", "нет"))
NO_NAME = re.compile(r"(?:https?://|www\.)\S+|(?=\S*[\d_])[\x21-\x7e]+|\{.*\}|\[.*\]", re.DOTALL)  # of a product
MANY_CHARS, MIN_RECORDS = 250, 10  # of a title; before most of them are judged
_QUOTED = re.compile("(['\"`]).*\\1")
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "~": "tildes"}
SEPARATORS = {",": "a comma", "/": "a slash"}
KINDS = {"variant": "part of the product above (variants, images)", "no title": "without a title",
         "no category": "without a category"}


class ColumnReport(NamedTuple):
    """A column: its name, what becomes of it, what was seen, one of its cells.

    use: "title", "categories", "hint" (not read, may hold categories) or "not read"
    """

    name: str
    use: str
    seen: str
    example: str


class FileReport(NamedTuple):
    """How a file is read; str() of it is what `nnlite look` prints.

    columns: a ColumnReport each    records: the first ones    n_rows: looked at; n_records: of these became records
    skipped: kind -> rows    doubts: what looks wrong or was left undecided, with the option that would change it
    """

    path: str
    format: str
    encoding: str
    delimiter: str | None
    notes: list[str]
    columns: list[ColumnReport]
    records: list[Any]
    n_rows: int
    n_records: int
    skipped: dict[str, int]
    doubts: list[str]

    def used(self, use: str) -> list[ColumnReport]:
        """The columns of one use."""
        return [column for column in self.columns if column.use == use]

    def short(self) -> str:
        """The columns that are read and those that may be missed, in two lines at most."""
        titles = " or ".join(repr(column.name) for column in self.used("title"))
        read = [repr(column.name) + f" ({_brief(column.seen)})" * bool(column.seen)
                for column in self.used("categories")]
        lines = [f"{self.path}: titles from {titles}; categories from {_listed(read, SHOWN)}"]
        if more := [*self.doubts, *self.notes]:
            lines.append("  " + "; ".join(more[:MAX_SHORT]) +
                         f"; {len(more) - MAX_SHORT} more: nnlite look" * (len(more) > MAX_SHORT))
        return "\n".join(" ".join(line.split("\n")) for line in lines)

    def __str__(self) -> str:
        how = [self.format, self.encoding]
        if self.delimiter:
            how.append(DELIMITERS.get(self.delimiter, repr(self.delimiter)) + " between cells")
        lines = [f"{self.path}: {', '.join(how)}", *(f"  {note}" for note in self.notes), "", "Read:"]
        for column in [*self.used("title"), *self.used("categories")]:
            lines.append(f"  {column.name[:40]!r}: {column.use}, as {column.example!r:.70}")
            lines += [f"      {why}" for why in column.seen.split("; ") if why]
        if hints := self.used("hint"):
            lines += ["", "Not read, may hold categories:",
                      *(f"  {column.name[:40]!r}, as {column.example!r:.70}" for column in hints)]
        if rest := self.used("not read"):
            lines += ["", f"Not read: {_listed([column.name[:40] for column in rest], MAX_NAMES)}"]
        lines += ["", f"{self.n_records:,} records in the first {self.n_rows:,} rows"]
        lines += [f"  {record.title:.60}  ->  {'; '.join(record.categories):.100}" for record in self.records]
        if self.skipped:
            lines += ["", "Rows that make no record:",
                      *(f"  {n:,} {KINDS.get(kind, kind)}" for kind, n in self.skipped.items())]
        if self.doubts:
            lines += ["", "Please check:", *(f"  {doubt}" for doubt in self.doubts)]
        return "\n".join(lines)


def _brief(seen):
    """What was seen without the reasons."""
    return ", ".join(part.partition(": ")[0] for part in seen.split("; "))


def _listed(names, most):
    return ", ".join(names[:most]) + f" and {len(names) - most:,} more" * (len(names) > most)


def column_reports(layout: Layout, rows: list[Any]) -> list[ColumnReport]:
    """What becomes of each column, as seen in some rows; the columns that are read come first."""
    read = {column.key: column for column in layout.categories}
    found = []
    for key, name in layout.names.items():
        use = "title" if key in layout.titles else "categories" if key in read else \
            "hint" if key in layout.hints else "not read"
        seen = "" if key not in read else "1 means its name" if read[key].is_bit else \
            "; ".join(why.replace("; ", "semicolon ") for why in read[key].writing.why)
        example = "" if use == "not read" else next(iter(layout.values(key, rows)), "")
        found.append(ColumnReport(name, use, seen, str(example)[:60]))
    order = {"title": 0, "categories": 1, "hint": 2, "not read": 3}
    return sorted(found, key=lambda column: order[column.use])


def doubts(layout: Layout, records: list[Any]) -> list[str]:
    """What looks wrong in some rows, with the option that would change it."""
    found = [doubt_text(column.name, doubt) for column in layout.categories for doubt in column.writing.doubts]
    ids = [layout.names[key] for key in layout.hints if IDS.fullmatch(layout.plain[key])]
    hints = [layout.names[key] for key in layout.hints if not IDS.fullmatch(layout.plain[key])]
    if hints:
        without = f" (they hold categories of {layout.n_hinted:,} products without one)" if layout.n_hinted else ""
        found.append(f"not read: {_listed(hints, SHOWN)}{without}; --categories would add them")
    if ids:
        found.append(f"not read: {_listed(ids, SHOWN)}, ids and not names")
    if layout.n_untitled:
        found.append(f"{layout.n_untitled:,} rows without a title hold categories, which are not read")
    counts = Counter(name for record in records for name in record.categories)
    return found + _odd_titles(layout, records) + _languages(layout) + _odd_names(counts, len(records)) + \
        _repeats(records)


def _odd_titles(layout, records):
    """Titles that are not names of products by the looks of them."""
    found = [f"{record.title!r:.60} is the title and a category of the first product: does its row describe columns?"
             for record in records[:1] if record.title.lower() in map(str.lower, record.categories)]
    others = [layout.names[key] for key in layout.titles[1:]]
    ask = f"is it {_listed(others, SHOWN)}?" if others else "is there a column with names of products?"
    titles = [record.title for record in records]
    odd = {"codes, addresses or data": list(filter(NO_NAME.fullmatch, titles)),
           f"longer than {MANY_CHARS} characters": [title for title in titles if len(title) > MANY_CHARS]}
    return found + [f"most titles are {what}, as {held[0]!r:.60}: {ask}" for what, held in odd.items()
                    if 2 * len(held) > len(titles) >= MIN_RECORDS]


def _languages(layout):
    """Columns of categories that differ in the language alone."""
    columns = defaultdict(list)
    for column in layout.categories:
        name = without_language(column.name)
        columns[name].append(column.name)
    return [f"{_listed(names, SHOWN)} are read together, whatever their languages: --categories would choose"
            for name, names in columns.items() if len(names) > 1 and names[1] != name]


def _odd_names(counts, n_records):
    """Names that are not categories by the looks of them."""
    found = [f"{name!r} is a category of {n:,} products: is it one?" for name, n in counts.items()
             if name.lower() in PLACEHOLDERS]
    if quoted := [name for name in counts if _QUOTED.fullmatch(name)]:
        if 2 * len(quoted) > len(counts):
            found.append(f"most categories stand in quotes, as {quoted[0]!r:.60}, which are read as part of them")
    if codes := [name for name in counts if CODE.fullmatch(name)]:
        if 2 * len(codes) >= len(counts) or sum(map(counts.get, codes)) >= n_records:
            found.append(f"many categories are numbers or codes, as {codes[0]!r}: is there a column with their names?")
    if 2 * len(numbered := [name for name in counts if WITH_NUMBER.fullmatch(name)]) > len(counts):
        found.append(f"most categories hold a number, as {numbered[0]!r:.60}, which is read as part of them")
    if counts and YES_NO.issuperset(map(str.lower, counts)):
        found.append(f"the categories are {' and '.join(counts)} only: is there a column with names?")
    if MIN_RECORDS <= n_records <= counts.total() == len(counts):
        found.append("each category has one product only: there is nothing to learn")
    if n_records > 1 and len(counts) == 1:
        found.append(f"all products have the one category {next(iter(counts))!r}: there is nothing to learn")
    else:
        found += [f"{name!r} is a category of all products: there is nothing to learn about it"
                  for name, n in counts.items() if n == n_records > 1]
    if n := sum(n > 1 for n in Counter(name.casefold() for name in counts).values()):
        found.append(f"{n:,} categories are spelt in several ways: `nnlite propose` merges them")
    return found


def _repeats(records):
    n = sum(n - 1 for n in Counter(record.title for record in records).values())
    return [f"{n:,} of {len(records):,} titles are repeated"] if n > len(records) // 20 else []


def doubt_text(name: str, doubt: Doubt) -> str:
    """A separator about which there is not enough evidence."""
    what = SEPARATORS.get(doubt.separator, repr(doubt.separator))
    if doubt.splits:
        return f"{name!r}: {what} separates, but {doubt.cells:,} pairs of parts are always found together, as in " \
               f"{doubt.example!r:.70}: if they are one name, write \\{doubt.separator} within it"
    holds = "text holds" if doubt.cells == 1 else "different texts hold"
    stays = "stays" if doubt.cells == 1 else "stay"
    return f"{name!r}: {doubt.cells:,} {holds} {what} and {stays} whole, as {doubt.example!r:.70}: " \
           f"--separator {doubt.separator!r} would split them"
