"""What the settings of a Trainer must be."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.mlp import MLP
from nnlite.network.optimizers import Optimizer
from nnlite.precision.choice import products_of
from nnlite.system.number_arrays import check_weights
from nnlite.system.paths import checked_path
from nnlite.system.ranges import SEED_MAX, instance, integer, number

FACTOR_MAX = float(np.finfo(np.float64).max)


def check_settings(trainer: Any) -> None:
    """Settings of a Trainer as plain numbers and an array of their own. TypeError or ValueError for others."""
    instance("Trainer: model", trainer.model, MLP)
    instance("Trainer: optimizer", trainer.optimizer, Optimizer)
    for name in "dropout", "word_dropout", "negligible":
        setattr(trainer, name, number(f"Trainer: {name}", getattr(trainer, name), 0, 1))
    trainer.seed = integer("Trainer: seed", trainer.seed, 0, SEED_MAX)
    for name in "batch_rows", "epochs":
        setattr(trainer, name, value := integer(f"Trainer: {name}", getattr(trainer, name)))
        if value < 1:
            raise ValueError(f"Trainer: {name}: want at least 1, got {value}")
    for name, known in ("order", ("shuffled", "chunks")), ("reduction", ("sum", "mean")):
        value = getattr(trainer, name)
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"Trainer: {name}: want {known[0]!r} or {known[1]!r}, got {value!r}")
    products_of(trainer.precision)
    if trainer.checkpoints is not None:
        checked_path("Trainer: checkpoints", trainer.checkpoints)
    number("Trainer: checkpoint_seconds", trainer.checkpoint_seconds, 0)
    if not callable(trainer.schedule):
        raise TypeError(f"Trainer: schedule: want a function of the progress, got {trainer.schedule!r:.60}")
    if trainer.label_weights is not None:
        trainer.label_weights = check_weights(
            "Trainer: label_weights", trainer.label_weights, trainer.model.n_labels).copy()


def rate_factor(schedule: Callable[[float], float], progress: float) -> float:
    """The schedule's factor of the learning rate. ValueError unless it is a finite number of at least 0."""
    factor = schedule(progress)
    if not isinstance(factor, (int, float, np.integer, np.floating)) or isinstance(factor, bool) \
            or not 0 <= factor <= FACTOR_MAX:
        raise ValueError(f"Trainer: schedule: want a finite number of at least 0, got {factor!r:.60}")
    return factor  # type: ignore[return-value]
