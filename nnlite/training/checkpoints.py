"""Checkpoints: the state of a training between two steps, in folders `step-00000012`, of which the newest are kept.

A resumed training ends with bit-identical parameters: they and the optimiser's state are stored exactly, and every
random choice depends only on the seed and the number of the step.
"""

import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnlite.system import array_folder
from nnlite.system.locks import FolderLock
from nnlite.training.divergence import not_finite

KIND = "checkpoint"
KEPT = 2  # the newest, and one more in case that is damaged
SQUARES = "/s", "/v"  # parts of an optimiser's state that are never negative

_NAME, _LEFT = re.compile(r"step-[0-9]{8,100}"), re.compile(r"\.step-[0-9]{8,100}(\..*)?")


class Wanted(NamedTuple):
    """What a checkpoint must hold for a training to resume from it.

    entry              type               range
    step               int                the number in the folder's name, 1 to n_steps
    settings           dict               those of the training
    seconds            number             0 to 1e12
    validation         list of dicts      at most as many as steps; the values are finite numbers
    a parameter        float32            of its shape, finite
    a part of a state  float32            of its shape, finite; those of SQUARES at least 0
    history/loss       float64 (step,)    finite, at least 0
    history/rows       int64 (step,)      1 to batch_rows
    """

    settings: dict[str, Any]
    arrays: dict[str, np.ndarray]  # the parameters and the state, whose shapes are compared
    n_steps: int | None  # None if unknown
    batch_rows: int


@contextmanager
def opened(folder: str | PathLike) -> Iterator[None]:
    """Make the folder, see that checkpoints can be written into it, and keep it for this training alone.

    OSError if it cannot be written, BlockingIOError if another training uses it.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    array_folder.check_place(Path(folder) / f"step-{0:08}", KIND)
    with FolderLock(folder, "trains with these checkpoints"):
        _remove_leftovers(Path(folder))
        yield


def save(folder: str | PathLike, step: int, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write a checkpoint after so many steps. One that is there was damaged when the training resumed: it is removed.

    header, arrays: as for `array_folder.write`. A crash at any moment leaves the earlier checkpoints complete.
    """
    place = Path(folder) / f"step-{step:08}"
    if place.exists():
        _remove(Path(folder), [place])
    array_folder.write(place, KIND, {"step": step, **header},
                       {name.replace("/", "+"): array for name, array in arrays.items()})


def keep_newest(folder: str | PathLike) -> None:
    """Remove all but the KEPT newest."""
    _remove(Path(folder), _by_step(Path(folder))[:-KEPT])


def remove_after(folder: str | PathLike, step: int) -> None:
    """Remove the checkpoints of later steps."""
    _remove(Path(folder), [path for path in _by_step(Path(folder)) if _step_of(path) > step])


def load(folder: str | PathLike, wanted: Wanted | None = None,
         step: int | None = None) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The header and the arrays (mapped into memory) of the newest usable checkpoint, or None if there is none.

    step: that of the one to load, if not the newest
    One that is damaged, cannot be read or does not hold what is wanted is skipped with a warning. ValueError or
    OSError, that of the oldest, if all are; ValueError if the newest of the others is of another training.
    """
    found = [path for path in _by_step(Path(folder)) if step in (None, _step_of(path))]
    for path in reversed(found):
        try:
            header, arrays, _ = array_folder.read(path, KIND)
            arrays = {name.replace("+", "/"): array for name, array in arrays.items()}
            if wanted:
                _expect(path, "settings", "a dict", header.get("settings"), isinstance(header.get("settings"), dict))
            if wanted and all(header["settings"].get(name) == want for name, want in wanted.settings.items()):
                _check_header(path, header, wanted)
                _check_arrays(path, header["step"], arrays, wanted)
        except (ValueError, OSError) as error:
            if path == found[0]:
                raise
            warnings.warn(f"{error}; resuming from the checkpoint before")
            continue
        for name, want in wanted.settings.items() if wanted else ():
            if header["settings"].get(name) != want:
                raise ValueError(f"{folder}: the checkpoint is of another training: {name}: want {want}, got "
                                 f"{header['settings'].get(name)!s:.200}: delete this folder to train anew, or name "
                                 "another")
        return header, arrays
    return None


def _remove(folder, places):
    """Each is taken away in one step, and then deleted."""
    for old in places:
        old.rename(old.with_name(f".{old.name}"))
    _remove_leftovers(folder)


def _remove_leftovers(folder):
    """Remove what this training, or one that was killed, has begun to write or to remove."""
    for old in folder.glob(".step-*"):
        if _LEFT.fullmatch(old.name):
            shutil.rmtree(old, ignore_errors=True)


def _by_step(folder):
    """The folders of the checkpoints, from the first step to the last."""
    found = [path for path in folder.glob("step-*") if _NAME.fullmatch(path.name)]
    return sorted(found, key=_step_of)


def _step_of(path):
    return int(path.name[len("step-"):])


def _expect(path, entry, want, got, is_so):
    """ValueError if it is not so."""
    if not is_so:
        raise ValueError(f"{path}: not a usable checkpoint: {entry}: want {want}, got {got!r:.100}")


def _check_header(path, header, wanted):
    step, seconds, validation = (header.get(name) for name in ("step", "seconds", "validation"))
    named = _step_of(path)
    _expect(path, "step", f"{named}, as in the name", step, type(step) is int and step == named)
    most = wanted.n_steps or step
    _expect(path, "step", f"1 to {most}", step, 1 <= step <= most)
    _expect(path, "seconds", "a number of 0 to 1e12", seconds, _is_number(seconds) and 0 <= seconds <= 1e12)
    _expect(path, "validation", f"a list of at most {step} dicts of finite numbers", validation,
            isinstance(validation, list) and len(validation) <= step and all(
                isinstance(scores, dict) and all(map(_is_number, scores.values())) for scores in validation))


def _is_number(value):
    return type(value) in (int, float) and abs(value) < float("inf")


def _check_arrays(path, step, arrays, wanted):
    types = {name: ("float32", array.shape) for name, array in wanted.arrays.items()}
    types |= {"history/loss": ("float64", (step,)), "history/rows": ("int64", (step,))}
    for name in types | arrays:
        got = (str(arrays[name].dtype), arrays[name].shape) if name in arrays else "none"
        _expect(path, name, types.get(name, "no such array"), got, got == types.get(name))
    bad = not_finite(arrays)
    _expect(path, bad, "finite numbers", "NaN or infinity", not bad)
    for name, array in arrays.items():
        least, most = 0, None
        if name == "history/rows":
            least, most = 1, wanted.batch_rows
        if array.size and (name.startswith("history/") or name.endswith(SQUARES)):
            _expect(path, name, f"at least {least}", array.min(), array.min() >= least)
            _expect(path, name, f"at most {most}", array.max(), most is None or array.max() <= most)
