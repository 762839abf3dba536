"""How far is each kernel and layer from the bound of this machine?

    python -m benchmarks.speed.roofline [--quick] [--threads N] [--json FILE] [--picture FILE]

Two speeds are measured first: P, the operations a second of large matrix products, and B, the bytes a second of
copying large arrays. Work of F operations that moves M bytes needs at least max(F / P, M / B) seconds, its bound. The
formulas of F and M are printed below the times; they use the sizes of one batch:

    N rows, Z non-zeros of x, W words that occur, H and K units of the first and last hidden layer, L labels
    U arrays that the optimiser reads or writes, without the gradient    O its operations per parameter

The formulas count bytes that come from a cache too. B bounds only what passes through memory, so work that stays in
caches may exceed 100 % of its bound. Neither bound fits work that computes much on few bytes without being a product,
such as bce_with_logits on logits in cache: P counts fused multiply-adds, and one division takes as long as many of
them. There, look at the time per entry and thread. Times include the calls from Python. A step's bound is the sum of
its layers' bounds.

Jobs: `deck`: one batch of 20,000 rows, 6,000 words, 12 a title, 200-200 sigmoid, 1,500 labels, SGD. `mini`: batches of
512, 80,000 words, 24 a title, one layer of 200 ReLU, 258 labels, AdaGrad; times and sizes are per batch. Words are
drawn by Zipf's law. Before anything is timed, steps of a small problem must agree with nnlite.network.reference.
"""

import functools
import sys
from pathlib import Path

import numpy as np

from benchmarks import process, report
from benchmarks.speed.roofline_counts import COUNTS, Job, counted, jobs, layers_of_step, sizes_of
from benchmarks.speed.step_problems import zipf_rows
from nnlite import MLP, SGD, AdaGrad, Dataset, check_gradients
from nnlite.kernels import dense
from nnlite.network import reference
from nnlite.network.mlp import StepSettings
from nnlite.network.sizes import BLOCK_ROWS
from nnlite.system.threads import blocks, one_blas_thread, scratch, team, width
from nnlite.tool import doctor

f32 = np.float32


class Bench:
    """A job's data and model, and the parts of its step: each is a method that goes through all batches."""

    def __init__(self, job, threads):
        rng, n_rows = np.random.default_rng(0), job.batch_rows * job.n_batches
        self.job, self.workers, self.optimizer = job, team(threads), job.optimizer
        self.dataset = Dataset(zipf_rows(rng, n_rows, job.n_words, job.per_title),
                               zipf_rows(rng, n_rows, job.n_labels, 5))
        self.model = MLP(job.n_words, job.n_labels, job.hidden, job.activation)
        self.optimizer.start(self.model.params)
        self.optimizer.next_step()
        self.batches = [part.arrays() for part in self.dataset.chunks(job.batch_rows)]
        self.transposed = [self.model.features.transpose(x) for x, _ in self.batches]
        self.blocks = blocks(job.batch_rows, BLOCK_ROWS)
        self.hs = [np.empty((job.batch_rows, units), f32) for units in job.hidden]
        self.ones = np.ones_like(self.hs[0])

    def fresh(self) -> None:
        """Fill the activations as a step does, for the parts that begin after the forward pass."""
        self.model.forward(self.batches[0][0], self.hs)

    def each_block(self, function):
        """Call function(block) for every block of rows of a batch, once for each batch."""
        for _ in self.batches:
            self.workers.run(function, self.blocks)

    def take_rows(self) -> None:
        x, _ = self.dataset.arrays()
        for rows in np.random.default_rng(0).permutation(len(self.dataset)).reshape(len(self.batches), -1):
            x.take(rows)

    def features_forward(self) -> None:
        for x, _ in self.batches:
            self.workers.run(lambda block: self.model.features.forward(x.rows(block), self.hs[0][block]), self.blocks)

    def activation(self) -> None:
        self.each_block(lambda block: self.model.act(self.hs[0][block]))

    def activation_backward(self) -> None:
        self.each_block(lambda block: self.model.act_backward(self.ones[block], self.hs[0][block], f32(1)))

    def linear_forward(self) -> None:
        self.each_block(lambda block: self.model.between[0].forward(self.hs[0][block], self.hs[1][block]))

    def linear_backward(self) -> None:
        self.each_block(lambda block: self.model.between[0].backward(self.hs[0][block], self.hs[1][block]))

    def products(self, y, rows, tile, z):
        """The three products of a block and a tile."""
        h, w = self.hs[-1], self.model.params["labels.W"]
        np.matmul(h[rows], w[tile].T, out=z)
        np.matmul(z.T, h[rows], out=scratch("dw", width(tile), w.shape[1]))
        np.matmul(z, w[tile], out=scratch("dh", width(rows), w.shape[1]))

    def bce(self, y, rows, tile, z):
        """The loss of a block and a tile."""
        b, work = self.model.params["labels.b"], scratch("bce", 4, width(tile))
        dense.bce_with_logits(z, b[tile], *y.rows(rows)[:2], tile.start, f32(1), work[3], work[:3])

    def labels(self) -> None:
        for _, y in self.batches:
            self.model.labels.backward_and_update(self.hs[-1], y, f32(1e-3), self.optimizer, self.workers)

    def transpose(self) -> None:
        for x, _ in self.batches:
            self.model.features.transpose(x)

    def features_backward(self) -> None:
        for words, xt in self.transposed:
            self.model.features.backward_and_update(words, xt, self.ones, self.optimizer, self.workers)

    def step(self) -> None:
        for x, y in self.batches:
            self.optimizer.next_step()
            self.model.step(x, y, StepSettings(1 / x.n_rows), self.optimizer, self.workers)

    def pieces(self):
        """(name, threads, function)"""
        n, act = self.workers.threads, self.job.activation
        between = [("Linear.forward", n, self.linear_forward), ("Linear.backward", n, self.linear_backward)]
        return [
            ("take_rows", 1, self.take_rows),
            ("csr_matmul forward", n, self.features_forward),
            (act, n, self.activation),
            *(between if self.model.between else []),
            ("label products", n, EachLogit(self, self.products)),
            ("bce_with_logits", n, EachLogit(self, self.bce)),
            ("LabelLayer", n, self.labels),
            (act + "_backward", n, self.activation_backward),
            ("csr_transpose", 1, self.transpose),
            ("SparseLinear backward", n, self.features_backward),
        ]


class EachLogit:
    """Calls function(y, rows, tile, z) for all blocks and tiles of the label layer; each thread has a z of its own."""

    def __init__(self, bench, function):
        self.function, self.workers, self.ys = function, bench.workers, [y for _, y in bench.batches]
        row_parts, tiles, _ = bench.model.labels.pieces(bench.job.batch_rows)
        self.pairs = [(rows, tile) for tile in tiles for rows in row_parts]
        largest = max(map(width, row_parts)) * max(map(width, tiles))
        self.zs = [np.zeros(largest, f32) for _ in range(self.workers.threads)]

    def __call__(self):
        for y in self.ys:
            self.workers.run(functools.partial(self.share, y), range(len(self.zs)))

    def share(self, y, i):
        """The share of thread i."""
        for rows, tile in self.pairs[i::len(self.zs)]:
            self.function(y, rows, tile, self.zs[i][:width(rows) * width(tile)].reshape(width(rows), width(tile)))


# ---- agreement, measurement, output

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
            with one_blas_thread():
                model.step(*data.arrays(), StepSettings(1 / len(data)), optimizer, team())
            for name, p in model.params.items():
                want = rule(before[name], gradients[name])
                worst = max(worst, float(abs(p - want).max() / abs(want).max()))
    return worst


def _reference_sgd(p, g):
    return p - 0.5 * g


def _reference_adagrad(p, g):
    return p - 0.5 * g / (np.abs(g) + 0.1)  # of a first step: the sum of squares is g^2


def measure(job: Job, threads: int, peaks: dict, repeats: int = 7) -> tuple[list[dict], dict]:
    """Rows of the table, one for each part of the job's step and one for the step, per batch; and the batch's sizes."""
    bench = Bench(job, threads)
    sizes = sizes_of(job, bench.dataset)
    rows, bounds = [], {}
    with one_blas_thread():
        for name, n, function in bench.pieces():
            bench.fresh()
            times = [seconds / job.n_batches for seconds in report.timed(function, repeats)]
            count = COUNTS[name]
            flops, moved, entries = (counted(formula, sizes) for formula in (count.flops, count.bytes, count.entries))
            bounds[name], bound_by = max((flops / peaks[n]["flops"], "flops"), (moved / peaks[n]["bytes"], "bytes"))
            rows.append(row(name, n, times, flops, moved, bounds[name], bound_by)
                        | {"ns per entry and thread": times[0] * n / entries * 1e9, "entry": count.entry})
        times = [seconds / job.n_batches for seconds in report.timed(bench.step, repeats)]
    parts = layers_of_step(job)
    flops, moved = (sum(counted(getattr(COUNTS[part], what), sizes) for part in parts) for what in ("flops", "bytes"))
    step = row("step", threads, times, flops, moved, sum(bounds[part] for part in parts), "sum of its layers'")
    return [*rows, step], sizes


def row(name: str, threads: int, times: list, flops: float, moved: float, bound: float, bound_by: str) -> dict:
    """One row of the table.

    name: of the kernel or layer
    threads: how many it uses
    times: minimum and median, seconds
    flops: its operations
    moved: its bytes
    bound: the least time, seconds
    bound_by: what makes it the least
    """
    return {
        "kernel or layer": name, "threads": threads, "min ms": 1e3 * times[0], "median ms": 1e3 * times[1],
        "GFLOP/s": flops / times[0] / 1e9, "GB/s": moved / times[0] / 1e9, "flops / byte": flops / moved,
        "bound ms": 1e3 * bound, "bound by": bound_by, "% of bound": 100 * bound / times[0],
    }


def measure_peaks(threads: int, quick: bool) -> tuple[dict, int]:
    """Threads -> operations and bytes a second, for one thread and for all; and the MiB of the arrays copied."""
    seconds, mib = (0.2, 64) if quick else (1.0, int(min(512, 2**10 * (doctor.description()["memory_gib"] or 4) / 8)))
    peaks = {n: {"flops": 1e9 * doctor.sgemm_peak(n, seconds), "bytes": 1e9 * doctor.copy_bandwidth(n, seconds, mib)}
             for n in sorted({1, threads})}
    return peaks, mib


def picture(path: Path, results: dict, peaks: dict, threads: int) -> None:
    """Draw the rooflines, one panel a job: operations per byte against GFLOP/s. Work without operations is left out."""
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(results), figsize=(7 * len(results), 7), sharey=True, layout="constrained")
    for panel, (name, result) in zip(np.atleast_1d(panels), results.items()):
        points = [point for point in result["rows"] if point["GFLOP/s"]]
        reach = np.geomspace(0.05, 2 * max(point["flops / byte"] for point in points), 200)
        for n, style in {1: "--", threads: "-"}.items():
            peak, bandwidth = peaks[n]["flops"] / 1e9, peaks[n]["bytes"] / 1e9
            panel.plot(reach, np.minimum(peak, reach * bandwidth), "k" + style, linewidth=1,
                       label=f"{n} thread{'s' if n > 1 else ''}: {peak:.0f} GFLOP/s, {bandwidth:.0f} GB/s")
        points.sort(key=lambda point: point["flops / byte"])
        for i, point in enumerate(points, start=1):
            at = point["flops / byte"], point["GFLOP/s"]
            panel.plot(*at, "o", label=f"{i} {point['kernel or layer']}, {point['min ms']:.3g} ms")
            panel.annotate(str(i), at, textcoords="offset points", xytext=(5, -10))
        panel.set(xscale="log", yscale="log", xlabel="operations per byte", title=f"{name}, threads: {threads}")
        panel.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    np.atleast_1d(panels)[0].set_ylabel("GFLOP/s")
    figure.savefig(path, dpi=120)


def main() -> int:
    """Print the tables; the exit code is 1 if the small problem does not agree with the reference."""
    parser = report.parser(__doc__, "a tenth of the rows, B of a cache, to see that it runs")
    parser.add_argument("--threads", type=int, default=doctor.usable_cores(), help="default: one per usable core")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the rooflines; needs matplotlib")
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line())
    worst = agree()
    print(f"\nLargest relative difference from the reference, small problem: {worst:.1e}")
    if worst > 1e-4:
        print("roofline: the results are wrong, want a difference below 1e-4", file=sys.stderr)
        return 1

    peaks, mib = measure_peaks(args.threads, args.quick)
    print(f"\n## The machine: products of 1024 x 1024, copies of {mib} MiB\n")
    print(report.table([{"threads": n, "P, GFLOP/s": peak["flops"] / 1e9, "B, GB/s": peak["bytes"] / 1e9}
                        for n, peak in peaks.items()]))
    results = {}
    for name, job in jobs(args.quick).items():
        rows, sizes = measure(job, args.threads, peaks)
        results[name] = {"sizes": sizes, "rows": rows}
        print(f"\n## {name}: {', '.join(f'{letter} = {size:,.6g}' for letter, size in sizes.items())}\n")
        print(report.table(rows), flush=True)
    print("\n## What is counted\n")
    print(report.table([{"kernel or layer": name, **count._asdict()} for name, count in COUNTS.items()]))
    report.write(args.json, {"head": report.head_line(), "peaks": peaks, "results": results})
    if args.picture:
        picture(args.picture, results, peaks, args.threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
