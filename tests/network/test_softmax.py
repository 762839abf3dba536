"""Claim: a network with a softmax output has the loss, gradients, probabilities and scores of the reference."""

from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from problems import F32, assert_close, exact, random_csr, small_pieces, take_step

import twins
from nnlite import MLP, SGD, AdaGrad, Dataset, Trainer, check_gradients, evaluate
from nnlite.network import reference
from nnlite.training.gradients import gradients
from nnlite.network.label_layer import MAX_CLASSES
from nnlite.network.label_step import StepSettings
from nnlite.network.optimizers import KeepGradients
from nnlite.scores import calibration, metrics
from nnlite.scores.evaluation import cross_entropy
from nnlite.system.blas import one_blas_thread
from nnlite.system.threads import team


def problem(n_labels=13, hidden=(16, 11)):
    """61 rows with one label, but the first two with none, a softmax model whose biases are not zero, and dense y."""
    rng = np.random.default_rng(0)
    y = np.eye(n_labels, dtype=F32)[rng.integers(0, n_labels, 61)]
    y[:2] = 0
    data = Dataset(random_csr(rng, 61, 40, 0.15), sp.csr_array(y))
    model = MLP(40, n_labels, hidden, "relu", output="softmax")
    for p in model.params.values():
        p += rng.standard_normal(p.shape).astype(F32) / F32(3)
    return data, model, y


@pytest.mark.parametrize("by_blocks", [False, True])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("n_labels", [2, 13, 130])
def test_gradients_equal_the_reference(n_labels, reduction, by_blocks, monkeypatch):
    small_pieces(monkeypatch, by_blocks=by_blocks)
    data, model, y = problem(n_labels)
    before = exact(model.params)
    want_loss, want = reference.loss_and_grads(before, data.x.toarray(), y, "relu", reduction, output="softmax")
    loss, got = gradients(model, data, reduction)
    assert loss == pytest.approx(want_loss, rel=1e-6)
    for name in want:
        assert_close(got[name], want[name], name=name)
    assert max(check_gradients(model, data).values()) < 1e-5


def test_the_gradient_is_the_slope_of_the_loss():
    """Along a random direction u, (L(p + h u) - L(p - h u)) / 2h must equal <grad, u>, in float64."""
    data, model, y = problem()
    params, x, h = exact(model.params), data.x.toarray().astype(float), 1e-6
    _, grads = reference.loss_and_grads(params, x, y, "sigmoid", output="softmax")
    for name, p in params.items():
        u = np.random.default_rng(1).standard_normal(p.shape)
        up, down = (reference.loss_and_grads({**params, name: p + step * u}, x, y, "sigmoid", output="softmax")[0]
                    for step in (h, -h))
        np.testing.assert_allclose((up - down) / (2 * h), np.sum(grads[name] * u), rtol=1e-5, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("by_blocks", [False, True])
def test_weights_multiply_the_gradient_of_a_row(by_blocks, monkeypatch):
    """That of the label and that of the row, for all logits of the row alike: a weight of 2 is the row twice."""
    small_pieces(monkeypatch, by_blocks=by_blocks)
    data, model, y = problem()
    rng = np.random.default_rng(2)
    rows, labels = rng.integers(1, 4, 61).astype(F32), rng.integers(1, 4, 13).astype(F32)
    _, want = reference.loss_and_grads(exact(model.params), data.x.toarray(), y, "relu", row_weights=rows,
                                       label_weights=labels, output="softmax")
    keep = KeepGradients(model.params)
    with one_blas_thread():
        take_step(model, data, StepSettings(1 / 61, weights=(rows, labels)), keep, team(2))
    for name in want:
        assert_close(keep.gradients[name], want[name], name=name)
    times = (rows * np.where(y.any(axis=1), y @ labels, 1)).astype(int)
    again = data.take(np.repeat(np.arange(61), times))
    _, repeated = gradients(model, again)
    for name in want:
        assert_close(repeated[name] * times.sum() / 61, want[name], name=name)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_training_takes_the_steps_of_the_reference(threads, monkeypatch):
    small_pieces(monkeypatch)
    data, model, y = problem()
    want = exact(model.params)
    x = data.x.toarray().astype(float)
    for rows in [slice(0, 25), slice(25, 50), slice(50, 61)] * 2:
        _, grads = reference.loss_and_grads(want, x[rows], y[rows], "relu", output="softmax")
        want = {name: twins.sgd(p, grads[name], 0.25) for name, p in want.items()}
    for part in [slice(0, 25), slice(25, 50), slice(50, 61)] * 2:
        Trainer(model, SGD(0.25), 25, epochs=1, order="chunks", threads=threads).fit(data.take(part))
    for name in want:
        assert_close(model.params[name], want[name], largest=1e-4, name=name)


def scores_of(model, data):
    """h W^T + b (N, L) in float64, of which the probabilities are the softmax."""
    return reference.forward(exact(model.params), data.x.toarray(), model.activation)[1]


def of_rounding(z):
    """The relative error of probabilities of scores z in float32: a few roundings of the largest, 6e-8 each."""
    return 1e-5 + 5e-7 * np.abs(z).max()


@pytest.mark.parametrize("size", [1, 30, 1000])
def test_logits_are_those_of_the_probabilities(size, monkeypatch):
    """For a softmax as for sigmoids: p = sigmoid(logits)."""
    small_pieces(monkeypatch)
    data, model, _ = problem()
    model.params["labels.W"] *= F32(size)
    got, z = reference.sigmoid(model.logits(data.x).astype(float)), scores_of(model, data)
    np.testing.assert_allclose(got, reference.softmax(z), rtol=of_rounding(z), atol=2e-13)


@pytest.mark.parametrize("size", [1, 30, 1000])
def test_probabilities_are_the_softmax(size, monkeypatch):
    """Of top_k and of above, also where one is nearly 1, and add up to 1."""
    small_pieces(monkeypatch)
    data, model, _ = problem()
    model.params["labels.W"] *= F32(size)
    z = scores_of(model, data)
    p = reference.softmax(z)
    ids, got = model.top_k(data.x, 13)
    rtol = of_rounding(z)
    np.testing.assert_allclose(got, np.take_along_axis(p, ids, axis=1), rtol=rtol, atol=2e-13)
    np.testing.assert_allclose(got.sum(axis=1), 1, rtol=1e-5)
    best = np.sort(z, axis=1)[:, ::-1]
    np.testing.assert_allclose(np.take_along_axis(z, ids[:, :3], 1), best[:, :3], rtol=1e-5, atol=1e-4 * size)
    np.testing.assert_allclose(model.above(data.x, 0.2).toarray(), np.where(p > 0.2, p, 0), rtol=rtol, atol=2e-13)


def test_what_reads_logits_need_not_know(monkeypatch):
    """Calibration sees the softmax's probabilities, and the threshold chosen has their largest expected F1."""
    small_pieces(monkeypatch)
    data, model, y = problem()
    p = reference.softmax(scores_of(model, data))
    got = calibration.report(model, data, ks=(2,))["reliability"]
    for value, want in zip(got["all"], metrics.reliability_of(p, y)):
        np.testing.assert_allclose(value, want, rtol=1e-5)
    expected = [2 * p[p > t].sum() / ((p > t).sum() + p.sum()) for t in np.arange(200) / 200]
    assert calibration.best_threshold(model, data.x) == np.argmax(expected) / 200


def test_threads_do_not_change_a_bit(monkeypatch):
    small_pieces(monkeypatch)
    results = set()
    for threads in 1, 2, 3, 8:
        data, model, _ = problem()
        Trainer(model, AdaGrad(0.1), 25, epochs=3, threads=threads, dropout=0.2).fit(data)
        _, p = model.top_k(data.x, 13, threads)
        results.add(b"".join(part.tobytes() for part in [*model.params.values(), p]))
    assert len(results) == 1


def test_the_bias_begins_at_the_frequencies():
    data, model, y = problem()
    model.params["labels.W"][:] = 0
    frequencies = np.arange(1, 14) / np.arange(1, 14).sum()
    model.init_label_bias(frequencies)
    ids, p = model.top_k(data.x[:1], 13)
    np.testing.assert_allclose(p[0], frequencies[ids[0]], rtol=1e-5)


def test_evaluate(monkeypatch):
    small_pieces(monkeypatch)
    data, model, y = problem()
    z = scores_of(model, data)
    p, predicted, labelled = reference.softmax(z), z.argmax(axis=1), y.any(axis=1)
    loss, _ = reference.softmax_ce(z, y)
    table = np.zeros((13, 13), int)
    np.add.at(table, (y[labelled].argmax(axis=1), predicted[labelled]), 1)
    scores = evaluate(model, data)
    np.testing.assert_array_equal(metrics.confusion(data.y, predicted), table)
    assert scores["cross_entropy"] == cross_entropy(model, data) == pytest.approx(loss / labelled.sum(), rel=1e-5)
    assert scores["accuracy"] == np.trace(table) / labelled.sum() == scores["P@1"]
    assert scores["rows_without_label"] == 2
    assert scores["bce"] == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)), rel=1e-4)
    one_by_one = [2 * table[c, c] / max(table[c].sum() + table[:, c].sum(), 1) for c in range(13)]
    assert scores["class_f1"] == pytest.approx(np.mean(one_by_one))
    columns = metrics.by_class(table)
    for c in range(13):
        assert columns["rows"][c] == (y[:, c] > 0).sum()
        assert columns["precision"][c] == table[c, c] / max(table[:, c].sum(), 1)
        assert columns["recall"][c] == table[c, c] / max(table[c].sum(), 1)


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_confusion_counts_pairs(pairs):
    true, predicted = (np.array(side, int) for side in (zip(*pairs) if pairs else ((), ())))
    table = metrics.confusion(sp.csr_array(np.eye(4, dtype=F32)[true]), predicted)
    assert {(i, j): n for (i, j), n in np.ndenumerate(table) if n} == Counter(pairs)


def test_a_function_of_the_words_is_learnt():
    words = random_csr(np.random.default_rng(0), 300, 12, 0.3)
    data = Dataset(words, sp.csr_array(np.eye(12, dtype=F32)[np.abs(words).toarray().argmax(axis=1)]))
    model = MLP(12, 12, (24,), "relu", output="softmax")
    before = cross_entropy(model, data)
    Trainer(model, AdaGrad(0.1), batch_rows=20, epochs=30).fit(data)
    assert cross_entropy(model, data) < 0.1 * before and evaluate(model, data)["accuracy"] > 0.95


def test_what_a_softmax_cannot_do_is_refused():
    with pytest.raises(ValueError, match="output: want 'sigmoid' or 'softmax', got 'cubic'"):
        MLP(5, 5, output="cubic")
    for n in 1, MAX_CLASSES + 1:
        with pytest.raises(ValueError, match=f"want 2 to 4,096 labels for a softmax, got {n:,}"):
            MLP(5, n, (2,), output="softmax")
    data, model, y = problem()
    y[7, :3] = 1
    several = Dataset(data.x, sp.csr_array(y))
    for attempt in (lambda: evaluate(model, several), lambda: Trainer(model, SGD(0.1), 61, 1, "chunks").fit(several)):
        with pytest.raises(ValueError, match="softmax: want at most one label in a row, got [34] in row 7"):
            attempt()


@pytest.mark.parametrize("n_labels", [2, MAX_CLASSES])
def test_a_softmax_chooses_between_2_to_4096_labels(n_labels):
    assert MLP(5, n_labels, (2,), output="softmax").n_labels == n_labels


def test_a_model_of_given_parameters_is_the_same_model():
    data, model, _ = problem()
    twin = MLP.from_params(model.params, "relu", "softmax")
    for got, want in zip(twin.top_k(data.x, 3), model.top_k(data.x, 3)):
        np.testing.assert_array_equal(got, want)
