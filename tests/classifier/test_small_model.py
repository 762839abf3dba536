"""Claim: a network with rows of few bits predicts what the same numbers as float32 predict, and is not trained."""

import pickle

import numpy as np
import pytest
from problems import F32, assert_close, compiled, random_dataset, random_model, small_pieces

import nnlite
from nnlite.classifier.small_model import SMALL, SmallMLP, SmallRows
from nnlite.network.products import FLOAT32
from nnlite.precision.choice import products_of
from nnlite.scores.explanation import likeliest_true


def some_bits(n, least=0):
    """All numbers of bits in turns."""
    return np.resize(np.array([4, 0, 8, 2, 8], np.uint8), n) if not least else np.resize(np.array([8, 2, 4], "u1"), n)


def small_model(data, hidden=(16, 11), output="sigmoid"):
    model = random_model(data, hidden, "relu")
    rows = {name: SmallRows.of(model.params[name], some_bits(len(model.params[name]), name == "labels.W"))
            for name in SMALL}
    return SmallMLP.of({**model.params, **rows}, "relu", output)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("hidden", [(7,), (16, 11)])
def test_it_predicts_what_its_numbers_as_float32_predict(hidden, output, monkeypatch):
    data = random_dataset()
    small_pieces(monkeypatch)
    small = small_model(data, hidden, output)
    full = small.expanded()
    assert type(full) is nnlite.MLP and all(p.dtype == F32 for p in full.params.values())
    assert_close(small.logits(data.x), full.logits(data.x))
    with_label = np.flatnonzero(np.diff(data.y.indptr))
    np.testing.assert_array_equal(*(likeliest_true(m, data.x[with_label], data.y[with_label]) for m in (small, full)))
    small.products = full.products = products_of("bfloat16", "")
    assert_close(small.logits(data.x), full.logits(data.x))
    small.products = full.products = FLOAT32
    if output == "sigmoid":
        got, want = (nnlite.evaluate(model, data) for model in (small, full))
        assert got.keys() == want.keys() and got["bce"] == pytest.approx(want["bce"], rel=1e-5)


@compiled
def test_the_number_of_threads_changes_no_bit(monkeypatch):
    data = random_dataset()
    small_pieces(monkeypatch)
    small = small_model(data)
    one, *others = (small.top_k(data.x, 5, threads) for threads in (1, 2, 3, 8))
    for other in others:
        np.testing.assert_array_equal(one, other)


def test_rows_are_given_by_number_and_by_slice():
    w = np.random.default_rng(0).standard_normal((11, 5)).astype(F32)
    rows = SmallRows.of(w, some_bits(11))
    every = rows[:]
    assert every.shape == rows.shape == w.shape and rows.size == w.size and len(rows) == 11
    np.testing.assert_array_equal(rows[3:8], every[3:8])
    np.testing.assert_array_equal(rows[np.array([7, 0, 7])], every[[7, 0, 7]])
    for bits, most in (0, 1.0), (2, 0.6), (4, 0.2), (8, 0.02):
        here = rows.bits == bits
        assert np.linalg.norm(every[here] - w[here]) <= most * np.linalg.norm(w[here])


def test_it_is_not_trained():
    data = random_dataset()
    with pytest.raises(ValueError, match="features.W.codes: want float32"):
        nnlite.Trainer(small_model(data), nnlite.SGD(0.1), epochs=1).fit(data)


def test_it_comes_back_from_its_arrays_and_from_a_pickle():
    data = random_dataset()
    small = small_model(data)
    copies = SmallMLP.from_params(dict(small.params), "relu", "sigmoid"), pickle.loads(pickle.dumps(small))
    for copy in copies:
        np.testing.assert_array_equal(copy.logits(data.x), small.logits(data.x))
    assert small.params.keys() >= {"features.W.codes", "labels.W.scales", "hidden1.W", "labels.b"}


@pytest.mark.parametrize("name, change, message", [
    ("features.W.bits", lambda a: np.full_like(a, 3), "want rows of 0, 2, 4, 8 bits"),
    ("features.W.bits", lambda a: a[::-1][:-1], "scales and"),
    ("features.W.bits", lambda a: np.full_like(a, 8), "codes"),
    ("features.W.bits", lambda a: a.astype("i4"), "bits: want uint8"),
    ("features.W.bits", lambda a: a[None], "bits: want uint8"),
    ("features.W.codes", lambda a: a[1:], "codes"),
    ("features.W.codes", lambda a: a.astype(F32), "codes: want uint8"),
    ("labels.W.scales", lambda a: a[1:], "scales"),
    ("labels.W.scales", lambda a: a.astype("f8"), "scales: want float32"),
    ("features.b", lambda a: a[1:], "want"),
    ("features.b", lambda a: a.astype("f8"), "features.b: want float32"),
    ("labels.b", lambda a: a[1:], "do not fit together"),
    ("hidden1.W", lambda a: a.T.copy(), "do not fit together"),
])
def test_arrays_that_do_not_fit_together_are_refused(name, change, message):
    arrays = dict(small_model(random_dataset()).params)
    with pytest.raises(ValueError, match=message):
        SmallMLP.from_params(arrays | {name: change(arrays[name])}, "relu", "sigmoid")
