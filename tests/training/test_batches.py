"""Claim: batches come in the documented order, each with its epoch, its rows and whether a round ends with it."""

from types import SimpleNamespace

import numpy as np
import pytest
from problems import random_dataset, random_model

from nnlite import SGD, Trainer
from nnlite.data.chunked import chunked
from nnlite.data.csr import Csr
from nnlite.training.batches import Batch, chunk_by_chunk, shuffled


class Stream:
    """Datasets that can be gone through any number of times, in their own order."""

    def __init__(self, chunks):
        self.chunks = chunks

    def __iter__(self):
        return iter(self.chunks)


def parts(n_rows=61, cut=(0, 20, 20, 50, 61)):
    """Chunks of 20, 0, 30 and 11 rows."""
    data = random_dataset(n_rows)
    return [data.take(slice(a, b)) for a, b in zip(cut, cut[1:])]


def test_every_chunk_has_all_its_epochs_before_the_next_and_ends_one_round():
    chunks = parts()
    batches = chunk_by_chunk(chunks, 16, 2)
    got = [(chunks.index(b.chunk), b.epoch, b.rows.start, b.rows.stop, b.following is None) for b in batches]
    one_epoch = {0: [(0, 16), (16, 20)], 2: [(0, 16), (16, 30)], 3: [(0, 11)]}
    assert got == [(c, epoch, *rows, epoch == 2 and rows == one_epoch[c][-1])
                   for c in one_epoch for epoch in (1, 2) for rows in one_epoch[c]]


@pytest.mark.parametrize("last_rows", [0, 11])
def test_a_round_of_shuffled_chunks_ends_with_the_last_batch_of_an_epoch(last_rows):
    """Also where the last chunk is empty."""
    chunks = parts(50 + last_rows, (0, 20, 20, 50, 50 + last_rows))
    batches = list(shuffled(chunked(Stream(chunks)), 16, range(2, 4), 0))
    a_round = 5 if last_rows else 4
    assert [batch.epoch for batch in batches] == [2] * a_round + [3] * a_round
    assert [i for i, batch in enumerate(batches) if not batch.following] == [a_round - 1, 2 * a_round - 1]


def test_no_chunks_make_no_batches():
    assert list(shuffled(chunked([]), 16, range(1, 3), 0)) == list(chunk_by_chunk([], 16, 2)) == []
    assert list(shuffled(chunked(parts()), 16, range(1, 1), 0)) == []


def test_chunks_of_a_stream_keep_their_order_and_their_rows_are_shuffled_by_seed_epoch_and_number():
    chunks = parts()
    for epoch in 1, 2:
        batches = list(shuffled(chunked(Stream(chunks)), 100, range(epoch, epoch + 1), 7))
        assert [chunks.index(batch.chunk) for batch in batches] == [0, 2, 3]
        for batch, number in zip(batches, (0, 2, 3)):
            order = np.random.default_rng([7, epoch, number]).permutation(len(chunks[number]))
            np.testing.assert_array_equal(batch.rows, order)


def test_chunks_in_memory_come_in_an_order_by_seed_and_epoch_with_rows_by_their_own_numbers():
    chunks = parts()
    batches = list(shuffled(chunked(chunks), 100, range(3, 4), 7))
    order = [c for c in np.random.default_rng([7, 3]).permutation(4).tolist() if len(chunks[c])]
    assert [chunks.index(batch.chunk) for batch in batches] == order
    for batch, number in zip(batches, order):
        want = np.random.default_rng([7, 3, number]).permutation(len(chunks[number]))
        np.testing.assert_array_equal(batch.rows, want)


@pytest.mark.parametrize("order", ["shuffled", "chunks"])
def test_a_stream_that_can_be_gone_through_again_is_trained_on_for_all_epochs(order):
    steps = []
    trainer = Trainer(random_model(random_dataset()), SGD(0.1), batch_rows=16, epochs=2, order=order)
    assert trainer.n_steps(Stream(parts())) is None
    history = trainer.fit(Stream(parts()), on_step=steps.append)
    epochs = {"shuffled": [1] * 5 + [2] * 5, "chunks": [1, 1, 2, 2, 1, 1, 2, 2, 1, 2]}[order]
    assert [step.epoch for step in steps] == epochs and {step.n_steps for step in steps} == {None}
    assert sum(history.rows) == 2 * 61


def test_an_iterator_is_trained_on_for_one_epoch():
    history = Trainer(random_model(random_dataset()), SGD(0.1), batch_rows=16, epochs=1).fit(iter(parts()))
    assert history.rows == [16, 4, 16, 14, 11]


@pytest.mark.parametrize("batch_rows, epochs, want", [(16, 1, 5), (16, 3, 15), (30, 2, 6), (29, 2, 8), (1, 1, 61)])
def test_the_number_of_steps_counts_the_short_batches_of_every_chunk(batch_rows, epochs, want):
    trainer = Trainer(random_model(random_dataset()), SGD(0.1), batch_rows=batch_rows, epochs=epochs)
    assert trainer.n_steps(parts()) == want


class Once:
    """Chunks that are there for the first epoch alone, although it is not an iterator."""

    def __init__(self):
        self.chunks = iter([random_dataset()])

    def __iter__(self):
        return self.chunks


def test_chunks_that_are_gone_in_the_second_epoch_are_an_error():
    with pytest.raises(ValueError, match="data that can be gone through again, got no rows in epoch 2"):
        Trainer(random_model(random_dataset()), SGD(0.1), epochs=3).fit(Once())


@pytest.mark.parametrize("order", ["shuffled", "chunks"])
def test_memory_does_not_grow_with_the_number_of_batches_or_epochs(order):
    """Lists of 10^12 would end in a MemoryError."""
    data, steps = random_dataset(), []

    def stop(step):
        steps.append(step.n_steps)
        if step.step == 3:
            raise KeyboardInterrupt

    for batch_rows in 1, 10**12:
        with pytest.raises(KeyboardInterrupt):
            Trainer(random_model(data), SGD(0.1), batch_rows, 10**12, order).fit(data, on_step=stop)
    assert steps == [61 * 10**12] * 3 + [10**12] * 3


def test_batches_are_made_one_by_one():
    class Huge:
        def __len__(self):
            return 10**15

    batches = chunk_by_chunk([Huge()], 1, 1)
    assert [next(batches).rows for _ in range(2)] == [slice(0, 1), slice(1, 2)]


def test_a_batch_of_more_words_than_the_places_of_its_transpose_is_refused():
    def batch(n_words):
        many, none = np.array([0, n_words]), np.zeros(0, np.int32)
        y = Csr(np.zeros(2, int), none, none)
        return Batch(1, SimpleNamespace(weights=None, arrays=lambda: [Csr(many, none, none), y]), slice(0, 1))

    with pytest.raises(ValueError, match="want batches of at most 2,147,483,647 words, got 2,147,483,648 in 1 rows"):
        batch(2**31).arrays()
    assert batch(2**31 - 1).arrays()[0].indptr.tolist() == [0, 2**31 - 1]
