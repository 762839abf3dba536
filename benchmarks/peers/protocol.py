"""How a benchmark speaks with the systems it compares, each in a process of its own: the problem file, both ends.

A problem is one npz file (`Problem.write`, `Problem.read`): x and y as csr arrays, the initial parameters under
nnlite's names, and what one training step is. A system is a script, started as

    python NAME_step.py PROBLEM.npz FORM [--threads N] [--optimizer NAME] [--heap kept|plain]

which prepares itself, then answers each line of its standard input with one line of JSON on its standard output:

    (start)      {"ready": true, "versions": {...}, "threads": 2, "comparable": true, "note": ""}
    unit         {"seconds": 0.5, "loss": 0.69}             one pass over all rows in order, batch_rows rows a step
    first        {"seconds": 0.5, "loss": 0.69}             its first step alone, to compare what systems compute
    reset        {"done": "reset"}                          parameters and optimiser state are the initial ones again
    save PATH    {"done": "save"}                           the parameters, under nnlite's names, in an npz file
    memory       {"rss_mib": 300.0, "peak_rss_mib": 310.0}  resident now, and at most since the start of the process
    quit         {"done": "quit"}

An exception is answered by {"error": "..."} and ends the process. Everything else that a system prints goes to standard
error. `seconds` is the wall time of the unit alone; `loss` is the mean over its steps of the binary cross-entropy
before each update, averaged over rows and labels whatever the reduction. What compiles at first use does so in the
first unit. "comparable" is false where the system cannot take the problem's steps exactly; the note says why.

A kept heap is the faster one wherever arrays of a step's size come and go; measure memory on a plain one. One thing
spoils times altogether: OpenMP's threads wait by spinning, so a busy neighbour on one core slows a step up to tenfold.

This module needs the standard library, NumPy and SciPy alone, so any system's process can import it.
"""

import argparse
import ctypes
import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import numpy as np
import scipy.sparse as sp

SLOWER_KERNELS = (
    "OPENBLAS_CORETYPE",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_CBWR",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
)
DENSE_LIMIT = 4 * 2**30  # bytes of a dense matrix that a system makes once instead of batch by batch
SCALARS = ("activation", "optimizer", "lr", "eps", "reduction", "batch_rows")
CSR_PARTS = ("indptr", "indices", "data", "shape")
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclasses.dataclass
class Problem:
    """One training job: x (N, D) and y (N, L) csr float32, y all ones; parameters by name; what a step does.

    sgd:      p -= lr g
    adagrad:  G += g^2,  p -= lr g / (sqrt(G) + eps),  G = 0 at first
    adam:     Kingma & Ba with beta1 = 0.9, beta2 = 0.999
    reduction "sum": the loss is summed over labels and averaged over rows; "mean": averaged over both.
    """

    x: sp.csr_array
    y: sp.csr_array
    params: dict
    activation: str = "sigmoid"
    optimizer: str = "sgd"
    lr: float = 0.05
    eps: float = 1e-8
    reduction: str = "sum"
    batch_rows: int = 512

    def __post_init__(self):
        self.lr, self.eps = float(self.lr), float(self.eps)

    def batches(self):
        n_rows = self.x.shape[0]
        return [slice(start, min(start + self.batch_rows, n_rows)) for start in range(0, n_rows, self.batch_rows)]

    def layers(self):
        """Layer names in forward order: features, hidden1, ..., labels."""
        n_hidden = sum(name.startswith("hidden") and name.endswith(".W") for name in self.params)
        return ["features", *(f"hidden{i}" for i in range(1, n_hidden + 1)), "labels"]

    def loss_factor(self):
        """What the mean over rows and labels is multiplied by to become the loss that is trained on."""
        return {"sum": self.y.shape[1], "mean": 1}[self.reduction]

    def write(self, path):
        """Write the npz file."""
        arrays = {name: getattr(self, name) for name in SCALARS}
        for name, matrix in (("x", self.x), ("y", self.y)):
            arrays |= {f"{name}_{part}": getattr(matrix, part) for part in CSR_PARTS}
        np.savez(path, **arrays, **self.params)

    @staticmethod
    def read(path):
        with np.load(path) as file:
            x, y = ({part: file[f"{name}_{part}"] for part in CSR_PARTS} for name in ("x", "y"))
            params = {name: file[name] for name in file.files if "." in name}
            return Problem(as_csr(**x), as_csr(**y), params, **{name: file[name].item() for name in SCALARS})


def as_csr(indptr, indices, data, shape):
    return sp.csr_array((data, indices, indptr), tuple(shape))


def fits_dense(matrix):
    """Is a csr matrix, as a dense float32 one, within the limit?"""
    return 4 * matrix.shape[0] * matrix.shape[1] <= DENSE_LIMIT


def environment(threads):
    """The environment of a measured process: no variable that picks an older core's kernels, `threads` threads."""
    kept = {name: value for name, value in os.environ.items() if name not in SLOWER_KERNELS}
    return kept | {name: str(threads) for name in THREAD_COUNTS}


class System:
    """The parent's end: one system in its own process. `ready` is its first answer. Its errors are RuntimeErrors."""

    def __init__(self, python, script, problem, form, threads=2, optimizer=None, heap="kept"):
        command = [python, script, problem, form, "--threads", threads, "--heap", heap]
        command += ["--optimizer", optimizer] if optimizer else []
        self.chatter = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.chatter,
            text=True,
            env=environment(threads),
        )
        self.name = f"{Path(script).stem.removesuffix('_step')} {form}"
        self.ready = self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": self._last_words()}
        if "error" in answer:
            self.process.stdin.close()
            self.process.wait()
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def _last_words(self):
        code = self.process.wait()
        self.chatter.seek(0)
        return " | ".join([f"ended with status {code}", *self.chatter.read().strip().splitlines()[-3:]])

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(f"{self.name}: {self._last_words()}") from None
        return self._answer()

    def unit(self):
        return self.ask("unit")

    def first(self):
        return self.ask("first")

    def reset(self):
        return self.ask("reset")

    def memory(self):
        return self.ask("memory")

    def params(self):
        """The system's parameters now, by name."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "params.npz"
            self.ask(f"save {path}")
            with np.load(path) as file:
                return dict(file)

    def quit(self):
        self.ask("quit")
        self.process.stdin.close()
        self.process.wait()


def keep_heap():
    """Let freed memory stay in the process (glibc), else arrays of a step's size are mapped and faulted in each time.

    The thresholds are glibc's M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    for option, value in ((-4, 0), (-1, -1), (-2, 2**28)):
        mallopt(option, value)


def memory():
    """Resident MiB of this process, now and at most."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        return {"rss_mib": None, "peak_rss_mib": round(peak, 1)}
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS:", "VmHWM:"))}
    return {"rss_mib": round(kib["VmRSS"] / 2**10, 1), "peak_rss_mib": round(kib["VmHWM"] / 2**10, 1)}


def timed_unit(system):
    start = time.perf_counter()
    loss = system.unit()
    return {"seconds": time.perf_counter() - start, "loss": float(loss)}


def first_step(system):
    batches, system.batches = system.batches, system.batches[:1]
    try:
        return timed_unit(system)
    finally:
        system.batches = batches


def obey(system, command, argument):
    """Carry out one line of the protocol and return its answer."""
    if command == "unit":
        return timed_unit(system)
    if command == "first":
        return first_step(system)
    if command == "memory":
        return memory()
    if command == "reset":
        system.reset()
    elif command == "save":
        np.savez(argument, **system.params())
    elif command != "quit":
        raise ValueError(f"protocol: unknown command, want one of those in the module docstring, got {command!r}")
    return {"done": command}


def answerer():
    """Keep the real standard output for answers, send every other print (compiled code's too) to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    return answer


def serve(build, forms):
    """Be a system: `build(problem, form, threads)` makes it, `forms` says what each form is.

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
    parser.add_argument("--optimizer", choices=("sgd", "adagrad", "adam"), help="instead of the problem's own")
    parser.add_argument("--heap", choices=("kept", "plain"), default="kept", help="keep freed memory for the next step")
    args = parser.parse_args()
    answer = answerer()
    if args.heap == "kept":
        keep_heap()
    try:
        problem = Problem.read(args.problem)
        problem.optimizer = args.optimizer or problem.optimizer
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
            command, _, argument = line.strip().partition(" ")
            answer(obey(system, command, argument))
            if command == "quit":
                return
    except Exception as error:
        traceback.print_exc()
        answer({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)
