"""A file that is replaced whole or not at all."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nnlite.system import beside

Place = str | os.PathLike  # of a file


@contextmanager
def replacing(path: Place) -> Iterator[BinaryIO]:
    """A file open for writing bytes, renamed to `path` at the end: a crash leaves the old or the new one.

    The new file has the permissions of the old one. Raises as `check_place`.
    """
    path = check_place(path)
    with beside.holder(path) as holder:
        with open(holder / "new", "wb") as file:
            if mode := beside.mode_at(path):
                os.chmod(holder / "new", mode & 0o777)  # before anything is in it that only some may read
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(holder / "new", path)


def check_place(path: Place, inputs: Iterable[Place] = ()) -> Path:
    """The absolute path of a file that `replacing` could write now.

    ValueError for one of the input files, a link, a folder, or anything else that is not a plain file. OSError if the
    folder above it does not exist or cannot be written.
    """
    path = Path(os.path.abspath(path))
    if (mode := beside.mode_at(path)) and not stat.S_ISREG(mode):
        what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
        raise ValueError(f"{path}: want a place for a file, got {what}")
    for source in inputs:
        with suppress(OSError):
            if os.path.samefile(path, source):
                raise ValueError(f"{path}: want a place for a new file, got the input file {source}")
    beside.check_writable(path)
    return path
