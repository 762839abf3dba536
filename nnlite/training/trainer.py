"""`Trainer`: fits a model by mini-batches. One call of `fit` is a `_Run`, whose methods are the steps of its loop."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from math import ceil
from os import PathLike

import numpy as np

from nnlite.data.chunked import ChunkedData, DatasetStream, chunked
from nnlite.data.dataset import Dataset, check_weights
from nnlite.network.mlp import MLP, StepSettings
from nnlite.network.optimizers import Optimizer
from nnlite.scores.evaluation import evaluate
from nnlite.system import memory
from nnlite.system.interrupts import interrupts_between_steps
from nnlite.system.threads import one_blas_thread, team
from nnlite.training import checkpoints
from nnlite.training.batches import Batch, chunk_by_chunk, shuffled
from nnlite.training.history import History, Step

DIVERGED = 2.0  # times the first loss, which a training that learns leaves below it at once
DIVERGED_STEPS = 8, 200  # that the loss stays above it: half an epoch, but at least and at most so many
SAME = "batch_rows", "epochs", "order", "reduction", "seed", "dropout", "word_dropout", "negligible"  # to resume


def constant(progress: float) -> float:
    """The same learning rate from the first step to the last."""
    return 1.0


def linear_decay(progress: float) -> float:
    """A learning rate that falls linearly to 0; progress runs from 0 to 1."""
    return 1.0 - progress


class Trainer:
    """Fits a model by mini-batches.

    batch_rows: rows of one update    epochs: how often each row is seen    threads: None is all cores
    order: "shuffled", epoch by epoch through all chunks, the rows of each in a new random order; or "chunks", all
           epochs of a chunk, rows in order, before the next one (the deck's way); a Dataset has chunks of batch_rows
    reduction: of the loss that is minimised, "sum" over labels (mean over rows) or "mean" over both (the deck's)
    dropout, word_dropout: how often a hidden unit, a word of a title, is left out while training
    schedule: factor of the learning rate by progress in 0..1, such as `constant`, `linear_decay`
    label_weights: how much each true label counts in the gradient, (L,), at least 0; 1 / propensity, divided by its
           mean over the true labels, favours rare ones (Jain, Prabhu and Varma 2016). The loss reported is unweighted.
    negligible: a bound on the gradient with respect to a logit: a label whose gradient is no larger in any row of a
           block is not updated by it. The loss stays exact. It halves the time of a step where labels are many.
    checkpoints: a folder, to save to every checkpoint_seconds and on Ctrl-C. With the same model, data and settings
           `fit` resumes from there and ends with bit-identical parameters.
    The same seed and sizes give the same bits, whatever the number of threads. ValueError for a value out of range.
    """

    def __init__(self, model: MLP, optimizer: Optimizer, batch_rows: int = 512, epochs: int = 8,
                 order: str = "shuffled", reduction: str = "sum", threads: int | None = None, seed: int = 0,
                 schedule: Callable[[float], float] = constant, dropout: float = 0.0, word_dropout: float = 0.0,
                 label_weights: np.ndarray | None = None, negligible: float = 0.0,
                 checkpoints: str | PathLike | None = None, checkpoint_seconds: float = 300.0):
        for name, share in ("dropout", dropout), ("word_dropout", word_dropout), ("negligible", negligible):
            if not 0 <= share < 1:
                raise ValueError(f"Trainer: {name}: want at least 0 and less than 1, got {share}")
        for name, number in ("batch_rows", batch_rows), ("epochs", epochs):
            if number < 1:
                raise ValueError(f"Trainer: {name}: want at least 1, got {number}")
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

    def fit(self, data: Dataset | ChunkedData | Iterable[Dataset], validation: Dataset | None = None,
            on_step: Callable[[Step], None] | None = None) -> History:
        """Train on a Dataset, a `ChunkFolder` or an iterable of Datasets (chunks), `epochs` times if "shuffled".

        Shuffled chunks that can be read in any order, as those of a list or a ChunkFolder, come in a new random order
        in every epoch. One chunk is in memory at a time.
        validation: to `evaluate` after each epoch (order="chunks": each chunk)    on_step: called after every update
        The optimiser begins anew, unless it has already trained this very model.

        Ctrl-C waits for the end of the step, saves a checkpoint and raises KeyboardInterrupt. FloatingPointError if the
        loss is not finite or rises far above its first value for long. ValueError if data is empty, does not fit the
        model or cannot be gone through again, or if the checkpoints are those of another training. MemoryError, before
        anything is changed, if the machine has too little memory.
        """
        run = _Run(self, self._chunked(data), validation, on_step)
        run.check_memory()
        self.optimizer.start(self.model.params)
        run.resume()
        with one_blas_thread(), interrupts_between_steps() as interrupted:
            for batch in run.batches():
                run.update(batch)
                run.check_loss(batch)
                run.tell(batch)
                run.validate(batch)
                run.save_when_due(interrupted())
                if interrupted():
                    raise KeyboardInterrupt
        if not run.history.loss:
            raise ValueError("Trainer: want at least one row to train on, got none")
        return run.history

    def n_steps(self, data: Dataset | ChunkedData | Iterable[Dataset]) -> int | None:
        """The number of updates that `fit` will make, or None if the data do not tell their length."""
        sizes = chunked(data).sizes
        return None if sizes is None else self.epochs * sum(ceil(n_rows / self.batch_rows) for n_rows in sizes)

    def _chunked(self, data):
        chunks = chunked(data, self.batch_rows if self.order == "chunks" else None)
        if isinstance(chunks, DatasetStream):
            if chunks.one_pass and self.order == "shuffled" and self.epochs > 1:
                raise ValueError(f"Trainer: want data that can be gone through {self.epochs} times, got an iterator")
            if self.schedule is not constant:
                raise ValueError("Trainer: for a schedule want data that tell their length, a Dataset or a list of "
                                 f"them, got {type(data).__name__}")
        return chunks


class _Run:
    """One call of `Trainer.fit`: what it has seen so far, and the steps of its loop."""

    def __init__(self, trainer, chunks, validation, on_step):
        self.trainer, self.model, self.optimizer = trainer, trainer.model, trainer.optimizer
        self.chunks, self.validation, self.on_step = chunks, validation, on_step
        self.n_steps, self.history = trainer.n_steps(chunks), History()
        self.identity: dict = self._identity() if trainer.checkpoints else {}
        self.start = self.saved = time.perf_counter()

    def check_memory(self):
        """MemoryError if the state and a step need more memory than the machine has left."""
        state = self.optimizer.state_bytes(self.model.params)
        step = self.model.step_bytes(self.trainer.batch_rows, self.trainer.workers.threads)
        available = memory.available_memory()
        if available is not None and state + step > available:
            raise MemoryError(
                f"Trainer: want at most the {available / 2**30:.3g} GiB that this machine has left, got "
                f"{(state + step) / 2**30:.3g} GiB: {state / 2**30:.3g} for the optimiser's state, {step / 2**30:.3g} "
                f"for a step of {self.trainer.batch_rows:,} rows")

    def batches(self) -> Iterator[Batch]:
        """The batches that are still to come."""
        one, done, first_epoch = self.trainer, len(self.history.loss), 1
        if one.order == "chunks":
            batches = chunk_by_chunk(self.chunks, one.batch_rows, one.epochs)
        else:
            if self.n_steps:
                epochs_done, done = divmod(done, self.n_steps // one.epochs)
                first_epoch += epochs_done
            batches = shuffled(self.chunks, one.batch_rows, range(first_epoch, one.epochs + 1), one.seed)
        return islice(batches, done, None)

    def update(self, batch):
        """One step of the optimiser, and its loss: the mean over rows and labels, or over rows for a softmax.

        ValueError if the batch's chunk does not fit the model.
        """
        want, got = (self.model.n_words, self.model.n_labels), (batch.chunk.n_words, batch.chunk.n_labels)
        if want != got:
            raise ValueError("Trainer: the model has {} words and {} labels, the data {} and {}".format(*want, *got))
        one, done = self.trainer, len(self.history.loss)
        x, y, row_weights = batch.arrays()
        weights = None
        if row_weights is not None or one.label_weights is not None:
            weights = (np.ones(x.n_rows, np.float32) if row_weights is None else row_weights,
                       np.ones(self.model.n_labels, np.float32) if one.label_weights is None else one.label_weights)
        rows_labels = x.n_rows * self.model.losses_per_row
        scale = 1 / (rows_labels if one.reduction == "mean" else x.n_rows)
        stream = int(np.random.default_rng([one.seed, done]).integers(2 ** 32))
        settings = StepSettings(scale, one.dropout, one.word_dropout, stream, weights, one.negligible)
        self.optimizer.next_step(one.schedule(done / self.n_steps) if self.n_steps else 1.0)
        loss = self.model.step(x, y, settings, self.optimizer, one.workers) / rows_labels
        self.history.loss.append(loss)
        self.history.rows.append(x.n_rows)
        self.history.seconds = time.perf_counter() - self.start

    def check_loss(self, batch):
        """FloatingPointError if the training diverges."""
        losses, (least, most) = self.history.loss, DIVERGED_STEPS
        patience = min(max(least, (self.n_steps or 0) // self.trainer.epochs // 2), most)
        if not np.isfinite(losses[-1]):
            found = f"the loss is {losses[-1]}"
        elif len(losses) > patience and min(losses[-patience:]) > DIVERGED * losses[0]:
            found = f"for {patience} steps the loss has been above {DIVERGED:g} times its first value, {losses[0]:.4g}"
        else:
            return
        largest = {name: float(np.abs(p).max()) for name, p in self.model.params.items()}
        name = max(largest, key=lambda name: (not np.isfinite(largest[name]), largest[name]))
        raise FloatingPointError(
            f"Trainer: step {len(losses)} (epoch {batch.epoch}): {found}; the largest entry is in {name}: "
            f"{largest[name]:.4g}. Want a smaller learning rate than {self.optimizer.lr:g}")

    def tell(self, batch):
        """Call on_step."""
        if self.on_step:
            seen = self.history
            self.on_step(Step(len(seen.loss), self.n_steps, batch.epoch, seen.rows[-1], seen.loss[-1], seen.seconds))

    def validate(self, batch):
        """Score the validation data after the last batch of a round."""
        if batch.ends_round and self.validation is not None:
            self.history.validation.append(evaluate(self.model, self.validation))

    def save_when_due(self, interrupted):
        """Save a checkpoint after checkpoint_seconds, on Ctrl-C and at the end."""
        one, step = self.trainer, len(self.history.loss)
        if one.checkpoints and (interrupted or step == self.n_steps
                                or time.perf_counter() - self.saved > one.checkpoint_seconds):
            arrays, seen = self.model.params | self.optimizer.state, self.history
            if all(np.isfinite(array.sum(dtype=np.float64)) for array in arrays.values()):  # if not, the last one stays
                header = {"settings": self.identity, "seconds": seen.seconds, "validation": seen.validation}
                checkpoints.save(one.checkpoints, step, header, arrays | {
                    "history/loss": np.array(seen.loss), "history/rows": np.array(seen.rows, np.int64)})
            self.saved = time.perf_counter()

    def resume(self):
        """Put the parameters, state and history of the newest checkpoint in place, if there is one."""
        folder = self.trainer.checkpoints
        found = checkpoints.load(folder) if folder else None
        if found:
            header, arrays = found
            for name, want in self.identity.items():
                if header["settings"].get(name) != want:
                    raise ValueError(f"{folder}: the checkpoint is of another training: {name}: want {want}, got "
                                     f"{header['settings'].get(name)}")
            for name, array in (self.model.params | self.optimizer.state).items():
                array[...] = arrays[name]
            self.optimizer.t = header["step"]
            self.history = History(arrays["history/loss"].tolist(), arrays["history/rows"].tolist(),
                                   header["validation"], header["seconds"])
        self.saved = time.perf_counter()
        self.start = self.saved - self.history.seconds

    def _identity(self):
        """What must be the same for a training to resume from a checkpoint; of long arrays their SHA-256."""
        one, model, optimizer = self.trainer, self.model, self.optimizer
        rates = [one.schedule(step / self.n_steps) for step in range(self.n_steps or 0)]
        return {
            **{name: getattr(one, name) for name in SAME}, "n_steps": self.n_steps, "schedule": _sha256(rates),
            "label_weights": None if one.label_weights is None else _sha256(one.label_weights),
            "optimizer": [type(optimizer).__name__, *optimizer.settings()], "data": self.chunks.crc32(),
            "network": [model.n_words, *model.hidden, model.n_labels, model.activation, model.output],
        }


def _sha256(numbers):
    """The digest of an array of numbers, whose order counts."""
    return hashlib.sha256(np.asarray(numbers, np.float64).tobytes()).hexdigest()
