"""Does `nnlite.plan` predict the memory and the time of a training?

    python -m benchmarks.speed.plan [--quick] [--titles FILE ...] [--json FILE]

Five jobs on made-up catalogues: several sizes, both recipes, hashed words, plain and packed files. A sixth job on
titles, where there are any. For each job one process makes the plan, and another one trains a `TitleClassifier`
on the file. Memory is the largest resident size of that process; time includes reading, encoding and training. Memory
beyond 15 % and time beyond 30 % of what was planned are disagreements.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nnlite
from benchmarks import process, report

JOBS = {  # name: records, arguments of the classifier
    "a small shop": (5_000, {}),
    "the default recipe": (100_000, {}),
    "the deck's recipe, 20 epochs": (100_000, {"recipe": "deck", "epochs": 20}),
    "2^20 hashed columns, 100 units": (100_000, {"hash_size": 2 ** 20, "hidden": (100,), "epochs": 3}),
    "400,000 records, packed": (400_000, {"epochs": 2}),
}
BOUNDS = {"memory": 15, "time": 30}  # percent
PLAN = """
import json, sys, nnlite
path, how = sys.argv[1], json.loads(sys.argv[2])
found = nnlite.plan(path, **how)
print(json.dumps({"MiB": found.total_memory / 2**20, "s": found.total_seconds}))
"""
TRAIN = """
import json, sys, time, nnlite
path, how = sys.argv[1], json.loads(sys.argv[2])
start = time.perf_counter()
titles, categories = zip(*nnlite.read_records(path))
nnlite.TitleClassifier(**how).fit(titles, categories)
seconds = time.perf_counter() - start
with open("/proc/self/status") as file:
    peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print(json.dumps({"MiB": peak / 1024, "s": seconds}))
"""


def in_a_process(code: str, path: Path, how: dict) -> dict:
    """What the code prints in a process of its own, read as JSON."""
    done = subprocess.run([sys.executable, "-c", code, str(path), json.dumps(how)], capture_output=True, text=True,
                          cwd=process.ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def write(path: Path, n_records: int) -> None:
    """Write a made-up catalogue as JSON lines, packed if the name ends in .gz."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt") as file:
        for record in nnlite.make_catalogue(n_records, seed=n_records):
            file.write(json.dumps({"title": record.title, "category": record.categories}) + "\n")


def measure(name: str, path: Path, how: dict) -> dict:
    """A row of the table."""
    planned, happened = (in_a_process(code, path, how) for code in (PLAN, TRAIN))
    return {"job": name, **{f"{word} {unit}": figures[unit] for unit in ("MiB", "s")
                            for word, figures in (("planned", planned), ("happened", happened))},
            **{f"{what}, off by": f"{100 * (planned[unit] / happened[unit] - 1):+.0f} %"
               for what, unit in (("memory", "MiB"), ("time", "s"))}}


def off(row: dict) -> list[str]:
    """What of a row is beyond its bound."""
    found = {what: row[f"{what}, off by"] for what in BOUNDS}
    return [f"{row['job']}: {what} off by {by}" for what, by in found.items()
            if abs(int(by.split()[0])) > BOUNDS[what]]


def main() -> int:
    args = report.parser(__doc__, "a fiftieth of the records, to see that it runs", titles=True).parse_args()
    process.rerun_clean()
    print(report.head_line(), end="\n\n")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.jsonl"
        write(small, 2_000)
        in_a_process(TRAIN, small, {"epochs": 1})  # compiles and caches the kernels for all that follow
        for name, (n_records, how) in JOBS.items():
            path = Path(folder) / ("shop.jsonl.gz" if "packed" in name else "shop.jsonl")
            write(path, n_records // 50 if args.quick else n_records)
            rows.append(measure(name, path, how))
        if args.titles and not args.quick:
            rows.append(measure(args.titles[0].name, args.titles[0], {}))
    report.show(rows, args)
    if args.quick:
        return report.verdict([], "nothing is compared at these sizes")
    return report.verdict([line for row in rows for line in off(row)], "memory within 15 %, time within 30 % of plans")


if __name__ == "__main__":
    sys.exit(main())
