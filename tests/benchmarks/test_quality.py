"""Claim: the quality benchmark splits, tunes, scores and reports as documented; nnlite's row needs no peer."""

import json
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from problems import compiled

import nnlite
from benchmarks import process
from benchmarks.quality import compare, data, table
from benchmarks.quality.protocol import Job, best, filled, table_of

RECORDS = [tuple(record) for record in nnlite.make_catalogue(600)]


def csr(rows):
    return sp.csr_array(np.array(rows, np.float32))


def small_job():
    """Three training rows, the last without label, and two test rows, the last empty."""
    return Job(csr([[1, 1, 0], [0, 1, 1], [0, 0, 1]]), csr([[0, 1], [1, 1], [0, 0]]), csr([[3, 4, 0], [0, 0, 0]]),
               np.array([1.0, 2.0, 3.0]), 1, ["a b", "b c", "c"], ["a b", ""])


def test_titles_are_split_in_order_and_then_by_seed():
    dataset = data.Titles(RECORDS)
    train, test = dataset.split(0)
    assert (train + test, len(test)) == (RECORDS, 120)
    other, other_test = dataset.split(1)
    assert other + other_test != RECORDS and sorted(other + other_test) == sorted(RECORDS)
    assert dataset.split(1) == (other, other_test)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_tenth_of_training_validates(seed):
    train, valid = data.Titles(RECORDS).fold(RECORDS, seed)
    assert len(valid) == 60 and sorted(train + valid) == sorted(RECORDS)


def test_matrices_keep_their_own_split():
    eye = sp.eye_array(20, dtype=np.float32, format="csr")
    diagonal = nnlite.Dataset(eye, eye)
    dataset = data.Matrices("eye", diagonal, data.head(diagonal, 5))
    assert [len(part) for part in dataset.split(7)] == [20, 5]
    train, valid = dataset.fold(diagonal, 0)
    assert (len(train), len(valid)) == (18, 2)
    assert sorted([*train.x.indices, *valid.x.indices]) == list(range(20))
    assert dataset.part(*dataset.split(0)).job.test_text == [f"f{i}" for i in range(5)]


def test_a_job_comes_back_from_its_folder(tmp_path):
    job = small_job()
    job.write(tmp_path)
    again = Job.read(tmp_path)
    for name in ("train_x", "train_y", "test_x"):
        np.testing.assert_array_equal(getattr(again, name).toarray(), getattr(job, name).toarray())
    assert again.ngrams == 1 and again.idf.tolist() == [1, 2, 3]
    assert again.lines("train.txt") == ["__label__1 a b", "__label__0 __label__1 b c"]
    assert again.lines("test.txt") == ["a b", ""]


def test_weighted_rows_have_length_one():
    job = small_job()
    want = [[3 / np.sqrt(73), 8 / np.sqrt(73), 0], [0, 0, 0]]
    np.testing.assert_allclose(job.weighted(job.test_x).toarray(), want, rtol=1e-6)
    assert job.test_x.data.tolist() == [3, 4]


def test_best_is_in_falling_order_and_ties_go_to_the_smaller_place():
    assert best(np.array([[0.0, 3, 1, 3, 2], [5, 4, 3, 2, 1]]), 3).tolist() == [[1, 3, 4], [0, 1, 2]]


def test_short_answers_are_filled_with_frequent_labels():
    assert small_job().frequent().tolist() == [1, 0]
    assert filled([[7, 2, 5, 1], [2], []], [2, 1, 0, 7, 5], 3).tolist() == [[7, 2, 5], [2, 1, 0], [2, 1, 0]]


def test_table_of_pairs():
    assert table_of([[(2, 0.5), (0, 0.25)], []], 3).tolist() == [[0.25, 0, 0.5], [0, 0, 0]]


@pytest.mark.parametrize("values, want",
                         [([1, 3, 2], "b"), ([2, 2, 1], "a"), ([None, 1, None], "b"), ([None] * 3, "a")])
def test_choose_takes_the_first_best_that_ran(values, want):
    assert compare.choose(["a", "b", "c"], dict(zip("abc", values)).get) == want


def test_scores_and_bce():
    truth = csr([[1, 0, 0, 0, 0, 1], [0] * 6])  # the second row has no label: it does not count
    ids = np.array([[0, 1, 5, 2, 3], [0, 1, 2, 3, 4]])
    p = np.array([[0.5, 0.25, 0.25, 0.25, 0.25, 0], [0.5] * 6])
    row = table.scores(truth, ids, np.full(6, 0.5), p)
    assert (row["P@1"], row["P@3"], row["P@5"], row["PSP@1"]) == (1, 2 / 3, 2 / 5, 1)
    assert row["nDCG@5"] == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)))
    want = np.log(2) - 4 * np.log(0.75) - np.log(table.CLIP) + 6 * np.log(2)
    assert row["BCE"] == pytest.approx(want / 12)
    assert table.scores(truth, ids, np.full(6, 0.5))["BCE"] is None


def run_of(**columns):
    return {"P@1": 0.5, "BCE": None, "train s": 1.0, "before MiB": 200.0, "params": {}} | columns


def test_table_shows_mean_spread_parameters_and_what_is_missing():
    rows = {"ours": [run_of(), run_of(**{"P@1": 0.52})],
            "peer, tuned": [run_of(BCE=0.01234, params={"C": 0.3})] * 2,
            "other": "other: not installed"}
    lines = table.table(rows, "titles").split("\n")
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    ours, peer, other = (dict(zip(cells[0], line)) for line in cells[2:])
    assert (ours["P@1"], ours["train s"], ours["before MiB"], ours["BCE"]) == ("51.00 ±1.00", "1 ±0", "200", "")
    assert (peer["BCE"], peer["note"]) == ("0.0123 ±0.0000", "C 0.3")
    assert other["note"] == "other: not installed"
    assert "SLEEC, published" in table.table(rows, "bibtex")


def test_a_peer_that_is_missing_is_a_row_that_says_so(monkeypatch):
    def missing(name):
        raise RuntimeError(f"{name}: not installed")

    monkeypatch.setattr(compare.install, "python", missing)
    rows = compare.measure(data.Titles(RECORDS), ["omikuji"], 1, True)
    assert rows["omikuji"] == "omikuji: not installed"
    assert 0 < rows["most frequent labels"][0]["P@1"] < 1


@compiled
def test_nnlite_is_measured_on_a_made_up_catalogue():
    rows = compare.measure(data.Titles(RECORDS), ["nnlite"], 1, True)
    [baseline], [found] = rows["most frequent labels"], rows["nnlite"]
    assert found["P@1"] > baseline["P@1"] and found["BCE"] < baseline["BCE"]
    assert min(found[column] for column in ("features s", "train s", "us / title", "peak MiB", "model MiB")) > 0


def test_absent_data_are_one_line(tmp_path):
    command = process.command(sys.executable, "benchmarks.quality.compare", "--datasets", "titles", "--data", tmp_path,
                              "--json", tmp_path / "f")
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=process.ROOT)
    assert "titles: there is no amazon_titles_100k.jsonl.gz" in done.stdout
    assert json.loads((tmp_path / "f").read_text())["results"] == []
