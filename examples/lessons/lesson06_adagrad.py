# %% [markdown]
"""
# Lesson 6. Why does a rare word need large steps, and how does AdaGrad know?

64 words, each title has one of them, and one category. Word r is 1 / r times as frequent as the first, as in any text
(Zipf's law). For half of the words the category is true in 9 of 10 titles, for the others in 1 of 10.

    python examples/lessons/lesson06_adagrad.py
"""

# %%
import math

import numpy as np

import nnlite
from nnlite.data.csr import Csr
from showing import ask, picture, say

WORDS = 64
TITLES, BATCH = 4_000, 50
RATES = [0.01 * 2**i for i in range(16)]
SGD_RATE, ADAGRAD_RATE = 2.0, 0.3  # of the first table

rng = np.random.default_rng(0)
share = 1 / np.arange(1, WORDS + 1)
word = rng.choice(WORDS, size=TITLES, p=share / share.sum())
chance = np.where(rng.permutation(WORDS) % 2, 0.9, 0.1)  # that the category is true, for each word
y = rng.random(TITLES) < chance[word]
counts = np.bincount(word, minlength=WORDS)

# %% [markdown]
# ## Two ways to take a step
# One neuron without a bias: z is the weight of the title's word, and should end at log(0.9 / 0.1) = 2.2 or at -2.2.
# With the mean over a batch of B titles, a title changes the gradient of its word by (p - y) / B, and no other.
#
#     SGD        w <- w - lr g
#     AdaGrad    s <- s + g^2        w <- w - lr g / sqrt(s)        s: the squares of all gradients so far


# %%
def gradient(w, first):
    """Of the batch that begins at a title: (p - y) / B, added up for each word."""
    words, true = word[first:first + BATCH], y[first:first + BATCH]
    return np.bincount(words, (1 / (1 + np.exp(-w[words])) - true) / len(words), minlength=WORDS)


def train(lr, adaptive):
    """The weights after one pass over the titles."""
    w, s = np.zeros(WORDS), np.zeros(WORDS)
    for first in range(0, TITLES, BATCH):
        g = gradient(w, first)
        s += g**2
        w -= lr * g / (np.sqrt(s) + 1e-10) if adaptive else lr * g  # where g is 0, w stays
    return w


def excess(w):
    """The loss of each word above that of its true chance, in expectation: 0 is perfect."""
    return np.logaddexp(0, w) - chance * w + chance * np.log(chance) + (1 - chance) * np.log(1 - chance)


frequent, rare = np.arange(WORDS) < 4, np.arange(WORDS) >= WORDS // 2
print(f"Titles of a word, of {TITLES:,}: {counts[frequent].mean():.0f} for the 4 most frequent,",
      f"{counts[rare].mean():.0f} for the rarer half.")
way = {name: train(lr, adaptive) * np.where(chance > 0.5, 1, -1) / math.log(9)
       for name, lr, adaptive in (("SGD", SGD_RATE, False), ("AdaGrad", ADAGRAD_RATE, True))}
print(f"\nhow far of the way to +-2.2     {'frequent':>9} {'rare':>9}")
for name, lr in ("SGD", SGD_RATE), ("AdaGrad", ADAGRAD_RATE):
    print(f"{name:8} with a rate of {lr:<8g} {way[name][frequent].mean():8.0%} {way[name][rare].mean():9.0%}")
seen = max(1, round(counts[rare].mean()))
first, later = 0.5 / BATCH, sum(1 / math.sqrt(i) for i in range(1, seen + 1))
say(f"By hand, for a word seen {seen} times, once in a batch: at first |g| = 0.5 / {BATCH} = {first:g}. SGD moves w by "
    f"about {SGD_RATE:g} x {first:g} = {SGD_RATE * first:g} each time, by {seen * SGD_RATE * first:.2f} in all if it "
    f"keeps on. AdaGrad's first step is lr g / |g| = {ADAGRAD_RATE:g}, however small g is, and {seen} steps of equal g "
    f"move w by {ADAGRAD_RATE:g} x (1 + 1/sqrt(2) + ... + 1/sqrt({seen})) = {ADAGRAD_RATE * later:.2f}.")

# %% [markdown]
# ## One rate for all?
# The same training with many rates. The excess loss of frequent and of rare words, each weighing the same in its group:

# %%
table = {name: np.array([[excess(train(lr, adaptive))[group].mean() for lr in RATES] for group in (frequent, rare)])
         for name, adaptive in (("SGD", False), ("AdaGrad", True))}
print(f"\n{'excess loss':12} {'best rate, frequent':>20} {'best rate, rare':>16} {'one rate: loss of either':>26}")
both = {}
for name, losses in table.items():
    own, common = losses.argmin(axis=1), losses.sum(axis=0).argmin()
    both[name] = losses[:, common].sum()
    print(f"{name:12} {RATES[own[0]]:20g} {RATES[own[1]]:16g} {losses[0, common]:16.3f} and {losses[1, common]:.3f}")
apart = {name: RATES[losses[1].argmin()] / RATES[losses[0].argmin()] for name, losses in table.items()}
say(f"Rare words want a rate {apart['SGD']:g} times that of frequent ones from SGD, {apart['AdaGrad']:g} times from "
    "AdaGrad.", f"With one rate for all words AdaGrad leaves {both['AdaGrad'] / both['SGD']:.0%} of SGD's excess loss:",
    "a word's own past gradients set its step." if both["AdaGrad"] < 0.9 * both["SGD"] else
    "here it has no advantage.")


def draw(axes):
    for name, losses in table.items():
        for group, row in zip(("frequent", "rare"), losses):
            axes.plot(RATES, row, marker="o" if name == "SGD" else "s", markersize=3, label=f"{name}, {group} words")
    axes.set(xscale="log", yscale="log", xlabel="rate", ylabel="excess loss", title="each curve has its best rate")
    axes.legend()


picture("lesson06", draw)

# %% [markdown]
# ## The same in the package
# `nnlite.AdaGrad` updates some rows of a parameter from `parts @ source`, here each row from its own number.

# %%
w = np.zeros((WORDS, 1), np.float32)
optimizer = nnlite.AdaGrad(ADAGRAD_RATE)
optimizer.start({"w": w})
for start in range(0, TITLES, BATCH):
    g = gradient(w.ravel(), start).astype(np.float32)
    rows, = np.nonzero(g)
    one_each = Csr(np.arange(len(rows) + 1), np.arange(len(rows), dtype=np.int32), np.ones(len(rows), np.float32))
    optimizer.next_step()
    optimizer.update("w", rows.astype(np.int32), one_each, g[rows, None])
difference = np.abs(w.ravel() - train(ADAGRAD_RATE, True)).max()
say(f"Largest difference between the package's weights, in float32, and those above: {difference:.0e},",
    "the same up to rounding." if difference < 1e-4 else "too much.")
ask("AdaGrad's s only grows. What does that mean for a training that never ends?",
    "Why does a step of AdaGrad not change if the loss is divided by the number of labels?",
    ["WORDS = 8", "SGD_RATE, ADAGRAD_RATE = 50.0, 0.3", "TITLES, BATCH = 4_000, 400"])

# %% [markdown]
# ## Answers
# 1. Its steps shrink like 1 / sqrt(steps) and nearly stop. Adam forgets old gradients and keeps on.
# 2. g and sqrt(s) are both divided by that number, and it cancels: lesson 4's change 2 adds nothing to AdaGrad.
