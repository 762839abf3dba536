"""What the phases of a training take on this machine, each measured by doing some of it.

    start      a process that imports the command line, loads every kernel and ends
    network    making the network and the optimiser's state at their real size, every page touched
    step       a mean of real steps: rows of the sample in random order, its words spread over all places
    score      `evaluate` and `best_threshold` on products held out
    save       a folder with part of the network and the words of the sample
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.data.dataset import Dataset
from nnlite.data.holdout import HeldOut
from nnlite.data.records import Record
from nnlite.data.vocabulary import Vocabulary
from nnlite.mlp import MLP
from nnlite.scores.calibration import best_threshold
from nnlite.scores.evaluation import evaluate
from nnlite.system import array_folder, memory
from nnlite.training import recipes
from nnlite.training.trainer import Trainer

TRIAL_SECONDS = 2.0  # of training, after the first two steps, in which memory is touched first
GROUP_SECONDS = 0.2  # of steps whose mean is one measurement of the machine's speed
SCORED_LOGITS = 1e8  # that are computed to time the scores
THRESHOLD_ROWS = 20_000  # of the threshold, as in `TitleClassifier`
SAVED_BYTES = 1 << 25  # that are written to time the disk


@dataclass(frozen=True)
class Start:
    """What a process takes before it reads, and to end."""

    seconds: float
    n_bytes: int  # that it holds by then


@cache
def start() -> Start:
    """Measured once, by a process that does everything with next to no data. Kernels are on disk by then."""
    warm_up()
    began = time.perf_counter()
    code = ("import nnlite.tool.command_line; from nnlite.training import costs; from nnlite.system import memory; "
            "costs.warm_up(); print(memory.resident_memory() or 0)")
    n_bytes = memory.resident_memory() or 0
    with suppress(OSError, ValueError, subprocess.SubprocessError):  # no Python to start: what this process holds
        n_bytes = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    return Start(time.perf_counter() - began, n_bytes)


@cache
def warm_up() -> None:
    """Do everything that a training does with next to no data, which loads all kernels and tables."""
    records = [Record("blue dress", ("a",)), Record("red hat", ("a", "b")), Record("pan", ())]
    HeldOut([title for title, _ in records], 1).mask(["red hat"])
    features: dict[str, Any] = recipes.FEATURES["default"] | dict(min_count=1, label_min_count=1)
    data = Vocabulary.build(records, **features).encode(records)
    trainer = recipes.default(data, epochs=1)
    trainer.fit(data)
    evaluate(trainer.model, data)
    best_threshold(trainer.model, data.x)


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that a call takes, and what it returns."""
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result


def touched(trainer: Trainer) -> Trainer:
    """The trainer; all its memory has been written to."""
    trainer.optimizer.start(trainer.model.params)
    for array in trainer.optimizer.state.values():
        array.fill(0)
    return trainer


@dataclass(frozen=True)
class Pace:
    """How long a step takes."""

    seconds: float  # the mean
    spread: float  # the relative standard deviation of the means of GROUP_SECONDS: how the machine's speed changes


class _Enough(Exception):
    """The trial has lasted long enough."""


def trial(trainer: Trainer, data: Dataset, at_least: float | None = None) -> Pace:
    """The Pace of a training on these data, after its first two steps; of fewer the last one's.

    at_least: seconds of steps, by default TRIAL_SECONDS
    """
    least = TRIAL_SECONDS if at_least is None else at_least
    seconds: list[float] = []

    def look(step):
        seconds.append(step.seconds)
        if len(seconds) > 4 and seconds[-1] - seconds[1] > least:
            raise _Enough

    with suppress(_Enough):
        trainer.fit(data, on_step=look)
    of_steps = np.diff(seconds, prepend=0)
    of_steps = of_steps[min(2, of_steps.size - 1):]
    groups = np.array_split(of_steps, max(1, min(of_steps.size, int(of_steps.sum() / GROUP_SECONDS))))
    means = np.array([group.mean() for group in groups])
    return Pace(float(of_steps.mean()), float(means.std() / max(means.mean(), 1e-30)))


def score_seconds(model: MLP, data: Dataset, threads: int | None = None) -> tuple[float, float]:
    """The seconds of `evaluate` and of `best_threshold` for one row of these data."""
    some = data.take(slice(0, max(1, int(SCORED_LOGITS / model.n_labels))))
    evaluate(model, some.take(slice(0, 1)), threads=threads)  # loads what is not loaded
    return (timed(lambda: evaluate(model, some, threads=threads))[0] / len(some),
            timed(lambda: best_threshold(model, some.x, threads=threads))[0] / len(some))


def save_seconds(model: MLP, vocabulary: Vocabulary) -> float:
    """The seconds of writing a byte of a model, part of which is written to the folder of temporary files."""
    header, arrays, texts = vocabulary.to_files()
    words = model.params["features.W"]
    arrays = arrays | {"part": words[:max(1, SAVED_BYTES // words[0].nbytes)]}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model"
        seconds, _ = timed(lambda: array_folder.write(place, "model", {"vocabulary": header}, arrays, texts))
        written = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return seconds / written


def vocabulary_bytes(vocabulary: Vocabulary) -> int:
    """The size of its files."""
    _, arrays, texts = vocabulary.to_files()
    n_chars = sum(len(text) + 1 for lines in texts.values() for text in lines)
    return n_chars + sum(array.nbytes for array in arrays.values())
