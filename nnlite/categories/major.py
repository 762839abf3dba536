"""Major categories: the many labels of a record become one class of a few, for a softmax.

The most frequent categories are not suitable: a shelf and its largest part are both frequent, and share their records.
The major ones are those that together cover most records. On 100,000 real products 20 chosen in this way cover 94 % of
the records, and about 1 % of the records have two or more; the 20 most frequent cover 87 %, and 35 % have two or
more.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heapreplace

from nnlite.data.records import Record, RecordStream

NEAR_UNIVERSAL = 0.5  # of the records; a category of more, such as the root of a path, says little


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
        """The given categories, by how rare they are in the records; 'Shoes,Bags' are two unless it is one itself.

        ValueError for one that none of the records has.
        """
        counts = Counter(name for record in records for name in set(record.categories))
        names = [name for text in names for name in _at_commas(text, counts)]
        return cls(sorted(names, key=lambda name: (counts[name], name)))

    @classmethod
    def choose(cls, records: Iterable[Record], n: int) -> "Major":
        """n categories, one after the other: each time the one that most of the uncovered records have.

        When all records are covered, the most frequent of the other categories follow. A category is passed over if
        more than NEAR_UNIVERSAL of the records have it, or if it or a chosen one would then own no record. Of equal
        ones the first in the alphabet is chosen. ValueError if there are fewer than n, or n is below 2.
        """
        choice = _Choice([set(record.categories) for record in records])
        while len(choice.owned) < n:
            if not choice.uncovered:
                raise ValueError(f"Major: want at most the {len(choice.owned):,} that the records have, got {n:,}")
            choice.consider(choice.next_name())
        return cls(sorted(choice.owned, key=choice.rank))

    def apply(self, records: Iterable[Record]) -> "MajorRecords":
        """An iterator of the records that have a major category, each with its one."""
        return MajorRecords(self, records)


def _at_commas(text, known):
    """The names in a text, the longest known ones first. ValueError for a part that none begins with."""
    parts = text.split(",")
    while parts:
        ends = (end for end in range(len(parts), 0, -1) if ",".join(parts[:end]).strip() in known)
        end = next(ends, 0)
        if not end:
            raise ValueError(f"Major: want categories of the records, got {','.join(parts).strip()!r}, which none of "
                             "them has")
        yield ",".join(parts[:end]).strip()
        parts = parts[end:]


class _Choice:
    """The categories that `Major.choose` has chosen, and the rows (sets of names) that each of them owns."""

    def __init__(self, rows):
        self.rows, self.where = rows, defaultdict(list)  # where: the numbers of the rows that have a name
        for i, row in enumerate(rows):
            for name in row:
                self.where[name].append(i)
        self.counts = {name: len(places) for name, places in self.where.items()}
        # of the names that may still be chosen, how many of their rows no chosen name has
        self.uncovered = {name: n for name, n in self.counts.items() if n <= NEAR_UNIVERSAL * len(rows)}
        self.queue = list(map(self._place, self.uncovered))
        heapify(self.queue)
        self.owners = [""] * len(rows)
        self.owned: Counter[str] = Counter()

    def _place(self, name):
        """In the queue: the most uncovered rows first, then the most rows, then the first in the alphabet."""
        return -self.uncovered[name], -self.counts[name], name

    def next_name(self):
        """Take the name that comes first. A place in the queue may be out of date, but a name only falls back."""
        while (place := self._place(name := self.queue[0][2])) != self.queue[0]:
            heapreplace(self.queue, place)
        heappop(self.queue)
        del self.uncovered[name]
        return name

    def rank(self, name):
        """By this a row chooses its owner among the chosen names that it has: the rarest, then the first."""
        return self.counts[name], name

    def consider(self, name):
        """Choose the name, unless it would own no row or would leave another chosen name without any."""
        taken = [i for i in self.where[name] if not self.owners[i] or self.rank(name) < self.rank(self.owners[i])]
        losses = Counter(self.owners[i] for i in taken if self.owners[i])
        if not taken or any(self.owned[loser] == n for loser, n in losses.items()):
            return
        self.owned.subtract(losses)
        self.owned[name] = len(taken)
        for i in taken:
            if not self.owners[i]:
                for other in self.rows[i] & self.uncovered.keys():
                    self.uncovered[other] -= 1
            self.owners[i] = name


class MajorRecords(RecordStream):
    """The records that have a major category, with this one alone; those without one are skipped.

    n_several: records with two or more of them    counts: in how many records each category is the chosen one
    """

    def __init__(self, major: Major, records: Iterable[Record]):
        super().__init__(self._chosen(records, {name: i for i, name in enumerate(major.names)}))
        self.n_several = 0
        self.counts: Counter[str] = Counter()

    def _chosen(self, records, rank):
        for title, categories in records:
            found = rank.keys() & set(categories)
            if not found:
                self.skipped.add("no major category", title)
                continue
            name = min(found, key=rank.__getitem__)
            self.n_records += 1
            self.n_several += len(found) > 1
            self.counts[name] += 1
            yield Record(title, (name,))

    def summary(self) -> str:
        """One line, as '100 records: 94 with a major category, 3 of them with several; 6 left out'."""
        n_skipped = self.skipped.total()
        return (f"{self.n_records + n_skipped:,} records: {self.n_records:,} with a major category, "
                f"{self.n_several:,} of them with several; {n_skipped:,} left out")
