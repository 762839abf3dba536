"""Trainings that diverge: the loss rises, or parameters are no longer finite."""

from collections.abc import Mapping
from math import isfinite

import numpy as np

DIVERGED = 2.0  # times the first loss, which a training that learns leaves below it at once
LEAST = 0.1  # of a row's first loss, if it is smaller: about that of one label with a probability of 0.9
DIVERGED_STEPS = 8, 200  # that the loss stays above it: half an epoch, but at least and at most so many


def check_losses(losses: list[float], losses_per_row: int, steps_in_epoch: int, epoch: int,
                 params: Mapping[str, np.ndarray], lr: float) -> None:
    """FloatingPointError if the last loss is not finite, or all have been too high for half an epoch.

    losses: by step, each the mean over rows and over losses_per_row, the labels that a row has a loss for
    """
    usual, patience = max(losses[0], LEAST / losses_per_row), sorted((steps_in_epoch // 2, *DIVERGED_STEPS))[1]
    if not isfinite(losses[-1]):
        found = f"the loss is {losses[-1]}"
    elif losses[-1] > DIVERGED * usual and len(losses) > patience and min(losses[-patience:]) > DIVERGED * usual:
        what = "its first value" if usual == losses[0] else f"{LEAST:g} a row"
        found = f"for {patience} steps the loss has been above {DIVERGED:g} times {what}, {usual:.4g}"
    else:
        return
    largest = {name: float(np.abs(p).max()) for name, p in params.items()}
    name = max(largest, key=lambda name: (not np.isfinite(largest[name]), largest[name]))
    raise FloatingPointError(
        f"Trainer: step {len(losses)} (epoch {epoch}): {found}; the largest entry is in {name}: {largest[name]:.4g}. "
        f"Want a smaller learning rate than {lr:g}")


def not_finite(arrays: Mapping[str, np.ndarray]) -> str | None:
    """The name of the first array that holds NaN or infinity, or None. Takes no memory."""
    with np.errstate(invalid="ignore", over="ignore"):  # NaN in some sums, such as inf - inf
        return next((name for name, array in arrays.items() if not np.isfinite(array.sum(dtype=np.float64))), None)


def check_finite(where: str, arrays: Mapping[str, np.ndarray], advice: str = "a smaller learning rate") -> None:
    """FloatingPointError if an array holds NaN or infinity."""
    name = not_finite(arrays)
    if name:
        raise FloatingPointError(f"{where}: {name}: want finite numbers, got NaN or infinity. Want {advice}")
