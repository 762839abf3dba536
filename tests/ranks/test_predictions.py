"""Claim: ranks predict and score together, with the bits of one process, and about as the network without shards."""

import numpy as np
import pytest
from on_ranks_problems import problem_data
from problems import assert_close
from thread_ranks import on_ranks

from nnlite import MLP, evaluate
from nnlite.ranks import sharded_mlp
from nnlite.ranks.sharded_mlp import ShardedMLP
from nnlite.scores.calibration import best_threshold, report
from nnlite.scores.evaluation import count_by_label

SHARDS = 5
DATA = {output: problem_data(output=output) for output in ("sigmoid", "softmax")}


@pytest.fixture(autouse=True)
def several_sums(monkeypatch):
    """Some rows are added up after others."""
    monkeypatch.setattr(sharded_mlp, "SUMMED_ROWS", 17)


def plain(output, n_words=40, n_labels=23):
    """A network with logits of all sizes, and some that are equal."""
    model = MLP(n_words, n_labels, (16, 11), "relu", 3, output)
    for p in model.params.values():
        p *= 3
    model.params["labels.W"][[3, 4, 20]] = model.params["labels.W"][9]
    return model


def found(model, data):
    """What predicts and scores, as a list of arrays and numbers."""
    above = model.above(data.x, np.linspace(0.3, 0.6, model.n_labels))
    scores = evaluate(model, data, thresholds=0.4, threads=2)
    reliability = report(model, data, threads=2)["reliability"]
    return [model.logits(data.x), *model.top_k(data.x, 6), *model.top_k(data.x, 1), above.indptr, above.indices,
            above.data, np.array(list(scores.values())), best_threshold(model, data.x, threads=1),
            count_by_label(model, data, 0.4), *(part for one in reliability.values() for part in one)]


@pytest.mark.parametrize("n_ranks", [2, 3, 5])
@pytest.mark.parametrize("output", DATA)
def test_ranks_find_what_one_process_finds(output, n_ranks):
    data = DATA[output]
    [alone] = on_ranks(1, lambda ranks: found(ShardedMLP.of(plain(output), SHARDS, ranks), data))
    for several in on_ranks(n_ranks, lambda ranks: found(ShardedMLP.of(plain(output), SHARDS, ranks), data)):
        assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(alone, several, strict=True))


@pytest.mark.parametrize("output", DATA)
def test_about_the_same_is_found_without_shards(output):
    data, model = DATA[output], plain(output)
    cut = ShardedMLP.of(model, SHARDS)
    assert_close(cut.logits(data.x), model.logits(data.x))
    got, want = evaluate(cut, data), evaluate(model, data)
    assert got.keys() == want.keys()
    assert_close(np.array(list(got.values())), np.array(list(want.values())))


def test_more_ranks_than_labels():
    data = problem_data(n_words=2, n_labels=3)
    want, *others = (on_ranks(n, lambda ranks: ShardedMLP(2, 3, (4,), shards=6, ranks=ranks).top_k(data.x, 3))[0]
                     for n in (1, 3, 6))
    for got in others:
        assert all(np.array_equal(one, other) for one, other in zip(got, want))


def test_equal_logits_come_in_the_order_of_labels():
    data = DATA["sigmoid"]

    def top(ranks):
        model = ShardedMLP(data.n_words, data.n_labels, (4,), shards=4, ranks=ranks)
        model.params["labels.W"][...] = 0
        return model.top_k(data.x, 9)[0]

    for ids in on_ranks(4, top):
        assert (ids == np.arange(9)).all()


def test_a_logit_that_is_not_finite_is_an_error_on_all_ranks():
    data = DATA["sigmoid"]

    def top(ranks):
        model = ShardedMLP(data.n_words, data.n_labels, (4,), shards=4, ranks=ranks)
        if ranks.rank == 1:
            model.params["labels.b"][0] = np.nan
        with pytest.raises(FloatingPointError, match="logits"):
            model.top_k(data.x, 3)

    on_ranks(2, top)
