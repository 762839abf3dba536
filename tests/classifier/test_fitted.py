"""Claim: a training that makes no step leaves a classifier as it was, and copies of a classifier are independent."""

import copy
import pickle
import signal

import numpy as np
import pytest
from problems import bits
from shops import SMALL, shop

from nnlite import MLP, TitleClassifier

QUICK = SMALL | dict(epochs=2)  # 10 steps


@pytest.fixture
def one():
    return TitleClassifier(**QUICK).fit(*shop())


def state_of(classifier):
    return bits(classifier.model_), classifier.threshold_, copy.deepcopy(classifier.training_), classifier.classes_


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("loaded", [False, True])
def test_an_error_before_the_first_step_changes_nothing(loaded, method, one, tmp_path, monkeypatch):
    if loaded:
        one.save(tmp_path / "m")
        one = TitleClassifier.load(tmp_path / "m")
    before, predicted = state_of(one), one.predict(["blue dress"])
    with pytest.raises(ValueError):
        getattr(one, method)([], [])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(MLP, "step", interrupt)
        getattr(one, method)(*shop())
    assert state_of(one) == before and one.predict(["blue dress"]) == predicted
    one.partial_fit(*shop())
    assert one.training_["records"] == 80 and one.training_["steps"] == 10


def test_an_error_in_a_later_step_of_partial_fit_leaves_a_classifier_that_predicts(one):
    def fail(step):
        if step.step == 13:
            raise ZeroDivisionError

    one.partial_fit(*shop(), on_step=fail)
    with pytest.raises(ZeroDivisionError):
        one.partial_fit(*shop(), on_step=lambda step: 1 / 0)
    assert one.predict(["blue dress"])


@pytest.mark.usefixtures("ctrl_c")
def test_validation_scores_stay_after_ctrl_c():
    one = TitleClassifier(**QUICK)
    with pytest.raises(KeyboardInterrupt):
        one.fit(*shop(), validation=shop(8),
                on_step=lambda step: step.step == 7 and signal.raise_signal(signal.SIGINT))
    assert one.training_["steps"] == 7 and [scores["rows"] for scores in one.training_["validation"]] == [8]


def test_validation_titles_that_lose_all_categories_are_an_error_before_the_first_step():
    titles, categories = shop()
    one = TitleClassifier(**QUICK, major=sorted({name for names in categories for name in names})[:2])
    with pytest.raises(ValueError, match="Trainer: validation: want at least 1 row, got none"):
        one.fit(titles, categories, validation=(["blue dress"], [["nothing"]]),
                on_step=lambda step: pytest.fail("a step"))
    assert not hasattr(one, "model_")


@pytest.mark.parametrize("number", [int, np.int64, np.int32])
def test_a_number_of_major_categories_may_be_one_of_numpy(number):
    titles, categories = shop()
    one = TitleClassifier(**QUICK, major=number(2)).fit(titles, categories)
    assert len(one.classes_) == 2 and one.model_.output == "softmax"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_learn_more_independently(copied, one):
    before = state_of(one)
    other = copied(one)
    other.partial_fit(*shop())
    assert state_of(one) == before != state_of(other)
    learnt = state_of(other)
    one.partial_fit(*shop())
    assert state_of(other) == learnt and one.training_["records"] == 80


def test_a_copy_before_fit_is_one_without_a_model(one):
    fresh = TitleClassifier(**QUICK)
    first, second = copy.deepcopy(fresh).partial_fit(*shop()), fresh.partial_fit(*shop())
    assert bits(first.model_) == bits(second.model_) == bits(one.model_)
    first.model_.params["labels.b"][:] = 0
    assert bits(first.model_) != bits(second.model_)


def test_another_model_is_the_one_that_learns_more(one):
    other = MLP.from_params({name: p.copy() for name, p in one.model_.params.items()}, one.model_.activation)
    other.params["labels.b"][:] = -20
    one.model_ = other
    one.partial_fit(*shop())
    assert one.model_.params["labels.b"].max() < -10


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_whose_parameters_are_not_finite_is_not_saved(value, one, tmp_path):
    one.save(tmp_path / "m")
    one.model_.params["features.W"][-1, 0] = value
    with pytest.raises(FloatingPointError, match="features.W: want finite numbers, got NaN or infinity"):
        one.save(tmp_path / "m")
    assert np.isfinite(TitleClassifier.load(tmp_path / "m").model_.params["features.W"]).all()
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        one.partial_fit(*shop())


def test_the_first_loss_of_a_resumed_training_is_that_of_its_first_step(tmp_path):
    settings = QUICK | dict(checkpoints=tmp_path, checkpoint_seconds=0.0)
    losses = []

    def stop(step):
        losses.append(step.loss)
        if step.step == 4:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        TitleClassifier(**settings).fit(*shop(), on_step=stop)
    one = TitleClassifier(**settings).fit(*shop())
    assert one.training_["first_loss"] == losses[0] and one.training_["steps"] == 10
