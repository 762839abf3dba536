"""Ranks: the processes of `mpiexec -n P` that train one network; and sums with the same bits for any P.

Work is cut into a fixed number of shards. Each shard makes a part of every sum, and the parts are added along a binary
tree over the shards, which is the same for any owners:

    0   1   2   3   4   5   6   7        with 2 ranks, rank 0 owns shards 0 to 3, rank 1 the others;
    +---+   +---+   +---+   +---+        with 3 ranks, rank 1 owns 2 to 4
      +-------+       +-------+
          +---------------+

A rank adds up the whole branches that it owns. For the rest each rank is given one share of the numbers of every
branch, adds these up, and all collect the sums. So 2 (P - 1) / P of the numbers are sent by a rank, each sum is
computed once and copied, and nothing depends on MPI's own reductions, which promise no order: `Allreduce` may give
other bits for another P, and has given different bits to the ranks of one call (MPICH issue 6538).
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.metadata import version
from typing import Any, TypeVar

import numpy as np

from nnlite.system.ranges import integer
from nnlite.system.slices import shares, width
from nnlite.system.threads import usable_cores
from nnlite.version import VERSION

Result = TypeVar("Result")

SIZE_NAMES = "PMI_SIZE", "OMPI_COMM_WORLD_SIZE"  # variables that mpiexec sets: that of MPICH, of Open MPI
LIMIT_SECONDS = 1800.0  # that a rank waits for the others
SPIN_SECONDS = 5e-4  # in which it looks all the time, if it has a core: each look moves only a part of a long message
SLEEP_SECONDS = 2e-5  # between two looks after that; with the system's own delay about 1e-4
FAILED, OBJECT = 7, 8  # tags of messages: of a rank that fails, of `objects`
MAX_SHARDS = 4096  # each makes an array of N x H numbers, on the rank that owns it


class Alone:
    """The ranks of a process without others: nothing is sent."""

    rank, size, works = 0, 1, 0  # works: how many pieces of common work have begun or ended

    def threads(self) -> int:
        """As many as there are cores for each rank of this machine."""
        return usable_cores()

    def exchange(self, to: Sequence[np.ndarray], sizes: Sequence[int]) -> list[np.ndarray]:
        """Send the 1-D array to[q] to rank q. Returns what rank q has sent, sizes[q] numbers of the same type."""
        return list(to)

    def collect(self, own: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
        """The 1-D arrays of all ranks, sizes[q] numbers of the same type from rank q, on each rank."""
        return [own]

    def in_turn(self, make: Callable[[], Result]) -> Result:
        """make() on rank 0, then on all others, which find what it has written."""
        if self.rank == 0:
            made = make()
            self.any(True)
            return made
        self.any(True)
        return make()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What all ranks do within it, the others do not wait for if one raises an error: they get a RuntimeError."""
        self.works += 1
        try:
            yield
        except BaseException as error:
            self.failed(error)
            raise
        finally:
            self.works += 1

    def failed(self, error: BaseException, last: bool = False) -> None:
        """Tell the other ranks that wait for this one, in the same work or, if it is the last, in any."""

    def any(self, *wishes: bool) -> list[bool]:
        """Of each wish whether a rank has it."""
        if self.size == 1:
            return list(wishes)
        every = self.collect(np.array(wishes, np.uint8), [len(wishes)] * self.size)
        return np.any(every, axis=0).tolist()

    def objects(self, own: Any) -> list[Any]:
        """An object of each rank, on each rank."""
        return [own]

    def check_same(self, what: str, value: str) -> None:
        """ValueError, on all ranks, unless all have the same value."""
        every = self.objects(value)
        other = next((rank for rank, got in enumerate(every) if got != every[0]), None)
        if other is not None:
            raise ValueError(f"{what}: want the same on all ranks, got {every[0]:.100} on rank 0, {every[other]:.100} "
                             f"on rank {other}")


class Ranks(Alone):
    """The ranks of an MPI communicator of mpi4py.

    No call of MPI blocks: a rank that waits long gives its core to others, notices when one has failed, and gives up
    after LIMIT_SECONDS.
    """

    def __init__(self, mpi: Any):
        self.comm = mpi.COMM_WORLD.Dup()
        self.rank, self.size = self.comm.Get_rank(), self.comm.Get_size()
        self.here = self.comm.Split_type(mpi.COMM_TYPE_SHARED).Get_size()  # ranks of this machine
        self.spin_seconds = SPIN_SECONDS if self.here <= usable_cores() else 0.0
        self.lost = ""  # why no rank answers any more
        self.told: list[Any] = []  # requests of messages

    def threads(self) -> int:
        """As in Alone."""
        return max(1, usable_cores() // self.here)

    def exchange(self, to: Sequence[np.ndarray], sizes: Sequence[int]) -> list[np.ndarray]:
        """As in Alone."""
        got = np.empty(sum(sizes), to[0].dtype)
        self._wait(self.comm.Ialltoallv([np.concatenate(to), [part.size for part in to]], [got, list(sizes)]).Test)
        return np.split(got, np.cumsum(sizes)[:-1])

    def collect(self, own: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
        """As in Alone."""
        got = np.empty(sum(sizes), own.dtype)
        self._wait(self.comm.Iallgatherv(own, [got, list(sizes)]).Test)
        return np.split(got, np.cumsum(sizes)[:-1])

    def objects(self, own: Any) -> list[Any]:
        """As in Alone."""
        others = [rank for rank in range(self.size) if rank != self.rank]
        sent = [self.comm.isend(own, rank, OBJECT) for rank in others]
        every = {self.rank: own}
        for rank in others:
            self._wait(partial(self.comm.Iprobe, rank, OBJECT))
            every[rank] = self.comm.recv(source=rank, tag=OBJECT)
        for request in sent:
            self._wait(request.Test)
        return [every[rank] for rank in range(self.size)]

    def failed(self, error: BaseException, last: bool = False) -> None:
        """As in Alone."""
        text = f"rank {self.rank}: {' '.join(str(error).split()) or type(error).__name__}"
        self.told += [self.comm.isend((sys.maxsize if last else self.works, text), other, FAILED)
                      for other in range(self.size) if other != self.rank]

    def _wait(self, is_done: Callable[[], bool]) -> None:
        """Until a request is done. RuntimeError if a rank has failed, or if the others do not come."""
        began = time.monotonic()
        while not self.lost and not is_done():
            waited = time.monotonic() - began
            if waited < self.spin_seconds:
                continue
            time.sleep(SLEEP_SECONDS)
            if self.comm.Iprobe(tag=FAILED):
                work, text = self.comm.recv(tag=FAILED)
                self.lost = text * (work >= self.works)
            elif waited > LIMIT_SECONDS:
                self.lost = f"the other ranks have not come for {LIMIT_SECONDS:g} s"
        if self.lost:
            raise RuntimeError(self.lost)


def launched() -> bool:
    """Whether mpiexec has started this process as one of several."""
    return any(os.environ.get(name, "1") != "1" for name in SIZE_NAMES)


@cache
def world() -> Alone:
    """The ranks that this process is one of: those that mpiexec has started.

    ImportError if there are several and no mpi4py, ValueError unless they have the same versions.
    """
    if not launched() and "mpi4py.MPI" not in sys.modules:
        return Alone()
    try:
        from mpi4py import MPI
    except ImportError:
        raise ImportError('several ranks need mpi4py: pip install "nnlite[mpi]"') from None
    if MPI.COMM_WORLD.Get_size() == 1:
        return Alone()
    ranks = Ranks(MPI)
    ranks.check_same("mpiexec: versions", ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba"))
                     + f", nnlite {VERSION}")
    return ranks


class Shards:
    """The shards of a training, some of which this rank owns, and sums over all of them.

    n: how many, a setting of the training, at least 2    own: the range of those of this rank, which owns at least one
    ranks: by default those of mpiexec. ValueError if there are more of them than shards.
    """

    def __init__(self, n: int, ranks: Alone | None = None):
        self.n, self.ranks = integer("shards", n, 2, MAX_SHARDS), world() if ranks is None else ranks
        if n < self.ranks.size:
            raise ValueError(f"shards: want at least as many as ranks, {self.ranks.size}, got {n}")
        self.of_ranks = [range(part.start, part.stop) for part in shares(n, self.ranks.size)]
        self.own = self.of_ranks[self.ranks.rank]
        self.branches = [branches(range(n), own) for own in self.of_ranks]

    def total(self, parts: Sequence[np.ndarray], add: np.ufunc = np.add) -> np.ndarray:
        """The sum, on every rank, of the arrays of all shards; parts: those of this rank's, of one shape and type.

        add: np.add, or another function of two numbers. Parts may be changed.
        """
        own = {range(shard, shard + 1): part for shard, part in zip(self.own, parts)}
        mine = [tree_sum(branch, own, add).reshape(-1) for branch in self.branches[self.ranks.rank]]
        cuts = shares(parts[0].size, self.ranks.size)
        here = width(cuts[self.ranks.rank])
        got = self.ranks.exchange([np.concatenate([branch[cut] for branch in mine]) for cut in cuts],
                                  [here * len(theirs) for theirs in self.branches])
        every = {branch: share for theirs, from_rank in zip(self.branches, got)
                 for branch, share in zip(theirs, from_rank.reshape(len(theirs), here))}
        share = tree_sum(range(self.n), every, add)
        return np.concatenate(self.ranks.collect(share, [width(cut) for cut in cuts])).reshape(parts[0].shape)

    def total_of_few(self, numbers: Sequence[float]) -> float:
        """The sum of one number for each shard; numbers: those of this rank's. One message instead of two."""
        every = self.ranks.collect(np.array(numbers, float), [len(own) for own in self.of_ranks])
        leaves = {range(i, i + 1): number for i, number in enumerate(np.concatenate(every).tolist())}
        return float(tree_sum(range(self.n), leaves))


def halves(tree: range) -> tuple[range, range]:
    """The two branches of a binary tree over some shards, more than one."""
    middle = (tree.start + tree.stop) // 2
    return range(tree.start, middle), range(middle, tree.stop)


def branches(tree: range, own: range) -> list[range]:
    """The largest whole branches of a tree that lie in a range of shards.

    >>> branches(range(8), range(2, 5))
    [range(2, 4), range(4, 5)]
    """
    if own.start <= tree.start and tree.stop <= own.stop:
        return [tree]
    if tree.stop <= own.start or own.stop <= tree.start:
        return []
    return [branch for half in halves(tree) for branch in branches(half, own)]


def tree_sum(tree: range, parts: dict[range, Any], add: Callable = np.add) -> Any:
    """The sum of a tree whose branches, or leaves, are given; the first array of a branch becomes its sum."""
    if tree in parts:
        return parts[tree]
    left, right = (tree_sum(half, parts, add) for half in halves(tree))
    return add(left, right, out=left) if isinstance(left, np.ndarray) else add(left, right)
