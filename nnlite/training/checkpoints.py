"""Checkpoints: the state of a training between two steps, in folders `step-00000012`, of which the newest are kept.

A resumed training ends with bit-identical parameters: they and the optimiser's state are stored exactly, and every
random choice depends only on the seed and the number of the step.
"""

import shutil
import warnings
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.system import array_folder

KEPT = 2  # the newest, and one more in case that is damaged


def save(folder: str | PathLike, step: int, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write a checkpoint after so many steps, then remove all but the KEPT newest.

    header, arrays: as for `array_folder.write`. A crash at any moment leaves the earlier checkpoints complete.
    """
    folder = Path(folder)
    array_folder.write(folder / f"step-{step:08}", "checkpoint", {"step": step, **header},
                       {name.replace("/", "+"): array for name, array in arrays.items()})
    for old in sorted(folder.glob("step-*"))[:-KEPT]:
        old.rename(old.with_name(f".{old.name}"))
    for old in folder.glob(".step-*"):
        shutil.rmtree(old, ignore_errors=True)


def load(folder: str | PathLike) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The header and the arrays (mapped into memory) of the newest complete checkpoint, or None if there is none.

    A damaged one is skipped with a warning. ValueError if all are damaged.
    """
    found = sorted(Path(folder).glob("step-*"))
    for path in reversed(found):
        try:
            header, arrays, _ = array_folder.read(path, "checkpoint")
            return header, {name.replace("+", "/"): array for name, array in arrays.items()}
        except ValueError as error:
            if path == found[0]:
                raise
            warnings.warn(f"{error}; resuming from the checkpoint before")
    return None
