"""Claim: the settings that are chosen fit the limits by the plan's own figures, and cost the least accuracy."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from nnlite.training import choosing
from nnlite.training.choosing import choose, n_bytes_of
from nnlite.training.planning import MIB, Plan

FIXED, EPOCH, BASE, RECORDS = 10.0, 7.0, 100 * MIB, 400 * MIB  # seconds and bytes of a made-up training


class Found:
    """In the place of a `Measured`: 8 epochs, and batches of 256 rows, each row of which takes a MiB."""

    def __init__(self, can_be_chunked=True):
        self.settings, self.asked = SimpleNamespace(epochs=8, batch_rows=256), []
        self.can_be_chunked = lambda: can_be_chunked

    def sizes(self, batch_rows, chunk_rows):
        return Plan(["a"], "default", True, 9, 9, 9, [9, 9, 9], 8, batch_rows, 9, 1, {}, {
            "base": BASE, "records": chunk_rows * MIB // 1_000 if chunk_rows else RECORDS,
            "a step": batch_rows * MIB}, None, chunk_rows=chunk_rows, error=0.25)

    def plan(self, epochs, batch_rows, chunk_rows):
        self.asked.append(epochs)
        seconds = {"start": FIXED * (2 if chunk_rows else 1), "train": EPOCH * epochs}
        return replace(self.sizes(batch_rows, chunk_rows), epochs=epochs, seconds=seconds)


@pytest.mark.parametrize("mib, rows, chunk_rows", [
    (900, 256, None), (870, 256, None), (869, 256, 20_000), (433, 256, 20_000), (432, 256, 10_000), (411, 256, 1_250),
    (410, 128, 1_250), (150, 16, 1_250), (135, 16, 1_250)])
def test_memory_is_saved_by_chunks_then_by_smaller_ones_then_by_smaller_batches(mib, rows, chunk_rows):
    plan = choose(Found(), None, mib * MIB)
    assert (plan.batch_rows, plan.chunk_rows, plan.epochs) == (rows, chunk_rows, 8) and plan.high_memory <= mib * MIB
    assert plan.settings == ({"batch_rows": rows} if rows < 256 else {}) | (
        {"chunk_rows": chunk_rows} if chunk_rows in (10_000, 1_250) else {}) and plan.limits == f"{mib} MiB"


def test_what_cannot_be_read_twice_gets_smaller_batches_only():
    plan = choose(Found(False), None, 800 * MIB)
    assert (plan.batch_rows, plan.chunk_rows) == (128, None)
    with pytest.raises(ValueError, match="at least, with batches of 16 rows"):
        choose(Found(False), None, 500 * MIB)


def test_chunks_that_are_asked_for_stay():
    for limits in (None, 2_000 * MIB), (999, None), (None, None):
        plan = choose(Found(), *limits, 7_000)
        assert plan.chunk_rows == 7_000 and "chunk_rows" not in plan.settings
    assert choose(Found(), None, 414 * MIB, 7_000).settings == {"chunk_rows": 3_500}


def test_where_no_memory_is_enough_the_smallest_is_named():
    with pytest.raises(ValueError) as caught:
        choose(Found(), None, 33 * MIB)
    assert str(caught.value) == (
        "plan: memory: want at most 33 MiB, got 135 MiB at least, in chunks of 1,250 rows on disk with batches of 16 "
        "rows, 102 too many: 100 for base, 1 for records, 16 for a step, and a margin. Fewer words (min_count, "
        "hash_size), labels (label_min_count) or hidden units take less")


@pytest.mark.parametrize("seconds", [21.25, 30, 38.7, 38.8, 82.4, 82.5, 1_000])
def test_as_many_epochs_are_chosen_as_end_in_time(seconds):
    found = Found()
    plan, fits = choose(found, seconds, None), [n for n in range(1, 9) if 1.25 * (FIXED + n * EPOCH) <= seconds]
    assert plan.epochs == max(fits) and plan.high_seconds <= seconds and len(found.asked) <= 6
    assert plan.settings == {"epochs": plan.epochs}


def test_time_is_that_with_the_chunks_that_memory_wants():
    plan = choose(Found(), 38.8, 500 * MIB)
    assert (plan.epochs, plan.batch_rows, bool(plan.chunk_rows), plan.limits) == (1, 256, True, "39 s and 500 MiB")


def test_where_no_time_is_enough_that_of_one_epoch_is_named():
    with pytest.raises(ValueError) as caught:
        choose(Found(), 6, None)
    assert str(caught.value) == (
        "plan: minutes: want an end within 6 s in 9 of 10 cases, got 21 s for one epoch, 15 too many: start 10.0, "
        "train 7.0, and a margin. Fewer products, fewer hidden units or negligible=0.001 take less")


def test_without_limits_nothing_is_chosen():
    plan = choose(Found(), None, None)
    assert (plan.epochs, plan.batch_rows, plan.chunk_rows, plan.settings, plan.limits) == (8, 256, None, {}, "")


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_a_time_is_above_0_and_finite(seconds):
    with pytest.raises(ValueError, match="plan: minutes: want a number above 0"):
        choose(Found(), seconds, None)


@pytest.mark.parametrize("text, n", [
    ("2GiB", 2**31), ("2G", 2**31), ("2gb", 2 * 10**9), ("500MB", 500 * 10**6), (" 1.5 MiB ", 3 * 2**19), ("7k", 7_168),
    ("3TB", 3 * 10**12), (12_345, 12_345)])
def test_sizes_as_people_type_them(text, n):
    assert n_bytes_of(text) == n


@pytest.mark.parametrize("text", ["", "2", "GiB", "-2GiB", "2 GiB free", "2,5GB", "1e3MB", "0MB", "0.0001kB",
                                  "9" * 30 + "TB", "9" * 400 + "KB", 2**63, 10**400, 10**5000, "٢GB", "2Gi",
                                  0, -5, True, 2.5, None], ids=lambda text: type(text).__name__)
def test_other_sizes_are_refused(text):
    with pytest.raises(ValueError, match="memory: want a size such as 500MB or 2GiB, got "):
        n_bytes_of(text)


@pytest.mark.parametrize("size, n", [
    *((f"3{unit}{ending}", 3 * 2**(10 * (i + 1))) for i, unit in enumerate("KMGT") for ending in ("", "iB")),
    *((f"3{unit}B", 3 * 10**(3 * (i + 1))) for i, unit in enumerate("kmgt")),
    (1, 1), (2**63 - 1, 2**63 - 1), ("0.001KB", 1), ("8388607TiB", 8_388_607 * 2**40), ("1.2345k", 1_264)])
def test_units_and_the_ends_of_the_range_of_sizes(size, n):
    assert n_bytes_of(size) == n


@pytest.mark.parametrize("size", ["8388608TiB", "0.0009KB", 0, 2**63])
def test_sizes_beyond_the_range(size):
    with pytest.raises(ValueError, match="memory: want a size such as 500MB or 2GiB, got "):
        n_bytes_of(size)


@pytest.mark.parametrize("sample_records, memory, n_read", [
    (500, "4GiB", 500), (500, "1MiB", 128), (500, None, 500), (128, "1MiB", 128), (9, 1, 1)])
def test_a_plan_is_asked_for_with_all_that_is_given(monkeypatch, sample_records, memory, n_read):
    """A sample within 1 MiB has 128 records at most."""
    seen = {}

    def measured(*given, **named):
        return seen.update(given=given, named=named) or "found"

    monkeypatch.setattr(choosing, "Measured", measured)
    monkeypatch.setattr(choosing, "choose", lambda *given: given)
    got = choosing.plan("a", "deck", 3, sample_records, minutes=2, memory=memory, holdout=0.25, chunk_rows=7_000,
                        refit=True, epochs=5)
    assert got == ("found", 120, None if memory is None else n_bytes_of(memory), 7_000)
    assert seen == {"given": ("a", "deck", 3, n_read, 0.25), "named": {"refit": True, "epochs": 5}}
    assert choosing.plan("a")[1:] == (None, None, None) and seen["named"] == {"refit": False}
    assert seen["given"] == ("a", "default", None, choosing.SAMPLE_RECORDS, None)


def test_batches_and_chunks_that_are_small_already_are_cut_no_further():
    for batch_rows, chunk_rows, least in (31, 2_499, (31, 2_499)), (32, 2_500, (16, 1_250)):
        found = Found()
        found.settings.batch_rows = batch_rows
        with pytest.raises(ValueError, match="in chunks of {1:,} rows on disk with batches of {0} rows".format(*least)):
            choose(found, None, 33 * MIB, chunk_rows)
