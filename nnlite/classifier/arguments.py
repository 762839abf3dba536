"""Checks of the titles and categories that are passed to a classifier."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from os import PathLike
from typing import Any

from nnlite.data.cleaning import clean
from nnlite.data.holdout import HeldOut
from nnlite.data.records import Record, RecordReader, given, make_options, read_records

Titles = Iterable[str]
CategoryLists = Iterable[Iterable[str]]  # the categories of each title
Validation = tuple[Titles, CategoryLists] | None


def texts(where: str, titles: Titles) -> list[str]:
    """The titles, cleaned. TypeError for one str, or for a list that holds anything but str.

    where: the name of the method, for the error
    """
    if isinstance(titles, (str, bytes)):
        raise TypeError(f"{where}: titles: want a list of str, got one {type(titles).__name__}")
    titles = list(titles)
    for i, title in enumerate(titles):
        if not isinstance(title, str):
            raise TypeError(f"{where}: titles[{i}]: want a str, got {type(title).__name__}")
    return list(map(clean, titles))


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


def checked_records(where: str, titles: Titles, categories: CategoryLists) -> list[Record]:
    """A Record of each title and its categories. TypeError as `texts`; ValueError if the numbers of both differ."""
    titles, wanted = texts(where, titles), "a collection of str, such as a tuple"
    if isinstance(categories, (str, bytes)):
        raise TypeError(f"{where}: categories: want for each title {wanted}, got one {type(categories).__name__}")
    categories = list(categories)
    if len(titles) != len(categories):
        raise ValueError(f"{where}: want as many categories as titles, {len(titles)}, got {len(categories)}")
    records = []
    for i, (title, names) in enumerate(zip(titles, categories)):
        if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
            raise TypeError(f"{where}: categories[{i}]: want {wanted}, got {type(names).__name__}")
        records.append(Record(title, tuple(names)))
        if odd := [type(name).__name__ for name in records[i].categories if not isinstance(name, str)]:
            raise TypeError(f"{where}: categories[{i}]: want {wanted}, got one of {odd[0]}")
    return records
