"""Lesson 2. How does a network learn what one neuron cannot, and how do we know that its gradients are right?

Forward pass, backward pass and gradient descent on one page of NumPy, in float64. `nnlite/network/reference.py` does
the same for any number of layers, and tests compare everything compiled in the package with it.

    python examples/lessons/lesson2_network.py
"""

import numpy as np

from nnlite.network import reference

HIDDEN = 4
LEARNING_RATE = 2.0
STEPS = 3000
WORDS, LABELS = ["plug-eu", "socket-eu"], ["Adapter", "European"]
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)  # (N, D): a title holds neither word, one of them, or both
Y = np.array([[0, 0], [1, 0], [1, 0], [0, 1]], float)  # (N, L): an adapter joins different kinds


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss_and_grads(params, x, y):
    """Binary cross-entropy, summed over labels, mean over rows; its gradient with respect to each parameter.

    x (N, D)    W1 (D, H)    b1 (H,)    W2 (L, H), one row per label    b2 (L,)    y (N, L)
    """
    w1, b1, w2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    h = sigmoid(x @ w1 + b1)  # (N, H)
    z = h @ w2.T + b2  # (N, L)
    loss = np.sum(np.logaddexp(0, z) - y * z) / len(x)

    dz = (sigmoid(z) - y) / len(x)  # (N, L): the gradient of the loss with respect to each logit
    dw2, db2 = dz.T @ h, dz.sum(axis=0)  # z = h W2^T + b2
    dh = dz @ w2  # (N, H): the contributions of all labels to each hidden unit
    dz1 = dh * h * (1 - h)  # through the sigmoid, whose slope is h (1 - h)
    dw1, db1 = x.T @ dz1, dz1.sum(axis=0)  # z1 = x W1 + b1
    return loss, {"W1": dw1, "b1": db1, "W2": dw2, "b2": db2}


def differences(params, x, y, h=1e-5):
    """The same gradients without calculus: each number is moved by h up and down, and the loss is computed."""
    slopes = {}
    for name, p in params.items():
        slopes[name] = np.empty_like(p)
        for i in np.ndindex(p.shape):
            step = np.zeros_like(p)
            step[i] = h
            up, _ = loss_and_grads({**params, name: p + step}, x, y)
            down, _ = loss_and_grads({**params, name: p - step}, x, y)
            slopes[name][i] = (up - down) / (2 * h)
    return slopes


def new_params(seed=0):
    """Random weights: equal ones would get equal gradients, and all hidden units would stay the same unit."""
    rng = np.random.default_rng(seed)
    return {"W1": rng.standard_normal((X.shape[1], HIDDEN)), "b1": np.zeros(HIDDEN),
            "W2": rng.standard_normal((Y.shape[1], HIDDEN)), "b2": np.zeros(Y.shape[1])}


def error(got, want):
    return np.abs(got - want).max() / np.abs(want).max()


def main():
    print(f"x: the words {', '.join(WORDS)}    y: the labels {', '.join(LABELS)}")
    for row, labels in zip(X, Y):
        print(f"   {row.astype(int)}  ->  {labels.astype(int)}")
    print("An adapter is for exactly one of the words: no single neuron can learn it (lesson 1).")

    params = new_params()
    loss, grads = loss_and_grads(params, X, Y)
    slopes = differences(params, X, Y)
    print("\nIs the backward pass right? Its error against differences of the loss, relative to the largest entry:")
    for name, grad in grads.items():
        print(f"{name} {str(grad.shape):8} {error(grad, slopes[name]):.1e}")

    names = {"W1": "features.W", "b1": "features.b", "W2": "labels.W", "b2": "labels.b"}
    their_loss, theirs = reference.loss_and_grads({names[n]: p for n, p in params.items()}, X, Y, "sigmoid", "sum")
    print("And against the package's reference:")
    print(f"loss: {loss:.6f} here, {their_loss:.6f} there; "
          f"gradients differ by {max(error(grads[n], theirs[names[n]]) for n in names):.1e}")

    print(f"\nGradient descent, {STEPS} steps of {LEARNING_RATE:g}:")
    for step in range(STEPS + 1):
        loss, grads = loss_and_grads(params, X, Y)
        if step in (0, 10, 100, 300, 1000, STEPS):
            print(f"step {step:5}: loss {loss:.4f}")
        params = {name: p - LEARNING_RATE * grads[name] for name, p in params.items()}

    print(f"\n{'words':8} {'hidden units':{6 * HIDDEN}} {'p':13} true")
    hidden = sigmoid(X @ params["W1"] + params["b1"])
    p = sigmoid(hidden @ params["W2"].T + params["b2"])
    for row, units, ps, labels in zip(X, hidden, p, Y):
        print(f"{str(row.astype(int)):8} {' '.join(f'{h:5.2f}' for h in units)}  "
              f"{' '.join(f'{q:.4f}' for q in ps)} {labels.astype(int)}")
    print("Each hidden unit separates the titles in its own way. A label weighs them: two make an either-or.")

    print("\nTry next: HIDDEN = 1. One unit separates in one way only: the loss stays above 0.4 however many steps.")


if __name__ == "__main__":
    main()
