"""The content of the files of an array folder: arrays, texts and their checksums."""

import io
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np

from nnlite.system.slices import blocks
from nnlite.system.threads import team

TYPES = {b"<f4": "float32", b"<f8": "float64", b"<i4": "int32", b"<i8": "int64", b"|u1": "uint8"}
CRC_BYTES = 1 << 24  # of a file, whose CRC-32 one thread computes at a time
CACHED_BYTES = 1 << 20  # of these, that are summed while they are in the processor's cache
MAX_LENGTH = 1 << 48  # of an array along one axis, less 1
HEADER_BYTES = 1 << 10  # of an array's file, at most
ALIGNED = 64  # bytes: where the entries of an array begin is a multiple

_HEADER = re.compile(  # of an array as NumPy's format 1.0 writes it; no other format is read
    rb"\x93NUMPY\x01\0(..)"
    rb"\{'descr': '(<[fi][48]|\|u1)', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,20}(?:, \d{1,20}){0,9},?)?)\), \} *\n", re.DOTALL)
_UNESCAPED = {r"\\": "\\", r"\n": "\n"}


class Header(NamedTuple):
    """What the file of an array begins with, and the number of bytes that it takes."""

    dtype: np.dtype
    shape: tuple[int, ...]
    size: int


def header_of(content: np.ndarray) -> Header:
    """The Header of the file of an array, uint8 (n,). ValueError if it has none, or another number of entries."""
    match = _HEADER.match(content[:HEADER_BYTES].tobytes())
    if not match or int.from_bytes(match[1], "little") != match.end() - 10 or match.end() % ALIGNED:
        raise ValueError(f"want a C-contiguous array of {', '.join(TYPES.values())}, got something else")
    dtype, shape = np.dtype(TYPES[match[2]]), tuple(int(n) for n in match[3].split(b",") if n)
    rest = content.size - match.end()
    if max(shape, default=0) >= MAX_LENGTH or prod(shape) * dtype.itemsize != rest:
        raise ValueError(f"want the bytes of an array {str(shape):.60}, got {rest:,} bytes")
    return Header(dtype, shape, match.end())


class InBlocks(Protocol):
    """An array that is not in memory as a whole."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def blocks(self) -> Iterable[np.ndarray]:
        """Its rows in order, some at a time."""


def header_bytes(array: np.ndarray | InBlocks) -> bytes:
    """What the file of an array begins with."""
    file, descr = io.BytesIO(), np.lib.format.dtype_to_descr(array.dtype)
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": array.shape})
    return file.getvalue()


def write_array(path: Path, array: np.ndarray | InBlocks) -> None:
    """The file of an array. OSError if it cannot be written."""
    parts = [array] if isinstance(array, np.ndarray) else array.blocks()
    with open(path, "wb") as file:
        file.write(header_bytes(array))
        for part in parts:
            file.write(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)  # unlike tofile, its error is clear


def sizes(arrays: Mapping[str, np.ndarray], texts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The bytes of the file of each array and of each list of texts, by the file's name."""
    of_arrays = {f"{name}.npy": len(header_bytes(array)) + array.nbytes for name, array in arrays.items()}
    return of_arrays | {f"{name}.txt": len(text_of(lines)) for name, lines in texts.items()}


def kind_of(file: BinaryIO) -> str:
    """The kind of the dtype, "f", "i" or "u", of the array in a file open at its beginning, where it stays; or "?"."""
    match = _HEADER.match(file.read(HEADER_BYTES))
    file.seek(0)
    return match[2][1:2].decode() if match else "?"


def array_of(content: np.ndarray) -> np.ndarray:
    """The array in the bytes of its file, uint8 (n,), which it shares. Raises as `header_of`."""
    header = header_of(content)
    return content[header.size:].view(header.dtype).reshape(header.shape)


def text_of(lines: Sequence[str]) -> bytes:
    """The file of some texts: a line each, in which a line end is written as \\n, a backslash as \\\\."""
    text = "".join(line.replace("\\", r"\\").replace("\n", r"\n") + "\n" for line in lines)
    return text.encode("utf-8", "surrogatepass")


def lines_of(content: np.ndarray) -> "Lines":
    """The texts in the bytes of their file. ValueError if they are not UTF-8 or the last line does not end."""
    try:
        text = str(content.data, "utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ValueError(f"want UTF-8, got: {error}") from None
    if text and text[-1] != "\n":
        raise ValueError("want a line end at the end, got none")
    return Lines(text, int(np.count_nonzero(content == ord("\n"))))


class Lines(Sequence):
    """The lines of a text file, split when one is first asked for: a million take 0.1 s, and few readers need them."""

    def __init__(self, text: str, n_lines: int):
        self._text, self._n = text, n_lines

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, i: Any) -> Any:
        return self._split[i]

    @cached_property
    def _split(self):
        lines = self._text.split("\n")[:-1]
        if "\\" not in self._text:
            return lines
        return [re.sub(r"\\[\\n]", lambda m: _UNESCAPED[m[0]], line) for line in lines]


class Sums(NamedTuple):
    """The CRC-32 of a file, or of its parts' above CRC_BYTES, and whether all its numbers are finite."""

    crc32: int
    finite: bool


def sums(contents: Sequence[np.ndarray], meanwhile: Callable[[], None] = lambda: None) -> list[Sums]:
    """The Sums of each file, uint8 (n,), on all cores, one of which first calls meanwhile."""
    parts = [[partial(_sums, content[part], _floats(content)) for part in blocks(content.size, CRC_BYTES)]
             for content in contents]
    jobs: list[Callable[[], Any]] = [job for of_file in parts for job in of_file]
    done = iter(team().call([meanwhile, *jobs])[1:])
    return [_joined([next(done) for _ in of_file]) for of_file in parts]


def _floats(content):
    """The dtype of the array in a file if that is one of floats, else None."""
    try:
        dtype = header_of(content).dtype
    except ValueError:
        return None
    return dtype if dtype.kind == "f" else None


def _sums(content, floats):
    """The Sums of a part of a file. The header of an array counts as floats, too: its characters make finite ones."""
    crc32, finite = 0, True
    for block in blocks(content.size, CACHED_BYTES):
        part = content[block]
        crc32 = zlib.crc32(part.data, crc32)
        if floats:
            finite = finite and bool(np.isfinite(part.view(floats)).all())
    return Sums(crc32, finite)


def _joined(of_file):
    if len(of_file) == 1:
        return of_file[0]
    crc32 = zlib.crc32(np.array([part.crc32 for part in of_file], "<u4").tobytes())
    return Sums(crc32, all(part.finite for part in of_file))
