"""`read_xmc`: the text format of the Extreme Classification Repository becomes a Dataset.

    2 6 4               rows, features, labels
    0,3 1:0.5 4:1       the labels of a row, a space, its features with their values
     2:1                a row without label begins with the space
"""

import lzma
import zlib
from array import array
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from nnlite.data.dataset import Dataset
from nnlite.data.lines import open_binary

LARGEST = 1e38  # of a feature's value: what float32 holds
MOST = 2**31 - 1  # rows, features or labels: ids are int32


def read_xmc(path: str | Path) -> Dataset:
    """The Dataset in a file of that format, plain or packed (.gz, .bz2, .xz).

    No line is skipped: ValueError with file and line number for the first error.
    """
    with open_binary(path) as file:
        try:
            return _dataset(path, file)
        except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
            raise ValueError(f"{path}: damaged: want a whole file of its ending's kind, got: {error}") from None


def _dataset(path, file):
    header = file.readline().decode(errors="replace")
    try:
        n_rows, n_features, n_labels = sizes = tuple(map(int, header.split()))
    except ValueError:
        raise ValueError(f"{path}:1: want 'rows features labels', got {header.strip()[:60]!r}") from None
    if not 0 <= min(sizes) <= max(sizes) <= MOST:
        raise ValueError(f"{path}:1: want sizes of 0 to {MOST:,}, got {header.strip()[:60]!r}")
    features, labels = _Rows(n_features, "feature"), _Rows(n_labels, "label")
    number = 1
    for number, line in enumerate(file, start=2):
        names, _, pairs = line.rstrip(b"\r\n").partition(b" ")
        try:
            features.append(*_pairs(pairs))
            ids = [int(label) for label in names.split(b",")] if names else []
            labels.append(ids, [1.0] * len(ids))
        except ValueError as error:
            came = line[:60].decode(errors="replace").rstrip()
            raise ValueError(f"{path}:{number}: {error} in {came!r}") from None
    if number - 1 != n_rows:
        raise ValueError(f"{path}: the header promises {n_rows} rows, the file has {number - 1}")
    return Dataset(features.csr(), labels.csr())


def _pairs(text):
    """The ids and the values in 'id:value id:value ...'. ValueError for other text."""
    pairs = [pair.partition(b":") for pair in text.split()]
    if not all(colon for _, colon, _ in pairs):
        raise ValueError("want feature:value pairs")
    values = [float(value) for _, _, value in pairs]
    if not all(abs(value) < LARGEST for value in values):
        raise ValueError(f"want values between +-{LARGEST:.0e}")
    return [int(feature) for feature, _, _ in pairs], values


class _Rows:
    """Rows of (id, value) pairs, growing into a csr matrix with sorted rows."""

    def __init__(self, n, kind):
        self.n, self.kind = n, kind
        self.indptr, self.indices, self.data = array("q", [0]), array("i"), array("f")

    def append(self, ids, values):
        for i in ids:
            if not 0 <= i < self.n:
                raise ValueError(f"{self.kind} {i} is outside 0..{self.n - 1}")
        if len(set(ids)) != len(ids):
            raise ValueError(f"a {self.kind} is repeated")
        self.indices.extend(ids)
        self.data.extend(values)
        self.indptr.append(len(self.indices))

    def csr(self):
        arrays = (np.array(self.data), np.array(self.indices), np.array(self.indptr))
        matrix = sp.csr_array(arrays, shape=(len(self.indptr) - 1, self.n))
        matrix.sort_indices()
        return matrix
