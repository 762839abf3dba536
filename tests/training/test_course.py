"""Claim: a training learns by its schedule, and reports every step."""

import numpy as np
import pytest
from problems import exact, random_dataset, random_model

from nnlite import SGD, AdaGrad, Dataset, Trainer, evaluate
from nnlite.training.trainer import constant, linear_decay


@pytest.mark.parametrize("order, rounds", [("shuffled", 3), ("chunks", 4)])
def test_history_and_on_step_tell_the_course(order, rounds):
    """Three epochs of 61 rows in batches of 16: with "chunks" validation comes after each of the four chunks."""
    data = random_dataset()
    model, steps = random_model(data), []
    trainer = Trainer(model, AdaGrad(0.1), batch_rows=16, epochs=3, order=order)
    history = trainer.fit(data, validation=data, on_step=steps.append)
    assert [s.step for s in steps] == list(range(1, 13)) and {s.n_steps for s in steps} == {12}
    assert [s.loss for s in steps] == history.loss and [s.rows for s in steps] == history.rows
    assert len(history.validation) == rounds and history.validation[-1] == evaluate(model, data)
    assert history.seconds == steps[-1].seconds > 0


def test_training_learns():
    """Labels that are a function of the words are learnt: the loss falls to a tenth."""
    words = random_dataset(n_rows=300, n_words=12, n_labels=12).y
    data = Dataset(words, words)
    history = Trainer(random_model(data, (24,), "relu"), AdaGrad(0.1), batch_rows=20, epochs=30).fit(data)
    assert history.loss[-1] < 0.1 * history.loss[0]


def test_training_learns_without_the_negligible_gradients():
    """Where all are negligible nothing moves; below 0.01 a probability is as good as 0."""
    words = random_dataset(n_rows=300, n_words=12, n_labels=12).y
    data, losses = Dataset(words, words), {}
    for negligible in 0, 0.01, 0.999:
        model = random_model(data, (24,), "relu")
        before = exact(model.params)
        trainer = Trainer(model, AdaGrad(0.1), batch_rows=20, epochs=30, negligible=negligible)
        losses[negligible] = trainer.fit(data).loss
        if negligible == 0.999:
            assert all(np.array_equal(model.params[name], p) for name, p in before.items())
    assert losses[0][0] == losses[0.01][0] and losses[0] != losses[0.01]
    assert losses[0.01][-1] < 0.01


def test_a_trainer_has_the_documented_defaults(monkeypatch):
    monkeypatch.setattr("nnlite.system.ranks.usable_cores", lambda: 3)
    trainer = Trainer(random_model(random_dataset()), SGD(0.1))
    want = dict(batch_rows=512, epochs=8, order="shuffled", reduction="sum", seed=0, dropout=0.0, word_dropout=0.0,
                schedule=constant, negligible=0.0, label_weights=None, checkpoints=None, checkpoint_seconds=300.0)
    assert {name: getattr(trainer, name) for name in want} == want
    assert trainer.workers.threads == 3


def test_the_schedules():
    assert [constant(progress) for progress in (0.0, 0.25, 1.0)] == [1, 1, 1]
    assert [linear_decay(progress) for progress in (0.0, 0.25, 1.0)] == [1, 0.75, 0]


def test_the_factor_of_the_learning_rate_is_that_of_the_steps_before():
    asked = []
    trainer = Trainer(random_model(random_dataset()), SGD(0.5), 16, epochs=1,
                      schedule=lambda progress: asked.append(progress) or 0.0)
    before = trainer.model.params["labels.W"].copy()
    trainer.fit(random_dataset())
    assert asked == [0, 0.25, 0.5, 0.75]
    np.testing.assert_array_equal(trainer.model.params["labels.W"], before)


@pytest.mark.parametrize("order, epochs", [("shuffled", [1] * 4 + [2] * 4), ("chunks", [1, 2] * 4)])
def test_on_step_receives_the_epoch(order, epochs):
    steps = []
    Trainer(random_model(random_dataset()), SGD(0.1), 16, epochs=2, order=order).fit(
        random_dataset(), on_step=steps.append)
    assert [step.epoch for step in steps] == epochs
