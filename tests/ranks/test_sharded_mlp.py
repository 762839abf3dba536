"""Claim: ranks begin with the parameters of one network, hold their share of them, and give all of it back."""

import numpy as np
import pytest
from problems import bits, small_pieces
from thread_ranks import on_ranks

from nnlite import MLP, AdaGrad
from nnlite.ranks import sharded_mlp
from nnlite.ranks.sharded_mlp import ShardedMLP, new_mlp, whole


@pytest.mark.parametrize("n_ranks", [1, 3, 4])
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_ranks_begin_with_the_parameters_of_an_mlp(output, n_ranks, monkeypatch):
    monkeypatch.setattr(sharded_mlp, "BLOCK_NUMBERS", 70)  # drawn in several blocks
    frequencies = np.linspace(0, 1, 23)
    want = MLP(41, 23, (16, 11), "relu", 7, output)
    want.init_label_bias(frequencies)

    def make(ranks):
        model = ShardedMLP(41, 23, (16, 11), "relu", 7, output, 5, ranks)
        model.init_label_bias(frequencies)
        model.check()
        return bits(model.whole()), bits(ShardedMLP.of(want, 5, ranks).whole())

    assert on_ranks(n_ranks, make) == [(bits(want), bits(want))] * n_ranks


@pytest.mark.parametrize("n_ranks, most", [(2, 0.55), (4, 0.30)])
def test_a_rank_holds_its_share_of_parameters_and_state(n_ranks, most):
    def held(ranks):
        model, optimizer = ShardedMLP(3_001, 5_003, (20,), shards=8, ranks=ranks), AdaGrad(0.1)
        optimizer.start(model.params)
        return sum(array.nbytes for array in (model.params | optimizer.state).values())

    [alone] = on_ranks(1, held)
    assert max(on_ranks(n_ranks, held)) <= most * alone


def test_small_layers_that_differ_between_ranks_are_noticed():
    def make(ranks):
        model = ShardedMLP(9, 7, (4, 3), shards=4, ranks=ranks)
        model.params["hidden1.W"][0, 0] += ranks.rank
        model.whole()

    with pytest.raises(ValueError, match="hidden layers after the same steps: want the same on all ranks"):
        on_ranks(2, make)


def test_one_shard_is_an_mlp_and_an_mlp_is_whole():
    model = new_mlp(9, 7, hidden=(4,), shards=1)
    assert type(model) is MLP and whole(model) is model
    assert type(new_mlp(9, 7, hidden=(4,), shards=2)) is ShardedMLP


@pytest.mark.parametrize("wrong", [dict(activation="cubic"), dict(output="cubic"), dict(hidden=()), dict(shards=1)])
def test_what_an_mlp_refuses_is_refused(wrong):
    with pytest.raises(ValueError):
        ShardedMLP(9, 7, **wrong)


def test_a_share_is_no_network_of_its_own():
    with pytest.raises(TypeError, match="save the model to copy it"):
        ShardedMLP.from_params(dict(ShardedMLP(9, 7, (4,), shards=2).params))


def test_the_pieces_of_a_step_are_those_of_the_largest_shard(monkeypatch):
    small_pieces(monkeypatch)
    layer = ShardedMLP(41, 23, (16, 11), "relu", 7, "sigmoid", 2).labels  # 11 and 12 labels: 3 tiles of 4, 3 of 4
    sizes = [part.own.stop - part.own.start for part in layer.parts]
    assert min(sizes) < max(sizes)
    want = [part.pieces(61) for part in layer.parts]
    assert want[0] != want[1] and layer.pieces(61) == want[sizes.index(max(sizes))]
