# %% [markdown]
"""
# Lesson 11. How can a layer of many thousand labels be trained when its logits do not fit into memory?

With many labels a network spends its memory on logits, probabilities and gradients: one number per row and label each.
But a logit is needed only until its gradient has been used, so a few hundred labels at a time are enough.

    python examples/lessons/lesson11_fused_layer.py
"""

# %%
import threading
import time
import tracemalloc

import numpy as np
import scipy.sparse as sp

from nnlite import linear_bce
from nnlite.network import reference
from nnlite.system.blas import one_blas_thread
from showing import ask, picture, say

ROWS, UNITS = 1_024, 256
LABELS = (4_000, 8_000, 12_000)
TRUE_LABELS = 8  # of a row
TILE = 256  # labels whose logits exist at once

# %% [markdown]
# ## Two ways to compute the same
# h (N, H) are the hidden units of a batch, w (L, H) and b (L,) the weights of the labels, y (N, L) the true labels.
# A label's rows of dw and db need no other label, and dh is a sum over labels. So the labels can be cut into tiles:
# for each, its logits, then the gradients in the same memory, and from these its dw, its db and its part of dh.


# %%
def whole(h, w, b, y):
    """Loss, dh, dw, db; logits, labels and gradients are matrices (N, L)."""
    z = h @ w.T + b
    loss, dz = reference.bce_with_logits(z, y.toarray())
    return loss, dz @ w, dz.T @ h, dz.sum(axis=0)


def in_tiles(h, w, b, y):
    return linear_bce(h, w, b, y, tile=TILE, threads=1)


def problem(n_labels, rows=ROWS):
    rng = np.random.default_rng(0)
    h, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((rows, UNITS), (n_labels, UNITS)))
    labels = np.sort((rng.integers(n_labels, size=(rows, 1)) + 37 * np.arange(TRUE_LABELS)) % n_labels, axis=1)
    indptr = np.arange(0, labels.size + 1, TRUE_LABELS)
    y = sp.csr_array((np.ones(labels.size, np.float32), labels.ravel(), indptr), shape=(rows, n_labels))
    return h, w / 16, np.full(n_labels, -3, np.float32), y


def error(got, want):
    return float(np.abs(got - want).max() / np.abs(want).max())


few = problem(1_000)
exact = whole(*(array.astype(np.float64) for array in few[:3]), few[3])
print("largest error against float64, relative to the largest entry:")
errors = {}
for name, answer in ("whole", whole(*few)), ("in tiles", in_tiles(*few)):
    errors[name] = [error(got, want) for got, want in zip(answer, exact)]
    print(f"{name:9} {'   '.join(f'{part} {e:.1e}' for part, e in zip(('loss', 'dh', 'dw', 'db'), errors[name]))}")
print("Both are the rounding of float32." if max(map(max, errors.values())) < 1e-5 else "That is more than rounding.")

# %% [markdown]
# ## What they take
# Peak memory without the answer, and time; on a new thread, which starts without the memory that the package keeps.


# %%
def cost(function, *arguments):
    """MiB and ms of a call."""
    found = []

    def call():
        tracemalloc.start()
        start = time.perf_counter()
        answer = function(*arguments)
        found.append(1e3 * (time.perf_counter() - start))
        found.append(tracemalloc.get_traced_memory()[1] - sum(np.asarray(part).nbytes for part in answer))
        tracemalloc.stop()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return found[1] / 2**20, found[0]


costs = {}
print(f"\n{'labels':>7} {'logits alone':>14} {'whole':>22} {f'tiles of {TILE}':>22}")
with one_blas_thread():
    for n_labels in LABELS:
        arguments = problem(n_labels)
        costs[n_labels] = [cost(function, *arguments) for function in (whole, in_tiles)]
        print(f"{n_labels:7,} {4 * ROWS * n_labels / 2**20:10.1f} MiB",
              " ".join("{:11.1f} MiB {:4.0f} ms".format(*each) for each in costs[n_labels]))
(whole_few, tiles_few), (whole_many, tiles_many) = costs[LABELS[0]], costs[LABELS[-1]]
say(f"With {LABELS[-1] / LABELS[0]:g} times the labels the whole layer takes {whole_many[0] / whole_few[0]:.1f} times",
    f"the memory, the tiles {tiles_many[0] / tiles_few[0]:.1f} times:",
    "in tiles, memory has all but stopped growing." if tiles_many[0] < 1.3 * tiles_few[0] else
    "it still grows, up to the parts of the tiles that are worked on together.")
say(f"With {LABELS[-1]:,} labels the tiles take {tiles_many[0] / whole_many[0]:.0%} of the memory and "
    f"{tiles_many[1] / whole_many[1]:.1f} times the time of the whole layer.")


def draw(axes):
    for place, name in enumerate(("whole", f"in tiles of {TILE}")):
        axes.plot(LABELS, [costs[n][place][0] for n in LABELS], marker="o", label=name)
    axes.set(xlabel="labels", ylabel="peak memory, MiB", ylim=0)
    axes.legend()


picture("lesson11", draw)
ask("Why can the rows of labels.W be updated as soon as a tile is done, but not those of features.W?",
    "Softmax needs the sum of e^z over all labels for each p. What does that mean for tiles?",
    ["TILE = 16", "LABELS = (500, 1_000, 2_000)"])

# %% [markdown]
# ## Answers
# 1. A label's gradient is complete then; that of a word needs dh, to which every tile still adds its part.
# 2. One tile must hold all labels, or a first pass over the tiles must collect the sums. The package does the former.
