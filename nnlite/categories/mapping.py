r"""What raw categories become: a plain file for a person to edit, applied alike to every record.

One line per raw category, columns separated by tabs, UTF-8, no header and no quotes:

    T-shirts        T-Shirts        it becomes this category; any number of lines may say so
    Imported                        an empty second column drops it
    Women           Women           it stays
    *                               all those without a line of their own: dropped, so that only what is listed is kept

Text after a second tab is a comment, and so is a line that begins with `#`. Without the line `*` a raw category that no
line names stays as it is. A category of the second column stays too, unless it has a line of its own: lines are
followed to their end, and a ring of them is an error. `\t`, `\n`, `\r` and `\\` stand for a tab, a line feed, a
carriage return and a backslash, `\*` and `\#` at the beginning of a name for a plain `*` and `#`, `\s` for a space at
either end of a name, where spaces are otherwise ignored. `\=`, `\+`, `\-`, `\@` and `\"` stand for the plain character:
a name that begins with one is written so, because a spreadsheet would take it for a formula or a quote.

To apply a mapping twice is to apply it once: the names that it gives stay as they are.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from nnlite.categories.proposal import propose
from nnlite.data.lines import SkippedLine, numbered_lines, open_binary
from nnlite.data.records import Record, RecordStream, read_records
from nnlite.system import atomic_file

SHOWN = 5  # lines that matched no record

_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\\": r"\\"}
_FORMULA = '=+-@"\uff1d\uff0b\uff0d\uff20'  # a spreadsheet takes the wide characters for the plain ones
_UNESCAPED = {"t": "\t", "n": "\n", "r": "\r", "s": " ", **{plain: plain for plain in "\\*#" + _FORMULA}}


class Mapping:
    """What each raw category becomes.

    rules: raw category -> category, "" drops it    others: what becomes of a raw category without a rule: None leaves
    it as it is, "" drops it, a name gives it this name    notes: raw category -> comment, None -> that of the others
    ValueError for a ring of rules or an empty raw category.
    """

    def __init__(self, rules: dict[str, str], others: str | None = None,
                 notes: dict[str | None, str] | None = None):
        self.rules, self.others, self.notes = dict(rules), others, dict(notes or {})
        if "" in self.rules:
            raise ValueError("Mapping: want a name for every raw category, got an empty one")
        self._ends = _followed(self.rules, {})
        for end in filter(None, {*self._ends.values(), others}):
            self._ends.setdefault(end, end)
        self._other = self._ends.get(others, others) if others else others

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and (self.rules, self.others) == (other.rules, other.others)

    @classmethod
    def read(cls, path: str | Path) -> "Mapping":
        """The mapping in a file, which may be packed by gzip, bzip2 or xz.

        ValueError, with the line, for text that is not UTF-8, a line without a tab, an unknown escape, a raw category
        with two different categories, a ring; OSError if it cannot be opened.
        """
        lines: dict[str, _Line] = {}
        others: dict[str, _Line] = {}  # at most one
        notes: dict[str | None, str] = {}
        for line in _lines(path):
            known = others if line.is_others else lines
            before = known.get(line.raw, line)
            if before.to != line.to:
                raise ValueError(f"{line.where}: {line.raw!r} has two fates, want one, got {before.to!r} in line "
                                 f"{before.number} and {line.to!r}")
            known[line.raw] = line
            if line.note:
                notes[None if line.is_others else line.raw] = line.note
        rules = {raw: line.to for raw, line in lines.items()}
        _followed(rules, {raw: line.where for raw, line in lines.items()})
        return cls(rules, others["*"].to if others else None, notes)

    @classmethod
    def propose(cls, records: Iterable[Record], min_count: int = 10) -> "Mapping":
        """One that `proposal` makes from the data, for a person to judge: its notes say why, and for how many records.

        It names every category that it keeps, drops or renames, and drops all others. ValueError if there is no
        category in at least min_count records.
        """
        rules, notes = propose(records, min_count)
        return cls(rules, "", notes)

    def write(self, path: str | Path) -> None:
        """Write the file, whole or not at all; `read` gives this mapping again. OSError if that cannot be done."""
        lines = ["# what raw categories become; columns are separated by tabs", "# raw category\tcategory\twhy"]
        lines += [_written(_escaped(raw), to, self.notes.get(raw, "")) for raw, to in self.rules.items()]
        if self.others is not None:
            lines.append(_written("*", self.others, self.notes.get(None, "")))
        with atomic_file.replacing(path) as file:
            file.write("".join(line + "\n" for line in lines).encode())

    def becomes(self, raw: str) -> str:
        """The category that a raw category becomes; "" if it is dropped."""
        end = self._ends.get(raw, self._other)
        return raw if end is None else end

    def apply(self, records: Iterable[Record]) -> "MappedRecords":
        """An iterator of the records with their mapped categories, each once, in order of first sight."""
        return MappedRecords(self, records)


class _Line(NamedTuple):
    """A line of a mapping file."""

    where: str  # file and line number
    number: int
    raw: str
    is_others: bool  # raw is the "*" of all those without a line of their own
    to: str
    note: str


def _lines(path):
    """Yield the _Lines of a file, without comments and empty lines. ValueError for an invalid line."""
    with open_binary(path) as file:
        for number, text in numbered_lines(file):
            where = f"{path}:{number}"
            if isinstance(text, SkippedLine):
                raise ValueError(f"{where}: {text}")
            text = text.rstrip("\r\n")
            if not text.strip() or text.startswith("#"):
                continue
            raw, tab, rest = text.partition("\t")
            if not tab:
                raise ValueError(f"{where}: no tab, want a raw category, a tab and its category, got {raw[:60]!r}")
            to, _, note = rest.partition("\t")
            name, to = _unescaped(raw, where), _unescaped(to, where)
            if not name:
                raise ValueError(f"{where}: no raw category before the tab, want one, got {text[:60]!r}")
            yield _Line(where, number, name, raw.strip(" ") == "*", to, note)


def _followed(rules, places):
    """Raw category -> the end of its chain of rules. ValueError for a ring; places: raw category -> where it stands."""
    ends: dict[str, str] = {}
    for raw in rules:
        chain: dict[str, None] = {}
        name = raw
        while name not in ends and rules.get(name, name) != name:
            if name in chain:
                ring = list(chain)[list(chain).index(name):]
                shown = " -> ".join([*map(repr, ring[:SHOWN]), *["..."] * (len(ring) > SHOWN), repr(name)])
                where = places.get(ring[-1], "Mapping")
                raise ValueError(f"{where}: a ring of categories, want an end, got {shown}")
            chain[name] = None
            name = rules[name]
        ends |= dict.fromkeys([raw, *chain], ends.get(name, name))
    return ends


class MappedRecords(RecordStream):
    """The records with their mapped categories; those without a category left are skipped.

    raw_counts, counts: in how many records each raw category was, and each category is
    """

    def __init__(self, mapping: Mapping, records: Iterable[Record]):
        super().__init__(self._map(records))
        self.mapping = mapping
        self.raw_counts: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    def _map(self, records):
        becomes = self.mapping.becomes
        for title, categories in records:
            self.raw_counts.update(set(categories))
            names = tuple(dict.fromkeys(filter(None, map(becomes, categories))))
            if not names:
                self.skipped.add("no category left", title)
                continue
            self.n_records += 1
            self.counts.update(names)
            yield Record(title, names)

    def coverage(self) -> dict[str, int]:
        """What was kept, merged and lost, of "records", of "labels" (a record's category each) and of "categories".

        "_kept" keep their name, "_merged" get another, "_dropped" are removed. "_left" are the labels or categories
        that remain: fewer than those kept and merged, as some become the same. "lines_unused" matched no record.
        """
        n_lost = self.skipped.total()
        found = {"records": self.n_records + n_lost, "records_kept": self.n_records, "records_lost": n_lost}
        for kind, left in ("labels", self.counts.total()), ("categories", len(self.counts)):
            fates = Counter({"kept": 0, "merged": 0, "dropped": 0})
            for raw, n in self.raw_counts.items():
                to = self.mapping.becomes(raw)
                fates["kept" if to == raw else "merged" if to else "dropped"] += n if kind == "labels" else 1
            found |= {kind: fates.total(), **{f"{kind}_{fate}": n for fate, n in fates.items()}, f"{kind}_left": left}
        return found | {"lines_unused": len(self.mapping.rules.keys() - self.raw_counts.keys())}

    def summary(self) -> str:
        """The coverage as lines of text."""
        n = {name: f"{count:,}" for name, count in self.coverage().items()}
        lines = [
            f"records: {n['records']}; {n['records_kept']} kept, {n['records_lost']} lost: no category left",
            *(f"{kind}: {n[kind]}; {n[kind + '_kept']} kept, {n[kind + '_merged']} merged into others, "
              f"{n[kind + '_dropped']} dropped; {n[kind + '_left']} remain" for kind in ("labels", "categories")),
        ]
        unused = [repr(raw) for raw in self.mapping.rules if raw not in self.raw_counts]
        if unused:
            lines.append(f"lines that met no record: {n['lines_unused']}, such as {', '.join(unused[:SHOWN])}")
        return "\n".join(lines)


def _written(raw, to, note):
    note = re.sub("[\t\n\r]", " ", note)
    return "\t".join([raw, _escaped(to), *filter(None, [" " * note.startswith(tuple(_FORMULA)) + note])])


def _escaped(name):
    name = re.sub(r"[\t\n\r\\]", lambda match: _ESCAPES[match[0]], name)
    name = re.sub("^ | $", r"\\s", name)
    return "\\" + name if name.startswith(("#", *_FORMULA)) or name == "*" else name


def _unescaped(text, where):
    text = text.strip(" ")
    for escape in re.findall(r"\\.?", text):
        if escape[1:] not in _UNESCAPED:
            raise ValueError(f"{where}: unknown escape, want {chr(92) * 2} for a backslash, got {escape!r}")
    return re.sub(r"\\(.)", lambda match: _UNESCAPED[match[1]], text)


def propose_file(data: str | Path | list | tuple, out: str | Path, min_count: int = 10,
                 **reading: Any) -> str:
    """Write the mapping proposed for the files `data` to `out`; returns the coverage.

    data, reading: files and options as `read_records` takes them

    ValueError if there is a file at `out` already: a person may have edited it.
    """
    atomic_file.check_place(out)
    if Path(out).exists():
        raise ValueError(f"{out}: want a new file, got one that is there and may have been edited")
    records = [Record("", categories) for _, categories in read_records(data, **reading)]  # titles would take memory
    mapping = Mapping.propose(records, min_count)
    mapping.write(out)
    mapped = mapping.apply(records)
    deque(mapped, maxlen=0)
    return mapped.summary()
