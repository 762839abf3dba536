"""Claim: `Steps` takes the steps of the batches in their order, also after an epoch of fewer of them."""

import pytest
from problems import bits, random_dataset, random_model, take_step

from benchmarks.speed.steps import Steps
from nnlite import SGD
from nnlite.network.label_step import StepSettings
from nnlite.system.threads import team

SETTINGS = StepSettings(1 / 20, word_dropout=0.5, stream=3)


def started(model):
    optimizer = SGD(0.1)
    optimizer.start(model.params)
    return optimizer


@pytest.mark.parametrize("n_batches", [(4, 4), (1, 4), (1, 1, 3)])
def test_epochs_begin_with_the_first_batch(n_batches):
    data = random_dataset()
    got, want = random_model(data), random_model(data)
    parts = data.chunks(20)
    steps, optimizer = Steps(got, [(*part.arrays(), SETTINGS) for part in parts]), started(got)
    losses = [loss for n in n_batches for loss in steps.epoch(optimizer, team(2), n)]
    by_hand = started(want)
    for n in n_batches:
        for part in parts[:n]:
            by_hand.next_step()
            assert losses.pop(0) == take_step(want, part, SETTINGS, by_hand, team(1))
    assert bits(got) == bits(want) and not losses
