"""Advisory locks on files: one writer at a time, until it ends. The system releases the locks of a killed process."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

_HELD = errno.EACCES, errno.EAGAIN, errno.EDEADLK  # what the systems say of a lock that another holds


def is_locked(file: int | BinaryIO, wait: bool = False, without: bool = True) -> bool:
    """Whether an open file (its number, or itself) is now locked, until `unlock`. False: another has locked it.

    Another is any other process or any other `open` of this one. wait: until the other has released the lock.
    without: the answer where the file system has no locks, as some network file systems
    """
    number = file if isinstance(file, int) else file.fileno()
    try:
        if fcntl:
            fcntl.flock(number, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        else:
            msvcrt.locking(number, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError as error:
        return error.errno not in _HELD and without
    return True


def unlock(file: int | BinaryIO) -> None:
    """Release the lock of an open file, which closing it does not if a child that was forked meanwhile has it open."""
    if fcntl:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)


class FolderLock:
    """The lock of a folder that exists, held until `release` or the end of this object or of the process.

    BlockingIOError if another process, or another FolderLock of this one, holds it, or others take and release it all
    the time. OSError if the file ".lock", which is removed afterwards where the system can remove an open file, cannot
    be written.
    doing: what the holder of the lock does, for the error: "trains with these checkpoints"
    """

    NAME, TRIES = ".lock", 10

    def __init__(self, folder: str | os.PathLike, doing: str = "works in this folder"):
        self._path = Path(folder) / self.NAME
        for _ in range(self.TRIES):
            self._file = open(self._path, "ab")
            if not is_locked(self._file):
                self._file.close()
                break
            with suppress(OSError):
                if os.path.samestat(os.fstat(self._file.fileno()), self._path.stat()):
                    return
            unlock(self._file)  # the holder before has just removed this file
            self._file.close()
        raise BlockingIOError(errno.EAGAIN, f"another process {doing}", str(folder))

    def release(self) -> None:
        """Let another have the lock. Does nothing the second time."""
        if not self._file.closed:
            with suppress(OSError):
                self._path.unlink()
            unlock(self._file)
            self._file.close()

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(self, *error: object) -> None:
        self.release()
