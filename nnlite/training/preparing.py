"""`Preparation`: what a step wants of a batch, and is made of data and settings alone: during the step before it."""

from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nnlite.data.csr import Csr
from nnlite.network.label_step import StepSettings
from nnlite.network.layers import Words
from nnlite.precision.choice import products_of
from nnlite.training.batches import Batch


class Prepared(NamedTuple):
    """The first arguments of `Network.step`."""

    words: Words
    y: Csr
    settings: StepSettings


class Preparation:
    """Prepares the batches of a Trainer."""

    def __init__(self, trainer: Any):
        self.trainer, self.model = trainer, trainer.model
        self.ready: dict[int, Prepared] = {}  # by the number of its step

    def of(self, batch: Batch, step: int) -> Prepared:
        """The batch of a step, 0, 1, ... ValueError if the batch's chunk does not fit the model."""
        return self.ready.pop(step, None) or self._prepare(batch, step)

    def ahead(self, batch: Batch, step: int) -> partial | None:
        """What prepares the batch after that of a step, if it is known. Its errors are left for `of`."""
        return batch.following and partial(self._try, batch.following, step + 1)

    def _try(self, batch, step):
        with suppress(Exception):
            self.ready[step] = self._prepare(batch, step)

    def _prepare(self, batch, step):
        want, got = (self.model.n_words, self.model.n_labels), (batch.chunk.n_words, batch.chunk.n_labels)
        if want != got:
            raise ValueError("Trainer: the model has {} words and {} labels, the data {} and {}".format(*want, *got))
        one = self.trainer
        x, y, row_weights = batch.arrays()
        weights = None
        if row_weights is not None or one.label_weights is not None:
            weights = (np.ones(x.n_rows, np.float32) if row_weights is None else row_weights,
                       np.ones(self.model.n_labels, np.float32) if one.label_weights is None else one.label_weights)
        n_losses = x.n_rows * (self.model.losses_per_row if one.reduction == "mean" else 1)
        stream = int(np.random.default_rng([one.seed, step]).integers(2 ** 32))
        settings = StepSettings(
            1 / n_losses, one.dropout, one.word_dropout, stream, weights, one.negligible, products_of(one.precision))
        return Prepared(self.model.prepare(x, settings), y, settings)
