"""Claim: what would fail after an epoch or a checkpoint is refused before the first step."""

import pytest
from problems import random_dataset, random_model

from nnlite import SGD, Trainer


def test_validation_data_that_cannot_be_scored_are_refused_before_the_first_step():
    data, settings = random_dataset(), dict(epochs=1)
    for validation, message in ((random_dataset(n_labels=22), "the model has 23 labels, the data 22"),
                                (random_dataset(n_words=41), "the model has 40 words, the data 41"),
                                (data.take(slice(0, 0)), "want at least 1 row, got none")):
        with pytest.raises(ValueError, match=f"Trainer: validation: {message}"):
            Trainer(random_model(data), SGD(0.1), **settings).fit(
                data, validation, on_step=lambda step: pytest.fail("a step"))


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
