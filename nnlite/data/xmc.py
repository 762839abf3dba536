"""`read_xmc`: the text format of the Extreme Classification Repository becomes a Dataset.

    2 6 4               rows, features, labels
    0,3 1:0.5 4:1       the labels of a row, a space, its features with their values
     2:1                a row without label begins with the space

Ids are ASCII digits alone: not '+1', not '1_000'. Memory grows with the bytes that are read, whatever the header says.
"""

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.dataset import Dataset, from_arrays
from nnlite.data.lines import DAMAGE, open_binary
from nnlite.system.paths import checked_path

LARGEST = 1e38  # of a feature's value: what float32 holds
MOST = 2**31 - 1  # rows, features or labels: ids are int32
MAX_LINE_BYTES = 1 << 22  # a row of 200,000 features with values of 16 digits


def read_xmc(path: str | Path) -> Dataset:
    """The Dataset in a file of that format, plain or packed (.gz, .bz2, .xz).

    No line is skipped: ValueError with file and line number for the first error, a line above MAX_LINE_BYTES too.
    """
    with open_binary(checked_path("read_xmc", path)) as file:
        try:
            return _dataset(path, file)
        except DAMAGE as error:
            raise ValueError(f"{path}: damaged: want a whole file of its ending's kind, got: {error}") from None


def _dataset(path, file):
    header = file.readline(MAX_LINE_BYTES)
    came = header[:60].decode(errors="replace").strip()
    try:
        n_rows, n_features, n_labels = sizes = _integers(header.split())
    except ValueError:
        raise ValueError(f"{path}:1: want 'rows features labels', got {came!r}") from None
    if not 0 <= min(sizes) <= max(sizes) <= MOST:
        raise ValueError(f"{path}:1: want sizes of 0 to {MOST:,}, got {came!r}")
    features, labels = _Rows(n_features, "feature"), _Rows(n_labels, "label")
    number = 1
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        try:
            if number - 1 > n_rows:
                raise ValueError(f"the header promises {n_rows} rows, the file has {number - 1} or more")
            _read_row(line, features, labels)
        except ValueError as error:
            came = line[:60].decode(errors="replace").rstrip()
            raise ValueError(f"{path}:{number}: {error} in {came!r}") from None
    if number - 1 != n_rows:
        raise ValueError(f"{path}: the header promises {n_rows} rows, the file has {number - 1}")
    return from_arrays(features.csr(), labels.csr(), n_features, n_labels)


def _read_row(line, features, labels):
    """Append the row in a line to both. ValueError if the line is not a row."""
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"want a line of at most {MAX_LINE_BYTES:,} bytes, got a longer one")
    names, _, pairs = line.rstrip(b"\r\n").partition(b" ")
    features.append(*_pairs(pairs))
    ids = _integers(names.split(b",")) if names else []
    labels.append(ids, [1.0] * len(ids))


def _integers(texts):
    """The numbers in ASCII digits, with a minus or without; int() takes '+1', '1_000' and ' 1' as well."""
    if not b"".join(texts).isdigit():
        for text in texts:
            if not text.removeprefix(b"-").isdigit():
                raise ValueError(f"invalid literal: want an id of digits, got {text[:20].decode(errors='replace')!r}")
    return list(map(int, texts))


def _pairs(text):
    """The ids and the values in 'id:value id:value ...'. ValueError for other text."""
    pairs = [pair.partition(b":") for pair in text.split()]
    if not all(colon for _, colon, _ in pairs):
        raise ValueError("want feature:value pairs")
    if b"_" in text:  # which float() skips
        raise ValueError("want numbers without '_'")
    values = [float(value) for _, _, value in pairs]
    if not all(abs(value) < LARGEST for value in values):
        raise ValueError(f"want values between +-{LARGEST:.0e}")
    return _integers([feature for feature, _, _ in pairs]), values


class _Rows:
    """Rows of (id, value) pairs, growing into a csr matrix with sorted rows."""

    def __init__(self, n, kind):
        self.n, self.kind = n, kind
        self.indptr, self.indices, self.data = array("q", [0]), array("i"), array("f")

    def append(self, ids: Sequence[int], values: Sequence[float]) -> None:
        """Add a row. ValueError for an id outside 0..n-1 or a repeated one."""
        for i in ids:
            if not 0 <= i < self.n:
                raise ValueError(f"{self.kind} {str(i):.20} is outside 0..{self.n - 1}")
        if len(set(ids)) != len(ids):
            raise ValueError(f"a {self.kind} is repeated")
        self.indices.extend(ids)
        self.data.extend(values)
        self.indptr.append(len(self.indices))

    def csr(self) -> Csr:
        """The rows so far, (rows, n), sorted within each row."""
        arrays = np.array(self.data), np.array(self.indices), np.array(self.indptr)
        matrix = sp.csr_array(arrays, shape=(len(self.indptr) - 1, self.n))
        matrix.sort_indices()
        return Csr(matrix.indptr.astype(np.int64, copy=False), matrix.indices.astype(np.int32, copy=False), matrix.data)
