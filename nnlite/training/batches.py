"""The order in which a training sees the rows: two generators of batches.

Every random order is a function of the seed, the epoch and the number of the chunk, so a training can resume anywhere.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from nnlite.data.chunked import ChunkedData, DatasetStream
from nnlite.data.csr import Csr
from nnlite.data.dataset import Dataset
from nnlite.system.ranges import INT32_MAX


class Batch(NamedTuple):
    """The rows of one update. They are not read before `arrays` is called."""

    epoch: int  # 1, 2, ...
    chunk: Dataset
    rows: slice | np.ndarray  # of the chunk; a slice is viewed, an array of row numbers copied in its order
    following: "Batch | None" = None  # the next one of the round; a validation is due after a round

    def arrays(self) -> tuple[Csr, Csr, np.ndarray | None]:
        """x and y, and the weights of their rows if the chunk has any. ValueError for 2^31 non-zeros in x or more."""
        weights = None if self.chunk.weights is None else self.chunk.weights[self.rows].copy()
        select: Callable[..., Csr] = Csr.rows if isinstance(self.rows, slice) else Csr.take
        x, y = (select(part, self.rows) for part in self.chunk.arrays())
        if (n := int(x.indptr[-1] - x.indptr[0])) > INT32_MAX:  # the places of x^T are int32
            raise ValueError(f"Trainer: want batches of at most {INT32_MAX:,} words, got {n:,} in {x.n_rows:,} rows: "
                             "want smaller batch_rows")
        return x, y, weights


def chunk_by_chunk(chunks: Iterable[Dataset], batch_rows: int, epochs: int) -> Iterator[Batch]:
    """Every chunk gets all its epochs, rows in order, before the next one comes. A round is a chunk."""
    for chunk in chunks:
        yield from _a_round(_all_epochs(chunk, batch_rows, epochs))


def shuffled(chunks: ChunkedData | DatasetStream, batch_rows: int, epochs: range, seed: int) -> Iterator[Batch]:
    """Epoch by epoch through all chunks in random order, the rows of each in random order. A round is an epoch.

    ValueError if the chunks have no rows in a later epoch.
    """
    for epoch in epochs:
        n_batches = 0
        for batch in _a_round(_shuffled_epoch(chunks, batch_rows, epoch, seed)):
            n_batches += 1
            yield batch
        if not n_batches:
            if epoch > epochs.start:
                raise ValueError(f"Trainer: want data that can be gone through again, got no rows in epoch {epoch}")
            return


def _all_epochs(chunk, batch_rows, epochs):
    """The batches of a chunk, rows in order."""
    for epoch in range(1, epochs + 1 if len(chunk) else 1):
        for start in range(0, len(chunk), batch_rows):
            yield Batch(epoch, chunk, slice(start, min(start + batch_rows, len(chunk))))


def _shuffled_epoch(chunks, batch_rows, epoch, seed):
    """The batches of an epoch."""
    for i, chunk in _in_random_order(chunks, np.random.default_rng([seed, epoch])):
        order = np.random.default_rng([seed, epoch, i]).permutation(len(chunk))
        for start in range(0, len(chunk), batch_rows):
            yield Batch(epoch, chunk, order[start:start + batch_rows])


def _a_round(batches):
    """The batches, each with the following one."""
    last = None
    for batch in batches:
        if last:
            yield last._replace(following=batch)
        last = batch
    if last:
        yield last


def _in_random_order(chunks, rng):
    """The chunks and their numbers; those that can only be gone through in their own order come in it."""
    order = None if chunks.sizes is None else rng.permutation(len(chunks.sizes))
    return enumerate(chunks) if order is None else zip(order.tolist(), chunks.in_order(order))
