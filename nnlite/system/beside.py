"""The temporary folder in which a file or a folder is written before it takes its place.

It stands beside the place as `.NAME.RANDOM`, and in it

    nnlite-temporary    the mark: the name of the place. Its writer keeps it locked.
    new                 what is being written
    old                 what was in the place before, if the system cannot exchange the two in one step

What a killed writer has left is removed by the next one: only a folder with this mark, which nobody has locked. If the
place is empty, `old` returns to it first.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from nnlite.system.locks import is_locked

MARK = "nnlite-temporary"
NAME_LENGTH = 50  # characters of the place's name in the name of the holder: file names have at most 255 bytes


@contextmanager
def holder(place: Path) -> Iterator[Path]:
    """A new folder beside an absolute path, which is removed at the end, and with it all that is in it then."""
    folder = place.with_name(f".{place.name[:NAME_LENGTH]}.{secrets.token_hex(8)}")
    folder.mkdir()
    try:
        with open(folder / MARK, "xb") as mark:
            is_locked(mark)
            mark.write(os.fsencode(place.name))  # after the lock: a mark without a name is never removed
            mark.flush()
            yield folder
    finally:
        _remove(folder)


def check_writable(place: Path) -> None:
    """OSError if nothing can be made at `place`, an absolute path. Restores and removes what killed writers left."""
    try:
        with holder(place):
            pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place.parent)) from None
    for folder in _left(place):
        with suppress(OSError), open(folder / MARK, "r+b") as mark:  # a lock of NFS wants a file open for writing
            if is_locked(mark) and mark.read() == os.fsencode(place.name):
                if not os.path.lexists(place) and (folder / "old").exists():
                    os.rename(folder / "old", place)
                mark.close()  # Windows removes no open file
                _remove(folder)


def interrupted(place: Path) -> Path | None:
    """What was in `place`, where it is now, if a writer was killed just when it was replaced and it is missing now."""
    for folder in _left(place):
        with suppress(OSError):
            if (folder / MARK).read_bytes() == os.fsencode(place.name) and (folder / "old").exists():
                return folder / "old"
    return None


def _left(place):
    """The folders that `holder` may have made for this place."""
    pattern = f".{place.name[:NAME_LENGTH]}."
    return [path for path in place.parent.glob(f"{escape(pattern)}*")
            if re.fullmatch("[0-9a-f]{16}", path.name[len(pattern):]) and not path.is_symlink()]


def _remove(folder):
    """Remove a holder, its mark last. What cannot be removed stays for the next writer."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name != MARK:
                path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path, ignore_errors=True)
        (folder / MARK).unlink(missing_ok=True)
        folder.rmdir()
