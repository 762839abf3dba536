"""Claim: two trainings are the same if all that decides their bits is, and each step's learning rate counts."""

import pytest
from problems import random_dataset, random_model

from nnlite import SGD, AdaGrad, Trainer
from nnlite.training import identity as module
from nnlite.training.identity import identity

CHUNKS = type("Chunks", (), {"crc32": lambda self: "crc"})()


def of(n_steps=10, optimizer=None, **settings):
    one = Trainer(random_model(random_dataset(), (9,), "relu"), optimizer or AdaGrad(0.1), **settings)
    return identity(one, n_steps, CHUNKS)


@pytest.mark.parametrize("step, counts", [(0, True), (1, True), (9, True), (10, False), (0.5, False)])
def test_the_rate_of_every_step_counts(step, counts):
    def but_one(progress):
        return 0.5 if progress == step / 10 else 1.0

    assert (of() != of(schedule=but_one)) == counts


@pytest.mark.parametrize("n_steps, most, n_seen", [(10, 10, 10), (10, 9, 5), (10, 4, 4), (10, 1, 1), (0, 4, 0),
                                                   (None, 4, 0)])
def test_of_many_steps_some_rates_are_compared_at_most_so_many(monkeypatch, n_steps, most, n_seen):
    monkeypatch.setattr(module, "MOST_RATES", most)
    seen = []
    of(n_steps, schedule=lambda progress: seen.append(progress) or 1.0)
    assert len(seen) == n_seen and seen == sorted(set(seen)) and seen[:1] == [0][:n_seen]
    assert module.MOST_RATES == most and of(n_steps)["n_steps"] == n_steps


@pytest.mark.parametrize("change", [
    dict(batch_rows=7), dict(epochs=3), dict(order="chunks"), dict(reduction="mean"), dict(seed=1), dict(dropout=0.5),
    dict(word_dropout=0.5), dict(negligible=0.5), dict(precision="bfloat16"), dict(label_weights=[2.0] * 23),
    dict(shards=2), dict(optimizer=SGD(0.1)), dict(optimizer=AdaGrad(0.2)),
    dict(optimizer=AdaGrad(0.1, by_row=["labels.W"])),
    dict(n_steps=11)], ids=", ".join)
def test_what_decides_the_bits_is_compared(change):
    assert of(**change) != of() == of(threads=2, checkpoints="c", checkpoint_seconds=1.0)
