"""Folders of arrays and texts: models, checkpoints, chunks of data. Written whole or not at all, checked when read.

    kind.json     the format's version, what the writer wants to remember, and each file's size and CRC-32
    NAME.npy      an array, which the reader maps into memory instead of copying it
    NAME.txt      a list of texts, one a line, UTF-8; a line end within a text is written as \\n, a backslash as \\\\

The CRC-32 finds damage, not malice; against malice nothing here can execute: no pickle, no path from the JSON is
followed, no shape is believed that the file does not hold.
"""

import ctypes
import json
import os
import re
import shutil
import zlib
from collections.abc import Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from glob import escape
from math import prod
from pathlib import Path

import numpy as np

from nnlite.system.threads import blocks, team

FORMATS = 1, 2  # that are read, of which the last is written: 1 knew no shape of titles
TYPES = {b"<f4": "float32", b"<f8": "float64", b"<i4": "int32", b"<i8": "int64"}
PIECE = 1 << 24  # bytes whose CRC-32 one thread computes at a time
MAX_JSON = 1 << 26  # bytes

_NAME = re.compile(r"[\w.+-]{0,100}\w\.(npy|txt)")
_HEADER = re.compile(  # of an array as NumPy's format 1.0 writes it: no other needs to be parsed
    rb"\x93NUMPY\x01\0(..)"
    rb"\{'descr': '(<[fi][48])', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,20}(?:, \d{1,20}){0,9},?)?)\), \} *\n", re.DOTALL)
_UNESCAPED = {r"\\": "\\", r"\n": "\n"}


def write(folder, kind, header, arrays=None, texts=None):
    """Write the folder; one of the same kind that is there already is replaced by a single rename.

    header: a dict that JSON can hold    arrays: name -> array    texts: name -> list of str
    ValueError if something else lies there, OSError if it cannot be written: what was there is then as before.
    """
    try:
        with replacing_folder(folder, kind) as new:
            _fill(new, kind, header, arrays or {}, texts or {})
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(error.filename or folder)) from None


def _fill(new, kind, header, arrays, texts):
    files = {}
    for name, array in arrays.items():
        array = np.ascontiguousarray(array)
        with open(new / f"{name}.npy", "wb") as file:
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
            file.write(array.reshape(-1).view(np.uint8))  # unlike tofile, it says why it cannot
        files[f"{name}.npy"] = None
    for name, lines in texts.items():
        text = "".join(line.replace("\\", r"\\").replace("\n", r"\n") + "\n" for line in lines)
        (new / f"{name}.txt").write_bytes(text.encode("utf-8", "surrogatepass"))
        files[f"{name}.txt"] = None
    for name, crc32 in zip(files, checksums([new / name for name in files])):
        files[name] = {"bytes": (new / name).stat().st_size, "crc32": crc32}
    content = {"format": FORMATS[-1], "kind": kind, **header, "files": files}
    (new / f"{kind}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def read(folder, kind, use=None):
    """The header, the arrays and the texts (as `Lines`) that `write` has put into the folder.

    Arrays are mapped into memory. use: a function of these three whose result is returned in their place. It is called
    while other threads still check the contents, and what it returns or raises counts only if they are sound.
    FileNotFoundError if there is none. ValueError for another kind or version, and for any file that is missing, of
    another size or content, a link, or not what its name says.
    """
    header = read_header(folder, kind)
    files = {Path(folder) / name: entry for name, entry in header.pop("files").items()}
    for path, entry in files.items():
        if path.is_symlink() or not path.is_file():
            raise ValueError(f"{path}: want a file, got {'a link' if path.is_symlink() else 'none'}")
        _compare(path, "bytes", entry["bytes"], path.stat().st_size)
    outcome = []

    def open_files():
        try:
            arrays = {path.stem: _mapped(path) for path in files if path.suffix == ".npy"}
            texts = {path.stem: _lines(path) for path in files if path.suffix == ".txt"}
            outcome[:] = use(header, arrays, texts) if use else (header, arrays, texts), None
        except Exception as error:  # perhaps because of damage, which the sums tell better
            outcome[:] = None, error

    for (path, entry), crc32 in zip(files.items(), checksums(files, meanwhile=open_files)):
        _compare(path, "CRC-32", entry["crc32"], crc32)
    content, error = outcome
    if error:
        raise error
    return content


def _compare(path, what, want, got):
    if want != got:
        raise ValueError(f"{path}: damaged: want {what} {want}, got {got}")


def read_header(folder, kind):
    """The JSON of such a folder, "files" included; no other file is looked at. Raises as `read`."""
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
    """Whether this is the "files" of a header: plain names, sizes and sums."""
    return isinstance(files, dict) and all(
        _NAME.fullmatch(name) and isinstance(entry, dict) and {type(entry.get(k)) for k in ("bytes", "crc32")} == {int}
        for name, entry in files.items())


def _mapped(path):
    """The array; what is written to it stays in this process. An empty one is no map, which the system does not make.

    It could be read-only, but then Numba would compile every kernel that reads it once more.
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
    """The lines of a text file, taken apart when one is first asked for: a million take 0.1 s, and few need them."""

    def __init__(self, text):
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


def checksums(paths, meanwhile=None):
    """Of each file the CRC-32 of its content, or for more than PIECE bytes of its pieces' CRC-32s; on all cores.

    meanwhile: a function that one of the threads calls first.
    """
    contents = [np.memmap(path, np.uint8, "r") if os.path.getsize(path) else np.empty(0, np.uint8) for path in paths]
    pieces = [content[part] for content in contents for part in blocks(content.size, PIECE)]
    calls = [meanwhile] * bool(meanwhile) + [partial(zlib.crc32, piece) for piece in pieces]
    done = iter(team().run(lambda call: call(), calls)[bool(meanwhile):])
    sums = [[next(done) for _ in blocks(content.size, PIECE)] for content in contents]
    return [of_pieces[0] if len(of_pieces) == 1 else zlib.crc32(np.array(of_pieces, "<u4")) for of_pieces in sums]


@contextmanager
def replacing_folder(folder, kind):
    """A new folder beside `folder`, which takes its place at the end: a crash leaves the old one or the new one.

    ValueError if in that place there is anything else than an empty folder or one that `write` has made.
    """
    folder = check_place(folder, kind)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{os.getpid()}")
    new.mkdir()
    try:
        yield new
        for path in [*new.iterdir(), new]:
            _sync(path)
        _swap(new, folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # what was there before, or what was not finished


def check_place(folder, kind):
    """The absolute path of a folder that `write` could write now. ValueError or OSError, as there, if it could not."""
    folder = Path(os.path.abspath(folder))
    if folder.is_symlink() or folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: want a place for a {kind} folder, got a file or a link")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if there:
        ours = {f"{kind}.json", *read_header(folder, kind)["files"]} if f"{kind}.json" in there else set()
        if not there <= ours:
            raise ValueError(f"{folder}: want a new or empty folder, or a {kind} to replace, got one with other files: "
                             f"{', '.join(sorted(there - ours)[:3])}")
    _remove_remains(folder)
    above = next(parent for parent in folder.parents if parent.exists())
    trial = above / f".{folder.name}.{os.getpid()}"
    try:
        trial.mkdir(exist_ok=True)
        trial.rmdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(above)) from None
    return folder


def _remove_remains(folder):
    """Remove what processes have left that were killed while they wrote this folder."""
    for path in folder.parent.glob(f".{escape(folder.name)}.*"):
        if path.suffix[1:].isdecimal() and not _is_other_process(int(path.suffix[1:])):
            shutil.rmtree(path, ignore_errors=True)


def _is_other_process(number):
    """Whether there may be such a process, and it is not this one: in a container all may have the same number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return number != os.getpid()


def _swap(new, folder):
    """Put the folder `new` in the place of `folder`, which may exist."""
    if not folder.exists():
        os.rename(new, folder)
    elif not _exchange(new, folder):
        old = folder.with_name(f".{folder.name}.old")
        os.rename(folder, old)  # where the system cannot exchange two folders, a crash just here leaves .NAME.old
        os.rename(new, folder)
        os.rename(old, new)


def _exchange(a, b):
    """Whether the system has exchanged two folders in one move: Linux's renameat2 with RENAME_EXCHANGE."""
    at_cwd, rename_exchange = -100, 2
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    return bool(renameat2) and renameat2(at_cwd, os.fsencode(a), at_cwd, os.fsencode(b), rename_exchange) == 0


def _sync(path):
    """Have the system write a file or a folder's entries to disk now."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
