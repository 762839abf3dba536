"""Claim: what a command is to write replaces nothing but its like, and what is wrong is said before the work."""

import os

import pytest
import train_amazon
from shops import lines

import nnlite
from benchmarks import report
from nnlite.tool import command_line, places
from nnlite.tool.command_line import main

MAKE = {
    "folder": lambda path: path.mkdir(), "link": lambda path: path.symlink_to("data.jsonl"),
    "fifo": lambda path: os.mkfifo(path), "hardlink": lambda path: os.link("data.jsonl", path),
    "full": lambda path: (path / "other").mkdir(parents=True),
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The current folder, with data.jsonl, other.jsonl, and no reading of records: it would be the work."""
    monkeypatch.chdir(tmp_path)
    for name in "data.jsonl", "other.jsonl":
        (tmp_path / name).write_text(lines(nnlite.make_catalogue(20)))
    (tmp_path / "mapping.tsv").write_text("*\t\n")

    def work(*_, **__):
        pytest.fail("the work has begun")

    for module in command_line.commands, train_amazon.nnlite:
        monkeypatch.setattr(module, "read_records", work)
    monkeypatch.setattr(command_line.commands.TitleClassifier, "fit_files", work)
    monkeypatch.setattr(command_line.commands.TitleClassifier, "load", work)
    return tmp_path


def contents(folder):
    """What is in a folder: path -> its bytes, or what it is."""
    return {path: path.read_bytes() if path.is_file() else os.lstat(path).st_mode for path in folder.rglob("*")}


TRAIN = "train data.jsonl --validation other.jsonl --mapping mapping.tsv"
BAD = [
    *(f"{TRAIN} --model shop --report {place}" for place in (
        "folder", "link", "fifo", "hardlink", "/dev/null", "/dev/stdout", "data.jsonl", "./data.jsonl", "other.jsonl",
        "mapping.tsv", "shop", "shop/report.html", "folder/../shop/a/b.html", "none/report.html", "data.jsonl/a.html")),
    *(f"{TRAIN} --model {a} --chunks {b} --checkpoints {c}" for a, b, c in (
        "aab", "aba", "baa", ("a", "a/b", "c"), ("a/b", "a", "c"), ("a", "b", "b/c/d"), ("a", "b/c/d", "b"),
        ("a", "b", "./a"), ("a", "folder/../a", "b"))),
    f"{TRAIN} --model a --chunks b --report b/c", f"{TRAIN} --model a --checkpoints b --report b",
    f"{TRAIN} --model data.jsonl", f"{TRAIN} --model link", f"{TRAIN} --model full",
    f"{TRAIN} --model a --from mapping.tsv",
    f"{TRAIN} --model a --chunks other.jsonl", f"{TRAIN} --model a --checkpoints data.jsonl",
    *(f"evaluate folder data.jsonl --report {place}" for place in (
        "folder", "folder/a.html", "data.jsonl", "hardlink", "fifo", "link", "/dev/null")),
    *(f"propose data.jsonl --out {place}" for place in (
        "data.jsonl", "hardlink", "folder", "fifo", "link", "dangling", "/dev/null", "none/mapping.tsv")),
    *(f"page folder --out {place}" for place in (
        "folder", "folder/a.html", "fifo", "link", "/dev/null", "none/a.html")),
    *(f"predict folder --data data.jsonl --out {place}" for place in (
        "data.jsonl", "hardlink", "folder", "folder/a.csv", "fifo", "link", "/dev/null", "none/a.csv")),
    *(f"shrink folder --mb 1 --out {place}" for place in (
        "folder", "folder/a", "data.jsonl", "fifo", "link", "full")),
    *(f"audit data.jsonl --out {out} --report {report}" for out, report in (
        ("made.csv/a.csv", "a.html"), ("a.csv", "data.jsonl"), ("a.csv", "a.csv"), ("a.csv", "none/a.html"),
        ("a.csv", "folder"), ("a.csv", "link"))),
    "audit data.jsonl --mapping mapping.tsv --out mapping.tsv",
    "audit data.jsonl --mapping mapping.tsv --out a.csv --report mapping.tsv",
]


@pytest.mark.parametrize("words", BAD)
def test_a_bad_place_is_one_line_before_the_work(home, monkeypatch, capsys, words):
    for name, make in MAKE.items():
        make(home / name)
    (home / "dangling").symlink_to("nowhere")
    before = contents(home)
    assert main(words.split()) == 2
    err = capsys.readouterr().err
    assert err.startswith("nnlite: error: ") and err.count("\n") == 1, err
    assert contents(home) == before


@pytest.mark.parametrize("out, data, figures", [
    ("data.jsonl", "data.jsonl", "f"), ("link", "other.jsonl", "f"), ("made", "data.jsonl", "f"),
    ("out", "data.jsonl", "data.jsonl"), ("out", "data.jsonl", "hardlink"), ("out", "data.jsonl", "fifo"),
    ("out", "data.jsonl", "folder"), ("out", "data.jsonl", "link"), ("out", "data.jsonl", "out/default/f"),
    ("out", "data.jsonl", "out/curves.png"), ("out", "data.jsonl", "none/f"), (".", "metrics.json", "f")])
def test_a_bad_place_of_the_example_is_one_line_before_the_work(home, capsys, out, data, figures):
    for name, make in MAKE.items():
        make(home / name)
    os.link("data.jsonl", "metrics.json")
    (home / "made" / "curves.png").mkdir(parents=True)
    before = contents(home)
    assert train_amazon.main(["--data", data, "--out", out, "--json", figures]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1, err
    assert contents(home) == before


@pytest.mark.parametrize("place", ["/dev/null", "folder", "link", "data.jsonl", "none/f"])
@pytest.mark.parametrize("option", ["--json", "--picture"])
def test_a_bad_place_of_a_benchmark_is_one_line_before_the_work(home, capsys, option, place):
    for name, make in MAKE.items():
        make(home / name)
    parser = report.parser("what", "how", titles=True)
    parser.add_argument("--picture")
    with pytest.raises(SystemExit) as stop:
        parser.parse_args([option, place, "--titles", "data.jsonl"])
    assert stop.value.code == 2 and capsys.readouterr().err.count("\n") == 1


def test_places_apart_are_accepted(home):
    places.check({"--report": home / "a.html", "--none": None}, {"--model": home / "a", "--chunks": home / "ab"},
                 [home / "data.jsonl"])
    (home / "a.html").write_text("an old report")
    places.check({"--report": home / "a.html"}, inputs=[home / "none.jsonl"])
    assert (home / "a.html").read_text() == "an old report"
