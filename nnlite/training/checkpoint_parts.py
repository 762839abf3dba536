"""The checkpoints of one training: in its folder or, if the network is cut into shards, in a folder for each shard.

    DIR/step-00000012                  without shards
    DIR/shard-00003/step-00000012      a shard's rows of features.W, labels.W, labels.b and of their state, and all of
                                       the small parameters. Its owner writes it, so that any number of ranks resumes.

A step counts if all shards have it. Ranks save the same steps: while a shard may still lack the newest, none loses the
one before.
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.mlp import MLP
from nnlite.ranks.sharded_mlp import ShardedMLP, ranks_of, shard_arrays, shards_of
from nnlite.training import checkpoints

Loaded = tuple[dict[str, Any], dict[str, np.ndarray]]


class CheckpointParts:
    """The parts of a training's checkpoints that this rank writes."""

    def __init__(self, folder: Path, model: MLP):
        self.folder, self.model, self.ranks, self.shards = folder, model, ranks_of(model), shards_of(model)
        self.places = [folder]
        if self.shards > 1:
            self.places = [folder / f"shard-{shard:05}" for shard in model.shards.own]  # type: ignore[attr-defined]

    @contextmanager
    def opened(self) -> Iterator[None]:
        """As `checkpoints.opened`. ValueError if the folder holds those of a training that was cut otherwise."""
        others = "step-*" if self.shards > 1 else "shard-*"
        if other := next(self.folder.glob(others), None):
            raise ValueError(f"{self.folder}: the checkpoint is of another training: want shards={self.shards}, got "
                             f"{other.name}: delete this folder to train anew, or name another")
        with ExitStack() as stack:
            for place in self.places:
                stack.enter_context(checkpoints.opened(place))
            yield

    def save(self, step: int, header: dict[str, Any], arrays: dict[str, np.ndarray],
             others: dict[str, np.ndarray]) -> None:
        """Write the arrays, rows of which belong to shards, and others. OSError, on all ranks, if one cannot."""
        errors = []
        if isinstance(self.model, ShardedMLP):
            self.model.check_copies()
        try:
            for place, own in zip(self.places, shard_arrays(self.model, arrays)):
                checkpoints.save(place, step, header, own | others)
        except OSError as failed:
            errors.append(failed)
        if not self.ranks.any(bool(errors))[0]:
            for place in self.places:
                try:
                    checkpoints.keep_newest(place)
                except OSError as failed:
                    warnings.warn(f"{failed}; more than the {checkpoints.KEPT} newest checkpoints stay in {place}")
            return
        if self.shards > 1:
            self._forget_after(step - 1)
        if errors:
            raise errors.pop()  # without a name, see `ahead`
        raise OSError(f"{self.folder}: another rank could not write its part of a checkpoint")

    def _forget_after(self, step):
        """Remove what some shards have of later steps, and others have not."""
        for place in self.places:
            checkpoints.remove_after(place, step)

    def load(self, wanted: checkpoints.Wanted) -> list[Loaded] | None:
        """Of each part the newest checkpoint that all shards have, None if there is none. Raises as `load`."""
        each = [wanted._replace(arrays=own) for own in shard_arrays(self.model, wanted.arrays)]
        found = [checkpoints.load(place, want) for place, want in zip(self.places, each)]
        steps = [part[0]["step"] if part else 0 for part in found]
        newest = int(np.min(self.ranks.collect(np.array([min(steps)]), [1] * self.ranks.size)))
        if not newest:
            return None
        if self.shards > 1:
            self._forget_after(newest)
        found = [part if step == newest else checkpoints.load(place, want, newest)
                 for place, want, part, step in zip(self.places, each, found, steps)]
        if None in found:
            raise ValueError(f"{self.folder}: want step {newest} of all shards, got some without it: delete this "
                             "folder to train anew, or name another")
        return [part for part in found if part]
