"""Folders of arrays and texts: models, checkpoints, chunks of data. Written whole or not at all, checked when read.

    kind.json     the format's version, the writer's header, and the size and the CRC-32 of each file
    NAME.npy      an array, which the reader maps into memory instead of copying it
    NAME.txt      a list of texts, one a line, UTF-8; a line end within a text is written as \\n, a backslash as \\\\

The CRC-32 finds damage. Malice cannot execute anything: there is no pickle, the JSON names only files of its own
folder, and the shape of an array must agree with the size of its file.
"""

import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.system import atomic_folder
from nnlite.system.threads import blocks, team

FORMATS = 1, 2, 3  # that are read; the last is written. 1 had no shape of titles, 1 and 2 no secret of a hash
TYPES = {b"<f4": "float32", b"<f8": "float64", b"<i4": "int32", b"<i8": "int64"}
CRC_BYTES = 1 << 24  # of a file, whose CRC-32 one thread computes at a time
MAX_JSON = 1 << 26  # bytes

_NAME = re.compile(r"[\w.+-]{0,100}\w\.(npy|txt)")
_HEADER = re.compile(  # of an array as NumPy's format 1.0 writes it; no other format is read
    rb"\x93NUMPY\x01\0(..)"
    rb"\{'descr': '(<[fi][48])', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,20}(?:, \d{1,20}){0,9},?)?)\), \} *\n", re.DOTALL)
_UNESCAPED = {r"\\": "\\", r"\n": "\n"}

Place = str | os.PathLike  # of a folder


def write(folder: Place, kind: str, header: dict[str, Any], arrays: Mapping[str, np.ndarray] | None = None,
          texts: Mapping[str, Sequence[str]] | None = None) -> None:
    """Write the folder; an existing one of the same kind is replaced in one step.

    header: a dict that JSON can hold    arrays: name -> array    texts: name -> list of str
    ValueError if something else is in its place, OSError if it cannot be written; what was there then stays as it was.
    """
    try:
        with atomic_folder.replacing(check_place(folder, kind)) as new:
            _fill(new, kind, header, arrays or {}, texts or {})
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(error.filename or folder)) from None


def check_place(folder: Place, kind: str) -> Path:
    """The absolute path of a folder that `write` could write now. ValueError or OSError, as there, if it could not."""
    folder = Path(os.path.abspath(folder))
    if folder.is_symlink() or folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: want a place for a {kind} folder, got a file or a link")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    ours = {f"{kind}.json", *read_header(folder, kind)["files"]} if f"{kind}.json" in there else set()
    if not there <= ours:
        raise ValueError(f"{folder}: want a new or empty folder, or a {kind} to replace, got one with other files: "
                         f"{', '.join(sorted(there - ours)[:3])}")
    atomic_folder.check_writable(folder)
    return folder


def _fill(new, kind, header, arrays, texts):
    """Write the files of a folder that exists and is empty."""
    arrays = {new / f"{name}.npy": np.ascontiguousarray(array) for name, array in arrays.items()}
    texts = {new / f"{name}.txt": lines for name, lines in texts.items()}
    for path, array in arrays.items():
        with open(path, "wb") as file:
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
            file.write(array.reshape(-1).view(np.uint8))  # unlike tofile, its error says what is wrong
    for path, lines in texts.items():
        text = "".join(line.replace("\\", r"\\").replace("\n", r"\n") + "\n" for line in lines)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    paths = [*arrays, *texts]
    files = {path.name: {"bytes": path.stat().st_size, "crc32": crc32} for path, crc32 in zip(paths, checksums(paths))}
    content = {"format": FORMATS[-1], "kind": kind, **header, "files": files}
    (new / f"{kind}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def read(folder: Place, kind: str, use: Callable[..., Any] | None = None) -> Any:
    """The header (dict), the arrays and the texts (dicts, of `np.memmap` and `Lines`) that `write` put into the folder.

    use: a function of these three, whose result is returned instead. Other threads check the contents meanwhile.
    FileNotFoundError if there is no folder. ValueError for another kind or version, and for a file that is missing, is
    a link, has another size or content, or is not what its name says.
    """
    header = read_header(folder, kind)
    files = {Path(folder) / name: entry for name, entry in header.pop("files").items()}
    for path, entry in files.items():
        if path.is_symlink() or not path.is_file():
            raise ValueError(f"{path}: want a file, got {'a link' if path.is_symlink() else 'none'}")
        _compare(path, "bytes", entry["bytes"], path.stat().st_size)
    opened: list = []
    for (path, entry), crc32 in zip(files.items(), checksums(files, lambda: opened.extend(_open(header, files, use)))):
        _compare(path, "CRC-32", entry["crc32"], crc32)
    content, error = opened
    if error:
        raise error
    return content


def _open(header, paths, use):
    """What `read` returns, and the error that prevents it: if a file is damaged, its checksum says so more clearly."""
    try:
        arrays = {path.stem: _mapped(path) for path in paths if path.suffix == ".npy"}
        texts = {path.stem: _lines(path) for path in paths if path.suffix == ".txt"}
        return use(header, arrays, texts) if use else (header, arrays, texts), None
    except Exception as error:
        return None, error


def _compare(path, what, want, got):
    if want != got:
        raise ValueError(f"{path}: damaged: want {what} {want}, got {got}")


def read_header(folder: Place, kind: str) -> dict[str, Any]:
    """The JSON of such a folder, "files" included; no other file is read. Raises as `read`."""
    path = Path(folder) / f"{kind}.json"
    if not path.is_file():
        raise FileNotFoundError(f"{folder}: want a {kind} folder, found no {path.name} in it")
    if path.is_symlink() or path.stat().st_size > MAX_JSON:
        raise ValueError(f"{path}: want a file of at most {MAX_JSON >> 20} MiB, got a "
                         f"{'link' if path.is_symlink() else 'larger one'}")
    try:
        header = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: damaged: want JSON, got: {error}") from None
    if not isinstance(header, dict) or header.get("kind") != kind or not _are_files(header.get("files")):
        raise ValueError(f"{path}: want the JSON of a {kind}, got something else")
    if header.get("format") not in FORMATS:
        raise ValueError(f"{path}: want format {' or '.join(map(str, FORMATS))}, got {header.get('format')!r:.40}: "
                         "another version wrote it")
    return header


def _are_files(files):
    """Whether this is the "files" of a header: plain names, sizes and checksums."""
    return isinstance(files, dict) and all(
        _NAME.fullmatch(name) and isinstance(entry, dict) and {type(entry.get(k)) for k in ("bytes", "crc32")} == {int}
        for name, entry in files.items())


def _mapped(path):
    """The array, mapped copy-on-write: changes stay in this process. An empty array, which cannot be mapped, is new.

    A read-only map would make Numba compile every kernel that reads it once more.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        header = _HEADER.match(file.read(1 << 10))
    if not header or int.from_bytes(header[1], "little") != header.end() - 10:
        raise ValueError(f"{path}: want a C-contiguous array of {', '.join(TYPES.values())}, got something else")
    dtype, shape = np.dtype(TYPES[header[2]]), tuple(int(n) for n in header[3].split(b",") if n)
    if max(shape, default=0) >= 1 << 48 or header.end() + prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{path}: want the bytes of an array {str(shape):.60}, got {size - header.end():,} bytes")
    return np.memmap(path, dtype, "c", header.end(), shape) if 0 not in shape else np.empty(shape, dtype)


def _lines(path):
    try:
        text = path.read_bytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: want UTF-8, got: {error}") from None
    if text and text[-1] != "\n":
        raise ValueError(f"{path}: want a line end at the end, got none")
    return Lines(text)


class Lines(Sequence):
    """The lines of a text file, split when one is first asked for: a million take 0.1 s, and few readers need them."""

    def __init__(self, text: str):
        self._text, self._n = text, text.count("\n")

    def __len__(self):
        return self._n

    def __getitem__(self, i):
        return self._split[i]

    @cached_property
    def _split(self):
        lines = self._text.split("\n")[:-1]
        if "\\" not in self._text:
            return lines
        return [re.sub(r"\\[\\n]", lambda m: _UNESCAPED[m[0]], line) for line in lines]


def checksums(paths: Iterable[Path], meanwhile: Callable[[], None] = lambda: None) -> list[int]:
    """The CRC-32 of each file, or of its parts' above CRC_BYTES, on all cores, one of which first calls meanwhile."""
    contents = [np.memmap(path, np.uint8, "r") if os.path.getsize(path) else np.empty(0, np.uint8) for path in paths]
    parts = [[content[part].data for part in blocks(content.size, CRC_BYTES)] for content in contents]
    jobs: list[Callable[[], Any]] = [partial(zlib.crc32, part) for of_file in parts for part in of_file]
    done = iter(team().call([meanwhile, *jobs])[1:])
    sums = [[next(done) for _ in of_file] for of_file in parts]
    return [of_file[0] if len(of_file) == 1 else zlib.crc32(np.array(of_file, "<u4").tobytes()) for of_file in sums]
