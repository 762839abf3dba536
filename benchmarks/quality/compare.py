"""How well does nnlite rank labels, next to what people use for many labels on sparse text, and what does each cost?

    python -m benchmarks.quality.compare [--quick] [--rows N] [--seeds N] [--datasets NAME ...] [--xmc TRAIN TEST]
                                         [--systems NAME ...] [--titles FILE ...] [--data FOLDER] [--json FILE]

`titles`: four fifths train, one fifth tests; seed 0 keeps the order of the file, other seeds shuffle first. `bibtex`
and `delicious` come with their own split, as does a pair of files in the Extreme Classification text format (--xmc),
whose values are used as they are.

Features are `shared` or a system's `own`. Shared: one tokeniser makes them, once: words and pairs of words of nnlite's
Vocabulary, in at least 2 titles, as TF-IDF rows of length 1; fastText gets each column as a word. Own: of nnlite, its
default features; of scikit-learn, TfidfVectorizer's words and pairs with a logarithm of the counts; of fastText, words
and hashed pairs. napkinXC and omikuji take matrices alone. nnlite has the default recipe, not tuned.

Every system is a process of its own with two threads, and answers the ids of its 5 best labels. From these ids
nnlite.scores.metrics computes all scores, in percent, over the rows that have a label; propensities come from the
counts of the training part. BCE is the mean over rows and labels, of probabilities clipped to 1e-7 from 0 and 1.
`features s` is the time from a file of the training titles to features (of fastText's own: to lines of tokens),
`train s` starts from these, `both s` is their sum. `us / title`: top 5, all test rows in one call, from features; for
fastText from text. `peak MiB` is the largest resident size while the process makes its own features, trains and
predicts, `before MiB` the size before that. `model MiB`: the saved model, own features with their words.

A peer has two rows: as documented, and tuned. Tuned means: the best nDCG@5 of the documented parameters and a few more
(GRIDS) on a tenth of the first seed's training part, then trained on all of it. Other seeds keep the choice, though
they test some of the rows that it was made on: an advantage of the peers.
Peers are installed by `python -m benchmarks.peers.install`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import process, report
from benchmarks.peers import install
from benchmarks.quality import parts, table
from benchmarks.quality.published import PUBLISHED
from benchmarks.quality.table import NDCG

# What each peer is tuned over, besides its documented parameters. These are, for napkinXC, the docstrings of
# napkinxc.models (C 10, eps 0.1, weights below 0.1 dropped, at most 100 leaves); for omikuji, Model.default_hyper_param
# and the README (3 balanced binary trees, hinge, C 1), whose two other modes are in the grid; for fastText, the list of
# options (lr 0.1, 5 epochs, dim 100), with the multi-label tutorial's parameters in the grid; for scikit-learn, the
# reference of LinearSVC (C 1) and SGDClassifier (alpha 1e-4).
FINE = {"liblinear_eps": 0.01, "weights_threshold": 0.01}
SQUARED_HINGE = {"loss": "l2", "liblinear_c": 0.3} | FINE
GRIDS = {
    "napkinXC PLT": [SQUARED_HINGE, SQUARED_HINGE | {"liblinear_c": 1}, SQUARED_HINGE | {"max_leaves": 400},
                     SQUARED_HINGE | {"ensemble": 3}],
    "napkinXC one-vs-rest": [SQUARED_HINGE, SQUARED_HINGE | {"liblinear_c": 1}, FINE],
    "omikuji": [{"cluster_balanced": False, "cluster_k": 100, "max_depth": 3}, {"collapse_every_n_layers": 5},
                {"linear_c": 0.3, "linear_eps": 0.01, "linear_weight_threshold": 0.01}],
    "fastText": [{"lr": 0.5, "epoch": 25, "dim": 50, "bucket": 200_000}, {"lr": 0.5, "epoch": 25},
                 {"lr": 0.5, "epoch": 50, "dim": 50, "bucket": 200_000}],
    "LinearSVC": [{"C": 0.1}, {"C": 0.3}],
    "SGDClassifier": [{"alpha": 1e-5}, {"alpha": 3e-6}],
}


@dataclass
class System:
    """peer: the name of its environment and module, or None for nnlite; form: one of that module's forms."""

    peer: str | None
    form: str

    def command(self, *arguments: object) -> list[str]:
        """The words that start it. RuntimeError where the peer is not installed."""
        if self.peer:
            return process.command(install.python(self.peer), f"benchmarks.peers.{self.peer}_quality", *arguments)
        return process.command(sys.executable, "benchmarks.quality.nnlite_system", *arguments)


QUICK = "nnlite (own)", "nnlite (shared)", "LinearSVC (shared)"
SYSTEMS = {
    "nnlite (own)": System(None, "own"),
    "nnlite (shared)": System(None, "shared"),
    "LinearSVC (own)": System("sklearn", "own-svc"),
    "LinearSVC (shared)": System("sklearn", "svc"),
    "SGDClassifier (own)": System("sklearn", "own-sgd"),
    "SGDClassifier (shared)": System("sklearn", "sgd"),
    "fastText (own)": System("fasttext", "own"),
    "fastText (shared)": System("fasttext", "shared"),
    "napkinXC PLT (shared)": System("napkinxc", "plt"),
    "napkinXC one-vs-rest (shared)": System("napkinxc", "ovr"),
    "omikuji (shared)": System("omikuji", "trees"),
}


def grid(name: str) -> list[dict]:
    """The parameters that a system is tuned over; none of nnlite."""
    return GRIDS.get(name.rpartition(" (")[0], [])


# ---- one run of one system

def answer(system: System, folder: Path, params: dict, seed: int,
           threads: int = 2) -> tuple[np.ndarray, np.ndarray | None, dict]:
    """ids, probabilities or None, and figures of one run on the job in a folder. RuntimeError if it fails."""
    path = Path(folder) / "answer.npz"
    path.unlink(missing_ok=True)
    command = system.command(folder, path, system.form, "--params", json.dumps(params), "--threads", threads,
                             "--seed", seed)
    done = subprocess.run(command, env=process.environment(threads), capture_output=True, text=True, errors="replace",
                          cwd=process.ROOT)
    if done.returncode or not path.exists():
        words = " | ".join((done.stderr or done.stdout).strip().splitlines()[-2:])
        raise RuntimeError(f"ended with status {done.returncode}: {words[-300:]}")
    with np.load(path) as file:
        probabilities = file["probabilities"] if "probabilities" in file else None
        return file["ids"], probabilities, json.loads(str(file["figures"]))


def run(system: System, part: parts.Part, propensity: tuple, params: dict, seed: int) -> dict:
    """All columns of one run on a part whose job is written."""
    ids, probabilities, figures = answer(system, part.job.folder, params, seed)
    propensities = table.propensities_of(part.job, propensity)
    row = table.scores(part.truth, ids, propensities, probabilities) | figures
    if row["features s"] is None:
        row["features s"] = part.text_s if (system.peer, system.form) == ("fasttext", "own") else part.features_s
    return row | {"both s": row["train s"] + (row["features s"] or 0)}


# ---- seeds and tuning

def choose(candidates: list, score: Callable) -> object:
    """The candidate with the largest score, the first one of equals. A score of None means that it failed."""
    values = [score(candidate) for candidate in candidates]
    known = [i for i, value in enumerate(values) if value is not None]
    return candidates[max(known, key=lambda i: values[i])] if known else candidates[0]


def tuned_params(name: str, part: parts.Part, propensity: tuple, quick: bool) -> dict:
    """The best parameters of a peer on a validation part; {} stands for the documented ones."""
    def score(params):
        try:
            found = run(SYSTEMS[name], part, propensity, params, seed=0)[NDCG]
        except RuntimeError as error:
            print(f"{name} {params}: {error}", file=sys.stderr, flush=True)
            return None
        print(f"{name} {params}: {NDCG} {100 * found:.2f} on the validation part", file=sys.stderr, flush=True)
        return found

    return choose([{}, *grid(name)[:1 if quick else None]], score)


def written(dataset: parts.Titles | parts.Matrices, train, test, folder: Path) -> parts.Part:
    """The Part of a split, its job written to a new folder."""
    part = dataset.part(train, test)
    Path(folder).mkdir()
    part.job.write(folder)
    return part


def measure(dataset: parts.Titles | parts.Matrices, names: Iterable[str], n_seeds: int, quick: bool) -> dict:
    """Row name -> its runs, one dict a seed, or a str that says why there is none."""
    rows, tuned = {"most frequent labels": []}, {}
    names = [name for name in names if dataset.own_features or "(shared)" in name]
    for seed in range(n_seeds):
        with tempfile.TemporaryDirectory() as folder:
            train, test = dataset.split(seed)
            part = written(dataset, train, test, Path(folder) / "test")
            if not seed:
                valid = written(dataset, *dataset.fold(train, seed), Path(folder) / "valid")
            rows["most frequent labels"].append(table.baseline(part, dataset.propensity))
            for name in names.copy():
                try:
                    SYSTEMS[name].command()
                    if grid(name) and name not in tuned:
                        tuned[name] = tuned_params(name, valid, dataset.propensity, quick)
                    for row, found in both(name, tuned.get(name), part, dataset.propensity, seed):
                        rows.setdefault(row, []).append(found)
                except RuntimeError as error:
                    rows[name] = str(error)
                    names.remove(name)
    return rows


def both(name: str, tuned: dict | None, part: parts.Part, propensity: tuple, seed: int) -> Iterator[tuple[str, dict]]:
    """Yield (row name, its run): as documented and, of a peer, with the tuned parameters."""
    found = None
    for row, params in ((name, {}), (f"{name}, tuned", tuned)):
        if params is not None:
            if found is None or params:
                found = run(SYSTEMS[name], part, propensity, params, seed) | {"params": params}
            print(f"seed {seed}, {row}: {table.short(found)}", file=sys.stderr, flush=True)
            yield row, found


def sizes(dataset: parts.Titles | parts.Matrices, seed: int = 0) -> str:
    """Where the rows come from, their numbers in both parts, and A and B of the propensities."""
    train, test = dataset.split(seed)
    a, b = dataset.propensity
    return f"{dataset.source}; {len(train):,} rows train, {len(test):,} test; propensities with A = {a}, B = {b}"


def datasets(args) -> Iterator[parts.Titles | parts.Matrices]:
    """The data sets that were asked for; prints a line for each that is absent."""
    n_rows = 1_000 if args.quick else args.rows
    for name in args.datasets or ["titles", *PUBLISHED][:1 if args.quick else None]:
        if name == "titles":
            yield parts.read_titles(args.titles, n_rows)
            continue
        try:
            yield parts.read_public(name, args.data, n_rows)
        except FileNotFoundError as error:
            print(f"\n{name}: there is no {Path(error.filename).name}: --data names the folder that has it")
    if args.xmc:
        name = Path(args.xmc[0]).name.split(".")[0]
        yield parts.read_matrices(name, *args.xmc, n_rows, tuple(args.propensity))


def main() -> int:
    """Print the tables; the exit code is 1 if a system that is installed failed."""
    parser = report.parser(__doc__, "1,000 titles, nnlite and LinearSVC, tiny grids", titles=True)
    parser.add_argument("--rows", type=int, metavar="N", help="of every data set, a fifth of them for the test")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="seeds 0, 1, ... (default: %(default)s)")
    parser.add_argument("--datasets", nargs="*", choices=["titles", *PUBLISHED])
    parser.add_argument("--xmc", nargs=2, metavar=("TRAIN", "TEST"), help="one more data set")
    parser.add_argument("--propensity", nargs=2, type=float, metavar=("A", "B"), default=parts.GENERAL)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, metavar="NAME", help=", ".join(SYSTEMS))
    parser.add_argument("--data", type=Path, default=report.DATA, metavar="FOLDER",
                        help="the folder of bibtex_train.txt.gz and so on (default: benchmarks/data)")
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line(), flush=True)
    results, failed = [], []
    for dataset in datasets(args):
        rows = measure(dataset, args.systems or (QUICK if args.quick else SYSTEMS), args.seeds, args.quick)
        results.append({"dataset": dataset.name, "sizes": sizes(dataset), "rows": rows})
        print(f"\n## {dataset.name}: {sizes(dataset)}, {args.seeds} seed{'s' * (args.seeds > 1)}\n")
        print(table.tables(rows, dataset.name) + f"\n\nPeers: {table.versions(rows)}", flush=True)
        failed += [f"{dataset.name}, {name}: {why}" for name, why in rows.items()
                   if isinstance(why, str) and "installed" not in why]
    report.write(args.json, {"head": report.head_line(), "results": results})
    return report.verdict(failed, "installed systems that failed; the scores of all come from one function")


if __name__ == "__main__":
    sys.exit(main())
