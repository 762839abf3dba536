"""Claim: the commands do what their help says, with the manners of a Unix tool; no traceback ever reaches the user."""

import fcntl
import gzip
import json
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from problems import compiled
from shops import lines

from nnlite import make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import commands
from nnlite.tool.command_line import main

QUICK = "--epochs", "2", "--hidden", "8"
STOPPED = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with train.jsonl, test.jsonl.gz and the model "shop"."""
    home = tmp_path_factory.mktemp("home")
    records = list(make_catalogue(450))
    (home / "train.jsonl").write_text(lines(records[:300]))
    (home / "test.jsonl.gz").write_bytes(gzip.compress(lines(records[300:]).encode()))
    assert run("train", home / "train.jsonl", "--model", home / "shop", *QUICK, "--quiet") == 0
    return home


def run(*argv):
    return main([str(arg) for arg in argv])


def start(*argv, **options):
    """The command line as a process of its own, in bytes, with pipes."""
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-m", "nnlite", *map(str, argv)], **pipes | options)


def finish(process, given=None):
    """(exit code, standard output, standard error) of a process, in which there is no traceback."""
    out, err = process.communicate(given, timeout=120)
    assert not err or b"Traceback" not in err and b"Exception ignored" not in err, err.decode()
    return process.returncode, (out or b"").decode(), (err or b"").decode()


def one_line(err):
    assert err.count("\n") == 1 and err.startswith("nnlite"), err
    return err


# ---- train

def test_training_tells_what_it_does(home, tmp_path, capsys):
    path = tmp_path / "some.jsonl"
    path.write_text("no json\n" + (home / "train.jsonl").read_text())
    assert run("train", path, "--model", tmp_path / "m", *QUICK, "--validation", home / "test.jsonl.gz") == 0
    out, err = capsys.readouterr()
    assert not out
    for words in ("300 records, 1 skipped lines: 1 not JSON", "epoch   1  loss 0.", "epoch   2  loss 0.",
                  "validation after epoch   2  P@1", "10 of 10 steps in"):
        assert words in err, words
    assert err.count("loss") == 3
    model = TitleClassifier.load(tmp_path / "m")
    assert (model.recipe, model.overrides) == ("default", {"epochs": 2, "hidden": (8,)})
    assert model.training_["records"] == 300 and len(model.training_["validation"]) == 2


def test_a_quiet_training_says_nothing(home, tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text("no json\n" + (home / "train.jsonl").read_text())
    assert finish(start("train", path, "--model", tmp_path / "m", *QUICK, "--quiet")) == (0, "", "")


def test_options_arrive(home, tmp_path):
    argv = ("--recipe deck --epochs 1 --batch-rows 100 --lr 0.5 --hidden 5,3 --min-count 7 --label-min-count 9 "
            "--seed 4 --threads 1 --dropout 0.25").split()
    assert run("train", home / "train.jsonl", "--model", tmp_path / "m", "--quiet", *argv) == 0
    model = TitleClassifier.load(tmp_path / "m")
    assert model.recipe == "deck" and model.overrides == dict(
        epochs=1, batch_rows=100, lr=0.5, hidden=(5, 3), min_count=7, label_min_count=9, seed=4, dropout=0.25)
    assert model.model_.hidden == (5, 3) and model.training_["steps"] == 3


def test_a_model_is_replaced_and_nothing_else(home, tmp_path, capsys, monkeypatch):
    train = "train", home / "train.jsonl", *QUICK, "--quiet", "--model"
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    assert run(*train, tmp_path / "m") == run(*train, tmp_path / "m", "--seed", 1) == 0
    assert TitleClassifier.load(tmp_path / "m").overrides["seed"] == 1
    monkeypatch.setattr(commands, "_read", lambda *_: pytest.fail("the place is looked at before the work"))
    for place in tmp_path / "notes", home / "train.jsonl", "/proc/m":
        assert run(*train, place) == 2
        one_line(capsys.readouterr().err)
    assert sorted(os.listdir(tmp_path)) == ["m", "notes"]


def test_checkpoints(home, tmp_path, capsys):
    train = "train", home / "train.jsonl", *QUICK, "--model", tmp_path / "m", "--checkpoints", tmp_path / "c"
    assert run(*train) == 0 and list((tmp_path / "c").iterdir())
    first = (tmp_path / "m" / "labels.W.npy").read_bytes()
    assert run(*train) == 0 and (tmp_path / "m" / "labels.W.npy").read_bytes() == first


@compiled
def test_a_training_that_explodes(home, tmp_path, capsys):
    assert run("train", home / "train.jsonl", "--model", tmp_path / "m", "--epochs", 9, "--lr", 1e9, "--quiet") == 2
    assert "learning rate" in one_line(capsys.readouterr().err)
    assert not (tmp_path / "m").exists()


@compiled
@STOPPED
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_or_sigterm_saves_what_is_learnt(home, tmp_path, number):
    process = start("train", home / "train.jsonl", "--model", tmp_path / "m", "--epochs", 100_000, "--hidden", 8)
    while b"epoch" not in process.stderr.readline():
        pass
    process.send_signal(number)
    code, _, err = finish(process)
    assert code == 130 and "interrupted, what was learnt so far is saved" in err
    model = TitleClassifier.load(tmp_path / "m")
    assert 5 <= model.training_["steps"] < model.training_["n_steps"] and model.predict(["Blue cotton dress"])


@STOPPED
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_or_sigterm_before_anything_is_learnt(tmp_path, number):
    os.mkfifo(tmp_path / "slow.jsonl")
    process = start("train", tmp_path / "slow.jsonl", "--model", tmp_path / "m")
    assert b"reading" in process.stderr.readline()
    while process.poll() is None:  # a signal just before the call that waits for the pipe is seen after it only
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
    code, _, err = finish(process)
    assert code == 130 and one_line(err).startswith("nnlite: interrupted; ") and not (tmp_path / "m").exists()


@compiled
def test_a_bar_on_a_terminal(home, tmp_path):
    pytest.importorskip("tqdm", reason="the progress bar needs tqdm")
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = start("train", home / "train.jsonl", "--model", tmp_path / "m", *QUICK, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 1 << 16):
            shown += block
    except OSError:  # Linux says so when the last writer has gone
        pass
    os.close(ours)
    assert finish(process)[0] == 0 and b"10/10" in shown and b"epoch   1" not in shown


# ---- evaluate

def test_scores_in_a_table_and_in_json(home, capsys):
    assert run("evaluate", home / "shop", home / "test.jsonl.gz", "--json") == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["rows"] == 150 and 0.2 < scores["P@1"] <= 1
    assert run("evaluate", home / "shop", home / "test.jsonl.gz") == 0
    out, err = capsys.readouterr()
    assert f"{100 * scores['P@1']:.2f} %" in out and f"{scores['bce']:.5f}" in out and "150 records" in err


def test_scores_of_a_model_with_few_categories(tmp_path, capsys):
    (tmp_path / "two.csv").write_text("title,category\n" + "red shoe,Shoes\nblue bag,Bags\n" * 20)
    assert run("train", tmp_path / "two.csv", "--model", tmp_path / "m", *QUICK) == 0
    assert run("evaluate", tmp_path / "m", tmp_path / "two.csv") == 0
    assert "@1" in (out := capsys.readouterr().out) and "@3" not in out


def test_records_of_another_world(home, tmp_path, capsys):
    (tmp_path / "x.jsonl").write_text(json.dumps({"title": "blue dress", "category": ["Unheard of"]}))
    assert run("evaluate", home / "shop", tmp_path / "x.jsonl") == 2
    assert "want records with a category that the model knows" in capsys.readouterr().err


# ---- predict

def test_titles_as_arguments(home, capsys):
    assert run("predict", home / "shop", "Blue cotton dress", "", "qqq", "a\tb &amp; c") == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.split("\n")]
    assert [row[0] for row in rows] == ["Blue cotton dress", "", "qqq", "a b & c", ""]
    assert len(rows[0]) > 1 and 0 < float(rows[0][1].rpartition(" ")[2]) < 1
    assert rows[1:3] == [[""], ["qqq"]]


def test_top_and_threshold(home, capsys):
    def predicted(*options):
        assert run("predict", home / "shop", "Blue cotton dress", "--json", *options) == 0
        return [(c["category"], c["probability"]) for c in json.loads(capsys.readouterr().out)["categories"]]

    model = TitleClassifier.load(home / "shop")
    assert predicted() == model.predict_above(["Blue cotton dress"])[0]
    top = model.predict_top_k(["Blue cotton dress"], 7)[0]
    assert predicted("--top", 7) == top
    assert predicted("--top", 7, "--threshold", 1) == predicted("--threshold", 1) == []
    between = (top[1][1] + top[2][1]) / 2
    assert predicted("--top", 7, "--threshold", between) == top[:2]
    assert [name for name, _ in predicted("--threshold", between)] == [name for name, _ in top[:2]]
    assert len(predicted("--threshold", 0)) == len(model.classes_)
    assert len(predicted("--top", 10**6)) == len(model.classes_)


def test_a_line_for_every_line_as_soon_as_it_comes(home):
    process = start("predict", home / "shop", "--json")
    for title in "Blue dress", "", "Steel pan", "裙子 👗":
        process.stdin.write(f"{title}\n".encode())
        process.stdin.flush()
        assert select.select([process.stdout], [], [], 60)[0]
        assert json.loads(process.stdout.readline())["title"] == title
    assert finish(process) == (0, "", "")


@pytest.mark.parametrize("given, titles", [
    (b"", []), (b"\n", [""]), (b"a", ["a"]), (b"a\n\nb", ["a", "", "b"]), (b"a\r\nb\r\n", ["a", "b"]),
    (b"\xff\n", ["\ufffd"]), (b"a\0b\n", ["ab"]), (b"\xed\xa0\x80\n", ["\ufffd" * 3]), (b"<b>A</b>\n", ["A"]),
    (b"\n".join(b"%d" % i for i in range(50_000)), [str(i) for i in range(50_000)]),
    (b"x" * (3 << 20) + b"\nb\n", ["x" * (1 << 20), "b"]),
], ids=range(11))  # pytest 7 hands the name of a test to its processes: it must be short
def test_standard_input(home, given, titles):
    code, out, err = finish(start("predict", home / "shop", "--json"), given)
    assert (code, err) == (0, "") and [json.loads(line)["title"] for line in out.splitlines()] == titles


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_the_reader_of_the_output_may_stop_early(home, unbuffered):
    """With a buffer the last output is written at exit, where Python itself would print an error."""
    env = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    process = start("predict", home / "shop", bufsize=0, env=env)
    process.stdout.close()
    with process:
        with suppress(BrokenPipeError):
            while process.poll() is None:
                process.stdin.write(b"Blue cotton dress\n" * 1000)
        assert (process.wait(timeout=120), process.stderr.read()) == (0, b"")
    process = start("--help", stdout=(pipe := os.pipe())[1], env=env)
    os.close(pipe[0]), os.close(pipe[1])
    assert finish(process) == (0, "", "")


@STOPPED
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_or_sigterm_while_predicting(home, number):
    process = start("predict", home / "shop")
    process.stdin.write(b"Blue dress\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"Blue dress\t")
    process.send_signal(number)
    assert finish(process) == (130, "", "nnlite: interrupted\n")


# ---- explain

def test_explanations(home, capsys):
    assert run("explain", home / "shop", "Blue cotton dress", "--top", 2) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 8 and [line.split()[-1] for line in out[1:4]] == ["blue", "cotton", "dress"]
    assert run("explain", home / "shop", "Blue cotton dress", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["title"] == "Blue cotton dress" and len(found["categories"]) == 3
    assert [effect["word"] for effect in found["categories"][0]["effects"]] == ["blue", "cotton", "dress"]


# ---- errors

@pytest.mark.parametrize("argv, words", [
    ("dance", "unknown command"), ("train", "required"), ("train x.jsonl", "--model"),
    ("train nowhere.jsonl --model m", "nowhere.jsonl: No such file"), ("train . --model m", "a directory, want a file"),
    ("train x.xlsx --model m", "x.xlsx: No such file"), ("train empty.jsonl --model m", "the file is empty"),
    ("train one.jsonl --model m", "want a word that occurs in at least 2 records"),
    ("train one.jsonl --model empty.jsonl", "want a place for a model folder"),
    ("train one.jsonl --model empty.jsonl/m", "empty.jsonl"),
    ("train one.jsonl --model m --epochs 0", "at least 1, got '0'"), ("train one.jsonl --model m --lr x", "above 0"),
    ("train one.jsonl --model m --hidden 5,x", "got 'x'"), ("train one.jsonl --model m --dropout nan", "below 1"),
    ("train one.jsonl --model m --recipe cake", "invalid choice"), ("train one.jsonl --model m --seed -1", "least 0"),
    ("train one.jsonl --model m --threads 1.5", "a whole number"), ("evaluate m one.jsonl", "found no model.json"),
    ("evaluate SHOP nowhere.jsonl", "No such file"), ("evaluate SHOP", "DATA"), ("predict", "DIR"),
    ("predict nowhere title", "found no model.json"), ("predict one.jsonl title", "found no model.json"),
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
    for argv in ("predict", tmp_path / "m", "x"), ("evaluate", tmp_path / "m", home / "test.jsonl.gz"):
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
         "--seed", "--hidden", "1,2", "HOME/shop", "HOME/test.jsonl.gz", "HOME", "", "\0", "\ud800", "👗", "-1", "1e999"]


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
    done = start("predict", home / "shop", "裙子", env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert finish(done) == (0, r"\u88d9\u5b50" + "\n", "")


def test_one_core(home):
    one = {"preexec_fn": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})}
    argv = "predict", home / "shop", "Blue cotton dress", "--top", 9, "--json"
    assert finish(start(*argv, **one)) == finish(start(*argv))


def test_a_full_disk(home, tmp_path):
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))}
    code, _, err = finish(start("train", home / "train.jsonl", "--model", tmp_path / "m", *QUICK, "--quiet", **limit))
    assert code == 2 and "File too large" in one_line(err) and not os.listdir(tmp_path)
    with open("/dev/full", "w") as full:
        code, _, err = finish(start("predict", home / "shop", "Blue dress", stdout=full))
    assert code == 2 and "No space left on device" in one_line(err)


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_streams(home, closed):
    argv = "predict", home / "shop", *(["Blue dress"] if closed else [])
    process = start(*argv, preexec_fn=lambda: os.close(closed))
    process.stdin.close()
    process.stdin = None
    code, out, err = finish(process)
    assert code == 0 and err == "" and (closed == 1 or bool(out) == bool(closed))


@pytest.mark.parametrize("argv", [
    [], ["train"], ["look"], ["plan"], ["propose"], ["evaluate"], ["predict"], ["explain"], ["doctor"]])
def test_help_teaches(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*argv, "--help")
    out = capsys.readouterr().out
    assert stop.value.code == 0 and "exit codes: 0" in out and max(map(len, out.splitlines())) <= 120
    assert argv == ["doctor"] or out.count("  nnlite ") >= 2
