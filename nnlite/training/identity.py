"""What must be the same for a training to resume from a checkpoint."""

import hashlib
from math import ceil
from typing import Any

import numpy as np

from nnlite.training.overrides import plain
from nnlite.training.trainer_checks import rate_factor

SAME = "batch_rows", "epochs", "order", "reduction", "seed", "dropout", "word_dropout", "negligible", "precision"
MOST_RATES = 1_000_000  # values of the schedule that are compared; of more steps as many, evenly spaced


def identity(trainer: Any, n_steps: int | None, chunks: Any) -> dict[str, Any]:
    """A dict that JSON can hold of the settings, the network and the data of a Trainer; of long arrays the SHA-256."""
    model, optimizer = trainer.model, trainer.optimizer
    n = n_steps or 0
    rates = [rate_factor(trainer.schedule, step / n) for step in range(0, n, max(1, ceil(n / MOST_RATES)))]
    return {
        **{name: plain(getattr(trainer, name)) for name in SAME}, "n_steps": n_steps,
        **({"shards": plain(trainer.shards)} if trainer.shards > 1 else {}),
        "schedule": _sha256(rates),
        "label_weights": None if trainer.label_weights is None else _sha256(trainer.label_weights),
        "optimizer": [type(optimizer).__name__, *map(plain, optimizer.settings())], "data": chunks.crc32(),
        "network": [model.n_words, *model.hidden, model.n_labels, model.activation, model.output],
    }


def _sha256(numbers: Any) -> str:
    """The digest of an array of numbers, whose order counts."""
    return hashlib.sha256(np.asarray(numbers, np.float64).tobytes()).hexdigest()
