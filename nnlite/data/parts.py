"""The parts of a `ChunkFolder`: folders of consecutive records, encoded. What their files must hold, and reading rows.

The CRC-32s of a folder may be right and its contents wrong. `FIGURES` and `wanted` state the range of every figure and
array; all are checked when a part is opened, and the rows that are read are checked again then.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlite.data.csr import Csr
from nnlite.system import array_folder
from nnlite.system.contents import FLOAT32_MAX, Want, check_arrays, check_entries, check_figures
from nnlite.system.figures import Whole
from nnlite.system.ranges import INT32_MAX

FIGURES = {"n_rows": Whole(1, INT32_MAX), "records_crc32": Whole(0, 2**32 - 1)}  # in part.json


class Columns(NamedTuple):
    """The sizes of the matrices x and y, and whether the values of x are stored because they are not all 1."""

    n_words: int
    n_labels: int
    with_weights: bool


def wanted(n_rows: int, n_words: int, n_labels: int, columns: Columns) -> dict[str, Want]:
    """The arrays of a part with so many rows, of words and of labels: type, shape, least and most."""
    arrays = {
        "ends": Want("int64", (n_rows + 1, 2), 0, max(n_words, n_labels)),  # they rise, to (n_words, n_labels)
        "words": Want("int32", (n_words,), 0, columns.n_words - 1),
        "labels": Want("int32", (n_labels,), 0, columns.n_labels - 1),
    }
    return arrays | ({"weights": Want("float32", (n_words,), 0, FLOAT32_MAX)} if columns.with_weights else {})


def read_part(folder: Path, columns: Columns) -> tuple[dict, dict[str, np.ndarray], dict[str, Want]]:
    """The JSON of a part, its arrays, and what they had to be. ValueError for a part that is not as it must be."""
    def check(header, arrays, _):
        check_figures(folder, header, FIGURES)
        n_words, n_labels = sizes = [arrays[name].size if name in arrays else 0 for name in ("words", "labels")]
        want = wanted(header["n_rows"], n_words, n_labels, columns)
        check_arrays(folder, arrays, want)
        ends = arrays["ends"]
        if ends[0].any() or ends[-1].tolist() != sizes or not _rise(ends):
            raise ValueError(f"{folder}: ends: want increasing numbers from 0 to {sizes}, got others")
        return header, arrays, want

    return array_folder.read(folder, "part", check, mapped="fi")


class Part:
    """A part whose files have been checked, and where in each of them the array begins."""

    def __init__(self, folder: Path, columns: Columns):
        header, arrays, self.want = read_part(folder, columns)
        self.folder, self.n_rows = folder, header["n_rows"]
        self.sizes = [arrays[name].size for name in ("words", "labels")]
        self._label_rows: tuple | None = np.unique(arrays["labels"], return_counts=True)
        self.stamps = {name: self._stamp(name) for name in arrays}
        self.starts = {name: self.stamps[name][0] - array.nbytes for name, array in arrays.items()}

    def add_label_rows(self, total: np.ndarray) -> None:
        """Add to `total` (L,) how many rows have each label; once, its own count is forgotten then."""
        if self._label_rows:
            labels, counts = self._label_rows
            total[labels] += counts
            self._label_rows = None

    def _stamp(self, name):
        status = (self.folder / f"{name}.npy").stat()
        return status.st_size, status.st_mtime_ns, status.st_ino

    def ends(self, rows: slice) -> np.ndarray:
        """Where the rows before a slice of them, and those in it, end: (rows + 1, 2)."""
        ends = self.read("ends", 2 * rows.start, 2 * rows.stop + 2).reshape(-1, 2)
        if (ends[0] < 0).any() or (ends[-1] > self.sizes).any() or not _rise(ends):
            raise ValueError(f"{self.folder}: ends: changed since it was opened: want increasing numbers, got others")
        return ends

    def ids(self, name: str, first: int, stop: int) -> np.ndarray:
        """The entries of words or labels from first to stop."""
        ids = self.read(name, first, stop)
        try:
            check_entries("ids", ids, self.want[name].least, self.want[name].most)
        except ValueError:
            raise ValueError(f"{self.folder}: {name}: changed since it was opened: want ids of "
                             f"0..{self.want[name].most}") from None
        return ids

    def check_unchanged(self) -> None:
        """ValueError if a file has another size or date than when it was opened: other entries may be in range, too."""
        for name, stamp in self.stamps.items():
            if self._stamp(name) != stamp:
                raise ValueError(f"{self.folder}: {name}: changed since it was opened")

    def read(self, name: str, first: int, stop: int) -> np.ndarray:
        """The entries from first to stop of a flat array, as they are now."""
        path, dtype = self.folder / f"{name}.npy", np.dtype(self.want[name].dtype)
        array = np.fromfile(path, dtype, stop - first, offset=self.starts[name] + first * dtype.itemsize)
        if array.size != stop - first:
            raise ValueError(f"{path}: changed since it was opened: want {stop} entries, got {first + array.size}")
        return array


def matrix(pieces: list[tuple["Part", np.ndarray]], ids: str, weights: str | None = None) -> Csr:
    """The Csr of some rows of some parts; pieces: (part, where these rows end) each."""
    indptr = np.append(0, np.cumsum(np.concatenate([np.diff(ends) for _, ends in pieces])))
    indices, data = np.empty(indptr[-1], np.int32), np.ones(indptr[-1], np.float32)
    first = 0
    for part, ends in pieces:
        stop = first + ends[-1] - ends[0]
        indices[first:stop] = part.ids(ids, ends[0], ends[-1])
        if weights:
            data[first:stop] = part.read(weights, ends[0], ends[-1])
        first = stop
    return Csr(indptr, indices, data)


def _rise(ends):
    """Whether no row is smaller than the one before. Differences of hostile numbers could overflow."""
    return (ends[:-1] <= ends[1:]).all()
