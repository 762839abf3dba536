"""Major categories: the many labels of a record become one class of a few, for a softmax.

The most frequent categories will not do: a shelf and its largest part are both frequent, and share their records. So
the major ones are those that together cover most records. On 100,000 real products 20 chosen so cover 94 % of them, and
less than 1 % of the records have two or more; the 20 most frequent cover 87 %, and 35 % have two or more.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from nnlite.data.records import Record

NEAR_UNIVERSAL = 0.5  # of the records: what more of them have, such as the root of a path, tells little


class Major:
    """The major categories, `names`, rarest first: a record with several gets the first, which says most about it.

    ValueError unless there are at least two, all different.
    """

    def __init__(self, names: Iterable[str]):
        self.names = list(names)
        if len(set(self.names)) != len(self.names) or len(self.names) < 2:
            raise ValueError(f"Major: want at least two different categories, got {', '.join(self.names) or 'none'}")

    @classmethod
    def of(cls, records: Iterable[Record], names: Iterable[str]) -> "Major":
        """The given categories, by how rare they are in the records. ValueError for one that none of them has."""
        counts = Counter(name for record in records for name in set(record.categories))
        names = list(names)
        for name in names:
            if not counts[name]:
                raise ValueError(f"Major: want categories of the records, got {name!r}, which none of them has")
        return cls(sorted(names, key=lambda name: (counts[name], name)))

    @classmethod
    def choose(cls, records: Iterable[Record], n: int) -> "Major":
        """n categories, one after the other: that which most records have that are not covered by those before.

        When nothing is left to cover, the most frequent of the others follow. Passed over is what more than
        NEAR_UNIVERSAL of the records have, and what would be left without a record of its own or leave another without.
        Of equal ones the first in the alphabet is taken. ValueError if there are fewer than n, or n is below 2.
        """
        rows = [set(record.categories) for record in records]
        counts = Counter(name for row in rows for name in row)
        where = defaultdict(list)
        for i, row in enumerate(rows):
            for name in row:
                where[name].append(i)
        uncovered = {name: count for name, count in counts.items() if count <= NEAR_UNIVERSAL * len(rows)}
        owners = [""] * len(rows)
        owned: Counter[str] = Counter()
        while len(owned) < n:
            if not uncovered:
                raise ValueError(f"Major: want at most the {len(owned):,} that the records have, got {n:,}")
            best = min(uncovered, key=lambda name: (-uncovered[name], -counts[name], name))
            del uncovered[best]
            taken = [i for i in where[best]
                     if not owners[i] or (counts[best], best) < (counts[owners[i]], owners[i])]
            losses = Counter(owners[i] for i in taken if owners[i])
            if not taken or any(owned[name] == lost for name, lost in losses.items()):
                continue
            owned.subtract(losses)
            owned[best] = len(taken)
            for i in taken:
                if not owners[i]:
                    for name in rows[i] & uncovered.keys():
                        uncovered[name] -= 1
                owners[i] = best
        return cls(sorted(owned, key=lambda name: (counts[name], name)))

    def apply(self, records: Iterable[Record]) -> "MajorRecords":
        """An iterator of the records that have a major category, each with its one."""
        return MajorRecords(self, records)


class MajorRecords(Iterator[Record]):
    """An iterator of Record, good for one pass, that keeps account of the choice.

    n_records: read so far    n_without: of these, without a major category, which are left out
    n_several: of these, with two or more    counts: in how many records each category is the chosen one
    """

    def __init__(self, major: Major, records: Iterable[Record]):
        self.n_records = self.n_without = self.n_several = 0
        self.counts: Counter[str] = Counter()
        self._records = self._chosen(records, {name: i for i, name in enumerate(major.names)})

    def __next__(self) -> Record:
        return next(self._records)

    def _chosen(self, records, rank):
        for title, categories in records:
            self.n_records += 1
            found = rank.keys() & set(categories)
            self.n_without += not found
            self.n_several += len(found) > 1
            if found:
                name = min(found, key=rank.__getitem__)
                self.counts[name] += 1
                yield Record(title, (name,))

    def summary(self) -> str:
        """One line, as '100 records: 94 with a major category, 3 of them with several; 6 left out'."""
        return (f"{self.n_records:,} records: {self.n_records - self.n_without:,} with a major category, "
                f"{self.n_several:,} of them with several; {self.n_without:,} left out")
