"""Claim: kernels get the arrays that a model was made with; copies are whole; nothing is replaced unnoticed."""

import copy
import pickle

import numpy as np
import pytest
from problems import F32, bits, random_dataset, random_model

from nnlite import MLP, SGD, AdaGrad, Adam, Trainer, check_gradients

NAMES = ["features.W", "features.b", "hidden1.W", "labels.W", "labels.b"]


def fit(model, optimizer, **settings):
    return Trainer(model, optimizer, epochs=1, batch_rows=16, **settings).fit(random_dataset())


@pytest.mark.parametrize("replace", [
    lambda params: params.__setitem__("labels.b", np.zeros(1, F32)), lambda params: params.update(a=np.zeros(1)),
    lambda params: params.__delitem__("labels.b"), lambda params: params.pop("labels.b"), lambda params: params.clear(),
    lambda params: params.popitem(), lambda params: params.setdefault("a", np.zeros(1)),
    lambda params: params.__ior__({"labels.b": np.zeros(1)})])
def test_an_array_of_params_is_not_replaced(replace):
    model = random_model(random_dataset())
    before = bits(model)
    with pytest.raises(TypeError, match=r"params\[name\]\[:\] = values"):
        replace(model.params)
    assert bits(model) == before


def test_params_are_a_dict_whose_values_change_in_place():
    model = random_model(random_dataset())
    model.params["labels.b"] += 1
    model.params["labels.b"][:] = 7
    assert (model.labels.b == 7).all() and isinstance(model.params, dict)
    assert type(model.params | {"a": 1}) is dict and dict(**model.params).keys() == model.params.keys()


def of_params(model, name, array):
    dict.__setitem__(model.params, name, array)


def of_model(model, name, array):
    model.params = dict(model.params) | {name: array}


def of_layer(model, name, array):
    layers = {"features": model.features, "hidden1": model.between[0], "labels": model.labels}
    setattr(layers[name.split(".")[0]], name.split(".")[1].lower(), array)


@pytest.mark.parametrize("where", [of_params, of_model, of_layer])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [1, None])
def test_another_array_is_noticed_before_it_is_used(rows, name, where):
    data = random_dataset()
    model = random_model(data)
    where(model, name, np.ascontiguousarray(model.params[name][:rows]).copy())
    for use in (lambda: model.top_k(data.x, 2), lambda: model.above(data.x), lambda: model.logits(data.x),
                lambda: check_gradients(model, data), lambda: fit(model, SGD(0.1))):
        with pytest.raises(ValueError, match=f"{name}: want (float32|values)"):
            use()


@pytest.mark.parametrize("change", [
    lambda p: p.resize((1, 1), refcheck=False), lambda p: setattr(p, "shape", p.shape[::-1]),
    lambda p: setattr(p, "dtype", np.int32)])
@pytest.mark.parametrize("at_step", [None, 2])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_array_of_another_shape_or_type_is_noticed(at_step, change):
    model = random_model(random_dataset())
    if at_step is None:
        change(model.params["labels.W"])
    with pytest.raises(ValueError, match="labels.W: want float32"):
        Trainer(model, AdaGrad(0.1), epochs=1, batch_rows=16).fit(
            random_dataset(), on_step=lambda step: step.step == at_step and change(model.params["labels.W"]))


@pytest.mark.parametrize("attribute, value", [("n_words", 10**6), ("n_labels", 10**6), ("hidden", (10**6, 11))])
def test_other_sizes_than_those_of_the_arrays_are_noticed(attribute, value):
    model = random_model(random_dataset())
    setattr(model, attribute, value)
    with pytest.raises(ValueError, match="want"):
        model.check()


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
def test_given_parameters_may_come_in_any_order(order):
    data = random_dataset()
    model = random_model(data, (9, 9))
    twin = MLP.from_params({name: model.params[name] for name in order(model.params)})
    np.testing.assert_array_equal(twin.logits(data.x), model.logits(data.x))


def test_unaligned_parameters_are_refused():
    params = dict(random_model(random_dataset()).params)
    memory = np.zeros(4 * 23 + 1, np.uint8)
    params["labels.b"] = memory[1:].view(F32)
    with pytest.raises(ValueError, match="labels.b: want float32.*unaligned"):
        MLP.from_params(params)


def test_read_only_parameters_predict_but_are_not_trained():
    data = random_dataset()
    params = {name: p.copy() for name, p in random_model(data).params.items()}
    for p in params.values():
        p.flags.writeable = False
    model = MLP.from_params(params)
    model.top_k(data.x, 2)
    with pytest.raises(ValueError, match="features.W: want an array that can be changed, got a read-only one"):
        fit(model, SGD(0.1))


@pytest.mark.parametrize("make", [SGD, AdaGrad, Adam, lambda lr: AdaGrad(lr, by_row=["features.W", "labels.W"])])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_copies_of_a_model_and_its_optimiser_train_alike_and_apart(copied, make):
    model, optimizer = random_model(random_dataset()), make(0.1)
    fit(model, optimizer)
    pair = copied((model, optimizer))
    before = bits(model)
    fit(*pair)
    assert bits(model) == before != bits(pair[0])
    fit(model, optimizer)
    assert bits(model) == bits(pair[0]) and pair[1].t == optimizer.t == 8


def spoil_state(optimizer):
    optimizer.state["labels.b/s"] = np.zeros(1, F32)


@pytest.mark.parametrize("spoil, message", [
    (spoil_state, "labels.b/s: want float32"),
    (lambda optimizer: setattr(optimizer, "by_row", ["features.W"]), "features.W/s: want float32"),
    (lambda optimizer: setattr(optimizer, "lr", float("nan")), "AdaGrad: want a learning rate of 0 to 3.4e38, got nan"),
    (lambda optimizer: setattr(optimizer, "labels_lr", -1), "AdaGrad: want a learning rate of 0 to 3.4e38, got -1"),
    (lambda optimizer: setattr(optimizer, "lr", np.ones(3)), "AdaGrad: want a learning rate"),
])
def test_an_optimiser_that_was_spoilt_does_not_step(spoil, message):
    model, optimizer = random_model(random_dataset()), AdaGrad(0.1)
    with pytest.raises(ValueError, match=message):
        Trainer(model, optimizer, epochs=1, batch_rows=16).fit(random_dataset(), on_step=lambda step: spoil(optimizer))
    assert optimizer.t == 1


@pytest.mark.parametrize("factor, message", [
    (-0.5, "Trainer: schedule: want a finite number of at least 0, got -0.5"),
    (float("nan"), "Trainer: schedule: want a finite number of at least 0, got nan"),
    (np.ones(2), "Trainer: schedule: want a finite number of at least 0, got array"),
    (1e40, "SGD: want a learning rate of 0 to 3.4e38, got 0.1 times "),
])
def test_a_schedule_gives_one_number_of_at_least_0(factor, message):
    with pytest.raises(ValueError, match=message):
        fit(random_model(random_dataset()), SGD(0.1), schedule=lambda progress: factor)


@pytest.mark.parametrize("frequencies", [np.ones(22), np.ones(1), np.full(23, np.nan), -np.ones(23)])
def test_frequencies_are_one_number_for_each_label(frequencies):
    with pytest.raises(ValueError, match="init_label_bias: frequencies: want 23 finite numbers"):
        random_model(random_dataset()).init_label_bias(frequencies)


def test_gradients_of_data_that_do_not_fit_are_refused():
    model, data = random_model(random_dataset()), random_dataset()
    for other in random_dataset(n_labels=24), data.take(slice(0, 0)):
        with pytest.raises(ValueError, match="gradients: want at least 1 row and 23 labels"):
            check_gradients(model, other)
