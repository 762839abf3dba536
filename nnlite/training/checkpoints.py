"""Checkpoints: a training between two of its steps, as folders `step-00000012` of which the newest are kept.

A training that goes on from a checkpoint ends in the bits of one that was never interrupted: parameters and the
optimiser's state are stored to the last bit, and every random choice hangs on the seed and the number of the step.
"""

import shutil
import warnings
from pathlib import Path

from nnlite.system import array_folder

KEPT = 2  # the newest, and one more should that be damaged


def save(folder, step, header, arrays):
    """Write a checkpoint after so many steps, then remove those older than the KEPT newest.

    header, arrays: as `folders.write`. A crash at any moment leaves the checkpoints that were there, whole.
    """
    folder = Path(folder)
    array_folder.write(folder / f"step-{step:08}", "checkpoint", {"step": step, **header},
                       {name.replace("/", "+"): array for name, array in arrays.items()})
    for old in _steps(folder)[:-KEPT]:
        old.rename(old.with_name(f".{old.name}"))
    for old in folder.glob(".step-*"):
        shutil.rmtree(old, ignore_errors=True)


def load(folder):
    """The header and the arrays (mapped) of the newest checkpoint that is whole, or None if there is none.

    A damaged one is passed over with a warning; if all are damaged, ValueError.
    """
    found = _steps(Path(folder))
    for path in reversed(found):
        try:
            header, arrays, _ = array_folder.read(path, "checkpoint")
            return header, {name.replace("+", "/"): array for name, array in arrays.items()}
        except ValueError as error:
            if path == found[0]:
                raise
            warnings.warn(f"{error}; going on from the checkpoint before")
    return None


def _steps(folder):
    return sorted(folder.glob("step-*"))
