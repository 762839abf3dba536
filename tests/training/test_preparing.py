"""Claim: a batch is prepared once, during the step before it if both are of one round; errors come at its own step."""

import threading

import numpy as np
import pytest
from problems import bits, random_dataset, random_model, trainer

from nnlite import SGD, Trainer
from nnlite.network.network import Network
from nnlite.training.batches import Batch
from nnlite.training.preparing import Preparation


@pytest.fixture
def events(monkeypatch):
    """What a training does: each call of `prepare`, and the beginning and end of each step."""
    seen, lock = [], threading.Lock()

    def noted(name, before, after=None):
        function = getattr(Network, name)

        def call(*args):
            with lock:
                seen.append(before)
            result = function(*args)
            with lock:
                seen.append(after) if after else None
            return result
        monkeypatch.setattr(Network, name, call)

    noted("prepare", "prepare")
    noted("step", "begin", "end")
    return seen


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("order, n_rounds", [("shuffled", 2), ("chunks", 4)])
def test_each_batch_of_a_round_but_the_first_is_prepared_during_a_step(events, order, n_rounds, threads):
    """61 rows in batches of 16, two epochs: a round is an epoch, or a chunk of one batch with its epochs."""
    data = random_dataset()
    Trainer(random_model(data), SGD(0.1), batch_rows=16, epochs=2, order=order, threads=threads).fit(data)
    a_round = ["prepare", *["begin", "prepare", "end"] * (8 // n_rounds - 1), "begin", "end"]
    assert events == a_round * n_rounds


@pytest.mark.parametrize("order", ["shuffled", "chunks"])
def test_what_is_prepared_ahead_is_what_would_be_later(order, monkeypatch):
    data, one, later = random_dataset(), trainer(SGD(0.1), order=order), trainer(SGD(0.1), order=order)
    one.fit(data)
    monkeypatch.setattr(Preparation, "ahead", lambda *_: None)
    later.fit(data)
    assert bits(one.model) == bits(later.model) and one.history.loss == later.history.loss


def test_an_error_of_a_batch_comes_when_its_step_does(monkeypatch):
    """The second batch cannot be read: the first step is whole, and told."""
    data, steps, arrays = random_dataset(), [], Batch.arrays

    def second_fails(batch):
        if batch.rows.start == 16:
            raise MemoryError("too many")
        return arrays(batch)

    monkeypatch.setattr(Batch, "arrays", second_fails)
    model = random_model(data)
    one = Trainer(model, SGD(0.1), batch_rows=16, epochs=1, order="chunks")
    want = random_model(data)
    Trainer(want, SGD(0.1), batch_rows=16, epochs=1, order="chunks").fit(data.take(slice(0, 16)))
    with pytest.raises(MemoryError, match="^too many$"):
        one.fit(data.chunks(61), on_step=lambda step: steps.append(step.step))
    assert steps == [1] and bits(model) == bits(want)


def test_a_chunk_of_other_sizes_is_refused_at_its_step():
    data, steps = random_dataset(), []
    with pytest.raises(ValueError, match="^Trainer: the model has 40 words and 23 labels, the data 41 and 23$"):
        Trainer(random_model(data), SGD(0.1), batch_rows=100, epochs=1).fit(
            iter([data, random_dataset(n_words=41)]), on_step=lambda step: steps.append(step.step))
    assert steps == [1]


def test_the_settings_of_a_step_are_those_of_its_number():
    """Whether it was prepared ahead or not."""
    data = random_dataset()
    one = Trainer(random_model(data), SGD(0.1), batch_rows=16, epochs=1, dropout=0.5, word_dropout=0.5)
    ahead, now = Preparation(one), Preparation(one)
    batch = Batch(1, data, np.arange(16), following=Batch(1, data, np.arange(16, 32)))
    ahead.of(batch, 5)
    ahead.ahead(batch, 5)()
    got, want = ahead.of(batch.following, 6), now.of(batch.following, 6)
    assert got.settings == want.settings and got.settings.stream != now.of(batch, 5).settings.stream
    for one, other in (got.words.x, want.words.x), (got.words.xt, want.words.xt), (got.y, want.y):
        np.testing.assert_array_equal(one.indptr, other.indptr)
        for a, b in zip(one[1:], other[1:]):
            np.testing.assert_array_equal(a[:one.indptr[-1]], b[:one.indptr[-1]])
    np.testing.assert_array_equal(got.words.ids, want.words.ids)
    assert ahead.ahead(batch.following, 6) is None
