"""How long does one training step take in nnlite, and how long in what people would use instead?

    python -m benchmarks.speed.train_step [--quick] [--json FILE] [--job NAME ...] [--titles FILE ...]
                                            [--emulated] [--forms NAME ...] [--cores N N]

Jobs: `deck-1500` and `deck-5000`: one step of the deck's recipe (averaged loss, plain gradient descent) on 20,000 rows,
6,000 words, 12 a title, 200-200 sigmoid, 1,500 and 5,000 labels. `mini`: one epoch in batches of 512 of 80,000 titles
with pairs of words (without titles: rows drawn by Zipf's law), 200 ReLU, AdaGrad; `mini-adam`: the same with Adam.
`labels-131k` and `labels-670k`: two steps in the shape of LF-AmazonTitles-131K (40,000 words, 131,073 labels, 200 ReLU,
AdaGrad, batch 512) and of Amazon-670K (135,909 words, 670,091 labels, 128 ReLU, AdaGrad, batch 256). `memory`: the peak
of the deck's step beyond data, parameters, compiled code and activations, with 1,500 and 50,000 labels.

PyTorch runs in its usual forms (eager, compile, autocast to bfloat16, oneDNN's bfloat16 products of float32) and in
the strongest that were found, written by hand in benchmarks/peers/torch_by_hand.py and torch_bfloat16.py. bfloat16 is
faster on processors with AMX or AVX512-BF16 alone, and its gradients are rounded to 8 bits of mantissa. Others emulate
it, with AVX2 alone 20 times slower than float32: there its rows stay empty without --emulated.

Each system is a process of its own, started without variables that choose an older processor's kernels. First all take
the same step from the same parameters and must agree: the loss with one summed in float64, within 1e-5, relative, and
parameters with nnlite's within 1e-4 of the largest entry. PyTorch's losses may differ by more, as far as their rounding
of each label allows (step_loss.py). Then they are timed in turn, A B C A B C, after one warm-up each. All sleep between
two units, so that no thread of the last system spins while the next one is timed. Ratios are to nnlite with as many
threads. `nnlite products`, with two threads and with one, shows what a second thread gives on the machine at that time:
its threads share nothing and meet once in a unit.
Systems start, and on more than two cores take their first step, beside each other; `--cores` then binds them all to
these two, so that threads do not share a core with hardware threads of others; `--forms` names the peers' forms.
`cores busy` is processor time over time, of the median; `preempted` is how often, in the mean unit, another process
took a core away: far above its neighbours' it means that a time suffered from others, and a system whose threads spin
while they wait suffers most. Peers are installed by `python -m benchmarks.peers.install`.
"""

import argparse
import functools
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import process, report
from benchmarks.peers import steps
from benchmarks.peers.problem import Problem
from benchmarks.peers.protocol import System
from benchmarks.speed.step_loss import first_loss
from benchmarks.speed.step_problems import deck, many_labels, mini
from nnlite.system.threads import usable_cores

PAUSE = 0.3  # seconds between two units: OpenMP's threads spin for about 0.2 s before they sleep
PAIRS = max(1, usable_cores() // 2)  # systems of two threads that have cores of their own while nothing is timed
LOSS_BOUND, PARAMS_BOUND = 1e-5, 1e-4


class Peer(NamedTuple):
    """A row of a table; None stands for nnlite."""

    peer: str | None
    form: str
    threads: int = 2

    @property
    def name(self) -> str:
        return f"{self.peer or 'nnlite'} {self.form}".removesuffix(" step")

    @property
    def rounds_each_label(self) -> bool:
        """Does it round the loss of each label before it adds them up?"""
        return self.peer == "torch"

    def start(self, path: Path) -> System:
        """RuntimeError where the peer is not installed or does not start."""
        if self.peer is None:
            return nnlite_system(path, self.form, threads=self.threads)
        return steps.start(self.peer, path, self.form, threads=self.threads)


OURS = [Peer(None, "step"), Peer(None, "step", 1), Peer(None, "bfloat16"), Peer(None, "bfloat16", 1),
        Peer(None, "products"), Peer(None, "products", 1)]
NEGLIGIBLE = [Peer(None, "negligible")]


def torch(*forms: str, alone: tuple = ()) -> list[Peer]:
    """Forms of PyTorch with two threads, and some of them with one."""
    return [Peer("torch", form, n) for form in forms for n in ((2, 1) if form in alone else (2,))]


DECK = torch("eager", "compile", "chunked", "bfloat16", "one-line-bfloat16", "chunked-bfloat16",
             alone=("chunked", "chunked-bfloat16"))
MINI = torch("eager", "compile", "sparse", "sparse-chunked", "sparse-chunked-bfloat16", alone=("sparse-chunked",))
QUICK = "eager", "chunked", "mlp"
MANY = torch("eager", "sparse-chunked", "sparse-chunked-bfloat16")
JOBS = {
    "deck-1500": (functools.partial(deck, 1_500), DECK + [Peer("keras", "dense-jit"), Peer("sklearn", "mlp")]),
    "deck-5000": (functools.partial(deck, 5_000), DECK),  # the others allocate many arrays of 20,000 x 5,000
    "mini": (functools.partial(mini, "adagrad", 0.05), MINI),
    "mini-adam": (functools.partial(mini, "adam", 0.002), torch("eager", "compile", "sparse", "chunked")),
    "labels-131k": (functools.partial(many_labels, 40_000, 131_073, 200, 512), NEGLIGIBLE + MANY),
    "labels-670k": (functools.partial(many_labels, 135_909, 670_091, 128, 256), NEGLIGIBLE + MANY),
}


def nnlite_system(path: Path, form: str = "step", **options) -> System:
    """nnlite as a System."""
    return System(sys.executable, "benchmarks.speed.nnlite_step", path, form, **options)


def start_all(path: Path, chosen: list[Peer], emulated: bool) -> tuple[dict[Peer, System], dict[Peer, str]]:
    """The systems that started, and why others did not; emulated: bfloat16 on any processor."""
    left_out = {} if emulated or has_bfloat16() else {
        peer: "left out: this processor emulates bfloat16" for peer in chosen if "bfloat16" in peer.form}
    with ThreadPoolExecutor(max(2, PAIRS)) as pool:
        started = {peer: pool.submit(peer.start, path) for peer in chosen if peer not in left_out}
    failed = {peer: future.exception() for peer, future in started.items() if future.exception()}
    if unexpected := [error for error in failed.values() if not isinstance(error, RuntimeError)]:
        raise unexpected[0]
    return ({peer: future.result() for peer, future in started.items() if peer not in failed},
            {peer: str(error).split("\n")[0] for peer, error in failed.items()} | left_out)


class Agreement(NamedTuple):
    """After the first step: relative differences of the loss and of the parameters, and what is said of them."""

    loss: float
    params: float
    note: str
    fine: bool


def agreement(peer: Peer, system: System, found: tuple, want: tuple) -> Agreement:
    """found and want: (loss, parameters); want has the error that rounding each label allows as well."""
    loss, params = abs(found[0] / want[0] - 1), 0.0
    for name, values in want[1].items():
        params = max(params, float(abs(found[1][name] - values).max() / abs(values).max()))
    note, bound = system.ready["note"], LOSS_BOUND
    if peer.rounds_each_label and loss > bound:
        bound += want[2]
        note += f"; rounding each label's loss allows {bound:.1e}"
    fine = not system.ready["comparable"] or (loss <= bound and params <= PARAMS_BOUND)
    return Agreement(loss, params, note.removeprefix("; "), fine)


def first_step(system: System, work: Problem) -> tuple[float, dict]:
    """Loss and parameters of the first step; then the system is reset."""
    loss = (system.unit() if len(work.batches()) == 1 else system.first())["loss"]
    params = system.params()
    system.reset()
    return loss, params


def agreements(systems: dict[Peer, System], work: Problem) -> dict[Peer, Agreement]:
    """Of every system that trains."""
    loss, rounding = first_loss(work)
    training = [peer for peer in systems if peer.form != "products"]
    with ThreadPoolExecutor(PAIRS) as pool:
        found = list(pool.map(lambda peer: first_step(systems[peer], work), training))
    want = loss, found[0][1], rounding  # the first one is nnlite
    return {peer: agreement(peer, systems[peer], step, want) for peer, step in zip(training, found)}


def bind(system: System, cores: list[int]) -> None:
    """All threads of a system that has taken its first step may run on these processors alone (Linux)."""
    for thread in Path(f"/proc/{system.process.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)


def take_turns(systems: dict[Peer, System], repeats: int) -> dict[Peer, list[dict]]:
    """The units of each system, without the first."""
    units = {peer: [] for peer in systems}
    for _ in range(repeats + 1):
        for peer, system in systems.items():
            time.sleep(PAUSE)
            units[peer].append(system.unit())
    return {peer: own[1:] for peer, own in units.items()}


def measure(job: str, repeats: int, args: argparse.Namespace) -> dict:
    """The tables of a job, its sizes as text, and what disagrees. args: of the command line."""
    make, chosen = JOBS[job]
    about = {"titles": args.titles} if job.startswith("mini") else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        work = make(quick=args.quick, **about)
        work.write(path)
        forms = args.forms or (QUICK if args.quick else [peer.form for peer in chosen])
        chosen = OURS + [peer for peer in chosen if peer.form in forms]
        systems, absent = start_all(path, chosen, args.emulated)
        agreed = agreements(systems, work)
        for system in systems.values() if args.cores else ():
            bind(system, args.cores)
        units = take_turns(systems, repeats)
        times = [time_row(peer, units) for peer in systems] + [
            {"system": peer.name, "threads": peer.threads, "note": why} for peer, why in absent.items()]
        others = [other_row(peer, system, units[peer], agreed.get(peer)) for peer, system in systems.items()]
        for system in systems.values():
            system.quit()
    source = " of " + ", ".join(path.name for path in args.titles) if about and args.titles else " drawn by Zipf's law"
    sizes = (f"{work.x.shape[0]:,} rows{source}, {work.x.shape[1]:,} words, "
             f"{work.x.nnz / work.x.shape[0]:.1f} a title, {work.y.shape[1]:,} labels, batch {work.batch_rows:,}, "
             f"{work.optimizer}, {repeats} turns")
    disagree = [f"{job}, {peer.name}, {peer.threads} threads: the loss differs by {found.loss:.1e} and parameters by "
                f"{found.params:.1e}" for peer, found in agreed.items() if not found.fine]
    return {"job": job, "sizes": sizes, "tables": [times, others], "disagree": disagree}


def time_row(peer: Peer, units: dict) -> dict:
    """A row of the table of times."""
    own, ours = (np.array([unit["seconds"] for unit in units[key]]) for key in (peer, OURS[peer.threads == 1]))
    return {
        "system": peer.name, "threads": peer.threads, "min ms": 1e3 * own.min(), "median ms": 1e3 * np.median(own),
        "min / nnlite": own.min() / ours.min(), "median / nnlite": np.median(own) / np.median(ours), "note": "",
    }


def other_row(peer: Peer, system: System, units: list[dict], agreed: Agreement | None) -> dict:
    """A row of the table of everything else."""
    median = sorted(units, key=lambda unit: unit["seconds"])[len(units) // 2]
    return {
        "system": peer.name, "threads": peer.threads, "loss differs": agreed and agreed.loss,
        "parameters differ": agreed and agreed.params, "cores busy": median["cpu"] / median["seconds"],
        "preempted": float(np.mean([unit["preempted"] for unit in units])), "peak MiB": system.memory()["peak_rss_mib"],
        "note": agreed.note if agreed else system.ready["note"],
    }


def memory(quick: bool) -> dict:
    """The deck's step: its peak in MiB beyond data, parameters, code and the batch x hidden activations."""
    rows = []
    for n_labels in (1_500, 5_000) if quick else (1_500, 50_000):
        with tempfile.TemporaryDirectory() as folder:
            path, work = Path(folder) / "problem.npz", deck(n_labels, quick)
            work.write(path)
            system = nnlite_system(path, heap="plain")
            before = system.memory()
            for _ in range(3):
                system.unit()
            peak = system.memory()["peak_rss_mib"]
            system.quit()
        activations = 2 * work.batch_rows * 200 * 4 / 2**20
        base = before["rss_mib"]
        rows.append({"labels": n_labels, "before MiB": base, "activations MiB": activations, "peak MiB": peak,
                     "beyond MiB": peak - base - activations})
    return {"job": "memory", "sizes": "the deck's step, three times", "tables": [rows], "disagree": []}


def main() -> int:
    """Print the tables; the exit code is 1 if a system disagrees."""
    parser = report.parser(__doc__, "deck-1500 and memory with a tenth of the rows, few peers, 3 turns", titles=True)
    parser.add_argument("--repeats", type=int, default=9, help="turns that count (default: %(default)s)")
    parser.add_argument("--emulated", action="store_true", help="time bfloat16 where the processor has no units for it")
    parser.add_argument("--job", nargs="+", choices=[*JOBS, "memory"])
    forms = sorted({peer.form for _, peers in JOBS.values() for peer in peers})
    parser.add_argument("--forms", nargs="+", choices=forms, metavar="NAME", help="of the peers: %(choices)s")
    parser.add_argument("--cores", type=int, nargs=2, metavar="N", help="the processors that systems are bound to")
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line())
    print("\nbfloat16: " + ("in matrix units or vectors of this processor" if has_bfloat16() else
                            "this processor has neither AMX nor AVX512-BF16, and emulates it"))
    results = []
    for job in args.job or (["deck-1500", "memory"] if args.quick else [*JOBS, "memory"]):
        repeats = 3 if args.quick else args.repeats
        result = memory(args.quick) if job == "memory" else measure(job, repeats, args)
        results.append(result)
        print(f"\n## {job}: {result['sizes']}\n\n" + "\n\n".join(map(report.table, result["tables"])), flush=True)
    report.write(args.json, {"head": report.head_line(), "results": results})
    return report.verdict([line for result in results for line in result["disagree"]],
                          "first losses with float64, parameters after a step with nnlite's")


def has_bfloat16() -> bool:
    """Has the processor instructions for bfloat16, as far as Linux says?"""
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


if __name__ == "__main__":
    sys.exit(main())
