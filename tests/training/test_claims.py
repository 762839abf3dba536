"""Claim: a model, an optimiser and a classifier are trained by one training at a time; others get an error at once."""

import threading

import numpy as np
import pytest
from problems import bits, random_dataset, random_model
from shops import SMALL, shop

from nnlite import MLP, AdaGrad, TitleClassifier, Trainer
from nnlite.training.claims import claimed


def trainer(model=None, optimizer=None, **settings):
    settings = dict(epochs=1, batch_rows=16) | settings
    return Trainer(model or random_model(random_dataset()), optimizer or AdaGrad(0.1), **settings)


def in_another_thread(function):
    """The error of a call in another thread, or None."""
    errors = []

    def call():
        try:
            function()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return errors[0] if errors else None


@pytest.mark.parametrize("same", ["trainer", "model", "optimizer", "parameters"])
@pytest.mark.parametrize("nested", [True, False])
def test_what_is_training_is_not_trained_again_at_the_same_time(same, nested):
    data, one = random_dataset(), trainer()
    other = {"trainer": one, "model": trainer(one.model), "optimizer": trainer(None, one.optimizer),
             "parameters": trainer(MLP.from_params(one.model.params))}[same]
    alone = trainer()
    alone.fit(data)

    def again(step):
        if nested:
            with pytest.raises(RuntimeError, match="one training at a time, got one that is already training"):
                other.fit(data)
        else:
            assert isinstance(in_another_thread(lambda: other.fit(data)), RuntimeError)

    one.fit(data, on_step=again)
    assert bits(one.model) == bits(alone.model)
    other.fit(data)  # it can be trained afterwards


def test_an_error_in_on_step_ends_the_claim():
    def fail(step):
        raise ZeroDivisionError

    data, one = random_dataset(), trainer()
    with pytest.raises(ZeroDivisionError):
        one.fit(data, on_step=fail)
    assert len(one.history.loss) == 1 and len(one.fit(data).loss) == 4


def test_two_different_models_train_at_the_same_time():
    data, one = random_dataset(), trainer()
    errors = []
    one.fit(data, on_step=lambda step: errors.append(in_another_thread(lambda: trainer().fit(data))))
    assert errors == [None] * 4


def test_a_claim_that_fails_claims_nothing():
    with claimed("a", 1), pytest.raises(RuntimeError, match="^a, too: "), claimed("a, too", 2, 1):
        pass
    with claimed("both", 1, 2, 2):
        pass


@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_files"])
def test_a_classifier_is_trained_by_one_thread(method, tmp_path):
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit(*shop())
    arguments = (["none.csv"], tmp_path) if method == "fit_files" else shop()

    def again(step):
        error = in_another_thread(lambda: getattr(one, method)(*arguments))
        assert isinstance(error, RuntimeError) and str(error).startswith("TitleClassifier: want it for one training")
        with pytest.raises(RuntimeError):
            getattr(one, method)(*arguments)

    one.partial_fit(*shop(), on_step=again)
    assert one.training_["records"] == 80


def test_a_classifier_predicts_while_it_learns_more_but_not_while_it_learns_anew():
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit(*shop())
    one.partial_fit(*shop(), on_step=lambda step: one.predict(["blue dress"]))

    def predict(step):
        with pytest.raises(ValueError, match="want a trained one"):
            one.predict(["blue dress"])

    one.fit(*shop(), on_step=predict)


def test_settings_changed_during_a_training_count_for_the_next():
    data, one, weights = random_dataset(), trainer(epochs=2), np.ones(23, np.float32)
    one.label_weights = weights

    def change(step):
        one.epochs, one.batch_rows, one.dropout, one.label_weights = 5, 61, 2.0, np.ones(1)
        weights[:] = np.nan

    assert len(one.fit(data, on_step=change).loss) == 8
    with pytest.raises(ValueError, match="dropout: want at least 0 and less than 1, got 2"):
        one.fit(data)
    one.dropout = 0.0
    with pytest.raises(ValueError, match="label_weights: want 23 finite numbers"):
        one.fit(data)
    one.label_weights = None
    assert len(one.fit(data).loss) == 5
