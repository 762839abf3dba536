"""What the benchmarks share: arguments, records, times, the head line and the table of results."""

import argparse
import datetime
import json
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import islice
from numbers import Integral, Real
from pathlib import Path

import nnlite
from benchmarks.process import ROOT, own_command
from nnlite.system.atomic_file import replacing
from nnlite.tool import doctor, places
from nnlite.tool.command_line import Parser, message

DATA = ROOT.parent / "shared" / "data"
TITLES = DATA / "amazon_titles_100k.jsonl.gz"


class Arguments(Parser):
    """Says what is wrong with the files of --json and --picture before the work."""

    def parse_args(self, args=None, namespace=None):
        found = super().parse_args(args, namespace)
        try:
            files = {"--json": found.json, "--picture": getattr(found, "picture", None)}
            data = getattr(found, "data", None) or []
            data = data if isinstance(data, list) else [path for path in data.rglob("*") if path.is_file()]
            places.check(files, inputs=[TITLES, *data, *(getattr(found, "xmc", None) or [])])
        except (OSError, ValueError) as error:
            self.error(message(error))
        return found


def parser(doc: str, quick: str) -> Parser:
    """A parser of --quick and --json FILE. doc: the whole help text; quick: the help text of --quick."""
    arguments = Arguments(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help=quick)
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    return arguments


def records(paths: Sequence[Path] | None, quick: bool) -> tuple[list[nnlite.Record], str]:
    """The records of these files, and the names of the files as text.

    Without paths they are the real titles or, where these are absent, made-up ones. quick: only the first 10,000.
    """
    paths = paths or ([TITLES] if TITLES.exists() else [])
    found = nnlite.read_records(paths) if paths else nnlite.make_catalogue(100_000)
    source = ", ".join(path.name for path in paths) or "the made-up catalogue"
    return list(islice(found, 10_000 if quick else None)), source


def timed(function: Callable[[], object], repeats: int = 7) -> tuple[float, float]:
    """Minimum and median seconds of `repeats` calls, after one call that does not count."""
    times = []
    function()
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times), statistics.median(times)


def head_line() -> str:
    """Date, machine, versions and command; then a line for each complaint about the machine."""
    about = doctor.description()
    versions = ", ".join(f"{name} {about[name]}" for name in ("python", "numpy", "scipy", "numba", "nnlite"))
    lines = [
        f"{datetime.date.today()}: {about['processor']}, {about['cores']} usable cores, {about['memory_gib']} GiB; "
        f"{versions}, {about['blas']} with kernels for {about['core']}; `{own_command()}`",
        *(f"Complaint: {line}" for line in doctor.complaints()),
    ]
    return "\n\n".join(lines)


def table(rows: Sequence[dict], columns: Sequence[str] | None = None) -> str:
    """A Markdown table of a list of dicts, its columns aligned in the text.

    columns: keys of the dicts, which become the titles; by default the keys of the first row. A key that a row lacks,
    and None, are empty cells. Columns of numbers are aligned on the right; floats have three digits.
    """
    columns = list(columns or rows[0])
    cells = [columns, *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(3, *(len(line[i]) for line in cells)) for i in range(len(columns))]
    right = [all(isinstance(row.get(c), (Real, type(None))) for row in rows) for c in columns]
    cells.insert(1, ["-" * (width - 1) + (":" if r else "-") for width, r in zip(widths, right)])
    return "\n".join(
        "| " + " | ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right)) + " |"
        for line in cells)


def show(rows: Sequence[dict], args: argparse.Namespace) -> None:
    """Print the rows as a table, and write them to the file of --json."""
    print(table(rows))
    write(args.json, rows)


def write(path: Path | None, figures: object) -> None:
    """Write the figures to the file of --json, if one is given."""
    if path:
        with replacing(path) as file:
            file.write(json.dumps(figures, indent=1).encode())


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, Real):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
