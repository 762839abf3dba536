"""The forms in which categories are given; `predict` answers in the form that `fit` was given.

    lists      a collection of str for each title: any number of categories
    texts      a str for each title: one category
    numbers    a whole number for each title: one category, as scikit-learn's LabelEncoder makes them
    matrix     ones and zeros, a column for each category, as MultiLabelBinarizer and get_dummies make them, or as lists
    sparse     the same as a scipy.sparse matrix
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

KINDS = "lists", "texts", "numbers", "matrix", "sparse"
WANTED = "a collection of str, such as a tuple"
NUMBER = int, np.integer, np.bool_  # bool is an int
_NUMBER = re.compile("0|-?[1-9][0-9]{0,17}")
_WANTED_NUMBERS = "whole numbers of at most 18 digits"

Names = list[tuple[str, ...]]  # the categories of each title


class Form(NamedTuple):
    """A form of categories, one of KINDS; columns: the names of a matrix's columns."""

    kind: str = "lists"
    columns: tuple[str, ...] = ()

    def check(self, labels: Sequence[str]) -> None:
        """ValueError if some of the labels that a network has cannot be given in this form."""
        if self.kind == "numbers" and (odd := [label for label in labels if not _NUMBER.fullmatch(label)]):
            if re.fullmatch("-?[0-9]+", odd[0]):
                raise ValueError(f"categories: want {_WANTED_NUMBERS}, got {odd[0]:.40}: give them as texts")
            raise ValueError(f"categories: want numbers that no mapping changes into names, got {odd[0]!r:.40}")
        if self.is_matrix and (others := set(labels) - set(self.columns)):
            raise ValueError(f"categories: want a column for each category that is learnt, got none for "
                             f"{', '.join(sorted(others)[:3])}: give names instead of a matrix")

    @property
    def is_matrix(self) -> bool:
        """Whether it has a column for each category."""
        return self.kind in ("matrix", "sparse")

    @property
    def is_single(self) -> bool:
        """Whether a title has exactly one category."""
        return self.kind in ("texts", "numbers")

    def classes(self, labels: list[str]) -> list[str] | np.ndarray:
        """All categories in this form: labels as they are, a matrix's columns, or a rising array of the single ones."""
        if self.kind == "lists":
            return labels
        if self.kind == "numbers":
            return np.array(sorted(map(int, labels)))
        return np.array(self.columns if self.is_matrix else sorted(labels), object)

    def places(self, labels: list[str]) -> np.ndarray:
        """The place of each label in `classes`."""
        if self.kind == "lists":
            return np.arange(len(labels))
        place = {str(name): i for i, name in enumerate(self.classes(labels))}
        return np.array([place[label] for label in labels])


def names_of(where: str, categories: Any, classes: Sequence | None = None,
             columns: Sequence[str] | None = None) -> tuple[Names, Form]:
    """The names of the categories of each title, and the form in which they are given.

    classes: the names of the columns of a matrix; by default those of a table, else `columns`, else their numbers
    A table with one column that does not hold numbers is that column. TypeError or ValueError for what has no form.
    """
    if isinstance(categories, (str, bytes)):
        raise TypeError(f"{where}: categories: want for each title {WANTED}, got one {type(categories).__name__}")
    if hasattr(categories, "__array__") and not hasattr(categories, "__iter__"):
        categories = np.asarray(categories)
    if isinstance(categories, (set, frozenset, dict)) or not hasattr(categories, "__iter__"):
        raise TypeError(f"{where}: categories: want a list with, for each title, {WANTED}, got "
                        f"{type(categories).__name__}")
    if hasattr(categories, "columns") and len(getattr(categories, "shape", ())) == 2:
        table, names = categories, list(categories.columns)
        categories = np.asarray(table)
        if len(names) > 1 and categories.dtype == object and all(isinstance(one, NUMBER) for one in categories.flat):
            categories = categories.astype(int)  # columns of a type with missing values, without any
        if categories.dtype.kind not in "biuf":
            if len(names) != 1:
                raise TypeError(f"{where}: categories: want one column, or columns of 0 and 1, got {len(names)} with "
                                "others: choose one, such as table['category']")
            categories = table[names[0]]
        else:
            columns = names
    if sp.issparse(categories) or isinstance(categories, np.ndarray) and categories.ndim == 2 \
            and categories.dtype.kind in "biuf":
        return _from_matrix(where, categories, columns if classes is None else classes)
    found = list(categories)
    if found and all(map(_is_row, found)) and len(set(map(len, found))) == 1:
        return _from_matrix(where, np.array(found), columns if classes is None else classes)
    if classes is not None:
        raise TypeError(f"{where}: classes: want them only with a matrix of 0 and 1, got names of categories")
    if found and isinstance(found[0], str):
        return _from_texts(where, found), Form("texts")
    if found and isinstance(found[0], NUMBER):
        return _from_numbers(where, found), Form("numbers")
    return _from_lists(where, found), Form("lists")


def _is_row(given):
    """Whether it is a row of a matrix of 0 and 1 that is given as a list of lists."""
    return isinstance(given, (list, tuple, np.ndarray)) and len(given) > 0 and isinstance(given[0], NUMBER)


def _from_lists(where, found):
    rows = []
    for i, names in enumerate(found):
        if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
            raise TypeError(f"{where}: categories[{i}]: want {WANTED}, got {type(names).__name__}")
        rows.append(tuple(names))
        if odd := [type(name).__name__ for name in rows[i] if not isinstance(name, str)]:
            raise TypeError(f"{where}: categories[{i}]: want {WANTED}, got one of {odd[0]}")
    return rows


def _from_texts(where, found):
    for i, name in enumerate(found):
        if not isinstance(name, str):
            raise TypeError(f"{where}: categories[{i}]: want a str, as categories[0] is, got {type(name).__name__}")
        if name.startswith(("['", '["')) and name.endswith(("']", '"]')):
            raise ValueError(f"{where}: categories[{i}]: want {WANTED}, got a text that shows a list: read it with "
                             "ast.literal_eval")
    return [(str(name),) for name in found]


def _from_numbers(where, found):
    for i, number in enumerate(found):
        if not isinstance(number, NUMBER):
            raise TypeError(f"{where}: categories[{i}]: want a whole number, as categories[0] is, got "
                            f"{type(number).__name__}")
        if (n_bits := int(number).bit_length()) > 64:  # it may have too many digits to be written
            raise ValueError(f"{where}: categories[{i}]: want {_WANTED_NUMBERS}, got one of {n_bits:,} bits: give them "
                             "as texts")
    return [(str(int(number)),) for number in found]


def _from_matrix(where, given, names):
    """The names of the columns that are 1 in each row, and the form of the matrix."""
    matrix = sp.csr_array(given, copy=True)
    matrix.sum_duplicates()
    if len(given.shape) != 2 or not np.isin(matrix.data, (0, 1)).all():
        raise ValueError(f"{where}: categories: want a matrix of 0 and 1, got other numbers")
    columns = tuple(map(str, range(matrix.shape[1]) if names is None else names))
    if len(columns) != matrix.shape[1] or len(set(columns)) != len(columns):
        raise ValueError(f"{where}: categories: want {matrix.shape[1]} different names of columns, as classes or in a "
                         f"table, got {len(set(columns))}")
    rows = np.split(matrix.indices, matrix.indptr[1:-1])
    ones = np.split(matrix.data != 0, matrix.indptr[1:-1])
    found = [tuple(columns[j] for j in row[is_one].tolist()) for row, is_one in zip(rows, ones)]
    return found[:matrix.shape[0]], Form("sparse" if sp.issparse(given) else "matrix", columns)
