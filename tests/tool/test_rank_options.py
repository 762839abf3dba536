"""Claim: a rank of several knows its number and its share of the threads, and tells the others when it ends."""

import re
from types import SimpleNamespace

import pytest
from running import one_line, run

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import on_ranks
from nnlite.tool.command_line import parser
from nnlite.training import planning, rank_costs, recipes


@pytest.fixture
def three(monkeypatch):
    """A process that is one of three ranks; what the others are told, and why it ends."""
    seen = []
    ranks = SimpleNamespace(size=3, threads=lambda: 7, failed=lambda error, last: seen.append((error, last)))
    monkeypatch.setattr(on_ranks, "launched", lambda: True)
    monkeypatch.setattr(on_ranks, "world", lambda: ranks)
    monkeypatch.setattr(on_ranks, "_told", [])
    monkeypatch.setitem(on_ranks.sys.modules, "mpi4py.MPI", None)  # as in a rank that runs already
    for name in on_ranks.RANK_NAMES:
        monkeypatch.delenv(name, raising=False)
    return seen


@pytest.mark.parametrize("line, threads", [
    ("train a.csv --model m --shards 3", 7), ("train a.csv --model m --shards 9 --threads 2", 2),
    ("evaluate m a.csv --shards 3", None), ("predict m title --shards 3", None),
    ("predict m --data a.csv --shards 3", None), ("predict m a.csv - --data a.csv --shards 3", "standard input"),
    ("train a.csv --model m --shards 2", "at least as many as ranks, 3, got 2"),
    ("train a.csv --model m --shards 3 --memory 1GiB", "without mpiexec, because they measure"),
    ("doctor", "got 3 ranks for doctor"), ("train a.csv - --model m --shards 3", "got standard input")])
def test_what_ranks_do_together(three, line, threads):
    args = parser().parse_args(line.split())
    if isinstance(threads, str):
        with pytest.raises(ValueError, match=threads):
            on_ranks.check(args)
    else:
        on_ranks.check(args)
        assert getattr(args, "threads", None) == threads


def test_a_process_alone_is_not_checked():
    on_ranks.check(parser().parse_args("train - --model m --minutes 5".split()))


def test_an_error_is_told_to_the_others_and_in_a_line(three, capsys):
    assert run("doctor") == 2
    assert "got 3 ranks for doctor" in one_line(capsys.readouterr().err)
    (error, last), = three
    assert isinstance(error, ValueError) and last is True and on_ranks._told == [error]


@pytest.mark.parametrize("error", [ImportError("no MPI"), ValueError("no MPI")])
def test_an_error_of_all_ranks_is_not_told(three, monkeypatch, error):
    def world():
        raise error

    monkeypatch.setattr(on_ranks, "world", world)
    on_ranks.tell(KeyError("x"))
    assert not three and len(on_ranks._told) == 1


def test_a_process_alone_tells_nobody(monkeypatch):
    monkeypatch.setattr(on_ranks, "_told", [])
    monkeypatch.setattr(on_ranks, "world", lambda: pytest.fail("there are no others"))
    on_ranks.tell(KeyError("x"))
    assert on_ranks._told == []


@pytest.mark.parametrize("name", on_ranks.RANK_NAMES)
@pytest.mark.parametrize("rank", [0, 1, 12])
def test_the_number_of_a_rank_is_that_of_mpiexec(three, monkeypatch, name, rank):
    assert on_ranks._rank() == 0 and on_ranks.is_first()
    monkeypatch.setenv(name, str(rank))
    assert on_ranks._rank() == rank and on_ranks.is_first() == (rank == 0)
    monkeypatch.setattr(on_ranks, "launched", lambda: False)
    assert on_ranks._rank() == 0 and on_ranks.is_first()


def test_of_several_ranks_each_predicts_with_the_saved_model(three, monkeypatch):
    monkeypatch.setattr(TitleClassifier, "load", lambda folder: ("loaded", folder))
    assert on_ranks.alone("own", "m") == ("loaded", "m")
    monkeypatch.setattr(on_ranks, "launched", lambda: False)
    assert on_ranks.alone("own", "m") == "own"


@pytest.mark.parametrize("n_ranks", [1, 3])
def test_a_plan_says_what_ranks_take(n_ranks):
    n = 1_000_000
    found = planning.plan_of(recipes.default(planning.Expected(n, 100_000, 5_000, 10)), ["a"], "default", n, 1.0)
    found.memory |= {"parameters": 3 * 2**30, "optimiser": 3 * 2**29}
    found.seconds["train"] = 4_000.0
    want = rank_costs.shared(found, n_ranks)
    said = on_ranks.foretold(found, n_ranks)
    assert said.startswith(f"ranks      {n_ranks}, each as fast as this process: {4_608 / n_ranks:,.0f} MiB of ")
    numbers = [float(figure.replace(",", "")) for figure in re.findall(r"[\d,]*\d\.?\d*", said)]
    assert numbers[2:] == [round(want.sent / 2**20), round(4_000 / n_ranks, 1), round(want.message_seconds, 1), 10, 30]


@pytest.mark.parametrize("code, rank", [(0, 0), (7, 0), (0, 1)])
def test_a_rank_above_the_first_prints_nothing(three, monkeypatch, capsys, code, rank):
    monkeypatch.setenv("PMI_RANK", str(rank))
    monkeypatch.setattr(on_ranks.sys, "stdout", on_ranks.sys.stdout)
    monkeypatch.setattr(on_ranks.sys, "stderr", on_ranks.sys.stderr)

    def main(argv):
        print(f"out {argv}")
        print("err", file=on_ranks.sys.stderr)
        return code

    assert on_ranks._one_rank(main, ["a"]) == code
    assert capsys.readouterr() == (("", "") if rank else ("out ['a']\n", "err\n"))


@pytest.mark.parametrize("rank, said", [(0, ""), (2, "nnlite: error: x (rank 2)\n")])
def test_a_rank_that_has_failed_speaks_if_the_first_has_not(three, monkeypatch, capsys, rank, said):
    waited, ends = [], []
    monkeypatch.setenv("PMI_RANK", str(rank))
    monkeypatch.setattr(on_ranks.sys, "stdout", on_ranks.sys.stdout)
    monkeypatch.setattr(on_ranks.sys, "stderr", on_ranks.sys.stderr)
    monkeypatch.setattr(on_ranks, "_told", [KeyError("x")])
    monkeypatch.setattr(on_ranks.time, "sleep", waited.append)
    monkeypatch.setattr(on_ranks, "_end_all", ends.append)
    on_ranks._one_rank(lambda argv: print("first\nnnlite: error: x", file=on_ranks.sys.stderr) or 2, [])
    assert ends == [2] and waited == ([on_ranks.GRACE_SECONDS] if rank else [])
    assert capsys.readouterr().err == (said or "first\nnnlite: error: x\n")
