"""Claim: the formula of what ranks take agrees with a simulation of every message."""

import numpy as np
import pytest
from thread_ranks import ThreadRank, on_ranks

from benchmarks.speed.rank_messages import simulated_seconds
from nnlite.system.ranks import Shards
from nnlite.training.rank_costs import Network, message_seconds, sent_bytes


@pytest.mark.parametrize("n_ranks", [1, 2, 3, 64, 300])
def test_the_formula_is_the_simulation_of_ranks_of_one_speed(n_ranks):
    network = Network(20e-6, 1e9)
    formula = 0.3 / n_ranks + 0.002 + message_seconds(512, 200, n_ranks, network)
    assert simulated_seconds(512, 200, n_ranks, network, 0.3, 0.002) == pytest.approx(formula, rel=1e-6)


def test_ranks_of_different_speed_wait_for_the_slowest():
    even, uneven = (simulated_seconds(512, 200, 64, Network(), 10.0, 0.0, spread) for spread in (0, 0.1))
    assert 1.1 * even < uneven < 1.5 * even


def test_the_bytes_are_those_that_a_rank_sends(monkeypatch):
    sent = []

    def counted(ranks):
        def exchange(to, sizes):
            sent.append(sum(part.nbytes for rank, part in enumerate(to) if rank != ranks.rank))
            return ThreadRank.exchange(ranks, to, sizes)

        def collect(own, sizes):
            sent.append(own.nbytes * (ranks.size - 1))
            return ThreadRank.collect(ranks, own, sizes)

        ranks.exchange, ranks.collect = exchange, collect
        Shards(8, ranks).total([np.ones((16, 12), np.float32) for _ in range(2)])

    on_ranks(4, counted)
    assert sum(sent) / 4 == sent_bytes(16, 12, 4) / 2
