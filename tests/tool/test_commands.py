"""Claim: each option and argument reaches the function it is for, and commands print what was computed."""

import io
import json
import logging
import os
import re

import pytest
from shops import lines, shop_file

import nnlite
from nnlite import evaluate, read_records
from nnlite.categories.mapping import Mapping
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.lines import MAX_LINE_BYTES
from nnlite.scores import metrics
from nnlite.tool import commands
from nnlite.tool.command_line import main, parser
from nnlite.tool.report import sections
from nnlite.training import planning

QUICK = "--epochs", "1", "--hidden", "4", "--label-min-count", "2", "--quiet"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with train.jsonl, test.jsonl and the model "shop"."""
    home = tmp_path_factory.mktemp("home")
    records = list(nnlite.make_catalogue(450))
    (home / "train.jsonl").write_text(lines(records[:300]))
    (home / "test.jsonl").write_text(lines(records[300:]))
    assert run("train", home / "train.jsonl", "--model", home / "shop", "--quiet") == 0
    return home


def run(*argv):
    return main([str(arg) for arg in argv])


def words_of(path):
    """The text of a page, without its tags."""
    return re.sub("<.*?>", "", path.read_text(encoding="utf-8"))


# ---- options

GIVEN = dict(epochs=3, batch_rows=5, lr=0.5, hidden=(3, 2), dropout=0.25, negligible=0.125, min_count=7,
             label_min_count=9, seed=4, threads=1, major=["Shoes", "Bags"])


def typed(given):
    """The options as words."""
    return [word for name, value in given.items() for word in (
        "--" + name.replace("_", "-"), ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value))]


@pytest.mark.parametrize("command", [["train", "a.jsonl", "--model", "m"], ["plan", "a.jsonl"]])
def test_every_option_of_the_recipe_arrives(command):
    args = parser().parse_args([*command, *typed(GIVEN)])
    assert commands._settings(args) == GIVEN
    args = parser().parse_args([*command, "--mapping", "m.tsv", "--recipe", "deck"])
    assert {name: str(value) for name, value in commands._settings(args).items()} == {"mapping": "m.tsv"}
    assert args.recipe == "deck" and commands._settings(parser().parse_args(command)) == {}


def test_an_option_that_is_0_arrives():
    args = parser().parse_args(["train", "a.jsonl", "--model", "m", "--seed", "0", "--dropout", "0"])
    assert commands._settings(args) == dict(seed=0, dropout=0.0)


@pytest.mark.parametrize("n_more", [0, 1, commands.READ_BYTES + 5])
def test_a_line_of_standard_input_is_cut_after_a_mebibyte(n_more):
    file = io.TextIOWrapper(io.BytesIO(b"a" * (MAX_LINE_BYTES + n_more) + b"\nb\n"))
    assert [len(title) for titles in commands.batches(file) for title in titles] == [MAX_LINE_BYTES, 1]


def test_every_option_of_a_plan_reaches_it(tmp_path, monkeypatch):
    seen = {}

    class Enough(Exception):
        pass

    def look(paths, recipe, **settings):
        seen.update(paths=paths, recipe=recipe, **settings)
        raise Enough

    monkeypatch.setattr(commands, "make_plan", look)
    args = parser().parse_args(["plan", "a", "b", "--recipe", "deck", *typed(GIVEN)])
    with pytest.raises(Enough):
        args.command(args)
    assert seen == {"paths": args.data, "recipe": "deck", **GIVEN} and list(map(str, args.data)) == ["a", "b"]


def test_names_of_major_categories_are_separated_by_commas_and_a_number_is_not_a_name():
    def major(text):
        return parser().parse_args(["train", "a", "--model", "m", "--major", text]).major

    assert major("Shoes, Bags") == ["Shoes", "Bags"] and major("3") == 3 and major("3,4") == ["3", "4"]


@pytest.mark.parametrize("option, least, below", [
    ("--seed", "0", "-1"), ("--epochs", "1", "0"), ("--threads", "1", "0"), ("--hidden", "1", "0"),
    ("--dropout", "0", "-0.1"), ("--major", "1", "0")])
def test_the_least_value_of_an_option_is_accepted_and_none_below_it(option, least, below, capsys):
    command = ["train", "a", "--model", "m"]
    parser().parse_args([*command, option, least])
    with pytest.raises(SystemExit):
        parser().parse_args([*command, f"{option}={below}"])
    assert f"of at least {least}" in capsys.readouterr().err


def test_a_proposal_keeps_categories_of_ten_products_by_default(tmp_path, capsys):
    assert parser().parse_args(["propose", "a", "--out", "b"]).min_count == 10
    records = [nnlite.Record("a", ("Toys",))] * 12 + [nnlite.Record("b", ("Games",))] * 9
    (tmp_path / "a.jsonl").write_text(lines(records))
    for more, names in ([], ["Toys"]), (["--min-count", 9], ["Toys", "Games"]):
        out = tmp_path / f"{len(names)}.tsv"
        assert run("propose", tmp_path / "a.jsonl", "--out", out, *more) == 0
        assert list(Mapping.read(out).rules) == names


@pytest.mark.parametrize("argument, want", [(os.fsdecode(b"a\xffb"), "a\ufffdb"), ("dr\u00e9ss", "dr\u00e9ss")])
def test_bytes_that_are_not_utf8_become_a_replacement_character(argument, want):
    assert commands.typed(argument) == want


# ---- train

def test_quiet_gives_the_logger_its_level_back(tmp_path):
    logger = logging.getLogger("nnlite")
    before = logger.level
    try:
        for level in logging.WARNING, logging.DEBUG:
            logger.setLevel(level)
            assert run("train", shop_file(tmp_path), "--model", tmp_path / "m", *QUICK) == 0
            assert logger.level == level
            assert run("train", tmp_path / "nowhere.jsonl", "--model", tmp_path / "m", *QUICK) == 2
            assert logger.level == level
    finally:
        logger.setLevel(before)


def test_a_quiet_training_logs_no_warning_and_a_loud_one_does(tmp_path, caplog):
    path = shop_file(tmp_path)
    path.write_text("no json\n" + path.read_text())
    assert run("train", path, "--model", tmp_path / "m", *QUICK) == 0 and not caplog.records
    assert run("train", path, "--model", tmp_path / "m", *QUICK[:-1]) == 0 and "not JSON" in caplog.text


@pytest.mark.parametrize("chunks", [False, True])
def test_a_report_is_on_the_validation_products_or_says_that_it_is_not(home, tmp_path, chunks, monkeypatch):
    monkeypatch.chdir(home)  # because long paths are cut
    train = ["train", "train.jsonl", "--model", tmp_path / "m", "--epochs", 1, "--quiet"]
    train += ["--chunks", tmp_path / "chunks"] * chunks
    assert run(*train, "--report", tmp_path / "a.html") == 0
    assert run(*train, "--report", tmp_path / "b.html", "--validation", "test.jsonl") == 0
    own, others = (words_of(tmp_path / name) for name in ("a.html", "b.html"))
    assert "300 records of train.jsonl, trained on, " in own
    assert "150 records of test.jsonl, " in others and "trained on" not in others


def test_validation_products_reach_a_training_from_chunks(home, tmp_path):
    assert run("train", home / "train.jsonl", "--model", tmp_path / "m", *QUICK, "--chunks", tmp_path / "chunks",
               "--validation", home / "test.jsonl") == 0
    scores, = TitleClassifier.load(tmp_path / "m").training_["validation"]
    assert scores["rows"] == 150


# ---- evaluate, explain, plan

def test_scores_are_at_the_models_threshold_and_with_its_propensities(home, capsys):
    assert run("evaluate", home / "shop", home / "test.jsonl", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    one = TitleClassifier.load(home / "shop")
    data = one.encode(list(read_records(home / "test.jsonl")))
    propensities = metrics.propensities(one.vocabulary_.label_counts, one.vocabulary_.n_records)
    assert found == {"threshold": one.threshold_,
                     **evaluate(one.model_, data, thresholds=one.threshold_, propensities=propensities)}
    plain = evaluate(one.model_, data)
    assert plain["micro_f1"] != found["micro_f1"] and plain["PSP@3"] != found["PSP@3"]


def test_a_report_on_other_products_is_on_those(home, tmp_path, monkeypatch):
    monkeypatch.chdir(home)
    assert run("evaluate", "shop", "test.jsonl", "--report", tmp_path / "a.html") == 0
    words = words_of(tmp_path / "a.html")
    assert "150 records of test.jsonl, " in words and "trained on" not in words


def test_a_report_names_all_files_of_its_products(home, tmp_path, monkeypatch):
    monkeypatch.chdir(home)
    assert run("evaluate", "shop", "test.jsonl", "train.jsonl", "--report", tmp_path / "a.html") == 0
    assert "450 records of test.jsonl, train.jsonl, " in words_of(tmp_path / "a.html")


def test_a_tab_or_a_line_end_in_a_category_makes_no_column_and_no_line():
    line = commands._line("Mug", [("tea\tand\ncoffee", 0.5), ("Kitchen", 0.25)])
    assert line == "Mug\ttea and coffee 0.50\tKitchen 0.25"


def test_a_title_is_cleaned_before_it_is_explained_and_shown(home, capsys):
    assert run("explain", home / "shop", "<b class=shoe>Blue</b> cotton &amp; dress", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["title"] == "Blue cotton & dress"
    assert [effect["word"] for effect in found["categories"][0]["effects"]] == ["blue", "cotton", "dress"]


def test_a_plan_that_cannot_fit_is_an_error_with_exit_code_2(tmp_path, monkeypatch, capsys):
    make = planning.plan

    def in_little_memory(*args, **named):
        found = make(*args, **named)
        found.available = 1
        return found

    monkeypatch.setattr(commands, "make_plan", in_little_memory)
    assert run("plan", shop_file(tmp_path), "--epochs", 1, "--label-min-count", 2) == 2
    out, err = capsys.readouterr()
    assert "memory" in out and "out of memory: plan: want at most" in err


def test_a_plan_in_json_is_the_plan(tmp_path, capsys):
    assert run("plan", shop_file(tmp_path), "--epochs", 7, "--label-min-count", 2, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_records"] == 40 and found["epochs"] == 7 and found["exact"] and found["n_labels"] == 5


def test_a_source_is_shortened_in_a_heading(home, tmp_path):
    one = TitleClassifier.load(home / "shop")
    sections.write_report(tmp_path / "a.html", one, read_records(home / "test.jsonl"), source="x" * 99)
    words = words_of(tmp_path / "a.html")
    assert "150 records of " + "x" * 79 + "\u2026" in words
