"""A sample of the records that a plan is made from: what is in it, what it took, and how sizes grow to all records."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, log2
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.data.cleaning import clean
from nnlite.data.dataset import Dataset
from nnlite.data.digests import digests, repeated
from nnlite.data.holdout import HeldOut, wanted
from nnlite.data.records import Record, read_records
from nnlite.data.vocabulary import Vocabulary
from nnlite.system import memory

CHUNKS_HELD = 3  # in memory at a time: one in use, one read ahead, one being put together
BYTES_PER_WORD = 350  # of a kept word or label while words are counted: its text and its count
BYTES_PER_SEEN = 64  # of each counted word, rare ones included: 16 a slot, 2 to 4 slots
BYTES_PER_COLUMN = 40  # of a hashed column
RECORDS_TWICE = 1.3  # titles are held once, but the tuples and lists around them twice: as read and as checked
SLICES = 10  # of the sample, whose spread tells how well it stands for all records


@dataclass
class Expected:
    """The expected sizes of all the data; a recipe takes them in place of the data."""

    n_rows: int
    n_words: int
    n_labels: int
    n_seen: int  # different words that are counted, rare ones included

    def label_frequencies(self) -> np.ndarray:
        """(L,): the same frequency for every label."""
        return np.full(self.n_labels, 1 / self.n_labels)


class Sample:
    """The first records of some files, `most` at most, taken through all that `train` does before its first step.

    n_records: of the files    n_read: of the sample    exact: were all read?    scale: n_records / n_read
    records, data: those to train on    n_held, held: how many of all are held out, and those of the sample
    seconds: of each phase, for the sample    categories, features, reading: the arguments of `Categories.choose`,
    `Vocabulary.build` and `read_records`    holdout: as `holdout.wanted` takes it
    """

    def __init__(self, paths: list[str], most: int, features: dict[str, Any], categories: dict[str, Any],
                 reading: dict[str, Any] | None = None, holdout: float | None = None, seed: int = 0):
        self.seconds: dict[str, float] = {}
        before = memory.resident_memory() or 0
        with self._phase("read"):
            reader = read_records(paths, **(reading or {}))
            records = list(itertools.islice(reader, most))
        self.records_bytes = max((memory.resident_memory() or 0) - before, 0)  # the system may take other memory back
        self.n_read = len(records)
        self.exact = self.n_read < most
        self.n_records = self.n_read if self.exact else reader.expected_records()
        reader.close()
        self.scale = self.n_records / self.n_read
        self.count_error = 0.0 if self.exact else spread_of([len(title) for title, _ in records])
        with self._phase("hold out"):
            records, held = self._sides(records, holdout, seed)
        with self._phase("count words"):
            known = Categories.choose(records, **categories)
            self.records = known.apply(records)[0]
            titles = [clean(title) for title, _ in self.records]
            seen = np.unique(digests(titles))
            self.vocabulary = Vocabulary.build(self.records, **features)
        with self._phase("encode"):
            self.data = self.vocabulary.encode(self.records)
            held = known.apply(held)[0]
            self.held = self.vocabulary.encode(held) if held else None
            repeated((title for title, _ in held), seen)
        self.n_trained = round(self.scale * len(self.records))

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        """Add the time within it to a phase."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start

    def _sides(self, records: list[Record], holdout: float | None, seed: int) -> tuple[list[Record], list[Record]]:
        """The records of the sample to train on, and those held out; of a part as many as of the whole, in shares."""
        share = holdout if self.exact else wanted(holdout, self.n_records) / self.n_records
        self.n_held = 0
        if share == 0:
            return records, []
        out = HeldOut([title for title, _ in records], share, seed)
        mask = out.mask([title for title, _ in records])
        self.n_held = round(self.scale * out.n_held)
        return list(itertools.compress(records, ~mask)), list(itertools.compress(records, mask))

    def expected_sizes(self, features: dict[str, Any]) -> Expected:
        """The sizes of all the data: those of the sample, or as they grow from its first quarter to its whole."""
        if self.exact:
            return Expected(self.n_trained, *_counts(self.vocabulary))
        quarter, half = (Vocabulary.build(self.records[:len(self.records) // n], **features) for n in (4, 2))
        counts = zip(_counts(quarter), _counts(half), _counts(self.vocabulary))
        return Expected(self.n_trained, *(grown(*of_parts, self.scale) for of_parts in counts))

    def memory_of(self, expected: Expected, chunk_rows: int | None = None) -> dict[str, int]:
        """Expected bytes for all records, by what holds them.

        chunk_rows: of those on disk, all but those held out; None if all are in memory
        """
        n_columns = self.vocabulary.hash_size or 0  # with hashing, no words are kept
        n_kept = expected.n_labels + (0 if n_columns else expected.n_words)
        row_bytes, held_bytes = self.data.nbytes / max(len(self.data), 1), self.held.nbytes if self.held else 0
        records, rows = RECORDS_TWICE * self.n_records, float(self.n_trained)
        if chunk_rows:
            n_parts = ceil(self.n_trained / chunk_rows)
            records = min(chunk_rows, self.n_trained) + self.n_held
            rows = min(CHUNKS_HELD, n_parts + 1) * self.n_trained / n_parts
        return {
            "records": round(records * self.records_bytes / self.n_read),
            "matrices": round(rows * row_bytes + self.scale * held_bytes),
            "vocabulary": BYTES_PER_WORD * n_kept + BYTES_PER_SEEN * expected.n_seen + BYTES_PER_COLUMN * n_columns,
        }


def _counts(vocabulary):
    """The arguments of Expected after the first."""
    return vocabulary.n_words, len(vocabulary.labels), len(vocabulary.words) + vocabulary.n_dropped_words


def spread_of(values: list[float]) -> float:
    """The relative standard error of the mean of some values, from the means of SLICES slices, neighbours together."""
    means = np.array([part.mean() for part in np.array_split(np.array(values, float), SLICES) if part.size])
    return float(means.std(ddof=1) / np.sqrt(means.size) / means.mean()) if means.size > 1 and means.any() else 0.0


def grown(n_quarter: int, n_half: int, n: int, scale: float) -> int:
    """The expected number of different words in `scale` times as many records as the sample has.

    n_quarter, n_half, n: the different words in a quarter, in a half and in all of the sample.
    Heaps' law: it grows by a power of the number of records. The power of each further doubling continues the change
    between the last two: pairs of words become complete late, single words early.
    """
    before, last = (log2(max(more, 1) / max(fewer, 1)) for fewer, more in ((n_quarter, n_half), (n_half, n)))
    doublings, power = log2(scale), 0.0
    for i in range(1, ceil(doublings) + 1):
        power += min(1.0, doublings - i + 1) * min(max(last + i * (last - before), 0.0), 1.0)
    return round(n * 2 ** power)


def spread(data: Dataset, n_words: int, n_labels: int) -> Dataset:
    """The Dataset with its words and labels at random places among n_words and n_labels, as in all the records."""
    rng = np.random.default_rng(0)
    parts = []
    for matrix, n in (data.x, n_words), (data.y, n_labels):
        places = np.sort(rng.permutation(n)[:matrix.shape[1]]) if n > matrix.shape[1] else np.arange(n)
        parts.append(sp.csr_array((matrix.data, places[matrix.indices], matrix.indptr), shape=(matrix.shape[0], n)))
    return Dataset(*parts)
