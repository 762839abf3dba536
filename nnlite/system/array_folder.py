"""Folders of arrays and texts: models, checkpoints, chunks of data. Written whole or not at all, checked when read.

    KIND.json     the format's version, the kind, the writer's header, and the size and the CRC-32 of each other file
    NAME.npy      an array
    NAME.txt      a list of texts, one a line, UTF-8; a line end within a text is written as \\n, a backslash as \\\\

The JSON is an object of at most 64 MiB without NaN, Infinity, repeated names, or numbers that are not finite as float64
or, if they are whole, not below 2^64 in size. "format" is 1 to 5: 1 has no shape of titles, 1 and 2 no secret of the
hash, 1 to 3 no version of the rules what a word is; 5 is of folders with arrays of uint8, all others are written as 4.
"kind" is KIND. "files" gives each other file {"bytes": its size, "crc32": its CRC-32}, whole numbers of at least 0. The
CRC-32 of a file above 16 MiB is that of the CRC-32s of its parts of 16 MiB, each as 4 bytes, the lowest first. A NAME
has 1 to 101 letters, digits or characters of _ . + -, and ends in a letter, a digit or _. No file is a link. Files that
"files" does not name are not read.

An array is a file of NumPy's format 1.0 whose header is as NumPy writes it: float32, float64, int32, int64, the lowest
byte first, or uint8; C order, at most 10 axes, each below 2^48 long; the entries begin at a multiple of 64 bytes and
fill the file. Floats are finite. Text is UTF-8 that may hold lone surrogates, and the last line has an end, too.

The CRC-32 finds damage. Malice cannot execute anything: there is no pickle, the JSON names only files of its own
folder, and the shape of an array must agree with the size of its file.

Files below 16 MiB are copied into memory: what happens to them later does not matter. So are larger arrays of integers
and bytes, unless asked for as mapped. Larger arrays of floats are mapped from the file that was checked, which `write`
never changes. If another program writes into it in place, the array changes; if it cuts the file short, the system ends
the process (SIGBUS) at the next use of what is missing. So copy a new model to another name, and then rename it. Before
Python 3.13 each of these keeps a descriptor open; when half of what a process may have are in use, they are copied.
"""

import json
import math
import os
import re
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.system import array_files, atomic_folder, beside
from nnlite.system.open_folder import OpenFolder, content, size_of
from nnlite.system.paths import checked_path

FORMATS = 1, 2, 3, 4, 5  # that are read
PLAIN, WITH_BYTES = 4, 5  # that are written: without and with arrays of uint8
MAX_JSON = 1 << 26  # bytes
MAX_INTEGER = 1 << 64  # in size, less 1
TRIES = 20  # to read a folder that others replace meanwhile
WAIT = 0.02  # seconds, while another writer has moved it away to replace it

_NAME = re.compile(r"[\w.+-]{0,100}\w\.(npy|txt)", re.ASCII)

Place = str | os.PathLike  # of a folder


def write(folder: Place, kind: str, header: dict[str, Any], arrays: Mapping[str, Any] | None = None,
          texts: Mapping[str, Sequence[str]] | None = None) -> None:
    """Write the folder; an existing one of the same kind is replaced in one step.

    header: a dict that JSON can hold    arrays: name -> array, or `InBlocks`    texts: name -> list of str
    ValueError if something else is in its place, or if `read` would refuse what is to be written. OSError if it cannot
    be written. What was there then stays as it was.
    """
    place = check_place(folder, kind)
    try:
        with atomic_folder.replacing(place) as new:
            _fill(new, place, kind, header, arrays or {}, texts or {})
            _check_replaceable(place, kind)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(error.filename or folder)) from None


def check_place(folder: Place, kind: str) -> Path:
    """The absolute path of a folder that `write` could write now. ValueError or OSError, as there, if it could not."""
    folder = Path(os.path.abspath(checked_path("write", folder)))
    atomic_folder.check_writable(folder)
    _check_replaceable(folder, kind)
    return folder


def _check_replaceable(folder, kind):
    """ValueError if an absolute path is not a new or empty folder, or one of this kind without other files."""
    if (mode := beside.mode_at(folder)) and not stat.S_ISDIR(mode):
        raise ValueError(f"{folder}: want a place for a {kind} folder, got a file or a link")
    with suppress(FileNotFoundError):  # it is new
        _tried(folder, kind, _check_others)


def _check_others(opened, kind):
    there = set(opened.names())
    ours = {f"{kind}.json", *_header(opened, kind)["files"]} if f"{kind}.json" in there else set()
    if not there <= ours:
        raise ValueError(f"{opened.path}: want a new or empty folder, or a {kind} to replace, got one with other "
                         f"files: {', '.join(sorted(there - ours)[:3])}")


def _fill(new, place, kind, header, arrays, texts):
    """Write the files of a folder that exists and is empty, and has its place elsewhere."""
    arrays = {f"{name}.npy": array for name, array in arrays.items()}
    texts = {f"{name}.txt": lines for name, lines in texts.items()}
    for name, array in arrays.items():
        array_files.write_array(new / name, array)
    for name, lines in texts.items():
        (new / name).write_bytes(array_files.text_of(lines))
    files = {}
    with OpenFolder(new) as opened:
        contents = {name: _content(opened, name, "fiu") for name in [*arrays, *texts]}
    _parts(place, contents)
    for name, sums in zip(contents, array_files.sums(list(contents.values()))):
        _check_finite(place / name, sums)
        files[name] = {"bytes": len(contents[name]), "crc32": sums.crc32}
    if not _are_files(files):
        raise ValueError(f"{place}: want names of 1 to 101 letters, digits or _ . + -, got {', '.join(files):.300}")
    try:
        written = _json(kind, header, arrays, files)
        _parsed(written)
    except ValueError as error:
        raise ValueError(f"{place / f'{kind}.json'}: want plain JSON, got: {error}") from None
    if len(written) > MAX_JSON:
        raise ValueError(f"{place / f'{kind}.json'}: want at most {MAX_JSON >> 20} MiB, got more")
    (new / f"{kind}.json").write_bytes(written)


def _json(kind, header, arrays, files):
    number = WITH_BYTES if any(array.dtype == np.uint8 for array in arrays.values()) else PLAIN
    return json.dumps({"format": number, "kind": kind, **header, "files": files}, indent=1, allow_nan=False).encode()


def bytes_at_most(kind: str, header: dict[str, Any], arrays: Mapping[str, np.ndarray],
                  texts: Mapping[str, Sequence[str]]) -> int:
    """The bytes of all files that `write` makes of these, or a few more."""
    sizes = array_files.sizes(arrays, texts)
    files = {name: {"bytes": size, "crc32": (1 << 32) - 1} for name, size in sizes.items()}
    return sum(sizes.values()) + len(_json(kind, header, arrays, files))


def read(folder: Place, kind: str, use: Callable[..., Any] | None = None, mapped: str = "f") -> Any:
    """The header (dict), the arrays and the texts (dicts, of arrays and `Lines`) that `write` put into the folder.

    use: a function of these three, whose result is returned instead. Other threads check the contents meanwhile.
    mapped: the kinds of dtype ("f" floats, "i" integers, "u" uint8) of the arrays that are mapped if they are large
    All is of one `write`, even while others write. FileNotFoundError if there is no folder. ValueError for another kind
    or version, and for a file that is missing, is a link, has another size or content, or is not what its name says.
    """
    header, contents = _tried(folder, kind, partial(_contents, mapped=mapped))
    files = header.pop("files")
    made: list = []  # the result, and the error that prevents it
    sums = array_files.sums(list(contents.values()), lambda: made.extend(_made(folder, header, contents, use)))
    for (name, entry), got in zip(files.items(), sums):
        _compare(Path(folder, name), "CRC-32", entry["crc32"], got.crc32)
    for name, got in zip(files, sums):
        _check_finite(Path(folder, name), got)
    if made[1]:
        raise made.pop()  # without a name, see `ahead`
    return made[0]


def read_header(folder: Place, kind: str) -> dict[str, Any]:
    """The JSON of such a folder, "files" included; no other file is read. Raises as `read`."""
    return _tried(folder, kind, _header)


def _tried(folder, kind, function):
    """function(OpenFolder, kind), tried again if another folder takes its place meanwhile."""
    for attempt in range(TRIES):
        try:
            opened = OpenFolder(folder)
        except (FileNotFoundError, NotADirectoryError):
            if attempt and beside.interrupted(Path(os.path.abspath(folder))):
                time.sleep(WAIT)
            elif attempt > 1:
                break
            continue
        with opened:
            try:
                result = function(opened, kind)
                if opened.is_consistent():
                    return result
            except FileNotFoundError:
                if opened.is_same():
                    break
            except (ValueError, OSError):
                if opened.is_same():
                    raise
    old = beside.interrupted(Path(os.path.abspath(folder)))
    restore = f"; a write was interrupted: 'mv {old} {folder}' restores what was there" if old else ""
    found = f"no {kind}.json in it" if os.path.isdir(folder) else "no such folder"
    raise FileNotFoundError(f"{folder}: want a {kind} folder, found {found}{restore}")


def _header(opened, kind):
    """The JSON of an OpenFolder, "files" included."""
    path = opened.path / f"{kind}.json"
    if path.name not in opened.names():
        raise FileNotFoundError(path)
    with opened.open(path.name) as file:
        size = size_of(file)
        if size > MAX_JSON:
            raise ValueError(f"{path}: want a file of at most {MAX_JSON >> 20} MiB, got a larger one")
        text = content(file, size, mapped=False).tobytes()
    try:
        header = _parsed(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: damaged: want JSON, got: {error}") from None
    if not isinstance(header, dict) or header.get("kind") != kind or not _are_files(header.get("files")):
        raise ValueError(f"{path}: want the JSON of a {kind}, got something else")
    if type(header.get("format")) is not int or header["format"] not in FORMATS:
        raise ValueError(f"{path}: want format {' or '.join(map(str, FORMATS))}, got {header.get('format')!r:.40}: "
                         "another version wrote it")
    return header


def _parsed(text):
    """The JSON in some bytes. ValueError if it is not plain, as the format says above."""
    return json.loads(text.decode(), parse_int=_integer, parse_float=_finite, parse_constant=_finite,
                      object_pairs_hook=_object)


def _integer(text):
    if len(text) > 21 or abs(int(text)) >= MAX_INTEGER:
        raise ValueError(f"a whole number of 2^64 or more: {text:.40}")
    return int(text)


def _finite(text):
    if not math.isfinite(float(text)):
        raise ValueError(f"a number that is not finite: {text:.40}")
    return float(text)


def _object(pairs):
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a name twice in an object")
    return entries


def _are_files(files):
    """Whether this is the "files" of a header: plain names, sizes and checksums."""
    return isinstance(files, dict) and all(
        _NAME.fullmatch(name) and isinstance(entry, dict) and entry.keys() == {"bytes", "crc32"}
        and all(type(value) is int and value >= 0 for value in entry.values()) for name, entry in files.items())


def _contents(opened, kind, mapped):
    """The header, and the content of each of its files, uint8 (n,)."""
    header = _header(opened, kind)
    return header, {name: _content(opened, name, mapped, entry["bytes"]) for name, entry in header["files"].items()}


def _content(opened, name, mapped, size=None):
    """The content of a file of an OpenFolder, which must have this size."""
    path = opened.path / name
    with opened.open(name) as file:
        got = size_of(file)
        if size is not None:
            _compare(path, "bytes", size, got)
        return content(file, got, path.suffix == ".npy" and array_files.kind_of(file) in mapped)


def _compare(path, what, want, got):
    if want != got:
        raise ValueError(f"{path}: damaged: want {what} {want}, got {got}")


def _check_finite(path, sums):
    if not sums.finite:
        raise ValueError(f"{path}: want finite numbers, got NaN or infinite ones")


def _made(folder, header, contents, use):
    """What `read` returns, and the error that prevents it: if a file is damaged, its checksum says so more clearly."""
    try:
        arrays, texts = _parts(folder, contents)
        if header["format"] < WITH_BYTES and any(array.dtype == np.uint8 for array in arrays.values()):
            raise ValueError(f"{Path(folder, header['kind'])}.json: want format 5 with uint8, got {header['format']}")
        return use(header, arrays, texts) if use else (header, arrays, texts), None
    except Exception as error:
        return None, error


def _parts(folder, contents):
    """The arrays and the texts in the contents of files, by name."""
    arrays, texts = {}, {}
    for name, bytes_of in contents.items():
        path = Path(folder, name)
        try:
            if path.suffix == ".npy":
                arrays[path.stem] = array_files.array_of(bytes_of)
            else:
                texts[path.stem] = array_files.lines_of(bytes_of)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    return arrays, texts
