"""`Categories`: the categories of a record as a model sees them: mapped, and then reduced to one major category."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from nnlite.categories.major import Major
from nnlite.categories.mapping import Mapping
from nnlite.data.records import Record


class Categories:
    """Raw categories as a model knows them.

    mapping: a `Mapping` or None    major: a `Major` or None; with one, a record has a single category
    A record that is left without a category is left out.
    """

    def __init__(self, mapping: Mapping | None = None, major: Major | None = None):
        self.mapping, self.major = mapping, major
        self._changes: list[Mapping | Major] = [change for change in (mapping, major) if change]

    @classmethod
    def choose(cls, records: Iterable[Record], mapping: Mapping | str | Path | None = None,
               major: int | list[str] | None = None) -> "Categories":
        """The Categories that were asked for. The records are read only to choose or order major categories.

        mapping: a Mapping, or the file of one    major: how many major categories, or their names
        Raises what `Mapping.read`, `Major.choose` and `Major.of` raise.
        """
        if mapping is not None and not isinstance(mapping, Mapping):
            mapping = Mapping.read(mapping)
        chosen = None
        if major is not None:
            mapped = mapping.apply(records) if mapping else records
            if isinstance(major, (int, np.integer)):
                chosen = Major.choose(mapped, int(major))
            else:
                chosen = Major.of(mapped, major)
        return cls(mapping, chosen)

    def apply(self, records: list[Record]) -> tuple[list[Record], list[str]]:
        """The records (a list) with their categories as the model knows them, and a summary of each change."""
        news = []
        for change in self._changes:
            changed = change.apply(records)
            records = list(changed)
            news.append(changed.summary())
        return records, news

    def stream(self, records: Iterable[Record]) -> Iterable[Record]:
        """The records with their categories as the model knows them, one at a time."""
        for change in self._changes:
            records = change.apply(records)
        return records

    def kept(self, records: list[Record]) -> list[int]:
        """The places in a list of records of those that `apply` keeps, as a list."""
        numbered = (Record(str(place), categories) for place, (_, categories) in enumerate(records))
        return [int(title) for title, _ in self.stream(numbered)]

    def to_files(self) -> tuple[dict, dict[str, list[str]]]:
        """A dict that JSON can hold, and lists of texts by name: all that `from_files` needs."""
        rules = self.mapping.rules if self.mapping else {}
        header = {"mapped": self.mapping is not None, "others": self.mapping and self.mapping.others,
                  "major": self.major and self.major.names}
        return header, {"mapped_from": list(rules), "mapped_to": list(rules.values())} if self.mapping else {}

    @classmethod
    def from_files(cls, header: dict, texts: dict) -> "Categories":
        """The Categories that `to_files` took apart. KeyError, TypeError or ValueError if these do not fit together."""
        mapping = None
        if header["mapped"]:
            raw, to = list(texts["mapped_from"]), list(texts["mapped_to"])
            if len(set(raw)) != len(raw) or len(raw) != len(to):
                raise ValueError(f"want a category for each of {len(raw):,} different raw ones, got {len(to):,}")
            mapping = Mapping(dict(zip(raw, to)), header["others"])
        names = header["major"]
        if not (names is None or isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise ValueError("major: want names, got something else")
        return cls(mapping, Major(names) if names else None)
