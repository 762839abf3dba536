"""The progress of a training: a bar on a terminal where tqdm is installed, else a line for an epoch."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from nnlite.training.trainer import Step

MANY_EPOCHS = 20  # above it only every tenth epoch has a line


def display(say: Callable[[str], Any]) -> "Bar | Lines":
    """An `on_step` for `TitleClassifier.fit` that shows how far the training is. Close it at the end.

    say: called with each line, where there is no terminal or no tqdm; the bar is on standard error
    """
    if sys.stderr and sys.stderr.isatty():
        with suppress(ImportError):
            return Bar()
    say("training (on a machine's first run the kernels are compiled before it)")
    return Lines(say)


class Bar:
    """tqdm's progress bar on standard error, in steps. ImportError without tqdm."""

    def __init__(self) -> None:
        from tqdm import tqdm
        self.bar = tqdm(unit="step", dynamic_ncols=True)
        self.close = self.bar.close

    def __call__(self, step: Step) -> None:
        self.bar.total = step.n_steps
        self.bar.set_postfix(epoch=step.epoch, loss=f"{step.loss:.5f}", refresh=False)
        self.bar.update(step.step - self.bar.n)


class Lines:
    """A line for each epoch, or for every tenth one where there are many: the mean loss, rows and times."""

    def __init__(self, say: Callable[[str], Any]) -> None:
        self.say, self.every = say, 0
        self.steps: list[Step] = []  # of the running epoch

    def __call__(self, step: Step) -> None:
        if self.steps and step.epoch != self.steps[-1].epoch:
            if not self.every:  # after the first epoch its number of steps is known
                self.every = 10 if (self.steps[-1].n_steps or 0) / len(self.steps) > MANY_EPOCHS else 1
            if self.steps[-1].epoch % self.every == 0:
                self.close()
            self.steps.clear()
        self.steps.append(step)

    def close(self) -> None:
        """Show the running epoch, also one that was interrupted."""
        if not self.steps:
            return
        last, loss = self.steps[-1], sum(step.loss for step in self.steps) / len(self.steps)
        left = ((last.n_steps or last.step) - last.step) * last.seconds / last.step
        self.say(f"epoch {last.epoch:3}  loss {loss:.5f}  {sum(step.rows for step in self.steps):,} rows  "
                 f"{last.seconds:.1f} s, {left:.0f} s left")
