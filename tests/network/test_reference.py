"""Claim: the gradient in `reference` is the slope of its loss, and its small functions say what their names say."""

import math

import numpy as np
import pytest
from problems import exact, random_dataset, random_model

import twins
from nnlite.network import reference

PARAMETERS = ["features.W", "features.b", "hidden1.W", "hidden1.b", "hidden2.W", "hidden2.b", "labels.W", "labels.b"]


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("activation", reference.ACTIVATIONS)
@pytest.mark.parametrize("name", PARAMETERS)
def test_gradient_is_the_slope_of_the_loss(name, activation, reduction):
    """Along a random direction u, (L(p + h u) - L(p - h u)) / 2h must equal <grad, u>: error h^2, about 1e-10."""
    data = random_dataset()
    params = exact(random_model(data, (9, 7, 5), activation).params)
    x, y = data.x.toarray().astype(np.float64), data.y.toarray()

    def loss(p):
        return reference.loss_and_grads({**params, name: p}, x, y, activation, reduction)[0]

    u = np.random.default_rng(1).standard_normal(params[name].shape)
    _, grads = reference.loss_and_grads(params, x, y, activation, reduction)
    h = 1e-6
    slope = (loss(params[name] + h * u) - loss(params[name] - h * u)) / (2 * h)
    # rounding of the two losses, some 1e-16 / 1e-6, beside slopes of 1e-3 and more
    np.testing.assert_allclose(slope, np.sum(grads[name] * u), rtol=1e-5, atol=1e-9)


def test_the_two_reductions_differ_by_the_number_of_labels():
    data = random_dataset()
    params = exact(random_model(data).params)
    x, y = data.x.toarray(), data.y.toarray()
    total, by_sum = reference.loss_and_grads(params, x, y, reduction="sum")
    mean, by_mean = reference.loss_and_grads(params, x, y, reduction="mean")
    assert total == pytest.approx(mean * data.n_labels)
    for name, grad in by_sum.items():
        np.testing.assert_allclose(grad, by_mean[name] * data.n_labels)


def test_binary_cross_entropy_by_hand():
    """z = 0: both probabilities are 1/2, each loss ln 2. z = ln 3: sigmoid 3/4; the loss of a one is -ln 3/4."""
    loss, dz = reference.bce_with_logits(np.array([[0.0, 0.0, math.log(3), math.log(3)]]), np.array([[0, 1, 1, 0]]))
    assert loss == pytest.approx(math.log(2) + math.log(2) - math.log(3 / 4) - math.log(1 / 4))
    np.testing.assert_allclose(dz, [[0.5, -0.5, -0.25, 0.75]])


def test_cross_entropy_by_hand():
    """e^z = 1, 1, 2: probabilities 1/4, 1/4, 1/2; the second row has no label, and so no loss."""
    z = np.log([[1.0, 1.0, 2.0], [1.0, 1.0, 2.0]])
    loss, dz = reference.softmax_ce(z, np.array([[0, 0, 1], [0, 0, 0]]))
    assert loss == pytest.approx(math.log(2))
    np.testing.assert_allclose(dz, [[0.25, 0.25, -0.5], [0, 0, 0]])
    np.testing.assert_allclose(reference.softmax(z + 800), [[0.25, 0.25, 0.5]] * 2)


def test_a_loss_of_200_is_200():
    loss, dz = reference.bce_with_logits(np.array([-200.0, 200.0]), np.array([1, 0]))
    assert loss == 400
    np.testing.assert_array_equal(dz, [-1, 1])


def test_one_step_of_each_optimiser_by_hand():
    assert twins.sgd(2.0, 4.0, lr=0.5) == 0.0
    assert twins.adagrad(2.0, 4.0, s=9.0, lr=0.5, eps=0.0) == (2.0 - 0.5 * 4 / 5, 25.0)
    p, s = twins.adagrad_by_row(np.array([[2.0, 2.0]]), np.array([[1.0, 7.0]]), s=np.array([[11.0]]), lr=6, eps=0)
    assert (p.tolist(), s.tolist()) == ([[2 - 6 * 1 / 6, 2 - 6 * 7 / 6]], [[36.0]])  # the mean of 1 and 49 is 25
    # first step of Adam: m^ = g and v^ = g^2, so the step is lr whatever the gradient
    p, m, v = twins.adam(2.0, 4.0, m=0.0, v=0.0, t=1, lr=0.5, beta1=0.9, beta2=0.999, eps=0.0)
    assert (p, m, v) == pytest.approx((1.5, 0.4, 0.016))


def test_equal_logits_go_to_the_smaller_label():
    ids, z = twins.merge_top_k(np.array([[1.0, 3.0, 3.0, 2.0]]), 3)
    np.testing.assert_array_equal(ids, [[1, 2, 3]])
    np.testing.assert_array_equal(z, [[3, 3, 2]])
