"""Claim: what a phase takes is measured by doing it, and goes into the plan as often as `train` does it."""

import numpy as np
import pytest
from problems import compiled, random_dataset, random_model

from nnlite import Vocabulary
from nnlite.system import array_folder
from nnlite.training import costs, recipes
from nnlite.training.costs import trial
from nnlite.training.sampling import Expected
from nnlite.training.trainer import Step


class Paced:
    """In the place of a trainer: its steps take 1 second, but the first two 50 each, and every fifth one 2."""

    def __init__(self, n_steps):
        self.n_steps, self.made = n_steps, 0

    def fit(self, data, on_step):
        seconds = 0.0
        for self.made in range(1, self.n_steps + 1):
            seconds += 50 if self.made < 3 else 1 + (self.made % 5 == 0)
            on_step(Step(self.made, self.n_steps, 1, 10, 0.5, seconds))


@pytest.mark.parametrize("n_steps, made, seconds", [(1, 1, 50), (2, 2, 50), (3, 3, 1), (4, 4, 1), (100, 5, 4 / 3)])
def test_a_trial_tells_the_mean_step_and_ends_soon(n_steps, made, seconds):
    """Without the first two, in which memory is touched first."""
    paced = Paced(n_steps)
    assert (trial(paced, None).seconds, paced.made) == (pytest.approx(seconds), made)


@pytest.mark.parametrize("n_steps, seconds, made", [(3, 1, 3), (9, 8 / 7, 9)])
def test_a_trial_lasts_for_more_than_two_seconds_after_the_first_two_steps(n_steps, seconds, made, monkeypatch):
    monkeypatch.setattr(costs, "TRIAL_SECONDS", 7 + 1)
    paced = Paced(n_steps)
    assert (trial(paced, None).seconds, paced.made) == (pytest.approx(seconds), made)


def test_the_spread_of_a_trial_is_that_of_its_parts(monkeypatch):
    """Steps of 1 and 2 seconds in turn, looked at one by one and two by two."""
    class Uneven:
        def fit(self, data, on_step):
            for i in range(1, 101):
                on_step(Step(i, 100, 1, 10, 0.5, i + (i + 1) // 2))

    monkeypatch.setattr(costs, "TRIAL_SECONDS", 1_000)
    monkeypatch.setattr(costs, "GROUP_SECONDS", 1)
    assert trial(Uneven(), None).spread == pytest.approx(1 / 3, rel=0.02)
    monkeypatch.setattr(costs, "GROUP_SECONDS", 3)
    assert trial(Uneven(), None).spread == pytest.approx(0, abs=0.02)


def test_a_network_is_touched_and_stays_as_it_was():
    trainer = recipes.default(Expected(100, 30, 5, 30))
    before = {name: p.copy() for name, p in trainer.model.params.items()}
    assert costs.touched(trainer) is trainer and not any(a.any() for a in trainer.optimizer.state.values())
    assert trainer.optimizer.state_bytes(trainer.model.params) == 0  # it is there
    for name, p in before.items():
        np.testing.assert_array_equal(p, trainer.model.params[name])


def test_scores_are_timed_on_as_many_rows_as_are_needed(monkeypatch):
    seen, data = [], random_dataset()
    model = random_model(data)
    monkeypatch.setattr(costs, "SCORED_LOGITS", 10 * data.n_labels)
    monkeypatch.setattr(costs, "evaluate", lambda model, data, threads: seen.append(len(data)))
    monkeypatch.setattr(costs, "best_threshold", lambda model, x, threads: seen.append(x.shape[0]))
    assert min(costs.score_seconds(model, data)) > 0 and seen == [1, 10, 10]


def test_the_disk_is_timed_by_a_folder_with_a_part_of_the_model(monkeypatch):
    written = []

    def write(place, kind, header, arrays, texts):
        place.mkdir()
        (place / "a").write_bytes(bytes(1_000))
        written.append((arrays["part"].shape, texts["labels"]))

    monkeypatch.setattr(array_folder, "write", write)
    monkeypatch.setattr(costs, "timed", lambda function: (5.0, function()))
    monkeypatch.setattr(costs, "SAVED_BYTES", 4 * 16 * 7)
    data = random_dataset()
    vocabulary = Vocabulary({"red": 3}, {"a": 3}, 3, 1)
    assert costs.save_seconds(random_model(data), vocabulary) == 5.0 / 1_000
    assert written == [((7, 16), ["a"])]


def test_the_size_of_a_vocabulary_is_that_of_its_files(tmp_path):
    vocabulary = Vocabulary({f"word {i}": 5 for i in range(900)}, {"a": 3, "b": 3}, 9, 1)
    header, arrays, texts = vocabulary.to_files()
    array_folder.write(tmp_path / "v", "v", {}, arrays, texts)
    on_disk = sum(path.stat().st_size for path in (tmp_path / "v").iterdir() if path.suffix != ".json")
    headers = sum(path.stat().st_size for path in (tmp_path / "v").glob("*.npy")) - sum(
        array.nbytes for array in arrays.values())
    assert costs.vocabulary_bytes(vocabulary) == on_disk - headers


@compiled
def test_a_process_is_started_once_and_tells_what_it_holds(monkeypatch):
    costs.start.cache_clear()
    asked = []
    monkeypatch.setattr(costs.subprocess, "run", lambda words, **how: asked.append(words) or Answer(b"123456789\n"))
    first = costs.start()
    assert first.n_bytes == 123_456_789 and first.seconds >= 0 and costs.start() is first and len(asked) == 1
    costs.start.cache_clear()
    exec(asked[0][2].replace("print", "int"), {})  # what the process is to do


class Answer:
    def __init__(self, stdout):
        self.stdout = stdout


@compiled
def test_without_a_python_to_start_this_process_is_looked_at(monkeypatch):
    costs.start.cache_clear()
    monkeypatch.setattr(costs.sys, "executable", "/nowhere/python")
    assert costs.start().n_bytes > 2**20
    costs.start.cache_clear()


@pytest.mark.parametrize("at_least, made", [(4.0, 6), (3.9, 5), (0.0, 5), (None, 5)])
def test_a_trial_lasts_at_least_as_long_as_asked_for(at_least, made):
    """After five steps, 4 seconds have passed since the second one."""
    paced = Paced(100)
    trial(paced, None, at_least)
    assert paced.made == made


@pytest.mark.parametrize("rows, n", [(10, 10), (0.1, 1)])
def test_the_seconds_of_scores_are_those_of_a_row(monkeypatch, rows, n):
    data, seen = random_dataset(), []
    monkeypatch.setattr(costs, "SCORED_LOGITS", rows * data.n_labels)
    monkeypatch.setattr(costs, "timed", lambda function: (5.0, function()))
    monkeypatch.setattr(costs, "evaluate", lambda model, data, threads: seen.append((len(data), threads)))
    monkeypatch.setattr(costs, "best_threshold", lambda model, x, threads: seen.append((x.shape[0], threads)))
    assert costs.score_seconds(random_model(data), data, 3) == (5 / n, 5 / n) and seen == [(1, 3), (n, 3), (n, 3)]


@pytest.mark.parametrize("n_bytes, n_rows", [(1, 1), (64 * 40, 40), (1 << 25, 40)])
def test_of_the_network_some_rows_are_written_at_least_one(monkeypatch, n_bytes, n_rows):
    monkeypatch.setattr(costs, "SAVED_BYTES", n_bytes)
    written, write = [], array_folder.write
    monkeypatch.setattr(array_folder, "write", lambda place, *given: written.append(given) or write(place, *given))
    assert 0 < costs.save_seconds(random_model(random_dataset()), Vocabulary({"red": 3}, {"a": 3}, 3, 1)) < 1
    (kind, header, arrays, texts), = written
    assert arrays["part"].shape == (n_rows, 16) and {"vocabulary"} == header.keys() and texts["labels"] == ["a"]
