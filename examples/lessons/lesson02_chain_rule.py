# %% [markdown]
"""
# Lesson 2. How does a network find out which way each of its numbers should go? The chain rule, line by line

Forward pass and backward pass of a small network, each number by hand and by code. `nnlite/network/reference.py` does
the same for any number of layers, and tests compare everything compiled in the package with it.

    python examples/lessons/lesson02_chain_rule.py
"""

# %%
import math

import numpy as np

from nnlite.network import reference
from showing import ask, picture, say

HIDDEN = 4
TITLE = 1  # the row of X whose numbers are printed
WORDS, LABELS = ["plug-eu", "socket-eu"], ["Adapter", "European"]
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)  # (N, D): a title holds neither word, one of them, or both
Y = np.array([[0, 0], [1, 0], [1, 0], [0, 1]], float)  # (N, L): an adapter joins different kinds

# %% [markdown]
# ## Why dz = p - y
# p = 1 / (1 + e^-z) is the probability of a label, y is 1 or 0. First rewrite the loss of lesson 1 without p:
#
#     loss = -y log p - (1 - y) log(1 - p)
#     log p       = -log(1 + e^-z) = z - log(1 + e^z)        because 1 + e^-z = (1 + e^z) / e^z
#     log(1 - p)  = -log(1 + e^z)                            because 1 - p = 1 / (1 + e^z)
#     loss = -y z + y log(1 + e^z) + (1 - y) log(1 + e^z) = log(1 + e^z) - y z
#
# Now differentiate both terms:
#
#     d/dz log(1 + e^z) = e^z / (1 + e^z) = 1 / (1 + e^-z) = p        d/dz (y z) = y        so  dz = p - y
#
# With the squared error (p - y)^2 / 2 it would be (p - y) p (1 - p): next to nothing for a p that is sure and wrong.
# The logarithm cancels the sigmoid's slope p (1 - p), so that the worst mistakes have the largest gradients.
#
# ## The chain rule
# If z grows by W for each unit of h, and the loss by dz for each unit of z, then the loss grows by dz W for each unit
# of h. If h has several ways to the loss, their effects add up. Each line of the backward pass below is one such step.


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def passes(params, x, y):
    """Every number of the forward and the backward pass, by name. The loss is summed over labels, mean over rows."""
    w1, b1, w2, b2 = params.values()
    z1 = x @ w1 + b1                                      # (N, H)  hidden layer: a neuron in each column of W1 (D, H)
    h = sigmoid(z1)                                       # (N, H)
    z = h @ w2.T + b2                                     # (N, L)  output: a neuron in each row of W2 (L, H)
    loss = np.sum(np.logaddexp(0, z) - y * z) / len(x)    # log(1 + e^z) - y z
    dz = (sigmoid(z) - y) / len(x)                        # (N, L)  p - y, of the mean
    dw2, db2 = dz.T @ h, dz.sum(axis=0)                   # (L, H)  z grows by h if W2 grows by 1
    dh = dz @ w2                                          # (N, H)  z grows by W2 if h grows by 1; all labels add up
    dz1 = dh * h * (1 - h)                                # (N, H)  the slope of the sigmoid is h (1 - h)
    dw1, db1 = x.T @ dz1, dz1.sum(axis=0)                 # (D, H)  z1 grows by x if W1 grows by 1
    return dict(z1=z1, h=h, z=z, loss=loss, dz=dz, W2=dw2, dh=dh, dz1=dz1, W1=dw1, b1=db1, b2=db2)


rng = np.random.default_rng(0)  # equal weights would get equal gradients: lesson 3
first = {"W1": rng.standard_normal((2, HIDDEN)).round(1), "b1": np.zeros(HIDDEN),
         "W2": rng.standard_normal((2, HIDDEN)).round(1), "b2": np.zeros(2)}
x, y, (w1, _, w2, _) = X[TITLE], Y[TITLE], first.values()
units, labels = range(HIDDEN), range(len(LABELS))
z1 = [sum(x[d] * w1[d, j] for d in range(2)) for j in units]
h = [1 / (1 + math.exp(-z)) for z in z1]
z = [sum(h[j] * w2[k, j] for j in units) for k in labels]
dz = [1 / (1 + math.exp(-z[k])) - y[k] for k in labels]
dh = [sum(dz[k] * w2[k, j] for k in labels) for j in units]
dz1 = [dh[j] * h[j] * (1 - h[j]) for j in units]
by_hand = {"z1 = x W1 + b1": z1, "h = sigmoid(z1)": h, "z = h W2^T + b2": z,
           "loss = log(1 + e^z) - y z": [sum(math.log(1 + math.exp(z[k])) - y[k] * z[k] for k in labels)],
           "dz = p - y": dz, "dW2 = dz^T h, label 1": [dz[0] * h[j] for j in units], "dh = dz W2": dh,
           "dz1 = dh h (1 - h)": dz1, "dW1 = x^T dz1, word 1": [x[0] * g for g in dz1],
           "dW1 = x^T dz1, word 2": [x[1] * g for g in dz1]}
code = passes(first, x[None], y[None])
by_code = [code["z1"], code["h"], code["z"], code["loss"], code["dz"], code["W2"][0], code["dh"], code["dz1"],
           *code["W1"]]
print(f"One title: x = {x.astype(int)} ({', '.join(WORDS)}), y = {y.astype(int)} ({', '.join(LABELS)}), "
      f"hidden units: {HIDDEN}")
for (what, hand), numbers in zip(by_hand.items(), by_code):
    for name, row in ("by hand", hand), ("by code", np.ravel(numbers)):
        print(f"{what * (row is hand):26} {name}  {' '.join(f'{value + 0.0:+.4f}' for value in row)}")

# %% [markdown]
# ## Is the backward pass right?
# Without calculus: move each number by h up and down and compute the loss. The slopes of all four titles:


# %%
def slopes(params, x, y, h=1e-5):
    found = {name: np.empty_like(p) for name, p in params.items()}
    for name, p in params.items():
        for i in np.ndindex(p.shape):
            step = np.zeros_like(p)
            step[i] = h
            up, down = (passes({**params, name: p + s}, x, y)["loss"] for s in (step, -step))
            found[name][i] = (up - down) / (2 * h)
    return found


def error(got, want):
    return np.abs(got - want).max() / np.abs(want).max()


grads, measured = passes(first, X, Y), slopes(first, X, Y)
names = {"W1": "features.W", "b1": "features.b", "W2": "labels.W", "b2": "labels.b"}
_, theirs = reference.loss_and_grads({names[n]: p for n, p in first.items()}, X, Y)
worst = [max(error(grads[n], other) for n, other in found.items())
         for found in (measured, {n: theirs[name] for n, name in names.items()})]
say(f"Largest error of a gradient, relative to its largest entry: {worst[0]:.0e} against measured slopes,",
    f"{worst[1]:.0e} against the package's reference.",
    "The backward pass is right." if max(worst) < 1e-6 else "The backward pass is wrong.")
absent = [word for word, value, row in zip(WORDS, x, code["W1"]) if not row.any()]
say(f"Words whose weights this title does not change: {', '.join(absent) or 'none'}. Words that it does not contain: "
    f"{', '.join(word for word, value in zip(WORDS, x) if not value) or 'none'}.")


def draw(axes):
    z, p = np.linspace(-8, 8, 161), sigmoid(np.linspace(-8, 8, 161))
    axes.plot(z, p - 1, label="cross-entropy: p - y")
    axes.plot(z, (p - 1) * p * (1 - p), label="squared error: (p - y) p (1 - p)")
    axes.set(xlabel="logit z of a label that is true (y = 1)", ylabel="dz", title="sure and wrong is on the left")
    axes.legend()


picture("lesson02", draw)
ask("Why is the row of dW1 zero for a word that the title lacks, and what follows for 100,000 words?",
    "What would dh be if both labels had the same row of W2 and opposite dz?",
    ["HIDDEN = 1", "TITLE = 3", "TITLE = 0"])

# %% [markdown]
# ## Answers
# 1. dW1 = x^T dz1, and x is 0 for an absent word. A title of ten words changes ten rows of W1, however many there are.
# 2. Zero: dh adds up dz W2 over the labels, and they would pull the hidden units with equal force both ways.
