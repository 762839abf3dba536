"""A folder that is replaced whole or not at all.

It is written beside its place as `.NAME.PID`, synced, and exchanged with the old one in one step. The next write
removes what a killed process has left under such a name.
"""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, an absolute path, which it replaces at the end: a crash leaves one of the two."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = _beside(folder)
    new.mkdir()
    try:
        yield new
        for path in [*new.iterdir(), new]:
            _sync(path)
        _move(new, folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # the old folder, or a new one that was not finished


def check_writable(folder: Path) -> None:
    """OSError if no folder can be made where `folder`, an absolute path, is to be. Removes what killed writers left."""
    for path in folder.parent.glob(f".{escape(folder.name)}.*"):
        if path.suffix[1:].isdecimal() and not _is_other_process(int(path.suffix[1:])):
            shutil.rmtree(path, ignore_errors=True)
    above = next(parent for parent in folder.parents if parent.exists())
    trial = _beside(above / folder.name)
    try:
        trial.mkdir(exist_ok=True)
        trial.rmdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(above)) from None


def _beside(folder):
    """The name under which this process writes a folder before it takes its place."""
    return folder.with_name(f".{folder.name}.{os.getpid()}")


def _is_other_process(pid):
    """Whether another process with this number may be running. In containers, every process may have the same one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return pid != os.getpid()


def _move(new, folder):
    """Rename `new` to `folder`; if that exists, it is renamed to `new`."""
    if not folder.exists():
        os.rename(new, folder)
    elif not _exchange(new, folder):
        old = folder.with_name(f".{folder.name}.old")
        os.rename(folder, old)  # where the system cannot exchange two folders, a crash just here leaves .NAME.old
        os.rename(new, folder)
        os.rename(old, new)


def _exchange(a, b):
    """Whether the system has exchanged two folders in one step: Linux's renameat2 with RENAME_EXCHANGE."""
    at_cwd, rename_exchange = -100, 2
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    return renameat2 is not None and renameat2(at_cwd, os.fsencode(a), at_cwd, os.fsencode(b), rename_exchange) == 0


def _sync(path):
    """Have the system write a file, or the entries of a folder, to disk now."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
