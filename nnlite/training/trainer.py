"""`Trainer`: epochs, chunks, batches and the learning rate's schedule. What was seen on the way is its `History`."""

import time
import zlib
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import ceil
from typing import NamedTuple

import numpy as np

from nnlite.data.dataset import Dataset, check_weights
from nnlite.network.mlp import StepSettings
from nnlite.scores.evaluation import evaluate
from nnlite.system import memory
from nnlite.system.threads import blocks, interrupts_between_steps, one_blas_thread, team
from nnlite.training import checkpoints

DIVERGED = 2.0  # times the first loss, which a training that learns leaves below it at once
DIVERGED_STEPS = 8, 200  # that the loss stays above it: half an epoch, but at least and at most so many


class Step(NamedTuple):
    """What `on_step` is told after every update."""

    step: int  # 1, 2, ... over the whole training
    n_steps: int | None  # None if the data do not tell their length
    epoch: int  # 1, 2, ...; with order="chunks" it starts anew in every chunk
    rows: int  # in this batch
    loss: float  # BCE, mean over the batch's rows and labels, before the update
    seconds: float  # since fit was called, and of the calls before that were interrupted


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
    label_weights: how much each true label counts in the gradient, (L,), at least 0; 1 / propensity, divided by its
           mean over the true labels, favours rare ones (Jain, Prabhu and Varma 2016). The loss reported is unweighted.
    negligible: 0, or a bound on the gradient by a logit: a label whose gradient is no larger in any row of a block is
           not updated by it. The loss stays exact. It saves up to two thirds of the work where labels are many.
    checkpoints: a folder, to save the training in every checkpoint_seconds and on Ctrl-C. Called again with the same
           model, data and settings, `fit` goes on from there, to the same bits as if it had never stopped.
    The same seed and sizes give the same bits, whatever the number of threads. ValueError for a value out of range.
    """

    def __init__(self, model, optimizer, batch_rows=512, epochs=8, order="shuffled", reduction="sum", threads=None,
                 seed=0, schedule=constant, dropout=0.0, word_dropout=0.0, label_weights=None, negligible=0.0,
                 checkpoints=None, checkpoint_seconds=300.0):
        for name, value in ("dropout", dropout), ("word_dropout", word_dropout), ("negligible", negligible):
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
        self.dropout, self.word_dropout, self.negligible = dropout, word_dropout, negligible
        self.label_weights = label_weights if label_weights is None else check_weights(
            "Trainer: label_weights", label_weights, model.n_labels)
        self.checkpoints, self.checkpoint_seconds = checkpoints, checkpoint_seconds

    def fit(self, data, validation=None, on_step=None):
        """Train on a Dataset, a `ChunkFolder` or an iterable of Datasets (chunks), `epochs` times if "shuffled".

        Shuffled chunks that can be asked for by number, as those of a list or a ChunkFolder, come in a new random order
        in every epoch; each is in memory while its rows are trained on, in a new random order too.

        validation: a Dataset to `evaluate` after each epoch (with order="chunks": after each chunk)
        on_step: called with a `Step` after every update
        Returns the `History`. The optimiser begins anew, unless it has already trained this very model.

        Ctrl-C waits for the end of the step, saves a checkpoint and raises KeyboardInterrupt; the model is as that step
        has left it. FloatingPointError if the loss is not finite or rises far above its first value for long.
        ValueError if data is empty, does not fit the model, or cannot be gone through again, or if the checkpoints are
        those of another training. MemoryError, before anything is touched, if the machine has too little of it.
        """
        chunks = self._chunks(data)
        n_steps = self.n_steps(chunks)
        if n_steps is None and self.schedule is not constant:
            raise ValueError("Trainer: for a schedule want data that tell their length, a Dataset or a list of them, "
                             f"got {type(data).__name__}")
        self._check_memory()
        self.optimizer.start(self.model.params)
        settings = self._settings(chunks, n_steps) if self.checkpoints else {}
        history = self._resumed(settings)
        done, start = len(history.loss), time.perf_counter() - history.seconds
        saved = time.perf_counter()
        with one_blas_thread(), interrupts_between_steps() as interrupted:
            for step, epoch, batch, ends_round in self._batches(chunks, n_steps, done):
                x, y, weights = batch()
                loss = self._step(step, n_steps, x, y, weights)
                history.loss.append(loss)
                history.rows.append(x.n_rows)
                history.seconds = time.perf_counter() - start
                self._check(history, epoch, n_steps)
                if on_step:
                    on_step(Step(step, n_steps, epoch, x.n_rows, loss, history.seconds))
                if ends_round and validation is not None:
                    history.validation.append(evaluate(self.model, validation))
                if self.checkpoints and (interrupted() or time.perf_counter() - saved > self.checkpoint_seconds
                                         or step == n_steps):
                    self._save(history, settings)
                    saved = time.perf_counter()
                if interrupted():
                    raise KeyboardInterrupt
        if not history.loss:
            raise ValueError("Trainer: want at least one row to train on, got none")
        return history

    def _check_memory(self):
        """MemoryError if the state and a step need more memory than the machine has left."""
        state = self.optimizer.state_bytes(self.model.params)
        step = self.model.step_bytes(self.batch_rows, self.workers.threads)
        available = memory.available_memory()
        if available is not None and state + step > available:
            raise MemoryError(
                f"Trainer: want at most the {available / 2**30:.3g} GiB that this machine has left, got "
                f"{(state + step) / 2**30:.3g} GiB: {state / 2**30:.3g} for the optimiser's state, {step / 2**30:.3g} "
                f"for a step of {self.batch_rows:,} rows")

    def _step(self, step, n_steps, x, y, row_weights):
        """One update; returns the loss, mean over rows and labels, or over rows for a softmax."""
        weights = None
        if row_weights is not None or self.label_weights is not None:
            weights = [np.ones(n, np.float32) if w is None else w
                       for n, w in ((x.n_rows, row_weights), (self.model.n_labels, self.label_weights))]
        self.optimizer.next_step(self.schedule((step - 1) / n_steps) if n_steps else 1.0)
        rows_labels = x.n_rows * self.model.losses_per_row
        scale = 1 / (rows_labels if self.reduction == "mean" else x.n_rows)
        stream = int(np.random.default_rng([self.seed, step - 1]).integers(2 ** 32))
        settings = StepSettings(scale, self.dropout, self.word_dropout, stream, weights, self.negligible)
        return self.model.step(x, y, settings, self.optimizer, self.workers) / rows_labels

    def _check(self, history, epoch, n_steps):
        """FloatingPointError if the training has gone astray."""
        losses, (least, most) = history.loss, DIVERGED_STEPS
        patience = min(max(least, (n_steps or 0) // self.epochs // 2), most)
        astray = None
        if not np.isfinite(losses[-1]):
            astray = f"the loss is {losses[-1]}"
        elif len(losses) > patience and min(losses[-patience:]) > DIVERGED * losses[0]:
            astray = f"for {patience} steps the loss has been above {DIVERGED:g} times its first value, {losses[0]:.4g}"
        if astray:
            largest = {name: float(np.abs(p).max()) for name, p in self.model.params.items()}
            name = max(largest, key=lambda name: (not np.isfinite(largest[name]), largest[name]))
            raise FloatingPointError(
                f"Trainer: step {len(losses)} (epoch {epoch}): {astray}; the largest entry is in {name}: "
                f"{largest[name]:.4g}. Want a smaller learning rate than {self.optimizer.lr:g}")

    # ---- checkpoints

    def _settings(self, chunks, n_steps):
        """What must be the same for a training to go on from a checkpoint."""
        names = "batch_rows", "epochs", "order", "reduction", "seed", "dropout", "word_dropout", "negligible"
        model, optimizer = self.model, self.optimizer
        return {
            **{name: getattr(self, name) for name in names}, "n_steps": n_steps, "schedule": self.schedule.__name__,
            "label_weights": None if self.label_weights is None else float(self.label_weights.sum(dtype=np.float64)),
            "optimizer": [type(optimizer).__name__, *optimizer.settings()],
            "data": chunks.crc32() if hasattr(chunks, "crc32") else zlib.crc32(
                repr([chunk.crc32() for chunk in chunks]).encode()) if isinstance(chunks, (list, tuple)) else None,
            "network": [model.n_words, *model.hidden, model.n_labels, model.activation, model.output],
        }

    def _save(self, history, settings):
        arrays = self.model.params | self.optimizer.state
        if not all(np.isfinite(array.sum(dtype=np.float64)) for array in arrays.values()):
            return  # the next step's loss will say so; the last good checkpoint stays
        header = {"settings": settings, "seconds": history.seconds, "validation": history.validation}
        checkpoints.save(self.checkpoints, len(history.loss), header, arrays | {
            "history/loss": np.array(history.loss), "history/rows": np.array(history.rows, np.int64)})

    def _resumed(self, settings):
        """The History up to the newest checkpoint, whose parameters and state are put in place; else an empty one."""
        found = checkpoints.load(self.checkpoints) if self.checkpoints else None
        if not found:
            return History()
        header, arrays = found
        for name, want in settings.items():
            if header["settings"].get(name) != want:
                raise ValueError(f"{self.checkpoints}: the checkpoint is of another training: {name}: want {want}, got "
                                 f"{header['settings'].get(name)}")
        for name, array in (self.model.params | self.optimizer.state).items():
            array[...] = arrays[name]
        self.optimizer.t = header["step"]
        return History(arrays["history/loss"].tolist(), arrays["history/rows"].tolist(), header["validation"],
                       header["seconds"])

    # ---- the order of the rows

    def n_steps(self, data):
        """The number of updates that `fit` will make, or None if the data do not tell their length."""
        if isinstance(data, Dataset):
            data = [data]
        if not (hasattr(data, "sizes") or isinstance(data, (list, tuple))):
            return None
        sizes = getattr(data, "sizes", None) or map(len, data)
        return self.epochs * sum(ceil(n_rows / self.batch_rows) for n_rows in sizes)

    def _chunks(self, data):
        if isinstance(data, Dataset):
            return data.chunks(self.batch_rows) if self.order == "chunks" else [data]
        if iter(data) is data and self.order == "shuffled" and self.epochs > 1:
            raise ValueError(f"Trainer: want data that can be gone through {self.epochs} times, got an iterator")
        return data

    def _batches(self, chunks, n_steps=None, done=0):
        """Yield step, epoch, a function that returns a batch, and whether a validation is due after it; from step
        done + 1 on. A batch is x and y (Csr) and the weights of its rows or None."""
        whole = done // (n_steps // self.epochs) if n_steps and self.order == "shuffled" else 0  # epochs
        steps = count(1 + whole * (n_steps // self.epochs) if n_steps else 1)
        for step, batch in zip(steps, self._all_batches(chunks, 1 + whole)):
            if step > done:
                yield step, *batch

    def _all_batches(self, chunks, first_epoch):
        """As `_batches`, without the step, from an epoch on."""
        if self.order == "chunks":
            for chunk in chunks:
                self._check_chunk(chunk)
                parts = blocks(len(chunk), self.batch_rows)
                for epoch in range(1, self.epochs + 1):
                    for i, rows in enumerate(parts, start=1):
                        yield epoch, partial(_view, chunk, rows), epoch == self.epochs and i == len(parts)
            return
        for epoch in range(first_epoch, self.epochs + 1):
            last = None
            for i, chunk in self._shuffled(chunks, epoch):
                self._check_chunk(chunk)
                order = np.random.default_rng([self.seed, epoch, i]).permutation(len(chunk))
                for rows in blocks(len(chunk), self.batch_rows):
                    if last:
                        yield epoch, last, False
                    last = partial(_taken, chunk, order[rows])
            if last:
                yield epoch, last, True

    def _shuffled(self, chunks, epoch):
        """The chunks and their numbers, in random order where they can be asked for by number."""
        if not hasattr(chunks, "__getitem__"):
            return enumerate(chunks)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(chunks))
        in_order = getattr(chunks, "in_order", lambda order: map(chunks.__getitem__, order))
        return zip(order.tolist(), in_order(order))

    def _check_chunk(self, chunk):
        if (chunk.n_words, chunk.n_labels) != (self.model.n_words, self.model.n_labels):
            raise ValueError(f"Trainer: the model has {self.model.n_words} words and {self.model.n_labels} labels, "
                             f"the data {chunk.n_words} and {chunk.n_labels}")


def _view(chunk, rows):
    return (*(m.rows(rows) for m in chunk.arrays()), None if chunk.weights is None else chunk.weights[rows])


def _taken(chunk, rows):
    return (*(m.take(rows) for m in chunk.arrays()), None if chunk.weights is None else chunk.weights[rows])
