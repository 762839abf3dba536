"""`Trainer`: fits a model by mini-batches. One call of `fit` is a `_Run`, whose methods are the steps of its loop."""

import copy
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from math import ceil
from os import PathLike
from pathlib import Path

import numpy as np

from nnlite.data.chunked import ChunkedData, DatasetStream, chunked
from nnlite.data.dataset import Dataset
from nnlite.mlp import MLP
from nnlite.network.label_layer import check_classes
from nnlite.network.optimizers import Optimizer
from nnlite.precision.choice import products_of
from nnlite.ranks.sharded_mlp import hand_back, ranks_of, shard_arrays, sharded, shards_of
from nnlite.scores import evaluation
from nnlite.scores.evaluation import evaluate
from nnlite.system.interrupts import interrupts_between_steps
from nnlite.system.spinning import awake
from nnlite.system.blas import one_blas_thread
from nnlite.system.threads import team
from nnlite.training.batches import Batch, chunk_by_chunk, shuffled
from nnlite.training.checkpoint_parts import CheckpointParts
from nnlite.training.checkpoints import Wanted
from nnlite.training.claims import claimed
from nnlite.training.divergence import check_finite, check_losses
from nnlite.training.history import History, Step
from nnlite.training.identity import identity
from nnlite.training.preparing import Preparation
from nnlite.training.step_memory import check_room, step_bytes
from nnlite.training.trainer_checks import check_settings, rate_factor

MANY_ROWS = 1 << 20  # of a batch: above, the memory of a step is that of the largest chunk's rows


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
    schedule: factor of the learning rate, at least 0, by progress in 0..1, such as `constant`, `linear_decay`
    label_weights: how much each true label counts in the gradient, (L,), at least 0; 1 / propensity, divided by its
           mean over the true labels, favours rare ones (Jain, Prabhu and Varma 2016). The loss reported is unweighted.
    negligible: a bound on the gradient with respect to a logit: a label whose gradient is no larger in any row of a
           block is not updated by it. The loss stays exact. It halves the time of a step where labels are many.
    precision: of the operands of matrix products: "float32", or "bfloat16", which processors with matrix units
           multiply several times as fast; all else stays float32
    checkpoints: a folder, to save to every checkpoint_seconds and on Ctrl-C. With the same model, data and settings
           `fit` resumes from there and ends with bit-identical parameters.
    shards: into how many parts words and labels are cut, which as many ranks at most can own: `mpiexec -n P` starts P
           processes that train one network (`ranks.sharded_mlp`)
    The same seed, sizes and shards give the same bits, whatever the number of threads and ranks.
    """

    def __init__(self, model: MLP, optimizer: Optimizer, batch_rows: int = 512, epochs: int = 8,
                 order: str = "shuffled", reduction: str = "sum", threads: int | None = None, seed: int = 0,
                 schedule: Callable[[float], float] = constant, dropout: float = 0.0, word_dropout: float = 0.0,
                 label_weights: np.ndarray | None = None, negligible: float = 0.0,
                 checkpoints: str | PathLike | None = None, checkpoint_seconds: float = 300.0,
                 precision: str = "float32", shards: int = 1):
        self.model, self.optimizer = sharded(model, shards), optimizer
        self.batch_rows, self.epochs, self.order, self.reduction = batch_rows, epochs, order, reduction
        self.shards, self.ranks = shards_of(self.model), ranks_of(self.model)
        self.seed, self.schedule = seed, schedule
        self.workers = team(self.ranks.threads() if threads is None else threads)
        self.dropout, self.word_dropout, self.negligible, self.precision = dropout, word_dropout, negligible, precision
        self.label_weights, self.history = label_weights, History()
        self.checkpoints, self.checkpoint_seconds = checkpoints, checkpoint_seconds
        self.label_weights = self._checked().label_weights

    def _checked(self):
        """A copy, so that nothing changes while it trains. ValueError for a value out of range."""
        one = copy.copy(self)
        check_settings(one)
        return one

    def fit(self, data: Dataset | ChunkedData | Iterable[Dataset], validation: Dataset | None = None,
            on_step: Callable[[Step], None] | None = None) -> History:
        """Train on a Dataset, a `ChunkFolder` or an iterable of Datasets (chunks), `epochs` times if "shuffled".

        Shuffled chunks that can be read in any order, as those of a list or a ChunkFolder, come in a new random order
        in every epoch. One chunk is in memory at a time.
        validation: to `evaluate` after each epoch (order="chunks": each chunk)    on_step: called after every update
        The optimiser begins anew, unless it has already trained this very model. Changes of the Trainer's settings
        during a training count for the next one. `history` is then what `fit` returns, also after an error.

        Ctrl-C waits for the end of the step, saves a checkpoint and raises KeyboardInterrupt. FloatingPointError if the
        loss is not finite or rises far above its first value for long, or if parameters are not finite in the end or
        where a checkpoint is due. RuntimeError if the model or the optimiser is already training. ValueError if data is
        empty, does not fit the model or cannot be gone through again, if the schedule makes no finite number of at
        least 0, or if the checkpoints are those of another training. BlockingIOError if another training uses their
        folder. MemoryError, before anything is changed, if the machine has too little memory. A checkpoint that cannot
        be written is a warning, and the training continues.
        """
        run = _Run(self._checked(), self._chunked(data), validation, on_step)
        used = [id(self.optimizer), *(p.ctypes.data for p in self.model.params.values())]
        with (run.ranks.together(), claimed("Trainer: the model or the optimiser", *used), run.opened_checkpoints(),
              one_blas_thread(), awake(self.workers)):
            try:
                run.train()
            finally:
                self.history = run.history
        return run.history

    def n_steps(self, data: Dataset | ChunkedData | Iterable[Dataset]) -> int | None:
        """The number of updates that `fit` will make, or None if the data do not tell their length."""
        sizes, one = chunked(data).sizes, self._checked()
        return None if sizes is None else one.epochs * sum(ceil(n_rows / one.batch_rows) for n_rows in sizes)

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
        self.trainer, self.model, self.optimizer, self.ranks = trainer, trainer.model, trainer.optimizer, trainer.ranks
        self.chunks, self.validation, self.on_step = chunks, validation, on_step
        self.preparation = Preparation(trainer)
        self.n_steps, self.history = trainer.n_steps(chunks), History()
        compared = trainer.checkpoints or self.ranks.size > 1
        self.identity: dict = identity(trainer, self.n_steps, chunks) if compared else {}
        self.parts = CheckpointParts(Path(trainer.checkpoints), self.model) if trainer.checkpoints else None
        self.validated_on = validation.crc32() if trainer.checkpoints and isinstance(validation, Dataset) else None
        self.start = self.saved = time.perf_counter()

    def opened_checkpoints(self):
        """Within it, no other training can use the folder of the checkpoints, if there is one."""
        return self.parts.opened() if self.parts else nullcontext()

    def train(self):
        """All steps that are still to come."""
        self.ranks.check_same("Trainer: settings and data", str(self.identity))
        self.check_validation()
        self.check_memory()
        self.optimizer.start(self.model.params)
        with interrupts_between_steps() as noted:
            self.resume()
            for batch in self.batches():
                self.update(batch)
                self.check_loss(batch)
                self.tell(batch)
                self.validate(batch)
                interrupted, due = self.ranks.any(noted(), self.is_due())
                self.save_when_due(interrupted or due)
                if interrupted:
                    self.check_finite()
                    hand_back(self.model)
                    raise KeyboardInterrupt
        if not self.history.loss:
            raise ValueError("Trainer: want at least one row to train on, got none")
        self.check_finite()
        hand_back(self.model)

    def check_validation(self):
        """ValueError if the validation data cannot be scored."""
        if self.validation is not None:
            evaluation.check("Trainer: validation", self.model, self.validation)
            if self.validation.n_words != self.model.n_words:
                raise ValueError(f"Trainer: validation: the model has {self.model.n_words} words, the data "
                                 f"{self.validation.n_words}")
            if self.model.output == "softmax":
                check_classes(self.validation.y.indptr)

    def check_finite(self):
        """FloatingPointError if a parameter or the optimiser's state is not finite."""
        check_finite(f"Trainer: after {len(self.history.loss)} steps", self.model.params | self.optimizer.state,
                     f"a smaller learning rate than {self.optimizer.lr:g}")

    def check_memory(self):
        """MemoryError if the state and a step need more memory than the machine has left."""
        sizes, state = self.chunks.sizes, self.optimizer.state_bytes(self.model.params)
        rows = self.trainer.batch_rows
        if rows > MANY_ROWS:
            rows = min(rows, MANY_ROWS if sizes is None else max([1, *sizes]))
        check_room(state, step_bytes(self.model, rows, self.trainer.workers.threads,
                                     products_of(self.trainer.precision)), rows)

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

        Errors as `Preparation.of`.
        """
        self.model.check()
        done = len(self.history.loss)
        words, y, settings = self.preparation.of(batch, done)
        self.optimizer.next_step(rate_factor(self.trainer.schedule, done / self.n_steps) if self.n_steps else 1.0)
        with np.errstate(over="ignore", invalid="ignore"):  # check_loss refuses what is not finite
            loss = self.model.step(words, y, settings, self.optimizer, self.trainer.workers,
                                   self.preparation.ahead(batch, done))
        self.history.loss.append(loss / (y.n_rows * self.model.losses_per_row))
        self.history.rows.append(y.n_rows)
        self.history.seconds = time.perf_counter() - self.start

    def check_loss(self, batch):
        """FloatingPointError if the training diverges."""
        in_epoch = (self.n_steps or 0) // self.trainer.epochs
        check_losses(self.history.loss, self.model.losses_per_row, in_epoch, batch.epoch, self.model.params,
                     self.optimizer.lr)

    def tell(self, batch):
        """Call on_step."""
        if self.on_step:
            seen = self.history
            self.on_step(Step(len(seen.loss), self.n_steps, batch.epoch, seen.rows[-1], seen.loss[-1], seen.seconds))

    def validate(self, batch):
        """Score the validation data after the last batch of a round."""
        if not batch.following and self.validation is not None:
            self.history.validation.append(evaluate(
                self.model, self.validation, threads=self.trainer.workers.threads))

    def is_due(self):
        """Whether checkpoint_seconds have passed."""
        return bool(self.trainer.checkpoints) and time.perf_counter() - self.saved > self.trainer.checkpoint_seconds

    def save_when_due(self, due):
        """Save a checkpoint if it is due, and at the end."""
        step, seen = len(self.history.loss), self.history
        if self.parts and (due or step == self.n_steps):
            self.check_finite()
            header = {"settings": self.identity, "seconds": seen.seconds, "validation": seen.validation,
                      "validated_on": self.validated_on}
            try:
                self.parts.save(step, header, self.model.params | self.optimizer.state, {
                    "history/loss": np.array(seen.loss), "history/rows": np.array(seen.rows, np.int64)})
            except OSError as error:
                warnings.warn(f"{error}; the training continues without the checkpoint of step {step}")
            self.saved = time.perf_counter()

    def resume(self):
        """Put the parameters, state and history of the newest checkpoint in place, if there is one."""
        into = self.model.params | self.optimizer.state
        wanted = Wanted(self.identity, into, self.n_steps, self.trainer.batch_rows)
        if found := self.parts and self.parts.load(wanted):
            header, arrays = found[0]
            if header.get("validated_on", self.validated_on) != self.validated_on:
                raise ValueError(f"{self.parts.folder}: the checkpoint is of a training with other validation data, "
                                 "or without: give the same, or delete this folder to train anew")
            for part, (_, there) in zip(shard_arrays(self.model, into), found):
                for name, array in part.items():
                    array[...] = there[name]
            self.optimizer.t = header["step"]
            self.history = History(arrays["history/loss"].tolist(), arrays["history/rows"].tolist(),
                                   header["validation"], header["seconds"])
        self.saved = time.perf_counter()
        self.start = self.saved - self.history.seconds
