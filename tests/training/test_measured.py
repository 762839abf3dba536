"""Claim: what a plan is told reaches its sample, its trainer and its sizes, and the time of other programs counts."""

from types import SimpleNamespace

import pytest
from shops import shop_file

from nnlite.system import memory
from nnlite.training import costs, planning
from nnlite.training.planning import MIB, Measured, network_memory

SMALL = dict(hidden=(4,), min_count=1, label_min_count=1)


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    """`start` is measured in test_costs."""
    monkeypatch.setattr(costs, "start", lambda: costs.Start(0.5, 2**27))


@pytest.mark.parametrize("worked, seconds, waited", [
    (10, 10, 0), (20, 10, 0), (5, 10, 1), (2, 10, 4), (1, 10, 9), (0.9, 10, 9), (0, 10, 9), (0, 0, 9)])
def test_what_others_took_is_measured_while_the_sample_is_read(tmp_path, monkeypatch, worked, seconds, waited):
    """In processors: a thread that ran for a fifth of the time has waited four times as long; at most 9 count."""
    worked, now = iter([3, 3 + worked]), iter([100, 200, 200 + seconds])
    clocks = SimpleNamespace(process_time=lambda: next(worked), perf_counter=lambda: next(now))
    monkeypatch.setattr(planning, "time", clocks)
    assert Measured(shop_file(tmp_path), **SMALL).waited == pytest.approx(waited, abs=1e-9)


@pytest.mark.parametrize("given, seconds", [
    ({}, None), (dict(checkpoints="c"), 300.0), (dict(checkpoints="c", checkpoint_seconds=7.0), 7.0),
    (dict(checkpoint_seconds=7.0), None)])
def test_checkpoints_are_counted_and_not_written(tmp_path, given, seconds):
    found = Measured(shop_file(tmp_path), threads=2, shards=3, seed=5, epochs=7, **SMALL, **given)
    assert found.checkpoint_seconds == seconds
    one = found.settings
    assert (one.checkpoints, one.shards, one.workers.threads, one.seed, one.epochs) == (None, 1, 2, 5, 7)


@pytest.mark.parametrize("paths, categories, can_be", [
    (["a"], {}, True), (["a", "-"], {}, False), (["a"], dict(major=3), False), (["a"], dict(major=["x"]), True)])
def test_what_can_be_cut_into_chunks_on_disk(paths, categories, can_be):
    one = object.__new__(Measured)
    one.paths, one.categories = paths, categories
    assert one.can_be_chunked() == can_be


@pytest.mark.parametrize("n_scored", [None, 0, 99])
def test_the_products_that_are_scored_are_those_held_out_or_others(tmp_path, n_scored):
    found = Measured(shop_file(tmp_path), holdout=8, n_scored=n_scored, **SMALL)
    assert found.n_scored == (found.sample.n_held if n_scored is None else n_scored) and found.sample.n_held > 0


def test_options_of_reading_reach_the_sample(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name;kind\n" + "blue dress;a|b\n" * 9)
    found = Measured(path, title="name", categories="kind", separator="|", sample_records=5, **SMALL)
    assert (found.expected.n_labels, found.sample.n_read) == (2, 5) and not found.sample.exact


@pytest.mark.parametrize("less, fits", [(0, True), (1, False), (None, True)])
def test_a_network_is_made_where_there_is_room_for_it(tmp_path, monkeypatch, less, fits):
    found = Measured(shop_file(tmp_path), **SMALL)
    sizes = found.expected
    needed = sum(network_memory(found.settings, sizes.n_words, sizes.n_labels, 1).values())
    monkeypatch.setattr(memory, "available_memory", lambda: None if less is None else needed - less)
    monkeypatch.setattr(planning.Measured, "_trainer", lambda self, sizes: "made")
    monkeypatch.setattr(costs, "touched", lambda trainer: trainer)
    if fits:
        assert found.network[1] == "made"
    else:
        with pytest.raises(MemoryError, match=f"plan: want at most the {needed // MIB} MiB"):
            found.network


def test_each_number_of_rows_is_tried_once(tmp_path, monkeypatch):
    found, tried = Measured(shop_file(tmp_path), **SMALL), []
    vars(found)["network"] = 0.0, SimpleNamespace(batch_rows=1)
    monkeypatch.setattr(costs, "trial", lambda trainer, data: tried.append(trainer.batch_rows) or len(tried))
    assert [found.pace(n) for n in (64, 16, 64)] == [1, 2, 1] and tried == [64, 16]


def test_the_size_of_the_words_grows_with_their_number(tmp_path):
    found = Measured(shop_file(tmp_path), **SMALL)
    n_bytes, found.expected.n_words = costs.vocabulary_bytes(found.sample.vocabulary), 3 * found.expected.n_words
    assert found.vocabulary_bytes == pytest.approx(3 * n_bytes)
