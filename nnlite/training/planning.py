"""The plan: what a training will take on this machine, from a look at the data and some trial steps, before it starts.

Nothing is computed from a table of machines. A sample of the records is read, counted, encoded and trained on, in a
network of the size that all the records are expected to need; time and memory of that are scaled up to all of them.
"""

import itertools
import time
from dataclasses import dataclass
from math import ceil, log2
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.data.dataset import Dataset
from nnlite.data.lines import open_binary
from nnlite.data.records import Record, read_records
from nnlite.data.vocabulary import Vocabulary
from nnlite.network.mlp import MLP
from nnlite.network.optimizers import AdaGrad
from nnlite.system import memory
from nnlite.system.threads import width
from nnlite.training import recipes
from nnlite.training.trainer import Trainer

SAMPLE_RECORDS = 100_000
TRIAL_RECORDS = 20_000  # of these, to train on: a batch of the deck's recipe
SAMPLE_BYTES = 1 << 24  # of each file, unpacked, by which its lines are estimated
TRIAL_SECONDS = 2.0  # of training, after the first two steps, in which everything compiles
CHUNK_BYTES = 1 << 28  # of encoded rows that a chunk holds at most, where they do not all fit into memory
BYTES_PER_WORD, BYTES_PER_COLUMN = 350, 40  # while they are counted: texts and counts; of a hashed column
BYTES_PER_SEEN = 64  # of a word that is counted, rare ones included: 16 a slot, 2 to 4 slots
RECORDS_TWICE = 1.3  # titles are held once, but the tuples and lists around them twice, as read and as checked
MIB = 2 ** 20


@dataclass
class Plan:
    """What is known or expected of a training. Sizes are exact if the sample was the whole of the data."""

    paths: list[str]
    recipe: str
    exact: bool  # are the records all read, or an estimate from a sample?
    n_records: int
    n_words: int
    n_labels: int
    network: list[int]  # words, hidden units, labels
    epochs: int
    batch_rows: int
    n_steps: int
    chunk_rows: int  # how many rows should be in memory at once: all of them, if they fit
    block_rows: int  # that pass through the label layer at once,
    tile_labels: int  # by so many labels
    threads: int
    seconds: dict[str, float]  # by what takes them: "read", "encode", "train"
    memory: dict[str, int]  # bytes at the peak, by what holds them
    available: int | None  # bytes that the machine has for them
    gpus: list[str]

    total_seconds = property(lambda self: sum(self.seconds.values()))
    total_memory = property(lambda self: sum(self.memory.values()))

    def check(self):
        """MemoryError if the training cannot fit into this machine's memory."""
        if self.available is not None and self.total_memory > self.available:
            parts = ", ".join(f"{n_bytes / MIB:,.0f} for {name}" for name, n_bytes in self.memory.items())
            raise MemoryError(f"plan: want at most the {self.available / MIB:,.0f} MiB that this machine has, got "
                              f"{self.total_memory / MIB:,.0f} MiB: {parts}. Fewer words (min_count, hash_size), "
                              f"labels or units take less, and so do chunks on disk")

    def __str__(self):
        about, caches = "" if self.exact else "about ", memory.caches()
        rows = [
            ("data", f"{', '.join(self.paths)}: {about}{self.n_records:,} records, {self.n_words:,} words, "
                     f"{self.n_labels:,} labels"),
            ("network", f"{' x '.join(f'{n:,}' for n in self.network)}, by the {self.recipe} recipe"),
            ("steps", f"{self.n_steps:,}: {self.epochs} epochs in batches of {self.batch_rows:,} rows"),
            ("rows", f"{self.chunk_rows:,} in memory at once; blocks of {self.block_rows:,} rows by tiles of "
                     f"{self.tile_labels:,} labels: {4 * self.block_rows * self.tile_labels / MIB:.3g} MiB of logits"
             + ", caches " * bool(caches) + ", ".join(f"L{n} {size / MIB:.3g} MiB" for n, size in caches.items())),
            ("threads", f"{self.threads}" + "".join(f"; {name} is there and not used" for name in self.gpus)),
            ("time", f"about {self.total_seconds:,.1f} s: "
             + ", ".join(f"{name} {seconds:,.1f}" for name, seconds in self.seconds.items())),
            ("memory", f"about {self.total_memory / MIB:,.0f} MiB: "
             + ", ".join(f"{name} {n_bytes / MIB:,.0f}" for name, n_bytes in self.memory.items())
             + (f"; {self.available / MIB:,.0f} available" if self.available is not None else "")),
        ]
        return "\n".join(f"{name:10} {text}" for name, text in rows)


def plan(paths, recipe="default", threads=None, sample_records=SAMPLE_RECORDS, **overrides):
    """The Plan of a training on some files.

    paths: what `read_records` reads    recipe, overrides: as for `TitleClassifier`
    Takes some seconds. Raises what `read_records` and `Vocabulary.build` raise.
    """
    paths = [str(path) for path in (paths if isinstance(paths, (list, tuple)) else [paths])]
    features, asked, others = recipes.split(recipe, overrides)
    base = load_kernels(features)
    start, before = time.perf_counter(), memory.resident_memory() or 0
    reader = read_records(paths)
    sample = list(itertools.islice(reader, sample_records))
    read_seconds, records_bytes = time.perf_counter() - start, (memory.resident_memory() or 0) - before
    exact = len(sample) < sample_records
    n_lines = len(sample) + sum(reader.skipped.values())
    n_records = len(sample) if exact else max(len(sample), round(lines_in(paths) * len(sample) / n_lines))
    scale = n_records / len(sample)
    sample, _ = Categories.choose(sample, **asked).apply(sample)

    start = time.perf_counter()
    vocabulary = Vocabulary.build(sample, **features)
    data = vocabulary.encode(sample)
    encode_seconds = time.perf_counter() - start
    n_words, n_labels, n_seen = data.n_words, data.n_labels, len(vocabulary.words) + vocabulary.n_dropped_words
    if not exact:
        parts = [Vocabulary.build(sample[:len(sample) // n], **features) for n in (4, 2)]
        n_words = vocabulary.hash_size or grown(*(part.n_words for part in parts), n_words, scale)
        n_labels = grown(*(len(part.labels) for part in parts), n_labels, scale)
        n_seen = grown(*(len(part.words) + part.n_dropped_words for part in parts), n_seen, scale)
    expected = Expected(n_records, n_words, n_labels)
    trainer = recipes.RECIPES[recipe](expected, threads=threads, **others)
    step_seconds = trial(trainer, spread(data.take(slice(0, TRIAL_RECORDS)), n_words, n_labels))

    names = BYTES_PER_WORD * ((0 if vocabulary.hash_size else n_words) + n_labels)
    names += BYTES_PER_SEEN * n_seen + BYTES_PER_COLUMN * (vocabulary.hash_size or 0)
    return plan_of(
        trainer, paths, recipe, n_records, step_seconds,
        {"read": scale * read_seconds, "encode": scale * encode_seconds},
        {"Python and kernels": base, "records": round(RECORDS_TWICE * scale * records_bytes),
         "matrices": round(scale * data.nbytes), "vocabulary": names}, exact)


def plan_of(trainer, sources, recipe, n_records, step_seconds, other_seconds, other_bytes, exact=True):
    """The Plan of what a trainer, made by the recipe, is about to do with so many records.

    step_seconds: what a step takes    other_seconds, other_bytes: what else takes time and memory, by name
    """
    model, batch_rows, threads = trainer.model, trainer.batch_rows, trainer.workers.threads
    n_steps = trainer.epochs * ceil(n_records / batch_rows)
    rows = min(batch_rows, n_records)
    (block, *_), (tile, *_), _ = model.labels.pieces(rows)
    return Plan(
        sources, recipe, exact, n_records, model.n_words, model.n_labels,
        [model.n_words, *model.hidden, model.n_labels], trainer.epochs, batch_rows, n_steps, n_records, width(block),
        width(tile), threads, other_seconds | {"train": n_steps * step_seconds},
        other_bytes | {"parameters": sum(p.nbytes for p in model.params.values()),
                       "optimiser": trainer.optimizer.state_bytes(dict(model.params)),  # a copy: as if there were none
                       "a step": model.step_bytes(rows, threads)},
        memory.available_memory(), memory.gpus())


def load_kernels(features):
    """Do once what a training does, with next to no data. Returns the bytes that this process then holds."""
    records = [Record("a b", ("c",))] * 2
    vocabulary = Vocabulary.build(records, **features | dict(min_count=1, label_min_count=1, hash_size=None))
    data = vocabulary.encode(records)
    Trainer(MLP(data.n_words, data.n_labels), AdaGrad(0.1), epochs=1, dropout=0.1, word_dropout=0.1).fit(data)
    return memory.resident_memory() or 0


class Expected:
    """In the place of the data that a recipe is made for: their sizes, as far as they are known."""

    def __init__(self, n_rows, n_words, n_labels):
        self.n_rows, self.n_words, self.n_labels = n_rows, n_words, n_labels

    def label_frequencies(self):
        """Each label in as many rows as the other."""
        return np.full(self.n_labels, 1 / self.n_labels)


def lines_in(paths):
    """About how many lines some files have: those of the first SAMPLE_BYTES, by the part of the file that these are."""
    total = 0.0
    for path in map(Path, paths):
        with open(path, "rb") as packed, open_binary(path, packed) as file:
            content = file.read(SAMPLE_BYTES)
            share = 1.0 if len(content) < SAMPLE_BYTES else packed.tell() / path.stat().st_size
        total += content.count(b"\n") / max(share, 1e-9)
    return total


def grown(n_quarter, n_half, n, scale):
    """How many different words `scale` times as many records have, if a quarter, a half and all of them have so many.

    Heaps' law says that their number grows by a power of the number of records. The power is that of the last doubling,
    and it goes on changing as it did between the last two: pairs of words fill up late, single words early.
    """
    before, last = (log2(max(more, 1) / max(fewer, 1)) for fewer, more in ((n_quarter, n_half), (n_half, n)))
    doublings, power = log2(scale), 0.0
    for i in range(1, ceil(doublings) + 1):
        power += min(1.0, doublings - i + 1) * min(max(last + i * (last - before), 0.0), 1.0)
    return round(n * 2 ** power)


def spread(data, n_words, n_labels):
    """The Dataset with its words and labels at random places among more of them, as all the records will have."""
    rng = np.random.default_rng(0)
    parts = []
    for matrix, n in (data.x, n_words), (data.y, n_labels):
        places = np.sort(rng.permutation(n)[:matrix.shape[1]]) if n > matrix.shape[1] else np.arange(n)
        part = sp.csr_array((matrix.data, places[matrix.indices], matrix.indptr), shape=(matrix.shape[0], n))
        parts.append(part)
    return Dataset(*parts)


class _Enough(Exception):
    """The trial has lasted long enough."""


def trial(trainer, data):
    """Seconds of a training step on these data."""
    seconds = []

    def look(step):
        seconds.append(step.seconds)
        if len(seconds) > 4 and seconds[-1] - seconds[1] > TRIAL_SECONDS:
            raise _Enough

    try:
        trainer.fit(data, on_step=look)
    except _Enough:
        pass
    return float(np.median(np.diff(seconds)[1:] if len(seconds) > 2 else seconds))
