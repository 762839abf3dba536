"""Trainings that diverge: parameters that are no longer finite."""

from collections.abc import Mapping

import numpy as np


def not_finite(arrays: Mapping[str, np.ndarray]) -> str | None:
    """The name of the first array that holds NaN or infinity, or None. Takes no memory."""
    return next((name for name, array in arrays.items() if not np.isfinite(array.sum(dtype=np.float64))), None)


def check_finite(where: str, arrays: Mapping[str, np.ndarray], advice: str = "a smaller learning rate") -> None:
    """FloatingPointError if an array holds NaN or infinity."""
    name = not_finite(arrays)
    if name:
        raise FloatingPointError(f"{where}: {name}: want finite numbers, got NaN or infinity. Want {advice}")
