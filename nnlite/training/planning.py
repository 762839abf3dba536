"""The plan: what a training will take on this machine, found before it starts from a sample of the data.

A sample of the records is read, counted and encoded. A network of the size that all records are expected to need is
trained on it for some steps. Time and memory are then scaled to all records.
"""

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil, log2
from os import PathLike
from typing import Any

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.data.dataset import Dataset
from nnlite.data.files.columns import Options
from nnlite.data.records import Record, read_records
from nnlite.data.summary import kept_categories, nothing_to_learn
from nnlite.data.vocabulary import Vocabulary
from nnlite.network.mlp import MLP
from nnlite.network.optimizers import AdaGrad
from nnlite.system import memory
from nnlite.training import recipes
from nnlite.training.trainer import Trainer

SAMPLE_RECORDS = 100_000  # read at most
TRIAL_RECORDS = 20_000  # of these, to train on: a batch of the deck's recipe
TRIAL_SECONDS = 2.0  # of training, after the first two steps, in which everything compiles
BYTES_PER_WORD = 350  # of a kept word or label while words are counted: its text and its count
BYTES_PER_SEEN = 64  # of each counted word, rare ones included: 16 a slot, 2 to 4 slots
BYTES_PER_COLUMN = 40  # of a hashed column
RECORDS_TWICE = 1.3  # titles are held once, but the tuples and lists around them twice: as read and as checked
MIB = 2 ** 20


@dataclass
class Plan:
    """What is known or expected of a training. Sizes are exact if the sample was the whole of the data."""

    paths: list[str]
    recipe: str
    exact: bool  # were all records read, or are the numbers estimated from a sample?
    n_records: int
    n_words: int
    n_labels: int
    network: list[int]  # words, hidden units, labels
    epochs: int
    batch_rows: int
    n_steps: int
    threads: int
    seconds: dict[str, float]  # by activity: "read", "encode", "train"
    memory: dict[str, int]  # bytes at the peak, by what holds them
    available: int | None  # bytes that the machine has for them
    categories: str = ""  # what the cut drops, if any

    total_seconds = property(lambda self: sum(self.seconds.values()))
    total_memory = property(lambda self: sum(self.memory.values()))

    def check(self) -> None:
        """MemoryError if the training cannot fit into this machine's memory."""
        if self.available is not None and self.total_memory > self.available:
            parts = ", ".join(f"{n_bytes / MIB:,.0f} for {name}" for name, n_bytes in self.memory.items())
            raise MemoryError(f"plan: want at most the {self.available / MIB:,.0f} MiB that this machine has, got "
                              f"{self.total_memory / MIB:,.0f} MiB: {parts}. Fewer words (min_count, hash_size), "
                              f"labels or units take less, and so do chunks on disk")

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        rows = [
            ("data", f"{', '.join(self.paths)}: {about}{self.n_records:,} records, {self.n_words:,} words, "
                     f"{self.n_labels:,} labels"),
            *([("categories", self.categories)] if self.categories else []),
            ("network", f"{' x '.join(f'{n:,}' for n in self.network)}, by the {self.recipe} recipe"),
            ("steps", f"{self.n_steps:,}: {self.epochs} epochs in batches of {self.batch_rows:,} rows"),
            ("threads", f"{self.threads}" + "".join(f"; {name} is there and not used" for name in memory.gpus())),
            ("time", f"about {self.total_seconds:,.1f} s: "
             + ", ".join(f"{name} {seconds:,.1f}" for name, seconds in self.seconds.items())),
            ("memory", f"about {self.total_memory / MIB:,.0f} MiB: "
             + ", ".join(f"{name} {n_bytes / MIB:,.0f}" for name, n_bytes in self.memory.items())
             + (f"; {self.available / MIB:,.0f} available" if self.available is not None else "")),
        ]
        return "\n".join(f"{name:10} {text}" for name, text in rows)


def plan(paths: str | PathLike | Sequence[str | PathLike], /, recipe: str = "default", threads: int | None = None,
         sample_records: int = SAMPLE_RECORDS, **overrides: Any) -> Plan:
    """The Plan of a training on some files.

    paths: what `read_records` reads    recipe, overrides: as for `TitleClassifier`, and options of `read_records`
    Takes some seconds. Raises what `read_records` and `Vocabulary.build` raise, ValueError without a record to sample.
    """
    if sample_records < 1:
        raise ValueError(f"plan: sample_records: want at least 1, got {sample_records}")
    sources = [str(path) for path in (paths if isinstance(paths, (list, tuple)) else [paths])]
    reading = {name: overrides.pop(name) for name in Options._fields if name in overrides}
    features, categories, others = recipes.split(recipe, overrides)
    base_bytes = load_kernels(features)
    sample = Sample(sources, sample_records, features, categories, reading)
    expected = sample.expected_sizes(features)
    trainer = recipes.RECIPES[recipe](expected, threads=threads, **others)
    trial_data = spread(sample.data.take(slice(0, TRIAL_RECORDS)), expected.n_words, expected.n_labels)
    found = plan_of(trainer, sources, recipe, expected.n_rows, trial(trainer, trial_data), sample.exact)
    n_without = sample.data.rows_without_label()
    of = "" if sample.exact else " of the sample"
    found.categories = nothing_to_learn(sample.vocabulary, n_without) or kept_categories(
        sample.vocabulary, n_without, of)
    found.seconds = {name: sample.scale * seconds for name, seconds in sample.seconds.items()} | found.seconds
    found.memory = {"Python and kernels": base_bytes} | sample.memory_of(expected) | found.memory
    return found


def plan_of(trainer: Trainer, sources: list[str], recipe: str, n_records: int, step_seconds: float,
            exact: bool = True) -> Plan:
    """The Plan of training alone, without what reading and encoding take.

    trainer: made by the recipe for n_records records    step_seconds: what one step takes
    sources, recipe: names to be shown    exact: is n_records exact, or an estimate?
    """
    model, batch_rows, threads = trainer.model, trainer.batch_rows, trainer.workers.threads
    n_steps, rows = trainer.epochs * ceil(n_records / batch_rows), min(batch_rows, n_records)
    return Plan(
        sources, recipe, exact, n_records, model.n_words, model.n_labels,
        [model.n_words, *model.hidden, model.n_labels], trainer.epochs, batch_rows, n_steps, threads,
        {"train": n_steps * step_seconds},
        {"parameters": sum(p.nbytes for p in model.params.values()),
         "optimiser": trainer.optimizer.state_bytes(dict(model.params)),  # a copy: the size of a state not yet made
         "a step": model.step_bytes(rows, threads)},
        memory.available_memory())


def load_kernels(features: dict[str, Any]) -> int:
    """Train once on next to no data, which loads all kernels. Returns the bytes that this process then holds."""
    records = [Record("a b", ("c",))] * 2
    vocabulary = Vocabulary.build(records, **features | dict(min_count=1, label_min_count=1, hash_size=None))
    data = vocabulary.encode(records)
    Trainer(MLP(data.n_words, data.n_labels), AdaGrad(0.1), epochs=1, dropout=0.1, word_dropout=0.1).fit(data)
    return memory.resident_memory() or 0


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
    """The first records of some files, `most` at most: read and encoded, with the seconds and bytes that this takes."""

    def __init__(self, paths: list[str], most: int, features: dict[str, Any], categories: dict[str, Any],
                 reading: dict[str, Any] | None = None):
        start, before = time.perf_counter(), memory.resident_memory() or 0
        reader = read_records(paths, **(reading or {}))
        self.records = list(itertools.islice(reader, most))
        self.seconds = {"read": time.perf_counter() - start}
        self.records_bytes = max((memory.resident_memory() or 0) - before, 0)  # the system may take other memory back
        n_read = len(self.records)
        self.exact = n_read < most
        self.n_records = n_read if self.exact else reader.expected_records()
        reader.close()
        self.scale = self.n_records / n_read
        self.records, _ = Categories.choose(self.records, **categories).apply(self.records)
        start = time.perf_counter()
        self.vocabulary = Vocabulary.build(self.records, **features)
        self.data = self.vocabulary.encode(self.records)
        self.seconds["encode"] = time.perf_counter() - start

    def expected_sizes(self, features: dict[str, Any]) -> Expected:
        """The sizes of all the data: those of the sample, or as they grow from its first quarter to its whole."""
        if self.exact:
            return Expected(self.n_records, *_counts(self.vocabulary))
        quarter, half = (Vocabulary.build(self.records[:len(self.records) // n], **features) for n in (4, 2))
        counts = zip(_counts(quarter), _counts(half), _counts(self.vocabulary))
        return Expected(self.n_records, *(grown(*of_parts, self.scale) for of_parts in counts))

    def memory_of(self, expected: Expected) -> dict[str, int]:
        """Expected bytes for all records, by what holds them."""
        n_columns = self.vocabulary.hash_size or 0  # with hashing, no words are kept
        n_kept = expected.n_labels + (0 if n_columns else expected.n_words)
        return {
            "records": round(RECORDS_TWICE * self.scale * self.records_bytes),
            "matrices": round(self.scale * self.data.nbytes),
            "vocabulary": BYTES_PER_WORD * n_kept + BYTES_PER_SEEN * expected.n_seen + BYTES_PER_COLUMN * n_columns,
        }


def _counts(vocabulary):
    """The arguments of Expected after the first."""
    return vocabulary.n_words, len(vocabulary.labels), len(vocabulary.words) + vocabulary.n_dropped_words


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


class _Enough(Exception):
    """The trial has lasted long enough."""


def trial(trainer: Trainer, data: Dataset) -> float:
    """Seconds of a training step on these data: the median, after the first two steps; of fewer the last one's."""
    seconds: list[float] = []

    def look(step):
        seconds.append(step.seconds)
        if len(seconds) > 4 and seconds[-1] - seconds[1] > TRIAL_SECONDS:
            raise _Enough

    with suppress(_Enough):
        trainer.fit(data, on_step=look)
    of_steps = np.diff(seconds, prepend=0)
    return float(np.median(of_steps[min(2, of_steps.size - 1):]))
