"""Data in chunks, as the trainer reads them: `chunked` gives every kind of data the same few methods."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

from nnlite.data.dataset import Dataset
from nnlite.system.ranges import instance


@runtime_checkable
class ChunkedData(Protocol):
    """Chunks that can be read in any order, any number of times. iter(): the chunks as they are stored."""

    sizes: list[int]  # the rows of each chunk

    def __iter__(self) -> Iterator[Dataset]: ...

    def in_order(self, order: Iterable[int]) -> Iterator[Dataset]:
        """The chunks of these numbers, from 0 on."""

    def crc32(self) -> int:
        """A number that distinguishes these data from others."""


class DatasetChunks(list[Dataset]):
    """`ChunkedData` in memory: a list of Datasets."""

    def __init__(self, chunks: Iterable[Dataset]):
        super().__init__(instance("data: a chunk", chunk, Dataset) for chunk in chunks)
        self.sizes = [len(chunk) for chunk in self]

    def in_order(self, order: Iterable[int]) -> Iterator[Dataset]:
        """The chunks of these numbers, from 0 on."""
        return (self[c] for c in order)

    def crc32(self) -> int:
        """A number that distinguishes these data from others."""
        return zlib.crc32(repr([chunk.crc32() for chunk in self]).encode())


class DatasetStream:
    """An iterable of Datasets without numbers. Length and CRC-32 are None; one_pass: it can be read only once."""

    sizes: None = None

    def __init__(self, chunks: Iterable[Dataset]):
        self.chunks, self.one_pass = chunks, iter(chunks) is chunks

    def __iter__(self) -> Iterator[Dataset]:
        return (instance("data: a chunk", chunk, Dataset) for chunk in self.chunks)

    def crc32(self) -> None:
        """None: data of unknown length cannot be compared with others."""


def chunked(data: Dataset | ChunkedData | Iterable[Dataset],
            chunk_rows: int | None = None) -> ChunkedData | DatasetStream:
    """A Dataset or a list of them as DatasetChunks, ChunkedData as it is, any other iterable as a DatasetStream.

    chunk_rows: cut a single Dataset into chunks of this many rows; by default it is one chunk
    """
    if isinstance(data, Dataset):
        return DatasetChunks(data.chunks(chunk_rows) if chunk_rows else [data])
    instance("data", data, Iterable)
    if isinstance(data, ChunkedData):
        return data
    return DatasetChunks(data) if isinstance(data, (list, tuple)) else DatasetStream(data)
