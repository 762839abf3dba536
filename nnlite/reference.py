"""nnlite once more in plain NumPy: the specification of every kernel, and the whole network on one page.

Nothing here is fast, saves memory or depends on a dtype: matrices are dense, gradients have names, and the tests run
it in float64. Slopes of the loss prove this file; this file proves `kernels`, `model` and `trainer`. Only tests,
benchmarks and `check_gradients` use it.
"""

import numpy as np


# ---- the network

def sigmoid(z):
    """1 / (1 + e^-z), without overflow on either side."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def relu(z):
    """max(z, 0)"""
    return np.maximum(z, 0)


def sigmoid_backward(dh, h):
    """dz for h = sigmoid(z): the slope is h (1 - h)."""
    return dh * h * (1 - h)


def relu_backward(dh, h):
    """dz for h = relu(z): the slope is 1 where h > 0, else 0."""
    return dh * (h > 0)


ACTIVATIONS = {"sigmoid": (sigmoid, sigmoid_backward), "relu": (relu, relu_backward)}


def bce_with_logits(z, y):
    """Sum of the binary cross-entropies of sigmoid(z) against y in {0, 1}, and its gradient by z.

    -y log s(z) - (1 - y) log(1 - s(z))  =  log(1 + e^z) - y z          s = sigmoid
    and d/dz of the right side is s(z) - y.
    """
    return np.sum(np.logaddexp(0.0, z) - y * z), sigmoid(z) - y


def forward(params, x, activation="sigmoid"):
    """The activations [x, h1, h2, ...] of the dense batch x (N, D) and the logits z (N, L).

    h1 = act(x W_features + b);  h_{i+1} = act(h_i W_hidden_i + b);  z = h_last W_labels^T + b
    """
    act, _ = ACTIVATIONS[activation]
    hs = [x]
    for name in hidden_names(params):
        hs.append(act(hs[-1] @ params[name + ".W"] + params[name + ".b"]))
    return hs, hs[-1] @ params["labels.W"].T + params["labels.b"]


def loss_and_grads(params, x, y, activation="sigmoid", reduction="sum"):
    """The whole network on one page: the loss of the dense batch (x, y) and its gradient by every parameter.

    The BCE is averaged over rows and, with reduction "mean", over labels too; with "sum" it is summed over labels.
    """
    _, backward = ACTIVATIONS[activation]
    hs, z = forward(params, x, activation)

    loss, dz = bce_with_logits(z, y)
    divisor = z.size if reduction == "mean" else len(z)
    loss, dz = loss / divisor, dz / divisor

    grads = {"labels.W": dz.T @ hs[-1], "labels.b": dz.sum(axis=0)}
    dh = dz @ params["labels.W"]
    for i, name in reversed(list(enumerate(hidden_names(params)))):
        dz = backward(dh, hs[i + 1])
        grads[name + ".W"], grads[name + ".b"] = hs[i].T @ dz, dz.sum(axis=0)
        dh = dz @ params[name + ".W"].T
    return loss, grads


def hidden_names(params):
    """The layers below the labels, in forward order: ["features", "hidden1", "hidden2", ...]"""
    return [name[:-2] for name in params if name.endswith(".W") and name != "labels.W"]


# ---- the optimisers: new values from old ones

def sgd(p, g, lr):
    """p - lr g"""
    return p - lr * g


def adagrad(p, g, s, lr, eps):
    """s' = s + g^2;  p - lr g / (sqrt(s') + eps)          (Duchi, Hazan and Singer 2011)"""
    s = s + g * g
    return p - lr * g / (np.sqrt(s) + eps), s


def adam(p, g, m, v, t, lr, beta1, beta2, eps):
    """m and v are running means of g and g^2, corrected for their start at 0      (Kingma and Ba 2014, algorithm 1)"""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat, v_hat = m / (1 - beta1 ** t), v / (1 - beta2 ** t)
    return p - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


# ---- sparse matrices and top k

def exp_neg(x):
    """e^x for x <= 0"""
    return np.exp(x)


def two_sigmoids(z0, z1, scale):
    """scale sigmoid(z0), scale sigmoid(z1), (1 + e^-|z0|) (1 + e^-|z1|)"""
    return scale * sigmoid(z0), scale * sigmoid(z1), (1 + np.exp(-abs(z0))) * (1 + np.exp(-abs(z1)))


def add_rows(x, i, source, total):
    """total + x[i] source for a sparse x"""
    return total + x.toarray()[i] @ source


def csr_matmul(x, w, start):
    """start + x w for a sparse x"""
    return start + x.toarray() @ w


def csr_transpose(x):
    """The columns of x that hold a non-zero, and for each of them its (row, value) pairs with rising rows."""
    dense = x.toarray()
    return {d: [(n, dense[n, d]) for n in np.flatnonzero(dense[:, d])] for d in np.flatnonzero(dense.any(axis=0))}


def take_rows(x, rows):
    """The given rows of x, in their order."""
    return x.toarray()[rows]


def merge_top_k(z, k):
    """ids and logits (N, k) of the k largest entries of each row, best first; of equal ones the smaller id first."""
    ids = np.argsort(-z, axis=1, kind="stable")[:, :k]
    return ids, np.take_along_axis(z, ids, axis=1)


def count_positive(z, y):
    """How many logits are above 0 (a probability above one half), and how many of these are true labels."""
    return np.sum(z > 0), np.sum((z > 0) & (y > 0))
