"""The whole network in plain NumPy: the specification of the compiled one.

Nothing here is fast, saves memory or depends on a dtype: matrices are dense, gradients have names, and the tests run
it in float64. Slopes of the loss prove this file; this file proves `label_layer`, `mlp` and the trainer. The package
uses it in `check_gradients` alone.
"""

import itertools
from collections.abc import Callable

import numpy as np

Array = np.ndarray


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), without overflow on either side."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def relu(z: Array) -> Array:
    """max(z, 0)"""
    return np.maximum(z, 0)


def sigmoid_backward(dh: Array, h: Array) -> Array:
    """dz for h = sigmoid(z): the slope is h (1 - h)."""
    return dh * h * (1 - h)


def relu_backward(dh: Array, h: Array) -> Array:
    """dz for h = relu(z): the slope is 1 where h > 0, else 0."""
    return dh * (h > 0)


ACTIVATIONS = {"sigmoid": (sigmoid, sigmoid_backward), "relu": (relu, relu_backward)}


def bce_with_logits(z: Array, y: Array) -> tuple[float, Array]:
    """Sum of the binary cross-entropies of sigmoid(z) against y in {0, 1}, and its gradient with respect to z.

    -y log s(z) - (1 - y) log(1 - s(z))  =  log(1 + e^z) - y z          s = sigmoid
    and d/dz of the right side is s(z) - y.
    """
    return np.sum(np.logaddexp(0.0, z) - y * z), sigmoid(z) - y


def softmax(z: Array) -> Array:
    """e^z / sum of e^z over the row, without overflow."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_ce(z: Array, y: Array) -> tuple[float, Array]:
    """Sum of the cross-entropies of softmax(z) against y, one label a row or none; its gradient with respect to z.

    -log p_k  =  log(sum_j e^(z_j)) - z_k  for the row's label k, and d/dz of the right side is p - y.
    """
    n = y.sum(axis=1, keepdims=True)
    m = z.max(axis=1, keepdims=True)
    log_sum = m + np.log(np.exp(z - m).sum(axis=1, keepdims=True))
    return np.sum(n * log_sum) - np.sum(y * z), n * softmax(z) - y


def weigh(dz: Array, y: Array, row_weights: Array, label_weights: Array) -> Array:
    """dz times the weight of its row and, where y is 1, times that of its label."""
    return dz * row_weights[:, None] * np.where(y > 0, label_weights, 1)


def forward(params: dict[str, Array], x: Array, activation: str = "sigmoid", masks: list[Array] | None = None,
            rounded: Callable[[Array], Array] = np.asarray) -> tuple[list[Array], Array]:
    """The inputs [x, h1, h2, ...] of the layers on the dense batch x (N, D) and the logits z (N, L).

    h1 = act(x W_features + b);  h_{i+1} = act(h_i W_hidden_i + b);  z = h_last W_labels^T + b
    masks: for dropout, an array like each h that multiplies it: 0 where a unit is left out, else 1 / keep.
    rounded: a function, such as one to bfloat16, of the operands of all products but the first, which is sparse.
    """
    act, _ = ACTIVATIONS[activation]
    hs = [x]
    for name, mask in zip(hidden_names(params), masks or itertools.repeat(1)):
        w = params[name + ".W"]
        z = x @ w if name == "features" else rounded(hs[-1]) @ rounded(w)
        hs.append(act(z + params[name + ".b"]) * mask)
    return hs, rounded(hs[-1]) @ rounded(params["labels.W"]).T + params["labels.b"]


def loss_and_grads(params: dict[str, Array], x: Array, y: Array, activation: str = "sigmoid", reduction: str = "sum",
                   masks: list[Array] | None = None, row_weights: Array | None = None,
                   label_weights: Array | None = None, output: str = "sigmoid",
                   rounded: Callable[[Array], Array] = np.asarray) -> tuple[float, dict[str, Array]]:
    """The whole network on one page: the loss of a dense batch (x, y), its gradient with respect to each parameter.

    The BCE is averaged over rows and, with reduction "mean", over labels too; with "sum" it is summed over labels.
    Weights (N,) of rows and (L,) of true labels change the gradient, not the loss that is returned.
    With output "softmax" the loss is the cross-entropy of a row's one label, averaged over rows: both reductions agree.
    """
    _, backward = ACTIVATIONS[activation]
    names = hidden_names(params)
    masks = masks or [np.ones(1)] * len(names)
    hs, z = forward(params, x, activation, masks, rounded)

    loss, dz = (bce_with_logits if output == "sigmoid" else softmax_ce)(z, y)
    divisor = z.size if reduction == "mean" and output == "sigmoid" else len(z)
    weights = [np.ones(n) if w is None else w for n, w in zip(z.shape, (row_weights, label_weights))]
    if output == "softmax":  # all of a row's gradient is that of its label
        weights = [weights[0] * (y @ weights[1]), np.ones(z.shape[1])]
    loss, dz = loss / divisor, weigh(dz, y, *weights) / divisor

    grads = {"labels.W": rounded(dz).T @ rounded(hs[-1]), "labels.b": dz.sum(axis=0)}
    dh = rounded(dz) @ rounded(params["labels.W"])
    for i, name in reversed(list(enumerate(names))):
        keep = 1 / masks[i].max()
        dz = backward(dh * masks[i], hs[i + 1] * keep)  # where a unit is left out its slope is not asked for
        grads[name + ".b"] = dz.sum(axis=0)
        if i:
            grads[name + ".W"], dh = rounded(hs[i]).T @ rounded(dz), rounded(dz) @ rounded(params[name + ".W"]).T
    grads["features.W"] = x.T @ dz
    return loss, grads


def hidden_names(params: dict[str, Array]) -> list[str]:
    """The layers below the labels, in forward order: ["features", "hidden1", "hidden2", ...]"""
    return [name[:-2] for name in params if name.endswith(".W") and name != "labels.W"]
