"""How small can a model be, and what does that cost?

    python -m benchmarks.quality.sizes [--quick] [--seeds N] [--many] [--titles FILE ...] [--json FILE]

Trains the default recipe on four fifths of the titles, makes the model smaller with `TitleClassifier.shrink`, and tests
each on the last fifth; seeds split as in benchmarks.quality.compare. `MB`: 1,000,000 bytes, of the whole folder.
`changed`: titles with another likeliest category than before, in percent. fastText, if it is installed, learns the
titles of the first seed and is quantised with fewer and fewer rows of words (`cutoff`).

--many: made-up titles of 131,073 categories instead, where the rows of the categories are most of the model. A category
has two words, each of which it shares with 32 others; a title has five categories, one of which is drawn by Zipf's law.
nnlite has three epochs of it, far from enough, fastText 25: the rows show what the size costs, not who is better.
"""

import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

import nnlite
from benchmarks import process, report
from benchmarks.quality import parts
from benchmarks.quality.compare import System, answer
from nnlite.scores import metrics

SIZES = 15, 10, 7, 4, 2, 1  # MB
MANY_SIZES = 40, 20, 12
CUTOFFS = 100_000, 40_000, 15_000, 5_000
FASTTEXT = {"lr": 0.5, "epoch": 25, "dim": 100}  # its multi-label tutorial's
N_MANY, SHARED_WORDS = 131_073, (4_001, 4_003)
PLAIN = {"ngrams": 1, "stem": None, "first_word": False, "shape": False, "min_count": 1, "label_min_count": 1,
         "epochs": 3, "negligible": 0.001}
KS = 1, 3, 5


def many_titles(n_labels: int, n: int | None = None) -> list[tuple[str, list[str]]]:
    """n titles, by default about as few as have each category in the first four fifths, and in the last some."""
    rng = np.random.default_rng(0)
    n = n or -(-n_labels // 4) * 5 // 4
    edges = np.cumsum(1 / np.arange(1, n_labels + 1))
    frequent = np.searchsorted(edges / edges[-1], rng.random(n))
    rare = np.concatenate([rng.permutation(n_labels), rng.integers(0, n_labels, 4 * n - n_labels)]).reshape(n, 4)
    rows = np.column_stack([frequent, rare]).tolist()
    words = ([f"{name}{label % m}" for label in row for name, m in zip("ab", SHARED_WORDS)] for row in rows)
    return [(" ".join(title), list(map(str, row))) for title, row in zip(words, rows)]


def folder_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def own_rows(train: list, test: list, sizes: tuple, seed: int, **settings) -> Iterator[dict]:
    """A row for the model as trained, and one for each size that it can have."""
    classifier = nnlite.TitleClassifier(seed=seed, **settings).fit(*map(list, zip(*train)))
    first = None
    for size in (None, *sizes):
        try:
            model = classifier.shrink(size) if size else classifier
        except ValueError as error:
            print(f"{size} MB: {error}", file=sys.stderr, flush=True)
            continue
        data = model.encode([nnlite.Record(*record) for record in test])
        ids, _ = model.model_.top_k(data.x, max(KS))
        first = ids if first is None else first
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder, "m"))
            mb = folder_mb(Path(folder, "m"))
        bits = getattr(model.model_.features.w, "bits", np.zeros(0))
        yield {"system": f"nnlite, {size} MB" if size else "nnlite, float32", "MB": mb,
               **{f"P@{k}": 100 * metrics.precision_at_k(data.y, ids, k) for k in KS},
               "changed": 100 * float(np.mean(ids[:, 0] != first[:, 0])), "words": model.vocabulary_.n_words,
               **{f"{b} bits": int(np.sum(bits == b)) for b in (8, 4, 2)}}


def peer_rows(train: list, test: list, seed: int, many: bool) -> Iterator[dict]:
    """A row for fastText as trained, and one for each cutoff."""
    part = parts.Titles([]).part(train, test)
    how = FASTTEXT | ({"loss": "hs"} if many else {})
    with tempfile.TemporaryDirectory() as folder:
        part.job.write(folder)
        for cutoff in (None, *(() if many else CUTOFFS)):
            params = how if cutoff is None else how | {"cutoff": cutoff}
            try:
                ids, _, figures = answer(System("fasttext", "own" if cutoff is None else "small"), Path(folder), params,
                                         seed)
            except RuntimeError as error:
                print(f"fastText: {error}", file=sys.stderr, flush=True)
                return
            yield {"system": "fastText" if cutoff is None else f"fastText, {cutoff:,} rows",
                   "MB": figures["model MiB"] * 2**20 / 1e6,
                   **{f"P@{k}": 100 * metrics.precision_at_k(part.truth, ids, k) for k in KS}}


def main() -> int:
    """Print the table of means over the seeds."""
    parser = report.parser(__doc__, "1,000 titles, or 2,000 categories", titles=True)
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="default: %(default)s")
    parser.add_argument("--many", action="store_true", help="the made-up titles of many categories")
    args = parser.parse_args()
    process.rerun_clean()
    if args.many:
        titles = parts.Titles(many_titles(2_000 if args.quick else N_MANY), source="MADE-UP titles of many categories")
        sizes, settings = MANY_SIZES, PLAIN
    else:
        titles = parts.read_titles(args.titles, 1_000 if args.quick else None)
        sizes, settings = SIZES, {}
    print(f"{report.head_line()}\n\n{titles.source}, {args.seeds} seeds\n", flush=True)
    found: dict[str, list[dict]] = {}
    for seed in range(args.seeds):
        train, test = titles.split(seed)
        peers = peer_rows(train, test, seed, args.many) if seed == 0 else ()
        for row in chain(own_rows(train, test, sizes, seed, **settings), peers):
            found.setdefault(row["system"], []).append(row)
            print(row, file=sys.stderr, flush=True)
    rows = [{name: value if name == "system" else float(np.mean([one[name] for one in runs]))
             for name, value in runs[0].items()} for runs in found.values()]
    shown = [row | {name: f"{value:.2f}" for name, value in row.items() if name.startswith("P@")} for row in rows]
    print(report.table(shown, list(shown[0])))
    report.write(args.json, rows)
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
