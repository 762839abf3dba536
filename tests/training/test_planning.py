"""Claim: the plan tells what a training will be, and refuses what cannot fit; nothing of the machine is changed."""

import gzip
import json
import sys
from types import SimpleNamespace
from math import ceil

import numpy as np
import pytest
from problems import Clock, compiled, random_dataset, random_model
from shops import shop_file

from nnlite import AdaGrad, Trainer, Vocabulary, make_catalogue, read_records
from nnlite.categories.mapping import Mapping
from nnlite.system import memory
from nnlite.training import planning, recipes
from nnlite.training.planning import (
    MIB, Expected, Plan, Sample, grown, plan, plan_of, spread, trial)
from nnlite.training.trainer import Step


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """3,000 made-up products as a file, and with some bad lines, packed."""
    folder = tmp_path_factory.mktemp("catalogue")
    lines = [json.dumps({"title": record.title, "category": record.categories}) for record in make_catalogue(3_000)]
    (folder / "plain.jsonl").write_text("\n".join(lines) + "\n")
    with gzip.open(folder / "packed.jsonl.gz", "wt") as file:
        file.write("\n".join(part for line in lines for part in (line, "{}")))
    return folder


@pytest.fixture
def brief(monkeypatch):
    """Trials that last as short as may be, for plans whose seconds do not matter."""
    monkeypatch.setattr(planning, "TRIAL_SECONDS", 0.0)


@compiled
@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("recipe, overrides", [("default", dict(epochs=2)), ("deck", dict(epochs=3, min_count=5)),
                                               ("default", dict(hash_size=500, hidden=(30,)))])
def test_of_a_file_that_is_read_whole_everything_is_exact(recipe, overrides, catalogue):
    found = plan(catalogue / "plain.jsonl", recipe, threads=3, **overrides)
    features, _, others = recipes.split(recipe, overrides)
    records = list(read_records(catalogue / "plain.jsonl"))
    data = Vocabulary.build(records, **features).encode(records)
    trainer = recipes.RECIPES[recipe](data, **others)
    assert found.exact and (found.n_records, found.n_words, found.n_labels) == (3_000, data.n_words, data.n_labels)
    assert found.network == [data.n_words, *trainer.model.hidden, data.n_labels]
    assert found.n_steps == trainer.n_steps(data) and found.batch_rows == trainer.batch_rows and found.threads == 3
    parameters = sum(p.nbytes for p in trainer.model.params.values())
    assert found.memory["parameters"] == parameters
    assert found.memory["optimiser"] == (parameters if recipe == "default" else 0)
    assert found.memory["matrices"] == data.nbytes and all(n >= 0 for n in found.memory.values())
    assert all(seconds >= 0 for seconds in found.seconds.values()) and found.seconds["train"] > 0
    assert "3,000 records" in str(found) and "about 3,000" not in str(found)


@compiled
@pytest.mark.usefixtures("brief")
def test_a_sample_stands_for_the_whole(catalogue):
    whole, part = (plan(catalogue / "packed.jsonl.gz", sample_records=n) for n in (100_000, 2_000))
    assert not part.exact and "about" in str(part)
    for name in "n_records", "n_words", "n_labels", "n_steps", "total_memory":
        assert getattr(part, name) == pytest.approx(getattr(whole, name), rel=0.2), name


@compiled
@pytest.mark.usefixtures("brief")
def test_what_cannot_fit_is_refused_with_the_numbers(catalogue, monkeypatch):
    found = plan(catalogue / "plain.jsonl", epochs=1)
    found.check()
    found.available = 50 * 2**20
    with pytest.raises(MemoryError, match=r"plan: want at most the 50 MiB .* got [\d,]+ MiB: .* for parameters"):
        found.check()
    data = random_dataset()
    model = random_model(data)
    before = model.params["features.W"].copy()
    monkeypatch.setattr(memory, "available_memory", lambda: 4_000)
    with pytest.raises(MemoryError, match=r"GiB for the optimiser's state|for the optimiser's state"):
        Trainer(model, AdaGrad(0.1)).fit(data)
    np.testing.assert_array_equal(model.params["features.W"], before)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_records_are_estimated_from_the_bytes_that_were_read(ending, catalogue, tmp_path, monkeypatch):
    n, path = 30_000, tmp_path / f"a.jsonl{ending}"
    with (gzip.open if ending else open)(path, "wb") as file:
        file.write((catalogue / "plain.jsonl").read_bytes() * 10)
    monkeypatch.setattr("nnlite.data.records.AHEAD_BYTES", path.stat().st_size // 3)
    for paths, n_all in ([path], n), ([path] * 2, 2 * n):
        reader = read_records(paths)
        next(reader)
        assert reader.expected_records() == pytest.approx(n_all, rel=0.4)  # files are read ahead of their records
        assert reader.n_records < 0.5 * n
        reader.close()
        assert list(reader) == []


def test_of_small_files_all_records_are_counted(catalogue):
    reader = read_records([catalogue / "plain.jsonl", catalogue / "packed.jsonl.gz"])
    next(reader)
    assert reader.expected_records() == 6_000


def test_of_standard_input_all_records_are_counted(catalogue, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=open(catalogue / "plain.jsonl", "rb")))
    with sys.stdin.buffer:
        assert Sample(["-"], 1_000, {}, {}).n_records == 3_000


@pytest.mark.parametrize("n_records, n_steps", [(100, 100), (20_000, 100), (20_001, 200), (100_000, 500)])
def test_the_seconds_are_those_of_all_steps(n_records, n_steps):
    one = recipes.deck(Expected(n_records, 10, 5, 10))
    found = plan_of(one, ["a"], "deck", n_records, 2.0)
    assert found.n_steps == n_steps and found.seconds == {"train": 2.0 * n_steps}
    assert found.total_seconds == 2 * n_steps


@pytest.mark.parametrize("n_records", [100, 20_000, 50_000])
def test_a_step_takes_the_memory_of_its_rows_and_of_no_more_than_there_are(n_records):
    one = recipes.default(Expected(n_records, 10, 5, 10), threads=2, batch_rows=20_000)
    found = plan_of(one, ["a"], "default", n_records, 1.0)
    parameters = sum(p.nbytes for p in one.model.params.values())
    assert found.memory == {"parameters": parameters, "optimiser": parameters,
                            "a step": one.model.step_bytes(min(n_records, 20_000), 2)}
    assert found.total_memory == sum(found.memory.values())


def test_a_plan_that_just_fits_is_not_refused_nor_one_for_an_unknown_memory():
    found = plan_of(recipes.deck(Expected(100, 10, 5, 10)), ["a"], "deck", 100, 1.0)
    for available in found.total_memory, None:
        found.available = available
        found.check()
    found.available = found.total_memory - 1
    with pytest.raises(MemoryError):
        found.check()


@pytest.mark.usefixtures("brief")
def test_seconds_and_memory_of_a_sample_are_scaled_to_all_records(tmp_path, monkeypatch):
    """By a clock that goes on by a second whenever it is looked at, a whole file and a quarter take equally long."""
    monkeypatch.setattr(planning, "time", Clock(tick=1.0))
    whole, part = (plan(shop_file(tmp_path, 400), sample_records=n, epochs=1) for n in (1_000, 100))
    assert whole.exact and not part.exact and part.n_records == pytest.approx(400, rel=0.01)
    for name in "read", "encode":
        assert part.seconds[name] == pytest.approx(4 * whole.seconds[name], rel=0.01)
    assert part.memory["matrices"] == pytest.approx(whole.memory["matrices"], rel=0.05)


@pytest.mark.usefixtures("brief")
def test_a_plan_is_for_the_categories_that_a_mapping_leaves(tmp_path):
    path, mapping = shop_file(tmp_path), Mapping({"Women": "", "Men": "", "Bags": "Dresses"})
    n_labels = [plan(path, epochs=1, label_min_count=2, **more).n_labels
                for more in ({}, dict(mapping=mapping), dict(major=3))]
    assert n_labels == [5, 2, 3]


class Paced:
    """In the place of a trainer: its steps take 1 second, but the first two 50 each, and every fifth one 2."""

    def __init__(self, n_steps):
        self.n_steps, self.made = n_steps, 0

    def fit(self, data, on_step):
        seconds = 0.0
        for self.made in range(1, self.n_steps + 1):
            seconds += 50 if self.made < 3 else 1 + (self.made % 5 == 0)
            on_step(Step(self.made, self.n_steps, 1, 10, 0.5, seconds))


@pytest.mark.parametrize("n_steps, made, seconds", [(1, 1, 50), (2, 2, 50), (3, 3, 1), (4, 4, 1), (100, 5, 1)])
def test_a_trial_tells_the_step_in_the_middle_and_ends_soon(n_steps, made, seconds):
    """Without the first two, in which everything compiles."""
    paced = Paced(n_steps)
    assert (trial(paced, None), paced.made) == (seconds, made)


def test_words_grow_by_a_power_of_the_records_that_goes_on_changing():
    assert grown(50, 100, 200, 8) == 1_600 and grown(100, 100, 100, 8) == 100 and grown(50, 100, 200, 1) == 200
    assert grown(100, 200, 200, 4) == 200 and grown(100, 100, 200, 4) == 800  # a power is at least 0, at most 1
    assert grown(100, 141, 216, 4) == pytest.approx(216 * 2 ** (0.734 + 0.851), rel=0.01)  # 0.496, 0.615, then these
    assert grown(100, 141, 200, 2 ** 0.5) == pytest.approx(200 * 2 ** (0.513 / 2), rel=0.01) and grown(0, 0, 0, 5) == 0


def test_a_sample_is_spread_over_all_words():
    data = random_dataset()
    wide = spread(data, 400, 100)
    assert (wide.n_words, wide.n_labels, len(wide)) == (400, 100, 61)
    for got, want in (wide.x, data.x), (wide.y, data.y):
        np.testing.assert_array_equal(got.indptr, want.indptr)
        np.testing.assert_array_equal(got.data, want.data)
    assert ceil(wide.x.indices.max() / 100) > 2


def test_the_memory_of_this_machine():
    assert 0 < memory.resident_memory() < 2**36 and memory.available_memory() > 2**20
    assert isinstance(memory.gpus(), list)


def a_plan(**changed):
    return Plan(**dict(
        paths=["a.csv", "b.csv"], recipe="deck", exact=True, n_records=12_345, n_words=6_789, n_labels=1_011,
        network=[6_789, 200, 1_011], epochs=3, batch_rows=1_500, n_steps=2_700, threads=2,
        seconds={"read": 1.0, "train": 1_234.56}, memory={"parameters": 1_500 * MIB, "a step": 20 * MIB},
        available=3_000 * MIB) | changed)


def test_a_plan_as_text(monkeypatch):
    monkeypatch.setattr(memory, "gpus", lambda: [])
    assert str(a_plan()).splitlines() == [
        "data       a.csv, b.csv: 12,345 records, 6,789 words, 1,011 labels",
        "network    6,789 x 200 x 1,011, by the deck recipe",
        "steps      2,700: 3 epochs in batches of 1,500 rows",
        "threads    2",
        "time       about 1,235.6 s: read 1.0, train 1,234.6",
        "memory     about 1,520 MiB: parameters 1,500, a step 20; 3,000 available"]


def test_a_plan_of_a_sample_with_gpus_and_unknown_memory_as_text(monkeypatch):
    monkeypatch.setattr(memory, "gpus", lambda: ["GPU 1", "GPU 2"])
    lines = str(a_plan(exact=False, available=None)).splitlines()
    assert lines[0] == "data       a.csv, b.csv: about 12,345 records, 6,789 words, 1,011 labels"
    assert lines[3] == "threads    2; GPU 1 is there and not used; GPU 2 is there and not used"
    assert lines[5] == "memory     about 1,520 MiB: parameters 1,500, a step 20"


def test_a_plan_that_does_not_fit_is_refused_with_all_its_numbers():
    with pytest.raises(MemoryError) as caught:
        a_plan(available=1_200 * MIB).check()
    assert str(caught.value) == (
        "plan: want at most the 1,200 MiB that this machine has, got 1,520 MiB: 1,500 for parameters, 20 for a step. "
        "Fewer words (min_count, hash_size), labels or units take less, and so do chunks on disk")


@pytest.mark.parametrize("most, exact", [(39, False), (40, False), (41, True)])
def test_a_sample_is_the_whole_where_the_files_end_before_it(most, exact, tmp_path):
    sample = Sample([shop_file(tmp_path)], most, dict(label_min_count=1), {})
    assert (sample.exact, sample.n_records, len(sample.records)) == (exact, 40, min(most, 40))
    assert sample.scale == 40 / min(most, 40)


def test_skipped_lines_of_a_sample_do_not_count_as_records(tmp_path):
    """Every second line is skipped, so that 20 of 40 records are half."""
    path = tmp_path / "a.jsonl"
    path.write_text("".join(line + "{}\n" for line in shop_file(tmp_path).read_text().splitlines(True)))
    sample = Sample([path], 20, dict(min_count=1, label_min_count=1), {})
    assert sample.n_records == pytest.approx(40, abs=2)


def test_a_sample_takes_the_memory_of_its_records_its_matrices_and_its_words(tmp_path):
    plain, hashed = (Sample([shop_file(tmp_path)], 99, more, {})
                     for more in (dict(label_min_count=1), dict(label_min_count=1, hash_size=64)))
    expected = Expected(40, n_words=100, n_labels=5, n_seen=1_000)
    for sample, vocabulary in (plain, 350 * 105 + 64 * 1_000), (hashed, 350 * 5 + 64 * 1_000 + 40 * 64):
        sample.records_bytes, sample.scale = 1_000, 3.0
        assert sample.memory_of(expected) == {
            "records": 3_900, "matrices": 3 * sample.data.nbytes, "vocabulary": vocabulary}


def test_rare_words_count_as_seen(tmp_path):
    sample = Sample([shop_file(tmp_path)], 99, dict(min_count=14, label_min_count=1), {})
    vocabulary = sample.vocabulary
    assert vocabulary.n_dropped_words > 0
    assert sample.expected_sizes({}) == Expected(
        40, vocabulary.n_words, 5, len(vocabulary.words) + vocabulary.n_dropped_words)


def test_all_labels_are_expected_to_be_equally_frequent():
    assert Expected(10, 5, 4, 7).label_frequencies().tolist() == [0.25] * 4


@compiled
@pytest.mark.parametrize("form", [list, tuple])
def test_a_plan_of_two_files_is_one_of_both(form, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "resident_memory", lambda: None)
    path = shop_file(tmp_path)
    found = plan(form([path, path]), "deck", threads=1, min_count=1, epochs=1, hidden=(4,))
    assert (found.paths, found.n_records, found.recipe, found.threads) == ([str(path)] * 2, 80, "deck", 1)
    assert list(found.seconds) == ["read", "encode", "train"]
    assert list(found.memory) == ["Python and kernels", "records", "matrices", "vocabulary", "parameters", "optimiser",
                                  "a step"]
    assert found.memory["Python and kernels"] == found.memory["records"] == 0  # where nobody says what is held
    assert plan(path, "deck", epochs=1, hidden=(4,)).paths == plan(str(path), "deck", epochs=1, hidden=(4,)).paths


def test_a_dataset_of_all_words_and_labels_is_spread_as_it_is():
    data = random_dataset()
    same = spread(data, data.n_words, data.n_labels)
    for got, want in (same.x, data.x), (same.y, data.y):
        np.testing.assert_array_equal(got.toarray(), want.toarray())


@pytest.mark.parametrize("n_steps, seconds, made", [(3, 1, 3), (9, 1, 9)])
def test_a_trial_lasts_for_more_than_two_seconds_after_the_first_two_steps(n_steps, seconds, made, monkeypatch):
    monkeypatch.setattr(planning, "TRIAL_SECONDS", 7 + 1)
    paced = Paced(n_steps)
    assert (trial(paced, None), paced.made) == (seconds, made)


@pytest.mark.parametrize("n", [0, -1])
def test_a_plan_wants_at_least_one_record(n, catalogue):
    with pytest.raises(ValueError, match=f"plan: sample_records: want at least 1, got {n}"):
        plan(catalogue, sample_records=n)


@compiled
@pytest.mark.usefixtures("brief")
def test_the_memory_of_a_plan_does_not_grow_with_its_epochs(catalogue):
    found = plan(catalogue / "plain.jsonl", epochs=10**12, batch_rows=10**12)
    assert found.n_steps == 10**12
