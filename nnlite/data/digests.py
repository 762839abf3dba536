"""Digests of titles, so that a model knows which it was trained on: 8 bytes a title, no text.

Two different titles have the same digest with a probability of n^2 / 2^65 for n titles, see `tokens`: 2,000,000 take 16
MB, and a title that was not trained on is counted as known with a probability of 2,000,000 / 2^64, about 10^-13.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from nnlite.data.records import Record
from nnlite.data.tokens import hash_of

MOST = 5_000_000  # titles: 40 MB; of more nothing is noted
SLICE = 4_096


def digests(titles: Iterable[str]) -> np.ndarray:
    """The 64-bit hashes of some cleaned titles, case folded, as `kernels.hashing` makes them: int64."""
    return hash_of([title.casefold() for title in titles]).view(np.int64)


class TitleDigests:
    """The digests of the titles of some records, noted while others read these records."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self.n_titles = 0

    def noting(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records, one at a time."""
        titles: list[str] = []
        for record in records:
            titles.append(record[0])
            if len(titles) == SLICE:
                self._note(titles)
            yield record
        self._note(titles)

    def _note(self, titles: list[str]) -> None:
        self.n_titles += len(titles)
        if self.n_titles <= MOST:
            self.parts.append(digests(titles))
        titles.clear()

    def result(self) -> np.ndarray:
        """The different digests, int64, rising; none if there are more than MOST titles."""
        return merged(*filter(len, self.parts)) if self.n_titles <= MOST else np.zeros(0, np.int64)


def merged(*parts: np.ndarray) -> np.ndarray:
    """The different digests of some arrays, rising; none if one has none, or if there are more than MOST. If one of
    them is `short`, all are.

    A training has at least one title, so that no digests mean that they are not known.
    """
    if not all(part.size for part in parts):
        return np.zeros(0, np.int64)
    if any(part.dtype == np.int32 for part in parts):
        parts = tuple(map(short, parts))
    every = np.unique(np.concatenate(parts or [np.zeros(0, np.int64)]))
    return every if every.size <= MOST else np.zeros(0, np.int64)


def short(known: np.ndarray) -> np.ndarray:
    """The upper 32 bits of digests, int32, rising: half the bytes. Of 2^32 new titles n are counted as known."""
    return known if known.dtype == np.int32 else np.unique((known >> 32).astype(np.int32))


def to_array(known: np.ndarray) -> np.ndarray:
    """As in a folder: `short` ones as bytes, whose format versions that do not know them refuse."""
    return known.view(np.uint8) if known.dtype == np.int32 else known


def from_array(name: str, array: np.ndarray) -> np.ndarray:
    """The digests in an array of a folder. ValueError if it is not what `to_array` makes."""
    is_short = array.dtype == np.uint8 and array.ndim == 1 and array.size % 4 == 0
    known = array.view(np.int32) if is_short else array
    if not (is_short or array.dtype == np.int64) or known.ndim != 1 or (known[1:] <= known[:-1]).any():
        raise ValueError(f"{name}: want rising numbers, int64 or the bytes of int32, got others")
    return known


def repeated(titles: Iterable[str], known: np.ndarray) -> np.ndarray | None:
    """bool (N,): which of the cleaned titles have a digest among the known ones, rising; None if none are known."""
    own = digests(titles)
    return np.isin(own >> 32 if known.dtype == np.int32 else own, known) if known.size else None
