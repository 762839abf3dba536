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

DATA = ROOT / "benchmarks" / "data"  # what `python -m benchmarks.quality.data` makes
TITLES = DATA / "titles.jsonl.gz", DATA / "packages.jsonl.gz"  # the first that exists is used
MADE_UP = "the MADE-UP catalogue"


class Arguments(Parser):
    """Says what is wrong with the files of --json and --picture before the work."""

    def parse_args(self, args=None, namespace=None):
        found = super().parse_args(args, namespace)
        try:
            files = {"--json": found.json, "--picture": getattr(found, "picture", None)}
            folder = getattr(found, "data", None)
            read = [path for path in folder.rglob("*") if path.is_file()] if folder else []
            places.check(files, inputs=[*read, *(getattr(found, "titles", None) or []),
                                        *(getattr(found, "xmc", None) or [])])
        except (OSError, ValueError) as error:
            self.error(message(error))
        return found


def parser(doc: str, quick: str, titles: bool = False) -> Parser:
    """A parser of --quick and --json FILE.

    doc: the whole help text
    quick: the help text of --quick
    titles: whether the script learns titles, so has --titles FILE ... too
    """
    arguments = Arguments(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help=quick)
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    if titles:
        arguments.add_argument("--titles", type=Path, nargs="+", metavar="FILE", default=_built(),
                               help="product files, as nnlite.read_records reads them; by default what "
                                    "benchmarks.quality.data has made, else a made-up catalogue")
    return arguments


def _built() -> list[Path]:
    """The titles that benchmarks.quality.data has made, if it has."""
    return [path for path in TITLES if path.exists()][:1]


def records(paths: Sequence[Path], most: int | None = None) -> tuple[list[nnlite.Record], str]:
    """The first `most` records of these files, and what they are: "100,000 records of titles.jsonl.gz".

    Without files they are of the made-up catalogue, which has 100,000.
    """
    found = nnlite.read_records(paths) if paths else nnlite.make_catalogue(100_000)
    found = list(islice(found, most))
    source = ", ".join(path.name for path in paths) or MADE_UP
    return found, f"{len(found):,} records of {source}"


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


def verdict(disagreements: Sequence[str], compared: str) -> int:
    """Print how many of the results that were compared disagree, each with its reason; the exit status, 1 if any does.

    compared: what was compared with what
    """
    print(f"\n**{len(disagreements)} disagreements** ({compared})" + ":" * bool(disagreements))
    for reason in disagreements:
        print(f"\n- {reason}")
    return 1 if disagreements else 0


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
