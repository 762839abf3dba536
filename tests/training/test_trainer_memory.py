"""Claim: a training that needs more memory than there is, is refused before its first step."""

import pytest
from problems import random_dataset, random_model

from nnlite import SGD, AdaGrad, Trainer
from nnlite.system import memory
from nnlite.training import trainer as training
from nnlite.training.step_memory import step_bytes
from nnlite.training.trainer import MANY_ROWS


def test_the_memory_of_a_step_counts_where_the_optimiser_has_no_state(monkeypatch):
    data = random_dataset()
    model = random_model(data)
    trainer = Trainer(model, SGD(0.1), epochs=1)
    needed = step_bytes(model, 512, trainer.workers.threads)
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
    monkeypatch.setattr(memory, "available_memory", lambda: step_bytes(model, 512, trainer.workers.threads))
    assert len(trainer.fit(data).loss) == 1


def test_a_training_without_room_is_refused_with_its_numbers(monkeypatch):
    model = random_model(random_dataset())
    trainer = Trainer(model, AdaGrad(0.1), batch_rows=1_512)
    monkeypatch.setattr(training, "step_bytes", lambda model, rows, threads, products: rows * 2**20)
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


@pytest.mark.parametrize("batch_rows, counted", [
    (60, 60), (MANY_ROWS, MANY_ROWS), (MANY_ROWS + 1, 61), (2**31 - 1, 61)])
def test_of_very_many_rows_those_of_the_largest_chunk_count(monkeypatch, batch_rows, counted):
    data, seen = random_dataset(), []
    chunks = [data, data.take(slice(0, 20))], [data.take(slice(0, 20)), data], data
    monkeypatch.setattr(training, "step_bytes", lambda model, rows, threads, products: seen.append(rows) or 1)
    for one in chunks:
        Trainer(random_model(data), SGD(0.1), batch_rows=batch_rows, epochs=1).fit(one)
    Trainer(random_model(data), SGD(0.1), batch_rows=batch_rows, epochs=1).fit(iter([data]))
    assert seen == [counted] * 3 + [min(batch_rows, MANY_ROWS)]  # of a stream nobody knows how many there are
    with pytest.raises(ValueError, match="want at least one row"):
        Trainer(random_model(data), SGD(0.1), batch_rows=batch_rows).fit([])
    assert seen[-1] == min(batch_rows, MANY_ROWS, 1 if batch_rows > MANY_ROWS else batch_rows)
