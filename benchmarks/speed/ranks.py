"""How much faster, and how much smaller in memory, are several ranks than one process?

    python -m benchmarks.speed.ranks [--quick] [--only digests labels-131k ...]

Each row is a training of its own, started by mpiexec. Two cores are there: ranks have one thread each, and four of them
share the cores, which the table says. A model of cost (`nnlite.training.rank_costs`) is fitted to all rows but one, and
foretells that one; then it is simulated message by message, and asked what many machines would do.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from benchmarks import process, report
from benchmarks.speed.rank_messages import simulated_seconds
from benchmarks.speed.rank_point import USUAL
from nnlite.system.threads import usable_cores
from nnlite.training.rank_costs import Network, message_seconds, messages, sent_bytes

SIZES = {
    "labels-131k": dict(n_words=40_000, n_labels=131_073, batch_rows=512, units=200, n_steps=14),
    "labels-670k": dict(n_words=135_909, n_labels=670_091, batch_rows=256, units=128, n_steps=8),
    "default recipe": dict(n_words=60_000, n_labels=1_500, batch_rows=512, units=200, n_steps=150),
    "long batch": dict(n_words=40_000, n_labels=50_000, batch_rows=2_048, units=200, n_steps=8),
    "narrow": dict(n_words=40_000, n_labels=200_000, batch_rows=256, units=64, n_steps=14),
}
PROCESSES = [  # ranks, threads of each, shards
    (1, 2, 1), (1, 1, 1), (1, 2, 8), (1, 1, 8), (2, 1, 8), (4, 1, 8)]
HELD_OUT = "labels-131k", 2  # the row that the model foretells: its size, and the number of ranks
MILLION = dict(n_words=2_000_000, n_labels=1_000_000, batch_rows=512, units=200)
PRODUCTS, EPOCHS = 100_000_000, 4
MACHINES = 1, 16, 64, 256
NETWORKS = {"10 Gbit/s": Network(30e-6, 1.25e9), "100 Gbit/s": Network(5e-6, 12.5e9)}
CORES_OF_A_MACHINE = 16  # that work as one of these does: a cautious guess


def measure(size: dict, n_ranks: int, threads: int, shards: int) -> dict:
    """A row: what rank_point.py finds."""
    words = process.command(sys.executable, "benchmarks.speed.rank_point",
                            json.dumps(size | dict(threads=threads, shards=shards)))
    mpiexec = shutil.which("mpiexec") or str(Path(sys.executable).with_name("mpiexec"))
    done = subprocess.run([mpiexec, "-n", str(n_ranks), *words], capture_output=True, text=True, cwd=process.ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def compared(rows: list[dict]) -> list[dict]:
    """Several ranks of one thread against one process without shards, which has as many threads as there are cores."""
    found, alone = [], {row["training"]: row for row in rows if (row["shards"], row["threads each"]) == (1, 2)}
    for row in rows:
        if row["ranks"] > 1:
            seconds, one = row["s a step"], alone[row["training"]]
            found.append({"training": row["training"], "ranks": row["ranks"], "speed": one["s a step"] / seconds,
                          "collectives %": 100 * row["s in collectives"] / seconds,
                          "waiting %": 100 * row["mean s waiting"] / seconds,
                          "parameters and state": row["held MiB"] / one["held MiB"]})
    return found


def terms(size: dict, n_ranks: int) -> list[float]:
    """The terms of the model for ranks of one thread: operations and numbers of their words and labels, what each rank
    does itself, messages and bytes. Ranks that share a core take turns."""
    n, labels, units = size["batch_rows"], size["n_labels"], size["units"]
    turns = np.ceil(n_ranks / usable_cores())
    own = turns / n_ranks
    return [own * n * labels * units, own * labels * units, turns * n * units, turns,
            messages(n_ranks), sent_bytes(n, units, n_ranks)]


def fitted(rows: list[dict]) -> np.ndarray:
    """The seconds of one of each term: the least sum of squared relative errors, none below 0."""
    seconds = np.array([row["s a step"] for row in rows])
    matrix = np.array([terms(row["sizes"], row["ranks"]) for row in rows])
    scale = np.maximum(matrix.max(axis=0), 1e-30)
    found, _ = nnls(matrix / scale / seconds[:, None], np.ones(len(rows)))
    return found / scale


def projections(costs: np.ndarray) -> list[dict]:
    """One million labels and a hundred million products on many machines."""
    work, everywhere = (float(np.dot(costs[part], terms(MILLION, 1)[part])) / CORES_OF_A_MACHINE
                        for part in (slice(0, 2), slice(2, 4)))
    n, units, steps = MILLION["batch_rows"], MILLION["units"], EPOCHS * PRODUCTS / MILLION["batch_rows"]
    rows = []
    for name, network in NETWORKS.items():
        for p in MACHINES:
            parts = {"words and labels": work / p, "each for itself": everywhere,
                     "latency": messages(p) * network.latency, "bytes": sent_bytes(n, units, p) / network.bandwidth}
            seconds = sum(parts.values())
            rows.append({"network": name, "machines": p, "ms a step": 1e3 * seconds, "days": steps * seconds / 86_400,
                         "faster": (work + everywhere) / seconds, "what stops it": max(parts, key=parts.__getitem__),
                         "GiB each": 8 * units * (MILLION["n_words"] + MILLION["n_labels"]) / p / 2**30})
    return rows


def main() -> int:
    parser = report.parser(__doc__, "a twentieth of the labels, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=SIZES, default=list(SIZES), metavar="NAME", help=", ".join(SIZES))
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line())
    rows, disagreements = [], []
    for name in args.only:
        size = SIZES[name] | ({"n_labels": SIZES[name]["n_labels"] // 20, "n_steps": 4} if args.quick else {})
        digests = set()
        for n_ranks, threads, shards in PROCESSES:
            found = measure(size, n_ranks, threads, shards)
            rows.append({"training": name, "ranks": n_ranks, "threads each": threads, "shards": shards, **found,
                         "sizes": USUAL | size})
            digests |= {found["digest"]} if shards > 1 else set()
        disagreements += [f"{name}: {len(digests)} digests"] if len(digests) > 1 else []
    columns = ["training", "ranks", "threads each", "shards", "s a step", "CPU s", "s waiting", "mean s waiting",
               "s in collectives", "bytes sent", "held MiB", "peak MiB"]
    print(f"\n{report.table(rows, columns)}\n\nFour ranks share {usable_cores()} cores. All figures are of a step, of "
          "the rank that has most. A rank waits until\nthe others are there, and is in a collective from then on.\n")
    print(f"## against one process\n\n{report.table(compared(rows))}\n")
    known = [row for row in rows if row["threads each"] == 1 and row["shards"] > 1]
    held = [row for row in known if (row["training"], row["ranks"]) == HELD_OUT]
    costs = fitted([row for row in known if row not in held])
    foretold = [{"training": row["training"], "ranks": row["ranks"], "held out": str(row in held), "s": row["s a step"],
                 "model s": float(np.dot(costs, terms(row["sizes"], row["ranks"])))} for row in known]
    for row in foretold:
        row["error %"] = 100 * (row["model s"] / row["s"] - 1)
    print(f"## model of cost\n\n{report.table(foretold)}\n")
    network, n, units = NETWORKS["10 Gbit/s"], MILLION["batch_rows"], MILLION["units"]
    simulated = [{"ranks": p, "formula ms": 1e3 * (10 / p + 0.002 + message_seconds(n, units, p, network)),
                  "simulated ms": 1e3 * simulated_seconds(n, units, p, network, 10, 0.002),
                  "with ranks of 5 % spread": 1e3 * simulated_seconds(n, units, p, network, 10, 0.002, 0.05)}
                 for p in (2, 16, 256, 1_024, 4_096)]
    print(f"## every message of a step of 10 s of work, simulated\n\n{report.table(simulated)}\n")
    print(f"## {MILLION['n_labels']:,} labels and {PRODUCTS:,} products\n\n{report.table(projections(costs))}")
    report.write(args.json, {"rows": rows, "model": foretold, "costs": costs.tolist(), "simulated": simulated})
    return report.verdict(disagreements, "digests of all ranks and of one process with 8 shards")


if __name__ == "__main__":
    sys.exit(main())
