"""Trainings that diverge: the loss rises, or parameters are no longer finite."""

from collections.abc import Mapping

import numpy as np

DIVERGED = 2.0  # times the first loss, which a training that learns leaves below it at once
DIVERGED_STEPS = 8, 200  # that the loss stays above it: half an epoch, but at least and at most so many


def check_losses(losses: list[float], steps_in_epoch: int, epoch: int, params: Mapping[str, np.ndarray],
                 lr: float) -> None:
    """FloatingPointError if the last loss is not finite, or all have been too high for half an epoch."""
    least, most = DIVERGED_STEPS
    patience = min(max(least, steps_in_epoch // 2), most)
    if not np.isfinite(losses[-1]):
        found = f"the loss is {losses[-1]}"
    elif len(losses) > patience and min(losses[-patience:]) > DIVERGED * losses[0]:
        found = f"for {patience} steps the loss has been above {DIVERGED:g} times its first value, {losses[0]:.4g}"
    else:
        return
    largest = {name: float(np.abs(p).max()) for name, p in params.items()}
    name = max(largest, key=lambda name: (not np.isfinite(largest[name]), largest[name]))
    raise FloatingPointError(
        f"Trainer: step {len(losses)} (epoch {epoch}): {found}; the largest entry is in {name}: {largest[name]:.4g}. "
        f"Want a smaller learning rate than {lr:g}")


def not_finite(arrays: Mapping[str, np.ndarray]) -> str | None:
    """The name of the first array that holds NaN or infinity, or None. Takes no memory."""
    return next((name for name, array in arrays.items() if not np.isfinite(array.sum(dtype=np.float64))), None)


def check_finite(where: str, arrays: Mapping[str, np.ndarray], advice: str = "a smaller learning rate") -> None:
    """FloatingPointError if an array holds NaN or infinity."""
    name = not_finite(arrays)
    if name:
        raise FloatingPointError(f"{where}: {name}: want finite numbers, got NaN or infinity. Want {advice}")
