"""The plan: what `nnlite train` will take on this machine, found before it starts from a sample of the data.

A sample of the records is read, counted and encoded, a network of the size that all records are expected to need makes
some steps, and products are scored; each is timed (`sampling`, `costs`). `Measured.plan` multiplies what one record,
step or score took by how many there will be. `choosing` looks for the settings that fit a time and a memory.
"""

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, hypot
from os import PathLike
from typing import Any

import numpy as np

from nnlite.data.files.columns import Options
from nnlite.data.summary import kept_categories, nothing_to_learn
from nnlite.network.network import shapes
from nnlite.precision.choice import in_words, products_of
from nnlite.system import memory
from nnlite.training import costs, recipes
from nnlite.training.sampling import Expected, Sample, spread
from nnlite.training.step_memory import step_bytes
from nnlite.training.trainer import Trainer

SAMPLE_RECORDS = 100_000  # read at most
NINE_OF_TEN = 1.645  # standard deviations of a normal distribution on both sides of its middle
DRIFT = 0.1  # standard deviation of a quiet machine's speed, and of what the terms leave out: twenty jobs had 0.10
BUSY = 0.3  # likewise, for each processor's worth of time that other programs took from this one during the plan
MEMORY_ERROR = 0.15  # by which the memory may be higher
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
    seconds: dict[str, float]  # by phase
    memory: dict[str, int]  # bytes at the peak, by what holds them
    available: int | None  # bytes that the machine has for them
    categories: str = ""  # what the cut drops, if any
    n_held: int = 0  # products that are not trained on, but scored after each epoch
    chunk_rows: int | None = None  # of the chunks on disk, None if all records are in memory
    error: float = 0.0  # 9 of 10 trainings take between 1 / (1 + error) and 1 + error times the seconds
    plan_seconds: float = 0.0  # what the plan took
    settings: dict[str, int] = field(default_factory=dict)  # chosen to fit limits
    limits: str = ""  # that they fit
    precision: str = "float32"

    total_seconds = property(lambda self: sum(self.seconds.values()))
    low_seconds = property(lambda self: self.total_seconds / (1 + self.error))
    high_seconds = property(lambda self: self.total_seconds * (1 + self.error))
    total_memory = property(lambda self: sum(self.memory.values()))
    high_memory = property(lambda self: round(self.total_memory * (1 + MEMORY_ERROR)))

    @property
    def refit_seconds(self) -> float:
        """What another training takes, on all products and without scores."""
        again = ["count words", "encode", "network", "train", "threshold", "save", "checkpoints"]
        again += ["read"] * bool(self.chunk_rows)
        seconds = sum(self.seconds.get(name, 0.0) for name in again)
        return seconds * self.n_records / max(self.n_records - self.n_held, 1)

    def check(self) -> None:
        """MemoryError if the training cannot fit into this machine's memory."""
        if self.available is not None and self.total_memory > self.available:
            raise MemoryError(f"plan: want at most the {self.available / MIB:,.0f} MiB that this machine has, got "
                              f"{self.total_memory / MIB:,.0f} MiB: {self.memory_parts()}. Fewer words (min_count, "
                              "hash_size), labels or units take less, and so do chunks on disk")

    def memory_parts(self) -> str:
        """What holds how many MiB."""
        return ", ".join(f"{n_bytes / MIB:,.0f} for {name}" for name, n_bytes in self.memory.items())

    def seconds_parts(self) -> str:
        """Which phase takes how many seconds."""
        return ", ".join(f"{name} {seconds:,.1f}" for name, seconds in self.seconds.items())

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        on_disk = f", in chunks on disk of {self.chunk_rows:,} rows" if self.chunk_rows else ""
        rows = [
            ("data", f"{', '.join(self.paths)}: {about}{self.n_records:,} records, {self.n_words:,} words, "
                     f"{self.n_labels:,} labels"),
            *([("categories", self.categories)] if self.categories else []),
            ("network", f"{' x '.join(f'{n:,}' for n in self.network)}, by the {self.recipe} recipe"),
            ("steps", f"{self.n_steps:,}: {self.epochs} epochs in batches of {self.batch_rows:,} rows{on_disk}"),
            ("threads", f"{self.threads}" + "".join(f"; {name} is there and not used" for name in memory.gpus())),
            ("products", in_words(self.precision, self.n_labels)),
            ("time", f"about {self.total_seconds:,.1f} s"
             + f", 9 of 10 trainings within {self.low_seconds:,.1f} to {self.high_seconds:,.1f} s" * bool(self.error)
             + f": {self.seconds_parts()}"),
            *([("speed", f"as measured in the {self.plan_seconds:,.1f} s of this plan; a training is slower while "
                         "other programs work")] if self.plan_seconds else []),
            ("memory", f"about {self.total_memory / MIB:,.0f} MiB"
             + f", at most {self.high_memory / MIB:,.0f}" * bool(self.error) + ": "
             + ", ".join(f"{name} {n_bytes / MIB:,.0f}" for name, n_bytes in self.memory.items())
             + (f"; {self.available / MIB:,.0f} available" if self.available is not None else "")),
        ]
        return "\n".join(f"{name:10} {text}" for name, text in rows)


class Measured:
    """What a sample of some files has shown of a training on all of them.

    The arguments are those of `plan`. n_scored: products scored after each epoch, if others than those held out
    refit: is a second training on all products to follow?
    """

    def __init__(self, paths: str | PathLike | Sequence[str | PathLike], /, recipe: str = "default",
                 threads: int | None = None, sample_records: int = SAMPLE_RECORDS, holdout: float | None = None,
                 n_scored: int | None = None, refit: bool = False, **overrides: Any):
        if sample_records < 1:
            raise ValueError(f"plan: sample_records: want at least 1, got {sample_records}")
        self.began = time.perf_counter()
        self.paths = [str(path) for path in (paths if isinstance(paths, (list, tuple)) else [paths])]
        self.recipe, self.refit = recipe, refit
        reading = {name: overrides.pop(name) for name in Options._fields if name in overrides}
        features, self.categories, others = recipes.split(recipe, overrides)
        self.others = {name: value for name, value in others.items()
                       if name != "shards" and not name.startswith("checkpoint")} | {"threads": threads}
        self.checkpoint_seconds = others.get("checkpoint_seconds") or 300.0 if others.get("checkpoints") else None
        self.start = costs.start()
        worked, began = time.process_time(), time.perf_counter()
        self.sample = sample = Sample(self.paths, sample_records, features, self.categories, reading, holdout,
                                      others.get("seed") or 0)
        share = (time.process_time() - worked) / max(time.perf_counter() - began, 1e-9)  # of one thread's time
        self.waited = min(max(1 / max(share, 0.05) - 1, 0.0), 9.0)
        self.expected = sample.expected_sizes(features)
        self.n_scored = sample.n_held if n_scored is None else n_scored
        sample.records.clear()
        self.settings = self._trainer(Expected(self.expected.n_rows, 1, 2, 1))
        self._steps: dict[int, costs.Pace] = {}

    def _trainer(self, sizes: Expected, **more: Any) -> Trainer:
        return recipes.RECIPES[self.recipe](sizes, **self.others | more)

    def can_be_chunked(self) -> bool:
        """Whether `fit_files` can train on these files: not standard input, and not a number of major categories."""
        return "-" not in self.paths and not isinstance(self.categories.get("major"), (int, np.integer))

    @cached_property
    def network(self) -> tuple[float, Trainer]:
        """The seconds that making a network of the real size takes, and its trainer. MemoryError if it is too large."""
        needed = sum(network_memory(self.settings, self.expected.n_words, self.expected.n_labels, 1).values())
        there = memory.available_memory()
        if there is not None and needed > there:
            raise MemoryError(f"plan: want at most the {there / MIB:,.0f} MiB that this machine has, got "
                              f"{needed / MIB:,.0f} MiB for the network and its optimiser. Fewer words (min_count, "
                              "hash_size), labels or units take less")
        return costs.timed(lambda: costs.touched(self._trainer(self.expected)))

    @cached_property
    def scores(self) -> tuple[float, float]:
        """The seconds of `evaluate` and of `best_threshold` for a row."""
        some = spread(self.sample.held or self.sample.data, self.expected.n_words, self.expected.n_labels)
        return costs.score_seconds(self.network[1].model, some, self.settings.workers.threads)

    @cached_property
    def save_seconds(self) -> float:
        """The seconds of writing a byte of a model, a checkpoint or chunks."""
        return costs.save_seconds(self.network[1].model, self.sample.vocabulary)

    @cached_property
    def vocabulary_bytes(self) -> float:
        """The expected size of the vocabulary's files."""
        vocabulary = self.sample.vocabulary
        return self.expected.n_words / max(vocabulary.n_words, 1) * costs.vocabulary_bytes(vocabulary)

    def pace(self, batch_rows: int) -> costs.Pace:
        """The Pace of the steps."""
        if batch_rows not in self._steps:
            trainer = copy.copy(self.network[1])
            trainer.batch_rows = batch_rows
            self._steps[batch_rows] = costs.trial(
                trainer, spread(self.sample.data, self.expected.n_words, self.expected.n_labels))
        return self._steps[batch_rows]

    def sizes(self, batch_rows: int, chunk_rows: int | None = None, epochs: int | None = None) -> Plan:
        """The Plan without its time. Nothing is tried or allocated for it."""
        sample, one = self.sample, copy.copy(self.settings)
        one.epochs, one.batch_rows = epochs or one.epochs, batch_rows
        found = _plan(one, self.paths, self.recipe, self.expected, sample.exact)
        found.memory = ({"Python and kernels": self.start.n_bytes} | sample.memory_of(self.expected, chunk_rows)
                        | found.memory)
        # `save` maps the files that it has written, to check them; the counts of words are gone by then
        found.memory["saving"] = max(found.memory["parameters"] - found.memory["vocabulary"], 0)
        found.n_records, found.n_held = sample.n_records, sample.n_held
        found.chunk_rows = chunk_rows
        n_without = sample.data.rows_without_label()
        found.categories = nothing_to_learn(sample.vocabulary, n_without) or kept_categories(
            sample.vocabulary, n_without, "" if sample.exact else " of the sample")
        return found

    def plan(self, epochs: int, batch_rows: int, chunk_rows: int | None = None) -> Plan:
        """The Plan with these settings."""
        found, sample, n_rows = self.sizes(batch_rows, chunk_rows, epochs), self.sample, self.expected.n_rows
        pace, (scored, threshold) = self.pace(batch_rows), self.scores
        rounds = epochs if self.settings.order == "shuffled" else ceil(n_rows / batch_rows)
        of_files = {name: sample.scale * seconds for name, seconds in sample.seconds.items()}
        if chunk_rows:  # titles are read to hold some out, then records to be counted, then to be encoded
            of_files["read"] *= 3 if sample.n_held else 2
            of_files["hold out"] *= 1.5
        found.seconds = {
            "start": self.start.seconds, **of_files, "network": self.network[0],
            "train": found.n_steps * pace.seconds,
            "score": (rounds + 1) * self.n_scored * scored,
            "threshold": min(self.n_scored or n_rows, costs.THRESHOLD_ROWS) * threshold,
            "save": self.save_seconds * (found.memory["parameters"] + self.vocabulary_bytes)}
        if chunk_rows:
            found.seconds["encode"] += self.save_seconds * sample.scale * sample.data.nbytes
        if self.checkpoint_seconds is not None:
            n_saved = 1 + found.seconds["train"] / max(self.checkpoint_seconds, pace.seconds)
            found.seconds["checkpoints"] = n_saved * self.save_seconds * (
                found.memory["parameters"] + found.memory["optimiser"])
        if self.refit and sample.n_held:
            found.seconds["refit"] = found.refit_seconds
        found.error = NINE_OF_TEN * hypot(DRIFT, pace.spread, sample.count_error, BUSY * self.waited)
        found.plan_seconds = time.perf_counter() - self.began
        return found


def plan_of(trainer: Trainer, sources: list[str], recipe: str, n_records: int, step_seconds: float) -> Plan:
    """The Plan of training alone, without what reading, encoding and scores take.

    trainer: made by the recipe for n_records records    step_seconds: what one step takes
    sources, recipe: names to be shown
    """
    sizes = Expected(n_records, trainer.model.n_words, trainer.model.n_labels, 0)
    found = _plan(trainer, sources, recipe, sizes, exact=True)
    found.seconds = {"train": found.n_steps * step_seconds}
    return found


def _plan(trainer, sources, recipe, sizes, exact):
    """As plan_of without the time; of the trainer's network only the hidden layers count, the rest is in `sizes`."""
    n_steps, rows = trainer.epochs * ceil(sizes.n_rows / trainer.batch_rows), min(trainer.batch_rows, sizes.n_rows)
    return Plan(
        sources, recipe, exact, sizes.n_rows, sizes.n_words, sizes.n_labels,
        [sizes.n_words, *trainer.model.hidden, sizes.n_labels], trainer.epochs, trainer.batch_rows, n_steps,
        trainer.workers.threads, {}, network_memory(trainer, sizes.n_words, sizes.n_labels, rows),
        memory.available_memory(), precision=trainer.precision)


def network_memory(trainer: Trainer, n_words: int, n_labels: int, n_rows: int) -> dict[str, int]:
    """The bytes of a network like the trainer's, but of so many words and labels, and of a step of so many rows."""
    params = {name: np.broadcast_to(np.float32(0), shape)  # the shape of an array without its memory
              for name, shape in shapes(n_words, trainer.model.hidden, n_labels).items()}
    model = copy.copy(trainer.model)
    model.labels = type(model.labels)(params["labels.W"], params["labels.b"])
    return {"parameters": sum(p.nbytes for p in params.values()),
            "optimiser": trainer.optimizer.state_bytes(params),
            "a step": step_bytes(model, n_rows, trainer.workers.threads, products_of(trainer.precision))}
