"""How far a command is: bars on a terminal or in a notebook where tqdm is installed, else a line now and then."""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from nnlite.system import stages
from nnlite.training.trainer import Step

MANY_EPOCHS = 20  # above it only every tenth epoch has a line
LINE_SECONDS = 10  # between two lines of a stage
BAR_SECONDS = 0.5  # that a stage takes before it has a bar
BAR_FORMAT = "{desc}: {percentage:3.0f} %|{bar}| {elapsed}, {remaining} left"

Say = Callable[[str], Any]


def display(say: Say) -> "Bar | Lines":
    """An `on_step` for `TitleClassifier.fit` that shows how far the training is. Close it at the end.

    say: called with each line, where there is no bar; the bar is on standard error
    """
    if bars := _bars():
        return Bar(bars)
    if sys.stderr and sys.stderr.isatty():
        say("a bar of the progress needs tqdm: pip install tqdm")
    say("training (on a machine's first run the kernels are compiled before it)")
    return Lines(say)


def _bars() -> Any:
    """tqdm's class of bars; None without tqdm, and where standard error is neither a terminal nor a notebook."""
    is_notebook = type(sys.stderr).__module__.startswith("ipykernel")
    if not sys.stderr or not (is_notebook or sys.stderr.isatty()):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a notebook without ipywidgets: its bars are text
            from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm


@contextmanager
def stages_shown(say: Say) -> Iterator[None]:
    """Within it, what reads, encodes, predicts or evaluates for long has a bar, or lines, with a total."""
    shown: StageBars | StageLines = StageBars(bars) if (bars := _bars()) else StageLines(say)
    try:
        with stages.listening(shown):
            yield
    finally:
        shown.close()


class Bar:
    """A bar of the steps of a training, from its first step on; bars: tqdm's class."""

    def __init__(self, bars: Any) -> None:
        self.bars: Any = bars
        self.bar: Any = None

    def __call__(self, step: Step) -> None:
        if not self.bar:
            self.bar = self.bars(unit="step", dynamic_ncols=True)
        self.bar.total = step.n_steps
        self.bar.set_postfix(epoch=step.epoch, loss=f"{step.loss:.5f}", refresh=False)
        self.bar.update(step.step - self.bar.n)

    def close(self) -> None:
        """End the bar."""
        if self.bar:
            self.bar.close()


class StageBars:
    """A bar for each stage that takes long; bars: tqdm's class."""

    def __init__(self, bars: Any) -> None:
        self.bars, self.stage = bars, ""
        self.bar: Any = None

    def __call__(self, stage: str, n_more: int, total: int | None) -> None:
        if not self.bar or stage != self.stage:
            self.close()
            self.bar = self.bars(desc=stage, total=total, unit=" records", dynamic_ncols=True, leave=False,
                                 delay=BAR_SECONDS, bar_format=BAR_FORMAT if total else None)
            self.stage = stage
        self.bar.update(n_more)
        if total and self.bar.n >= total:
            self.close()

    def close(self) -> None:
        """End the bar."""
        if self.bar:
            self.bar.close()
        self.bar = None


class StageLines:
    """A line every LINE_SECONDS of a stage."""

    def __init__(self, say: Say) -> None:
        self.say, self.stage, self.n = say, "", 0
        self.began = self.last = 0.0

    def __call__(self, stage: str, n_more: int, total: int | None) -> None:
        if stage != self.stage:
            self.stage, self.n, self.began = stage, 0, monotonic()
            self.last = self.began
        self.n += n_more
        if (now := monotonic()) - self.last >= LINE_SECONDS:
            self.last = now
            share = f"{100 * self.n / total:.0f} %" if total else f"{self.n:,} records"
            self.say(f"{stage}: {share} in {now - self.began:.0f} s")
        if total and self.n >= total:
            self.stage = ""

    def close(self) -> None:
        """There is nothing to end."""


class Lines:
    """A line for each epoch, or for every tenth one where there are many: the mean loss, rows and times."""

    def __init__(self, say: Say) -> None:
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
