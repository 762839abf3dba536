"""Claim: nothing hostile hangs nnlite, makes it fail otherwise than documented, or makes it give a wrong answer; and the
fuzzer that looks for such inputs (`fuzz.py`) notices what it should notice."""

import time
from pathlib import Path

import fuzz
import pytest
from problems import compiled

FUZZ = Path(fuzz.__file__)


@pytest.mark.parametrize("name", ["records", "xmc", "mapping"])
def test_files(name, tmp_path, monkeypatch):
    feed(name, 400, tmp_path, monkeypatch)


@compiled
@pytest.mark.parametrize("name", ["titles", "vocabulary", "model", "chunks", "command"])
def test_titles_and_folders(name, tmp_path, monkeypatch):
    feed(name, 60, tmp_path, monkeypatch)


def feed(name, n_inputs, folder, monkeypatch):
    """The first inputs of a target, in this process. Some are accepted, some are refused."""
    monkeypatch.chdir(folder)
    check = fuzz.TARGETS[name].start(folder)
    outcomes = {bool(check(fuzz.made(name, number))) for number in range(n_inputs)}
    assert outcomes == {True, False}


def test_an_input_is_made_by_its_number():
    for name in fuzz.TARGETS:
        if name not in ("model", "chunks"):
            assert repr(fuzz.made(name, 7)) == repr(fuzz.made(name, 7)) != repr(fuzz.made(name, 8))


def accept(folder):
    return lambda number: number % 2 == 0


def fail_at_5(folder):
    return lambda number: 1 / (number - 5)


def sleep_at_5(folder):
    return lambda number: time.sleep(99 * (number == 5))


def die_at_5(folder):
    return lambda number: number == 5 and fuzz.os.abort()


def itself(rng):
    return rng
