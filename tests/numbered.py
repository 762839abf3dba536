"""Numbered records, sorted by category, and what is asked of the chunks that hold them."""

from pathlib import Path

import numpy as np
import pytest
from shops import lines

from nnlite import Record

N = 203
RECORDS = [Record(f"n{i} w{i % 7} w{i % 7} w{i // 29}", (f"L{i // 29}", f"M{i % 5}")) for i in range(N)]


def rows(datasets):
    """Every row of some Datasets as one line of numbers, sorted."""
    return sorted(np.hstack([row, labels]).tolist() for data in datasets
                  for row, labels in zip(data.x.toarray(), data.y.toarray()))


def same(one, other):
    """Whether two Datasets are equal to the last bit, and in their types."""
    arrays = [[a for matrix in data.arrays() for a in matrix] for data in (one, other)]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(*arrays))


def content(folder):
    """Every file below a folder, and what it holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def records_file(folder):
    """The path of a file with all the records."""
    path = folder / "records.jsonl"
    path.write_text(lines(RECORDS))
    return path


def refused(function, *words):
    with pytest.raises(ValueError) as error:
        function()
    assert all(word in str(error.value) for word in words), error.value
