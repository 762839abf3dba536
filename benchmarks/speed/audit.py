"""How long does `nnlite audit` take, and how much memory?

    python -m benchmarks.speed.audit [--quick] [--titles FILE ...] [--json FILE]

A process for each file, as a user types it: seconds from its start to its end, and its largest resident size. The
second file has 200,000 made-up titles with five of 5,000 categories each (`many_titles` of benchmarks.quality.sizes).
"""

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks import process, report
from benchmarks.quality.sizes import many_titles
from benchmarks.speed.plan import run


def row(name: str, records: Iterable[tuple[str, Iterable[str]]]) -> dict:
    """Write the records as JSON lines and audit them."""
    with tempfile.TemporaryDirectory() as folder:
        with open(Path(folder, "shop.jsonl"), "w") as file:
            file.writelines(json.dumps({"title": title, "category": [*names]}) + "\n" for title, names in records)
        out, seconds, mib = run(Path(folder), "audit", "shop.jsonl", "--out", "suspects.csv")
    return {"products": name, "seconds": seconds, "peak MiB": mib, "found": out.splitlines()[0].split(";")[0]}


def main() -> int:
    parser = report.parser(__doc__, "2,000 products each, and 100 categories", titles=True)
    args = parser.parse_args()
    process.rerun_clean()
    n, n_many, n_labels = (2_000, 2_000, 100) if args.quick else (100_000, 200_000, 5_000)
    records, source = report.records(args.titles, n)
    print(report.head_line() + "\n")
    report.show([row(source, records), row(f"{n_many:,} of {n_labels:,} made-up categories",
                                           many_titles(n_labels, n_many))], args)
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
