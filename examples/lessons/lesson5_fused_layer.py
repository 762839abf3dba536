"""Lesson 5. How can a layer of many thousand labels be trained when its logits do not fit into memory?

With many labels a network spends its memory on logits, probabilities and gradients: one number per row and label each.
But a logit is needed only until its gradient has been used, so a few hundred labels at a time are enough.

    python examples/lessons/lesson5_fused_layer.py
"""

import threading
import time
import tracemalloc

import numpy as np
import scipy.sparse as sp

from nnlite import linear_bce
from nnlite.network import reference
from nnlite.system.threads import one_blas_thread

ROWS, UNITS = 1024, 256
LABELS = (4_000, 8_000, 16_000)
TRUE_LABELS = 8  # of a row
TILE = 512


def materialised(h, w, b, y):
    """The layer in four lines of NumPy: loss, dh, dw, db. Logits, labels and gradients are matrices (N, L)."""
    z = h @ w.T + b
    loss, dz = reference.bce_with_logits(z, y.toarray())
    return loss, dz @ w, dz.T @ h, dz.sum(axis=0)


def fused(h, w, b, y):
    """The same, TILE labels at a time.

    For each tile: its logits, then the gradients in the same memory, and from these its dw, its db and its part of dh.
    """
    return linear_bce(h, w, b, y, tile=TILE, threads=1)


def problem(n_labels, rows=ROWS, seed=0):
    """h (N, H), w (L, H), b (L,) in float32 and a csr matrix y (N, L) with TRUE_LABELS ones in a row."""
    rng = np.random.default_rng(seed)
    h, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((rows, UNITS), (n_labels, UNITS)))
    labels = np.sort((rng.integers(n_labels, size=(rows, 1)) + 37 * np.arange(TRUE_LABELS)) % n_labels, axis=1)
    indptr = np.arange(0, labels.size + 1, TRUE_LABELS)
    y = sp.csr_array((np.ones(labels.size, np.float32), labels.ravel(), indptr), shape=(rows, n_labels))
    return h, w / 16, np.full(n_labels, -3, np.float32), y


def cost(function, *arguments):
    """MiB and ms of a call: NumPy's peak memory without the answer, and the faster time of two calls.

    It runs on a new thread, which starts without the scratch memory that the package keeps from call to call.
    """
    times, peaks = [], []

    def calls():
        for _ in range(2):
            tracemalloc.start()
            start = time.perf_counter()
            answer = function(*arguments)
            times.append(1e3 * (time.perf_counter() - start))
            peaks.append(tracemalloc.get_traced_memory()[1] - sum(np.asarray(part).nbytes for part in answer))
            tracemalloc.stop()

    thread = threading.Thread(target=calls)
    thread.start()
    thread.join()
    return peaks[0] / 2**20, min(times)


def error(got, want):
    return float(np.abs(got - want).max() / np.abs(want).max())


def main():
    fused(*problem(100, rows=10))  # compiles
    print(f"{ROWS:,} rows of {UNITS} units, float32, one thread. Peak memory without the answer, and time:\n")
    print(f"{'labels':>7} {'logits alone':>14} {'materialised':>24} {f'tiles of {TILE}':>24}")
    with one_blas_thread():
        for n_labels in LABELS:
            arguments = problem(n_labels)
            cells = ["{:11.1f} MiB {:5.0f} ms".format(*cost(f, *arguments)) for f in (materialised, fused)]
            print(f"{n_labels:7} {4 * ROWS * n_labels / 2**20:10.1f} MiB {cells[0]:>24} {cells[1]:>24}")
    print("\nMaterialised, memory grows with rows x labels. In tiles it stops growing: it holds the logits of one")
    print("tile, and the parts of dw and dh of the tiles that are computed at the same time, a limited number.")

    h, w, b, y = problem(1_000)
    exact = materialised(*(array.astype(np.float64) for array in (h, w, b)), y)
    print("\nThe same numbers? Largest error against float64, relative to the largest entry:")
    for name, answer in ("materialised", materialised(h, w, b, y)), ("tiles", fused(h, w, b, y)):
        errors = (f"{part} {error(got, want):.1e}"
                  for part, got, want in zip(("loss", "dh", "dw", "db"), answer, exact))
        print(f"{name:13} {'   '.join(errors)}")
    print("Both errors are the rounding of float32.")

    print("\nA label's row of dw and db needs no other label, and dh is a sum over labels: any tile size works.")
    for tile in 1, 7, 64, 1_000:
        loss, dh, _, _ = linear_bce(h[:64], w, b, y[:64], tile=tile, threads=1)
        print(f"tile {tile:5}: loss {loss:.3f}, sum of |dh| {np.abs(dh).sum(dtype=np.float64):.3f}")

    print("\nTry next: TILE = 16. The numbers stay the same and memory is constant from the first line on, but matrix")
    print("products of so few columns are slow: the time more than doubles.")


if __name__ == "__main__":
    main()
