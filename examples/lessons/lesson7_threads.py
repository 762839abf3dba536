"""Lesson 7. Why does training give the same bits on 1, 2 and 3 threads, when most programs do not?

Because of rounding, a sum of floating-point numbers depends on their order: (a + b) + c is not a + (b + c). Threads can
change the order in three ways, each shown here; the package prevents all of them.

    python examples/lessons/lesson7_threads.py
"""

import hashlib
import time

import numpy as np
import threadpoolctl

import nnlite
from nnlite.system.threads import blocks, one_blas_thread, shares, team

THREADS = (1, 2, 3)
BLOCK = 256  # rows
RUNS = 12
SHAPES = ((1_000, 64, 300), (512, 200, 500), (300, 70, 90))  # rows, units, labels


def digest(*arrays):
    """The first digits of a hash of the arrays: different bits give different digits."""
    hashed = hashlib.sha256()
    for array in arrays:
        hashed.update(np.ascontiguousarray(array))
    return hashed.hexdigest()[:12]


def trained(data, threads):
    """The digest of all parameters after a training."""
    model = nnlite.MLP(data.n_words, data.n_labels, hidden=(50,), activation="relu")
    nnlite.Trainer(model, nnlite.AdaGrad(lr=0.05), batch_rows=512, epochs=3, threads=threads).fit(data)
    return digest(*model.params.values())


def label_gradient(h, dz, parts, threads, in_order, rng):
    """dW = dz^T h as a sum over parts of the rows, added in the order of the parts or as they finish."""
    finished = []
    delays = rng.uniform(0, 0.002, len(parts))  # seconds, as if other programs kept a thread waiting

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


def digests(h, dz, cut, in_order, threads=THREADS):
    """The digest of `label_gradient` for each number of threads."""
    rng = np.random.default_rng(0)
    return [digest(label_gradient(h, dz, cut(t), t, in_order, rng)) for t in threads]


def products(n_rows, n_units, n_labels, threads):
    """The digests of the three products of a layer, with BLAS on so many threads."""
    rng = np.random.default_rng(0)
    h, w = (rng.standard_normal((n, n_units)).astype(np.float32) for n in (n_rows, n_labels))
    with threadpoolctl.threadpool_limits(threads, user_api="blas"):
        z = h @ w.T
        return [digest(product) for product in (z, z.T @ h, z @ w)]


def show(what, found):
    print(f"{what}: {len(found)} runs, {len(set(found))} different digests   {' '.join(found[:3])}")


def main():
    a, b, c = np.float32(1e8), np.float32(-1e8), np.float32(1)
    print(f"In float32, (1e8 - 1e8) + 1 = {(a + b) + c:g}, but 1e8 + (-1e8 + 1) = {a + (b + c):g}. The order matters.")

    records = list(nnlite.make_catalogue(2_000))
    data = nnlite.Vocabulary.build(records).encode(records)
    print(f"\nA training on {len(data):,} titles; digests of all parameters after it:")
    found = [trained(data, threads) for threads in THREADS]
    for threads, hashed in zip(THREADS, found):
        print(f"threads {threads}: {hashed}")
    show("all", found)

    print("\nWhat must not happen, each tried on the gradient of a label layer, dW = dz^T h, a sum over rows:")
    rng = np.random.default_rng(0)
    h, dz = (rng.standard_normal((2_500, n)).astype(np.float32) for n in (40, 30))
    fixed, by_threads = (lambda threads: blocks(len(h), BLOCK)), (lambda threads: shares(len(h), threads))
    with one_blas_thread():
        print(f"\n1. Blocks of {BLOCK} rows on 3 threads, with random delays:")
        show("   added as they finish", digests(h, dz, fixed, in_order=False, threads=[3] * RUNS))
        show("   added in their order", digests(h, dz, fixed, in_order=True, threads=[3] * RUNS))
        print("\n2. In their order, on 1, 2 and 3 threads:")
        show("   one share of the rows for each thread", digests(h, dz, by_threads, in_order=True))
        show(f"   blocks of {BLOCK} rows, however many threads", digests(h, dz, fixed, in_order=True))

    print("\n3. BLAS splits a product among its own threads. Digests on one BLAS thread and on two:")
    differ = 0
    for shape in SHAPES:
        one, two = (products(*shape, threads) for threads in (1, 2))
        for name, *pair in zip(("z = h W^T", "dW = dz^T h", "dh = dz W"), one, two):
            differ += pair[0] != pair[1]
            answer = "same" if pair[0] == pair[1] else "different"
            print(f"   {name:11} {' x '.join(map(str, shape)):16} {' '.join(pair)}   {answer}")
    print(f"   {differ} of {3 * len(SHAPES)} differ. Which ones depends on the library and the sizes.")

    print("\nSo the package splits work by sizes, adds sums in the order of the pieces, and keeps BLAS at one thread.")
    print("Its own threads take the pieces: their number decides which thread computes a piece, never the result.")

    print("\nTry next: BLOCK = 300. The sum of the blocks has another digest, the same for every number of threads.")
    print("Block sizes change the result, so the package never derives them from the machine.")


if __name__ == "__main__":
    main()
