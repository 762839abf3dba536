"""Lesson 4. Why does nobody multiply by a title's one-hot vector?

A title has about ten of many thousand words. Multiplying its vector by a matrix adds up ten rows of the matrix; the
rest is multiplication by 0. In the backward pass absent words have no gradient at all.

    python examples/lessons/lesson4_sparse_input.py
"""

import time

import numpy as np

import nnlite
from nnlite.kernels import sparse
from nnlite.training.gradients import gradients
from nnlite.system.threads import one_blas_thread

RECORDS = 3_000
MIN_COUNT = 2
UNITS = 200
BATCH = 64
REPEATS = 5


def fastest(function):
    """Seconds of the fastest of REPEATS calls, after one to warm up."""
    function()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def gather_and_add(x, w, b):
    """x w + b for a csr matrix x, by the package's kernel."""
    z = np.empty((x.shape[0], w.shape[1]), np.float32)
    sparse.csr_matmul(x.indptr, x.indices, x.data, w, b, z)
    return z


def main():
    records = list(nnlite.make_catalogue(RECORDS))
    vocabulary = nnlite.Vocabulary.build(records, MIN_COUNT)
    data = vocabulary.encode(records)
    n, d = data.x.shape
    rng = np.random.default_rng(0)
    w, b = rng.standard_normal((d, UNITS)).astype(np.float32), np.zeros(UNITS, np.float32)

    title = data.x[[0]]
    print(f"The title {records[0].title!r} has {title.nnz} of {d:,} known words:")
    print(", ".join(f"{vocabulary.words[i]} ({i})" for i in title.indices))
    product = title.toarray()[0] @ w
    print(f"one-hot vector times W: {d * UNITS:,} multiplications, z[:3] = {product[:3]}")
    print(f"add those rows of W:    {title.nnz * UNITS:,} additions, z[:3] = {w[title.indices].sum(axis=0)[:3]}")

    dense = data.x.toarray()
    csr_bytes = data.x.data.nbytes + data.x.indices.nbytes + data.x.indptr.nbytes
    print(f"\nAll {n:,} titles: {data.x.nnz:,} words in {n * d:,} places, {100 * data.x.nnz / (n * d):.2f} %.")
    print("csr stores the words' ids row by row (indices), where each row starts (indptr), and the values (data).")
    with one_blas_thread():
        dense_seconds, csr_seconds = (fastest(f) for f in (lambda: dense @ w, lambda: gather_and_add(data.x, w, b)))
        difference = np.abs(dense @ w - gather_and_add(data.x, w, b)).max()
    print(f"{'':6} {'memory':>10} {'x W, one thread':>17}")
    print(f"dense  {dense.nbytes / 2**20:6.2f} MiB {1e3 * dense_seconds:14.2f} ms")
    print(f"csr    {csr_bytes / 2**20:6.2f} MiB {1e3 * csr_seconds:14.2f} ms")
    print(f"times  {dense.nbytes / csr_bytes:6.1f}     {dense_seconds / csr_seconds:14.1f}")
    print(f"largest difference between the two products: {difference:.1e}")

    batch = data.take(slice(0, BATCH))
    model = nnlite.MLP(d, data.n_labels, hidden=(UNITS,))
    before = model.params["features.W"].copy()
    _, grads = gradients(model, batch)
    present = np.unique(batch.x.indices)
    touched = np.flatnonzero(grads["features.W"].any(axis=1))
    print("\nBackward, dW = x^T dz: the gradient of a word's row adds up dz over the titles that contain the word.")
    print(f"A batch of {BATCH} titles has {present.size} of {d:,} words. Rows of dW that are not 0: {touched.size}, "
          f"the same words: {np.array_equal(present, touched)}")
    nnlite.Trainer(model, nnlite.AdaGrad(lr=0.1), batch_rows=BATCH, epochs=1).fit(batch)
    changed = np.flatnonzero((model.params["features.W"] != before).any(axis=1))
    print(f"After one step with AdaGrad, rows of W that changed: {changed.size}. "
          f"The other {d - changed.size:,} are unchanged:")
    print(f"{100 * changed.size / d:.1f} % of the matrix is this step's work, however many words the catalogue has.")

    print("\nTry next: MIN_COUNT = 1. Words of a single title are then kept, more than twice as many in all. The dense")
    print("matrix grows as they do, csr by a tenth, and the rows that change by a fifth.")


if __name__ == "__main__":
    main()
