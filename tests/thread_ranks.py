"""Ranks that are threads of one process: what is proved with them needs no MPI."""

import threading
from copy import deepcopy

import numpy as np

from nnlite.system.ranks import Alone


class ThreadRank(Alone):
    """One of some ranks that leave what they send on a board, and wait for each other."""

    def __init__(self, rank, size, board, barrier):
        self.rank, self.size, self.board, self.barrier = rank, size, board, barrier

    def swap(self, sent):
        """What every rank has sent."""
        self.board[self.rank] = sent
        self.barrier.wait(60)
        every = list(self.board)
        self.barrier.wait(60)
        return every

    def exchange(self, to, sizes):
        assert len(to) == len(sizes) == self.size
        got = [np.array(sent[self.rank]) for sent in self.swap(to)]
        assert [part.size for part in got] == sizes
        return got

    def collect(self, own, sizes):
        got = [np.array(part) for part in self.swap(own)]
        assert [part.size for part in got] == list(sizes)
        return got

    def objects(self, own):
        return deepcopy(self.swap(own))

    def failed(self, error):
        self.barrier.abort()


def on_ranks(size, function):
    """[function(ranks) for each of `size` ranks], side by side."""
    board, barrier, results = [None] * size, threading.Barrier(size), [None] * size

    def run(rank):
        try:
            results[rank] = function(ThreadRank(rank, size, board, barrier))
        except BaseException as error:
            results[rank] = error
            barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, threading.BrokenBarrierError):
            raise result
    return results
