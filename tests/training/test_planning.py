"""Claim: the plan tells what a training will be, and refuses what cannot fit; nothing of the machine is changed."""

from types import SimpleNamespace

import numpy as np
import pytest
from problems import Clock, compiled, random_dataset, random_model
from shops import catalogue_files, shop_file

from nnlite import AdaGrad, Trainer, Vocabulary, read_records
from nnlite.categories.mapping import Mapping
from nnlite.precision import choice
from nnlite.system import memory
from nnlite.training import costs, planning, recipes, sampling
from nnlite.training.choosing import plan, sampled
from nnlite.training.planning import MIB, Expected, Measured, Plan, network_memory, plan_of
from nnlite.training.step_memory import step_bytes


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    return catalogue_files(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    """`start` is measured in test_costs."""
    monkeypatch.setattr(costs, "start", lambda: costs.Start(0.5, 2**27))


@pytest.fixture
def brief(monkeypatch):
    """Trials that last as short as may be, for plans whose seconds do not matter."""
    monkeypatch.setattr(costs, "TRIAL_SECONDS", 0.0)


@compiled
@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("recipe, overrides", [("default", dict(epochs=2)), ("deck", dict(epochs=3, min_count=5)),
                                               ("default", dict(hash_size=500, hidden=(30,)))])
def test_of_a_file_that_is_read_whole_everything_is_exact(recipe, overrides, catalogue):
    found = plan(catalogue / "plain.jsonl", recipe, threads=3, holdout=0, **overrides)
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
    state = parameters - (4 * 10 * (200 - 1) if n_records >= 15_000 else 0)  # then one number for each of the 10 words
    assert found.memory == {"parameters": parameters, "optimiser": state,
                            "a step": step_bytes(one.model, min(n_records, 20_000), 2)}
    assert found.total_memory == sum(found.memory.values())


def test_a_plan_that_just_fits_is_not_refused_nor_one_for_an_unknown_memory():
    found = plan_of(recipes.deck(Expected(100, 10, 5, 10)), ["a"], "deck", 100, 1.0)
    for available in found.total_memory, None:
        found.available = available
        found.check()
    found.available = found.total_memory - 1
    with pytest.raises(MemoryError):
        found.check()


def test_the_seconds_and_bytes_of_a_sample_are_scaled_to_all_records(tmp_path, monkeypatch):
    """By a clock that goes on by a second whenever it is looked at, a whole file and a quarter take equally long."""
    for module in planning, costs, sampling:
        monkeypatch.setattr(module, "time", Clock(tick=1.0))
    whole, part = (plan(shop_file(tmp_path, 400), sample_records=n, epochs=1) for n in (1_000, 100))
    assert whole.exact and not part.exact and part.n_records == pytest.approx(400, rel=0.01)
    for name in "read", "hold out", "count words", "encode":
        assert part.seconds[name] == pytest.approx(4 * whole.seconds[name], rel=0.01)
    assert part.memory["matrices"] == pytest.approx(whole.memory["matrices"], rel=0.05)


@pytest.mark.usefixtures("brief")
def test_a_plan_is_for_the_categories_that_a_mapping_leaves(tmp_path):
    path, mapping = shop_file(tmp_path), Mapping({"Women": "", "Men": "", "Bags": "Dresses"})
    n_labels = [plan(path, epochs=1, label_min_count=2, **more).n_labels
                for more in ({}, dict(mapping=mapping), dict(major=3))]
    assert n_labels == [5, 2, 3]


def test_the_memory_of_this_machine():
    assert 0 < memory.resident_memory() < 2**36 and memory.available_memory() > 2**20
    assert isinstance(memory.gpus(), list)


def a_plan(**changed):
    return Plan(**dict(
        paths=["a.csv", "b.csv"], recipe="deck", exact=True, n_records=12_345, n_words=6_789, n_labels=1_011,
        network=[6_789, 200, 1_011], epochs=3, batch_rows=1_500, n_steps=2_700, threads=2,
        seconds={"read": 1.0, "train": 1_234.56}, memory={"parameters": 1_500 * MIB, "a step": 20 * MIB},
        available=3_000 * MIB) | changed)


@pytest.fixture
def no_unit(monkeypatch):
    """A processor without units for bfloat16."""
    monkeypatch.setattr(choice, "matrix_unit", lambda: "")


@pytest.mark.usefixtures("no_unit")
def test_a_plan_as_text(monkeypatch):
    monkeypatch.setattr(memory, "gpus", lambda: [])
    assert str(a_plan()).splitlines() == [
        "data       a.csv, b.csv: 12,345 records, 6,789 words, 1,011 labels",
        "network    6,789 x 200 x 1,011, by the deck recipe",
        "steps      2,700: 3 epochs in batches of 1,500 rows",
        "threads    2",
        "products   float32",
        "time       about 1,235.6 s: read 1.0, train 1,234.6",
        "memory     about 1,520 MiB: parameters 1,500, a step 20; 3,000 available"]


@pytest.mark.usefixtures("no_unit")
def test_a_plan_of_a_sample_with_gpus_and_unknown_memory_as_text(monkeypatch):
    monkeypatch.setattr(memory, "gpus", lambda: ["GPU 1", "GPU 2"])
    lines = str(a_plan(exact=False, available=None)).splitlines()
    assert lines[0] == "data       a.csv, b.csv: about 12,345 records, 6,789 words, 1,011 labels"
    assert lines[3] == "threads    2; GPU 1 is there and not used; GPU 2 is there and not used"
    assert lines[4] == "products   float32"
    assert lines[6] == "memory     about 1,520 MiB: parameters 1,500, a step 20"


def test_a_plan_that_does_not_fit_is_refused_with_all_its_numbers():
    with pytest.raises(MemoryError) as caught:
        a_plan(available=1_200 * MIB).check()
    assert str(caught.value) == (
        "plan: want at most the 1,200 MiB that this machine has, got 1,520 MiB: 1,500 for parameters, 20 for a step. "
        "Fewer words (min_count, hash_size), labels or units take less, and so do chunks on disk")


@compiled
@pytest.mark.parametrize("form", [list, tuple])
def test_a_plan_of_two_files_is_one_of_both(form, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "resident_memory", lambda: None)
    monkeypatch.setattr(costs, "start", lambda: costs.Start(1.5, 0))
    path = shop_file(tmp_path)
    found = plan(form([path, path]), "deck", threads=1, min_count=1, epochs=1, hidden=(4,))
    assert (found.paths, found.n_records, found.recipe, found.threads) == ([str(path)] * 2, 80, "deck", 1)
    assert list(found.seconds) == ["start", "read", "hold out", "count words", "encode", "network", "train", "score",
                                   "threshold", "save"]
    assert found.seconds["start"] == 1.5 and found.seconds["score"] == 0  # none are held out of so few
    assert list(found.memory) == ["Python and kernels", "records", "matrices", "vocabulary", "parameters", "optimiser",
                                  "a step", "saving"]
    assert found.memory["Python and kernels"] == found.memory["records"] == 0  # where nobody says what is held
    assert plan(path, "deck", epochs=1, hidden=(4,)).paths == plan(str(path), "deck", epochs=1, hidden=(4,)).paths


@pytest.mark.parametrize("n", [0, -1])
def test_a_plan_wants_at_least_one_record(n, catalogue):
    with pytest.raises(ValueError, match=f"plan: sample_records: want at least 1, got {n}"):
        plan(catalogue, sample_records=n)


@compiled
@pytest.mark.usefixtures("brief")
def test_the_memory_of_a_plan_does_not_grow_with_its_epochs(catalogue):
    found = plan(catalogue / "plain.jsonl", epochs=2**31 - 1, batch_rows=2**31 - 1)
    assert found.n_steps == 2**31 - 1


def measured(recipe="default", holdout=100, **more):
    """A Measured whose phases take known times: 1,000 records, of which 400 are the sample, and 100 held out."""
    one = object.__new__(Measured)
    one.paths, one.recipe, one.others, one.categories = ["a.jsonl"], recipe, {}, {}
    one.waited = 0.5
    one.refit, one.checkpoint_seconds, one.began = more.pop("refit", False), more.pop("checkpoint_seconds", None), 0
    one.expected, one.n_scored, one.start = Expected(1_000 - holdout, 50, 7, 90), holdout, costs.Start(3, 10 * MIB)
    one.settings = recipes.RECIPES[recipe](Expected(1_000 - holdout, 1, 2, 1), **{"threads": 1} | more)
    vocabulary = Vocabulary({"red": 3}, {"a": 3}, 4, 1)
    data = SimpleNamespace(rows_without_label=lambda: 1, nbytes=40)
    one.sample = SimpleNamespace(
        exact=False, scale=2.5, n_records=1_000, n_held=holdout, count_error=0.03, vocabulary=vocabulary, data=data,
        seconds={"read": 4, "hold out": 1, "count words": 2, "encode": 1},
        memory_of=lambda expected, rows: {"records": (1 if rows else 100) * MIB, "vocabulary": 9})
    one._steps = {n: costs.Pace(0.5, 0.04) for n in (64, 100, 300)}
    vars(one).update(network=(7, None), scores=(0.25, 0.125), save_seconds=2**-10, vocabulary_bytes=100)
    return one


def test_every_phase_counts_as_often_as_a_training_does_it():
    parameters = 4 * (50 * 400 + 400 + 400 * 7 + 7)
    found = measured().plan(5, 100)
    assert found.seconds == {"start": 3, "read": 10, "hold out": 2.5, "count words": 5, "encode": 2.5, "network": 7,
                             "train": 5 * 9 * 0.5, "score": 6 * 100 * 0.25, "threshold": 100 * 0.125,
                             "save": (parameters + 100) / 1_024}
    assert found.error == pytest.approx(1.645 * (
        planning.DRIFT**2 + 0.04**2 + 0.03**2 + (planning.BUSY * 0.5)**2) ** 0.5)
    assert (found.n_records, found.n_held, found.chunk_rows, found.n_steps) == (1_000, 100, None, 45)
    on_disk = measured().plan(5, 100, 9_000)
    assert on_disk.seconds == found.seconds | {"read": 30, "hold out": 3.75, "encode": 2.5 + 2.5 * 40 / 1_024}
    assert found.memory["saving"] == parameters - 9
    assert on_disk.memory == found.memory | {"records": MIB} and on_disk.chunk_rows == 9_000
    none = measured(holdout=0)
    assert none.plan(5, 100, 9_000).seconds["read"] == 20 and none.plan(5, 100).seconds["score"] == 0
    assert none.plan(5, 100).seconds["threshold"] == 1_000 * 0.125


def test_a_chunk_after_the_other_is_scored_after_each(monkeypatch):
    assert measured("deck", batch_rows=300).plan(5, 300).seconds["score"] == (3 + 1) * 100 * 0.25


def test_checkpoints_and_a_second_training_count():
    found = measured(checkpoint_seconds=10.0, refit=True).plan(5, 100)
    saved = 2 * found.memory["parameters"] / 1_024
    assert found.seconds["checkpoints"] == pytest.approx((1 + 22.5 / 10) * saved)
    again = sum(found.seconds[name] for name in ("count words", "encode", "network", "train", "threshold", "save",
                                                 "checkpoints"))
    assert found.seconds["refit"] == pytest.approx(again / 0.9) == found.refit_seconds
    assert measured(refit=True, holdout=0).plan(5, 100).seconds.get("refit") is None


@pytest.mark.parametrize("n_bytes, n", [(None, 100_000), (2**31, 100_000), (400 * 10**6, 48_828), (1, 1)])
def test_a_plan_takes_less_memory_than_it_is_to_fit(n_bytes, n):
    assert sampled(n_bytes) == n


def test_a_range_is_ordered_around_the_middle():
    for error in 0.0, 0.1, 3.0:
        found = a_plan(error=error)
        assert found.low_seconds <= found.total_seconds <= found.high_seconds
        assert found.low_seconds * found.high_seconds == pytest.approx(found.total_seconds ** 2)
    assert "9 of 10 trainings within 1,123.2 to 1,359.1 s: read" in str(a_plan(error=0.1, plan_seconds=3.25))
    assert "1,520 MiB, at most 1,748: parameters" in str(a_plan(error=0.1))
    assert "speed      as measured in the 3.2 s of this plan; a training is slower" in str(a_plan(plan_seconds=3.25))
    assert "epochs in batches of 1,500 rows, in chunks on disk of 20,000 rows" in str(a_plan(chunk_rows=20_000))


@pytest.mark.parametrize("recipe, more", [("default", {}), ("deck", {}), ("default", dict(output="softmax")),
                                          ("default", dict(hidden=(9, 5)))])
def test_the_memory_of_a_network_is_known_before_it_is_made(recipe, more):
    sizes, one = Expected(300, 70, 11, 90), recipes.RECIPES[recipe](Expected(300, 1, 2, 1), threads=2, **more)
    real = recipes.RECIPES[recipe](sizes, threads=2, **more)
    found = network_memory(one, 70, 11, 40)
    assert found == network_memory(real, 70, 11, 40) and found["a step"] == step_bytes(real.model, 40, 2)
    assert found["parameters"] == sum(p.nbytes for p in real.model.params.values())


def test_a_network_that_the_machine_cannot_hold_is_not_made(catalogue, monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 2**20)
    with pytest.raises(MemoryError, match=r"want at most the 1 MiB that this machine has, got \d+ MiB for the net"):
        plan(catalogue / "plain.jsonl", hidden=(200,), sample_records=500)
