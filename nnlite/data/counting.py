"""In how many titles each token occurs, and in how many records each label: exactly, or in bounded memory."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain

import numpy as np

from nnlite.data.tokens import PUBLIC, Tokens, hash_of
from nnlite.kernels import hashing

SMALLEST_TABLE = 1 << 10  # slots; the size of every table is a power of two
LONGEST_RUN = 1 << 12  # slots in use side by side in a file; in a table of 10 million words the longest has about 100


class Table:
    """A map from hashes to positive int32: open addressing, as `kernels.hashing` describes it, at most half full."""

    def __init__(self, n_keys: int = 0):
        n_slots = max(SMALLEST_TABLE, 1 << (2 * n_keys).bit_length())
        self.keys, self.values = np.zeros(n_slots, np.uint64), np.zeros(n_slots, np.int32)

    @classmethod
    def of(cls, keys: np.ndarray, values: np.ndarray, n_keys: int) -> "Table":
        """The table in the arrays of another one, which it owns now, whose values are the numbers from 1 to n_keys.

        ValueError for other values, no free slot, or a search that might take more than LONGEST_RUN slots.
        """
        table = cls.__new__(cls)
        table.keys, table.values = keys.view(np.uint64), values
        n_slots = keys.size
        if n_slots < 1 or n_slots & (n_slots - 1) or keys.shape != values.shape or keys.ndim != 1:
            raise ValueError(f"want two arrays of 2^k slots, got {keys.shape} and {values.shape}")
        longest = hashing.longest_run(table.values, np.zeros(n_keys + 1, bool))
        if longest < 0 or n_keys >= n_slots:
            raise ValueError(f"want the numbers from 1 to {n_keys} in {n_slots} slots, got others")
        if longest > LONGEST_RUN:
            raise ValueError(f"want runs of at most {LONGEST_RUN} slots in use, got one of {longest}")
        return table

    @property
    def n_slots(self) -> int:
        """The number of slots, a power of two."""
        return self.keys.size

    def insert(self, hashes: np.ndarray, values: np.ndarray) -> None:
        """Map each hash to its value, except where the value is 0."""
        hashing.insert(hashes, values, self.keys, self.values)

    def find(self, hashes: np.ndarray) -> np.ndarray:
        """The value of each hash, 0 for an unknown one: int32."""
        found = np.empty(hashes.size, np.int32)
        hashing.look_up(hashes, self.keys, self.values, found)
        return found


class TitleCounts:
    """In how many titles each token occurs. A token is stored as its hash, and from its min_count-th title on as text.

    n_titles: seen so far    n_tokens: different ones seen so far    names: list of str, the tokens in min_count titles

    max_tokens: None, or how many tokens are counted at a time, apart from those of one title. When there are more, the
    least frequent are forgotten until half are left: those with seen + missed <= error, as in lossy counting (Manku and
    Motwani 2002). No count is too high, none is too low by more than `error`, and a token that is not counted was in at
    most `error` titles. error < 2 N / max_tokens, where N counts every token once for each title that has it: see Misra
    and Gries 1982. A forgotten token that comes again counts as a different one.

    secret: with which all tokens are hashed
    """

    def __init__(self, min_count: int, max_tokens: int | None = None, secret: np.ndarray = PUBLIC):
        self.min_count, self.max_tokens, self.secret = min_count, max_tokens, secret
        self.n_titles = self.n_tokens = self.error = 0
        self.names: list[str] = []
        self.n_held = 0  # tokens in the table
        self.table, self.last_rows = Table(), np.empty(0, np.int32)
        self.missed = np.empty(0, np.int32)  # by slot, titles missed at most; empty while the error is 0

    def add(self, tokens: Tokens) -> None:
        """Count the Tokens of some more titles."""
        row, n_rows = 0, tokens.rows.size - 1
        reached = np.empty(tokens.hashes.size, np.int64)
        while row < n_rows:
            n_next = int(tokens.rows[row + 1] - tokens.rows[row])
            if self.max_tokens and self.n_held + n_next > self.max_tokens:
                self._forget(self.max_tokens // 2)
            if self.n_held + n_next > self.table.n_slots // 2:
                self._move(np.flatnonzero(self.table.values), self.n_held + n_next)
            if self.last_rows.size < self.table.n_slots:
                self.last_rows = np.full(self.table.n_slots, -1, np.int32)
            free = self.table.n_slots // 2 - self.n_held
            if self.max_tokens:
                free = min(free, max(self.max_tokens - self.n_held, n_next))
            row, n_new, n_reached = hashing.count_rows(
                tokens.hashes, tokens.rows, row, free, self.table.keys, self.table.values, self.missed, self.error,
                self.last_rows, self.n_titles, self.min_count, reached)
            self.n_held += n_new
            self.n_tokens += n_new
            self.names += map(tokens.name, reached[:n_reached].tolist())
        self.n_titles += n_rows

    def _move(self, slots, n_tokens):
        """Move the tokens in the given slots, and no others, to a new table for n_tokens tokens."""
        old, missed = self.table, self.missed
        self.table = Table(n_tokens)
        self.table.insert(old.keys[slots], np.arange(1, slots.size + 1, dtype=np.int32))
        new = np.flatnonzero(self.table.values)
        came_from = slots[self.table.values[new] - 1]
        self.table.values[new] = old.values[came_from]
        if self.error:
            self.missed = np.zeros(self.table.n_slots, np.int32)
            self.missed[new] = missed[came_from] if missed.size else 0

    def _forget(self, half):
        """Between two titles: keep the `half` tokens whose counts, with what they may miss, are largest."""
        slots = np.flatnonzero(self.table.values)
        most = self.table.values[slots] + (self.missed[slots] if self.error else 0)
        if slots.size <= half:
            return
        self.error = int(np.partition(most, slots.size - half - 1)[slots.size - half - 1])
        slots = slots[most > self.error]
        self._move(slots, self.max_tokens)
        self.n_held, self.last_rows = slots.size, np.empty(0, np.int32)
        kept = self.table.find(hash_of(self.names, self.secret)) >= self.min_count
        self.names = [name for name, is_kept in zip(self.names, kept.tolist()) if is_kept]

    def counts(self) -> dict[str, int]:
        """In how many titles each of `names` occurs, as a dict."""
        return dict(zip(self.names, self.table.find(hash_of(self.names, self.secret)).tolist()))


class LabelCounts:
    """In how many records each label occurs, as `TitleCounts` counts tokens: counts, n_labels seen, error."""

    def __init__(self, max_labels: int | None = None):
        self.max_labels, self.n_labels, self.error = max_labels, 0, 0
        self.counts: Counter[str] = Counter()
        self.missed: dict[str, int] = {}  # at most so many records, where it is above 0

    def add(self, categories: Iterable[Iterable[str]]) -> None:
        """Count the labels of some more records."""
        seen = Counter(chain.from_iterable(map(set, categories)))
        new = [label for label in seen if label not in self.counts]
        self.n_labels += len(new)
        if self.error:
            self.missed.update(dict.fromkeys(new, self.error))
        self.counts.update(seen)
        if self.max_labels and len(self.counts) > self.max_labels:
            self._forget(self.max_labels // 2)

    def _forget(self, n_kept):
        """Keep at most the n_kept labels whose counts, with what they may miss, are largest."""
        most = {label: n + self.missed.get(label, 0) for label, n in self.counts.items()}
        self.error = sorted(most.values(), reverse=True)[n_kept]
        self.counts = Counter({label: n for label, n in self.counts.items() if most[label] > self.error})
        self.missed = {label: n for label, n in self.missed.items() if label in self.counts}
