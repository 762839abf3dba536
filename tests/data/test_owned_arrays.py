"""Claim: no csr array reaches a kernel unchecked, and what a Dataset has checked cannot change afterwards."""

import copy
import pickle
from contextlib import suppress

import numpy as np
import pytest
import scipy.sparse as sp
import children
from problems import random_csr, random_dataset, random_model

from nnlite import SGD, Dataset, Trainer, evaluate, linear_bce
from nnlite.data.csr import Csr
from nnlite.data.csr_checks import check_features
from nnlite.data.label_checks import check_labels
from nnlite.data.dataset import from_arrays
from nnlite.scores.calibration import best_threshold
from nnlite.scores.explanation import likeliest_true
from nnlite.scores.metrics import hits

F32, I32, I64 = np.float32, np.int32, np.int64
BIG = 2**63 - 1


def csr(n_columns=5, **arrays):
    """csr (4, n_columns) with columns 0, 1, 2, one in each of the first rows; some arrays replaced, unseen by scipy."""
    matrix = sp.csr_array((4, n_columns), dtype=F32)
    every = dict(indptr=np.array([0, 1, 2, 3, 3]), indices=np.arange(3, dtype=I32), data=np.ones(3, F32)) | arrays
    for name, array in every.items():
        setattr(matrix, name, array)
    return matrix


def empty(indptr):
    return csr(indptr=np.array(indptr), indices=np.zeros(0, I32), data=np.zeros(0, F32))


WRONG = {
    "nothing stored, ends fall": empty([0, 10**9, 0, 0, 0]), "nothing stored, ends negative": empty([0, -1, 0, 0, 0]),
    "differences overflow": csr(indptr=np.array([0, BIG, -BIG - 1, -1, 3])),
    "the last end is too large": csr(indptr=np.array([0, 1, 2, 3, 4])),
    "the last end is huge": csr(indptr=np.array([0, 1, 2, 3, BIG])),
    "the last end is negative": csr(indptr=np.array([0, 1, 2, 3, -1])),
    "the first end is not 0": csr(indptr=np.array([1, 1, 2, 3, 3])),
    "too few ends": csr(indptr=np.array([0, 3])), "too many ends": csr(indptr=np.array([0, 1, 2, 3, 3, 3])),
    "no ends": csr(indptr=np.zeros(0, I64)), "ends of uint64": csr(indptr=np.array([0, 2**64 - 1, 2, 3, 3], np.uint64)),
    "ends of floats": csr(indptr=np.array([0., 1, 2, 3, 3])), "ends in 2-D": csr(indptr=np.zeros((5, 1), I64)),
    "an index that int32 wraps": csr(indices=np.array([0, 1, 2**32 + 1])),
    "an index that int32 makes negative": csr(indices=np.array([0, 1, 2**31])),
    "a negative index that int32 wraps": csr(indices=np.array([0, 1, 2 - 2**32])),
    "a uint64 index": csr(indices=np.array([0, 1, 2**63 + 1], np.uint64)),
    "the number of columns": csr(indices=np.array([0, 1, 5], np.int8)),
    "a negative index": csr(indices=np.array([0, 1, -1])),
    "indices of floats": csr(indices=np.array([0., 1, 2])),
    "indices of bool": csr(indices=np.array([False, True, True])),
    "indices in 2-D": csr(indices=np.zeros((3, 1), I32)), "a list": csr(indices=[0, 1, 2]),
    "indices of objects": csr(indices=np.array([0, 1, 2], object)), "too few indices": csr(indices=np.zeros(2, I32)),
    "too few values": csr(data=np.ones(2, F32)), "values in 2-D": csr(data=np.ones((3, 1), F32)),
    "big-endian values": csr(data=np.ones(3, ">f4")), "float64": csr(data=np.ones(3)),
    "NaN": csr(data=F32([1, 1, np.nan])), "infinity": csr(data=F32([1, -np.inf, 1])),
    "too many columns": csr(n_columns=2**31),
}
with suppress(ValueError):  # SciPy before 1.15 has no csr arrays of one dimension
    WRONG["one dimension"] = sp.coo_array(np.ones(4, F32)).tocsr()


def accept_wrong_arrays():
    """Print where a wrong matrix is not refused."""
    good, model = csr(), random_model(Dataset(csr(), csr()), (4,))
    h, w, b = np.ones((4, 2), F32), np.ones((5, 2), F32), np.zeros(5, F32)
    calls = {"x": lambda wrong: Dataset(wrong, good), "y": lambda wrong: Dataset(good, wrong), "logits": model.logits,
             "top_k": lambda wrong: model.top_k(wrong, 2), "above": model.above,
             "threshold": lambda wrong: best_threshold(model, wrong),
             "hits": lambda wrong: hits(wrong, np.zeros((4, 1), int)),
             "likeliest": lambda wrong: likeliest_true(model, good, wrong),
             "linear_bce": lambda wrong: linear_bce(h, w, b, wrong)}
    for name, wrong in WRONG.items():
        for place, call in calls.items():
            try:
                call(wrong)
                print(place, name)
            except (TypeError, ValueError) as error:
                if "want" not in str(error):
                    print(place, name, error)


def test_wrong_arrays_are_refused_wherever_a_matrix_enters():
    assert children.call("test_owned_arrays", "accept_wrong_arrays") == ""


@pytest.mark.parametrize("name, array", [
    ("indices", np.array([0, 1, 2], ">i4")), ("indices", np.array([2, 1, 0], I32)[::-1]),
    ("indptr", I32([0, 1, 2, 3, 3])),
    ("indices", np.array([0, 1, 2], np.uint8)), ("indices", np.array([0, 1, 2], np.uint64)),
    ("data", np.ones(6, F32)[::2]), ("indptr", np.array([0, 1, 2, 3, 3], np.uint64)), ("data", np.ma.ones(3, F32)),
    ("indices", np.frombuffer(b"\0" + I32([0, 1, 2]).tobytes(), I32, 3, 1)),  # neither aligned nor writeable
])
def test_odd_arrays_of_right_contents_give_the_same_answers(name, array):
    want, got = csr(), csr(**{name: array})
    model = random_model(Dataset(want, want), (4,))
    np.testing.assert_array_equal(model.logits(got), model.logits(want))
    assert Dataset(got, got).crc32() == Dataset(want, want).crc32()


def test_entries_after_the_last_row_count_nowhere():
    x = csr(indices=I64([0, 1, 2, 2**40, -1]), data=F32([1, 1, 1, np.nan, 7]))
    data, want = Dataset(x, x), Dataset(csr(), csr())
    assert (data.crc32(), data.nbytes, data.x.nnz, repr(data)) == (want.crc32(), want.nbytes, 3, repr(want))
    assert data.label_frequencies().tolist() == want.label_frequencies().tolist()
    model = random_model(want, (4,))
    assert evaluate(model, data) == evaluate(model, want)


def test_what_is_done_to_the_matrices_that_were_given_changes_no_dataset():
    rng = np.random.default_rng(0)
    x, y, weights = random_csr(rng, 61, 40, 0.15), random_csr(rng, 61, 23, 0.15, ones=True), np.ones(61, F32)
    x.data[::3], x.indptr = 0, x.indptr.astype(I32)
    data = Dataset(x, y, weights)
    before = data.crc32()
    x.eliminate_zeros()
    x.indices[:], y.indices[:], x.indptr[:], y.data[:], weights[:] = 2**30, -5, 2**30, 7, np.nan
    assert data.crc32() == before


@pytest.mark.parametrize("made", [
    random_dataset, lambda: random_dataset().take(np.array([5, 3])), lambda: random_dataset().chunks(20)[1],
    lambda: pickle.loads(pickle.dumps(random_dataset())), lambda: copy.deepcopy(random_dataset()),
    lambda: copy.copy(random_dataset())])
def test_nobody_can_write_into_a_dataset(made):
    data = made()
    data.weights = np.ones(len(data))
    before = data.crc32()
    for array in (getattr(m, n) for m in (data.x, data.y) for n in ("indptr", "indices", "data")):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 2**30
    with pytest.raises(ValueError, match="read-only"):
        data.weights[:] = np.nan
    for name in "x", "y":
        with pytest.raises(AttributeError):
            setattr(data, name, X)
        with pytest.raises(ValueError):
            getattr(data, name).data *= F32(2)
    data.x.indices = np.full(data.x.nnz, 2**30, I32)  # of a matrix that was made for this access
    assert data.crc32() == before


X = csr()


def test_a_dataset_from_a_pickle_is_checked():
    data = random_dataset()
    data.weights = np.arange(61)
    again = pickle.loads(pickle.dumps(data))
    assert again.crc32() == data.crc32() and again.weights.tolist() == data.weights.tolist()
    make, (x, y, weights) = data.__reduce__()
    x = x.copy()
    x.indices[0] = 2**30
    with pytest.raises(ValueError, match="x: want valid csr arrays"):
        make(x, y, weights)


def test_read_only_views_reach_kernels_as_the_arrays_below_them_without_a_copy():
    data = random_dataset()
    x, y = data.arrays()
    for got, want in zip(check_features(data.x, 40) + check_labels(data.y), x + y):
        assert got.flags.writeable and np.shares_memory(got, want)
    x = data.x.copy()
    for array in x.indptr, x.indices, x.data:
        array.flags.writeable = False
    assert all(array.flags.writeable for array in check_features(x, 40) + Dataset(x, data.y).arrays()[0])


def test_arrays_that_are_taken_over_are_checked_and_not_copied():
    x, y = (Csr(np.array([0, 1, 1]), I32([2]), F32([1])) for _ in "xy")
    data = from_arrays(x, y, 3, 3)
    assert np.shares_memory(data.x.data, x.data)
    for wrong, message in (x._replace(indices=I32([3])), "x: want valid"), (x._replace(indptr=I64([0, 1])), "as many"):
        with pytest.raises(ValueError, match=message):
            from_arrays(wrong, y, 3, 3)
    with pytest.raises(ValueError, match="y: want ones only"):
        from_arrays(x, y._replace(data=F32([2])), 3, 3)


@pytest.mark.parametrize("word_dropout", [0.0, 0.3])
def test_unsorted_and_repeated_columns_count_as_their_sum(word_dropout):
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 9, 61)
    x = sp.csr_array((61, 40), dtype=F32)
    x.indptr = np.append(0, np.cumsum(counts))
    x.indices, x.data = rng.integers(0, 40, counts.sum(), I32), rng.standard_normal(counts.sum(), F32)
    summed = x.copy()
    summed.sum_duplicates()
    assert summed.nnz < x.nnz and not x.has_sorted_indices
    results = []
    for matrix in x, summed:
        data = Dataset(matrix, random_dataset().y)
        model = random_model(data, (9,))
        loss = Trainer(model, SGD(0.1), batch_rows=16, epochs=2, word_dropout=word_dropout, seed=3).fit(data).loss
        results.append(np.concatenate([np.ravel(loss), *(p.ravel() for p in model.params.values()),
                                       model.logits(data.x).ravel(), evaluate(model, data)["bce"]], axis=None))
    np.testing.assert_allclose(*results, rtol=1e-3, atol=2e-5)
