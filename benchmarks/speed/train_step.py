"""How long does one training step take in nnlite, and how long in what people would use instead?

    python -m benchmarks.speed.train_step [--quick] [--json FILE] [--job NAME ...]

Jobs: `deck-1500` and `deck-5000`: one step of the deck's recipe (averaged loss, plain gradient descent) on 20,000 rows,
6,000 words, 12 a title, 200-200 sigmoid, 1,500 and 5,000 labels. `mini`: one epoch in batches of 512, 80,000 rows,
80,000 words, 24 a title, 200 ReLU, AdaGrad, 258 labels (real titles with bigrams where they are present, else words
drawn by Zipf's law). `labels-131k` and `labels-670k`: two steps in the shape of LF-AmazonTitles-131K (40,000 words,
131,073 labels, 200 ReLU, AdaGrad, batch 512) and of Amazon-670K (135,909 words, 670,091 labels, 128 ReLU, AdaGrad,
batch 256). `memory`: the peak of the deck's step beyond data, parameters, compiled code and activations, with 1,500 and
50,000 labels.

Each system is a process of its own, started without variables that choose an older processor's kernels. First all take
the same steps from the same parameters and must agree: losses within 1e-5, relative, and parameters within 1e-4 of the
largest entry. (With 670,091 labels and first probabilities of 1e-9, PyTorch's float32 loss function loses 2e-5 of the
total, because it rounds label by label; the gradients agree. nnlite and PyTorch by hand keep it.) Then they are timed
in turn, A B C A B C, after one warm-up each. All sleep between two units, so that no thread of the last system spins
while the next one is timed. Peers are installed by `python -m benchmarks.peers.install`.
"""

import functools
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks import process, report
from benchmarks.peers import steps
from benchmarks.peers.problem import Problem
from benchmarks.peers.protocol import System

PAUSE = 0.3  # seconds between two units: OpenMP's threads spin for about 0.2 s before they sleep
DECK_PEERS = [("torch", form) for form in ("eager", "compile", "bfloat16", "chunked-compile", "dense")]
DECK_PEERS += [("keras", "dense"), ("keras", "dense-jit"), ("sklearn", "mlp")]
LARGE_PEERS = DECK_PEERS[:4]  # all are in memory at once, and the others allocate many arrays of 20,000 x 5,000
MINI_PEERS = [("torch", form) for form in ("eager", "compile", "sparse", "sparse-chunked", "sparse-chunked-compile")]
MINI_PEERS += [("torch", "eager", "adam")]
MANY_PEERS = [("torch", form) for form in ("eager", "sparse", "sparse-chunked")]


# ---- problems

def zipf_rows(rng: np.random.Generator, n_rows: int, n_columns: int, per_row: int) -> sp.csr_array:
    """A csr matrix of ones, at most per_row of them in a row, in columns drawn by Zipf's law."""
    edges = np.cumsum(1 / np.arange(1, n_columns + 1))
    drawn = np.searchsorted(edges / edges[-1], rng.random((n_rows, per_row)))
    matrix = sp.csr_array((np.ones(drawn.size, np.float32), drawn.ravel(), np.arange(0, drawn.size + 1, per_row)),
                          shape=(n_rows, n_columns))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def problem(x: sp.csr_array, y: sp.csr_array, hidden: tuple, **how) -> Problem:
    """A problem that starts from the parameters of an MLP. how: the problem's other fields."""
    model = nnlite.MLP(x.shape[1], y.shape[1], hidden, how["activation"])
    model.init_label_bias(np.bincount(y.indices, minlength=y.shape[1]) / y.shape[0])
    return Problem(x, y, model.params, **how)


def deck(n_labels: int, quick: bool = False) -> Problem:
    """One step of the deck's recipe."""
    rng, n_rows = np.random.default_rng(0), 2_000 if quick else 20_000
    x, y = zipf_rows(rng, n_rows, 6_000, 12), zipf_rows(rng, n_rows, n_labels, 5)
    return problem(x, y, (200, 200), activation="sigmoid", optimizer="sgd", lr=0.05, reduction="mean",
                   batch_rows=n_rows)


def mini(quick: bool = False) -> Problem:
    """One epoch of small batches."""
    n_rows = 4_000 if quick else 80_000
    if report.TITLES.exists():
        records = list(nnlite.read_records(report.TITLES))[:n_rows]
        vocabulary = nnlite.Vocabulary.build(records, min_count=10, ngrams=2)
        data = vocabulary.encode(records)
        x, y = data.x, data.y
    else:
        rng = np.random.default_rng(0)
        x, y = zipf_rows(rng, n_rows, 80_000, 24), zipf_rows(rng, n_rows, 258, 2)
    return problem(x, y, (200,), activation="relu", optimizer="adagrad", lr=0.05, eps=1e-5, reduction="sum",
                   batch_rows=512)


def many_labels(n_words: int, n_labels: int, units: int, batch_rows: int, quick: bool = False) -> Problem:
    """Two steps with many labels."""
    rng, n_rows = np.random.default_rng(0), 2 * batch_rows
    n_words, n_labels = (n // 20 if quick else n for n in (n_words, n_labels))
    x, y = zipf_rows(rng, n_rows, n_words, 7), zipf_rows(rng, n_rows, n_labels, 5)
    return problem(x, y, (units,), activation="relu", optimizer="adagrad", lr=0.05, eps=1e-3, reduction="sum",
                   batch_rows=batch_rows)


JOBS = {
    "deck-1500": (functools.partial(deck, 1_500), DECK_PEERS),
    "deck-5000": (functools.partial(deck, 5_000), LARGE_PEERS),
    "mini": (mini, MINI_PEERS),
    "labels-131k": (functools.partial(many_labels, 40_000, 131_073, 200, 512), MANY_PEERS),
    "labels-670k": (functools.partial(many_labels, 135_909, 670_091, 128, 256), MANY_PEERS[::2]),
}


# ---- systems

def nnlite_system(path: Path, form: str = "step", **options) -> System:
    """nnlite as a System."""
    return System(sys.executable, "benchmarks.speed.nnlite_step", path, form, **options)


def start_all(path: Path, chosen: list, many_labels: bool) -> list[tuple[str, System | str]]:
    """(name, the System or the reason why there is none) of each system; the first is nnlite's step."""
    systems = [("nnlite", nnlite_system(path)), ("nnlite, products alone", nnlite_system(path, "products")),
               ("nnlite, 1 thread", nnlite_system(path, threads=1))]
    if many_labels:
        systems.append(("nnlite, no gradients up to 0.001", nnlite_system(path, "negligible")))
    for peer, form, *optimizer in chosen:
        name = " ".join([peer, form, *optimizer])
        try:
            systems.append((name, steps.start(peer, path, form, optimizer=optimizer[0] if optimizer else None)))
        except RuntimeError as error:
            systems.append((name, str(error).split("\n")[0]))
    return systems


def first_step(system: System, work: Problem) -> tuple[float, dict]:
    """Loss and parameters of the first step; then the system is reset."""
    loss = (system.unit() if len(work.batches()) == 1 else system.first())["loss"]
    params = system.params()
    system.reset()
    return loss, params


def differences(system: System, work: Problem, want_loss: float, want: dict) -> tuple[float, float]:
    """After the first step: the loss's relative difference, and the largest of a parameter over its largest entry."""
    loss, params = first_step(system, work)
    worst = max(float(abs(params[name] - want[name]).max() / abs(want[name]).max()) for name in want)
    return abs(loss - want_loss) / want_loss, worst


def measure(job: str, quick: bool, repeats: int) -> dict:
    """The table of a job, its sizes as text, and the systems that disagree."""
    make, chosen = JOBS[job]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        work = make(quick=quick)
        work.write(path)
        systems = start_all(path, chosen, many_labels=job.startswith("labels"))
        ready = [(name, system) for name, system in systems if isinstance(system, System)]
        loss, want = first_step(ready[0][1], work)
        agreement = {name: differences(system, work, loss, want) for name, system in ready[1:]
                     if "products" not in name}
        times = {name: [] for name, _ in ready}
        for turn in range(repeats + 1):
            for name, system in ready:
                time.sleep(PAUSE)
                seconds = system.unit()["seconds"]
                if turn:
                    times[name].append(seconds)
        rows = [row(name, system, times, agreement) for name, system in systems]
        for _, system in ready:
            system.quit()
    sizes = (f"{work.x.shape[0]:,} rows, {work.x.shape[1]:,} words, {work.x.nnz / work.x.shape[0]:.1f} a title, "
             f"{work.y.shape[1]:,} labels, batch {work.batch_rows:,}, {work.optimizer}, {repeats} turns"
             + ", real titles" * (job == "mini" and report.TITLES.exists()))
    return {"job": job, "sizes": sizes, "rows": rows, "disagree": disagreeing(agreement, dict(ready))}


def disagreeing(agreement: dict, systems: dict[str, System]) -> list[str]:
    """The comparable systems that did not take the same step."""
    return [name for name, (loss, params) in agreement.items()
            if systems[name].ready["comparable"] and not name.endswith(" adam") and (loss > 1e-5 or params > 1e-4)]


def row(name: str, system: System | str, times: dict, agreement: dict) -> dict:
    """A row of the table."""
    if isinstance(system, str):
        return {"system": name, "note": system}
    ours, own = np.array(times["nnlite"]), np.array(times[name])
    loss, params = agreement.get(name, (None, None))
    return {
        "system": name, "min ms": 1e3 * own.min(), "median ms": 1e3 * np.median(own),
        "min / nnlite": own.min() / ours.min(), "median / nnlite": np.median(own) / np.median(ours),
        "loss differs": loss, "parameters differ": params, "peak MiB": system.memory()["peak_rss_mib"],
        "note": system.ready["note"],
    }


def memory(quick: bool) -> dict:
    """The deck's step: its peak in MiB beyond data, parameters, code and the batch x hidden activations."""
    rows = []
    for n_labels in (1_500, 5_000) if quick else (1_500, 50_000):
        with tempfile.TemporaryDirectory() as folder:
            path, work = Path(folder) / "problem.npz", deck(n_labels, quick)
            work.write(path)
            system = nnlite_system(path, heap="plain")
            before = system.memory()
            for _ in range(3):
                system.unit()
            peak = system.memory()["peak_rss_mib"]
            system.quit()
        activations = 2 * work.batch_rows * 200 * 4 / 2**20
        base = before["rss_mib"]
        rows.append({"labels": n_labels, "before MiB": base, "activations MiB": activations, "peak MiB": peak,
                     "beyond MiB": peak - base - activations})
    return {"job": "memory", "sizes": "the deck's step, three times", "rows": rows, "disagree": []}


def main() -> int:
    """Print the tables; the exit code is 1 if a system disagrees."""
    parser = report.parser(__doc__, "a tenth of the rows, 3 turns, to see that it runs")
    parser.add_argument("--repeats", type=int, default=9, help="turns that count (default: %(default)s)")
    parser.add_argument("--job", nargs="+", choices=[*JOBS, "memory"], default=[*JOBS, "memory"])
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line())
    results = []
    for job in args.job:
        result = memory(args.quick) if job == "memory" else measure(job, args.quick, 3 if args.quick else args.repeats)
        results.append(result)
        print(f"\n## {job}: {result['sizes']}\n\n{report.table(result['rows'])}", flush=True)
        if result["disagree"]:
            print(f"\nBeyond the bounds of agreement: {', '.join(result['disagree'])}")
    report.write(args.json, {"head": report.head_line(), "results": results})
    return 1 if any(result["disagree"] for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
