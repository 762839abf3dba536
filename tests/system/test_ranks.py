"""Claim: a sum over shards has the same bits for any number of ranks, and a rank that fails is named."""

import sys
from operator import add

import numpy as np
import pytest
from thread_ranks import on_ranks

from nnlite.system import ranks as ranks_module
from nnlite.system.ranks import Alone, Shards, branches, tree_sum, world


@pytest.mark.parametrize("n_ranks", range(1, 9))
@pytest.mark.parametrize("n_shards", [8, 11])
def test_a_total_has_the_same_bits_for_any_number_of_ranks(n_shards, n_ranks):
    parts = (10 ** np.random.default_rng(0).normal(0, 4, (n_shards, 13, 7))).astype(np.float32)

    def total(ranks):
        shards = Shards(n_shards, ranks)
        return shards.total([parts[shard].copy() for shard in shards.own])

    want = total(Alone())
    np.testing.assert_allclose(want, parts.sum(axis=0, dtype=np.float64), rtol=1e-5)
    assert all(np.array_equal(got, want) for got in on_ranks(n_ranks, total))


def test_the_order_of_the_sum_matters():
    parts = (10 ** np.random.default_rng(0).normal(0, 4, (8, 91))).astype(np.float32)
    assert not np.array_equal(Shards(8, Alone()).total(list(parts.copy())), parts.sum(axis=0))


@pytest.mark.parametrize("n_ranks", [1, 3, 8])
def test_largest_numbers_and_sums_of_few(n_ranks):
    def both(ranks):
        shards = Shards(8, ranks)
        return (shards.total([np.full(3, -1.0 * shard) for shard in shards.own], np.maximum).tolist(),
                shards.total_of_few([0.1 * shard for shard in shards.own]))

    assert on_ranks(n_ranks, both) == [both(Alone())] * n_ranks
    assert both(Alone())[0] == [0, 0, 0]


@pytest.mark.parametrize("n_ranks", range(1, 12))
def test_ranks_own_each_shard_once_in_as_few_branches_as_can_be(n_ranks):
    shards = [Shards(11, ranks) for ranks in on_ranks(n_ranks, lambda ranks: ranks)]
    assert [shard for each in shards for shard in each.own] == list(range(11))
    assert tree_sum(range(11), {branch: list(branch) for branch in sum(shards[0].branches, [])}, add) == list(range(11))
    assert branches(range(11), range(11)) == [range(11)]


def test_a_wish_of_one_rank_is_known_to_all():
    assert on_ranks(3, lambda ranks: ranks.any(ranks.rank == 1, False)) == [[True, False]] * 3


@pytest.mark.parametrize("made", [None, "something"])
@pytest.mark.parametrize("n_ranks", [1, 3])
def test_in_turn_each_rank_makes_it_once_and_rank_0_first(n_ranks, made):
    seen = []

    def make_in_turn(ranks):
        return ranks.in_turn(lambda: (seen.append(ranks.rank), made)[1])

    assert on_ranks(n_ranks, make_in_turn) == [made] * n_ranks
    assert seen[0] == 0 and sorted(seen) == list(range(n_ranks))


def test_several_ranks_need_mpi4py(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ImportError, match=r'several ranks need mpi4py: pip install \"nnlite\[mpi\]\"'):
        world.__wrapped__()


def test_a_process_alone_needs_none(monkeypatch):
    for name in ranks_module.SIZE_NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)
    assert type(world.__wrapped__()) is Alone
