"""Claim: an optimiser tells what memory its state takes and what it was made with, and keeps a state with its model."""

import numpy as np
import pytest
from problems import random_dataset, random_model

from nnlite import MLP, SGD, AdaGrad, Adam

ROWS = ["features.W", "hidden1.W", "labels.W", "labels.b"]
MAKERS = {"SGD": lambda: SGD(0.1), "AdaGrad": lambda: AdaGrad(0.1), "by row": lambda: AdaGrad(0.1, by_row=ROWS),
          "Adam": lambda: Adam(0.1)}


@pytest.mark.parametrize("name", MAKERS)
def test_the_state_takes_the_memory_that_it_says(name):
    model, optimizer = MLP(30, 20, (16, 7)), MAKERS[name]()
    want = optimizer.state_bytes(model.params)
    optimizer.start(model.params)
    assert want == sum(array.nbytes for array in optimizer.state.values())
    assert optimizer.state_bytes(model.params) == 0  # it is there
    assert optimizer.state_bytes(dict(model.params)) == want  # that of another model is not


def test_a_state_by_rows_has_one_number_a_row():
    model, optimizer = MLP(30, 20, (16, 7)), AdaGrad(0.1, by_row=ROWS)
    rows = 30 + 16 + 16 + 7 + 20 + 20  # a row for each word, unit below and label; the biases of units are not listed
    assert optimizer.state_bytes(model.params) == 4 * rows


@pytest.mark.parametrize("names", [
    True, False, None, "features.W", {"features.W"}, ["features.W", 1], [["features.W"]]])
def test_what_is_by_row_is_a_list_of_names(names):
    with pytest.raises(TypeError, match="^AdaGrad: by_row: want a list of names of parameters, got "):
        AdaGrad(0.1, by_row=names)


def test_names_by_row_are_those_of_parameters():
    with pytest.raises(ValueError, match=r"^AdaGrad: by_row: want names of parameters, got \['hidden1.W', 'words'\]$"):
        AdaGrad(0.1, by_row=["words", "labels.W", "hidden1.W"]).start(MLP(30, 20, (16,)).params)


def test_the_settings_are_all_numbers_that_it_was_made_with():
    assert SGD(0.1).settings() == [0.1, 0.1] and SGD(0.1, labels_lr=0.2).settings() == [0.1, 0.2]
    assert AdaGrad(0.1, 0.2, eps=0.3, by_row=["labels.W"]).settings() == [0.1, 0.2, 0.3, ("labels.W",)]
    assert Adam(0.1, 0.2, 0.3, 0.4, 0.5).settings() == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_factor_multiplies_both_learning_rates():
    optimizer = AdaGrad(0.5, labels_lr=0.25)
    optimizer.start(random_model(random_dataset()).params)
    optimizer.next_step(0.5)
    assert optimizer.rate("features.W") == optimizer.rate("hidden1.b") == np.float32(0.25)
    assert optimizer.rate("labels.W") == optimizer.rate("labels.b") == np.float32(0.125)


def test_a_start_with_the_same_parameters_goes_on_and_with_others_begins_anew():
    one, other, optimizer = MLP(5, 4, (3,)), MLP(5, 4, (3,)), Adam(0.1)
    optimizer.start(one.params)
    optimizer.next_step()
    optimizer.state["labels.b/m"][:] = 1
    optimizer.start(one.params)
    assert optimizer.t == 1 and optimizer.state["labels.b/m"].all()
    optimizer.start(other.params)
    assert optimizer.t == 0 and not optimizer.state["labels.b/m"].any()


def test_the_defaults_are_those_of_the_papers():
    assert AdaGrad(0.1).settings() == [0.1, 0.1, 1e-10, ()]
    assert Adam().settings() == [1e-3, 1e-3, 0.9, 0.999, 1e-8]


@pytest.mark.parametrize("rate", [0, -0.1, float("inf"), float("nan")])
@pytest.mark.parametrize("make", [SGD, AdaGrad, Adam])
def test_learning_rates_of_both_kinds_are_above_0_and_finite(make, rate):
    for rates in (rate,), (0.1, rate):
        with pytest.raises(ValueError, match=f"^{make.__name__}: want a learning rate above 0, got {rate}$"):
            make(*rates)


def test_a_factor_is_for_one_step_and_for_one_model():
    one, other, optimizer = MLP(5, 4, (3,)), MLP(5, 4, (3,)), SGD(0.5)
    optimizer.start(one.params)
    optimizer.next_step(0.25)
    optimizer.next_step()
    assert optimizer.t == 2 and optimizer.rate("features.W") == 0.5
    optimizer.next_step(0.25)
    optimizer.start(other.params)
    assert optimizer.t == 0 and optimizer.rate("labels.W") == 0.5
    assert type(optimizer.rate("labels.W")) is type(optimizer.rate("features.b")) is np.float32


def test_a_state_begins_at_zero_in_the_type_of_its_parameter():
    model, optimizer = MLP(5, 4, (3,)), Adam()
    optimizer.start(model.params)
    assert list(optimizer.state) == [f"{name}/{part}" for name in model.params for part in "mv"]
    for name, array in optimizer.state.items():
        assert array.shape == model.params[name[:-2]].shape and array.dtype == np.float32 and not array.any()


@pytest.mark.parametrize("optimizer, name, value", [
    (SGD(0.1), "lr", "fast"), (SGD(0.1), "labels_lr", 0), (AdaGrad(0.1), "eps", None), (AdaGrad(0.1), "eps", 0),
    (Adam(), "beta1", 1), (Adam(), "beta2", "0.9"), (Adam(), "eps", float("inf"))])
def test_a_number_that_is_set_later_must_be_in_its_range(optimizer, name, value):
    setattr(optimizer, name, value)
    with pytest.raises((TypeError, ValueError), match=f"^{type(optimizer).__name__}: .*want "):
        optimizer.start(MLP(5, 4, (3,)).params)
