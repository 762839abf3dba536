"""Checks of the paths that callers give."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def checked_path(where: str, path: Any) -> Path:
    """The path. TypeError for another type, ValueError for characters that no path can have."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{where}: want a path, got {path!r:.60}")
    with suppress(UnicodeEncodeError):
        if b"\0" not in os.fsencode(path):
            return Path(path)
    raise ValueError(f"{where}: want a path, got one with a character that no path has: {path!r:.60}")
