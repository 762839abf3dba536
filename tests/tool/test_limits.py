"""Claim: --minutes and --memory choose settings that fit, `plan` names them and `train` uses them and says so.

The terms of a plan are compared with what a training really does.
"""

import json
import os
import re
import shlex
from types import SimpleNamespace

import pytest
from problems import compiled
from running import run
from shops import lines, shop_file

from nnlite import make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data import records
from nnlite.data.chunks import CHUNK_ROWS
from nnlite.mlp import MLP
from nnlite.tool import commands, plan_command, train_command
from nnlite.tool.command_line import parser
from nnlite.training import trainer
from nnlite.training.choosing import choose
from nnlite.training.costs import Pace, Start
from nnlite.training.planning import Measured

pytestmark = compiled
OPTIONS = "--hidden", "4", "--batch-rows", "64"
MIB = 2 ** 20


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The current folder, with shop.jsonl of 300 products."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.jsonl").write_text(lines(make_catalogue(300)))
    return tmp_path


@pytest.fixture
def known(monkeypatch):
    """Phases that take known times: 1 s for a step, and nothing for the others. 100 MiB for a process."""
    seen = []

    def measured(*args, **named):
        found = Measured(*args, **named)
        found.start, found.sample.seconds = Start(0.0, 100 * MIB), dict.fromkeys(found.sample.seconds, 0.0)
        vars(found).update(network=(0.0, None), scores=(0.0, 0.0), save_seconds=0.0, vocabulary_bytes=0)
        found.pace, found.waited = lambda batch_rows: Pace(1.0, 0.0), 0.0
        seen.append(named)
        return found

    monkeypatch.setattr(train_command, "Measured", measured)
    monkeypatch.setattr(train_command, "apart", lambda function, *arguments: function(*arguments))

    def plan(*args, minutes=None, memory=None, **named):
        return choose(measured(*args, **named), minutes and 60 * minutes, memory)

    monkeypatch.setattr(plan_command, "make_plan", plan)
    monkeypatch.setattr(train_command, "time", SimpleNamespace(time=lambda: 0.0))
    monkeypatch.setattr(commands, "time", SimpleNamespace(time=lambda: 0.0))
    return seen


def test_a_plan_names_a_command_that_can_be_typed(home, known, capsys):
    argv = ["plan", "shop.jsonl", "--minutes", "0.5", "--memory", "120MiB", *OPTIONS, "--label-min-count=3"]
    assert run(*argv) == 0
    out = capsys.readouterr().out
    words = shlex.split(re.search("^type +(.*)$", out, re.M)[1])
    assert words == ["nnlite", "train", "shop.jsonl", "--model", "shop-model", "--hidden=4", "--batch-rows=64",
                     "--label-min-count=3", "--epochs=5"]
    assert "settings   within 30 s and 120 MiB: epochs 5\n" in out and "5 epochs in batches of 64" in out
    assert run(*words[1:], "--quiet") == 0
    assert TitleClassifier.load("shop-model").training_["n_steps"] == 25 == TitleClassifier.load(
        "shop-model").training_["steps"]
    assert run(*argv, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert shlex.split(found["command"]) == words and found["settings"] == {"epochs": 5}
    assert found["low_seconds"] < found["total_seconds"] == 25 < found["high_seconds"] <= 30


VALUES = {  # a word that each option of `plan` takes, by its metavar; None for an option without a value
    None: None, "N": "2", "P": "0.5", "RATE": "0.5", "SHARE|N": "9", "DIR": "c", "FILE": "m.tsv", "SIZE": "1GiB",
    "N[,N...]": "4,3", "N|NAME,NAME...": "Men,Women", "COLUMN": "a", "COLUMN[,COLUMN...]": "a,b", "TEXT": ",",
    "CHARACTER": "tab", "NAME": "utf-8"}
OF_PLAN = {option: action for option, action in parser().commands.choices["plan"]._option_string_actions.items()
           if option not in ("-h", "--help")}


def test_options_of_a_plan_are_found():
    assert {"--ranks", "--json", "--minutes", "--lr", "--title", "--no-header", "--refit"} <= OF_PLAN.keys()


@pytest.mark.parametrize("option", OF_PLAN)
@pytest.mark.parametrize("file, typed", [("a.jsonl", "a.jsonl"), ("-a.jsonl", "./-a.jsonl"), ("-", "-")])
def test_the_command_of_every_option_of_a_plan_is_one_of_train(option, file, typed):
    action = OF_PLAN[option]
    value = VALUES[action.metavar] if not action.choices else list(action.choices)[-1]
    value = "2" if option == "--ranks" else value
    words = [option] if action.nargs == 0 else [f"{option}={value}"]
    args = parser().parse_args(["plan", *words, "--minutes=5", "--", file])
    line = train_command.command(SimpleNamespace(settings={"epochs": 3}, chunk_rows=None), args)
    got = parser().parse_args(shlex.split(line)[1:])
    assert list(map(str, got.data)) == [typed.removeprefix("./")] and got.epochs == 3
    if option not in ("--json", "--minutes", "--memory", "--ranks", "--epochs"):
        assert getattr(got, action.dest) == getattr(args, action.dest)


def test_the_command_has_chunks_and_batches_that_were_chosen():
    args = parser().parse_args(["plan", "a b.jsonl", "--memory=1G", "--batch-rows", "9", "--chunks", "my chunks"])
    plan = SimpleNamespace(settings={"batch_rows": 4}, chunk_rows=20_000)
    assert train_command.command(plan, args) == (
        "nnlite train 'a b.jsonl' --model 'a b-model' '--chunks=my chunks' --batch-rows=4")
    args.chunks = None
    assert "'--chunks=a b-model.chunks'" in train_command.command(plan, args)


@pytest.mark.parametrize("words, asked", [
    ("", {}), ("--chunks c", {"chunk_rows": CHUNK_ROWS}), ("--chunks c --chunk-rows 7", {"chunk_rows": 7}),
    ("--refit", {"refit": True}), ("--minutes 3 --memory 2MiB --holdout 9", dict(minutes=3, memory=2**21, holdout=9)),
    ("--epochs 5 --recipe deck --title t", dict(epochs=5, title="t")), ("--holdout 0", {"holdout": 0})])
def test_a_plan_is_asked_for_what_its_options_say(monkeypatch, tmp_path, words, asked):
    seen = []
    monkeypatch.setattr(plan_command, "make_plan", lambda *args, **named: seen.append((args, named)) or 1 / 0)
    path = shop_file(tmp_path)
    args = parser().parse_args(["plan", str(path), *words.split()])
    with pytest.raises(ZeroDivisionError):
        args.command(args)
    (data, recipe), named = seen[0]
    assert ([*map(str, data)], recipe, named) == ([str(path)], "deck" if "deck" in words else "default", asked)


def test_train_uses_what_fits_and_says_so(home, known, capsys):
    assert run("train", "shop.jsonl", "--model", "m", "--minutes", "0.5", *OPTIONS, "--holdout", "30") == 0
    err = capsys.readouterr().err
    assert "within 30 s: epochs 5; expects to end in 21 to 29 s, and to take at most" in err
    assert TitleClassifier.load("m").training_["n_steps"] == 25 and known[0]["holdout"] == 30


def test_train_puts_chunks_beside_the_model(home, known, capsys, monkeypatch):
    one = Measured(["shop.jsonl"], hidden=(4,), batch_rows=64)
    one.sample.records_bytes = 10 * MIB
    most = one.sizes(64, 20_000).high_memory
    monkeypatch.setattr(train_command, "Measured", lambda *args, **named: one)
    assert one.sizes(64).high_memory > most
    one.plan = lambda epochs, *rows: one.sizes(*rows, epochs)
    assert run("train", "shop.jsonl", "--model", "m", f"--memory={-(-most // 1_000)}kB", *OPTIONS, "--epochs=1") == 0
    assert "chunks on disk in m.chunks; expects" in capsys.readouterr().err
    assert (home / "m.chunks" / "data").is_dir() and TitleClassifier.load("m").training_["n_steps"] == 5


def test_ctrl_c_tells_the_options_that_resume(home, known, capsys, monkeypatch):
    monkeypatch.setattr(trainer._Run, "update", interrupted)
    argv = "--model", "m", "--minutes", "0.5", *OPTIONS, "--checkpoints", "c"
    assert run("train", "shop.jsonl", *argv) == 130
    assert ("the same command, with --epochs=5 in place of --minutes and --memory, resumes from the last checkpoint "
            "in c" in capsys.readouterr().err)


def interrupted(*args):
    raise KeyboardInterrupt


@pytest.mark.parametrize("argv, words", [
    (["--minutes", "0.01"], "want an end within 1 s in 9 of 10 cases, got 6 s for one epoch"),
    (["--memory", "50MB"], "memory: want at most 48 MiB, got 1"),
    (["--memory", "50 MB of it"], "--memory: want a size such as 500MB or 2GiB, got '50 MB of it'"),
    (["--minutes", "0"], "--minutes: want a number of minutes above 0, got '0'")])
@pytest.mark.parametrize("command", [["plan"], ["train", "--model", "m"]])
def test_what_does_not_fit_is_an_error_of_one_line(home, known, capsys, command, argv, words):
    try:
        assert run(*command, "shop.jsonl", *argv, *OPTIONS) == 2
    except SystemExit as end:
        assert end.code == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert words in err and err.startswith("nnlite") and not (home / "m").exists()


def test_a_time_that_the_plan_needs_itself_is_refused(home, known, capsys, monkeypatch):
    monkeypatch.setattr(train_command, "time", SimpleNamespace(time=lambda: 7.0))
    assert run("train", "shop.jsonl", "--model", "m", "--minutes", "0.1", *OPTIONS) == 2
    assert "--minutes: want more than the 0.117 that the plan took, got 0.1" in capsys.readouterr().err


def test_standard_input_cannot_be_planned_and_then_read(home, capsys):
    assert run("train", "-", "--model", "m", "--minutes", "1") == 2
    assert "--minutes and --memory want files, which are read twice, got standard input" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--chunks", "c"]])
def test_a_training_does_everything_as_often_as_the_plan_counts(home, known, monkeypatch, options):
    """What is counted takes a second each in the plan, and nothing else any."""
    counts, read = dict.fromkeys(["read", "score", "train"], 0), records.RecordReader._read

    def reading(reader):
        counts["read"] += 1  # when the first record is asked for
        yield from read(reader)

    def counted(owner, name, phase, amount):
        before = getattr(owner, name)

        def function(*args, **named):
            counts[phase] += amount(*args)
            return before(*args, **named)

        monkeypatch.setattr(owner, name, function)

    monkeypatch.setattr(records.RecordReader, "_read", reading)
    counted(MLP, "step", "train", lambda *args: 1)
    counted(trainer, "evaluate", "score", lambda model, data: len(data))
    counted(train_command, "evaluate", "score", lambda model, data: len(data))
    assert run("train", "shop.jsonl", "--model", "m", *OPTIONS, "--holdout", "60", "--epochs", "3", *options) == 0
    seen = dict(counts)
    found = Measured(["shop.jsonl"], holdout=60, hidden=(4,), batch_rows=64, epochs=3)
    found.sample.seconds["read"] = 1.0
    vars(found).update(network=(0.0, None), scores=(1.0, 0.0), save_seconds=0.0, vocabulary_bytes=0)
    found.pace = lambda batch_rows: Pace(1.0, 0.0)
    plan = found.plan(3, 64, 20_000 if options else None)
    assert {name: plan.seconds[name] for name in seen} == seen and plan.n_held == seen["score"] // 4 > 0


def test_a_plan_in_a_process_of_its_own_gives_its_result_or_its_error():
    assert train_command.apart(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        train_command.apart(divmod, 7, 0)
    with pytest.raises(MemoryError, match="the process of the plan was ended"):
        train_command.apart(os._exit, 1)
