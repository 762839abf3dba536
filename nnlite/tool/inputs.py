"""The files and models that a command is to read, looked at before its work; an error says what to type instead."""

import errno
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from difflib import get_close_matches
from glob import glob, has_magic
from pathlib import Path
from typing import Any

from nnlite.classifier import model_folder
from nnlite.data.files.kinds import JSON_ENDINGS, TABLE_ENDINGS
from nnlite.tool.printing import say

ENDINGS = (*JSON_ENDINGS, *TABLE_ENDINGS, ".xml", ".xlsx", ".parquet")  # of product files
PACKED = (".gz", ".bz2", ".xz")
PATTERNS = "data", "validation"  # arguments that may be patterns of names
LISTED = 3  # names in a message
ALIKE = 0.75  # of two names, by `difflib`, where one may be the other misspelt


def check(args: Namespace) -> None:
    """Replace patterns, such as *.csv, among the product files of a command by the files that match, and look at all.

    FileNotFoundError for a missing file, IsADirectoryError for a folder, ValueError for standard input that is closed.
    Where something else is in the place of a model, and it can be said what to type, that is the error.
    """
    for name in PATTERNS:
        if isinstance(given := getattr(args, name, None), list):
            setattr(args, name, [path for pattern in given for path in _matching(pattern)])
    if getattr(args, "uses_model", False):
        _check_model(args.model, [*_given(args, "data"), *_given(args, "titles"), *_given(args, "title")])
    if getattr(args, "base", None):
        _check_model(args.base, [])
    for name in (*PATTERNS, "file", "mapping"):
        for path in _given(args, name):
            _check_file(path)


def _given(args: Namespace, name: str) -> list[Any]:
    """The values of an argument, however many it has."""
    value = getattr(args, name, None)
    return value if isinstance(value, list) else [] if value is None else [value]


def _check_model(folder: Path, others: list[str | Path]) -> None:
    """others: the other words of the command, one of which may be the model."""
    if is_model(folder):
        return
    if found := next((other for other in others if is_model(Path(other))), None):
        raise ValueError(f"{folder}: found no model.json, but {found} holds a model: type {found} first")
    if folder.is_file():
        raise ValueError(f"{folder}: a file, found no model.json in it: want the folder of a model first")
    if folder.parent.is_dir() and (models := [path for path in sorted(folder.parent.iterdir()) if is_model(path)]):
        what = "no model.json in it" if folder.is_dir() else "no such folder"
        raise FileNotFoundError(f"{folder}: found {what}; there are models in {_some(models)}")


def check_title(title: str) -> None:
    """ValueError for a title that is the name of a product file."""
    if is_product_file(Path(title)):
        raise ValueError(f"{title}: a file, want a title: type --data {title} to predict the rows of a file")


def is_model(folder: Path) -> bool:
    """Whether a folder seems to hold a model."""
    return _true(os.path.isfile, folder / f"{model_folder.KIND}.json")


def is_product_file(path: Path) -> bool:
    """Whether there is a file whose name ends as those of product files do."""
    endings = [ending.lower() for ending in path.suffixes if ending.lower() not in PACKED]
    return bool(endings) and endings[-1] in ENDINGS and _true(os.path.isfile, path)


def _true(test, path):
    """False too for what cannot be the name of a file."""
    try:
        return test(path)
    except ValueError:
        return False


def _matching(path: Path) -> Iterator[Path]:
    """The files that a pattern matches, sorted, as a shell gives them unless they are quoted or there are none."""
    if not has_magic(str(path)) or os.path.lexists(path):
        yield path
    elif found := sorted(glob(str(path))):
        yield from map(Path, found)
    else:
        raise FileNotFoundError(f"{path}: No such file, and no file matches")


def _check_file(path: Path) -> None:
    if str(path) == "-":
        if not sys.stdin:
            raise ValueError("-: standard input is closed, want a file")
        if sys.stdin.isatty():
            say("reading products from standard input; Ctrl-D ends")
    elif path.is_dir():
        what = "a model, want a file of products" if is_model(path) else "a directory, want a file of products"
        files = [] if is_model(path) else [found for found in sorted(path.iterdir()) if is_product_file(found)]
        raise IsADirectoryError(errno.EISDIR, what + f": type {_some(files)}" * bool(files), str(path))
    elif not os.path.lexists(path):
        names = [found.name for found in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, names, 1, ALIKE)
        more = f": did you mean {path.parent / near[0]}?" if near else ""
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT) + more, str(path))


def _some(paths):
    return " ".join(map(str, paths[:LISTED])) + " ..." * (len(paths) > LISTED)
