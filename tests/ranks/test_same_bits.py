"""Claim: any number of ranks trains to the bits of one process with the same number of shards."""

from functools import cache

import pytest
from on_ranks_problems import PROBLEMS, digest, trained
from problems import assert_close, bits
from thread_ranks import on_ranks

from nnlite import MLP, SGD, Trainer
from nnlite.ranks.sharded_mlp import ShardedMLP

alone = cache(digest)


@pytest.mark.parametrize("n_ranks", [2, 3, 4, 8])
@pytest.mark.parametrize("name", PROBLEMS)
def test_ranks_train_to_the_bits_of_one_process(name, n_ranks):
    for found, losses in on_ranks(n_ranks, lambda ranks: digest(name, ranks)):
        assert (found, losses) == alone(name)


@pytest.mark.parametrize("shards, n_ranks", [(5, 2), (6, 4), (7, 7)])
def test_shards_that_ranks_cannot_share_equally(shards, n_ranks):
    want = digest("sigmoid", n_shards=shards)
    assert on_ranks(n_ranks, lambda ranks: digest("sigmoid", ranks, shards)) == [want] * n_ranks


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "weights", "softmax with weights", "chunks", "adam"])
def test_shards_take_the_steps_of_the_network_without(name):
    output = PROBLEMS[name].get("output", "sigmoid")
    plain, history = trained(name, model=MLP(40, 23, (16, 11), "relu", 3, output))
    cut, losses = trained(name)
    assert_close(losses.loss, history.loss)
    for parameter in plain.params:
        assert_close(cut.params[parameter], plain.params[parameter], 2e-4 if name == "adam" else 1e-4, parameter)
        # Adam divides by the root of small squares: a gradient's rounding is a larger fraction of its step


def test_a_given_network_is_trained_in_place():
    model = MLP(40, 23, (16, 11), "relu", 3)
    trained("sigmoid", model=model, shards=8)
    cut, _ = trained("sigmoid")
    assert bits(model) == bits(cut)


def test_one_shard_is_the_network_without():
    model, plain = (MLP(40, 23, (16, 11), "relu", 3) for _ in range(2))
    trained("sigmoid", model=model, shards=1)
    trained("sigmoid", model=plain)
    assert bits(model) == bits(plain)


@pytest.mark.parametrize("shards, error", [(0, ValueError), (2.0, TypeError), (4097, ValueError)])
def test_other_numbers_of_shards_are_refused(shards, error):
    with pytest.raises(error, match="shards: want"):
        Trainer(MLP(4, 3), SGD(0.1), shards=shards)


def test_more_ranks_than_shards_are_refused():
    with pytest.raises(ValueError, match="shards: want at least as many as ranks, 3, got 2"):
        on_ranks(3, lambda ranks: ShardedMLP(4, 3, shards=2, ranks=ranks))


def test_ranks_with_other_settings_are_refused():
    with pytest.raises(ValueError, match="settings and data: want the same on all ranks"):
        on_ranks(2, lambda ranks: trained("sigmoid", ranks, epochs=3 + ranks.rank))


def test_an_error_of_one_rank_ends_the_others():
    def stop(step):
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        on_ranks(3, lambda ranks: trained("sigmoid", ranks, on_step=stop if ranks.rank == 1 else None))
