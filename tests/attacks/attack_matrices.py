"""Attacks by matrices and arrays: row pointers and indices that lead elsewhere, and arrays changed after the check."""

from functools import partial

import attack
import numpy as np
import scipy.sparse as sp
from attack import Attack

import nnlite
from nnlite.network import reference

F32, LAST = np.float32, 2**63 - 1
N, D, L = 4, 5, 3  # rows, words, labels
MISUSED = ValueError, TypeError, AttributeError, KeyError, IndexError, FloatingPointError  # attributes assigned to
LARGE = 40  # times as many rows, words and labels, where a change comes after the check: more memory to read outside of


def csr(shape, indptr, indices, data):
    """A csr matrix of any arrays: SciPy looks at none of them."""
    matrix = sp.csr_array(shape, dtype=F32)
    matrix.indptr, matrix.indices, matrix.data = indptr, indices, data
    return matrix


def good(n_columns, n=N):
    """The csr matrix of ones whose row i has the columns i and i + 1, modulo n_columns; its first row is empty."""
    places = np.arange(1, n)
    columns = np.sort(np.stack([places, places + 1], axis=1) % n_columns, axis=1)
    indptr = np.append(0, np.arange(0, 2 * n, 2))
    return csr((n, n_columns), indptr.astype(np.int64), columns.ravel().astype(np.int32), np.ones(2 * n - 2, F32))


def data(scale=1):
    return nnlite.Dataset(good(D * scale, N * scale), good(L * scale, N * scale))


def model(scale=1):
    return nnlite.MLP(D * scale, L * scale, hidden=(4,), activation="relu")


# ---- matrices that are not csr matrices, whatever they say: (indptr, indices, data) from those of a good one

def with_(indptr=None, indices=None, values=None):
    """A change of some of the three arrays."""
    def changed(*arrays):
        return [array if new is None else new for array, new in zip(arrays, (indptr, indices, values))]
    return changed


def pointers(*numbers):
    return with_(indptr=np.array(numbers, np.int64))


MALFORMED = {
    "first pointer above 0": pointers(1, 2, 3, 4, 6),
    "first pointer below 0": pointers(-2, 0, 2, 4, 6),
    "pointers that fall": pointers(0, 4, 2, 4, 6),
    "a pointer far above the others": pointers(0, 10**9, 2, 4, 6),
    "a pointer far below the others": pointers(0, -10**9, 2, 4, 6),
    "pointers that wrap around": pointers(0, LAST, -LAST - 1, -1, 6),
    "differences that overflow": pointers(0, LAST, -2, LAST - 1, 6),
    "last pointer above the entries": pointers(0, 0, 2, 4, 10**6),
    "last pointer below 0": pointers(0, 0, 2, 4, -6),
    "pointers of 32 bits that wrap around": with_(indptr=np.array([0, 2**31 - 1, -2**31, -1, 6], np.int32)),
    "unsigned pointers above 2^63": with_(indptr=np.array([0, 2**63 + 2, 2, 4, 6], np.uint64)),
    "pointers with a fraction": with_(indptr=np.array([0, 0.5, 2, 4, 6])),
    "NaN for a pointer": with_(indptr=np.array([0, np.nan, 2, 4, 6])),
    "too few pointers": pointers(0, 2, 4, 6),
    "too many pointers": pointers(0, 0, 2, 4, 6, 6, 6),
    "no pointer": pointers(),
    "pointers in a matrix": with_(indptr=np.zeros((5, 1), np.int64)),
    "large pointers without entries": lambda *a: [np.array([0, 10**9, 0, 0, 0]), a[1][:0], a[2][:0]],
    "wrapping pointers without entries": lambda *a: [np.array([0, LAST, -LAST - 1, 0, 0]), a[1][:0], a[2][:0]],
    "a negative index": with_(indices=np.array([0, 1, -1, 1, 0, 1], np.int32)),
    "an index equal to the width": lambda p, i, v: [p, np.where(np.arange(i.size) == 3, D, i).astype(np.int32), v],
    "an index of 2^31 - 1": with_(indices=np.array([0, 1, 1, 2**31 - 1, 0, 1], np.int32)),
    "an index that 32 bits cut to 1": with_(indices=np.array([0, 1, 0, 2**32 + 1, 0, 1], np.int64)),
    "an unsigned index of 2^32 - 1": with_(indices=np.array([0, 1, 0, 2**32 - 1, 0, 1], np.uint32)),
    "an index with a fraction": with_(indices=np.array([0, 1, 0, 1.5, 0, 1])),
    "fewer indices than values": lambda p, i, v: [p, i[:3], v],
    "fewer values than indices": lambda p, i, v: [p, i, v[:3]],
    "indices in a matrix": lambda p, i, v: [p, i.reshape(2, 3), v],
    "NaN": lambda p, i, v: [p, i, v * F32(np.nan)],
    "infinity": lambda p, i, v: [p, i, v * F32(np.inf)],
    "values of objects": lambda p, i, v: [p, i, v.astype(object)],
    "complex values": lambda p, i, v: [p, i, v.astype(np.complex64)],
    "values of 64 bits": lambda p, i, v: [p, i, v.astype(float)],
}
USES = {
    "Dataset": lambda x, y: nnlite.Dataset(x, good(L)),
    "Dataset's y": lambda x, y: nnlite.Dataset(good(D), y),
    "top_k": lambda x, y: model().top_k(x, 2),
    "above": lambda x, y: model().above(x, 0.1),
    "logits": lambda x, y: model().logits(x),
    "linear_bce": lambda x, y: nnlite.linear_bce(np.ones((N, 2), F32), np.ones((L, 2), F32), np.zeros(L, F32), y),
}


def use_malformed(change, use, case):
    use(*(csr((N, n), *change(*(good(n).indptr, good(n).indices, good(n).data))) for n in (D, L)))


# ---- matrices that are unusual and right

def same(*arrays):
    return list(arrays)


def read_only(*arrays):
    for array in arrays:
        array.flags.writeable = False
    return list(arrays)


ODD = {
    "read-only arrays": read_only,
    "pointers of 32 bits": lambda p, i, v: [p.astype(np.int32), i, v],
    "indices of 64 bits": lambda p, i, v: [p, i.astype(np.int64), v],
    "unsigned indices": lambda p, i, v: [p, i.astype(np.uint32), v],
    "indices of 8 bits": lambda p, i, v: [p, i.astype(np.int8), v],
    "the other byte order": lambda p, i, v: [p.astype(">i8"), i.astype(">i4"), v.astype(">f4")],
    "strided arrays": lambda *arrays: [np.repeat(array, 2)[::2] for array in arrays],
    "reversed arrays": lambda *arrays: [array[::-1].copy()[::-1] for array in arrays],
    "entries beyond the last pointer": lambda p, i, v: [p, np.append(i, [0, 0]).astype(np.int32), np.append(v, v[:2])],
    "unaligned arrays": lambda *arrays: [np.frombuffer(b"x" + a.tobytes(), np.uint8)[1:].view(a.dtype) for a in arrays],
    "unsorted": lambda p, i, v: [p, i.reshape(-1, 2)[:, ::-1].ravel().copy(), v],
    "columns twice in a row": lambda p, i, v: [p, np.repeat(i[::2], 2), v],
}


def odd(change, case):
    """The logits of the plain reference, whatever the form of x."""
    wanted = csr((N, D), *map(np.array, change(good(D).indptr, good(D).indices, good(D).data))).toarray()
    one = model()
    found = one.logits(csr((N, D), *change(good(D).indptr, good(D).indices, good(D).data)))
    assert np.allclose(found, reference_logits(one, wanted), atol=1e-5), "other logits than the reference's"


def reference_logits(one, x):
    exact = {name: np.asarray(p, float) for name, p in one.params.items()}
    return reference.forward(exact, np.asarray(x, float), one.activation)[-1]


# ---- a Dataset whose arrays change after it was checked

def write(array, value):
    array[...] = value


def replace(matrix, name, array):
    setattr(matrix, name, array)


CHANGES = {  # (dataset, x and y that it was made of)
    "given indices": lambda d, x, y: write(x.indices, 2**30),
    "given indices below 0": lambda d, x, y: write(x.indices, -2**30),
    "given pointers": lambda d, x, y: write(x.indptr[1:-1], 2**40),
    "given labels": lambda d, x, y: write(y.indices, 2**30),
    "given label pointers": lambda d, x, y: write(y.indptr[1:-1], 2**40),
    "given values": lambda d, x, y: write(x.data, np.nan),
    "zeros eliminated": lambda d, x, y: (write(x.data[::3], 0), x.eliminate_zeros()),
    "its indices": lambda d, x, y: write(d.x.indices, 2**30),
    "its pointers": lambda d, x, y: write(d.x.indptr[1:-1], 2**40),
    "its labels": lambda d, x, y: write(d.y.indices, -2**30),
    "its label pointers": lambda d, x, y: write(d.y.indptr[1:-1], -2**40),
    "its values": lambda d, x, y: write(d.x.data, np.inf),
    "its indices replaced": lambda d, x, y: replace(d.x, "indices", np.full(d.x.nnz, 2**30, np.int32)),
    "its pointers replaced": lambda d, x, y: replace(d.x, "indptr", np.array([0, 2**40])),
    "its values replaced": lambda d, x, y: replace(d.x, "data", np.ones(1, F32)),
    "its labels replaced": lambda d, x, y: replace(d.y, "indices", np.full(d.y.nnz, -2**30, np.int32)),
    "its matrix replaced": lambda d, x, y: replace(d, "x", good(D, 2)),
    "its labels' matrix replaced": lambda d, x, y: replace(d, "y", good(10**5, N * LARGE)),
    "its number of labels": lambda d, x, y: replace(d, "n_labels", 1),
    "its number of rows": lambda d, x, y: replace(d, "n_rows", 10**6),
    "short weights": lambda d, x, y: replace(d, "weights", np.ones(1, F32)),
    "weights of NaN": lambda d, x, y: replace(d, "weights", np.full(N * LARGE, np.nan)),
}
READS = {
    "fit": lambda d: nnlite.Trainer(model(LARGE), nnlite.SGD(0.1), batch_rows=64, epochs=1).fit(d),
    "fit in order": lambda d: nnlite.Trainer(model(LARGE), nnlite.SGD(0.1), batch_rows=64, order="chunks", epochs=1
                                             ).fit(d),
    "evaluate": lambda d: nnlite.evaluate(model(LARGE), d),
    "take": lambda d: d.take(np.arange(len(d))[::-1]).x.toarray(),
}


def read_changed(change, read, case):
    """The change is refused, or has no effect, or what reads the Dataset refuses it."""
    x, y = good(D * LARGE, N * LARGE), good(L * LARGE, N * LARGE)
    d = nnlite.Dataset(x, y)
    change(d, x, y)
    found = read(d)
    if read is READS["fit"]:
        assert found.loss == READS["fit"](data(LARGE)).loss, "other losses than with the matrices that were checked"


# ---- parameters that change after the model was made

def params(name, array):
    return lambda one: one.params.__setitem__(name, array)


PARAMETERS = {
    "a short features.W": params("features.W", np.zeros((10, 4), F32)),
    "a narrow features.W": params("features.W", np.zeros((D * LARGE, 1), F32)),
    "a short labels.b": params("labels.b", np.zeros(1, F32)),
    "a short labels.W": params("labels.W", np.zeros((1, 4), F32)),
    "features.W of 64 bits": params("features.W", np.ones((D * LARGE, 4))),
    "features.W by columns": params("features.W", np.ones((D * LARGE, 4), F32, order="F")),
    "features.W of the same shape": params("features.W", np.ones((D * LARGE, 4), F32)),
    "labels.W of the same shape": params("labels.W", np.ones((L * LARGE, 4), F32)),
    "features.b of the same shape": params("features.b", np.ones(4, F32)),
    "no features.W": lambda one: one.params.pop("features.W"),
    "another name": params("hidden1.W", np.ones((4, 4), F32)),
    "another dict": lambda one: setattr(one, "params", {}),
    "a hidden width": lambda one: setattr(one, "hidden", (10**5,)),
    "a number of labels": lambda one: setattr(one, "n_labels", 10**6),
}


def predict_changed(change, case):
    """Predictions follow the new parameters, or there is an error."""
    one, x = model(LARGE), good(D * LARGE, N * LARGE)
    change(one)
    found = one.logits(x)
    assert np.allclose(found, reference_logits(one, x.toarray()), atol=1e-4), "not the logits of model.params"


def train_changed(change, case):
    """A training moves the new parameters, or there is an error."""
    one = model(LARGE)
    change(one)
    before = {name: np.array(p) for name, p in one.params.items()}
    nnlite.Trainer(one, nnlite.AdaGrad(0.1), epochs=1, batch_rows=64).fit(data(LARGE))
    assert all((before[name] != p).any() for name, p in one.params.items()), "not all of model.params have moved"


ATTACKS = {
    **{f"{name}, {use}": Attack(partial(use_malformed, change, USES[use]), refused=True)
       for name, change in MALFORMED.items() for use in USES},
    **{f"{name}, logits": Attack(partial(odd, change)) for name, change in ODD.items()},
    **{f"{name} changed, {read}": Attack(partial(read_changed, change, READS[read]), MISUSED)
       for name, change in CHANGES.items() for read in READS},
    **{f"{name}, {way.__name__}": Attack(partial(way, change), MISUSED)
       for name, change in PARAMETERS.items() for way in (predict_changed, train_changed)},
}

if __name__ == "__main__":
    attack.main(ATTACKS)
