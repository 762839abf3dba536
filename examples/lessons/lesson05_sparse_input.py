# %% [markdown]
"""
# Lesson 5. Why does nobody multiply by a title's one-hot vector?

A title has about ten of many thousand words. Multiplying its vector by a matrix adds up ten rows of the matrix; the
rest is multiplication by 0. In the backward pass absent words have no gradient at all.

    python examples/lessons/lesson05_sparse_input.py
"""

# %%
import time

import numpy as np

import nnlite
from nnlite.kernels import sparse
from nnlite.system.blas import one_blas_thread
from nnlite.training.gradients import gradients
from showing import ask, picture, say

SIZES = (500, 1_000, 3_000)  # titles
MIN_COUNT = 2  # titles in which a word must occur
UNITS = 100
BATCH = 64

records = list(nnlite.make_catalogue(max(SIZES)))

# %% [markdown]
# ## A product as a sum of rows
# *csr* (compressed sparse rows) stores the ids of each row's words (`indices`), where each row starts in them
# (`indptr`), and the values (`data`).

# %%
vocabulary = nnlite.Vocabulary.build(records, MIN_COUNT)
data = vocabulary.encode(records)
(n, d), w = data.x.shape, np.random.default_rng(0).standard_normal((data.n_words, UNITS)).astype(np.float32)
title = data.x[[0]]
print(f"{records[0].title!r} has {title.nnz} of {d:,} known words: "
      f"{', '.join(f'{vocabulary.words[i]} ({i})' for i in title.indices)}")
print(f"one-hot vector times W: {d * UNITS:9,} multiplications, z[:3] = {np.round(title.toarray()[0] @ w, 4)[:3]}")
print(f"those rows of W added:  {title.nnz * UNITS:9,} additions,       z[:3] = "
      f"{np.round(w[title.indices].sum(axis=0), 4)[:3]}")


def seconds(function):
    """The result and the shortest time of five calls."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return result, min(times)


def by_rows():
    z = np.empty((n, UNITS), np.float32)
    sparse.csr_matmul(data.x.indptr, data.x.indices, data.x.data, w, np.zeros(UNITS, np.float32), z)
    return z


dense = data.x.toarray()
with one_blas_thread():
    (whole, dense_seconds), (rows, sparse_seconds) = seconds(lambda: dense @ w), seconds(by_rows)
difference = np.abs(whole - rows).max() / np.abs(whole).max()
say(f"All {n:,} titles at once, on one thread: {1e3 * dense_seconds:.1f} ms as a dense product, "
    f"{1e3 * sparse_seconds:.1f} ms as sums of rows: the dense product takes {dense_seconds / sparse_seconds:.1f} "
    f"times as long. Largest difference {difference:.0e} of the largest z:",
    "the same numbers up to rounding." if difference < 1e-5 else "that is too much.")

# %% [markdown]
# ## The backward pass: rows that are absent stay as they are
# dW = x^T dz: the gradient of a word's row adds up dz over the titles that contain the word.

# %%
found = {}
print("\n titles   words  dense MiB  csr MiB  words of a batch  rows of W changed")
for size in SIZES:
    own = nnlite.Vocabulary.build(records[:size], MIN_COUNT)
    some = own.encode(records[:size])
    batch = some.take(slice(0, BATCH))
    model = nnlite.MLP(some.n_words, some.n_labels, hidden=(UNITS,))
    before, (_, grads) = model.params["features.W"].copy(), gradients(model, batch)
    nnlite.Trainer(model, nnlite.AdaGrad(lr=0.1), batch_rows=BATCH, epochs=1).fit(batch)
    present, nonzero, changed = (set(np.flatnonzero(rows)) for rows in (
        np.bincount(batch.x.indices, minlength=some.n_words), grads["features.W"].any(axis=1),
        (model.params["features.W"] != before).any(axis=1)))
    csr_bytes = some.x.data.nbytes + some.x.indices.nbytes + some.x.indptr.nbytes
    found[size] = some.n_words, 4 * size * some.n_words / 2**20, csr_bytes / 2**20, len(present), len(changed)
    same = present == nonzero == changed
    print("{:7,} {:7,} {:10.2f} {:8.2f} {:17} {:18}".format(size, *found[size]),
          f"{len(changed) / some.n_words:4.0%}, {'the same' if same else 'other'} words")
few, many = found[min(SIZES)], found[max(SIZES)]
words, dense_growth, csr_growth, _, work = (b / a for a, b in zip(few, many))
say(f"With {max(SIZES) / min(SIZES):.1f} times the titles there are {words:.1f} times as many words. A dense matrix "
    f"takes {dense_growth:.1f} times the memory, csr {csr_growth:.1f} times, and a step changes {work:.2f} times as "
    "many rows:",
    "the work of a step hardly depends on how many words the catalogue has." if work < 1.5 else
    "but the smallest catalogue is no larger than a batch." if BATCH >= min(SIZES) else
    "a larger catalogue keeps words of the batch that are too rare in a smaller one.")


def draw(axes):
    for place, label in (1, "dense, MiB"), (2, "csr, MiB"):
        axes.plot(SIZES, [found[size][place] for size in SIZES], marker="o", label=label)
    axes.set(xscale="log", yscale="log", xlabel="titles", ylabel="memory of the input, MiB")
    axes.legend()


picture("lesson05", draw)
ask("Why does the number of words grow more slowly than the number of titles?",
    "An optimiser that shrinks every weight a little at each step (weight decay): what does it cost here?",
    ["MIN_COUNT = 1", "BATCH = 512", "SIZES = (250, 3_000)"])

# %% [markdown]
# ## Answers
# 1. A new title mostly repeats words that were seen before; it adds only its new ones (Heaps' law).
# 2. Every row changes, also those of absent words: the work of the whole matrix, however small the batch is.
