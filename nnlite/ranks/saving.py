"""A ShardedMLP as the arrays of a model folder: ranks send their rows to the first one while it writes the file."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nnlite.mlp import MLP
from nnlite.ranks.sharded_mlp import OWNED, ShardedMLP, ranks_of
from nnlite.system.slices import blocks, width

BLOCK_NUMBERS = 1 << 22  # that the first rank holds at a time: 16 MiB


class OwnedArray:
    """A parameter whose rows are on several ranks; shape, dtype: of all of it."""

    def __init__(self, model: ShardedMLP, name: str):
        self.own, self.shape, self.dtype = model.params[name], model.shapes[name], model.params[name].dtype
        self.ranks = model.shards.ranks
        self.ids = [np.arange(self.shape[0])[model.rows(name, own)] for own in model.shards.of_ranks]  # of the rows

    def blocks(self) -> Iterator[np.ndarray]:
        """The rows in order, some at a time, on the first rank; all ranks must go through it together."""
        row_size, nothing = int(np.prod(self.shape[1:])), np.empty(0, self.dtype)
        for part in blocks(self.shape[0], max(1, BLOCK_NUMBERS // row_size)):
            cuts = [slice(*np.searchsorted(ids, (part.start, part.stop))) for ids in self.ids]
            to = [self.own[cuts[self.ranks.rank]].reshape(-1), *[nothing] * (self.ranks.size - 1)]
            got = self.ranks.exchange(to, [width(cut) * row_size * (self.ranks.rank == 0) for cut in cuts])
            block = np.empty((width(part), *self.shape[1:]), self.dtype)
            if self.ranks.rank == 0:
                for ids, cut, rows in zip(self.ids, cuts, got):
                    block[ids[cut] - part.start] = rows.reshape(-1, *self.shape[1:])
            yield block


def arrays_of(model: MLP) -> dict[str, Any]:
    """The parameters as `array_folder.write` takes them: arrays, or an OwnedArray where several ranks have the rows."""
    if not isinstance(model, ShardedMLP) or ranks_of(model).size == 1:
        return dict(model.params)
    model.check_copies()
    return {name: OwnedArray(model, name) if name in OWNED else p for name, p in model.params.items()}


def send(arrays: Mapping[str, Any]) -> None:
    """What the other ranks do while the first one writes `arrays_of` a model."""
    for array in arrays.values():
        if isinstance(array, OwnedArray):
            for _ in array.blocks():
                pass
