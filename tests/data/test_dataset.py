"""Claim: a Dataset that exists is valid; whatever is not a pair of valid csr matrices is refused by name."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from problems import random_dataset

from nnlite import Dataset
from nnlite.data.csr import Csr
from nnlite.data.csr_checks import check_csr


def csr(dense):
    return sp.csr_array(np.array(dense, np.float32))


X, Y = csr([[1, 0], [0, 2]]), csr([[0, 1, 1], [0, 0, 0]])


def broken(matrix, **arrays):
    """The same matrix with one of its arrays put in the place of a valid one, unseen by scipy."""
    matrix = matrix.copy()
    for name, values in arrays.items():
        setattr(matrix, name, np.array(values, getattr(matrix, name).dtype))
    return matrix


@pytest.mark.parametrize("x, y, error, message", [
    (X.toarray(), Y, TypeError, "x: want a csr matrix, got ndarray"),
    (X, Y.tocsc(), TypeError, "y: want a csr matrix, got csc_array"),
    (X.astype(np.float64), Y, TypeError, "x: want float32 values, got float64"),
    (X, Y.astype(bool), TypeError, "y: want float32 values, got bool"),
    (broken(X, indices=[0, 2]), Y, ValueError, "x: want valid csr arrays, got: .*< 2"),  # the id equal to n
    (broken(X, indices=[0, -1]), Y, ValueError, "x: want valid csr arrays, got: .*>= 0"),
    (X, broken(Y, indices=[1, 3]), ValueError, "y: want valid csr arrays, got: .*< 3"),
    (broken(X, indptr=[0, 2, 1]), Y, ValueError, "x: want valid csr arrays"),
    (broken(X, indptr=[0, 1, 3]), Y, ValueError, "x: want valid csr arrays"),
    (broken(X, data=[1, np.nan]), Y, ValueError, "x: want finite values, got NaN or infinity"),
    (broken(X, data=[1, -np.inf]), Y, ValueError, "x: want finite values"),
    (X, broken(Y, data=[1, 2]), ValueError, "y: want ones only"),
    (X, broken(Y, data=[1, 0]), ValueError, "y: want ones only"),
    (X, broken(Y, indices=[2, 1]), ValueError, "y: want ones only, sorted"),
    (X, broken(Y, indices=[1, 1]), ValueError, "y: .* none twice"),
    (X, Y[:1], ValueError, "y: want as many rows as x, 2, got 1"),
])
def test_invalid_data_are_refused(x, y, error, message):
    with pytest.raises(error, match=message):
        Dataset(x, y)


@pytest.mark.parametrize("kind", [sp.csr_array, sp.csr_matrix])
def test_the_last_ids_are_valid_and_index_types_are_made_alike(kind):
    x, y = kind(X), kind(Y)
    x.indices, y.indptr = x.indices.astype(np.int64), y.indptr.astype(np.int32)
    data = Dataset(x, y)
    for matrix in data.x, data.y:
        assert (matrix.indices.dtype, matrix.indptr.dtype) == (np.int32, np.int64)
    assert (len(data), data.n_words, data.n_labels) == (2, 2, 3)
    np.testing.assert_array_equal(data.x.toarray(), X.toarray())
    np.testing.assert_array_equal(data.label_frequencies(), [0, 0.5, 0.5])


@given(rows=st.lists(st.integers(0, 60)))
def test_take_and_views_hold_the_rows(rows):
    data = random_dataset()
    taken = data.take(np.array(rows, int))
    np.testing.assert_array_equal(taken.x.toarray(), data.x.toarray()[rows])
    np.testing.assert_array_equal(taken.y.toarray(), data.y.toarray()[rows])
    x, _ = data.arrays()
    view = x.rows(slice(20, 31))
    assert view.n_rows == 11 and np.shares_memory(view.data, data.x.data)
    again = view.take(np.array([10, 0]))
    np.testing.assert_array_equal(again.data, np.concatenate([data.x[[30]].data, data.x[[20]].data]))


def test_chunks_are_the_rows_in_order():
    data = random_dataset()
    chunks = data.chunks(25)
    assert [len(chunk) for chunk in chunks] == [25, 25, 11]
    np.testing.assert_array_equal(sp.vstack([chunk.y for chunk in chunks]).toarray(), data.y.toarray())


@pytest.mark.parametrize("weights, message", [
    ([1.0], r"want 2 finite numbers of at least 0, got an array of shape \(1,\)$"), ([1, -1], "with others"),
    ([1, np.nan], "with others"), ([np.inf, 1], "with others"), ([[1, 1]], "of shape"), ("x", "want numbers, got str"),
    ([[1], [1, 2]], "want numbers, got list")])
def test_weights_are_checked_when_they_are_assigned(weights, message):
    data = Dataset(X, Y, [3, 4])
    with pytest.raises((TypeError, ValueError), match=message):
        data.weights = weights
    assert data.weights.tolist() == [3, 4]
    data.weights = [0, 2.5]
    assert data.weights.dtype == np.float32 and data.take(np.array([1, 1])).weights.tolist() == [2.5, 2.5]
    data.weights = None
    assert data.weights is None and data.take(slice(1)).weights is None


def test_repr_and_size():
    data = random_dataset()
    assert repr(data).startswith("Dataset(61 rows, 40 words (")
    assert data.nbytes == sum(8 * 62 + 8 * m.nnz for m in (data.x, data.y))


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, -1])
def test_weights_that_are_no_finite_numbers_of_at_least_0_are_refused(bad):
    data = random_dataset()
    with pytest.raises(ValueError, match="weights: want 61 finite numbers of at least 0, got an array .* with others"):
        Dataset(data.x, data.y, np.r_[np.ones(60), bad])


def test_the_sum_tells_data_of_other_weights_apart():
    data = random_dataset()
    assert len({Dataset(data.x, data.y, w).crc32() for w in (None, np.ones(61), np.full(61, 2))}) == 3


def test_the_sum_tells_data_of_another_word_value_or_label_apart():
    data = random_dataset()
    sums = {data.crc32()}
    for name, array in ("x", "data"), ("x", "indices"), ("y", "indices"):
        matrices = {"x": data.x.copy(), "y": data.y.copy()}
        getattr(matrices[name], array)[0] += 1
        sums.add(Dataset(**matrices).crc32())
    assert len(sums) == 4 and random_dataset().crc32() in sums


@pytest.mark.parametrize("rows_x, rows_y", [(60, 61), (61, 60)])
def test_more_rows_of_labels_than_of_features_are_refused_and_fewer(rows_x, rows_y):
    data = random_dataset()
    with pytest.raises(ValueError, match=f"y: want as many rows as x, {rows_x}, got {rows_y}"):
        Dataset(sp.csr_array(data.x[:rows_x]), sp.csr_array(data.y[:rows_y]))


def test_taken_rows_keep_their_weights():
    data = random_dataset()
    data = Dataset(data.x, data.y, np.arange(61))
    assert data.take(np.array([7, 3, 7])).weights.tolist() == [7, 3, 7]
    assert [chunk.weights.tolist() for chunk in data.chunks(25)][2] == list(range(50, 61))


def test_the_sum_tells_data_apart_whose_values_lie_in_other_rows():
    def data(x, y):
        return Dataset(csr(x), csr(y))

    sums = {data([[1], [0]], [[1], [0]]).crc32(), data([[0], [1]], [[1], [0]]).crc32(),
            data([[1], [0]], [[0], [1]]).crc32()}
    assert len(sums) == 3


def test_repr_in_full():
    x, y = csr(np.eye(1234, 3)), csr(np.ones((1234, 2)))
    assert repr(Dataset(x, y)) == "Dataset(1,234 rows, 3 words (0.0 a row), 2 labels (2.0 a row))"


def test_a_dataset_without_rows():
    data = Dataset(csr(np.zeros((0, 3))), csr(np.zeros((0, 2))))
    assert len(data) == 0 and data.label_frequencies().tolist() == [0, 0] and data.chunks(5) == []
    assert repr(data) == "Dataset(0 rows, 3 words (0.0 a row), 2 labels (0.0 a row))"


def test_labels_without_a_row_have_a_frequency_too():
    assert Dataset(X, csr([[0, 1, 0, 0], [0, 1, 0, 0]])).label_frequencies().tolist() == [0, 1, 0, 0]


def test_the_matrix_that_was_given_stays_as_it_is():
    x = X.copy()
    x.indices, x.indptr = x.indices.astype(np.int64), x.indptr.astype(np.int64)
    Dataset(x, Y)
    assert x.indices.dtype == x.indptr.dtype == np.int64 and Y.indptr.dtype == np.int32


def test_rows_are_counted_from_the_end_too_and_none_is_invented():
    data = Dataset(X, Y, [3, 4])
    assert data.take(np.array([-1, 0])).x.toarray().tolist() == [[0, 2], [1, 0]]
    assert data.take(np.array([-1])).weights.tolist() == [4] and len(data.take(slice(1, 9))) == 1
    for row in 2, -3:
        with pytest.raises(IndexError):
            data.take(np.array([row]))


@pytest.mark.parametrize("rows", [2, -3, [0, 2], [-3], [0.5], "a", None, [True] * 3, 2**70])
def test_rows_that_are_not_there_are_refused_with_those_that_are(rows):
    with pytest.raises((IndexError, ValueError), match="want a slice or .* rows( from -2 to 1, got others|, got)"):
        Dataset(X, Y).take(rows)


@pytest.mark.parametrize("rows, n", [(0, 0), (np.zeros((1, 1), int), 2)])
def test_rows_are_taken_by_an_array_of_one_dimension(rows, n):
    with pytest.raises(ValueError, match=f"take: want a slice or a 1-D array of rows, got one of {n} dimensions"):
        Dataset(X, Y).take(rows)
    assert len(Dataset(X, Y).take([True, False])) == 1


@pytest.mark.parametrize("n, error", [(0, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError)])
def test_chunks_have_a_row_at_least(n, error):
    assert [len(chunk) for chunk in Dataset(X, Y).chunks(1)] == [1, 1] and len(Dataset(X, Y).chunks(2**40)) == 1
    with pytest.raises(error, match="^chunks: n_rows: want an integer"):
        Dataset(X, Y).chunks(n)


def test_rows_without_a_label_and_frequencies_are_counted_of_all_rows():
    data = Dataset(X, Y)
    assert data.rows_without_label() == 1 and data.take(np.array([1, 1, 0])).rows_without_label() == 2
    assert data.take(np.array([1, 1, 0, 0])).label_frequencies().tolist() == [0, 0.5, 0.5]


def test_more_rows_than_int32_counts_are_refused():
    ends = np.broadcast_to(np.int64(0), 2**31 + 1)  # of 2^31 rows, in eight bytes
    with pytest.raises(ValueError, match="x: want at most 2,147,483,647 rows and columns, got 2,147,483,648 and 3"):
        check_csr("x", Csr(ends, np.zeros(0, np.int32), np.zeros(0, np.float32)), 3)
