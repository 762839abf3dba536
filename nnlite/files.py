"""Files as people have them: plain or packed by gzip, bzip2 or xz, which the ending tells."""

import bz2
import gzip
import lzma
from pathlib import Path

OPENERS = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def open_binary(path):
    """The file opened for reading bytes, unpacked on the way."""
    suffix = Path(path).suffix.lower()
    return OPENERS[suffix if suffix in OPENERS else ""](path, "rb")
