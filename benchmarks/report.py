"""What the benchmarks share: arguments, records, a clean process, times, the head line and the table of results."""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import time
from itertools import islice
from numbers import Integral, Real
from pathlib import Path

PEERS = str(Path(__file__).parent / "peers")
if PEERS not in sys.path:
    sys.path.append(PEERS)
from protocol import SLOWER_KERNELS, THREAD_COUNTS  # noqa: E402

import nnlite  # noqa: E402
from nnlite.tool import doctor

UNWANTED = (*SLOWER_KERNELS, *THREAD_COUNTS, "OPENBLAS_L2_SIZE", "NUMBA_BOUNDSCHECK")
TITLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "amazon_titles_100k.jsonl.gz"


def parser(doc, quick):
    """A parser of --quick and --json FILE. doc: the whole help; quick: that of --quick."""
    arguments = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help=quick)
    arguments.add_argument("--json", type=Path, metavar="FILE")
    return arguments


def records(paths, quick):
    """The records of these files, by default the real titles or, without them, made-up ones, and their source as text.

    quick: only the first 10,000.
    """
    paths = paths or ([TITLES] if TITLES.exists() else [])
    found = nnlite.read_records(paths) if paths else nnlite.make_catalogue(100_000)
    source = ", ".join(path.name for path in paths) or "the made-up catalogue"
    return list(islice(found, 10_000 if quick else None)), source


def clean_environment():
    """The environment without the variables that choose an older core's kernels or a number of threads."""
    return {name: value for name, value in os.environ.items() if name not in UNWANTED}


def rerun_clean():
    """If the environment is not clean, run the same command in a child process where it is, and exit as it does.

    BLAS chooses its kernels when it is loaded: too late for a change in this process.
    """
    if len(clean_environment()) < len(os.environ):
        sys.exit(subprocess.run([sys.executable, *sys.argv], env=clean_environment()).returncode)


def timed(function, repeats=7):
    """Minimum and median of the seconds that a call takes, of `repeats` calls after a first one."""
    times = []
    function()
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times), statistics.median(times)


def head_line():
    """Date, machine, versions and command, and a line for each complaint about them, as text."""
    about = doctor.description()
    versions = ", ".join(f"{name} {about[name]}" for name in ("python", "numpy", "scipy", "numba", "nnlite"))
    command = " ".join(["python", *sys.argv])
    lines = [
        f"{datetime.date.today()}: {about['processor']}, {about['cores']} usable cores, {about['memory_gib']} GiB; "
        f"{versions}, {about['blas']} with kernels for {about['core']}; `{command}`",
        *(f"Complaint: {line}" for line in doctor.complaints()),
    ]
    return "\n\n".join(lines)


def table(rows, columns=None):
    """A Markdown table, aligned for reading as text, of a list of dicts.

    columns: keys of the dicts, which are the titles; by default those of the first row. A key that a row lacks, and
    None, are empty cells. Numbers stand right, floats with three digits.
    """
    columns = list(columns or rows[0])
    cells = [columns, *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(3, *(len(line[i]) for line in cells)) for i in range(len(columns))]
    right = [all(isinstance(row.get(c), (Real, type(None))) for row in rows) for c in columns]
    cells.insert(1, ["-" * (width - 1) + (":" if r else "-") for width, r in zip(widths, right)])
    return "\n".join(
        "| " + " | ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right)) + " |"
        for line in cells)


def show(rows, args):
    """Print the rows as a table, and write them to the file of --json."""
    print(table(rows))
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))


def _cell(value):
    if value is None:
        return ""
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, Real):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
