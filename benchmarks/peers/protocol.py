"""How the speed benchmark talks to the systems it compares: each is a process that answers commands line by line.

A problem is one npz file (problem.py): x and y as csr arrays, the initial parameters under nnlite's names, and what one
training step is. A system is a module, started in the root of the repository as

    python -m benchmarks.peers.NAME_step PROBLEM.npz FORM [--threads N] [--heap kept|plain]

It prepares itself, then answers each line of its standard input with one line of JSON on its standard output:

    (start)      {"ready": true, "versions": {...}, "threads": 2, "comparable": true, "note": ""}
    unit         {"seconds": 0.5, "loss": 0.69, ...}        one pass over all rows in order, batch_rows rows a step
    first        {"seconds": 0.5, "loss": 0.69, ...}        its first step alone, to compare what systems compute
    reset        {"done": "reset"}                          parameters and optimiser state are the initial ones again
    save PATH    {"done": "save"}                           the parameters, under nnlite's names, in an npz file
    memory       {"rss_mib": 300.0, "peak_rss_mib": 310.0}  resident now, and at most since the start of the process
    quit         {"done": "quit"}

An exception is answered by {"error": "..."} and ends the process. Everything else that a system prints goes to standard
error. `seconds` is the wall time of the unit alone; `loss` is the mean over its steps of the binary cross-entropy
before each update, averaged over rows and labels whatever the reduction. "cpu" has the processor's seconds of all
threads, "preempted" how often another process took a core away. What compiles at first use does so in the first unit.
"comparable" is false where the system cannot take the problem's steps exactly; the note says why.

`--heap kept` is faster wherever arrays of a step's size are allocated and freed; measure memory with `--heap plain`.
OpenMP's threads wait by spinning, so another busy process on one of the cores slows a step down up to tenfold.

This module needs the standard library, NumPy and SciPy alone, so any system's process can import it.
"""

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.peers.problem import Problem
from benchmarks.process import ROOT, command, environment


class System:
    """The parent's end: one system in its own process. Its errors are raised as RuntimeErrors.

    python: the interpreter of its environment
    module: the full name of its module
    problem: the npz file
    form: one of the module's forms
    threads: how many it may use
    heap: "kept" or "plain", see above
    """

    def __init__(self, python: str | Path, module: str, problem: str | Path, form: str, threads: int = 2,
                 heap: str = "kept"):
        self.chatter = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command(python, module, problem, form, "--threads", threads, "--heap", heap),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.chatter,
            text=True,
            env=environment(threads),
            cwd=ROOT,
        )
        self.name = f"{module.split('.')[-1].removesuffix('_step')} {form}"
        self.ready = self._answer()  # versions, threads, comparable, note

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": self._last_words()}
        if "error" in answer:
            self.process.stdin.close()
            self.process.wait()
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        code = self.process.wait()
        self.chatter.seek(0)
        return " | ".join([f"ended with status {code}", *self.chatter.read().strip().splitlines()[-3:]])

    def ask(self, line: str) -> dict:
        """The answer to one line of the protocol."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(f"{self.name}: {self._last_words()}") from None
        return self._answer()

    def unit(self) -> dict:
        return self.ask("unit")

    def first(self) -> dict:
        return self.ask("first")

    def reset(self) -> dict:
        return self.ask("reset")

    def memory(self) -> dict:
        return self.ask("memory")

    def params(self) -> dict[str, np.ndarray]:
        """The system's parameters now, by name."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "params.npz"
            self.ask(f"save {path}")
            with np.load(path) as file:
                return dict(file)

    def quit(self) -> None:
        self.ask("quit")
        self.process.stdin.close()
        self.process.wait()


def keep_heap() -> None:
    """Keep freed memory in the process (glibc); otherwise the system maps arrays of a step's size anew each time.

    The options are glibc's M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    for option, value in ((-4, 0), (-1, -1), (-2, 2**28)):
        mallopt(option, value)


def memory() -> dict:
    """Resident MiB of this process, now and at most; None where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        return {"rss_mib": None, "peak_rss_mib": round(peak, 1)}
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS:", "VmHWM:"))}
    return {"rss_mib": round(kib["VmRSS"] / 2**10, 1), "peak_rss_mib": round(kib["VmHWM"] / 2**10, 1)}


def timed_unit(system) -> dict:
    """Seconds and loss of one unit, and what the processor did meanwhile."""
    preempted, cpu, start = _preempted(), time.process_time(), time.perf_counter()
    loss = system.unit()
    return {"seconds": time.perf_counter() - start, "loss": float(loss), "cpu": time.process_time() - cpu,
            "preempted": _preempted() - preempted}


def _preempted() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def first_step(system) -> dict:
    """Seconds and loss of the first step alone."""
    batches, system.batches = system.batches, system.batches[:1]
    try:
        return timed_unit(system)
    finally:
        system.batches = batches


def obey(system, request: str, argument: str) -> dict:
    """Carry out one line of the protocol and return its answer."""
    if request == "unit":
        return timed_unit(system)
    if request == "first":
        return first_step(system)
    if request == "memory":
        return memory()
    if request == "reset":
        system.reset()
    elif request == "save":
        np.savez(argument, **system.params())
    elif request != "quit":
        raise ValueError(f"protocol: unknown command, want one of those in the module docstring, got {request!r}")
    return {"done": request}


def answerer() -> Callable[[dict], None]:
    """A function that writes answers to the real standard output; every other print goes to standard error from now on.

    This holds for prints of compiled code too.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(message: dict) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    return answer


def serve(build: Callable, forms: dict[str, str]) -> None:
    """Run a system: `build(problem, form, threads)` makes it; `forms` describes each form.

    A system has `unit()`, one pass over all rows that returns the mean BCE; `reset()`; `params()`, a dict of arrays
    under nnlite's names; and `versions`, a dict. It may have `note`, `comparable` and, for `first`, `batches`: the
    slices of rows that `unit` goes through.
    """
    parser = argparse.ArgumentParser(
        description="A system of the benchmarks; it speaks the protocol of benchmarks/peers/protocol.py.",
        epilog="\n".join(["forms:", *(f"  {form:24} {what}" for form, what in forms.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("problem", metavar="PROBLEM.npz")
    parser.add_argument("form", metavar="FORM", choices=forms)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--heap", choices=("kept", "plain"), default="kept", help="keep freed memory for the next step")
    args = parser.parse_args()
    answer = answerer()
    if args.heap == "kept":
        keep_heap()
    try:
        problem = Problem.read(args.problem)
        system = build(problem, args.form, args.threads)
        answer(
            {
                "ready": True,
                "versions": {"python": sys.version.split()[0], "numpy": np.__version__, **system.versions},
                "threads": args.threads,
                "comparable": getattr(system, "comparable", True),
                "note": getattr(system, "note", ""),
            }
        )
        for line in sys.stdin:
            request, _, argument = line.strip().partition(" ")
            answer(obey(system, request, argument))
            if request == "quit":
                return
    except Exception as error:
        traceback.print_exc()
        answer({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)
