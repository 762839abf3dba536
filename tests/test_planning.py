"""Claim: the plan tells what a training will be, and refuses what cannot fit; nothing of the machine is changed."""

import gzip
import json
from math import ceil

import numpy as np
import pytest
from problems import compiled, random_dataset, random_model

from nnlite import AdaGrad, Trainer, Vocabulary, make_catalogue, machine, read_records, recipes
from nnlite.planning import grown, lines_in, plan, spread


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """3,000 made-up products as a file, and with some bad lines, packed."""
    folder = tmp_path_factory.mktemp("catalogue")
    lines = [json.dumps({"title": record.title, "category": record.categories}) for record in make_catalogue(3_000)]
    (folder / "plain.jsonl").write_text("\n".join(lines) + "\n")
    with gzip.open(folder / "packed.jsonl.gz", "wt") as file:
        file.write("\n".join(part for line in lines for part in (line, "{}")))
    return folder


@compiled
@pytest.mark.parametrize("recipe, overrides", [("default", dict(epochs=2)), ("deck", dict(epochs=3, min_count=5)),
                                               ("default", dict(hash_size=500, hidden=(30,)))])
def test_of_a_file_that_is_read_whole_everything_is_exact(recipe, overrides, catalogue):
    found = plan(catalogue / "plain.jsonl", recipe, threads=2, **overrides)
    features, _, others = recipes.split(recipe, overrides)
    records = list(read_records(catalogue / "plain.jsonl"))
    data = Vocabulary.build(records, **features).encode(records)
    trainer = recipes.RECIPES[recipe](data, **others)
    assert found.exact and (found.n_records, found.n_words, found.n_labels) == (3_000, data.n_words, data.n_labels)
    assert found.network == [data.n_words, *trainer.model.hidden, data.n_labels]
    assert found.n_steps == trainer.n_steps(data) and found.batch_rows == trainer.batch_rows and found.threads == 2
    parameters = sum(p.nbytes for p in trainer.model.params.values())
    assert found.memory["parameters"] == parameters
    assert found.memory["optimiser"] == (parameters if recipe == "default" else 0)
    assert found.memory["matrices"] == data.nbytes and all(n >= 0 for n in found.memory.values())
    assert all(seconds >= 0 for seconds in found.seconds.values()) and found.seconds["train"] > 0
    assert "3,000 records" in str(found) and "about 3,000" not in str(found)


@compiled
def test_a_sample_stands_for_the_whole(catalogue):
    whole, part = (plan(catalogue / "packed.jsonl.gz", sample_records=n) for n in (100_000, 2_000))
    assert not part.exact and "about" in str(part)
    for name in "n_records", "n_words", "n_labels", "n_steps", "total_memory":
        assert getattr(part, name) == pytest.approx(getattr(whole, name), rel=0.2), name


@compiled
def test_what_cannot_fit_is_refused_with_the_numbers(catalogue, monkeypatch):
    found = plan(catalogue / "plain.jsonl", epochs=1)
    found.check()
    found.available = 50 * 2**20
    with pytest.raises(MemoryError, match=r"plan: want at most the 50 MiB .* got [\d,]+ MiB: .* for parameters"):
        found.check()
    data = random_dataset()
    model = random_model(data)
    before = model.params["features.W"].copy()
    monkeypatch.setattr(machine, "available_memory", lambda: 4_000)
    with pytest.raises(MemoryError, match=r"GiB for the optimiser's state|for the optimiser's state"):
        Trainer(model, AdaGrad(0.1)).fit(data)
    np.testing.assert_array_equal(model.params["features.W"], before)


@pytest.mark.parametrize("name, n", [("plain.jsonl", 3_000), ("packed.jsonl.gz", 6_000)])
def test_lines_are_estimated_from_the_beginning_of_a_file(name, n, catalogue, monkeypatch):
    assert lines_in([catalogue / name]) == pytest.approx(n, abs=1)
    assert lines_in([catalogue / name] * 2) == pytest.approx(2 * n, abs=2)
    monkeypatch.setattr("nnlite.planning.SAMPLE_BYTES", 200_000)
    assert lines_in([catalogue / name]) == pytest.approx(n, rel=0.2)  # gzip reads some blocks ahead


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
    assert 0 < machine.resident_memory() < 2**36 and machine.available_memory() > 2**20
    assert all(size >= 2**10 for size in machine.caches().values()) and isinstance(machine.gpus(), list)
