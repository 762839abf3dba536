"""Claim: a network is cut into shards once, predicts whole on one rank, and gives its values to whom they belong."""

import numpy as np
import pytest
from problems import bits
from thread_ranks import on_ranks

from nnlite import MLP
from nnlite.ranks import sharded_mlp
from nnlite.ranks.sharded_mlp import (ShardedMLP, copy_values, hand_back, new_mlp, ranks_of, shard_arrays, sharded,
                                      shards_of, to_predict)


def plain(seed=1):
    return MLP(11, 7, (4, 3), "relu", seed)


@pytest.mark.parametrize("shards, error", [(0, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError)])
def test_a_number_of_shards(shards, error):
    for make in (lambda: new_mlp(11, 7, hidden=(4,), shards=shards)), (lambda: sharded(plain(), shards)):
        with pytest.raises(error, match="^shards: want"):
            make()


def test_a_network_that_is_cut_stays_so():
    model = plain()
    assert sharded(model, 1) is model and (shards_of(model), ranks_of(model).size) == (1, 1)
    cut = sharded(model, 3)
    assert shards_of(cut) == 3 and cut.source is model and sharded(cut, 1) is cut and sharded(cut, 3) is cut
    for other in 2, 4:
        with pytest.raises(ValueError, match=f"shards: want the model's 3, got {other}"):
            sharded(cut, other)


def test_one_rank_predicts_with_the_whole_and_several_together():
    model = plain()
    assert to_predict(model) is model
    cut = ShardedMLP.of(model, 3)
    assert to_predict(cut) is model and type(to_predict(ShardedMLP(11, 7, (4,), shards=3))) is MLP

    def predicts_itself(ranks):
        one = ShardedMLP.of(plain(), 3, ranks)
        return to_predict(one) is one

    assert on_ranks(2, predicts_itself) == [True, True]


def test_in_one_process_values_are_shared_and_on_several_they_are_handed_back():
    hand_back(plain())  # nothing to do
    model = plain()
    cut = ShardedMLP.of(model, 3)
    assert all(cut.params[name] is p for name, p in model.params.items()) and cut.whole() is model

    def learn(ranks):
        source, want = plain(), plain(2)
        one = ShardedMLP.of(source, 3, ranks)
        copy_values(want, one)
        before = bits(source)
        hand_back(one)
        return before == bits(plain()), bits(source) == bits(want) == bits(one.whole())

    assert on_ranks(3, learn) == [(True, True)] * 3
    target = plain()
    copy_values(plain(2), target)
    assert bits(target) == bits(plain(2))


@pytest.mark.parametrize("n_ranks", [1, 2, 3])
def test_each_shard_is_a_view_of_its_rows(n_ranks):
    model = plain()

    def parts(ranks):
        one = ShardedMLP.of(model, 3, ranks)
        found = shard_arrays(one, one.params | {"features.W/s": one.params["features.W"]})
        assert all(np.shares_memory(array, one.params[name.partition("/")[0]]) for part in found
                   for name, array in part.items())
        return list(zip(one.shards.own, found))

    for shard, found in (part for of_rank in on_ranks(n_ranks, parts) for part in of_rank):
        labels = slice(shard * 7 // 3, (shard + 1) * 7 // 3)
        for name, array in found.items():
            rows = {"features.W": slice(shard, None, 3), "features.W/s": slice(shard, None, 3), "labels.W": labels,
                    "labels.b": labels}.get(name, slice(None))
            assert np.array_equal(array, model.params[name.partition("/")[0]][rows]), name
    arrays = dict(model.params)
    assert shard_arrays(model, arrays) == [arrays]


@pytest.mark.parametrize("name", ["features.W", "hidden1.b", "labels.W", "labels.b"])
def test_an_array_that_was_replaced_is_noticed(name):
    model = ShardedMLP(11, 7, (4, 3), shards=3)
    model.check()
    dict.__setitem__(model.params, name, model.params[name].copy())
    with pytest.raises(ValueError, match=f"MLP: {name}: want values changed in place"):
        model.check()


def test_what_is_drawn_does_not_depend_on_the_blocks(monkeypatch):
    want = bits(ShardedMLP(11, 7, (4, 3), seed=3, shards=3).whole())
    for n in 1, 4, 9:
        monkeypatch.setattr(sharded_mlp, "BLOCK_NUMBERS", n)
        assert bits(ShardedMLP(11, 7, (4, 3), seed=3, shards=3).whole()) == want
