"""How good are nnlite and LinearSVC with few titles, and with many?

    python -m benchmarks.quality.few_titles [--quick] [--seeds N] [--titles FILE ...] [--json FILE]

Both learn the first 300, 1,000, 3,000, ... titles of the training part and are tested on the same last fifth of all,
whose labels are those of at least 10 titles of the whole training part: a label that the few titles do not have cannot
be found. nnlite has its default recipe, which ignores labels of fewer than 10 titles (`own` features; with `shared` it
learns all labels); LinearSVC has the documented C, and learns all labels. Seeds draw other titles; from 30,000 titles
on there is one. Scores in percent, means over the seeds.

The last table has published figures of methods with pretrained embeddings, measured on other data: with 1,000 rows they
are far ahead of TF-IDF there. nnlite, too, knows no word that its titles do not have.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import nnlite
from benchmarks import process, report
from benchmarks.quality import parts, table
from benchmarks.quality.compare import SYSTEMS, answer
from benchmarks.quality.protocol import Job
from benchmarks.quality.published import FEW_TITLES
from nnlite.scores import metrics

SIZES = (300, 1_000, 3_000, 10_000, 30_000, 80_000)
ONE_SEED = 30_000  # titles from which the seeds hardly differ
NAMES = ("nnlite (own)", "nnlite (shared)", "LinearSVC (own)", "LinearSVC (shared)")
SHOWN = ("P@1", "P@5", table.NDCG)


class Test:
    """The last fifth of the titles with the labels of the whole training part."""

    def __init__(self, titles: parts.Titles):
        self.train, self.records = titles.split(0)
        self.labels = nnlite.Vocabulary.build(self.train, label_min_count=parts.LABEL_MIN_COUNT)
        self.truth = self.labels.encode(self.records).y
        counts = np.bincount(self.labels.encode(self.train).y.indices, minlength=len(self.labels.labels))
        self.propensities = metrics.propensities(counts, len(self.train), *parts.AMAZON)

    def job(self, n: int, seed: int) -> Job:
        """The job of n training titles; seed 0 takes the first ones."""
        order = np.random.default_rng(seed).permutation(len(self.train)) if seed else np.arange(len(self.train))
        known = set(self.labels.labels)
        some = [(title, [name for name in names if name in known])
                for title, names in (self.train[i] for i in order[:n])]
        vocabulary = nnlite.Vocabulary.build(some, parts.WORD_MIN_COUNT, parts.NGRAMS, label_min_count=1)
        test_x = vocabulary.encode(self.records).x
        return Job(vocabulary.encode(some).x, self.labels.encode(some).y, test_x, parts.idf(n, vocabulary),
                   parts.text_of(some), parts.text_of(self.records), (some, self.records), self.labels.labels)


def measure(test: Test, n: int, n_seeds: int) -> dict:
    """System -> its scores with n titles, means over the seeds, or why there are none."""
    found = {name: [] for name in NAMES}
    for seed in range(n_seeds if n < ONE_SEED else 1):
        with tempfile.TemporaryDirectory() as folder:
            test.job(n, seed).write(folder)
            for name in NAMES:
                try:
                    ids, _, figures = answer(SYSTEMS[name], Path(folder), {}, seed)
                    found[name].append(table.scores(test.truth, ids, test.propensities) | figures)
                except RuntimeError as error:
                    print(f"{name}, {n} titles: {error}", file=sys.stderr, flush=True)
    return {name: {score: 100 * float(np.mean([run[score] for run in runs])) for score in SHOWN}
            for name, runs in found.items() if runs}


def main() -> int:
    """Print a table for each score."""
    parser = report.parser(__doc__, "300 of 1,000 titles, 1 seed", titles=True)
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="default: %(default)s")
    args = parser.parse_args()
    process.rerun_clean()
    print(report.head_line())
    titles = parts.read_titles(args.titles, 1_000 if args.quick else None)
    test = Test(titles)
    print(f"\n{titles.source}, {len(test.records):,} of them for the test, {len(test.labels.labels):,} labels")
    sizes = [n for n in SIZES if n <= len(test.train)][:1 if args.quick else None]
    results = {n: measure(test, n, 1 if args.quick else args.seeds) for n in sizes}
    for score in SHOWN:
        print(f"\n## {score}\n\n" + report.table([
            {"titles": n, **{name: f"{found[name][score]:.2f}" if name in found else "" for name in NAMES}}
            for n, found in results.items()]), flush=True)
    print("\n## Few titles with pretrained embeddings, by others on other data\n\n" + report.table(FEW_TITLES))
    report.write(args.json, {"head": report.head_line(), "results": results})
    failed = [f"{n} titles: {name} failed" for n, found in results.items() for name in set(NAMES) - set(found)]
    return report.verdict(failed, "systems that failed; the scores of all come from one function")


if __name__ == "__main__":
    sys.exit(main())
