"""How do time and memory grow with rows, words, labels and the size of a batch?

    python benchmarks/scale.py [--quick] [--json FILE] [--picture FILE] [--only NAME ...]

Every point is a process of its own. `rows`: a made-up catalogue in one packed file goes through one epoch out of core,
from the file on disk to the model: counted in one pass, encoded into chunks on disk in another, trained from these.
`words`, `labels`, `batch`: training steps on rows whose words and labels are drawn by Zipf's law, everything else
staying as it is. `shapes`: the sizes of two public data sets of many labels. The slope is that of a straight line
through the logarithms of the upper half of the points: 1 is proportional, 0 is none of its business.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import report
from train_step import zipf_rows

import nnlite
from nnlite.data.chunks import ChunkFolder, write_chunks
from nnlite.training import recipes

MIB = 2 ** 20
USUAL = dict(n_words=50_000, n_labels=2_000, batch_rows=512, units=200)
SERIES = {
    "words": [dict(n_words=n) for n in (1_000, 10_000, 100_000, 1_000_000)],
    "labels": [dict(n_labels=n) for n in (100, 1_000, 10_000, 100_000, 670_091)],
    "batch": [dict(batch_rows=n) for n in (32, 128, 512, 2_048, 8_192)],
}
VARIED = {"words": "n_words", "labels": "n_labels", "batch": "batch_rows"}
SHAPES = {
    "LF-AmazonTitles-131K": dict(n_words=40_000, n_labels=131_073, batch_rows=512, units=200),
    "the same, AdaGrad by row": dict(n_words=40_000, n_labels=131_073, batch_rows=512, units=200, by_row=True),
    "without gradients up to 0.001": dict(n_words=40_000, n_labels=131_073, batch_rows=512, units=200, negligible=1e-3),
    "Amazon-670K": dict(n_words=135_909, n_labels=670_091, batch_rows=256, units=128),
    "the same, AdaGrad by row ": dict(n_words=135_909, n_labels=670_091, batch_rows=256, units=128, by_row=True),
    "without gradients up to 0.001 ": dict(
        n_words=135_909, n_labels=670_091, batch_rows=256, units=128, negligible=1e-3),
}
ROWS = (10_000, 100_000, 200_000, 1_000_000, 2_000_000)
CHUNK_ROWS = 20_000
IN_MEMORY = 200_000  # rows up to which training from memory is timed too
SECONDS = 3.0  # of training steps at each point, and at least three of them


# ---- in a process of its own

def peak_mib():
    """The largest resident size of this process so far, of this program alone."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


def steps(n_words, n_labels, batch_rows, units, by_row=False, negligible=0.0):
    """Training steps of a network on rows drawn by Zipf's law: 12 words and 5 labels in each."""
    rng = np.random.default_rng(0)
    x, y = zipf_rows(rng, 20 * batch_rows, n_words, 12), zipf_rows(rng, 20 * batch_rows, n_labels, 5)
    data, model = nnlite.Dataset(x, y), nnlite.MLP(n_words, n_labels, (units,), "relu")
    model.init_label_bias(data.label_frequencies())
    seconds = []

    class Enough(Exception):
        pass

    def look(step):
        seconds.append(step.seconds)
        if step.step > 4 and seconds[-1] - seconds[0] > SECONDS:
            raise Enough

    try:
        optimizer = nnlite.AdaGrad(0.05, by_row=by_row)
        nnlite.Trainer(model, optimizer, batch_rows, epochs=10 ** 6, negligible=negligible).fit(data, on_step=look)
    except Enough:
        pass
    parameters = sum(p.nbytes for p in model.params.values())
    return {"s a step": float(np.median(np.diff(seconds))), "parameters MiB": parameters / MIB, "peak MiB": peak_mib()}


def rows(path, n_records):
    """One epoch out of core."""
    features, found = recipes.FEATURES["default"] | {"hash_size": 2 ** 18}, {}
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        vocabulary = nnlite.Vocabulary.build(nnlite.read_records(path), **features)
        found["count s"], start = time.perf_counter() - start, time.perf_counter()
        write_chunks(folder, nnlite.read_records(path), vocabulary, CHUNK_ROWS)
        found["encode s"] = time.perf_counter() - start
        data = ChunkFolder(folder)
        one_epoch = dict(hidden=(200,), batch_rows=512, epochs=1)
        recipes.default(data, **one_epoch).fit(data[0])  # loads the kernels
        found["train s"] = recipes.default(data, **one_epoch).fit(data).seconds
        found |= {"rows/s from disk": n_records / found["train s"], "peak MiB": peak_mib()}
        if n_records <= IN_MEMORY:
            chunks, times = list(data), {"disk": [], "memory": []}
            for _ in range(3):
                times["memory"].append(recipes.default(data, **one_epoch).fit(chunks).seconds)
                times["disk"].append(recipes.default(data, **one_epoch).fit(data).seconds)
            found["disk / memory"] = min(times["memory"]) / min(times["disk"])  # of rows/s, in turn
    return found


# ---- all of them

def apart(function, *args):
    """What the function returns in a process of its own."""
    call = f"import json, scale; print(json.dumps(scale.{function}(*json.loads({json.dumps(json.dumps(args))}))))"
    if isinstance(args[0], dict):
        call = call.replace("(*json", "(**json").replace(")))", ")[0]))")
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, cwd=Path(__file__).parent)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def slope(points, x, y):
    """Of the line through (log x, log y) of the upper half of the points, at least two."""
    upper = points[-max(2, (len(points) + 1) // 2):]
    return float(np.polyfit(np.log([p[x] for p in upper]), np.log([p[y] for p in upper]), 1)[0])


def write_catalogue(path, n_records):
    with gzip.open(path, "wt", compresslevel=1) as file:
        for record in nnlite.make_catalogue(n_records):
            file.write(json.dumps({"title": record.title, "category": record.categories}) + "\n")


def measure(name, quick):
    """The points of a series, as dicts."""
    if name == "rows":
        points = []
        for n in (2_000, 20_000) if quick else ROWS:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "catalogue.jsonl.gz"
                write_catalogue(path, n)
                points.append({"rows": n, **apart("rows", str(path), n)})
        return points
    if name == "shapes":
        cut = 20 if quick else 1
        sizes = {shape: size | {"n_labels": size["n_labels"] // cut} for shape, size in SHAPES.items()}
        points = [{"shape": shape, **size, **apart("steps", size)} for shape, size in sizes.items()]
        return [{**point, "peak / parameters": point["peak MiB"] / point["parameters MiB"]} for point in points]
    series = [USUAL | change for change in SERIES[name]]
    return [{name: size[VARIED[name]], **apart("steps", size)} for size in (series[:2] if quick else series)]


def draw(results, path):
    """Time and memory of each series, on logarithmic axes."""
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


def main():
    names = ["rows", *SERIES, "shapes"]
    parser = report.parser(__doc__, "two small points each: to see that it runs")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--picture", type=Path, metavar="FILE", help="needs matplotlib")
    args = parser.parse_args()
    report.rerun_clean()
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
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
