"""Claim: the quality benchmark splits, tunes, scores and reports as documented; nnlite's row needs no peer."""

import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from problems import compiled

import nnlite
from benchmarks import process, report
from benchmarks.quality import compare, data, few_titles, parts, table
from benchmarks.quality.protocol import Job, best, filled, labelled, records_of, table_of

RECORDS = [tuple(record) for record in nnlite.make_catalogue(600)]


def csr(rows):
    return sp.csr_array(np.array(rows, np.float32))


def small_job():
    """Three training rows, the last without label, and two test rows, the last empty."""
    return Job(csr([[1, 1, 0], [0, 1, 1], [0, 0, 1]]), csr([[0, 1], [1, 1], [0, 0]]), csr([[3, 4, 0], [0, 0, 0]]),
               np.array([1.0, 2.0, 3.0]), ["a b", "b c", "c"], ["a b", ""],
               ([("A b", ["y"])], [("c", ["x"])]), ["x", "y"])


def test_titles_are_split_in_order_and_then_by_seed():
    dataset = parts.Titles(RECORDS)
    train, test = dataset.split(0)
    assert (train + test, len(test)) == (RECORDS, 120)
    other, other_test = dataset.split(1)
    assert other + other_test != RECORDS and sorted(other + other_test) == sorted(RECORDS)
    assert dataset.split(1) == (other, other_test)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_tenth_of_training_validates(seed):
    train, valid = parts.Titles(RECORDS).fold(RECORDS, seed)
    assert len(valid) == 60 and sorted(train + valid) == sorted(RECORDS)


def test_matrices_keep_their_own_split():
    eye = sp.eye_array(20, dtype=np.float32, format="csr")
    diagonal = nnlite.Dataset(eye, eye)
    dataset = parts.Matrices("eye", diagonal, parts.head(diagonal, 5))
    assert [len(part) for part in dataset.split(7)] == [20, 5]
    train, valid = dataset.fold(diagonal, 0)
    assert (len(train), len(valid)) == (18, 2)
    assert sorted([*train.x.indices, *valid.x.indices]) == list(range(20))
    assert not dataset.own_features and dataset.part(*dataset.split(0)).job.test_x.shape == (5, 20)


def test_a_job_comes_back_from_its_folder(tmp_path):
    job = small_job()
    job.write(tmp_path)
    again = Job.read(tmp_path)
    for name in ("train_x", "train_y", "test_x"):
        np.testing.assert_array_equal(getattr(again, name).toarray(), getattr(job, name).toarray())
    assert again.idf.tolist() == [1, 2, 3]
    assert again.lines("train.txt") == ["__label__1 a b", "__label__0 __label__1 b c"]
    assert again.lines("test.txt") == ["a b", ""] and again.titles("test.jsonl") == ["c"]
    assert records_of(tmp_path / "train.jsonl") == [("A b", ["y"])]


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


def test_a_label_without_a_training_row_comes_last_in_scikit_learn(tmp_path):
    """OneVsRestClassifier's constant for it, 0, is more than what an unlikely label gets."""
    pytest.importorskip("sklearn")
    from benchmarks.peers import sklearn_quality

    job = small_job()
    job.train_y = csr([[0, 0, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1]])
    with warnings.catch_warnings():
        system = sklearn_quality.Svc(job, tmp_path, 1, 0)
        system.train()
    assert (system.model.decision_function(system.test_x)[:, 1] == 0).all()
    assert (system.top_k(4)[:, 3] == 1).all()


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


def cells(text):
    """The rows of a Markdown table as dicts."""
    head, _, *lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in text.split("\n"))
    return [dict(zip(head, line)) for line in lines]


def test_tables_show_mean_spread_parameters_and_what_is_missing():
    rows = {"ours": [run_of(), run_of(**{"P@1": 0.52})],
            "peer, tuned": [run_of(BCE=0.01234, params={"C": 0.3})] * 2,
            "other": "other: not installed"}
    scores, costs = map(cells, table.tables(rows, "titles").split("\n\n"))
    assert [(row["system"], row["P@1"], row["BCE"]) for row in scores] == [
        ("ours", "51.00 ±1.00", ""), ("peer, tuned", "50.00 ±0.00", "0.0123 ±0.0000")]
    assert (costs[0]["train s"], costs[0]["before MiB"], costs[1]["note"]) == ("1 ±0", "200", "C 0.3")
    assert costs[2] == {"system": "other", "note": "other: not installed"} | dict.fromkeys(table.COSTS[1:-1], "")
    assert "SLEEC, published" in table.tables(rows, "bibtex")


def test_the_lead_is_the_sum_of_features_and_network():
    runs = {name: [dict.fromkeys(table.PERCENT, value)] for name, value in
            (("nnlite (own)", 0.9), ("nnlite (shared)", 0.85), (table.LINEAR, 0.8))}
    assert table.lead(runs)[0] == {"score": "P@1", "lead": "+10.00", "from features": "+5.00",
                                   "from the network": "+5.00"}
    assert table.lead(runs | {table.LINEAR: "not installed"}) == []


def test_a_peer_that_is_missing_is_a_row_that_says_so(monkeypatch):
    def missing(name):
        raise RuntimeError(f"{name}: not installed")

    monkeypatch.setattr(compare.install, "python", missing)
    rows = compare.measure(parts.Titles(RECORDS), ["omikuji (shared)"], 1, True)
    assert rows["omikuji (shared)"] == "omikuji: not installed"
    assert 0 < rows["most frequent labels"][0]["P@1"] < 1


@compiled
def test_nnlite_is_measured_on_a_made_up_catalogue():
    rows = compare.measure(parts.Titles(RECORDS), ["nnlite (own)"], 1, True)
    [baseline], [found] = rows["most frequent labels"], rows["nnlite (own)"]
    assert found["P@1"] > baseline["P@1"] and found["BCE"] < baseline["BCE"]
    assert min(found[column] for column in table.COSTS[1:-1]) > 0
    assert found["both s"] == found["features s"] + found["train s"]


def test_systems_with_own_features_learn_titles_alone(monkeypatch):
    eye = sp.eye_array(20, dtype=np.float32, format="csr")
    monkeypatch.setattr(compare, "both", lambda name, *rest: [(name, {})])
    monkeypatch.setattr(compare, "tuned_params", lambda *rest: {})
    monkeypatch.setattr(compare.install, "python", lambda name: name)
    dataset = parts.Matrices("eye", nnlite.Dataset(eye, eye), nnlite.Dataset(eye, eye))
    assert all("(shared)" in name for name in list(compare.measure(dataset, compare.SYSTEMS, 1, True))[1:])


def test_few_titles_are_tested_on_the_labels_of_all():
    test = few_titles.Test(parts.Titles(RECORDS))
    few, other = test.job(50, 0), test.job(50, 1)
    assert few.train_y.shape == other.train_y.shape == (50, len(test.labels.labels))
    assert few.test_x.shape[0] == test.truth.shape[0] == 120 and test.truth.shape[1] == few.train_y.shape[1]
    assert few.records[0] != other.records[0] and few.records[0][0][0] == RECORDS[0][0]
    assert set(few.labels) >= {name for _, names in few.records[0] for name in names}


def test_packages_become_records():
    text = ("Package: a\nDescription: A tool\n for all\nTag: role::program, use::TODO,\n works-with::image\nSize: 1\n"
            "\nPackage: b\nDescription: No tags\n")
    assert list(data.packages(text)) == [("A tool", ["role::program", "works-with::image"])]
    assert labelled(csr([[0, 1], [0, 0]]), ["a b", "c"]) == ["__label__1 a b"]


def test_data_are_written_once_and_read_again(tmp_path):
    path = tmp_path / "data" / "titles.jsonl.gz"
    assert data.write(path, RECORDS) == 600
    before = path.read_bytes()
    data.write(path, RECORDS)
    assert path.read_bytes() == before
    records, source = report.records([path])
    assert sorted(map(tuple, records)) != list(map(tuple, records)) and source == "600 records of titles.jsonl.gz"
    assert report.records([], 10)[1] == "10 records of the MADE-UP catalogue"


def test_absent_data_are_one_line(tmp_path):
    command = process.command(sys.executable, "benchmarks.quality.compare", "--datasets", "bibtex", "--data", tmp_path,
                              "--json", tmp_path / "f")
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=process.ROOT)
    assert "bibtex: there is no bibtex_train.txt.gz" in done.stdout and "**0 disagreements**" in done.stdout
    assert json.loads((tmp_path / "f").read_text())["results"] == []
