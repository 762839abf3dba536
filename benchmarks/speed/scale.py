"""How do time and memory grow with rows, words, labels and the size of a batch?

    python -m benchmarks.speed.scale [--quick] [--json FILE] [--picture FILE] [--only NAME ...]

Every point is a process of its own. `rows`: one epoch out of core on a made-up catalogue in a packed file: one pass
counts, a second one encodes into chunks on disk, and training reads these. `words`, `labels`, `batch`: training steps
on rows whose words and labels are drawn by Zipf's law; one size varies, the others stay the same. `shapes`: the sizes
of two public data sets of many labels. The slope is that of a straight line through the logarithms of the upper half
of the points: 1 means proportional, 0 means independent.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import nnlite
from benchmarks import process, report

USUAL = dict(n_words=50_000, n_labels=2_000, batch_rows=512, units=200)
SERIES = {
    "words": [dict(n_words=n) for n in (1_000, 10_000, 100_000, 1_000_000)],
    "labels": [dict(n_labels=n) for n in (100, 1_000, 10_000, 100_000, 670_091)],
    "batch": [dict(batch_rows=n) for n in (32, 128, 512, 2_048, 8_192)],
}
VARIED = {"words": "n_words", "labels": "n_labels", "batch": "batch_rows"}
DATA_SETS = {
    "LF-AmazonTitles-131K": dict(n_words=40_000, n_labels=131_073, batch_rows=512, units=200),
    "Amazon-670K": dict(n_words=135_909, n_labels=670_091, batch_rows=256, units=128),
}
CHANGES = {"the same, AdaGrad by row": dict(by_row=["features.W", "labels.W"]),
           "without gradients up to 0.001": dict(negligible=1e-3)}
SHAPES = [(shape, size | change) for name, size in DATA_SETS.items()
          for shape, change in [(name, {}), *CHANGES.items()]]
ROWS = (10_000, 100_000, 200_000, 1_000_000)


def apart(kind: str, **arguments) -> dict:
    """What a function of scale_point.py, steps or rows, finds in a process of its own."""
    command = process.command(sys.executable, "benchmarks.speed.scale_point", kind, json.dumps(arguments))
    done = subprocess.run(command, capture_output=True, text=True, cwd=process.ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def slope(points: list[dict], x: str, y: str) -> float:
    """The slope of the line through (log x, log y) of the upper half of the points, at least two of them."""
    upper = points[-max(2, (len(points) + 1) // 2):]
    return float(np.polyfit(np.log([p[x] for p in upper]), np.log([p[y] for p in upper]), 1)[0])


def write_catalogue(path: Path, n_records: int) -> None:
    """Write a made-up catalogue as packed JSON lines."""
    with gzip.open(path, "wt", compresslevel=1) as file:
        for record in nnlite.make_catalogue(n_records):
            file.write(json.dumps({"title": record.title, "category": record.categories}) + "\n")


def measure(name: str, quick: bool) -> list[dict]:
    """The points of a series."""
    if name == "rows":
        points = []
        for n in (2_000, 10_000) if quick else ROWS:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "catalogue.jsonl.gz"
                write_catalogue(path, n)
                points.append({"rows": n, **apart("rows", path=str(path), n_records=n)})
        return points
    if name == "shapes":
        cut = 20 if quick else 1
        sizes = [(shape, size | {"n_labels": size["n_labels"] // cut}) for shape, size in SHAPES[:2 if quick else None]]
        points = [{"shape": shape, **size, **apart("steps", **size)} for shape, size in sizes]
        return [{**point, "peak / parameters": point["peak MiB"] / point["parameters MiB"]} for point in points]
    series = [USUAL | change for change in SERIES[name]]
    return [{name: size[VARIED[name]], **apart("steps", **size)} for size in (series[:2] if quick else series)]


def draw(results: dict, path: Path) -> None:
    """Draw time and memory of each series on logarithmic axes."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [name for name in results if name != "shapes"]
    figure, grid = plt.subplots(2, len(shown), figsize=(3.2 * len(shown), 5.5), layout="constrained", squeeze=False)
    for column, name in zip(grid.T, shown):
        points = results[name]
        for axes, y in zip(column, ("train s" if name == "rows" else "s a step", "peak MiB")):
            axes.plot([p[name] for p in points], [p[y] for p in points], "o-", markersize=4)
            axes.set(xscale="log", yscale="log", xlabel=name, ylabel=y, title=f"slope {slope(points, name, y):.2f}")
            axes.grid(alpha=0.3)
    figure.savefig(path, dpi=100)


def main() -> int:
    names = ["rows", *SERIES, "shapes"]
    parser = report.parser(__doc__, "two small points each, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--picture", type=Path, metavar="FILE", help="needs matplotlib")
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line())
    results = {}
    for name in args.only:
        points = results[name] = measure(name, args.quick)
        print(f"\n## {name}\n\n{report.table(points)}", flush=True)
        if name != "shapes":
            y = "train s" if name == "rows" else "s a step"
            print(f"\nslopes: time {slope(points, name, y):.2f}, memory {slope(points, name, 'peak MiB'):.2f}")
    if args.picture:
        draw(results, args.picture)
    report.write(args.json, results)
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
