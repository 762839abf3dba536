# %% [markdown]
"""
# Lesson 13. Why does training give the same bits on 1, 2 and 3 threads, when most programs do not?

Because of rounding, a sum of floating-point numbers depends on their order. Threads can change the order in three ways,
each shown here; the package prevents all of them.

    python examples/lessons/lesson13_threads.py
"""

# %%
import hashlib
import time

import numpy as np
import threadpoolctl

import nnlite
from nnlite.system.blas import one_blas_thread
from nnlite.system.slices import blocks, shares
from nnlite.system.threads import team
from showing import ask, say

THREADS = (1, 2, 3)
BLOCK = 256  # rows
RUNS = 8
SHAPES = ((1_000, 64, 300), (512, 200, 500), (300, 70, 90))  # rows, units, labels

a, b, c = np.float32(1e8), np.float32(-1e8), np.float32(1)
print(f"In float32, (1e8 - 1e8) + 1 = {(a + b) + c:g}, but 1e8 + (-1e8 + 1) = {a + (b + c):g}.")

# %% [markdown]
# ## A training
# The digits are the beginning of a hash of all parameters: other bits give other digits.


# %%
def digest(*arrays):
    hashed = hashlib.sha256()
    for array in arrays:
        hashed.update(np.ascontiguousarray(array))
    return hashed.hexdigest()[:12]


def trained(data, threads):
    model = nnlite.MLP(data.n_words, data.n_labels, hidden=(50,), activation="relu")
    nnlite.Trainer(model, nnlite.AdaGrad(lr=0.05), batch_rows=512, epochs=2, threads=threads).fit(data)
    return digest(*model.params.values())


def compare(what, digests):
    """Print the digests; how many different ones there are."""
    n = len(set(digests))
    print(f"{what:44} {len(digests)} runs, {n} different: {' '.join(digests[:3])}")
    return n


records = list(nnlite.make_catalogue(1_500))
data = nnlite.Vocabulary.build(records).encode(records)
print()
training = compare(f"trained on {', '.join(map(str, THREADS))} threads", [trained(data, t) for t in THREADS])

# %% [markdown]
# ## What must not happen
# dW = dz^T h of a label layer is a sum over rows. Threads take parts of the rows. Two mistakes: to add the parts as
# they finish (other programs can delay any thread: here a random time), and to cut the rows by the number of threads.


# %%
def label_gradient(h, dz, parts, threads, in_order, rng):
    delays, finished = rng.uniform(0, 0.002, len(parts)), []  # seconds

    def one_part(i):
        time.sleep(delays[i])
        product = dz[parts[i]].T @ h[parts[i]]
        finished.append(product)
        return product

    products = team(threads).run(one_part, range(len(parts)))  # in the order of the parts
    total = np.zeros_like(products[0])
    for product in products if in_order else finished:
        total += product
    return total


rng = np.random.default_rng(0)
h, dz = (rng.standard_normal((2_500, n)).astype(np.float32) for n in (40, 30))
fixed = blocks(len(h), BLOCK)
with one_blas_thread():
    as_finished, in_order = (compare(what, [digest(label_gradient(h, dz, fixed, 3, order, rng)) for _ in range(RUNS)])
                             for what, order in (("blocks on 3 threads, added as they finish", False),
                                                 ("blocks on 3 threads, added in their order", True)))
    by_threads, by_size = (compare(what, [digest(label_gradient(h, dz, cut(t), t, True, rng)) for t in THREADS])
                           for what, cut in (("one share of the rows for each thread", lambda t: shares(len(h), t)),
                                             (f"blocks of {BLOCK} rows, however many threads", lambda t: fixed)))

# %% [markdown]
# The third mistake is left to BLAS, which splits a matrix product among threads of its own.


# %%
def products(n_rows, n_units, n_labels, threads):
    """The digests of the three products of a layer, with BLAS on so many threads."""
    rng = np.random.default_rng(0)
    h, w = (rng.standard_normal((n, n_units)).astype(np.float32) for n in (n_rows, n_labels))
    with threadpoolctl.threadpool_limits(threads, user_api="blas"):
        z = h @ w.T
        return [digest(product) for product in (z, z.T @ h, z @ w)]


print("\nrows x units x labels: of the products h W^T, dz^T h, dz W, those that differ between 1 and 2 BLAS threads")
differ = 0
for shape in SHAPES:
    found = [x != y for x, y in zip(products(*shape, 1), products(*shape, 2))]
    differ += sum(found)
    named = [name for name, other in zip(("h W^T", "dz^T h", "dz W"), found) if other]
    print(f"{' x '.join(map(str, shape)):22} {', '.join(named) or 'none'}")
say(f"Added as they finish, {RUNS} runs have {as_finished} results, in their order {in_order}. Cut by the number of "
    f"threads there are {by_threads} results, cut by size {by_size}. With two BLAS threads {differ} of "
    f"{3 * len(SHAPES)} products differ; which ones depends on the library and the sizes.")
say("So the package cuts work by sizes, adds sums in the order of the pieces, and keeps BLAS on one thread; its own "
    f"threads take the pieces. The training has {training} result{'s' * (training > 1)} on {len(THREADS)} numbers of "
    "threads.")
ask("Why does the package not choose the block size by the number of processors?",
    "Adding whole numbers, does the order matter?",
    ["BLOCK = 300", "THREADS = (1, 2)"])

# %% [markdown]
# ## Answers
# 1. The blocks decide the order of the sums: another machine would give other bits for the same seed.
# 2. No: their sums are exact as long as they fit. Only rounding depends on the order.
