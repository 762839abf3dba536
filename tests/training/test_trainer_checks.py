"""Claim: what would fail after an epoch or a checkpoint is refused before the first step."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
from problems import random_dataset, random_model

from nnlite import MLP, SGD, AdaGrad, Dataset, Trainer
from nnlite.training.trainer import linear_decay


def test_validation_data_that_cannot_be_scored_are_refused_before_the_first_step():
    data, settings = random_dataset(), dict(epochs=1)
    for validation, message in ((random_dataset(n_labels=22), "the model has 23 labels, the data 22"),
                                (random_dataset(n_words=41), "the model has 40 words, the data 41"),
                                (data.take(slice(0, 0)), "want at least 1 row, got none")):
        with pytest.raises(ValueError, match=f"Trainer: validation: {message}"):
            Trainer(random_model(data), SGD(0.1), **settings).fit(
                data, validation, on_step=lambda step: pytest.fail("a step"))


def test_rows_of_several_labels_cannot_validate_a_softmax():
    one_each = np.eye(23, dtype=np.float32)[np.arange(61) % 23]
    data = Dataset(random_dataset().x, sp.csr_array(one_each))
    several = Dataset(data.x, sp.csr_array(np.maximum(one_each, one_each[::-1])))
    trainer = Trainer(MLP(40, 23, (4,), output="softmax"), SGD(0.1), epochs=1)
    with pytest.raises(ValueError, match="softmax: want at most one label in a row, got 2 in row 0"):
        trainer.fit(data, several, on_step=lambda step: pytest.fail("a step"))
    assert len(trainer.fit(data, data).validation) == 1


def test_the_number_of_threads_reaches_the_validation(monkeypatch):
    seen = []
    monkeypatch.setattr("nnlite.training.trainer.evaluate", lambda *_, threads: seen.append(threads))
    Trainer(random_model(random_dataset()), SGD(0.1), epochs=2, threads=3).fit(random_dataset(), random_dataset())
    assert seen == [3, 3]


@pytest.mark.parametrize("arguments, error", [
    (dict(epochs=2.0), TypeError), (dict(batch_rows="9"), TypeError), (dict(checkpoint_seconds=-1), ValueError),
    (dict(checkpoint_seconds=float("nan")), ValueError), (dict(dropout=float("nan")), ValueError)])
def test_numbers_of_another_kind_are_refused(arguments, error):
    with pytest.raises(error, match=f"Trainer: {list(arguments)[0]}: want "):
        Trainer(random_model(random_dataset()), SGD(0.1), **arguments)


@pytest.mark.parametrize("arguments, message", [
    (dict(batch_rows=0), "batch_rows: want at least 1, got 0"),
    (dict(epochs=0), "epochs: want at least 1, got 0"),
    (dict(negligible=-0.1), "negligible: want at least 0 and less than 1, got -0.1"),
    (dict(order="random"), "order: want 'shuffled' or 'chunks', got 'random'"),
    (dict(reduction="max"), "reduction: want 'sum' or 'mean', got 'max'"),
    (dict(threads=0), "threads: want at least 1, got 0"),
])
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Trainer(random_model(random_dataset()), SGD(0.1), **arguments)


@pytest.mark.parametrize("factor", ["0.5", None, True, float("nan"), float("inf"), -0.5, 10**400, [1.0]])
@pytest.mark.parametrize("with_checkpoints", [False, True])
def test_a_schedule_that_makes_no_factor_is_refused_before_the_first_step(factor, with_checkpoints, tmp_path):
    data = random_dataset()
    one = Trainer(random_model(data), SGD(0.1), batch_rows=16, schedule=lambda progress: factor,
                  checkpoints=tmp_path if with_checkpoints else None)
    message = f"Trainer: schedule: want a finite number of at least 0, got {factor!r:.60}"
    with pytest.raises(ValueError, match=re.escape(message)):
        one.fit(data, on_step=lambda step: pytest.fail("a step"))


@pytest.mark.parametrize("lr", [0, -1, float("inf"), float("nan")])
def test_impossible_learning_rates_are_refused(lr):
    with pytest.raises(ValueError, match="AdaGrad: want a learning rate above 0"):
        AdaGrad(lr)


def test_data_that_do_not_fit_are_refused():
    data = random_dataset()
    model = random_model(data)
    with pytest.raises(ValueError, match="the model has 40 words and 23 labels, the data 40 and 22"):
        Trainer(model, SGD(0.1)).fit(random_dataset(n_labels=22))
    for weights in np.ones(22), -np.ones(23), np.full(23, np.nan):
        with pytest.raises(ValueError, match="Trainer: label_weights: want 23 finite numbers of at least 0, got"):
            Trainer(model, SGD(0.1), label_weights=weights)
    with pytest.raises(ValueError, match="^weights: want 61 finite numbers of at least 0, got an array of shape"):
        Dataset(data.x, data.y, np.ones(60))
    with pytest.raises(ValueError, match="want at least one row"):
        Trainer(model, SGD(0.1)).fit([])
    with pytest.raises(ValueError, match="can be gone through 8 times, got an iterator"):
        Trainer(model, SGD(0.1)).fit(iter([data]))
    with pytest.raises(ValueError, match="want data that tell their length, .* got list_iterator"):
        Trainer(model, SGD(0.1), epochs=1, schedule=linear_decay).fit(iter([data]))


@pytest.mark.parametrize("name", ["dropout", "word_dropout", "negligible"])
@pytest.mark.parametrize("share", [-1e-9, 1, float("nan")])
def test_shares_outside_of_0_to_1_are_refused(name, share):
    with pytest.raises(ValueError, match=f"^Trainer: {name}: want at least 0 and less than 1, got {share}$"):
        Trainer(random_model(random_dataset()), SGD(0.1), **{name: share})
    Trainer(random_model(random_dataset()), SGD(0.1), **{name: 0})
    Trainer(random_model(random_dataset()), SGD(0.1), **{name: 0.9999})


def test_a_list_of_datasets_without_rows_and_a_later_chunk_that_does_not_fit_are_refused():
    data, model = random_dataset(), random_model(random_dataset())
    with pytest.raises(ValueError, match="want at least one row to train on, got none"):
        Trainer(model, SGD(0.1)).fit([data.take(slice(0, 0))] * 2)
    with pytest.raises(ValueError, match="the model has 40 words and 23 labels, the data 39 and 23"):
        Trainer(model, SGD(0.1), order="chunks").fit([data, random_dataset(n_words=39)])


@pytest.mark.parametrize("arguments, error, message", [
    (dict(seed=-1), ValueError, "seed: want an integer from 0"), (dict(seed=2**128), ValueError, "seed: want an int"),
    (dict(checkpoints=3), TypeError, "checkpoints: want a path"), (dict(schedule=0.5), TypeError, "schedule: want a f"),
    (dict(checkpoints="a\0"), ValueError, "checkpoints: want a path"), (dict(order=None), ValueError, "order: want"),
    (dict(precision="float16"), ValueError, "float16"), (dict(optimizer=0.1), TypeError, "optimizer: want Optimizer"),
    (dict(model=None), TypeError, "model: want MLP, got NoneType"),
    (dict(batch_rows=True), TypeError, "batch_rows: want an integer"), (dict(label_weights="a"), TypeError, "label_w")])
def test_settings_of_another_kind_or_beyond_their_range(arguments, error, message):
    with pytest.raises(error, match=message):
        Trainer(**dict(model=random_model(random_dataset()), optimizer=SGD(0.1)) | arguments)


def test_settings_at_the_ends_of_their_range_are_taken_and_become_plain():
    one = Trainer(random_model(random_dataset()), SGD(0.1), seed=np.int64(5), batch_rows=np.int32(1), epochs=1,
                  checkpoint_seconds=0, dropout=np.float32(0.5), label_weights=np.zeros(23))
    assert Trainer(one.model, SGD(0.1), seed=2**128 - 1, checkpoint_seconds=float("inf"), epochs=2**63 - 1).seed > 0
    checked = one._checked()
    assert [type(value) for value in (checked.seed, checked.batch_rows, checked.dropout)] == [int, int, float]


def test_weights_of_labels_that_change_later_count_as_they_were():
    weights = np.ones(23, np.float32)
    one = Trainer(random_model(random_dataset()), SGD(0.1), label_weights=weights)
    weights[:] = 7
    assert one.label_weights.tolist() == [1] * 23


class Endless:
    """Datasets that can be gone through again, but do not tell how many they are."""

    def __init__(self, *datasets):
        self.datasets = datasets

    def __iter__(self):
        return iter(self.datasets)


@pytest.mark.parametrize("once, order, epochs, is_refused", [
    (True, "shuffled", 2, True), (True, "shuffled", 1, False), (True, "chunks", 2, False),
    (False, "shuffled", 2, False)])
def test_what_can_be_gone_through_once_is_trained_on_once(once, order, epochs, is_refused):
    data = random_dataset()
    one = Trainer(random_model(data), SGD(0.1), batch_rows=61, order=order, epochs=epochs)
    chunks = iter([data]) if once else Endless(data)
    if is_refused:
        with pytest.raises(ValueError, match=f"can be gone through {epochs} times, got an iterator"):
            one.fit(chunks)
    else:
        assert one.n_steps(Endless(data)) is None and len(one.fit(chunks).loss) == epochs
