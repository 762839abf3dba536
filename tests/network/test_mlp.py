"""Claim: the compiled network computes the loss, gradient and ranking of `reference`, however it is cut into pieces."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32, assert_close, exact, random_dataset, random_model, small_pieces

import twins
from nnlite import MLP, Dataset, check_gradients, evaluate, linear_bce
from nnlite.data.label_checks import check_labels
from nnlite.network import label_layer, products, reference
from nnlite.training.gradients import gradients
from nnlite.network.layers import ACTIVATIONS
from nnlite.network.label_step import StepSettings
from nnlite.network.optimizers import KeepGradients
from nnlite.system import sizes
from nnlite.system.threads import team


@pytest.mark.parametrize("by_blocks", [False, True])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(16,), (16, 11), (9, 7, 5)], ids=str)
@pytest.mark.parametrize("tile", [1, 5, 17, 100])
def test_gradients_equal_the_reference(tile, hidden, activation, reduction, by_blocks, monkeypatch):
    small_pieces(monkeypatch, by_blocks=by_blocks)
    data = random_dataset()
    model = random_model(data, hidden, activation)
    model.labels.tile_labels = tile
    before = exact(model.params)
    want_loss, want = reference.loss_and_grads(before, data.x.toarray(), data.y.toarray(), activation, reduction)
    loss, got = gradients(model, data, reduction)
    assert loss == pytest.approx(want_loss, rel=1e-6)
    assert got.keys() == want.keys()
    for name in want:
        assert_close(got[name], want[name], name=name)
        np.testing.assert_array_equal(model.params[name], before[name])  # nothing was updated


def test_check_gradients_finds_a_wrong_one(monkeypatch):
    data = random_dataset()
    model = random_model(data)
    assert max(check_gradients(model, data).values()) < 1e-5
    monkeypatch.setattr(model, "act_backward", lambda dh, h, keep: np.copyto(h, dh))
    errors = check_gradients(model, data)
    assert errors["features.W"] > 0.1 and errors["labels.W"] < 1e-5


@pytest.mark.parametrize("hidden", [(16,), (9, 7, 5)], ids=str)
def test_logits_and_top_k_equal_the_reference(hidden, monkeypatch):
    small_pieces(monkeypatch)
    data = random_dataset()
    model = random_model(data, hidden)
    _, z = reference.forward(exact(model.params), data.x.toarray())
    assert_close(model.logits(data.x), z)
    for k in 1, 5, data.n_labels:
        ids, probabilities = model.top_k(data.x, k)
        want_ids, want = twins.merge_top_k(model.logits(data.x), k)
        np.testing.assert_array_equal(ids, want_ids)
        np.testing.assert_allclose(probabilities, reference.sigmoid(want.astype(float)), rtol=1e-6)


def test_evaluate_equals_the_reference(monkeypatch):
    small_pieces(monkeypatch)
    data = random_dataset()
    model = random_model(data)
    _, z = reference.forward(exact(model.params), data.x.toarray())
    y = data.y.toarray()
    loss, _ = reference.bce_with_logits(z, y)
    positive, both = (int(counts.sum()) for counts in twins.count_predictions(z, y, 0)[:2])
    scores = evaluate(model, data)
    assert scores["bce"] == pytest.approx(loss / z.size, rel=1e-6)
    assert scores["micro_f1"] == pytest.approx(2 * both / (positive + y.sum()))
    assert scores["rows"] == 61 and scores["rows_without_label"] == np.sum(y.sum(axis=1) == 0) > 0


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("block_rows", [7, 100])
@pytest.mark.parametrize("tile", [1, 5, 512])
def test_labels_of_negligible_gradient_are_left_out_of_it(tile, block_rows, threads, monkeypatch):
    small_pieces(monkeypatch)
    monkeypatch.setattr(sizes, "BLOCK_ROWS", block_rows)
    data, rng, scale = random_dataset(), np.random.default_rng(0), F32(0.25)
    h, w = (rng.standard_normal(shape).astype(F32) for shape in ((61, 4), (23, 4)))
    b = rng.standard_normal(23).astype(F32)
    loss, dz = reference.bce_with_logits(h.astype(float) @ w.T + b, data.y.toarray())
    parts = [slice(i, i + block_rows) for i in range(0, 61, block_rows)]
    largest = np.sort([np.abs(dz[rows]).max(axis=0) for rows in parts], axis=None)
    bound = largest[[largest.size // 2 - 1, largest.size // 2]].mean()  # half are above it, none is too close to call
    kept = np.zeros_like(dz)
    for rows in parts:
        busy = twins.busy_rows(dz[rows].T, bound)
        kept[rows, busy] = scale * dz[rows, busy]
    gradients = KeepGradients({"labels.W": w, "labels.b": b})
    got_loss, dh = label_layer.LabelLayer(w, b, tile).backward_and_update(
        h, check_labels(data.y), StepSettings(scale, negligible=bound), gradients, team(threads))
    assert got_loss == pytest.approx(loss, rel=1e-6)
    assert_close(dh(slice(0, 61)), kept @ w)
    assert_close(gradients.gradients["labels.W"], kept.T @ h)
    assert_close(gradients.gradients["labels.b"], kept.sum(axis=0))


def test_the_results_of_top_k_and_of_gradients_are_the_callers_own():
    data = random_dataset()
    one, other = random_model(data), random_model(data, seed=5)
    first = [*one.top_k(data.x, 3), *gradients(one, data)[1].values()]
    before = [np.copy(part) for part in first]
    other.top_k(data.x, 3), gradients(other, data)
    for got, want in zip(first, before):
        np.testing.assert_array_equal(got, want)


def test_parameters_begin_where_the_docstring_says():
    model = MLP(30, 20, hidden=(8, 6))
    assert list(model.params) == [f"{layer}.{p}" for layer in ("features", "hidden1", "labels") for p in "Wb"]
    assert [p.shape for p in model.params.values()] == [(30, 8), (8,), (8, 6), (6,), (20, 6), (20,)]
    w = model.params["features.W"]
    assert 0.9 * np.sqrt(6 / 38) < abs(w).max() < np.sqrt(6 / 38) and abs(w.mean()) < 0.05
    assert not model.params["labels.b"].any()
    np.testing.assert_array_equal(MLP(30, 20, (8, 6), seed=0).params["labels.W"], model.params["labels.W"])
    assert not np.array_equal(MLP(30, 20, (8, 6), seed=1).params["labels.W"], model.params["labels.W"])


def test_label_bias_predicts_the_frequencies():
    data = random_dataset()
    model = MLP(data.n_words, data.n_labels, (5,))
    model.params["labels.W"][:] = 0
    frequencies = data.label_frequencies()
    model.init_label_bias(frequencies)
    ids, p = model.top_k(data.x[:1], data.n_labels)
    np.testing.assert_allclose(p[0], frequencies[ids[0]], rtol=1e-5)


@pytest.mark.parametrize("output, want", [("sigmoid", [-20.72, 20.72]), ("softmax", [-20.72, 0])])
def test_frequencies_of_0_and_1_are_clipped_where_the_docstring_says(output, want):
    model = MLP(3, 2, (4,), output=output)
    model.init_label_bias(np.array([0.0, 1.0]))
    np.testing.assert_allclose(model.params["labels.b"], want, atol=0.01)


def test_a_probability_equal_to_its_threshold_is_not_above_it():
    model = MLP(3, 2, (4,))
    for p in model.params.values():
        p[:] = 0  # every probability is 0.5
    x = sp.csr_array(np.ones((1, 3), F32))
    assert model.above(x, 0.5).nnz == 0 and model.above(x, 0.49).nnz == 2
    assert model.above(x, [0.5, 0.49]).indices.tolist() == [1]


def test_equal_probabilities_stand_in_the_order_of_the_ids():
    model = MLP(3, 9, (4,))
    for p in model.params.values():
        p[:] = 0
    ids, _ = model.top_k(sp.csr_array(np.ones((2, 3), F32)), 4)
    assert ids.tolist() == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize("threads", [1, 3])
def test_above_finds_every_probability_above_its_threshold(threads, monkeypatch):
    small_pieces(monkeypatch)
    data = random_dataset()
    model, rng = random_model(data), np.random.default_rng(0)
    p = reference.sigmoid(model.logits(data.x).astype(float))
    for thresholds in 0.5, rng.uniform(0.2, 0.8, 23), 0, 1:
        got = model.above(data.x, thresholds, threads)
        assert got.shape == p.shape and got.dtype == F32 and got.has_canonical_format
        np.testing.assert_allclose(got.toarray(), np.where(p > thresholds, p, 0), rtol=1e-5)
    assert model.above(data.x[:0]).shape == (0, 23)


@pytest.mark.parametrize("hidden", [(16,), (9, 7, 5)], ids=str)
def test_a_model_of_given_parameters_is_the_same_model(hidden):
    data = random_dataset()
    model = random_model(data, hidden, "relu")
    for p in model.params.values():
        p.flags.writeable = False
    twin = MLP.from_params(model.params, "relu")
    assert (twin.n_words, twin.n_labels, twin.hidden) == (model.n_words, model.n_labels, hidden)
    np.testing.assert_array_equal(twin.logits(data.x), model.logits(data.x))
    assert all(twin.params[name] is model.params[name] for name in model.params)


def test_the_defaults_are_two_layers_of_200_sigmoid_units():
    model = MLP(3, 2)
    assert (model.hidden, model.activation, model.output) == ((200, 200), "sigmoid", "sigmoid")
    assert StepSettings(0.5) == (0.5, 0.0, 0.0, 0, None, 0.0, products.FLOAT32)


def test_the_threshold_is_a_half_by_default():
    model = MLP(3, 3, (4,))
    for p in model.params.values():
        p[:] = 0
    model.params["labels.b"][:] = -0.01, 0, 0.01
    assert model.above(sp.csr_array(np.ones((1, 3), F32))).indices.tolist() == [2]


@pytest.mark.parametrize("module, call", [
    ("mlp", lambda model, data: model.top_k(data.x, 3, 4)),
    ("mlp", lambda model, data: model.above(data.x, 0.5, 4)),
    ("mlp", lambda model, data: model.each_block(data.x, lambda rows, h: None, 4)),
    ("training.gradients", lambda model, data: gradients(model, data, threads=4)),
    ("precision.linear_bce", lambda model, data: linear_bce(
        np.ones((61, 2), F32), np.ones((23, 2), F32), np.ones(23, F32), data.y, threads=4))])
def test_the_number_of_threads_arrives(module, call, monkeypatch):
    asked, data = [], random_dataset()
    monkeypatch.setattr(f"nnlite.{module}.team", lambda threads: asked.append(threads) or team(1))
    call(random_model(data), data)
    assert asked == [4]


def test_gradients_are_those_of_a_sum_over_labels_by_default():
    data = random_dataset()
    model = random_model(data)
    for got, want in zip(gradients(model, data)[1].values(), gradients(model, data, "sum")[1].values()):
        np.testing.assert_array_equal(got, want)
    assert gradients(model, data)[0] > 20 * gradients(model, data, "mean")[0]


def test_a_gradient_that_is_zero_in_both_has_no_error():
    """Of words, where no row has any."""
    data = random_dataset()
    data = Dataset(sp.csr_array(data.x.shape, dtype=F32), data.y)
    errors = check_gradients(random_model(data), data)
    assert errors["features.W"] == 0 and max(errors.values()) < 1e-5
