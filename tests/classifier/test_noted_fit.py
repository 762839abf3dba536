"""Claim: the figures of a training are those of its steps, whether it ended, was interrupted, resumed or came later."""

import numpy as np
import pytest
from problems import random_dataset
from shops import SMALL, shop

from nnlite.classifier import noted_fit as module
from nnlite.classifier.noted_fit import noted_fit
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.training.history import History
from nnlite.training.trainer import Step

QUICK = SMALL | dict(epochs=2)  # 10 steps


class Scripted:
    """In the place of a Trainer: its losses are given, a step takes 0.12345 s, and it may stop before its end."""

    def __init__(self, losses, error=None, new=None):
        self.losses, self.error, self.new = losses, error, len(losses) if new is None else new

    def n_steps(self, data):
        return 99

    def fit(self, data, validation, on_step):
        n = len(self.losses)
        for step in range(n - self.new + 1, n + 1):
            on_step(Step(step, 99, 1, 8, self.losses[step - 1], 0.12345 * step))
        self.history = History(self.losses, [8] * n, [{"bce": 0.5}] * (not self.error), 0.12345 * n)
        if self.error:
            raise self.error
        return self.history


def noted(trainer, seen=None, on_step=None):
    seen = {} if seen is None else seen
    return noted_fit(trainer, random_dataset(), None, on_step, seen), seen


def test_the_figures_are_those_of_the_steps():
    interrupted, seen = noted(Scripted([4.0, 2.0, 1.0]))
    assert not interrupted
    assert seen == dict(records=61, n_steps=99, steps=3, first_loss=4.0, last_loss=1.0, seconds=0.37,
                        validation=[{"bce": 0.5}], curve=[[1, 4.0], [2, 2.0], [3, 1.0]])


def test_the_figures_of_an_interrupted_training_are_those_of_its_steps():
    interrupted, seen = noted(Scripted([4.0, 2.0], KeyboardInterrupt()))
    assert interrupted
    assert seen == dict(records=61, n_steps=99, steps=2, first_loss=4.0, last_loss=2.0, seconds=0.247, validation=[],
                        curve=[[1, 4.0], [2, 2.0]])


def test_the_figures_of_a_training_that_fails_are_those_of_its_last_step():
    seen = {"records": 4}
    with pytest.raises(ZeroDivisionError):
        noted(Scripted([4.0, 2.0], ZeroDivisionError()), seen)
    assert seen == dict(records=65, n_steps=99, steps=2, first_loss=4.0, last_loss=2.0, seconds=0.247, validation=[])


@pytest.mark.parametrize("points, curve", [
    (1, [[5, 3.0]]), (2, [[3, 4.0], [5, 1.5]]), (4, [[2, 4.5], [3, 3.0], [4, 2.0], [5, 1.0]]),
    (5, [[1, 5.0], [2, 4.0], [3, 3.0], [4, 2.0], [5, 1.0]]), (6, [[1, 5.0], [2, 4.0], [3, 3.0], [4, 2.0], [5, 1.0]])])
def test_a_point_of_the_curve_is_its_last_step_and_the_mean_loss_since_the_point_before(points, curve, monkeypatch):
    monkeypatch.setattr(module, "CURVE_POINTS", points)
    assert noted(Scripted([5.0, 4.0, 3.0, 2.0, 1.0]))[1]["curve"] == curve


def test_a_curve_has_200_points_at_most():
    for n_steps, n_points in (199, 199), (200, 200), (201, 200):
        curve = noted(Scripted([1.0] * n_steps))[1]["curve"]
        assert len(curve) == n_points and curve[-1][0] == n_steps


def test_a_later_training_continues_the_curve_and_keeps_the_first_loss():
    _, seen = noted(Scripted([4.0, 3.0]))
    _, seen = noted(Scripted([2.0, 1.0, 0.5]), seen)
    assert seen["curve"] == [[1, 4.0], [2, 3.0], [3, 2.0], [4, 1.0], [5, 0.5]]
    assert (seen["records"], seen["steps"], seen["first_loss"], seen["last_loss"]) == (122, 3, 4.0, 0.5)


def test_a_later_training_does_not_keep_the_validation_of_an_earlier_one():
    _, seen = noted(Scripted([4.0]))
    _, seen = noted(Scripted([2.0], KeyboardInterrupt()), seen)
    assert seen["validation"] == []


def test_a_later_training_that_is_interrupted_before_its_first_step_raises():
    _, seen = noted(Scripted([4.0]))
    with pytest.raises(KeyboardInterrupt):
        noted(Scripted([], KeyboardInterrupt()), seen)
    assert seen["steps"] == 0


def test_of_a_training_that_was_finished_before_the_figures_are_those_of_its_history():
    _, seen = noted(Scripted([4.0, 2.0, 1.0], new=0))
    assert seen == dict(records=61, n_steps=99, steps=3, first_loss=4.0, last_loss=1.0, seconds=0.37,
                        validation=[{"bce": 0.5}])


def test_of_a_resumed_training_all_steps_and_seconds_count():
    _, seen = noted(Scripted([4.0, 2.0, 1.0], new=1))
    assert (seen["steps"], seen["last_loss"], seen["seconds"], seen["curve"]) == (3, 1.0, 0.37, [[3, 1.0]])
    assert seen["first_loss"] == 4.0


def test_validation_and_on_step_reach_the_trainer():
    """Through `fit`: a score after each of two epochs, and 10 steps."""
    steps = []
    one = TitleClassifier(**QUICK).fit(*shop(), validation=shop(8), on_step=steps.append)
    assert [scores["rows"] for scores in one.training_["validation"]] == [8, 8]
    assert [step.step for step in steps] == list(range(1, 11))


def test_losses_and_curve_can_be_written_as_json():
    """They are Python's numbers, not NumPy's."""
    _, seen = noted(Scripted([np.float64(4.0), np.float64(2.0)]))
    assert {type(number) for point in seen["curve"] for number in point} == {int, float}
