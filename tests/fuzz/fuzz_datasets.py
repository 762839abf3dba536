"""What `fuzz.py` feeds to Datasets and to whatever takes a csr matrix; as in `fuzz_files`."""

import warnings
from functools import lru_cache
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from fuzz_mutations import VALUES, refusal, with_hostile

from nnlite import MLP, AdaGrad, Dataset, Trainer, linear_bce
from nnlite.network import reference

F32 = np.float32
HUGE = 1e37  # sums of larger numbers may be infinite in float32


def make_csr(rng, n_rows, ones):
    """(indptr, indices, data, n_columns) of a csr matrix, as lists and their types."""
    n_columns = rng.randint(1, 6)
    rows = [sorted(rng.sample(range(n_columns), rng.randint(0, min(3, n_columns)))) for _ in range(n_rows)]
    indptr = np.cumsum([0, *map(len, rows)])
    data = [1.0 if ones else rng.choice(VALUES[:5]) for row in rows for _ in row]
    return [indptr, np.array(sum(rows, []), "i4"), np.array(data, F32)], n_columns


def make_datasets(rng):
    """(the arrays and the width of x, the same of y, their common number of rows, whether all is as it should be)."""
    n_rows = rng.randint(1, 5)
    (x, n_words), (y, n_labels) = make_csr(rng, n_rows, False), make_csr(rng, n_rows, True)
    changes = rng.choice([0, 1, 1, 2])
    for _ in range(changes):
        arrays, place = rng.choice([x, y]), rng.randrange(3)
        with np.errstate(all="ignore"):
            arrays[place] = with_hostile(rng, arrays[place])
    return x, n_words, y, n_labels, n_rows, not changes


def csr(arrays, shape):
    """A csr matrix of arrays that nobody looks at."""
    matrix = sp.csr_array(shape, dtype=F32)
    matrix.indptr, matrix.indices, matrix.data = arrays
    return matrix


def copies(arrays):
    return [array.copy() for array in arrays]


def dense(arrays, shape):
    """The dense matrix (float64) that three arrays describe, or None: a plain loop that checks every number."""
    indptr, indices, data = arrays
    if any(array.ndim != 1 or array.dtype.kind not in "iu" for array in (indptr, indices)) or data.ndim != 1:
        return None
    if data.dtype.newbyteorder("=") != F32 or indptr.size != shape[0] + 1:
        return None
    found, indptr = np.zeros(shape), indptr.tolist()
    if indptr[0] != 0 or any(b < a for a, b in pairwise(indptr)) or indptr[-1] > min(indices.size, data.size):
        return None
    for row, (first, last) in enumerate(pairwise(indptr)):
        for column, value in zip(indices[first:last].tolist(), data[first:last].tolist()):
            if not 0 <= column < shape[1] or not np.isfinite(value):
                return None
            found[row, column] += value
    return found


@lru_cache
def network(n_words, n_labels):
    return MLP(n_words, n_labels, hidden=(3,), activation="relu")


def start_datasets(folder):
    """What is accepted is valid, and scores, losses and a step of training are those of the reference in NumPy."""
    def check(given):
        x, n_words, y, n_labels, n_rows, good = given
        with np.errstate(all="ignore"):
            want_x, want_y = dense(x, (n_rows, n_words)), dense(y, (n_rows, n_labels))
        errors, shape_x, shape_y = (ValueError, TypeError), (n_rows, n_words), (n_rows, n_labels)
        data, refused = refusal(lambda: Dataset(csr(copies(x), shape_x), csr(copies(y), shape_y)), *errors)
        assert not (good and refused)
        model = network(n_words, n_labels)
        with warnings.catch_warnings():  # np.errstate does not reach the threads of top_k
            overflows = want_x is not None and np.abs(want_x).max(initial=0) > HUGE
            if overflows:
                warnings.filterwarnings("ignore", "(overflow|invalid value) encountered", RuntimeWarning)
            try:
                top, x_refused = refusal(lambda: model.top_k(csr(copies(x), shape_x), n_labels), *errors)
            except FloatingPointError:
                assert overflows
                top, x_refused = None, False
        h = np.linspace(-1, 1, 2 * n_rows, dtype=F32).reshape(n_rows, 2)
        w, b = np.ones((n_labels, 2), F32), np.zeros(n_labels, F32)
        found, y_refused = refusal(lambda: linear_bce(h, w, b, csr(copies(y), shape_y)), *errors)
        assert refused == (x_refused or y_refused)
        if top and np.abs(want_x).max(initial=0) < 1e3:
            exact = {name: p.astype(float) for name, p in model.params.items()}
            _, z = reference.forward(exact, want_x, "relu")
            ids, p = top
            want = 1 / (1 + np.exp(-np.take_along_axis(z, ids, 1)))
            assert np.allclose(p, want, atol=1e-4) and (np.sort(ids, axis=1) == np.arange(n_labels)).all()
        if found:
            loss, dz = reference.bce_with_logits((h @ w.T).astype(float), want_y)
            assert np.isclose(found[0], loss, rtol=1e-4) and np.allclose(found[1], dz @ w, atol=1e-4)
        if data:
            assert want_x is not None and (data.x.toarray() == want_x.astype(F32)).all()
            assert (data.y.toarray() == want_y).all()
            if np.abs(want_x).max(initial=0) < 1e3:
                one = MLP.from_params({name: p.copy() for name, p in model.params.items()}, "relu")
                losses = Trainer(one, AdaGrad(0.1), epochs=1, batch_rows=n_rows, threads=1).fit(data).loss
                assert np.isclose(losses[0], reference.bce_with_logits(z, want_y)[0] / want_y.size, rtol=1e-4)
        return not refused

    return check
