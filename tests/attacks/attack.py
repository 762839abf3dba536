"""Run attacks: hostile uses of nnlite, each of which must end with a documented error or with the right answer.

A file `attack_IDEA.py` holds ATTACKS, a dict of name -> Attack, and calls `main`:

    python tests/attacks/attack_racing_folders.py --seconds 60    each of its races for a minute
    python tests/attacks/attack_models.py ids counts              only attacks whose names contain one of these texts

It prints a table, attack: outcome, and exits with 1 if an attack has succeeded. An attack succeeds by a crash, a hang,
a warning, a wrong answer, an exception that is not documented, or a message of several lines. `test_attacks.py` runs
them all briefly.

Attacks run in a child process, one after the other. If the child dies or hangs, that is the outcome of the attack it
was running, and the others continue in a new child.
"""

import argparse
import faulthandler
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).parent.parent))  # `handmade` is there

START_SECONDS = 300  # until a child begins: kernels may have to be compiled
LIMIT_SECONDS = 60  # of an attack, besides the seconds that it was asked to take
LONGEST_MESSAGE = 3_000  # characters
MEMORY = Path("/dev/shm")  # where it is, attacks write there: a file that is synced to a disk takes long
RIGHT, SKIPPED = "right answer", "skipped: "


class Attack(NamedTuple):
    """What to run, with a Case; errors: the documented ones; refused: whether one of them must be raised."""

    run: Callable
    errors: tuple[type[Exception], ...] = (ValueError, TypeError)
    refused: bool = False


class Case:
    """What an attack is given: an empty folder of its own, and how long a race goes on."""

    def __init__(self, folder: Path, seconds: float):
        self.folder, self.seconds = folder, seconds

    def rounds(self, least: int = 1) -> Iterator[int]:
        """0, 1, 2, ...: at least so many numbers, and until the seconds have passed."""
        number, end = 0, time.monotonic() + self.seconds
        while number < least or time.monotonic() < end:
            yield number
            number += 1


class Skip(Exception):
    """This system cannot run the attack."""


class Outcome(NamedTuple):
    """How an attack ended: whether nnlite withstood it, and what happened."""

    name: str
    withstood: bool
    text: str


def outcome(name: str, attack: Attack, seconds: float) -> Outcome:
    """Run an attack in this process."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            attack.run(Case(Path(folder), seconds))
        except Skip as reason:
            return Outcome(name, True, f"{SKIPPED}{reason}")
        except attack.errors as error:
            text = f"error ({type(error).__name__}: {error})".replace(folder, "FOLDER")
            return Outcome(name, "\n" not in text and len(text) < LONGEST_MESSAGE, text)
        except AssertionError as error:
            return Outcome(name, False, f"wrong answer: {error}")
        except BaseException as error:
            return Outcome(name, False, f"not documented: {type(error).__name__}: {error}")
    return Outcome(name, not attack.refused, "accepted, want an error" if attack.refused else RIGHT)


def work(attacks: dict[str, Attack], names: list[str], seconds: float) -> None:
    """Run these attacks one after the other, in a child: print a line of JSON before and after each."""
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what an attack prints is not read
    logging.disable()
    faulthandler.enable()
    for name in names:
        print("begin", file=lines, flush=True)
        print(json.dumps(outcome(name, attacks[name], seconds)), file=lines, flush=True)


def started(path: str, names: list[str], seconds: float, folder: str, errors: str) -> subprocess.Popen:
    """A new Python that runs attacks; folder: for temporary files, errors: the file of what it says."""
    words = [sys.executable, "-X", "faulthandler", path, "--seconds", str(seconds), "--child", json.dumps(names)]
    with open(errors, "w") as file:
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=file, text=True,
                                env=os.environ | {"TMPDIR": folder, "TEMP": folder})


class Child:
    """A process that runs some attacks; killed if it is silent for too long."""

    def __init__(self, process, seconds: float):
        self.process, self.limit, self.hung = process, LIMIT_SECONDS + seconds, False

    def lines(self) -> Iterator[str]:
        """What it prints, until it ends."""
        limit = START_SECONDS
        while True:
            timer = threading.Timer(limit, self._stop)
            timer.start()
            line = self.process.stdout.readline()
            timer.cancel()
            if not line.endswith("\n"):
                break
            yield line
            limit = self.limit
        self.process.stdout.close()
        self.process.wait()

    def _stop(self):
        self.hung = True
        self.process.kill()


def run(path: str, names: list[str], seconds: float = 0.0, start: Callable = started) -> Iterator[Outcome]:
    """Yield the Outcome of each attack in the file at this path, in order. start: like `started`."""
    rest, memory = list(names), MEMORY if os.access(MEMORY, os.W_OK) else None
    while rest:
        begun = False
        with tempfile.TemporaryDirectory(dir=memory, ignore_cleanup_errors=True) as folder:
            errors = Path(folder, "errors")
            child = Child(start(path, rest, seconds, folder, str(errors)), seconds)
            for line in child.lines():
                begun = line == "begin\n"
                if not begun:
                    rest = rest[1:]
                    yield Outcome(*json.loads(line))
            said = [line.strip() for line in errors.read_text(errors="replace").splitlines()
                    if line.strip() and not line.startswith("Extension modules")]
        if rest:
            how = f"crash: exit code {child.process.returncode}"
            if child.hung:
                how = f"no answer within {child.limit:g} s"
            shown = said[:6] if begun else said[-3:]
            yield Outcome(rest[0], False, " | ".join([how, *shown]))
            rest = rest[1:] if begun else []


def table(outcomes: list[Outcome]) -> str:
    """A line for each outcome; those that nnlite has not withstood begin with !!."""
    wide = max((len(one.name) for one in outcomes), default=0)
    return "\n".join(f"{'  ' if one.withstood else '!!'} {one.name:{wide}}  {one.text:.300}" for one in outcomes)


def main(attacks: dict[str, Attack]) -> None:
    """The command line of a file of attacks."""
    parser = argparse.ArgumentParser(description="Run hostile uses of nnlite and print how each ended.")
    parser.add_argument("names", nargs="*", help="run only the attacks whose names contain one of these texts")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long each race goes on (default: briefly)")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        work(attacks, json.loads(args.child), args.seconds)
        return
    chosen = [name for name in attacks if not args.names or any(part in name for part in args.names)]
    failed = 0
    for found in run(sys.modules["__main__"].__file__, chosen, args.seconds):
        failed += not found.withstood
        print(table([found]), flush=True)
    print(f"{len(chosen)} attacks, {failed} succeeded")
    sys.exit(failed > 0)
