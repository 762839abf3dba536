"""Does `nnlite plan` predict the time and the memory of `nnlite train`?

    python -m benchmarks.speed.plan [--quick] [--json FILE]

Ten jobs on made-up catalogues: rows, words, labels, units, batches, threads, both recipes, one category for each
product, chunks on disk, plain and packed files. For each job one process makes the plan, and then another one trains
and saves a model, as a user types it: time is from its start to its end, memory its largest resident size. `low s` to
`high s` is the range in which 9 of 10 trainings should end. Then it is trained once more: no plan can be nearer than
two trainings of the same job are to each other. It disagrees if the median error of the time is above 5 %,
if fewer than nine jobs are inside their range, or if a memory is off by more than 15 %. With --quick the jobs have a
tenth of the products, and nothing is compared: such trainings last little longer than Python's start.
"""

import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nnlite
from benchmarks import process, report

JOBS = {  # name: products, whether the file is packed, options of both commands
    "3,000 products": (3_000, False, []),
    "12,000, 100 units, one thread": (12_000, False, ["--hidden", "100", "--threads", "1"]),
    "30,000": (30_000, False, ["--seed", "1"]),
    "20,000, units 300 and 100": (20_000, True, ["--hidden", "300,100", "--batch-rows", "256", "--epochs", "5"]),
    "50,000, rare words and labels": (50_000, False, ["--min-count", "1", "--label-min-count", "2", "--epochs", "3"]),
    "40,000, 20 major, softmax": (40_000, False, ["--major", "20"]),
    "60,000 in chunks": (60_000, False, ["--chunks", "chunks", "--epochs", "3"]),
    "30,000, deck, batches of 5,000": (30_000, False, ["--recipe", "deck", "--batch-rows", "5000", "--epochs", "10"]),
    "80,000, --refit, one thread": (80_000, True, ["--refit", "--epochs", "2", "--threads", "1"]),
    "250,000, negligible gradients": (250_000, True, ["--negligible", "0.001", "--epochs", "2"]),
}
MEDIAN_ERROR, INSIDE, MEMORY_ERROR = 5, 0.9, 15  # the aims: percent, a share of the jobs, percent
TIME = "job", "low s", "planned s", "high s", "took s", "time, off by %", "inside", "again s", "plan took s"
MEMORY = "job", "planned MiB", "took MiB", "memory, off by %"
MIB = 2 ** 20


def write(path: Path, n_products: int, is_packed: bool) -> None:
    """Write a made-up catalogue as JSON lines."""
    with (gzip.open if is_packed else open)(path, "wt") as file:
        for record in nnlite.make_catalogue(n_products, seed=n_products):
            file.write(json.dumps({"title": record.title, "category": record.categories}) + "\n")


def run(folder: Path, *words: str) -> tuple[str, float, float]:
    """What a command of nnlite prints, its seconds and the MiB of its largest resident size."""
    command, start = [sys.executable, "-m", "nnlite", *words], time.perf_counter()
    environment = process.clean_environment() | {"PYTHONPATH": str(process.ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, env=environment,
                          text=True) as one:
        out = one.stdout.read()
        _, status, used = os.wait4(one.pid, 0)
        one.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if one.returncode:
        raise RuntimeError(f"{' '.join(words)}: ended with status {one.returncode}")
    return out, seconds, used.ru_maxrss / (MIB if sys.platform == "darwin" else 2**10)


def measure(name: str, folder: Path, n_products: int, is_packed: bool, options: list[str]) -> dict:
    """A row of the table."""
    path = folder / ("shop.jsonl.gz" if is_packed else "shop.jsonl")
    write(path, n_products, is_packed)
    out, plan_seconds, _ = run(folder, "plan", path.name, "--json", *options)
    plan = json.loads(out)
    _, seconds, n_mib = run(folder, "train", path.name, "--model", "model", *options)
    again = folder / "again"
    again.mkdir()
    _, seconds_again, _ = run(again, "train", f"../{path.name}", "--model", "model", *options)
    low, middle, high = (plan[f"{name}_seconds"] for name in ("low", "total", "high"))
    return {"job": name, "low s": low, "planned s": middle, "high s": high, "took s": seconds,
            "time, off by %": 100 * (middle / seconds - 1), "inside": "yes" if low <= seconds <= high else "no",
            "again s": seconds_again,
            "planned MiB": plan["total_memory"] / MIB, "took MiB": n_mib,
            "memory, off by %": 100 * (plan["total_memory"] / MIB / n_mib - 1), "plan took s": plan_seconds}


def main() -> int:
    """Print the tables and the aims that are missed; the exit code is 1 if there are any."""
    args = report.parser(__doc__, "a tenth of the products, to see that it runs").parse_args()
    process.rerun_clean()
    print(report.head_line(), end="\n\n")
    rows = []
    with tempfile.TemporaryDirectory() as warm:
        write(Path(warm) / "shop.jsonl", 2_000, False)
        run(Path(warm), "train", "shop.jsonl", "--model", "model", "--epochs", "1")  # compiles kernels for all jobs
    for name, (n_products, is_packed, options) in JOBS.items():
        with tempfile.TemporaryDirectory() as folder:
            n = n_products // 10 if args.quick else n_products
            rows.append(measure(name, Path(folder), n, is_packed, options))
    for columns in (TIME, MEMORY):
        print(report.table([{name: row[name] for name in columns} for row in rows]), end="\n\n")
    report.write(args.json, rows)
    if args.quick:
        return report.verdict([], "nothing is compared at these sizes")
    return report.verdict(list(missed(rows)), "the plans with what happened")


def missed(rows: list[dict]) -> Iterator[str]:
    """The aims that are missed."""
    median = statistics.median(abs(row["time, off by %"]) for row in rows)
    n_inside = sum(row["inside"] == "yes" for row in rows)
    noise = statistics.median(abs(100 * (row["again s"] / row["took s"] - 1)) for row in rows)
    print(f"Median error of the time {median:.1f} %; {n_inside} of {len(rows)} inside the range. "
          f"Two trainings of one job differ by a median of {noise:.1f} %.")
    if median > MEDIAN_ERROR:
        yield f"time: want a median error of at most {MEDIAN_ERROR} %, got {median:.1f} %"
    if n_inside < INSIDE * len(rows):
        yield f"time: want {INSIDE:.0%} of the jobs inside their range, got {n_inside} of {len(rows)}"
    for row in rows:
        if abs(error := row["memory, off by %"]) > MEMORY_ERROR:
            yield f"memory of {row['job']}: want an error of at most {MEMORY_ERROR} %, got {error:+.0f} %"


if __name__ == "__main__":
    sys.exit(main())
