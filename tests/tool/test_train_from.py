"""Claim: `nnlite train --from` goes on with a model, also in its own folder, and refuses what a model has already."""

import re

import pytest
from held_out import RECORDS, score_said, train
from problems import bits, compiled
from running import run
from shops import lines

from nnlite import Record
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import train_from

pytestmark = compiled
NEW = [Record(f"{title} gizmo", (*names, "Gizmos")) for title, names in RECORDS[:60]]


@pytest.fixture
def grown(products):
    """The folder of `products` with a model in m and new products in new.jsonl."""
    (products / "new.jsonl").write_text(lines(NEW))
    train("memory", "--quiet")
    return products


def go_on(*argv):
    return run("train", "new.jsonl", "--from", "m", *argv)


def test_a_model_goes_on_in_its_own_folder(grown, capsys):
    before = TitleClassifier.load("m")
    assert go_on("--model", "m", "--holdout", 10) == 0
    now, err = TitleClassifier.load("m"), capsys.readouterr().err
    assert now.classes_ == [*before.classes_, *now.classes_[len(before.classes_):]] and "Gizmos" in now.classes_
    assert "learns new words (" in err and "'Gizmos'" in err and score_said(err)[0] == 10
    assert now.training_["counts"]["held_out"] == 10
    assert now.training_["records"] == before.training_["records"] + 50 == now.vocabulary_.n_records
    assert now.epochs == before.epochs == 2 and now.model_.hidden == (8,)
    assert run("evaluate", "m", "other.jsonl") == run("predict", "m", "gizmo") == 0


def test_a_refit_begins_with_the_model_of_before(grown):
    assert go_on("--model", "a", "--holdout", 0, "--quiet") == 0
    assert go_on("--model", "m", "--holdout", 10, "--refit", "--quiet") == 0
    assert bits(TitleClassifier.load("m").model_) == bits(TitleClassifier.load("a").model_)


def test_products_held_out_that_the_model_has_learnt_before_are_not_scored(grown, capsys):
    assert run("train", "all.jsonl", "--from", "m", "--model", "n", "--seed", 1) == 0
    err = capsys.readouterr().err
    held = int(re.search(r"holds out (\d+) of 600", err)[1])
    assert "titles were learnt from before" in err
    assert "no score: " in err or score_said(err)[0] < held


def test_ctrl_c_before_the_first_step_leaves_the_model(grown, monkeypatch):
    def stop(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(train_from, "learn", stop)
    before = bits(TitleClassifier.load("m").model_)
    assert go_on("--model", "m") == 130
    assert bits(TitleClassifier.load("m").model_) == before


@pytest.mark.parametrize("words, message", [
    (["--hidden", 5], "want it without --hidden: m has its own"), (["--major", 3], "without --major"),
    (["--recipe", "deck"], "without --recipe: m has its own, 'default'"),
    (["--chunks", "c"], "without --chunks: the products are in memory"), (["--minutes", 1], "without --minutes"),
    (["--report", "m/a.html"], "--report m/a.html: want a place outside of m"),
    (["--memory", "1GiB"], "without --memory"),
    (["--chunk-rows", 5], "without --chunk-rows: the products are"), (["--checkpoints", "c"], "without --checkpoints"),
    (["--min-count", 2], "without --min-count: m has its own"),
    (["--mapping", "new.jsonl"], "without --mapping: m has"),
    (["--from", "nowhere"], "nowhere: found no such folder"), (["--validation", "none.csv"], "none.csv: No such file")])
def test_what_does_not_go_with_it_is_refused(words, message, grown, capsys):
    argv = ["train", "new.jsonl", "--model", "n", *(words if "--from" in words else ["--from", "m", *words])]
    assert run(*argv) == 2
    assert message in capsys.readouterr().err and not (grown / "n").exists()


def test_a_file_without_products_is_an_error_that_leaves_the_model(grown, capsys):
    (grown / "new.jsonl").write_text("")
    before = bits(TitleClassifier.load("m").model_)
    assert go_on("--model", "m") == 2
    assert "nnlite: error: " in capsys.readouterr().err
    assert bits(TitleClassifier.load("m").model_) == before
