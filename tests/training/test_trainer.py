"""Claim: the trainer takes the steps of `reference`: every optimiser, both reductions, every last piece short."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32, assert_close, exact, random_dataset, random_model, small_pieces

import twins
from nnlite import MLP, SGD, Adam, AdaGrad, Dataset, Trainer, evaluate
from nnlite.data.chunked import chunked
from nnlite.network import reference
from nnlite.network.layers import ACTIVATIONS
from nnlite.network.optimizers import as_rows
from nnlite.system import memory
from nnlite.system.threads import usable_cores
from nnlite.training.batches import Batch, shuffled
from nnlite.training.divergence import DIVERGED, DIVERGED_STEPS, LEAST
from nnlite.training.history import History
from nnlite.training.trainer import _Run, constant, linear_decay

OPTIMISERS = {"sgd": lambda: SGD(0.5), "adagrad": lambda: AdaGrad(0.1), "adam": lambda: Adam(0.02),
              "adagrad by row": lambda: AdaGrad(0.1, by_row=True)}


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
            elif isinstance(optimiser, AdaGrad) and optimiser.by_row:
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
    """Two epochs of 61 rows in batches of 30, 30 and 1; blocks of 7, tiles of at most 5 of 23 labels."""
    small_pieces(monkeypatch)
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
        assert sum(s.size for s in optimiser.state.values()) < 0.2 * sum(p.size for p in model.params.values())
    for name in want:
        # AdaGrad's and Adam's first steps are lr sign(g): a gradient near 0 may round to either side, seldom
        assert_close(model.params[name], want[name], largest=1e-4, name=name)


@pytest.mark.parametrize("name", ["adagrad", "adam"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(9,), (16, 11)], ids=str)
def test_dropout_and_two_learning_rates_take_the_steps_of_the_reference(activation, hidden, name, monkeypatch):
    """The trainer's stream of a step is drawn from its seed; every hidden layer has rows of its own in it."""
    small_pieces(monkeypatch)
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


def test_chunks_in_a_list_equal_one_dataset():
    data = random_dataset()
    results = []
    for form in data, data.chunks(20), iter(data.chunks(20)):
        model = random_model(data)
        history = Trainer(model, SGD(0.5), batch_rows=20, epochs=3, order="chunks").fit(form)
        results.append((history.loss, model.params["features.W"].tobytes()))
    assert results[0] == results[1] == results[2]


def test_an_epoch_sees_every_row_once_and_another_epoch_another_order():
    data = random_dataset(n_rows=50)
    chunks = [data.take(slice(0, 20)), data.take(slice(20, 50))]
    seen = [batch.arrays()[0] for batch in shuffled(chunked(chunks), 8, range(1, 3), 0)]
    rows = [tuple(x.indices[x.indptr[i]:x.indptr[i + 1]]) for x in seen for i in range(x.n_rows)]
    want = sorted(tuple(data.x.indices[a:b]) for a, b in zip(data.x.indptr, data.x.indptr[1:]))
    assert sorted(rows[:50]) == sorted(rows[50:]) == want and rows[:50] != rows[50:]


def numbered_chunks(n=80, n_chunks=8):
    """Chunks of as many rows each; row i holds word i alone, so that a batch tells which rows it has."""
    eye = sp.eye_array(n, dtype=F32, format="csr")
    return Dataset(eye, sp.csr_array((n, 2), dtype=F32)).chunks(n // n_chunks)


def batches_seen(epochs, seed=1, batch_rows=100):
    """(epoch, the numbers of the rows) of each batch of a training on `numbered_chunks`."""
    batches = shuffled(chunked(numbered_chunks()), batch_rows, range(1, epochs + 1), seed)
    return [(batch.epoch, batch.arrays()[0].indices.tolist()) for batch in batches]


def test_every_epoch_has_an_order_of_chunks_of_its_own():
    seen = batches_seen(epochs=3)
    orders = {tuple(min(rows) for at, rows in seen if at == epoch) for epoch in (1, 2, 3)}
    assert len(orders) == 3 and all(sorted(order) == list(range(0, 80, 10)) for order in orders)


def test_every_chunk_has_an_order_of_rows_of_its_own():
    orders = {tuple(row - min(rows) for row in rows) for _, rows in batches_seen(epochs=1)}
    assert len(orders) == 8 and all(sorted(order) == list(range(10)) for order in orders)


def test_a_chunk_has_another_order_of_rows_in_every_epoch():
    first = {tuple(rows) for _, rows in batches_seen(epochs=3) if min(rows) == 0}
    assert len(first) == 3


def test_the_seed_decides_the_orders_of_chunks_and_of_rows():
    one, again, other = (batches_seen(epochs=1, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert [min(rows) for _, rows in one] != [min(rows) for _, rows in other]
    rows_of_first = [next(rows for _, rows in seen if min(rows) == 0) for seen in (one, other)]
    assert rows_of_first[0] != rows_of_first[1]


def test_the_seed_decides_the_order():
    losses = []
    for seed in 0, 0, 1:
        data = random_dataset()
        losses.append(Trainer(random_model(data), SGD(0.5), batch_rows=8, epochs=2, seed=seed).fit(data).loss)
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("order, rounds", [("shuffled", 3), ("chunks", 4)])
def test_history_and_on_step_tell_the_course(order, rounds):
    """Three epochs of 61 rows in batches of 16: with "chunks" validation comes after each of the four chunks."""
    data = random_dataset()
    model, steps = random_model(data), []
    trainer = Trainer(model, AdaGrad(0.1), batch_rows=16, epochs=3, order=order)
    history = trainer.fit(data, validation=data, on_step=steps.append)
    assert [s.step for s in steps] == list(range(1, 13)) and {s.n_steps for s in steps} == {12}
    assert [s.loss for s in steps] == history.loss and [s.rows for s in steps] == history.rows
    assert len(history.validation) == rounds and history.validation[-1] == evaluate(model, data)
    assert history.seconds == steps[-1].seconds > 0


def test_training_learns():
    """Labels that are a function of the words are learnt: the loss falls to a tenth."""
    words = random_dataset(n_rows=300, n_words=12, n_labels=12).y
    data = Dataset(words, words)
    history = Trainer(random_model(data, (24,), "relu"), AdaGrad(0.1), batch_rows=20, epochs=30).fit(data)
    assert history.loss[-1] < 0.1 * history.loss[0]


def test_training_learns_without_the_negligible_gradients():
    """Where all are negligible nothing moves; below 0.01 a probability is as good as 0."""
    words = random_dataset(n_rows=300, n_words=12, n_labels=12).y
    data, losses = Dataset(words, words), {}
    for negligible in 0, 0.01, 0.999:
        model = random_model(data, (24,), "relu")
        before = exact(model.params)
        trainer = Trainer(model, AdaGrad(0.1), batch_rows=20, epochs=30, negligible=negligible)
        losses[negligible] = trainer.fit(data).loss
        if negligible == 0.999:
            assert all(np.array_equal(model.params[name], p) for name, p in before.items())
    assert losses[0][0] == losses[0.01][0] and losses[0] != losses[0.01]
    assert losses[0.01][-1] < 0.01


@pytest.mark.parametrize("arguments, message", [
    (dict(batch_rows=0), "batch_rows: want at least 1, got 0"),
    (dict(epochs=0), "epochs: want at least 1, got 0"),
    (dict(negligible=-0.1), "negligible: want at least 0 and less than 1, got -0.1"),
    (dict(order="random"), "order: want 'shuffled' or 'chunks', got 'random'"),
    (dict(reduction="max"), "reduction: want 'sum' or 'mean', got 'max'"),
    (dict(threads=0), "threads: want at least 1, got 0"),
])
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Trainer(random_model(random_dataset()), SGD(0.1), **arguments)


@pytest.mark.parametrize("lr", [0, -1, float("inf"), float("nan")])
def test_impossible_learning_rates_are_refused(lr):
    with pytest.raises(ValueError, match="AdaGrad: want a learning rate above 0"):
        AdaGrad(lr)


def test_data_that_do_not_fit_are_refused():
    data = random_dataset()
    model = random_model(data)
    with pytest.raises(ValueError, match="the model has 40 words and 23 labels, the data 40 and 22"):
        Trainer(model, SGD(0.1)).fit(random_dataset(n_labels=22))
    for weights in np.ones(22), -np.ones(23), np.full(23, np.nan):
        with pytest.raises(ValueError, match="Trainer: label_weights: want 23 finite numbers of at least 0, got"):
            Trainer(model, SGD(0.1), label_weights=weights)
    with pytest.raises(ValueError, match="^weights: want 61 finite numbers of at least 0, got an array of shape"):
        Dataset(data.x, data.y, np.ones(60))
    with pytest.raises(ValueError, match="want at least one row"):
        Trainer(model, SGD(0.1)).fit([])
    with pytest.raises(ValueError, match="can be gone through 8 times, got an iterator"):
        Trainer(model, SGD(0.1)).fit(iter([data]))
    with pytest.raises(ValueError, match="want data that tell their length, .* got list_iterator"):
        Trainer(model, SGD(0.1), epochs=1, schedule=linear_decay).fit(iter([data]))


def is_diverged(n_bad, n_steps, epochs=1, loss=1.0):
    """Whether a training is given up after some good steps of this loss, and so many bad ones, as its last losses."""
    trainer = Trainer(MLP(3, 2, (2,)), SGD(0.1), epochs=epochs)
    run = _Run(trainer, chunked([]), None, None)
    run.history, run.n_steps = History(loss=[loss] * 20 + [1.01 * DIVERGED * loss] * n_bad), n_steps
    try:
        run.check_loss(Batch(1, None, slice(0, 0), False))
    except FloatingPointError as error:
        assert f"step {20 + n_bad} (epoch 1): for {n_bad} steps the loss has been above" in str(error)
        return True
    return False


@pytest.mark.parametrize("n_steps, epochs, patience", [
    (21, 1, 10), (4, 1, DIVERGED_STEPS[0]), (None, 3, DIVERGED_STEPS[0]), (300, 3, 50), (10_000, 1, DIVERGED_STEPS[1])])
def test_a_training_is_given_up_when_the_loss_stays_high_for_half_an_epoch(n_steps, epochs, patience):
    """But for 8 steps at least and 200 at most: neither one bad step nor one less than these is enough."""
    assert not is_diverged(1, n_steps, epochs) and not is_diverged(patience - 1, n_steps, epochs)
    assert is_diverged(patience, n_steps, epochs)


@pytest.mark.parametrize("loss, diverges", [(0.0, False), (1e-9, False), (0.9 * LEAST / 2, False), (LEAST / 2, True)])
def test_a_loss_of_next_to_nothing_does_not_diverge(loss, diverges):
    """Twice next to nothing is next to nothing. The losses are means over two labels, the bound is of a row."""
    assert is_diverged(10, 21, loss=loss) == diverges


def test_the_memory_of_a_step_counts_where_the_optimiser_has_no_state(monkeypatch):
    data = random_dataset()
    model = random_model(data)
    trainer = Trainer(model, SGD(0.1), epochs=1)
    needed = model.step_bytes(512, trainer.workers.threads)
    monkeypatch.setattr(memory, "available_memory", lambda: needed - 1)
    with pytest.raises(MemoryError, match="for a step of 512 rows"):
        trainer.fit(data)
    monkeypatch.setattr(memory, "available_memory", lambda: needed)
    trainer.fit(data)


def test_a_second_fit_needs_no_memory_for_the_state_that_is_there(monkeypatch):
    data = random_dataset()
    model = random_model(data)
    trainer = Trainer(model, AdaGrad(0.1), epochs=1)
    trainer.fit(data)
    monkeypatch.setattr(memory, "available_memory", lambda: model.step_bytes(512, trainer.workers.threads))
    trainer.fit(data)


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


@pytest.mark.parametrize("name", ["dropout", "word_dropout", "negligible"])
@pytest.mark.parametrize("share", [-1e-9, 1, float("nan")])
def test_shares_outside_of_0_to_1_are_refused(name, share):
    with pytest.raises(ValueError, match=f"^Trainer: {name}: want at least 0 and less than 1, got {share}$"):
        Trainer(random_model(random_dataset()), SGD(0.1), **{name: share})
    Trainer(random_model(random_dataset()), SGD(0.1), **{name: 0})
    Trainer(random_model(random_dataset()), SGD(0.1), **{name: 0.9999})


def test_a_trainer_has_the_documented_defaults():
    trainer = Trainer(random_model(random_dataset()), SGD(0.1))
    want = dict(batch_rows=512, epochs=8, order="shuffled", reduction="sum", seed=0, dropout=0.0, word_dropout=0.0,
                schedule=constant, negligible=0.0, label_weights=None, checkpoints=None, checkpoint_seconds=300.0)
    assert {name: getattr(trainer, name) for name in want} == want
    assert trainer.workers.threads == usable_cores()


def test_the_schedules():
    assert [constant(progress) for progress in (0.0, 0.25, 1.0)] == [1, 1, 1]
    assert [linear_decay(progress) for progress in (0.0, 0.25, 1.0)] == [1, 0.75, 0]


def test_the_factor_of_the_learning_rate_is_that_of_the_steps_before():
    asked = []
    trainer = Trainer(random_model(random_dataset()), SGD(0.5), 16, epochs=1,
                      schedule=lambda progress: asked.append(progress) or 0.0)
    before = trainer.model.params["labels.W"].copy()
    trainer.fit(random_dataset())
    assert asked == [0, 0.25, 0.5, 0.75]
    np.testing.assert_array_equal(trainer.model.params["labels.W"], before)


@pytest.mark.parametrize("order, epochs", [("shuffled", [1] * 4 + [2] * 4), ("chunks", [1, 2] * 4)])
def test_on_step_receives_the_epoch(order, epochs):
    steps = []
    Trainer(random_model(random_dataset()), SGD(0.1), 16, epochs=2, order=order).fit(
        random_dataset(), on_step=steps.append)
    assert [step.epoch for step in steps] == epochs


def a_run(losses):
    """A run of a training of a small network whose parameters are 1, and the losses that it has had."""
    model = MLP(3, 2, (2,))
    for p in model.params.values():
        p[:] = 1
    run = _Run(Trainer(model, SGD(0.125), epochs=1), chunked([]), None, None)
    run.history, run.n_steps = History(loss=losses), None
    return run


def error_of(run, epoch=1):
    with pytest.raises(FloatingPointError) as caught:
        run.check_loss(Batch(epoch, None, slice(0, 0), False))
    return str(caught.value)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_reported_with_its_step_and_the_parameter_that_is_not_finite(loss):
    run = a_run([1.0, 1.0, loss])
    run.model.params["labels.W"][0, 0] = 1e9
    run.model.params["features.b"][1] = np.nan
    assert error_of(run, epoch=4) == (f"Trainer: step 3 (epoch 4): the loss is {loss}; the largest entry is in "
                                      "features.b: nan. Want a smaller learning rate than 0.125")


def test_a_loss_that_stays_high_is_reported_with_the_largest_parameter_by_size():
    run = a_run([0.25] + [0.75] * 8)
    run.model.params["labels.b"][1], run.model.params["features.W"][0, 0] = -7, 5
    assert error_of(run) == ("Trainer: step 9 (epoch 1): for 8 steps the loss has been above 2 times its first value, "
                             "0.25; the largest entry is in labels.b: 7. Want a smaller learning rate than 0.125")


@pytest.mark.parametrize("losses", [[1.0] + [2.0] * 20, [1.0] + [3.0] * 7, [1.0] + [3.0] * 20 + [2.0] + [3.0] * 7])
def test_a_loss_of_twice_the_first_or_one_that_comes_down_in_between_is_no_divergence(losses):
    a_run(losses).check_loss(Batch(1, None, slice(0, 0), False))


def test_a_training_without_room_is_refused_with_its_numbers(monkeypatch):
    model = random_model(random_dataset())
    trainer = Trainer(model, AdaGrad(0.1), batch_rows=1_512)
    monkeypatch.setattr(type(model), "step_bytes", lambda self, rows, threads: rows * 2**20)
    monkeypatch.setattr(trainer.optimizer, "state_bytes", lambda params: 3 * 2**30)
    monkeypatch.setattr(memory, "available_memory", lambda: 2**30)
    with pytest.raises(MemoryError) as caught:
        trainer.fit(random_dataset())
    assert str(caught.value) == (
        "Trainer: want at most the 1 GiB that this machine has left, got 4.48 GiB: 3 for the optimiser's state, 1.48 "
        "for a step of 1,512 rows")


def test_where_the_memory_is_unknown_a_training_starts(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    history = Trainer(random_model(random_dataset()), SGD(0.1), epochs=1).fit(random_dataset())
    assert history.rows == [61] and history.validation == []


def test_a_list_of_datasets_without_rows_and_a_later_chunk_that_does_not_fit_are_refused():
    data, model = random_dataset(), random_model(random_dataset())
    with pytest.raises(ValueError, match="want at least one row to train on, got none"):
        Trainer(model, SGD(0.1)).fit([data.take(slice(0, 0))] * 2)
    with pytest.raises(ValueError, match="the model has 40 words and 23 labels, the data 39 and 23"):
        Trainer(model, SGD(0.1), order="chunks").fit([data, random_dataset(n_words=39)])
