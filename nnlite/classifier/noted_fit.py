"""A training whose figures are noted while it runs, so that they are there after Ctrl-C as well."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.data.chunks import ChunkFolder
from nnlite.data.dataset import Dataset
from nnlite.training.trainer import Step, Trainer

CURVE_POINTS = 200  # of the loss, each the mean over the steps since the one before

OnStep = Callable[[Step], Any] | None


def noted_fit(trainer: Trainer, data: Dataset | ChunkFolder, validation: Dataset | None, on_step: OnStep,
              seen: dict[str, Any]) -> bool:
    """`trainer.fit`, its figures noted in `seen`. Returns whether Ctrl-C ended it after a step.

    seen: records (those of earlier trainings included), n_steps, steps, first_loss, last_loss, seconds, validation
    (the scores after each epoch) and curve (at most CURVE_POINTS more points [step, loss])
    Raises what `trainer.fit` raises, KeyboardInterrupt only before the first step.
    """
    losses, interrupted = [], False

    def note(step: Step) -> None:
        seen.update(steps=step.step, last_loss=float(step.loss), seconds=round(step.seconds, 3))
        seen.setdefault("first_loss", float(step.loss))
        losses.append((step.step, step.loss))
        if on_step:
            on_step(step)

    is_first = "first_loss" not in seen
    seen.update(records=seen.get("records", 0) + data.n_rows, n_steps=trainer.n_steps(data), steps=0, validation=[])
    try:
        trainer.fit(data, validation, on_step=note)
    except KeyboardInterrupt:
        if not seen["steps"]:
            raise
        interrupted = True
    history = trainer.history  # of a resumed training, all steps: `note` has seen the new ones
    seen.update(steps=len(history.loss), last_loss=float(history.loss[-1]), seconds=round(history.seconds, 3),
                validation=history.validation)
    if is_first:
        seen["first_loss"] = float(history.loss[0])
    if losses:
        curve = seen.setdefault("curve", [])
        before = curve[-1][0] if curve else 0
        for part in np.array_split(losses, min(CURVE_POINTS, len(losses))):
            curve.append([before + int(part[-1, 0]), float(part[:, 1].mean())])
    return interrupted
