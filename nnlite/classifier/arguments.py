"""Checks of the titles and categories that are passed to a classifier: lists, arrays, columns of pandas and Polars."""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from os import PathLike
from typing import Any

import numpy as np

from nnlite.classifier.forms import Form, names_of
from nnlite.data.cleaning import clean
from nnlite.data.holdout import HeldOut
from nnlite.data.records import Record, RecordReader, given, make_options, read_records

Titles = Iterable[str]
CategoryLists = Iterable[Any]  # the categories of each title, in a form that `forms` lists
Validation = tuple[Titles, CategoryLists] | None

_log = logging.getLogger("nnlite")


def texts(where: str, titles: Titles) -> list[str]:
    """The titles, cleaned: a list, an array, a column of a table, or a table with one column.

    where: the name of the method, for the error
    A missing title (None, NaN, NA) is an empty one; how many there are is said on the logger "nnlite". TypeError for
    one str, for what has no order, for a table with more columns, and for a title that is not a str.
    """
    found, n_missing = _column(where, titles), 0
    for i, title in enumerate(found):
        if not isinstance(title, str):
            if not _is_missing(title):
                raise TypeError(f"{where}: titles[{i}]: want a str, got {type(title).__name__}")
            found[i] = ""
            n_missing += 1
    if n_missing:
        _log.warning("%s", f"{where}: {n_missing:,} of {len(found):,} titles are missing and count as empty ones")
    return list(map(clean, found))


def _column(where, titles):
    """The titles as a new list."""
    if isinstance(titles, (str, bytes)):
        raise TypeError(f"{where}: titles: want a list of str, got one {type(titles).__name__}")
    if hasattr(titles, "__array__") and not hasattr(titles, "__iter__"):
        titles = np.asarray(titles)
    shape: tuple[int, ...] = getattr(titles, "shape", (0,))
    if isinstance(titles, (set, frozenset, dict)) or not hasattr(titles, "__iter__") or len(shape) not in (1, 2):
        raise TypeError(f"{where}: titles: want a list of str, got {type(titles).__name__}")
    if len(shape) == 2:
        if shape[1] != 1:
            raise TypeError(f"{where}: titles: want one column, got {shape[1]}: choose one, such as table['title']")
        titles = titles[titles.columns[0]] if hasattr(titles, "columns") else np.ravel(titles)
    return list(titles)


def _is_missing(title):
    """Whether a title is None, NaN, or pandas' NA or NaT."""
    return title is None or isinstance(title, float) and title != title or type(title).__name__ in ("NAType", "NaTType")


def rereader(where: str, paths: Sequence[str | PathLike], reading: dict[str, Any], left_out: HeldOut | None = None,
             ) -> tuple[Callable[[], RecordReader], dict[str, Any]]:
    """(a function that reads the files once more, the options of `read_records` that are not the default).

    left_out: which records are not read
    ValueError for standard input, which can be read once only; TypeError or ValueError for invalid options.
    """
    if "-" in map(str, paths):
        raise ValueError(f"{where}: want files, which are read twice, got standard input")
    options = given(make_options(**reading))
    if left_out is None:
        return partial(read_records, paths, **reading), options
    return lambda: read_records(paths, **reading).only(left_out.rest), options


def checked_records(where: str, titles: Titles, categories: CategoryLists, columns: Sequence[str] | None = None,
                    ) -> list[Record]:
    """A Record of each title and its categories, as `labelled`, which also finds the form of the categories."""
    return labelled(where, titles, categories, columns=columns)[0]


def labelled(where: str, titles: Titles, categories: CategoryLists, classes: Sequence | None = None,
             columns: Sequence[str] | None = None) -> tuple[list[Record], Form]:
    """A Record of each title and its categories, and the form of the categories.

    classes, columns: as in `forms.names_of`
    Raises as `texts` and `names_of`; ValueError if the numbers of titles and of categories differ.
    """
    titles = texts(where, titles)
    names, form = names_of(where, categories, classes, columns)
    if len(titles) != len(names):
        raise ValueError(f"{where}: want as many categories as titles, {len(titles)}, got {len(names)}")
    return list(map(Record, titles, names)), form


def checked_validation(where: str, validation: Validation, columns: Sequence[str] | None = None,
                       ) -> list[Record] | None:
    """The records of a pair of titles and categories, None for none. TypeError for anything else, or as `labelled`."""
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(f"{where}: validation: want a pair (titles, categories), got {type(validation).__name__}")
    return checked_records(f"{where}: validation", *validation, columns)
