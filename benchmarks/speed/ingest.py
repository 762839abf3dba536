"""How fast do lines of JSON become matrices, in nnlite and with json, CountVectorizer and MultiLabelBinarizer?

    python benchmarks/ingest.py [--quick] [--json FILE]

100,000 products, real ones where they are at hand, else made-up ones, are written as a .jsonl.gz file, cleaned, so that
both systems see the same titles. `lines to matrices` reads the file, counts words and labels, cuts them at 10 and
encodes all records; `titles to a matrix` encodes the titles alone, with the vocabulary at hand; `lines to records` is
reading alone. scikit-learn reads with gzip and json.loads, works in an environment of its own
(`python benchmarks/peers/install.py sklearn`), takes tokens by the same pattern, and must give the same matrices,
column for column. Both work on one thread, in turn, 7 times after a first one.
"""

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import scipy.sparse as sp

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "peers")]
import install  # noqa: E402
import report  # noqa: E402

import nnlite  # noqa: E402

MIN_COUNT = 10
NAMES = {1: "words", 2: "words and pairs"}

SKLEARN = """
import gzip, json, sys, time
import numpy as np, scipy.sparse as sp, sklearn
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import MultiLabelBinarizer

path, min_count = sys.argv[1], int(sys.argv[2])

def read():
    with gzip.open(path, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    return [record["title"] for record in records], [record["category"] for record in records]

def matrices(ngrams):
    titles, categories = read()
    words = CountVectorizer(token_pattern=r"[^\\W_]+", ngram_range=(1, ngrams), min_df=min_count, binary=True,
                            dtype=np.float32)
    x = words.fit_transform(titles)
    labels = MultiLabelBinarizer(sparse_output=True)
    y = labels.fit_transform(categories)
    kept = np.flatnonzero(np.bincount(y.indices, minlength=y.shape[1]) >= min_count)
    return words, x, labels.classes_[kept], y[:, kept]

print(json.dumps(sklearn.__version__), flush=True)
for line in sys.stdin:
    task, ngrams, folder = json.loads(line)
    start = time.perf_counter()
    if task == "lines to records":
        read()
    elif task == "lines to matrices":
        words, x, labels, y = matrices(ngrams)
    else:
        words.transform(titles)
    seconds = time.perf_counter() - start
    if folder:
        sp.save_npz(folder + "/words.npz", x)
        sp.save_npz(folder + "/labels.npz", y)
        titles = read()[0]
        seconds = {"words": words.get_feature_names_out().tolist(), "labels": labels.tolist()}
    print(json.dumps(seconds), flush=True)
"""


class Sklearn:
    """A process with scikit-learn that does one task a line."""

    def __init__(self, path):
        command = [install.python("sklearn"), "-c", SKLEARN, path, str(MIN_COUNT)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=report.clean_environment())
        self.version = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("scikit-learn's process ended, see its message above")
        return json.loads(line)

    def ask(self, task, ngrams, folder=None):
        print(json.dumps([task, ngrams, folder]), file=self.process.stdin, flush=True)
        return self.answer()


class Ours:
    """The same tasks with nnlite."""

    def __init__(self, path):
        self.path, self.vocabulary, self.titles = path, None, None

    def matrices(self, ngrams):
        records = list(nnlite.read_records(self.path))
        self.vocabulary = nnlite.Vocabulary.build(records, MIN_COUNT, ngrams)
        return self.vocabulary.encode(records)

    def ask(self, task, ngrams):
        start = time.perf_counter()
        if task == "lines to records":
            list(nnlite.read_records(self.path))
        elif task == "lines to matrices":
            self.matrices(ngrams)
        else:
            self.vocabulary.encode_titles(self.titles)
        return time.perf_counter() - start


def check_agreement(ours, theirs, ngrams, folder):
    """Stops unless both have the same words and labels and, in nnlite's order of columns, the same matrices."""
    data, names = ours.matrices(ngrams), theirs.ask("lines to matrices", ngrams, folder)
    for kind, want, matrix in ("words", ours.vocabulary.words, data.x), ("labels", ours.vocabulary.labels, data.y):
        place = {name: i for i, name in enumerate(names[kind])}
        if place.keys() != set(want):
            sys.exit(f"{kind} differ: {sorted(place.keys() ^ set(want))[:9]}")
        other = sp.load_npz(f"{folder}/{kind}.npz").tocsc()
        if (other[:, [place[name] for name in want]] != matrix).nnz:
            sys.exit(f"the matrices of the {kind} differ")


def write_lines(path, n_records):
    """The products that are measured, as cleaned lines; returns their titles and where they come from."""
    real = report.TITLES.exists()
    source = nnlite.read_records(report.TITLES) if real else nnlite.make_catalogue(n_records)
    titles = []
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for i, (title, categories) in enumerate(islice(source, n_records)):
            line = {"asin": f"{i:032x}", "title": title, "category": categories}
            print(json.dumps(line, ensure_ascii=False), file=file)
            titles.append(title)
    return titles, "real" if real else "made-up"


def measured(ours, theirs, task, ngrams, repeats):
    """A row of the table: seconds in turn, after a first turn that does not count."""
    seconds = np.array([[system.ask(task, ngrams) for system in (ours, theirs)] for _ in range(repeats + 1)])[1:]
    n, row = len(ours.titles), {"what": task if task == "lines to records" else f"{task}, {NAMES[ngrams]}"}
    for name, times in zip(("nnlite", "scikit-learn"), seconds.T):
        row |= {f"{name}: min s": times.min(), f"{name}: median s": statistics.median(times)}
    fast, slow = np.median(seconds, axis=0)
    return row | {"nnlite records/s": round(n / fast), "ratio of medians": slow / fast}


def main():
    args = report.parser(__doc__, "10,000 records, 3 repetitions").parse_args()
    report.rerun_clean()
    print(report.head_line() + "\n")
    repeats, rows = 3 if args.quick else 7, []
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/products.jsonl.gz"
        titles, kind = write_lines(path, 10_000 if args.quick else 100_000)
        try:
            ours, theirs = Ours(path), Sklearn(path)
        except RuntimeError as error:
            sys.exit(str(error))
        ours.titles = titles
        print(f"{len(titles):,} {kind} products; scikit-learn {theirs.version}\n")
        rows.append(measured(ours, theirs, "lines to records", 1, repeats))
        for ngrams in NAMES:
            check_agreement(ours, theirs, ngrams, folder)
            rows += [measured(ours, theirs, task, ngrams, repeats)
                     for task in ("lines to matrices", "titles to a matrix")]
    report.show(rows, args)


if __name__ == "__main__":
    main()
