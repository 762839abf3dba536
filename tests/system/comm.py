"""Rank 0's end of a communicator of two, and what it waits for."""

from types import SimpleNamespace

from nnlite.system.ranks import Ranks


class Comm:
    """Rank 0's end of a communicator of two. messages: (tag, object) that have come; sent: (object, rank, tag)."""

    size = 2

    def __init__(self, *messages):
        self.messages, self.sent = list(messages), []

    def Dup(self):
        return self

    def Get_rank(self):
        return 0

    def Get_size(self):
        return self.size

    def Split_type(self, kind):
        return self

    def Iprobe(self, source=-1, tag=-1):
        return any(tag in (-1, own) for own, _ in self.messages)

    def recv(self, source=-1, tag=-1):
        place = next(i for i, (own, _) in enumerate(self.messages) if tag in (-1, own))
        return self.messages.pop(place)[1]

    def isend(self, what, rank, tag):
        self.sent.append((what, rank, tag))
        return SimpleNamespace(Test=lambda: True)


def rank_of(*messages):
    """(rank 0 of two, which does not spin; its communicator)."""
    comm = Comm(*messages)
    ranks = Ranks(SimpleNamespace(COMM_WORLD=comm, COMM_TYPE_SHARED=None))
    ranks.spin_seconds = 0.0
    return ranks, comm


def done_after(n_looks):
    """A request that is done at the n-th look."""
    looks = iter(range(1, n_looks + 1))
    return lambda: next(looks) == n_looks
