"""Claim: reading, encoding, predicting and evaluating say how far they are, of a total, and it is shown."""

import io
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from shops import SMALL, shop, shop_file

from nnlite import Dataset, Vocabulary, evaluate, read_records
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data import records as records_module
from nnlite.data import vocabulary as vocabulary_module
from nnlite.data.records import Record
from nnlite.mlp import MLP
from nnlite.system.stages import done, listening
from nnlite.tool import progress
from nnlite.tool.command_line import main
from nnlite.tool.progress import StageBars, StageLines, stages_shown


def heard(work):
    """What is said while some work is done: (stage, total) -> how much, in all; and how often."""
    sums, counts = {}, {}

    def note(stage, n_more, total):
        sums[stage, total] = sums.get((stage, total), 0) + n_more
        counts[stage] = counts.get(stage, 0) + 1

    with listening(note):
        work()
    assert all(n == total for (_, total), n in sums.items() if total)
    return sums, counts


def test_reading_is_told_in_bytes_of_all_files(tmp_path, monkeypatch):
    monkeypatch.setattr(records_module, "SAID_RECORDS", 16)
    (tmp_path / "b").mkdir()
    paths = shop_file(tmp_path), shop_file(tmp_path / "b", 400)
    sums, counts = heard(lambda: list(read_records(paths)))
    assert list(sums) == [("reading", sum(path.stat().st_size for path in paths))]
    assert counts["reading"] == 440 // 16 + 2


def test_records_are_counted_where_bytes_are_unknown(tmp_path, monkeypatch):
    text = shop_file(tmp_path).read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(text))))
    assert heard(lambda: list(read_records("-")))[0] == {("reading", None): 40}


def test_words_are_counted_and_records_encoded(monkeypatch):
    monkeypatch.setattr(vocabulary_module, "SLICE_RECORDS", 16)
    some = list(map(Record, *shop()))
    vocabulary = Vocabulary.build(some, min_count=2)
    assert heard(lambda: Vocabulary.build(some, min_count=2)) == ({("counting words", 40): 40}, {"counting words": 3})
    assert heard(lambda: vocabulary.encode(some)) == ({("encoding", 40): 40}, {"encoding": 3})
    for silent in (lambda: vocabulary.encode(iter(some))), (lambda: vocabulary.encode_titles(["dress"])):
        assert heard(silent) == ({}, {})


@pytest.mark.parametrize("threads", [1, 2])
def test_an_evaluation_is_told_in_rows_times_labels(threads):
    vocabulary = Vocabulary.build(some := list(map(Record, *shop())), min_count=2)
    data = vocabulary.encode(some)
    model = MLP(data.n_words, data.n_labels, hidden=(4,))
    assert isinstance(data, Dataset)
    assert list(heard(lambda: evaluate(model, data, threads=threads))[0]) == [("evaluating", 40 * data.n_labels)]


def test_chunks_are_read_twice(tmp_path):
    path = shop_file(tmp_path)
    fit = TitleClassifier(**SMALL | {"epochs": 1}).fit_files
    size = path.stat().st_size
    told = []
    with listening(lambda stage, n_more, total: told.append((stage, n_more, total))):
        fit([path], tmp_path / "chunks")
    assert told == 2 * [("reading", size, size)]


def test_rows_of_a_file_are_predicted(tmp_path):
    path = shop_file(tmp_path)
    TitleClassifier(**SMALL | {"epochs": 1}).fit(*shop()).save(tmp_path / "shop")
    line = [str(word) for word in ("predict", tmp_path / "shop", "--data", path, "--out", tmp_path / "out.jsonl")]
    assert heard(lambda: main(line))[0] == {("predicting", path.stat().st_size): path.stat().st_size}


class FakeTqdm:
    """In the place of tqdm's bar; `made`: all of them."""

    made = []

    def __init__(self, desc, total, **options):
        self.desc, self.total, self.n, self.is_open = desc, total, 0, True
        self.made.append(self)

    def update(self, n_more):
        self.n += n_more

    def close(self):
        self.is_open = False


def test_a_stage_has_a_bar_until_it_is_complete_or_another_begins():
    FakeTqdm.made = []
    bars = StageBars(FakeTqdm)
    for told in ("reading", 5, 10), ("reading", 5, 10), ("reading", 5, 10), ("encoding", 1, 3), ("reading", 2, None):
        bars(*told)
    bars.close()
    assert [(bar.desc, bar.n, bar.total, bar.is_open) for bar in FakeTqdm.made] == [
        ("reading", 10, 10, False), ("reading", 5, 10, False), ("encoding", 1, 3, False), ("reading", 2, None, False)]


class SlowTqdm(FakeTqdm):
    """Another thread runs wherever this bar is used."""

    def __init__(self, *given, **options):
        time.sleep(0.001)
        super().__init__(*given, **options)

    def update(self, n_more):
        n = self.n
        time.sleep(0.001)
        self.n = n + n_more


@pytest.mark.parametrize("show", [StageBars(SlowTqdm), StageLines(lambda text: None)])
def test_several_threads_share_one_bar(show):
    FakeTqdm.made = []
    with listening(show), ThreadPoolExecutor(8) as pool:
        for work in [pool.submit(done, "evaluating", 1, 40) for _ in range(40)]:
            work.result()
        assert [(bar.n, bar.is_open) for bar in FakeTqdm.made] == [(40, False)] * isinstance(show, StageBars)
        assert not isinstance(show, StageLines) or show.n == 40


def test_without_a_bar_a_stage_has_a_line_every_ten_seconds(monkeypatch):
    said, now = [], iter([0, 4, 11, 15, 20, 30, 45])
    monkeypatch.setattr(progress, "monotonic", lambda: next(now))
    lines = StageLines(said.append)
    for told in ("reading", 5, 40), ("reading", 5, 40), ("reading", 10, 40), ("reading", 20, 40), ("reading", 9, None):
        lines(*told)
    lines.close()
    assert said == ["reading: 25 % in 11 s", "reading: 9 records in 15 s"]


def test_a_notebook_has_bars(monkeypatch):
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setitem(sys.modules, "tqdm.auto", SimpleNamespace(tqdm=FakeTqdm))
    FakeTqdm.made = []
    with stages_shown(pytest.fail):
        done("reading", 1, 2)
    assert [bar.n for bar in FakeTqdm.made] == [1] and not FakeTqdm.made[0].is_open
    done("reading", 1, 2)
    assert len(FakeTqdm.made) == 1
