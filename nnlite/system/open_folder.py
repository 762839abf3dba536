"""`OpenFolder`: the files of a folder, all of the same one, even if another takes its place meanwhile."""

import errno
import mmap
import os
import stat
import sys
from typing import BinaryIO

import numpy as np

from nnlite.system.paths import checked_path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MAP_BYTES = 16 << 20  # smaller files are read: the pages of 16 MiB take about 2 ms

_HANDLES = os.open in os.supports_dir_fd  # else files are opened by their paths, and `is_same` says whether all is well
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_UNTRACKED = {"trackfd": False} if sys.version_info >= (3, 13) else {}  # of mmap: no descriptor stays open


class OpenFolder:
    """A folder that is open until the end of a `with` block. FileNotFoundError, NotADirectoryError if there is none."""

    def __init__(self, folder: str | os.PathLike):
        self.path = checked_path("read", folder)
        self._handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY) if _HANDLES else None
        self._identity = _identity(os.stat(self.path if self._handle is None else self._handle))

    def __enter__(self) -> "OpenFolder":
        return self

    def __exit__(self, *error: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def is_same(self) -> bool:
        """Whether the folder is still in its place."""
        try:
            return _identity(os.stat(self.path)) == self._identity
        except OSError:
            return False

    def is_consistent(self) -> bool:
        """Whether all files that were opened are of one folder."""
        return _HANDLES or self.is_same()

    def names(self) -> list[str]:
        """The names of all that is in the folder."""
        return os.listdir(self.path if self._handle is None else self._handle)

    def open(self, name: str) -> BinaryIO:
        """A file of the folder, open for reading. ValueError if it is missing, a link or not a file."""
        path = self.path / name
        try:
            if not _HANDLES and path.is_symlink():
                raise OSError(errno.ELOOP, "a link")
            number = os.open(name if _HANDLES else path, _FLAGS, dir_fd=self._handle)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ELOOP):
                raise OSError(error.errno, error.strerror, str(path)) from None
            raise ValueError(f"{path}: want a file, got {'a link' if error.errno == errno.ELOOP else 'none'}") from None
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise ValueError(f"{path}: want a file, got something else")
        return os.fdopen(number, "rb", buffering=0)


def _identity(status):
    return status.st_dev, status.st_ino


def size_of(file: BinaryIO) -> int:
    """The size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


def content(file: BinaryIO, size: int, mapped: bool) -> np.ndarray:
    """The first `size` bytes of an open file, uint8 (size,), which can be changed without changing the file.

    mapped: map the file, if it has at least MAP_BYTES, instead of reading it. It may be closed then.
    ValueError if the file is shorter.
    """
    if mapped and size >= max(MAP_BYTES, 1) and _may_keep(file):
        return np.frombuffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY, **_UNTRACKED), np.uint8)
    buffer = np.empty(size, np.uint8)
    done = 0
    while done < size:
        got = file.readinto(buffer[done:].data)  # type: ignore[attr-defined]
        if not got:
            raise ValueError(f"want {size:,} bytes, got {done:,}")
        done += got
    return buffer


def _may_keep(file):
    """Whether a map may keep a descriptor open: its number would be the lowest free one, which tells how many are."""
    if _UNTRACKED or resource is None:
        return True
    number = os.dup(file.fileno())
    os.close(number)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limit == resource.RLIM_INFINITY or number < limit // 2
