"""Numba's cache of compiled kernels on disk, used only where it is safe, and never needed.

Numba's files are pickles, which can run any code: a folder that others may write is not used. Where no folder can be
used, and where a file is damaged or the disk is full, kernels are compiled again, and one warning says why.
"""

import logging
import os
import stat
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from numba import cloudpickle
from numba.core import caching, serialize, sigutils
from numba.core.runtime import rtsys

refused: dict[str, str] = {}  # why a folder that Numba would use is not used -> the last such folder

NOWHERE = ("compiled kernels cannot be kept, so every process compiles them: want NUMBA_CACHE_DIR to name a folder "
           "that you and no one else may write")


@cache
def danger(folder: str, exists: bool) -> str:
    """Why someone else could put files into a folder, which need not exist yet; "" if no one could.

    Root, this user and the owner of this file are trusted. A folder above with the sticky bit, as /tmp, is no danger.
    """
    if not os.path.isabs(folder):
        return f"{folder} is not an absolute path"
    place = Path(folder).resolve()
    above = {*place.parents, *Path(folder).parents}
    trusted = {0, os.geteuid(), os.stat(__file__).st_uid} if hasattr(os, "geteuid") else set()
    for path in filter(os.path.lexists, [place, *place.glob("*.nb[ic]"), *above] if trusted else []):
        status = path.lstat()
        mode, owner = status.st_mode, status.st_uid
        shared = mode & stat.S_IWOTH or mode & stat.S_IWGRP and not _is_own(status.st_gid)
        sticky = path in above and mode & stat.S_ISVTX
        if owner not in trusted or shared and not sticky and not stat.S_ISLNK(mode):
            return f"others may write {path} (owner {owner}, mode {stat.S_IMODE(mode):o})"
    return ""


def _is_own(group):
    """Whether a group has the name of this user and no other members, as many systems make one for each user."""
    import grp
    import pwd
    try:
        found, user = grp.getgrgid(group), pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return False
    return found.gr_name == user and {*found.gr_mem} <= {user}


@cache
def _warn_once(text):
    logging.getLogger("nnlite").warning("%s", text)


@cache
def _files_of_kernels():
    """The time and size of each file beside this one: kernels are compiled into those that call them."""
    return [(path.name, status.st_mtime, status.st_size) for path in sorted(Path(__file__).parent.glob("*.py"))
            for status in [path.stat()]]


class _SafePlace(caching._CacheLocator):
    """One of Numba's choices of a folder, passed over if it is not safe; what is in it is of the files of today."""

    def get_source_stamp(self) -> Any:
        """What must be the same for a compiled function to be used: its own file, and those of all kernels."""
        return super().get_source_stamp(), _files_of_kernels()  # type: ignore[safe-super]

    def ensure_cache_path(self) -> None:
        """Make the folder; OSError if it is not safe."""
        folder = self.get_cache_path()
        if not danger(folder, os.path.exists(folder)):
            super().ensure_cache_path()
        if why := danger(folder, os.path.exists(folder)):
            refused[why] = folder
            raise OSError(why)


class _Content(caching.CompileResultCacheImpl):
    """What a file holds: a compiled function and its CRC-32. Damaged machine code would end the process."""

    _locator_classes: list[type[object]] = [type(place.__name__, (_SafePlace, place), {}) for place in
                                            caching.CompileResultCacheImpl._locator_classes]

    def reduce(self, result: Any) -> tuple[int, bytes]:
        """(CRC-32, content) of a compiled function, to be stored."""
        content = serialize.dumps(super().reduce(result))
        return zlib.crc32(content), content

    def rebuild(self, context: Any, data: tuple[int, bytes]) -> Any:
        """The compiled function of what `reduce` gave; ValueError if it is damaged."""
        if zlib.crc32(data[1]) != data[0]:
            raise ValueError("damaged")
        return super().rebuild(context, cloudpickle.loads(data[1]))


class Cache(caching.FunctionCache):
    """Numba's cache of one function, whose errors become warnings. RuntimeError if no folder is safe and writable."""

    _impl_class = _Content

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The compiled function of a signature, or None; damaged files are flushed, with one warning.

        As Numba's own method, but without the refresh of the compiler's tables, which takes longer than the import of
        NumPy, and which the compiler itself makes before it compiles: loaded code needs the allocator alone.
        """
        try:
            rtsys.initialize(context)
            with self._guard_against_spurious_io_errors():
                result = self._load_overload(signature, context)
            if result and result.signature.args != sigutils.normalize_signature(signature)[0]:
                raise ValueError("another signature")
            return result
        except Exception:  # whatever a damaged pickle leads to
            _warn_once(f"{self.cache_path}: damaged files of compiled kernels: compiled again and replaced")
            self._try(self.flush)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Write what was compiled, with one warning for each folder that was refused or cannot be written."""
        for why in refused:
            _warn_once(f"{why}: compiled kernels are kept in {self.cache_path}")
        self._try(super().save_overload, signature, result)

    def _try(self, function, *args):
        try:
            function(*args)
        except Exception as error:
            why = getattr(error, "strerror", None) or error
            _warn_once(f"{self.cache_path}: compiled kernels cannot be kept, every process compiles them: {why}")


class NoCache(caching.NullCache):
    """In its place where no folder is safe and writable."""

    def save_overload(self, signature: Any, result: Any) -> None:
        """Write nothing, and warn once."""
        _warn_once("".join(f"{why}; " for why in refused) + NOWHERE)


def keep_on_disk(compiled: Any) -> None:
    """Give a compiled function its cache: Numba calls it when the function is first called."""
    try:
        compiled._cache = Cache(compiled.py_func)
    except RuntimeError:
        compiled._cache = NoCache()
