"""Claim: every epoch sees every row once, in an order of its own that the seed decides."""

import scipy.sparse as sp
from problems import F32, random_dataset, random_model

from nnlite import SGD, Dataset, Trainer
from nnlite.data.chunked import chunked
from nnlite.training.batches import shuffled


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
