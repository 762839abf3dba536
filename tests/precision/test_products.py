"""Claim: in bfloat16 a training step is the reference whose operands are rounded, by NumPy or on any matrix unit."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import (F32, F64, assert_close, bits, exact, matrix_units, random_dataset, random_model, small_pieces,
                      take_step)

import twins
from nnlite import MLP, SGD, Dataset, Trainer, linear_bce
from nnlite.kernels import bce_strip, packing
from nnlite.network import reference
from nnlite.network.label_layer import LabelLayer
from nnlite.network.label_step import StepSettings
from nnlite.network.optimizers import KeepGradients
from nnlite.precision import choice
from nnlite.precision.rounded import RoundedProducts
from nnlite.precision.units import UnitProducts
from nnlite.system import sizes
from nnlite.system.blas import one_blas_thread
from nnlite.system.threads import team

WAYS = {"NumPy": RoundedProducts(), "loops": UnitProducts(packing.multiply, bce_strip.in_loops),
        **{unit: choice.products_of("bfloat16", unit) for unit in matrix_units()}}
EVERY_WAY = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(params=[False, True], ids=["by tiles", "by blocks"])
def small(monkeypatch, request):
    """Blocks of seven rows or, block by block, of four, of which three meet a tile at once."""
    small_pieces(monkeypatch, by_blocks=request.param)
    monkeypatch.setattr(sizes, "STRIP_COLUMNS", 3)
    for products in WAYS.values():
        monkeypatch.setattr(products, "strip_logits", 1)
        monkeypatch.setattr(products, "tile_labels", None, raising=False)


def step(model, data, way, threads=1, **settings):
    """(loss, gradients) of a step that updates nothing."""
    keep, settings = KeepGradients(model.params), StepSettings(1 / len(data), products=WAYS[way], **settings)
    with one_blas_thread():
        loss = take_step(model, data, settings, keep, team(threads))
    return loss / len(data), keep.gradients


@EVERY_WAY
@pytest.mark.parametrize("activation", reference.ACTIVATIONS)
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_the_gradient_is_that_of_rounded_operands(way, activation, output, small):
    data = random_dataset()
    if output == "softmax":  # at most one label a row
        data = Dataset(data.x, sp.csr_array(np.eye(23, dtype=F32)[np.arange(61) % 23] * (np.arange(61) > 0)[:, None]))
    model = MLP.from_params(random_model(data).params, activation, output)
    loss, got = step(model, data, way)
    want_loss, want = reference.loss_and_grads(
        exact(model.params), data.x.toarray().astype(F64), data.y.toarray(), activation, output=output,
        rounded=twins.exact_bfloat16)
    assert loss == pytest.approx(want_loss, rel=1e-5)
    for name in want:
        assert_close(got[name], want[name], largest=2e-5)


@EVERY_WAY
def test_any_number_of_threads_gives_the_same_bits(way, small):
    data = random_dataset()
    model = random_model(data)
    want = step(model, data, way)
    for threads in 2, 3, 8:
        got = step(model, data, way, threads)
        assert got[0] == want[0] and all(np.array_equal(got[1][name], want[1][name]) for name in want[1])


def test_every_way_gives_the_same_sums():
    data = random_dataset()
    model = random_model(data)
    want = step(model, data, "NumPy")
    for way in WAYS:
        loss, gradients = step(model, data, way)
        assert loss == pytest.approx(want[0], rel=1e-6)
        for name, gradient in gradients.items():
            assert_close(gradient, want[1][name], largest=2e-5)


@pytest.mark.parametrize("weights", [None, "weights"])
@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way].bce_step])
@pytest.mark.parametrize("n_labels, n_rows", [(5, 7), (64, 33), (127, 40), (128, 64), (300, 70)])
def test_a_strip_in_one_call_is_the_same_as_its_steps_one_by_one(way, n_labels, n_rows, weights, monkeypatch):
    rng = np.random.default_rng(0)
    data = Dataset(*(sp.csr_array(rng.random((n_rows, n)) < 0.2).astype(F32) for n in (30, n_labels)))
    model = random_model(data)
    if weights:
        weights = rng.random(n_rows, F32), rng.random(n_labels, F32)
    monkeypatch.setattr(WAYS[way], "strip_logits", 32 * n_labels)
    loss, in_one_call = step(model, data, way, weights=weights)
    monkeypatch.setattr(WAYS[way], "bce_step", None)
    want, one_by_one = step(model, data, way, weights=weights)
    assert loss == pytest.approx(want, rel=1e-14)  # panels add up their float64 losses apart
    for name in one_by_one:  # a compiler may add up the plain loops in another order where they are part of more code
        assert_close(in_one_call[name], one_by_one[name], largest=1e-6 if way == "loops" else 0)


@EVERY_WAY
def test_a_layer_with_a_loss_of_its_own_keeps_it(way):
    class Squares(LabelLayer):
        def loss(self, z, tile, ones, scale, db):
            z += self.b[tile, None]
            loss = np.square(z).sum(dtype=float)
            z *= 2 * scale
            z.sum(axis=1, out=db)
            return loss

    rng = np.random.default_rng(0)
    h, w, b = (rng.standard_normal(shape).astype(F32) for shape in ((61, 4), (23, 4), 23))
    keep, settings = KeepGradients({"labels.W": w, "labels.b": b}), StepSettings(1.0, products=WAYS[way])
    with one_blas_thread():
        loss, _ = Squares(w, b).backward_and_update(h, random_dataset().arrays()[1], settings, keep, team(1))
    z = twins.exact_bfloat16(h.astype(F64)) @ twins.exact_bfloat16(w.astype(F64)).T + b
    assert loss == pytest.approx(np.square(z).sum(), rel=1e-5)
    assert_close(keep.gradients["labels.b"], 2 * z.sum(axis=0), largest=1e-5)


@EVERY_WAY
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_predictions_round_their_operands_too(way, output):
    data = random_dataset()
    model = MLP.from_params(random_model(data).params, "relu", output)
    plain, model.products = model.logits(data.x), WAYS[way]
    z = reference.forward(exact(model.params), data.x.toarray().astype(F64), "relu", rounded=twins.exact_bfloat16)[-1]
    p = reference.softmax(z)
    want = np.log(p / (1 - p)) if output == "softmax" else z
    got = model.logits(data.x)
    assert_close(got, want, largest=2e-5)
    assert not np.array_equal(got, plain) and np.array_equal(model.top_k(data.x, 1)[0][:, 0], got.argmax(axis=1))


def test_bfloat16_is_chosen_by_name_and_nothing_else_is():
    assert choice.products_of("float32").precision == "float32"
    assert choice.products_of("bfloat16").precision == choice.products_of("bfloat16", "").precision == "bfloat16"
    assert isinstance(choice.products_of("bfloat16", ""), RoundedProducts)
    for wrong in "float16", "", None, 32, ["float32"]:
        with pytest.raises(ValueError, match="want 'float32' or 'bfloat16', got"):
            choice.products_of(wrong)
        with pytest.raises(ValueError, match="want 'float32' or 'bfloat16', got"):
            Trainer(random_model(random_dataset()), SGD(0.1), precision=wrong)


def test_linear_bce_rounds_its_operands():
    data, rng = random_dataset(), np.random.default_rng(0)
    h, w, b = (rng.standard_normal(shape).astype(F32) for shape in ((61, 4), (23, 4), 23))
    loss, dh, dw, db = linear_bce(h, w, b, data.y, precision="bfloat16")
    rounded_h, rounded_w = (twins.exact_bfloat16(array.astype(F64)) for array in (h, w))
    want, dz = reference.bce_with_logits(rounded_h @ rounded_w.T + b, data.y.toarray())
    rounded_dz = twins.exact_bfloat16(dz)
    assert loss == pytest.approx(want, rel=1e-6)
    assert_close(dh, rounded_dz @ rounded_w, largest=2e-5)
    assert_close(dw, rounded_dz.T @ rounded_h, largest=2e-5)
    assert_close(db, dz.sum(axis=0), largest=1e-6)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_training_in_bfloat16_learns_as_one_in_float32(reduction):
    data, losses = random_dataset(), {}
    for precision in choice.PRECISIONS:
        model = random_model(data)
        losses[precision] = Trainer(model, SGD(0.5), batch_rows=20, epochs=30, reduction=reduction,
                                    precision=precision).fit(data).loss
        losses[precision, "bits"] = bits(model)
    assert losses["float32", "bits"] != losses["bfloat16", "bits"]
    np.testing.assert_allclose(losses["bfloat16"], losses["float32"], rtol=0.02)
