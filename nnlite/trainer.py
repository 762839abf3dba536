"""`Trainer`: epochs, chunks, batches and the learning rate's schedule. What was seen on the way is its `History`."""

import time
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

import numpy as np

from nnlite.dataset import Dataset
from nnlite.evaluation import evaluate
from nnlite.threads import blocks, one_blas_thread, team


class Step(NamedTuple):
    """What `on_step` is told after every update."""

    step: int  # 1, 2, ... over the whole training
    n_steps: int | None  # None if the data do not tell their length
    epoch: int  # 1, 2, ...; with order="chunks" it starts anew in every chunk
    rows: int  # in this batch
    loss: float  # BCE, mean over the batch's rows and labels, before the update
    seconds: float  # since fit was called


@dataclass
class History:
    """The course of a training."""

    loss: list[float] = field(default_factory=list)  # by step: BCE, mean over rows and labels, before the update
    rows: list[int] = field(default_factory=list)  # by step
    validation: list[dict[str, float]] = field(default_factory=list)  # by epoch: the dict of `evaluate`
    seconds: float = 0.0


def constant(progress):
    """The same learning rate from the first step to the last."""
    return 1.0


def linear_decay(progress):
    """A learning rate that falls linearly to 0; progress runs from 0 to 1."""
    return 1.0 - progress


class Trainer:
    """Fits a model by mini-batches.

    batch_rows: rows of one update    epochs: how often each row is seen    threads: None is all cores
    order: "shuffled" goes epoch by epoch through all chunks, the rows of each in a new random order;
           "chunks" gives every chunk all its epochs, rows in order, before the next one comes (the deck's way). A
           Dataset is then cut into chunks of batch_rows.
    reduction: of the loss that is minimised, "sum" over labels (mean over rows) or "mean" over both (the deck's)
    dropout, word_dropout: how often a hidden unit, a word of a title, is left out while training
    schedule: factor of the learning rate by progress in 0..1, such as `constant`, `linear_decay`
    The same seed and sizes give the same bits, whatever the number of threads. ValueError for a value out of range.
    """

    def __init__(self, model, optimizer, batch_rows=512, epochs=8, order="shuffled", reduction="sum", threads=None,
                 seed=0, schedule=constant, dropout=0.0, word_dropout=0.0):
        for name, value in ("dropout", dropout), ("word_dropout", word_dropout):
            if not 0 <= value < 1:
                raise ValueError(f"Trainer: {name}: want at least 0 and less than 1, got {value}")
        for name, value in ("batch_rows", batch_rows), ("epochs", epochs):
            if value < 1:
                raise ValueError(f"Trainer: {name}: want at least 1, got {value}")
        for name, value, known in ("order", order, ("shuffled", "chunks")), ("reduction", reduction, ("sum", "mean")):
            if value not in known:
                raise ValueError(f"Trainer: {name}: want {known[0]!r} or {known[1]!r}, got {value!r}")
        self.model, self.optimizer = model, optimizer
        self.batch_rows, self.epochs, self.order, self.reduction = batch_rows, epochs, order, reduction
        self.workers, self.seed, self.schedule = team(threads), seed, schedule
        self.dropout, self.word_dropout = dropout, word_dropout

    def fit(self, data, validation=None, on_step=None):
        """Train on a Dataset, or on an iterable of Datasets (chunks); order="shuffled" goes through it `epochs` times.

        validation: a Dataset to `evaluate` after each epoch (with order="chunks": after each chunk)
        on_step: called with a `Step` after every update
        Returns the `History`. ValueError if data is empty, does not fit the model, or cannot be gone through again.
        """
        chunks = self._chunks(data)
        n_steps = self.n_steps(chunks)
        if n_steps is None and self.schedule is not constant:
            raise ValueError("Trainer: for a schedule want data that tell their length, a Dataset or a list of them, "
                             f"got {type(data).__name__}")
        history, start = History(), time.perf_counter()
        self.optimizer.start(self.model.params)
        with one_blas_thread():
            for epoch, x, y, ends_round in self._batches(chunks):
                step = len(history.loss)
                self.optimizer.next_step(self.schedule(step / n_steps) if n_steps else 1.0)
                rows_labels = x.n_rows * self.model.n_labels
                scale = 1 / (rows_labels if self.reduction == "mean" else x.n_rows)
                stream = int(np.random.default_rng([self.seed, step]).integers(2 ** 32))
                loss = self.model.step(
                    x, y, scale, self.optimizer, self.workers, self.dropout, self.word_dropout, stream) / rows_labels
                history.loss.append(loss)
                history.rows.append(x.n_rows)
                history.seconds = time.perf_counter() - start
                if on_step:
                    on_step(Step(step + 1, n_steps, epoch, x.n_rows, loss, history.seconds))
                if ends_round and validation is not None:
                    history.validation.append(evaluate(self.model, validation))
        if not history.loss:
            raise ValueError("Trainer: want at least one row to train on, got none")
        return history

    def n_steps(self, data):
        """The number of updates that `fit` will make, or None if the data do not tell their length."""
        if isinstance(data, Dataset):
            data = [data]
        if not isinstance(data, (list, tuple)):
            return None
        return self.epochs * sum(ceil(len(chunk) / self.batch_rows) for chunk in data)

    def _chunks(self, data):
        if isinstance(data, Dataset):
            return data.chunks(self.batch_rows) if self.order == "chunks" else [data]
        if iter(data) is data and self.order == "shuffled" and self.epochs > 1:
            raise ValueError(f"Trainer: want data that can be gone through {self.epochs} times, got an iterator")
        return data

    def _batches(self, chunks):
        """Yield epoch, x, y (Csr) and whether a validation is due after it."""
        if self.order == "chunks":
            for chunk in chunks:
                parts = [[m.rows(rows) for m in self._checked(chunk)] for rows in blocks(len(chunk), self.batch_rows)]
                for epoch in range(1, self.epochs + 1):
                    for i, (x, y) in enumerate(parts, start=1):
                        yield epoch, x, y, epoch == self.epochs and i == len(parts)
            return
        for epoch in range(1, self.epochs + 1):
            last = None
            for i, chunk in enumerate(chunks):
                x, y = self._checked(chunk)
                order = np.random.default_rng([self.seed, epoch, i]).permutation(len(chunk))
                for rows in blocks(len(chunk), self.batch_rows):
                    if last:
                        yield epoch, *last, False
                    last = x.take(order[rows]), y.take(order[rows])
            if last:
                yield epoch, *last, True

    def _checked(self, chunk):
        if (chunk.n_words, chunk.n_labels) != (self.model.n_words, self.model.n_labels):
            raise ValueError(f"Trainer: the model has {self.model.n_words} words and {self.model.n_labels} labels, "
                             f"the data {chunk.n_words} and {chunk.n_labels}")
        return chunk.arrays()
