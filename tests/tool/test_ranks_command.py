"""Claim: `mpiexec -n P nnlite train` saves the model of one process, and ends in one line if a rank fails or dies."""

import os
import signal
import subprocess
from contextlib import redirect_stderr
from types import SimpleNamespace

import nnlite
import pytest
from mpi import command, environment, needs_mpi, on_mpi, wait_for, watchers_of, workers_of
from problems import bits
from running import one_line, run
from shops import lines

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import on_ranks
from nnlite.tool.command_line import parser

OPTIONS = "--shards", "4", "--epochs", "2", "--hidden", "8", "--label-min-count", "2"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with shop.jsonl of 600 products, "one", the model of one process, and what that said, in said.txt."""
    folder = tmp_path_factory.mktemp("ranks")
    (folder / "shop.jsonl").write_text(lines(nnlite.make_catalogue(600)))
    with open(folder / "said.txt", "w") as said, redirect_stderr(said):
        assert run(*train(folder, "one")[2:]) == 0
    return folder


def train(shop, name, *more):
    """The words of a command that trains a model of this name."""
    return ["-m", "nnlite", "train", shop / "shop.jsonl", "--model", shop / name, "--chunks", shop / f"{name} chunks",
            "--chunk-rows", 100, *OPTIONS, *more]


@pytest.mark.parametrize("argv, words", [
    ("explain m title", "for train, evaluate and predict, got 2 ranks for explain"),
    ("predict m --shards 2", "got standard input"), ("predict m --data - --shards 2", "got standard input"),
    ("train a.csv --model m", "as ranks, 2, got 1"), ("evaluate m a.csv", "as ranks, 2, got 1"),
    ("train a.csv --model m --shards 2 --minutes 5", "without mpiexec"),
    ("train a.csv --model m --shards 2 --from m", "--from: want it without mpiexec"),
    ("train - --model m --shards 2", "got standard input"),
])
def test_what_ranks_cannot_do_together_is_refused(monkeypatch, argv, words):
    monkeypatch.setattr(on_ranks, "launched", lambda: True)
    monkeypatch.setattr(on_ranks, "world", lambda: SimpleNamespace(size=2, threads=lambda: 1))
    with pytest.raises(ValueError, match=words):
        on_ranks.check(parser().parse_args(argv.split()))


def test_a_process_alone_is_not_watched(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    assert on_ranks.watched(lambda argv: argv)(5) == 5


@needs_mpi
def test_a_killed_rank_ends_all_in_one_line_and_they_resume_to_the_model_of_one_process(shop):
    words = train(shop, "two", "--checkpoints", shop / "saved")
    for victims, said in (workers_of, "rank 1 was ended by SIGKILL"), (watchers_of, "that watches rank 1 was ended"):
        process = subprocess.Popen(command(2, *words, "--quiet"), text=True, env=environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for(lambda: list((shop / "saved").glob("shard-*/.lock")) or process.poll() is not None)
        wait_for(lambda: len(workers_of(process.pid)) == 2 or process.poll() is not None)
        os.kill(victims(process.pid)[1], signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 2 and said in one_line(err) and not out

    done = on_mpi(2, *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("holds out 60 of 600 products") == done.stderr.count("first category named") == 1
    one, two = (TitleClassifier.load(shop / name) for name in ("one", "two"))
    assert bits(one.model_) == bits(two.model_) and one.threshold_ == two.threshold_
    assert one.vocabulary_.words == two.vocabulary_.words and "shards" not in two.overrides
    said = [(shop / "said.txt").read_text().splitlines(), done.stderr.splitlines()]
    scores = [[line for line in lines if "first category named" in line] for lines in said]
    assert scores[0] == scores[1]


@needs_mpi
def test_ranks_print_the_scores_of_one_process_with_as_many_shards(shop, capsys):
    words = ["evaluate", shop / "one", shop / "shop.jsonl", "--json", "--shards", 4, "--report", shop / "page.html"]
    done = on_mpi(2, "-m", "nnlite", *words)
    assert done.returncode == 0, done.stderr
    assert run(*words) == 0
    assert done.stdout == capsys.readouterr().out and "P@1" in done.stdout


@needs_mpi
def test_ranks_predict_what_one_process_predicts(shop, capsys):
    words = ["predict", shop / "one", "--data", shop / "shop.jsonl", "--shards", 4, "--out"]
    done = on_mpi(3, "-m", "nnlite", *words, shop / "several.jsonl")
    assert done.returncode == 0, done.stderr
    assert run(*words, shop / "alone.jsonl") == 0
    assert (shop / "several.jsonl").read_bytes() == (shop / "alone.jsonl").read_bytes()
    words = ["predict", shop / "one", "Blue cotton dress", "--top", 4, "--shards", 4, "--json"]
    capsys.readouterr()
    assert run(*words) == 0
    assert on_mpi(2, "-m", "nnlite", *words).stdout == capsys.readouterr().out


@needs_mpi
def test_an_error_is_said_once(shop):
    done = on_mpi(2, *train(shop, "none", "--shards", 1))
    assert done.returncode == 2
    assert "--shards: want at least as many as ranks, 2, got 1" in one_line(done.stderr)
