"""A folder that is replaced whole or not at all.

It is written in a temporary folder beside its place (`beside`), synced, and exchanged with the old one in one step.
Where the system cannot exchange two folders, the old one moves into the temporary folder first, from where the next
writer restores it if this one was killed just then.
"""

import ctypes
import errno
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from operator import and_
from pathlib import Path

from nnlite.system import beside
from nnlite.system.locks import is_locked, unlock

TRIES = 100  # to take a place while others write a folder there and the system has no locks, 5 s in all
TAKEN = errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST  # what a writer gets when another was quicker


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, an absolute path, which it replaces at the end: a crash leaves one of the two.

    It has the permissions of the one that it replaces, its files at most those that all files of the old one have (but
    always those of their owner), and nobody else can look into it before.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with beside.holder(folder) as holder:
        new = holder / "new"
        new.mkdir()
        mode = stat.S_IMODE(beside.mode_at(new))
        os.chmod(new, stat.S_IRWXU)
        yield new
        for path in [*new.iterdir(), new]:
            _sync(path)
        with _one_at_a_time(folder.parent):
            _move(new, mode, folder)
        _sync(folder.parent)


def check_writable(folder: Path) -> None:
    """OSError if no folder can be made where `folder`, an absolute path, is to be. Removes what killed writers left.

    ValueError for the root of a file system, which no folder can replace.
    """
    if not folder.name:
        raise ValueError(f"{folder}: want the place of a folder, got the root of a file system")
    there = next((parent for parent in folder.parents if parent.exists()), None)
    if there is None:  # on Windows, a drive that is missing
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    place = there / folder.name
    try:
        beside.check_writable(place)
    except OSError as error:
        path = folder if error.filename == str(place) else error.filename
        raise OSError(error.errno, error.strerror, str(path)) from None


@contextmanager
def _one_at_a_time(folder):
    """Wait until no other writer moves a folder in this one. Windows cannot lock a folder."""
    handle = os.open(folder, os.O_RDONLY) if os.name == "posix" else None
    try:
        if handle is not None:
            is_locked(handle, wait=True)
        yield
    finally:
        if handle is not None:
            unlock(handle)
            os.close(handle)


def _permit(new, mode, folder):
    """Give `new` the permissions of what it replaces, this mode if there is nothing."""
    if stat.S_ISDIR(old := beside.mode_at(folder)):
        mode, common = stat.S_IMODE(old), stat.S_IRWXU
        modes = [found for path in folder.iterdir() if (found := beside.mode_at(path))]
        if modes:
            common |= reduce(and_, modes)
            for path in new.iterdir():
                os.chmod(path, stat.S_IMODE(beside.mode_at(path)) & common)
    os.chmod(new, mode)


def _move(new, mode, folder):
    """Rename `new` to `folder`; if that exists, it is moved into the folder that holds `new`. mode: as for `_permit`"""
    for attempt in range(1, TRIES + 1):
        try:
            _permit(new, mode, folder)
            return _move_once(new, folder)
        except OSError as error:
            if error.errno not in TAKEN or attempt == TRIES:
                raise
        time.sleep(0.001 * attempt)


def _move_once(new, folder):
    if not folder.exists():
        os.rename(new, folder)
    elif not _exchange(new, folder):
        old = new.with_name("old")
        shutil.rmtree(old, ignore_errors=True)  # of an attempt before: what is in the place now is newer
        _move_away(folder, old)
        os.rename(new, folder)  # if this fails, the holder returns the old folder to its place


def _move_away(folder, old):
    """Rename a folder. Where that is impossible, as in the lower layers of an overlay, copy and remove it."""
    try:
        os.rename(folder, old)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = shutil.copytree(folder, old.with_name("copy"), dirs_exist_ok=True)
        for path in [*copy.iterdir(), copy]:
            _sync(path)
        shutil.rmtree(folder)


def _exchange(a, b):
    """Whether the system has exchanged two folders in one step: Linux's renameat2 with RENAME_EXCHANGE."""
    at_cwd, rename_exchange = -100, 2
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    return renameat2 is not None and renameat2(at_cwd, os.fsencode(a), at_cwd, os.fsencode(b), rename_exchange) == 0


def _sync(path):
    """Have the system write a file, or the entries of a folder, to disk now. Windows does that for files only."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
