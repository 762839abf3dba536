"""Claim: the formula of what ranks take agrees with a simulation of every message."""

from types import SimpleNamespace

import numpy as np
import pytest
from thread_ranks import ThreadRank, on_ranks

from benchmarks.speed.rank_messages import simulated_seconds
from nnlite.system.ranks import Shards
from nnlite.training.rank_costs import Network, Shared, message_seconds, messages, sent_bytes, shared


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


def test_messages_and_bytes_by_hand():
    """Of 4 ranks each sends three quarters of two sums of 16 rows x 12 units twice, and 6 messages to 3 others."""
    assert messages(4) == 18 and messages(1) == 0 and sent_bytes(16, 12, 1) == 0
    assert sent_bytes(16, 12, 4) == 2 * 2 * 4 * 16 * 12 * 3 / 4
    assert message_seconds(16, 12, 4, Network(0.5, 100)) == 18 * 0.5 + sent_bytes(16, 12, 4) / 100


@pytest.mark.parametrize("network, units", [([50, 8, 7], 8), ([50, 8, 4, 7], 6)])
def test_a_plan_on_several_ranks(network, units):
    plan = SimpleNamespace(batch_rows=16, network=network, memory={"parameters": 300, "optimiser": 100, "saving": 9},
                           n_steps=10, seconds={"train": 8.0, "read": 1.0})
    assert shared(plan, 4) == Shared(4, 100, 10 * sent_bytes(16, units, 4), 2.0,
                                     10 * message_seconds(16, units, 4, Network(30e-6, 1.25e9)))
