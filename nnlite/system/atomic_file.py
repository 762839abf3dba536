"""Files as people have them, plain or packed by gzip, bzip2 or xz; and files written whole or not at all."""

import bz2
import gzip
import lzma
import os
from contextlib import contextmanager
from pathlib import Path

OPENERS = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def open_binary(path, packed=None):
    """The file opened for reading bytes, unpacked on the way; packed: the same file, if it is open already."""
    suffix = Path(path).suffix.lower()
    if packed and suffix not in OPENERS:
        return packed
    return OPENERS[suffix if suffix in OPENERS else ""](packed or path, "rb")


@contextmanager
def replacing(path):
    """A file open for writing bytes beside `path`, renamed to it at the end: a crash leaves the old or the new one."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
