"""Claim: `nnlite train` scores a model on products that it has not seen, and `--refit` then trains on all."""

import io
import re
import sys
from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pytest
from held_out import QUICK, RECORDS, score_said, train
from problems import bits, compiled
from running import run, words_of
from shops import lines

from nnlite import Record, evaluate, holdout_split
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data import digests
from nnlite.tool import commands, train_command
from nnlite.tool.command_line import parser
from nnlite.training import planning, recipes

pytestmark = compiled
WAYS = pytest.mark.parametrize("way", ["memory", "chunks"])


@pytest.mark.parametrize("way, holdout", [("memory", None), ("memory", 0.3), ("chunks", 77)])
def test_the_score_said_is_that_of_the_products_held_out(products, capsys, way, holdout):
    one = train(way, *([] if holdout is None else ["--holdout", holdout]))
    (titles, _), held = holdout_split(*zip(*RECORDS), holdout)
    data = one.encode(list(map(Record, *held)))
    scores = evaluate(one.model_, data, thresholds=one.threshold_)
    err = capsys.readouterr().err
    assert score_said(err) == (len(held[0]), f"{100 * scores['P@1']:.1f}")
    assert f"F1 of those above the threshold {100 * scores['micro_f1']:.1f} %" in err
    assert f"trained on {len(titles)} of 600 products" in err and "--refit" in err
    assert np.array_equal(one.title_digests_, np.unique(digests.digests(titles)))
    assert one.training_["counts"]["held_out"] == len(held[0]) and one.training_["records"] == len(titles)
    assert one.score(*held) == scores["P@1"]


@WAYS
def test_the_parameters_are_those_of_a_fit_on_the_others(products, way):
    one = train(way, "--quiet")
    (titles, categories), held = holdout_split(*zip(*RECORDS))
    if way == "memory":
        want = TitleClassifier(epochs=2, hidden=(8,)).fit(titles, categories, held)
        assert bits(one.model_) == bits(want.model_) and one.threshold_ == want.threshold_
    assert bits(one.model_) == bits(train(way, "--quiet").model_)  # repeated; from chunks that are there already


@WAYS
def test_a_refit_is_the_training_on_all_bit_for_bit(products, capsys, way):
    first, again = train(way, folder="a"), train(way, "--refit", folder="b")
    want = train(way, "--holdout", 0, folder="c")
    assert bits(again.model_) == bits(want.model_) != bits(first.model_)
    assert again.vocabulary_.words == want.vocabulary_.words and again.classes_ == want.classes_
    assert np.array_equal(again.title_digests_, want.title_digests_) and again.title_digests_.size > 580
    assert again.threshold_ == first.threshold_
    assert again.training_["validation"] == first.training_["validation"][-1:]
    assert again.training_["counts"]["refit"] == 1
    err = capsys.readouterr().err
    assert err.count("products that it has not seen") == 2 and "b: now the model of all 600 products" in err
    assert "holds out no products, as --holdout 0 says" in err


def test_a_refit_has_the_settings_of_the_model_that_was_scored(products, monkeypatch):
    monkeypatch.setattr(recipes, "SMALL_ROWS", 580)  # 540 products are trained on first, then 600
    monkeypatch.setattr(recipes, "SMALL_STEPS", 20)
    argv = "train", "all.jsonl", "--batch-rows", 100, "--seed", 3
    assert run(*argv, "--model", "first") == run(*argv, "--model", "again", "--refit") == 0
    first, again = TitleClassifier.load("first"), TitleClassifier.load("again")
    assert again.model_.hidden == first.model_.hidden == (400,)
    want = {"epochs": 4, "lr": 0.05, "labels_lr": 0.02, "dropout": 0.5, "word_dropout": 0.2, "batch_rows": 100}
    assert again.get_params().items() >= want.items() and again.seed == 3


@pytest.mark.parametrize("error", [ValueError("no page"), OSError(28, "No space left on device")])
def test_a_report_that_fails_does_not_prevent_the_second_training(products, capsys, monkeypatch, error):
    def fails(*given, **options):
        raise error

    want = train("memory", "--quiet", "--refit", folder="a")
    monkeypatch.setattr(commands, "write_report", fails)
    assert run("train", "all.jsonl", "--model", "m", *QUICK, "--refit", "--report", "page.html") == 2
    assert bits(TitleClassifier.load("m").model_) == bits(want.model_)
    assert (error.strerror if isinstance(error, OSError) else "no page") in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("ends", [KeyboardInterrupt, MemoryError])
def test_a_refit_that_ends_early_leaves_the_scored_model(products, capsys, monkeypatch, ends):
    want, fit = train("memory", "--quiet", folder="a"), TitleClassifier.fit

    def once(self, titles, *others):
        if len(titles) == 600:
            raise ends
        return fit(self, titles, *others)

    monkeypatch.setattr(TitleClassifier, "fit", once)
    assert run("train", "all.jsonl", "--model", "m", *QUICK, "--refit") == (130 if ends is KeyboardInterrupt else 2)
    one, last = TitleClassifier.load("m"), capsys.readouterr().err.splitlines()[-1]
    assert bits(one.model_) == bits(want.model_) and "refit" not in one.training_["counts"]
    assert ("the model that was scored is saved" in last) == (ends is KeyboardInterrupt)


def test_products_of_standard_input_are_held_out(products, capsys, monkeypatch):
    want = train("memory")
    said = score_said(capsys.readouterr().err)
    stream = SimpleNamespace(buffer=io.BytesIO((products / "all.jsonl").read_bytes()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stream)
    one = train("memory", "--refit", path="-", folder="n")
    assert score_said(capsys.readouterr().err) == said and one.threshold_ == want.threshold_
    assert run("train", "-", "--model", "o", "--chunks", "c") == 2
    assert "want files, which are read twice, got standard input" in capsys.readouterr().err


def test_few_products_are_all_trained_on_unless_asked(products, capsys):
    one = train("memory", "--label-min-count", 2, "--refit", "--report", "page.html", path="few.jsonl")
    assert "these included" not in words_of(products / "page.html")
    err = capsys.readouterr().err
    assert "10 % of 30 are fewer than 50; --holdout 0.2 holds out about 6" in err and "not seen" not in err
    assert one.training_["records"] == 30 and "held_out" not in one.training_["counts"]
    one = train("memory", "--label-min-count", 2, "--holdout", 0.2, path="few.jsonl")
    assert score_said(capsys.readouterr().err)[0] == 6 and one.training_["records"] == 24


def test_fewer_than_asked_for_are_said_to_be_fewer(products, capsys):
    records = [Record(f"{names[0]} {i}", names) for i, (_, names) in enumerate(RECORDS)]
    (products / "alike.jsonl").write_text(lines(records))
    train("memory", "--holdout", 0.25, path="alike.jsonl")
    n, *_ = re.findall(r"holds out (\d+) of 600 products, .*; more would have near-dup", capsys.readouterr().err)
    assert int(n) == len(holdout_split(*zip(*records), 0.25)[1][0]) < 150


def test_chunks_of_another_hold_out_are_refused(products, capsys):
    train("chunks", "--holdout", 100)
    assert run("train", "all.jsonl", "--model", "m", *QUICK, "--chunks", "m-chunks", "--holdout", 101) == 2
    assert "holds chunks of another job" in capsys.readouterr().err


def test_checkpoints_of_both_trainings_are_kept_apart(products):
    first = train("memory", "--refit", "--checkpoints", "c", folder="a")
    assert sorted(path.name for path in (products / "c").iterdir()) == ["all", "scored"]
    assert bits(train("memory", "--refit", "--checkpoints", "c", folder="b").model_) == bits(first.model_)


@pytest.mark.parametrize("argv, want", [
    (["--validation", "other.jsonl", "--holdout", "0.2"], "want --validation or --holdout, got both"),
    (["--validation", "other.jsonl", "--refit"], "want it without --validation, which holds out none"),
    (["--holdout", "0", "--refit"], "want it without --holdout 0"),
    (["--holdout", "600"], "want fewer than the 600 products that there are, got 600")])
def test_options_that_do_not_fit_together(products, capsys, argv, want):
    assert run("train", "all.jsonl", "--model", "m", *argv) == 2
    assert want in capsys.readouterr().err and not (products / "m").exists()


@pytest.mark.parametrize("text, want", [("0", 0), ("0.2", 0.2), (".5", 0.5), ("1", 1), ("2000", 2000), ("0.0", 0)])
def test_the_value_of_an_option(text, want):
    assert parser().parse_args(["train", "a", "--model", "m", "--holdout", text]).holdout == want


@pytest.mark.parametrize("text", ["-1", "1.5", "nan", "inf", "10%", "1e9", "9999999", "all", "²"])
def test_other_values_are_refused_in_a_line(capsys, text):
    with pytest.raises(SystemExit):
        parser().parse_args(["train", "a", "--model", "m", f"--holdout={text}"])
    assert "want a share below 1, such as 0.2, or a number of products" in capsys.readouterr().err


@pytest.mark.parametrize("n, share", [(600, 0.9), (1_000_000, 0.98)])
def test_a_plan_says_what_a_refit_adds(n, share):
    one = recipes.default(planning.Expected(n, 10, 5, 10))
    found = planning.plan_of(one, ["a"], "default", n, 1.0)
    found.n_held = min(n // 10, 20_000)
    found.seconds |= {"read": 7.0, "encode": 50.0, "score": 9.0}
    seconds, args = (50 + found.n_steps) / share, Namespace(refit=False, holdout=None)
    held = f"products   {n:,}; train holds out {found.n_held:,} of them"
    assert train_command.planned(found, args) == f"{held}; train --refit takes about {seconds:,.1f} s more"
    found.chunk_rows, args.refit = 20_000, True
    assert train_command.planned(found, args) == held and found.refit_seconds == pytest.approx(seconds + 7 / share)
