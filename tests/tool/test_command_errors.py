"""Claim: whatever is typed, and wherever a command runs, an error is one line; no traceback ever reaches the user."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import finish, one_line, run, start, start_python

from nnlite.tool import commands

QUICK = "--epochs", "2", "--hidden", "8"


@pytest.mark.parametrize("argv, words", [
    ("dance", "unknown command"), ("train", "required"), ("train x.jsonl", "--model"),
    ("train nowhere.jsonl --model m", "nowhere.jsonl: No such file"), ("train . --model m", "a directory, want a file"),
    ("train x.xlsx --model m", "x.xlsx: No such file"), ("train empty.jsonl --model m", "the file is empty"),
    ("train one.jsonl --model m", "want a word that occurs in at least 2 records"),
    ("train one.jsonl --model empty.jsonl", "want a place for a model folder"),
    ("train one.jsonl --model empty.jsonl/m", "empty.jsonl"),
    ("train one.jsonl --model m --epochs 0", "at least 1, got '0'"), ("train one.jsonl --model m --lr x", "from 1e-30"),
    ("train one.jsonl --model m --hidden 5,x", "got 'x'"), ("train one.jsonl --model m --dropout nan", "below 1"),
    ("train one.jsonl --model m --recipe cake", "invalid choice"), ("train one.jsonl --model m --seed -1", "least 0"),
    ("train one.jsonl --model m --threads 1.5", "a whole number"), ("evaluate m one.jsonl", "found no such folder"),
    ("evaluate SHOP nowhere.jsonl", "No such file"), ("evaluate SHOP", "DATA"), ("predict", "DIR"),
    ("predict nowhere title", "found no such folder"), ("predict one.jsonl title", "found no model.json"),
    ("predict SHOP x --top 0", "at least 1"), ("predict SHOP x --threshold 1.1", "at most 1"),
    ("explain SHOP", "TITLE"), ("explain SHOP a b", "one TITLE"), ("explain SHOP " + "a," * 1001, "1,000 words"),
])
def test_an_error_is_one_line_and_exit_code_2(home, tmp_path, monkeypatch, capsys, argv, words):
    monkeypatch.chdir(tmp_path)
    Path("empty.jsonl").touch()
    Path("one.jsonl").write_text('{"title": "a", "category": ["b"]}')
    try:
        code = run(*(str(home / "shop") if word == "SHOP" else word for word in argv.split(" ") if word))
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    said = [line for line in err.splitlines() if line.startswith("nnlite")]
    assert code == 2 and not out and len(said) == 1 and words in said[0]
    assert sorted(os.listdir()) == ["empty.jsonl", "one.jsonl"]


def test_a_damaged_model_is_an_error(home, tmp_path, capsys):
    assert run("train", home / "train.jsonl", "--model", tmp_path / "m", *QUICK, "--quiet") == 0
    with open(tmp_path / "m" / "labels.W.npy", "r+b") as file:
        file.seek(200)
        file.write(b"\0\1\2\3")
    for argv in ("predict", tmp_path / "m", "x"), ("evaluate", tmp_path / "m", home / "test.jsonl"):
        assert run(*argv) == 2 and "labels.W.npy: damaged" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize("error, words", [
    (MemoryError("9 GiB"), "out of memory: 9 GiB"), (KeyError("x"), "KeyError: 'x'"),
    (RecursionError("deep\n!"), "RecursionError: deep !"),
    (OSError(28, "No space left on device"), "No space left on device"), (ValueError("two\nlines"), "two lines"),
])
def test_whatever_happens_is_one_line(monkeypatch, capsys, error, words):
    def fail(args):
        raise error

    monkeypatch.setattr(commands, "predict", fail)
    fail.__name__ = "predict"
    assert run("predict", "m") == 2
    assert words in one_line(capsys.readouterr().err)


WORDS = ["train", "evaluate", "predict", "explain", "--model", "--json", "--top", "3", "--threshold", "0.5", "--", "-h",
         "--seed", "--hidden", "1,2", "HOME/shop", "HOME/test.jsonl", "HOME", "", "\0", "\ud800", "👗", "-1", "1e999"]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=6))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_words_make_a_traceback(home, tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)
    try:
        code = run(*(word.replace("HOME", str(home)) for word in words))
    except SystemExit as stop:
        code = stop.code
    assert code in (0, 2) and "Traceback" not in capsys.readouterr().err


# ---- strange surroundings

KEPT = "PATH", "PYTHONPATH", "NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT"
BARE = {name: os.environ[name] for name in KEPT if name in os.environ}


FOUR_COMMANDS = """
import sys
from nnlite.tool.command_line import main

folder, title = sys.argv[1:]
train, model = folder + "/train.csv", folder + "/m"
for argv in (["train", train, "--model", model, "--epochs", "2", "--hidden", "8"], ["evaluate", model, train],
             ["predict", model, title], ["predict", model, "--json"]):
    print(argv[0], file=sys.stderr)
    assert main(argv) == 0, argv
"""


@pytest.mark.parametrize("more", [
    {}, {"LANG": "C", "HOME": "/nowhere"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1:strict"},
])
def test_any_locale_and_no_home(tmp_path, more):
    """One process, because it takes seconds to start one, with a title as an argument and on standard input."""
    (tmp_path / "train.csv").write_text("title,category\n" + "红 鞋子,鞋\nnew 裙子,Röcke 👗\n" * 20, encoding="utf-8")
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=BARE | more)
    process = subprocess.Popen([sys.executable, "-c", FOUR_COMMANDS, tmp_path, "裙子"], **pipes)
    out, err = process.communicate("鞋子\n".encode(), timeout=600)
    assert process.returncode == 0 and b"Traceback" not in err, err.decode()
    assert err.split()[-2:] == [b"predict"] * 2, "predictions say something else"
    *_, predicted, in_json = out.splitlines()
    assert predicted.count(b"\t") >= 1
    assert (found := json.loads(in_json))["title"] == "鞋子" and found["categories"]


def test_signs_that_the_terminal_cannot_show_are_spelt(home):
    done = start_python("predict", home / "shop", "裙子", env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert finish(done) == (0, r"\u88d9\u5b50" + "\n", "")


def test_one_core(home):
    one = {"preexec_fn": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})}
    argv = "predict", home / "shop", "Blue cotton dress", "--top", 9, "--json"
    assert finish(start_python(*argv, **one)) == finish(start(*argv))


def test_a_full_disk(home, tmp_path):
    train = "train", home / "train.jsonl", "--model", tmp_path / "m", *QUICK, "--quiet"
    code, _, err = finish(start(*train, file_bytes=4096))
    assert code == 2 and "File too large" in one_line(err) and not os.listdir(tmp_path)
    with open("/dev/full", "w") as full:
        code, _, err = finish(start_python("predict", home / "shop", "Blue dress", stdout=full))
    assert code == 2 and "No space left on device" in one_line(err)


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_streams(home, closed):
    argv = "predict", home / "shop", *(["Blue dress"] if closed else [])
    process = start_python(*argv, preexec_fn=lambda: os.close(closed))
    process.stdin.close()
    process.stdin = None
    code, out, err = finish(process)
    assert code == 0 and err == "" and (closed == 1 or bool(out) == bool(closed))
