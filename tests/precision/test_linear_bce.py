"""Claim: `linear_bce` gives the loss and gradients of the reference and of PyTorch, in arrays of the caller's own."""

import numpy as np
import pytest
from problems import F32, assert_close, random_csr, random_dataset, random_model

from nnlite import linear_bce
from nnlite.network import reference
from nnlite.training.gradients import gradients


@pytest.mark.parametrize("tile", [1, 5, 512])
def test_linear_bce_equals_the_reference(tile):
    rng = np.random.default_rng(0)
    h, w, b = (rng.standard_normal(shape).astype(F32) for shape in ((13, 4), (17, 4), 17))
    y = random_csr(rng, 13, 17, 0.2, ones=True)
    loss, dh, dw, db = linear_bce(h, w, b, y, tile=tile)
    want_loss, dz = reference.bce_with_logits(h.astype(float) @ w.T + b, y.toarray())
    assert loss == pytest.approx(want_loss, rel=1e-6)
    for got, want in (dh, dz @ w), (dw, dz.T @ h), (db, dz.sum(axis=0)):
        assert_close(got, want)


def test_the_results_of_linear_bce_are_the_callers_own():
    """A second call does not change what the first has returned."""
    rng, data = np.random.default_rng(0), random_dataset()
    h, w = rng.standard_normal((61, 7)).astype(F32), rng.standard_normal((23, 7)).astype(F32)
    first = linear_bce(h, w, np.zeros(23, F32), data.y)
    before = [np.copy(part) for part in first]
    linear_bce(-h, w, np.zeros(23, F32), data.y)
    for got, want in zip(first, before):
        np.testing.assert_array_equal(got, want)


def test_linear_bce_refuses_what_does_not_fit():
    h, w, b = np.zeros((3, 4), F32), np.zeros((5, 4), F32), np.zeros(5, F32)
    y = random_csr(np.random.default_rng(0), 3, 5, 0.5, ones=True)
    linear_bce(h, w, b, y)
    wrong = (h.astype(float), w, b, y), (h.T.copy().T, w, b, y), (h, w[:4], b, y), (h, w, b[:4], y), (h[:2], w, b, y)
    for args in wrong:
        with pytest.raises(ValueError, match="linear_bce: [hwb]: want float32"):
            linear_bce(*args)
    with pytest.raises(ValueError, match="want no size below 1, got y \\(3, 5\\), 4 units, tile 0"):
        linear_bce(h, w, b, y, tile=0)
    with pytest.raises(ValueError, match="want no size below 1"):
        linear_bce(h[:0], w, b, y[:0])
    with pytest.raises(ValueError, match="want ones only"):
        linear_bce(h, w, b, y * F32(2))
    with pytest.raises(TypeError, match="want a csr matrix, got ndarray"):
        linear_bce(h, w, b, y.toarray())


def test_torch_computes_the_same_loss_and_gradient():
    torch = pytest.importorskip("torch", reason="the comparison with PyTorch needs torch")
    data = random_dataset()
    model = random_model(data)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in model.params.items()}
    h = torch.sigmoid(torch.tensor(data.x.toarray()) @ p["features.W"] + p["features.b"])
    h = torch.sigmoid(h @ p["hidden1.W"] + p["hidden1.b"])
    z = h @ p["labels.W"].T + p["labels.b"]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(data.y.toarray()), reduction="mean")
    loss.backward()
    got_loss, got = gradients(model, data, reduction="mean")
    assert got_loss == pytest.approx(float(loss.detach()), rel=1e-5)
    for name, value in p.items():
        assert_close(got[name], value.grad.numpy(), name=name)


@pytest.mark.parametrize("name", ["w", "b"])
def test_linear_bce_refuses_strided_parameters(name):
    arrays = dict(h=np.zeros((3, 4), F32), w=np.zeros((5, 4), F32), b=np.zeros(5, F32))
    arrays[name] = np.zeros((10, *arrays[name].shape[1:]), F32)[::2]
    y = random_csr(np.random.default_rng(0), 3, 5, 0.5, ones=True)
    with pytest.raises(ValueError, match=f"linear_bce: {name}: want float32"):
        linear_bce(**arrays, y=y)
