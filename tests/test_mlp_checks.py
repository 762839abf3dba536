"""Claim: networks, parameters and questions that are impossible are refused by name, and the smallest and largest are
possible."""

import numpy as np
import pytest
from problems import random_dataset, random_model

from nnlite import MLP, Dataset, evaluate
from nnlite.network import label_layer
from nnlite.network.layers import ACTIVATIONS


@pytest.mark.parametrize("name", ["labels.W", "features.W"])
def test_parameters_by_columns_are_refused(name):
    params = dict(MLP(3, 2, (4,)).params)
    params[name] = np.asfortranarray(params[name])
    with pytest.raises(ValueError, match="C-contiguous"):
        MLP.from_params(params)


@pytest.mark.parametrize("make, message", [
    (lambda: MLP(0, 5), "want at least one word"),
    (lambda: MLP(5, 5, hidden=()), "want at least one word, hidden layer"),
    (lambda: MLP(5, 5, activation="cubic"), f"want {' or '.join(map(repr, ACTIVATIONS))}, got 'cubic'"),
])
def test_impossible_networks_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_predictions_are_checked_where_data_enter():
    data = random_dataset()
    model = random_model(data)
    with pytest.raises(ValueError, match="want 1 to 23 labels, got k = 24"):
        model.top_k(data.x, 24)
    with pytest.raises(ValueError, match="want 40 columns, one per word, got 39"):
        model.top_k(data.x[:, :39], 1)
    with pytest.raises(ValueError, match="the model has 23 labels, the data 22"):
        evaluate(model, Dataset(data.x, data.y[:, :22]))
    with pytest.raises(ValueError, match="evaluate: want at least 1 row, got none"):
        evaluate(model, data.take(slice(0, 0)))


@pytest.mark.parametrize("k", [-1, 0, 24])
def test_no_label_and_more_labels_than_there_are_cannot_be_asked_for(k):
    data = random_dataset()
    with pytest.raises(ValueError, match=f"top_k: want 1 to 23 labels, got k = {k}"):
        random_model(data).top_k(data.x, k)


def test_no_rows_give_no_predictions():
    data = random_dataset()
    ids, p = random_model(data).top_k(data.x[:0], 3)
    assert ids.shape == p.shape == (0, 3)


@pytest.mark.parametrize("change, message", [
    (lambda p: p.pop("labels.b"), "do not fit together"),
    (lambda p: p.update({"labels.W": p["labels.W"][:, 1:]}), "do not fit together"),
    (lambda p: p.update({"hidden1.W": p["hidden1.W"].T}), "do not fit together"),
    (lambda p: p.update({"hidden7.W": p["hidden1.W"]}), "do not fit together"),
    (lambda p: p.update({"features.b": p["features.b"].astype(float)}), "want float32"),
    (lambda p: p.clear(), "want at least one word"),
])
def test_parameters_that_do_not_fit_are_refused(change, message):
    params = dict(random_model(random_dataset(), (16, 11)).params)
    change(params)
    with pytest.raises(ValueError, match=message):
        MLP.from_params(params)


def test_the_smallest_and_the_largest_networks_are_possible():
    assert [p.size for p in MLP(1, 1, (1,)).params.values()] == [1, 1, 1, 1]
    for n_labels in 2, label_layer.MAX_CLASSES:
        assert MLP(1, n_labels, (1,), output="softmax").n_labels == n_labels


@pytest.mark.parametrize("sizes", [(0, [5], 5), (5, [0], 5), (5, [5, 0], 5), (5, [5], 0), (5, [], 5)])
def test_a_message_names_the_sizes_of_an_impossible_network(sizes):
    n_words, hidden, n_labels = sizes
    with pytest.raises(ValueError) as error:
        MLP(n_words, n_labels, hidden)
    assert str(error.value) == ("MLP: want at least one word, hidden layer, unit and label, got sizes "
                                f"{[n_words, *hidden, n_labels]}")


def test_no_label_is_not_a_number_of_likeliest_ones():
    data = random_dataset()
    for k in 0, -1:
        with pytest.raises(ValueError, match=f"want 1 to 23 labels, got k = {k}"):
            random_model(data).top_k(data.x, k)


def test_the_row_with_most_labels_is_the_one_that_a_softmax_refuses():
    label_layer.check_classes(np.array([0, 1, 1, 2]))
    label_layer.check_classes(np.array([0]))
    with pytest.raises(ValueError, match="want at most one label in a row, got 3 in row 2"):
        label_layer.check_classes(np.array([0, 1, 3, 6, 9]))
