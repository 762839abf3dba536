"""Hostile input for every entry point of nnlite: valid files, titles, folders and commands, mutated,
thousands a second.

    python tests/fuzz/fuzz.py                                   every target, for 90 s at most
    python tests/fuzz/fuzz.py records model --seconds 600       some targets, for longer
    python tests/fuzz/fuzz.py records --seed 4711 --inputs 1    one input again

An input is made by its target's name and its number alone; the first number is the seed. A failure is an exception that
is not documented, a warning, a wrong answer where the right one is known, an input that takes LIMIT_SECONDS, or a
process that dies. It ends its target and is printed with the words that make it happen again; the exit code is then 1.
The modules `fuzz_*.py` say what each target is fed and what must hold; `test_fuzz.py` is a short run.
"""

import argparse
import faulthandler
import logging
import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import fuzz_arguments as arguments
import fuzz_arrays as arrays
import fuzz_commands as commands
import fuzz_datasets as datasets
import fuzz_documents as documents
import fuzz_files as files
import fuzz_models as models

LIMIT_SECONDS = 60  # for one input, while all targets run at once: it may be the first to need a kernel
START_SECONDS = 300  # until the first one is done: most kernels may have to be compiled
SHOWN = 2_000  # characters of an input

context = multiprocessing.get_context("spawn")


class Target(NamedTuple):
    """What is fed.

    n_inputs: in a full run    make: Random -> input    start: a folder of its own -> what checks an input
    """

    n_inputs: int
    make: Callable
    start: Callable


TARGETS = {
    "records": Target(30_000, files.make_records, files.start_records),
    "documents": Target(30_000, documents.make_documents, documents.start_documents),
    "xmc": Target(30_000, files.make_xmc, files.start_xmc),
    "mapping": Target(30_000, files.make_mapping, files.start_mapping),
    "titles": Target(6_000, models.make_titles, models.start_titles),
    "vocabulary": Target(6_000, models.make_vocabulary, models.start_vocabulary),
    "model": Target(2_000, models.make_model, models.start_model),
    "chunks": Target(1_000, models.make_chunks, models.start_chunks),
    "command": Target(1_000, commands.make_command, commands.start_command),
    "datasets": Target(40_000, datasets.make_datasets, datasets.start_datasets),
    "arguments": Target(40_000, arguments.make_arguments, arguments.start_arguments),
    "model-arrays": Target(6_000, arrays.make_model_arrays, arrays.start_model_arrays),
    "shrunk-arrays": Target(4_000, arrays.make_shrunk_arrays, arrays.start_model_arrays),
    "chunk-arrays": Target(4_000, arrays.make_parts, arrays.start_parts),
    "checkpoints": Target(4_000, arrays.make_checkpoints, arrays.start_checkpoints),
}


def work(name, target, seed, n_inputs, until, folder, state):
    """Feed a target, in a process of its own. state: the number of the running input, how many were accepted so far."""
    os.nice(10)
    os.chdir(folder)
    warnings.simplefilter("error")
    logging.disable()
    faulthandler.enable()
    check = target.start(Path(folder))
    state[0] = seed
    while state[0] < seed + n_inputs and time.time() < until:
        state[1] += bool(check(made(name, target, state[0])))
        state[0] += 1


def made(name, target, number):
    """The input of a target that has this number."""
    return target.make(Random(f"{name} {number}"))


class Run:
    """A target that is being fed: its process, watched from outside."""

    def __init__(self, name, target, seed, n_inputs, until, folder):
        self.name, self.target, self.seed, self.trouble = name, target, seed, ""
        self.state = context.Array("q", [seed - 1, 0], lock=False)
        args = name, target, seed, target.n_inputs if n_inputs is None else n_inputs, until, folder, self.state
        self.process = context.Process(target=work, args=args)
        self.process.start()
        self.number, self.since = seed - 1, time.monotonic()

    def ended(self):
        """Whether it is done; looks whether it has failed."""
        self.process.join(0.02)
        code, now = self.process.exitcode, time.monotonic()
        if code is not None:
            self.trouble = f"the process ended with {code}" if code else ""
            return True
        if self.number != self.state[0]:
            self.number, self.since = self.state[0], now
        limit = START_SECONDS if self.number <= self.seed else LIMIT_SECONDS
        if now - self.since > limit:
            self.process.kill()
            self.process.join()
            self.trouble = f"not done after {limit} s"
        return bool(self.trouble)

    def failure(self):
        """What to print of a target that has failed: how, the input, and the command that brings it back."""
        number = self.state[0]
        if number < self.seed:
            return f"{self.name}: {self.trouble} before the first input"
        try:
            given = repr(made(self.name, self.target, number))
        except Exception as error:
            given = f"that cannot be made: {error!r}"
        return (f"{self.name}: {self.trouble}, at the input {given:.{SHOWN}}\n"
                f"again: python tests/fuzz/fuzz.py {self.name} --seed {number} --inputs 1")

    def row(self):
        """Target, inputs, accepted and refused ones."""
        n_inputs, n_accepted = max(self.state[0] - self.seed, 0), self.state[1]
        return f"{self.name:14}{n_inputs:10,}{n_accepted:10,}{n_inputs - n_accepted:10,}"


def fuzz(targets, seed=0, n_inputs=None, seconds=90.0, say=partial(print, flush=True)):
    """Feed these targets, a dict, all at once. Returns how many inputs there were and how many targets have failed.

    n_inputs: of each target, None for its own number    seconds: after which no further input is begun
    """
    start, total, n_failed = time.time(), 0, 0
    memory = Path("/dev/shm")
    say(f"{'target':14}{'inputs':>10}{'accepted':>10}{'refused':>10}")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        for name in targets:
            os.mkdir(os.path.join(folder, name))
        running = [Run(name, target, seed, n_inputs, start + seconds, os.path.join(folder, name))
                   for name, target in targets.items()]
        while running:
            for run in [run for run in running if run.ended()]:
                running.remove(run)
                say(run.row())
                total += max(run.state[0] - seed, 0)
                if run.trouble:
                    n_failed += 1
                    say(run.failure())
    say(f"{'all':14}{total:10,}   in {time.time() - start:.0f} s, {n_failed} targets failed")
    return total, n_failed


def main():
    """The command line."""
    n_all = sum(target.n_inputs for target in TARGETS.values())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=90, help="begin no input after so many (default: %(default)s)")
    parser.add_argument("--inputs", type=int, metavar="N", help=f"of each target (default: {n_all:,} in all)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="number of the first input")
    args = parser.parse_args()
    if unknown := set(args.targets) - set(TARGETS):
        parser.error(f"want targets of {', '.join(TARGETS)}, got {', '.join(sorted(unknown))}")
    targets = {name: TARGETS[name] for name in args.targets or TARGETS}
    return int(fuzz(targets, args.seed, args.inputs, args.seconds)[1] > 0)


if __name__ == "__main__":
    sys.exit(main())
