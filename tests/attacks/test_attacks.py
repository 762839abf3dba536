"""Claim: no attack crashes nnlite, hangs it, corrupts what it computes or writes, or is answered wrongly. The runner
(`attack.py`) notices each of these."""

import contextlib
import importlib
import os
import tempfile
from pathlib import Path

import attack
import attack_long
import children
import pytest
import sample_attacks
from problems import Clock, compiled

IDEAS = sorted(path.stem for path in Path(__file__).parent.glob("attack_*.py"))
FRESH = {"attack_forks"}  # in a new process, because one attack is to be the first to compute anything


class Copied:
    """Like what `attack.started` returns, but a copy of a process that has loaded kernels, which takes seconds."""

    def __init__(self, path, names, seconds, folder, errors):
        ours, theirs = children.context.Pipe(duplex=False)
        given = theirs, Path(path).stem, names, seconds, folder, errors
        self.process = children.begin(run_attacks, *given, daemon=False)  # races start processes
        theirs.close()
        self.stdout, self.kill, self.wait = open(os.dup(ours.fileno())), self.process.kill, self.process.join

    @property
    def returncode(self):
        return self.process.exitcode


def run_attacks(pipe, idea, names, seconds, folder, errors):
    """What `attack.main` does in a child; its standard output is the pipe."""
    os.dup2(pipe.fileno(), 1)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
    pipe.close()
    tempfile.tempdir = folder
    attack.work(importlib.import_module(idea).ATTACKS, names, seconds)


@compiled
@pytest.mark.parametrize("idea", IDEAS)
def test_every_attack_fails(idea):
    module = importlib.import_module(idea)
    start = attack.started if idea in FRESH else Copied
    outcomes = list(attack.run(module.__file__, list(module.ATTACKS), start=start))
    assert len(outcomes) == len(module.ATTACKS)
    succeeded = [one for one in outcomes if not one.withstood]
    assert not succeeded, f"{len(succeeded)} of {len(outcomes)}\n{attack.table(succeeded)}"


WITHSTOOD = {"right": "right answer", "refused": "error (ValueError: FOLDER: want one", "again": "right answer",
             "last": "error (ValueError"}
SUCCEEDED = {"undocumented": "not documented: KeyError", "accepted": "accepted", "lines": "error (ValueError: a\nb",
             "warning": "not documented: UserWarning: look", "wrong": "wrong answer: 2 is not 3",
             "crash": "crash: exit code", "exit": "crash: exit code 0", "hang": "no answer within 0.5 s"}


@pytest.mark.parametrize("start", [attack.started, Copied])
def test_the_runner_notices_how_attacks_end_and_goes_on(start, monkeypatch):
    monkeypatch.setattr(attack, "LIMIT_SECONDS", 0.5)
    running = attack.run(sample_attacks.__file__, list(sample_attacks.ATTACKS), start=start)
    outcomes = {"hang": next(running)}
    monkeypatch.undo()
    outcomes |= {one.name: one for one in running}
    assert list(outcomes) == list(sample_attacks.ATTACKS)
    for withstood, texts in (True, WITHSTOOD), (False, SUCCEEDED):
        for name, text in texts.items():
            assert outcomes[name].withstood is withstood and outcomes[name].text.startswith(text), outcomes[name]


def test_a_file_that_cannot_be_run_is_a_failure(tmp_path):
    path = tmp_path / "attack_none.py"
    path.write_text("1 / 0\n")
    found, = attack.run(str(path), ["a", "b"])
    assert not found.withstood and "ZeroDivisionError" in found.text


@pytest.mark.parametrize("seconds, accepted", [
    (lambda size: size / 1e6, True), (lambda size: size / 1e6 + (size > 3_000), True),
    (lambda size: (size / 5_000) ** 2, False), (lambda size: size / 1e7 + (size / 20_000) ** 2, False)],
    ids=["linear", "one jump", "quadratic", "quadratic from some length on"])
def test_only_time_that_goes_on_growing_is_too_much(seconds, accepted, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(attack_long, "time", clock)

    def use(size, case):
        clock.now += seconds(size)

    with contextlib.nullcontext() if accepted else pytest.raises(AssertionError, match="became"):
        attack_long.grows(int, use, 5_000, None)
