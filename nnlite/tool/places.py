"""The files and folders that a command is to write, checked before its work begins."""

import os
import stat
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from nnlite.system import atomic_file, beside

Places = Mapping[str, Path | None]  # option -> its path, None if it is not given


def check(files: Places, folders: Places | None = None, inputs: Iterable[Path] = ()) -> None:
    """ValueError or OSError if a file cannot be written: see `atomic_file.check_place`.

    ValueError too if a file or a folder is to be in the place of another or within it, if a file is to be within an
    input, and if something else is in the place of a folder. What may be in a folder is for its writer to check.
    """
    inputs = list(inputs)
    for (option, path), (other, place) in combinations([*_given(files), *_given(folders or {})], 2):
        if _is_within(path, place) or _is_within(place, path):
            raise ValueError(f"{option} {path}: want a place apart from {other} {place}, got the same or one within "
                             "the other")
    for option, path in _given(files):
        for source in inputs:
            if _is_within(path, source) and not _is_within(source, path):
                raise ValueError(f"{option} {path}: want a place outside of {source}, got one in it")
        atomic_file.check_place(path, inputs)
    for option, path in _given(folders or {}):
        mode = beside.mode_at(path)
        if mode and not stat.S_ISDIR(mode) and not (stat.S_ISLNK(mode) and path.is_dir()):
            raise ValueError(f"{option} {path}: want a place for a folder, got something else")


def _given(places):
    return [(option, path) for option, path in places.items() if path]


def _is_within(path, folder):
    """Whether a path is a folder or in it, links followed. Neither need exist."""
    path, folder = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    return any(above == folder or _is_same(above, folder) for above in [path, *path.parents])


def _is_same(a, b):
    """Whether two paths are one file, as on a disk that ignores the case of names."""
    try:
        return os.path.samefile(a, b)
    except OSError:
        return False
