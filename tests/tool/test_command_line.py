"""Claim: the commands do what their help says, with the manners of a Unix tool."""

import fcntl
import gzip
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from contextlib import suppress

import pytest
from problems import compiled
from running import finish, one_line, run, start, start_python
from shops import lines

from nnlite import make_catalogue
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import commands

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
    assert run("train", home / "train.jsonl", "--model", tmp_path / "m", "--epochs", 9, "--lr", 1e6, "--quiet") == 2
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
    process = start_python("predict", home / "shop", bufsize=0, env=env)
    process.stdout.close()
    with process:
        with suppress(BrokenPipeError):
            while process.poll() is None:
                process.stdin.write(b"Blue cotton dress\n" * 1000)
        assert (process.wait(timeout=120), process.stderr.read()) == (0, b"")
    process = start_python("--help", stdout=(pipe := os.pipe())[1], env=env)
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


# ---- help

@pytest.mark.parametrize("argv", [
    [], ["train"], ["look"], ["plan"], ["propose"], ["evaluate"], ["predict"], ["explain"], ["doctor"]])
def test_help_teaches(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*argv, "--help")
    out = capsys.readouterr().out
    assert stop.value.code == 0 and "exit codes: 0" in out and max(map(len, out.splitlines())) <= 120
    assert argv == ["doctor"] or out.count("  nnlite ") >= 2
