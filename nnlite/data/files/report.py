"""`FileReport`: how a product file is read and why, in words."""

from collections import Counter
from typing import Any, NamedTuple

from nnlite.data.files.cells import Writing
from nnlite.data.files.columns import Layout

PLACEHOLDERS = frozenset(("uncategorized", "uncategorised", "none", "n/a", "na", "-", "other", "default", "default category",
                          "unknown", "misc", "root", "all", "nan", "null"))
SHOWN = 10  # records and columns


class ColumnReport(NamedTuple):
    """A column: its name, what becomes of it ("title", "categories" or "not read"), what was seen, one of its cells."""

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

    def short(self) -> str:
        """The columns that are read and those that may be missed, in two lines at most."""
        titles = " or ".join(repr(column.name) for column in self.columns if column.use == "title")
        read = ", ".join(f"{column.name!r}" + f" ({column.seen})" * bool(column.seen)
                         for column in self.columns if column.use == "categories")
        lines = [f"{self.path}: titles from {titles}; categories from {read}"]
        if more := [*self.notes, *self.doubts]:
            lines.append("; ".join(more))
        return "\n".join(lines)

    def __str__(self) -> str:
        how = [self.format, self.encoding]
        if self.delimiter:
            how.append({",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "~": "tildes"}.get(
                self.delimiter, repr(self.delimiter)) + " between cells")
        lines = [f"{self.path}: {', '.join(how)}", *(f"  {note}" for note in self.notes), "", "columns"]
        width = max((len(column.name) for column in self.columns[:40]), default=0)
        for column in self.columns:
            seen = f"; {column.seen}" if column.seen else ""
            lines.append(f"  {column.name:{min(width, 30)}}  {column.use}{seen}; as {column.example!r:.60}")
        lines += ["", f"the first records of {self.n_records:,} in {self.n_rows:,} rows"]
        lines += [f"  {record.title:.60}  ->  {'; '.join(record.categories):.100}" for record in self.records]
        if self.skipped:
            lines += ["", "rows without a record", *(f"  {n:,} {kind}" for kind, n in self.skipped.items())]
        if self.doubts:
            lines += ["", "look at this", *(f"  {doubt}" for doubt in self.doubts)]
        return "\n".join(lines)


def column_reports(layout: Layout, rows: list[Any]) -> list[ColumnReport]:
    """What becomes of each column, as seen in some rows; the columns that are read come first."""
    read = {column.key: column for column in layout.categories}
    found = []
    for key, name in layout.names.items():
        values = layout.values(key, rows)
        use = "title" if key in layout.titles else "categories" if key in read else "not read"
        seen = ", ".join(read[key].writing.why) if key in read else ""
        if key in read and read[key].is_bit:
            seen = "1 means its name"
        found.append(ColumnReport(name, use, seen, str(values[0])[:60] if values else ""))
    order = {"title": 0, "categories": 1, "not read": 2}
    return sorted(found, key=lambda column: order[column.use])


def doubts(layout: Layout, records: list[Any]) -> list[str]:
    """What looks wrong in some rows, with the option that would change it."""
    found = []
    for column in layout.categories:
        found += [doubt_text(column.name, column.writing, doubt) for doubt in column.writing.doubts]
    if layout.hints:
        names = [layout.names[key] for key in layout.hints]
        without = f" (they hold categories of {layout.n_hinted:,} products without one)" if layout.n_hinted else ""
        found.append(f"not read: {', '.join(names)}{without}: --categories would name them")
    counts = Counter(name for record in records for name in record.categories)
    for name, n in counts.items():
        if name.lower() in PLACEHOLDERS:
            found.append(f"{name!r} is a category of {n:,} products: is it one?")
        if n == len(records) > 1 and len(counts) > 1:
            found.append(f"{name!r} is a category of all products: it tells nothing")
    if len(counts) == 1 and len(records) > 1:
        found.append(f"all products have the one category {next(iter(counts))!r}: there is nothing to learn")
    spellings = Counter(name.casefold() for name in counts)
    if n := sum(count > 1 for count in spellings.values()):
        found.append(f"{n:,} categories are spelt in several ways: `nnlite propose` merges them")
    twice = sum(n - 1 for n in Counter(record.title for record in records).values())
    if twice > len(records) // 20:
        found.append(f"{twice:,} of {len(records):,} titles are repeated")
    return found


def doubt_text(name: str, writing: Writing, doubt: tuple[str, int, str]) -> str:
    """A separator about which there is not enough evidence."""
    separator, n, example = doubt
    what = {",": "a comma", "/": "a slash"}.get(separator, repr(separator))
    return f"{n:,} different cells of {name!r} hold {what} and stay whole, as {example!r:.60}: " \
           f"--separator {separator!r} would split them"
