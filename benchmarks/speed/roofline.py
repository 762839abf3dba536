"""How far is each kernel and layer from the bound of this machine?

    python -m benchmarks.speed.roofline [--quick] [--threads N] [--json FILE] [--picture FILE]

Two kinds of speed are measured, with one thread and with all (peaks.py): P, the operations a second of matrix products,
by BLAS and, where the processor has them, of packed bfloat16 on its matrix units; and B(s), the bytes a second that
pass through arrays of s bytes, so from the cache in which these lie. Work needs at least the longest of three times,
its bound:

    F / P         F operations
    M / B(L1)     M bytes that its loops read and write, as if all came from the first cache
    C / B(s)      C bytes, each distinct one read or written once, of arrays of s bytes

Units are twice as fast in one second as in the next where others use the same core. So a part that has products is
timed in turn with square products, and its P is the most of these turns, or of its own if it is nothing but products;
`medians, %` are medians of both. Other parts have the most P of all. The formulas of F, M, C and s are printed below
the times; they use the sizes of one batch:

    N rows, Z non-zeros of x, W words that occur, H and K units of the first and last hidden layer, L labels
    U arrays that the optimiser reads or writes, without the gradient    O its operations per parameter
    T logits that exist at once, of all threads

A bound is below what is possible where work computes much on few bytes without being a product, such as
bce_with_logits: P counts fused multiply-adds, and one division takes as long as many of them. There, look at the time
per entry and thread. Times include the calls from Python. A step's bound is the sum over its layers, with all bytes
from the first cache.

Jobs: `deck`: one batch of 20,000 rows, 6,000 words, 12 a title, 200-200 sigmoid, 1,500 labels, SGD. `mini`: batches of
512, 80,000 words, 24 a title, one layer of 200 ReLU, 258 labels, AdaGrad; times and sizes are per batch. `deck in
bfloat16`, where there are matrix units: its products are made there; `label products` has them without packing and of
whole tiles, which leave the caches, the layer with packing and panel by panel. Words are drawn by Zipf's law.
Before anything is timed, steps of a small problem must agree with nnlite.network.reference. Above 100 % of a bound
means that the machine was slower while its speeds were measured: such a row is a disagreement.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks import process, report
from benchmarks.speed.peaks import Peaks
from benchmarks.speed.roofline_counts import COUNTS, Job, counted, jobs, layers_of_step, sizes_of
from benchmarks.speed.roofline_parts import Bench
from benchmarks.speed.step_problems import zipf_rows
from nnlite import MLP, SGD, AdaGrad, Dataset, check_gradients
from nnlite.network import reference
from nnlite.network.label_step import StepSettings
from nnlite.system.blas import one_blas_thread
from nnlite.system.threads import team
from nnlite.tool import doctor

AGREES = 1e-4
PRODUCTS = {"label products", "Linear.forward", "Linear.backward"}
HAVE_PRODUCTS = PRODUCTS | {"LabelLayer", "step"}


def agree() -> float:
    """The largest relative difference from the reference of gradients and updated parameters, on a small problem."""
    rng, worst = np.random.default_rng(1), 0.0
    data = Dataset(zipf_rows(rng, 300, 90, 6), zipf_rows(rng, 300, 70, 4))
    for activation in "sigmoid", "relu":
        for optimizer, rule in (SGD(0.5), _reference_sgd), (AdaGrad(0.5, eps=0.1), _reference_adagrad):
            model = MLP(90, 70, (33, 21), activation)
            worst = max(worst, *check_gradients(model, data).values())
            before = {name: p.astype(np.float64) for name, p in model.params.items()}
            _, gradients = reference.loss_and_grads(before, data.x.toarray(), data.y.toarray(), activation)
            optimizer.start(model.params)
            optimizer.next_step()
            settings, (x, y) = StepSettings(1 / len(data)), data.arrays()
            with one_blas_thread():
                model.step(model.prepare(x, settings), y, settings, optimizer, team())
            for name, p in model.params.items():
                want = rule(before[name], gradients[name])
                worst = max(worst, float(abs(p - want).max() / abs(want).max()))
    return worst


def _reference_sgd(p, g):
    return p - 0.5 * g


def _reference_adagrad(p, g):
    return p - 0.5 * g / (np.abs(g) + 0.1)  # of a first step: the sum of squares is g^2


class Timed(NamedTuple):
    """Seconds of a part of the step, and the operations a second of products in the same turns (0: not measured)."""

    threads: int
    least: float
    median: float
    best_products: float = 0.0
    median_products: float = 0.0


def timed(function: Callable[[], object], threads: int, repeats: int, n_batches: int,
          products: Callable[[], float] | None) -> Timed:
    """Time `repeats` calls, each for so many batches; before each of them measure the rate of products, if any."""
    times, rates = [], []
    function()
    for _ in range(repeats):
        if products:
            rates.append(products())
        start = time.perf_counter()
        function()
        times.append((time.perf_counter() - start) / n_batches)
    return Timed(threads, min(times), median(times), *((max(rates), median(rates)) if rates else ()))


def measure(job: Job, threads: int, peaks: Peaks, repeats: int = 7) -> tuple[dict[str, Timed], dict]:
    """Each part of the job's step, and the batch's sizes."""
    bench = Bench(job, threads)
    found = {}
    with one_blas_thread():
        for name, n, function in [*bench.pieces(), ("step", threads, bench.step)]:
            bench.fresh()
            products = partial(peaks.products_now, job.precision, n) if name in HAVE_PRODUCTS else None
            found[name] = timed(function, n, repeats, job.n_batches, products)
    return found, sizes_of(job, bench.dataset) | {"T": bench.logits_at_once()}


def bounds(name: str, products: float, n: int, sizes: dict, peaks: Peaks) -> dict[str, float]:
    """The bounds of a part in seconds, by what makes them, with n threads and so many operations a second."""
    count = COUNTS[name]
    once, arrays = (counted(formula, sizes) for formula in (count.once, count.arrays))
    return {"flops": counted(count.flops, sizes) / products,
            "bytes, L1": counted(count.bytes, sizes) / peaks.bandwidth(n, 0),
            f"bytes, {arrays / 2**20:.3g} MiB": once / peaks.bandwidth(n, arrays)}


def bound(name: str, products: float, job: Job, n: int, sizes: dict, peaks: Peaks) -> tuple[float, str]:
    """The bound of a part in seconds, and what makes it."""
    usual = peaks.products("float32", n)  # of the parts that are not products
    if name == "step":
        in_l1 = [list(bounds(part, products if part in HAVE_PRODUCTS else usual, n, sizes, peaks).values())[:2]
                 for part in layers_of_step(job)]
        return sum(map(max, in_l1)), "sum of its layers'"
    of = bounds(name, products if name in HAVE_PRODUCTS else usual, n, sizes, peaks)
    by = max(of, key=lambda what: of[what])
    return of[by], by


def rows_of(job: Job, found: dict[str, Timed], sizes: dict, peaks: Peaks) -> tuple[list[dict], list[dict]]:
    """The rows of the table of times and of the table of bounds."""
    times, limits = [], []
    for name, part in found.items():
        parts = layers_of_step(job) if name == "step" else [name]
        flops, moved = (sum(counted(getattr(COUNTS[each], what), sizes) for each in parts)
                        for what in ("flops", "bytes"))
        rates = part.best_products, part.median_products
        if name in PRODUCTS:  # products of this shape may be faster than square ones
            rates = max(rates[0], flops / part.least), max(rates[1], flops / part.median)
            peaks.reached(job.precision, part.threads, rates[0])
        (limit, by), (usual, _) = (bound(name, rate, job, part.threads, sizes, peaks) for rate in rates)
        each = {} if name == "step" else {
            "ns per entry and thread": part.least * part.threads / counted(COUNTS[name].entries, sizes) * 1e9,
            "entry": COUNTS[name].entry}
        times.append({"kernel or layer": name, "threads": part.threads, "min ms": 1e3 * part.least,
                      "median ms": 1e3 * part.median} | each)
        limits.append({"kernel or layer": name, "GFLOP/s": flops / part.least / 1e9, "GB/s": moved / part.least / 1e9,
                       "flops / byte": flops / moved, "products, GFLOP/s": rates[0] / 1e9 or None,
                       "bound ms": 1e3 * limit, "bound by": by, "% of bound": 100 * limit / part.least,
                       "medians, %": 100 * usual / part.median})
    return times, limits


def picture(path: Path, results: dict, peaks: Peaks, threads: int) -> None:
    """Draw the rooflines, one panel a job: operations per byte against GFLOP/s. Work without operations is left out."""
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(results), figsize=(7 * len(results), 7), sharey=True, layout="constrained")
    for panel, (name, result) in zip(np.atleast_1d(panels), results.items()):
        points = sorted((row for row in result["bounds"] if row["GFLOP/s"]), key=lambda row: row["flops / byte"])
        reach = np.geomspace(0.05, 2 * points[-1]["flops / byte"], 200)
        peak = peaks.products(result["precision"], threads) / 1e9
        for where, size, style in (("L1", 0, "--"), ("memory", 2**40, "-")):
            bandwidth = peaks.bandwidth(threads, size) / 1e9
            panel.plot(reach, np.minimum(peak, reach * bandwidth), "k" + style, linewidth=1,
                       label=f"{where}: {bandwidth:.0f} GB/s; products: {peak:.0f} GFLOP/s")
        for i, point in enumerate(points, start=1):
            at = point["flops / byte"], point["GFLOP/s"]
            panel.plot(*at, "o", label=f"{i} {point['kernel or layer']}, {point['% of bound']:.0f} % of its bound")
            panel.annotate(str(i), at, textcoords="offset points", xytext=(5, -10))
        panel.set(xscale="log", yscale="log", xlabel="operations per byte", title=f"{name}, threads: {threads}")
        panel.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    np.atleast_1d(panels)[0].set_ylabel("GFLOP/s")
    figure.savefig(path, dpi=120)


def main() -> int:
    """Print the tables; the exit code is 1 if results are wrong or a part seems faster than possible."""
    parser = report.parser(__doc__, "a tenth of the rows, shorter measurements, to see that it runs")
    parser.add_argument("--threads", type=int, default=doctor.usable_cores(), help="default: one per usable core")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the rooflines; needs matplotlib")
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line())
    worst = agree()
    wrong = [f"the small problem differs by {worst:.1e}, want less than {AGREES}"] * (worst > AGREES)
    peaks = Peaks(args.threads, args.quick)
    found = {}
    for name, job in jobs(args.quick, peaks.unit).items():
        found[name] = job, *measure(job, args.threads, peaks, 3 if args.quick else 9)
        peaks.measure()  # again: a shared machine has slow minutes
    results = {name: dict(zip(("sizes", "times", "bounds"), (sizes, *rows_of(job, times, sizes, peaks))),
                          precision=job.precision)
               for name, (job, times, sizes) in found.items()}
    print("\n## The machine\n\n" + "\n\n".join(map(report.table, peaks.tables())))
    for name, result in results.items():
        print(f"\n## {name}: {', '.join(f'{letter} = {size:,.6g}' for letter, size in result['sizes'].items())}\n")
        print(report.table(result["times"]) + "\n\n" + report.table(result["bounds"]))
        wrong += [f"{name}, {row['kernel or layer']}: {row['% of bound']:.0f} % of its bound"
                  for row in result["bounds"] if row["% of bound"] > 100]
    print("\n## What is counted\n")
    counts = [{"kernel or layer": name, **count._asdict()} for name, count in COUNTS.items()]
    print(report.table(counts, ["kernel or layer", "flops", "bytes", "entries", "entry"]) + "\n")
    print(report.table(counts, ["kernel or layer", "once", "arrays"]))
    report.write(args.json, {"head": report.head_line(), "peaks": peaks.tables(), "results": results})
    if args.picture:
        picture(args.picture, results, peaks, args.threads)
    return report.verdict(wrong, f"steps with the reference, {worst:.1e} at most; parts with their bounds")


if __name__ == "__main__":
    sys.exit(main())
