"""Claim: every figure says whether it is of products that the model has seen; only new ones have an interval."""

import json
import re

import numpy as np
import pytest
from held_out import RECORDS, score_said, train
from problems import compiled
from running import run, words_of
from shops import lines

from nnlite import Record, holdout_split
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data import digests
from nnlite.scores import metrics
from nnlite.tool.report.sections import write_report

pytestmark = compiled


@pytest.mark.parametrize("way, argv, is_new", [
    ("chunks", [], True), ("memory", ["--refit"], True), ("chunks", ["--holdout", 0], False),
    ("memory", ["--validation", "other.jsonl"], True),
    ("memory", ["--holdout", 0, "--validation", "all.jsonl"], False)])
def test_a_report_has_an_interval_only_for_new_products(products, capsys, way, argv, is_new):
    train(way, *argv, "--report", "page.html")
    words, html = words_of(products / "page.html"), (products / "page.html").read_text()
    assert ("95 % interval" in words) == is_new == ("which the model has not seen in training" in words)
    assert ("How the model does on new titles is not known." in words) != is_new
    assert words.count("Of the records that the model was trained on") == (0 if is_new else 6)
    assert words.count("Of records that the model has not seen in training") == (6 if is_new else 0)
    chart = html[html.index("reliability-chart-title"):].partition("</svg>")[0]
    assert ('class="line first"' in chart) == is_new
    assert ("of the same settings, on all products, these included" in words) == ("--refit" in argv)
    _, percent = re.search("(true for ([\\d.]+))\xa0% of the titles", words).groups()
    err = capsys.readouterr().err
    if is_new and "--validation" not in argv:
        assert score_said(err) == (60, percent)
    assert ("that it has not seen" in err) == is_new


def test_a_model_of_before_does_not_know_its_titles(products, capsys):
    train("memory", "--quiet")
    head = json.loads((products / "m" / "model.json").read_text())
    del head["files"]["title_digests.npy"]
    (products / "m" / "model.json").write_text(json.dumps(head))
    (products / "m" / "title_digests.npy").unlink()
    one = TitleClassifier.load("m")
    assert one.n_trained_on(["a"]) is None
    assert run("evaluate", "m", "all.jsonl", "--report", "page.html") == 0
    assert "whether the model was trained on these 600 titles cannot be known" in capsys.readouterr().out
    words = words_of(products / "page.html")
    assert "95 % interval" not in words and "Whether these titles are new to the model is not known." in words
    assert run("evaluate", "m", "all.jsonl", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["new"] is found["trained_on"] is None and found["rows"] == 600


def test_what_is_not_known_stays_so_when_more_is_learnt(products, monkeypatch):
    monkeypatch.setattr(digests, "MOST", 100)
    one = TitleClassifier(epochs=1, hidden=(4,)).fit(*zip(*RECORDS), tuple(zip(*RECORDS[:5])))
    assert one.n_trained_on(["a"]) is None and "validation_repeated" not in one.training_["counts"]
    one.partial_fit(["a new dress"], [RECORDS[0].categories])
    assert one.n_trained_on(["a new dress"]) is None


def test_titles_trained_on_are_left_out_of_the_scores(products, capsys):
    one = train("memory", "--quiet")
    (titles, _), held = holdout_split(*zip(*RECORDS))
    for path, n_new, n_seen in ("all.jsonl", 60, 540), ("other.jsonl", 150, 0):
        assert run("evaluate", "m", path, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["new"], found["trained_on"], found["rows"]) == (True, n_seen, n_new)
    assert run("evaluate", "m", "all.jsonl", "--json", "--report", "page.html") == 0
    found, words = json.loads(capsys.readouterr().out), words_of(products / "page.html")
    assert found["P@1"] == one.score(*held)
    assert "60 records of all.jsonl" in words and "540 more are left out" in words and "95 % interval" in words
    assert run("evaluate", "m", "all.jsonl") == 0
    assert ("540 of 600 titles are also in the training data: the scores are of the 60 others"
            in capsys.readouterr().out)


def test_scores_of_titles_that_were_all_trained_on_say_so(products, capsys):
    one = train("memory", "--quiet", "--refit")
    (products / "all.jsonl").write_text(lines(Record(title.upper(), names) for title, names in RECORDS))
    assert run("evaluate", "m", "all.jsonl", "--report", "page.html") == 0
    out, err = capsys.readouterr()
    assert out.startswith("all 600 titles are also in the training data: the scores tell how well it remembers them\n")
    assert (f"on 60 products held out in its training the first category named was true for "
            f"{100 * one.training_['validation'][-1]['P@1']:.1f} %") in err
    assert "95 % interval" not in words_of(products / "page.html")


def test_products_without_a_major_category_are_not_taken_for_new_ones(products, capsys):
    train("memory", "--quiet", "--holdout", 0, "--major", 3)
    assert run("evaluate", "m", "all.jsonl") == 0
    assert "are also in the training data: the scores tell how well it remembers them" in capsys.readouterr().out


def test_new_titles_of_unknown_categories_are_no_score(products, capsys):
    train("memory", "--quiet", "--holdout", 0)
    (products / "some.jsonl").write_text(lines([*RECORDS, Record("unheard of", ("Nowhere",))]))
    assert run("evaluate", "m", "some.jsonl") == 2
    assert "want records with a category that the model knows, got none in 1" in capsys.readouterr().err


def test_the_report_is_on_new_records_whoever_calls(products):
    (titles, categories), held = holdout_split(*zip(*RECORDS))
    one = TitleClassifier(epochs=1, hidden=(4,)).fit(titles, categories)
    low, high = metrics.wilson(np.array(one.score(*held) * 60), np.array(60))
    write_report("page.html", one, RECORDS)
    assert f"between {100 * low:.1f}\xa0% and {100 * high:.1f}\xa0% (95 % interval)" in words_of(products / "page.html")


@pytest.mark.parametrize("array", [
    np.array([3, 2, 1]), np.array([1, 1]), np.zeros((2, 2), np.int64), np.array([2, 1], np.int32), np.array([1.0]),
    np.array([1, 2, 3], np.uint8)],
    ids=str)
def test_digests_of_another_form_are_refused(products, array):
    one = TitleClassifier(epochs=1, hidden=(4,)).fit(*zip(*RECORDS))
    one.title_digests_ = array
    one.save("m")
    with pytest.raises(ValueError, match="m: not a whole model: ValueError: title_digests: want rising numbers"):
        TitleClassifier.load("m")
