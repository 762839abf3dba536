"""Claim: `nnlite train` scores a model on products that it has not seen, and says which; figures of others say so."""

import io
import json
import re
import sys
from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pytest
from problems import bits, compiled
from shops import lines

from nnlite import Record, evaluate, holdout_split, make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data import digests
from nnlite.data.cleaning import clean
from nnlite.scores import metrics
from nnlite.tool import train_command
from nnlite.tool.command_line import main, parser
from nnlite.tool.report.sections import write_report
from nnlite.training import planning, recipes

pytestmark = compiled
QUICK = "--epochs", "2", "--hidden", "8"
RECORDS = [Record(clean(title), names) for title, names in make_catalogue(600)]
WAYS = pytest.mark.parametrize("way", ["memory", "chunks"])


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The current folder, with all.jsonl of 600 products, few.jsonl of 30 and other.jsonl of 150 others."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all.jsonl").write_text(lines(RECORDS))
    (tmp_path / "few.jsonl").write_text(lines(RECORDS[:30]))
    (tmp_path / "other.jsonl").write_text(lines(list(make_catalogue(150, seed=1))))
    return tmp_path


def run(*argv):
    return main([str(arg) for arg in argv])


def train(way, *argv, path="all.jsonl", folder="m"):
    """The classifier that a quick training has saved."""
    chunks = ["--chunks", f"{folder}-chunks"] if way == "chunks" else []
    assert run("train", path, "--model", folder, *QUICK, *chunks, *argv) == 0
    return TitleClassifier.load(folder)


def words_of(path):
    return re.sub("<.*?>", "", path.read_text(encoding="utf-8"))


def score_said(err):
    """(products, percent) of the headline."""
    found = re.search(r"on ([\d,]+) products that it has not seen: .*? true for ([\d.]+) %", err)
    return int(found[1].replace(",", "")), found[2]


# ---- what is held out

@pytest.mark.parametrize("way, holdout", [("memory", None), ("memory", 0.3), ("chunks", 77)])
def test_the_score_said_is_that_of_the_products_held_out(home, capsys, way, holdout):
    one = train(way, *([] if holdout is None else ["--holdout", holdout]))
    (titles, _), held = holdout_split(*zip(*RECORDS), holdout)
    data = one.encode(list(map(Record, *held)))
    scores = evaluate(one.model_, data, thresholds=one.threshold_)
    err = capsys.readouterr().err
    assert score_said(err) == (len(held[0]), f"{100 * scores['P@1']:.1f}")
    assert f"F1 of those named {100 * scores['micro_f1']:.1f} %" in err
    assert f"trained on {len(titles)} of 600 products" in err and "--refit" in err
    assert np.array_equal(one.title_digests_, np.unique(digests.digests(titles)))
    assert one.training_["counts"]["held_out"] == len(held[0]) and one.training_["records"] == len(titles)
    assert one.score(*held) == scores["P@1"]


@WAYS
def test_the_parameters_are_those_of_a_fit_on_the_others(home, way):
    one = train(way, "--quiet")
    (titles, categories), held = holdout_split(*zip(*RECORDS))
    if way == "memory":
        want = TitleClassifier(epochs=2, hidden=(8,)).fit(titles, categories, held)
        assert bits(one.model_) == bits(want.model_) and one.threshold_ == want.threshold_
    assert bits(one.model_) == bits(train(way, "--quiet").model_)  # repeated; from chunks that are there already


@WAYS
def test_a_refit_is_the_training_on_all_bit_for_bit(home, capsys, way):
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


def test_a_refit_has_the_settings_of_the_model_that_was_scored(home, monkeypatch):
    monkeypatch.setattr(recipes, "SMALL_ROWS", 580)  # 540 products are trained on first, then 600
    monkeypatch.setattr(recipes, "SMALL_STEPS", 20)
    argv = "train", "all.jsonl", "--batch-rows", 100, "--seed", 3
    assert run(*argv, "--model", "first") == run(*argv, "--model", "again", "--refit") == 0
    first, again = TitleClassifier.load("first"), TitleClassifier.load("again")
    assert again.model_.hidden == first.model_.hidden == (400,)
    want = {"epochs": 4, "lr": 0.05, "labels_lr": 0.02, "dropout": 0.5, "word_dropout": 0.2, "batch_rows": 100}
    assert again.get_params().items() >= want.items() and again.seed == 3


@pytest.mark.parametrize("ends", [KeyboardInterrupt, MemoryError])
def test_a_refit_that_ends_early_leaves_the_scored_model(home, capsys, monkeypatch, ends):
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


def test_products_of_standard_input_are_held_out(home, capsys, monkeypatch):
    want = train("memory")
    said = score_said(capsys.readouterr().err)
    stream = SimpleNamespace(buffer=io.BytesIO((home / "all.jsonl").read_bytes()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stream)
    one = train("memory", "--refit", path="-", folder="n")
    assert score_said(capsys.readouterr().err) == said and one.threshold_ == want.threshold_
    assert run("train", "-", "--model", "o", "--chunks", "c") == 2
    assert "want files, which are read twice, got standard input" in capsys.readouterr().err


def test_few_products_are_all_trained_on_unless_asked(home, capsys):
    one = train("memory", "--label-min-count", 2, "--refit", "--report", "page.html", path="few.jsonl")
    assert "these included" not in words_of(home / "page.html")
    err = capsys.readouterr().err
    assert "10 % of 30 are fewer than 50; --holdout 0.2 holds out about 6" in err and "not seen" not in err
    assert one.training_["records"] == 30 and "held_out" not in one.training_["counts"]
    one = train("memory", "--label-min-count", 2, "--holdout", 0.2, path="few.jsonl")
    assert score_said(capsys.readouterr().err)[0] == 6 and one.training_["records"] == 24


def test_fewer_than_asked_for_are_said_to_be_fewer(home, capsys):
    records = [Record(f"{names[0]} {i}", names) for i, (_, names) in enumerate(RECORDS)]
    (home / "alike.jsonl").write_text(lines(records))
    train("memory", "--holdout", 0.25, path="alike.jsonl")
    n, *_ = re.findall(r"holds out (\d+) of 600 products, .*; more would have near-dup", capsys.readouterr().err)
    assert int(n) == len(holdout_split(*zip(*records), 0.25)[1][0]) < 150


def test_chunks_of_another_hold_out_are_refused(home, capsys):
    train("chunks", "--holdout", 100)
    assert run("train", "all.jsonl", "--model", "m", *QUICK, "--chunks", "m-chunks", "--holdout", 101) == 2
    assert "holds chunks of another job" in capsys.readouterr().err


def test_checkpoints_of_both_trainings_are_kept_apart(home):
    first = train("memory", "--refit", "--checkpoints", "c", folder="a")
    assert sorted(path.name for path in (home / "c").iterdir()) == ["all", "scored"]
    assert bits(train("memory", "--refit", "--checkpoints", "c", folder="b").model_) == bits(first.model_)


@pytest.mark.parametrize("argv, want", [
    (["--validation", "other.jsonl", "--holdout", "0.2"], "want --validation or --holdout, got both"),
    (["--validation", "other.jsonl", "--refit"], "want it without --validation, which holds out none"),
    (["--holdout", "0", "--refit"], "want it without --holdout 0"),
    (["--holdout", "600"], "want fewer than the 600 products that there are, got 600")])
def test_options_that_do_not_fit_together(home, capsys, argv, want):
    assert run("train", "all.jsonl", "--model", "m", *argv) == 2
    assert want in capsys.readouterr().err and not (home / "m").exists()


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


# ---- what figures are of

@pytest.mark.parametrize("way, argv, is_new", [
    ("chunks", [], True), ("memory", ["--refit"], True), ("chunks", ["--holdout", 0], False),
    ("memory", ["--validation", "other.jsonl"], True),
    ("memory", ["--holdout", 0, "--validation", "all.jsonl"], False)])
def test_a_report_has_an_interval_only_for_new_products(home, capsys, way, argv, is_new):
    train(way, *argv, "--report", "page.html")
    words, html = words_of(home / "page.html"), (home / "page.html").read_text()
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


def test_a_model_of_before_does_not_know_its_titles(home, capsys):
    train("memory", "--quiet")
    head = json.loads((home / "m" / "model.json").read_text())
    del head["files"]["title_digests.npy"]
    (home / "m" / "model.json").write_text(json.dumps(head))
    (home / "m" / "title_digests.npy").unlink()
    one = TitleClassifier.load("m")
    assert one.n_trained_on(["a"]) is None
    assert run("evaluate", "m", "all.jsonl", "--report", "page.html") == 0
    assert "whether the model was trained on these 600 titles cannot be known" in capsys.readouterr().out
    words = words_of(home / "page.html")
    assert "95 % interval" not in words and "Whether these titles are new to the model is not known." in words
    assert run("evaluate", "m", "all.jsonl", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["new"] is found["trained_on"] is None and found["rows"] == 600


def test_what_is_not_known_stays_so_when_more_is_learnt(home, monkeypatch):
    monkeypatch.setattr(digests, "MOST", 100)
    one = TitleClassifier(epochs=1, hidden=(4,)).fit(*zip(*RECORDS), tuple(zip(*RECORDS[:5])))
    assert one.n_trained_on(["a"]) is None and "validation_repeated" not in one.training_["counts"]
    one.partial_fit(["a new dress"], [RECORDS[0].categories])
    assert one.n_trained_on(["a new dress"]) is None


def test_titles_trained_on_are_left_out_of_the_scores(home, capsys):
    one = train("memory", "--quiet")
    (titles, _), held = holdout_split(*zip(*RECORDS))
    for path, n_new, n_seen in ("all.jsonl", 60, 540), ("other.jsonl", 150, 0):
        assert run("evaluate", "m", path, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["new"], found["trained_on"], found["rows"]) == (True, n_seen, n_new)
    assert run("evaluate", "m", "all.jsonl", "--json", "--report", "page.html") == 0
    found, words = json.loads(capsys.readouterr().out), words_of(home / "page.html")
    assert found["P@1"] == one.score(*held)
    assert "60 records of all.jsonl" in words and "540 more are left out" in words and "95 % interval" in words
    assert run("evaluate", "m", "all.jsonl") == 0
    assert ("540 of 600 titles are also in the training data: the scores are of the 60 others"
            in capsys.readouterr().out)


def test_scores_of_titles_that_were_all_trained_on_say_so(home, capsys):
    one = train("memory", "--quiet", "--refit")
    (home / "all.jsonl").write_text(lines(Record(title.upper(), names) for title, names in RECORDS))
    assert run("evaluate", "m", "all.jsonl", "--report", "page.html") == 0
    out, err = capsys.readouterr()
    assert out.startswith("all 600 titles are also in the training data: the scores tell how well it remembers them\n")
    assert (f"on 60 products held out in its training the first category named was true for "
            f"{100 * one.training_['validation'][-1]['P@1']:.1f} %") in err
    assert "95 % interval" not in words_of(home / "page.html")


def test_products_without_a_major_category_are_not_taken_for_new_ones(home, capsys):
    train("memory", "--quiet", "--holdout", 0, "--major", 3)
    assert run("evaluate", "m", "all.jsonl") == 0
    assert "are also in the training data: the scores tell how well it remembers them" in capsys.readouterr().out


def test_new_titles_of_unknown_categories_are_no_score(home, capsys):
    train("memory", "--quiet", "--holdout", 0)
    (home / "some.jsonl").write_text(lines([*RECORDS, Record("unheard of", ("Nowhere",))]))
    assert run("evaluate", "m", "some.jsonl") == 2
    assert "want records with a category that the model knows, got none in 1" in capsys.readouterr().err


def test_the_report_is_on_new_records_whoever_calls(home):
    (titles, categories), held = holdout_split(*zip(*RECORDS))
    one = TitleClassifier(epochs=1, hidden=(4,)).fit(titles, categories)
    low, high = metrics.wilson(np.array(one.score(*held) * 60), np.array(60))
    write_report("page.html", one, RECORDS)
    assert f"between {100 * low:.1f}\xa0% and {100 * high:.1f}\xa0% (95 % interval)" in words_of(home / "page.html")


@pytest.mark.parametrize("array", [
    np.array([3, 2, 1]), np.array([1, 1]), np.zeros((2, 2), np.int64), np.array([1], np.int32), np.array([1.0])],
    ids=str)
def test_digests_of_another_form_are_refused(home, array):
    one = TitleClassifier(epochs=1, hidden=(4,)).fit(*zip(*RECORDS))
    one.title_digests_ = array
    one.save("m")
    with pytest.raises(ValueError, match="m: not a whole model: ValueError: title_digests: want rising numbers"):
        TitleClassifier.load("m")
