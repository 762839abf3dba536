"""The temporary folder in which a file or a folder is written before it takes its place.

It stands beside the place as `.NAME.RANDOM`, and in it

    nnlite-temporary    the mark: the name of the place. Its writer keeps it locked.
    new                 what is being written
    old                 what was in the place before, if the system cannot exchange the two in one step
    copy                the same, if the system cannot even rename it: the place may be half empty while `new` is there

What a killed writer has left is removed by the next one: only a folder with this mark, and none where locks do not
work. If the place is empty, `old` or `copy` returns to it first. A folder with `copy` and `new` beside a place that is
not empty stays: only the user knows whether the place is complete. So does a folder not marked yet.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from nnlite.system.locks import is_locked, unlock

Place = str | os.PathLike

MARK = "nnlite-temporary"
NAME_LENGTH = 50  # characters of the place's name in the name of the holder: file names have at most 255 bytes


@contextmanager
def holder(place: Path) -> Iterator[Path]:
    """A new folder beside an absolute path, which is removed at the end, and with it all that is in it then."""
    folder = place.with_name(f".{place.name[:NAME_LENGTH]}.{secrets.token_hex(8)}")
    with _error_of(place.parent):
        folder.mkdir()
    try:
        with open(folder / MARK, "xb", buffering=0) as mark:
            is_locked(mark, wait=True)  # another may look at the mark just now
            with _error_of(place):
                mark.write(os.fsencode(place.name))  # after the lock: a mark without a name is never removed
            yield folder
    finally:
        _clear(folder, place)


@contextmanager
def _error_of(path):
    """An OSError of another path becomes one of this."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def mode_at(place: Place) -> int:
    """The mode of what is at a path (see the module stat), of a link itself, or 0 if there is nothing.

    One look: another writer may replace it between two.
    """
    try:
        return os.lstat(place).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def check_writable(place: Path) -> None:
    """OSError if nothing can be made at `place`, an absolute path. Restores and removes what killed writers left."""
    with holder(place):
        pass
    clear(place)


def clear(place: Path) -> None:
    """Restore and remove what killed writers left beside an absolute path."""
    for folder in _left(place):
        with suppress(OSError), open(folder / MARK, "r+b") as mark:  # NFS locks only a file open for writing
            if is_locked(mark, without=False):
                name = mark.read()
                unlock(mark)
                mark.close()  # Windows removes no open file
                if name == os.fsencode(place.name):
                    _clear(folder, place)


def interrupted(place: Path) -> Path | None:
    """Where the old content of `place` is, if a writer was killed just when it was replaced; else None."""
    for folder in _left(place):
        with suppress(OSError):
            if (folder / MARK).read_bytes() == os.fsencode(place.name) and (old := _old(folder)):
                return old
    return None


def _old(folder):
    """The old content in a holder whose `new` has not taken its place."""
    return next((folder / name for name in ("old", "copy") if (folder / name).exists() and (folder / "new").exists()),
                None)


def _left(place):
    """The folders that `holder` may have made for this place."""
    pattern = f".{place.name[:NAME_LENGTH]}."
    return [path for path in place.parent.glob(f"{escape(pattern)}*")
            if re.fullmatch("[0-9a-f]{16}", path.name[len(pattern):]) and not path.is_symlink()]


def _clear(folder, place):
    """Return the old content to its place, if that is empty, and remove a holder, its mark last.

    What cannot be removed stays for the next writer.
    """
    with suppress(OSError):
        old = _old(folder)
        if old and not os.path.lexists(place):
            os.rename(old, place)
        elif old and old.name == "copy":
            return
        for path in folder.iterdir():
            if path.name != MARK:
                path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path, ignore_errors=True)
        (folder / MARK).unlink(missing_ok=True)
        folder.rmdir()
