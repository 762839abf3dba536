"""Claim: the trainer takes the steps of `reference`: every optimiser, both reductions, every last piece short."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32, assert_close, exact, random_dataset, random_model, small_pieces

import twins
from nnlite import MLP, SGD, AdaGrad, Adam, Dataset, Trainer
from nnlite.network import reference
from nnlite.network.layers import ACTIVATIONS
from nnlite.network.optimizers import as_rows
from nnlite.training.trainer import linear_decay

OPTIMISERS = {"sgd": lambda: SGD(0.5), "adagrad": lambda: AdaGrad(0.1), "adam": lambda: Adam(0.02),
              "adagrad by row": lambda: AdaGrad(0.1, by_row=["features.W", "labels.W"])}


def reference_steps(model, optimiser, batches, reduction, factors, masks=None, label_weights=None):
    """Parameters and losses after a training by `reference`: dense, float64, no threads and no pieces."""
    params, losses = exact(model.params), []
    a, b = ({name: np.zeros_like(p) for name, p in params.items()} for _ in range(2))
    for t, ((x, y, *row_weights), factor) in enumerate(zip(batches, factors), start=1):
        loss, grads = reference.loss_and_grads(
            params, x, y, model.activation, reduction, masks and masks(t - 1, len(x)), *row_weights or [None],
            label_weights)
        losses.append(loss if reduction == "mean" else loss / y.shape[1])
        for name, g in grads.items():
            rows = x.any(axis=0) if name == "features.W" else ...  # absent words rest, with their state
            p, lr = params[name], factor * (optimiser.labels_lr if name.startswith("labels.") else optimiser.lr)
            if isinstance(optimiser, SGD):
                p[rows] = twins.sgd(p[rows], g[rows], lr)
            elif isinstance(optimiser, AdaGrad) and name in optimiser.by_row:
                p, s = as_rows(name, p), as_rows(name, a[name])  # every column of s holds the same
                p[rows], s[rows] = twins.adagrad_by_row(
                    p[rows], as_rows(name, g)[rows], s[rows][:, :1], lr, optimiser.eps)
            elif isinstance(optimiser, AdaGrad):
                p[rows], a[name][rows] = twins.adagrad(p[rows], g[rows], a[name][rows], lr, optimiser.eps)
            else:
                p[rows], a[name][rows], b[name][rows] = twins.adam(
                    p[rows], g[rows], a[name][rows], b[name][rows], t, lr, 0.9, 0.999, 1e-8)
    return params, losses


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(9,), (16, 11), (9, 7, 5)], ids=str)
def test_shuffled_training_takes_the_steps_of_the_reference(activation, hidden, name, reduction, monkeypatch):
    """Two epochs of 61 rows in batches of 30, 30 and 1; tiles of up to 5 of 23 labels; also block by block."""
    small_pieces(monkeypatch, by_blocks=reduction == "mean")
    data = random_dataset()
    model, optimiser = random_model(data, hidden, activation), OPTIMISERS[name]()
    model.labels.tile_labels = 5
    x, y = data.x.toarray().astype(float), data.y.toarray()
    batches = []
    for epoch in 1, 2:
        order = np.random.default_rng([7, epoch, 0]).permutation(61)
        batches += [(x[rows], y[rows]) for rows in (order[:30], order[30:60], order[60:])]
    want, losses = reference_steps(model, optimiser, batches, reduction, 1 - np.arange(6) / 6)

    trainer = Trainer(model, optimiser, 30, epochs=2, reduction=reduction, seed=7, schedule=linear_decay, threads=2)
    history = trainer.fit(data)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-5)
    assert history.rows == [30, 30, 1] * 2
    if name == "adagrad by row":
        assert [optimiser.state[f"{each}.W/s"].shape for each in ("features", "labels")] == [
            (model.n_words, 1), (model.n_labels, 1)]
    for name in want:
        # AdaGrad's and Adam's first steps are lr sign(g): a gradient near 0 may round to either side, seldom
        assert_close(model.params[name], want[name], largest=1e-4, name=name)


@pytest.mark.parametrize("name", ["sgd", "adagrad", "adam"])  # the others forgive a gradient of another size
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(9,), (16, 11)], ids=str)
def test_dropout_and_two_learning_rates_take_the_steps_of_the_reference(activation, hidden, name, monkeypatch):
    """The trainer's stream of a step is drawn from its seed; every hidden layer has rows of its own in it."""
    small_pieces(monkeypatch, by_blocks=name == "adagrad")
    data = random_dataset()
    model, optimiser = random_model(data, hidden, activation), OPTIMISERS[name]()
    optimiser.labels_lr = 0.01
    y = data.y.toarray()
    order = np.random.default_rng([7, 1, 0]).permutation(61)

    def masks(step, n):
        stream = int(np.random.default_rng([7, step]).integers(2 ** 32))
        return [twins.dropout((n, units), 0.75, stream, i * n) for i, units in enumerate(hidden)]

    def words(step, rows):
        stream = int(np.random.default_rng([7, step]).integers(2 ** 32))
        return twins.drop_words(data.x[rows], 0.875, stream, len(hidden) * rows.size)

    batches = [(words(i, rows), y[rows]) for i, rows in enumerate((order[:30], order[30:60], order[60:]))]
    want, losses = reference_steps(model, optimiser, batches, "sum", np.ones(3), masks)
    for threads in 1, 3:
        model = random_model(data, hidden, activation)
        trainer = Trainer(model, optimiser, 30, epochs=1, seed=7, threads=threads, dropout=0.25, word_dropout=0.125)
        history = trainer.fit(data)
        np.testing.assert_allclose(history.loss, losses, rtol=1e-5)
        for parameter in want:
            assert_close(model.params[parameter], want[parameter], largest=1e-4, name=parameter)


@pytest.mark.parametrize("order", ["shuffled", "chunks"])
@pytest.mark.parametrize("of", ["rows", "labels", "both"])
def test_weights_take_the_steps_of_the_reference(of, order, monkeypatch):
    small_pieces(monkeypatch)
    data, rng = random_dataset(), np.random.default_rng(3)
    rows, labels = rng.uniform(0, 3, 61).astype(F32), rng.uniform(0, 3, 23).astype(F32)
    rows, labels = rows if of != "labels" else None, labels if of != "rows" else None
    model, weighted = random_model(data), Dataset(data.x, data.y, rows)
    x, y = data.x.toarray().astype(float), data.y.toarray()
    shuffled = np.random.default_rng([0, 1, 0]).permutation(61) if order == "shuffled" else np.arange(61)
    parts = [shuffled[part] for part in (slice(0, 25), slice(25, 50), slice(50, 61))]
    batches = [(x[part], y[part], None if rows is None else rows[part]) for part in parts]
    want, losses = reference_steps(model, SGD(0.5), batches, "sum", np.ones(3), label_weights=labels)
    history = Trainer(model, SGD(0.5), 25, epochs=1, order=order, label_weights=labels, threads=2).fit(weighted)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-5)
    for name in want:
        assert_close(model.params[name], want[name], name=name)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_label_weights_are_those_of_a_rows_own_labels_in_every_batch_of_a_chunk(output):
    """The rows of one chunk in four batches, and four chunks of one batch each, make the same steps."""
    labels = np.random.default_rng(0).integers(0, 5, 40)
    data = Dataset(random_dataset(40).x, sp.csr_array((np.ones(40, F32), labels, np.arange(41)), shape=(40, 5)))
    results = []
    for chunks in [data], data.chunks(10):
        model = MLP(40, 5, (6,), output=output)
        Trainer(model, SGD(0.5), batch_rows=10, epochs=1, order="chunks", label_weights=np.arange(1, 6)).fit(chunks)
        results.append(model.params["labels.W"])
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("order", ["chunks", "shuffled"])
def test_row_weights_stay_with_their_rows_in_every_batch_of_a_chunk(order):
    """Rows of weight 0 teach nothing: a training without them, batch by batch, ends in the same parameters."""
    data, weights = random_dataset(60), np.random.default_rng(0).integers(0, 2, 60)
    rows = np.arange(60) if order == "chunks" else np.random.default_rng([0, 1, 0]).permutation(60)
    one, other = random_model(data), random_model(data)
    weighted = [Dataset(data.x, data.y, weights)]
    Trainer(one, SGD(0.5), batch_rows=20, epochs=1, order=order).fit(weighted)
    for start in 0, 20, 40:
        kept = rows[start:start + 20][weights[rows[start:start + 20]] > 0]
        Trainer(other, SGD(0.5 * kept.size / 20), batch_rows=20, epochs=1, order="chunks").fit(data.take(kept))
    for name in one.params:
        assert_close(one.params[name], other.params[name], name=name)


def test_row_weights_in_a_chunk_of_many_batches_are_those_of_chunks_of_one():
    data = random_dataset()
    data = Dataset(data.x, data.y, np.linspace(0, 2, 61))
    results = []
    for chunks in [data], data.chunks(20):
        model = random_model(data)
        Trainer(model, SGD(0.5), batch_rows=20, epochs=1, order="chunks").fit(chunks)
        results.append(model.params["labels.W"])
    np.testing.assert_array_equal(*results)


def test_a_row_of_weight_2_is_a_row_twice():
    data = random_dataset()
    twice, weights = data.take(np.repeat(np.arange(61), 2)), np.full(61, 2.0)
    one, other = random_model(data), random_model(data)
    Trainer(one, SGD(1.0), 61, epochs=1, order="chunks").fit(Dataset(data.x, data.y, weights))
    Trainer(other, SGD(2.0), 122, epochs=1, order="chunks").fit(twice)  # whose mean has twice the rows
    for name in one.params:
        assert_close(one.params[name], other.params[name], name=name)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_training_by_chunks_takes_the_steps_of_the_reference(reduction, monkeypatch):
    """The deck's order: 61 rows in chunks of 25, 25 and 11, each trained for all its epochs before the next."""
    small_pieces(monkeypatch)
    data = random_dataset()
    model, x, y = random_model(data), data.x.toarray().astype(float), data.y.toarray()
    batches = [(x[rows], y[rows]) for rows in (slice(0, 25), slice(25, 50), slice(50, 61)) for _ in range(4)]
    want, losses = reference_steps(model, SGD(0.5), batches, reduction, np.ones(12))
    history = Trainer(model, SGD(0.5), 25, epochs=4, order="chunks", reduction=reduction).fit(data)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-5)
    for name in want:
        assert_close(model.params[name], want[name], name=name)


def test_a_step_is_the_gradient():
    """One step of SGD with lr a power of two leaves (W_before - W_after) / lr, the gradient itself."""
    data = random_dataset()
    model = random_model(data)
    before = exact(model.params)
    _, want = reference.loss_and_grads(before, data.x.toarray(), data.y.toarray())
    Trainer(model, SGD(8.0), batch_rows=61, epochs=1, order="chunks").fit(data)
    for name in want:
        assert_close((before[name] - model.params[name]) / 8, want[name], name=name)


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
@pytest.mark.parametrize("make, sparse, options", [
    (SGD, "SGD", {}), (AdaGrad, "Adagrad", dict(eps=1e-10)),
    (Adam, "SparseAdam", dict(eps=1e-12)),  # so small because SparseAdam divides it by another bias correction
])
def test_torch_takes_the_same_steps(make, sparse, options):
    """features.W as an EmbeddingBag with sparse gradients, whose optimisers leave absent words alone as ours do."""
    torch = pytest.importorskip("torch", reason="the comparison with PyTorch needs torch")
    data = random_dataset()
    model, optimiser = random_model(data, (9,), "relu"), make(0.01, **options)
    table = torch.nn.EmbeddingBag.from_pretrained(
        torch.tensor(model.params["features.W"]), freeze=False, mode="sum", sparse=True)
    rest = {n: torch.tensor(p, requires_grad=True) for n, p in model.params.items() if n != "features.W"}
    dense = "Adam" if make is Adam else sparse
    theirs = [getattr(torch.optim, sparse)(table.parameters(), lr=0.01, **options),
              getattr(torch.optim, dense)(rest.values(), lr=0.01, **options)]
    for first in range(0, 60, 20):
        x, y = data.x[first:first + 20], torch.tensor(data.y[first:first + 20].toarray())
        bags = table(torch.tensor(x.indices.astype(np.int64)), torch.tensor(x.indptr[:-1].astype(np.int64)),
                     per_sample_weights=torch.tensor(x.data))
        h = torch.relu(bags + rest["features.b"])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            h @ rest["labels.W"].T + rest["labels.b"], y, reduction="sum") / 20
        for one in theirs:
            one.zero_grad()
        loss.backward()
        for one in theirs:
            one.step()
    Trainer(model, optimiser, batch_rows=20, epochs=1, order="chunks").fit(data.take(slice(0, 60)))
    for name, value in [("features.W", table.weight), *rest.items()]:
        assert_close(model.params[name], value.detach().numpy().astype(F32), largest=1e-4, name=name)
