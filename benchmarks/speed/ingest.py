"""How fast do lines of JSON become matrices, in nnlite and with json, CountVectorizer and MultiLabelBinarizer?

    python -m benchmarks.speed.ingest [--quick] [--titles FILE ...] [--json FILE]

100,000 products are cleaned and written as a .jsonl.gz file, so that both systems see the same titles. `lines to
matrices` reads the file, counts words and labels, drops those seen fewer than 10 times and encodes all records; `titles
to a matrix` encodes the titles with a vocabulary that exists already; `lines to records` only reads. scikit-learn reads
with gzip and json.loads, runs in an environment of its own (`python -m benchmarks.peers.install sklearn`) and splits
tokens by the same pattern. Both must give the same matrices, column for column. Both use one thread and are timed in
turn, 7 times after a first time that does not count.
"""

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks import process, report
from benchmarks.peers import install

MIN_COUNT = 10
NAMES = {1: "words", 2: "words and pairs"}


class Sklearn:
    """A process with scikit-learn that does one task a line, see benchmarks/peers/sklearn_ingest.py."""

    def __init__(self, path: str):
        command = process.command(install.python("sklearn"), "benchmarks.peers.sklearn_ingest", path, MIN_COUNT)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=process.clean_environment(), cwd=process.ROOT)
        self.version = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("sklearn: its process ended, see its message above")
        return json.loads(line)

    def ask(self, task: str, ngrams: int, folder: str | None = None) -> float | dict:
        """The seconds of a task or, with a folder for the matrices, the names of their columns."""
        print(json.dumps([task, ngrams, folder]), file=self.process.stdin, flush=True)
        return self.answer()


class Ours:
    """The same tasks with nnlite."""

    def __init__(self, path: str):
        self.path, self.vocabulary, self.titles = path, None, None

    def matrices(self, ngrams: int) -> nnlite.Dataset:
        """The data set of the file; the vocabulary is kept."""
        records = list(nnlite.read_records(self.path))
        self.vocabulary = nnlite.Vocabulary.build(records, MIN_COUNT, ngrams)
        return self.vocabulary.encode(records)

    def ask(self, task: str, ngrams: int) -> float:
        """The seconds of a task."""
        start = time.perf_counter()
        if task == "lines to records":
            list(nnlite.read_records(self.path))
        elif task == "lines to matrices":
            self.matrices(ngrams)
        else:
            self.vocabulary.encode_titles(self.titles)
        return time.perf_counter() - start


def check_agreement(ours: Ours, theirs: Sklearn, ngrams: int, folder: str) -> None:
    """Exit unless both have the same words and labels and, in nnlite's order of columns, the same matrices."""
    data, names = ours.matrices(ngrams), theirs.ask("lines to matrices", ngrams, folder)
    for kind, want, matrix in ("words", ours.vocabulary.words, data.x), ("labels", ours.vocabulary.labels, data.y):
        place = {name: i for i, name in enumerate(names[kind])}
        if place.keys() != set(want):
            sys.exit(f"ingest: the {kind} differ: {sorted(place.keys() ^ set(want))[:9]}")
        other = sp.load_npz(f"{folder}/{kind}.npz").tocsc()
        if (other[:, [place[name] for name in want]] != matrix).nnz:
            sys.exit(f"ingest: the matrices of the {kind} differ")


def write_lines(path: str, titles: list[Path], n_records: int) -> tuple[list[str], str]:
    """Write the products as cleaned lines; their titles, and what they are."""
    records, source = report.records(titles, n_records)
    if not titles:
        write(path, records)  # with scraps of HTML, which reading removes
        records = list(islice(nnlite.read_records(path), n_records))
    write(path, records)
    return [record.title for record in records], source


def write(path: str, records: Iterable[nnlite.Record]) -> None:
    """Write records as packed JSON lines, in the form of Amazon's metadata."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for i, (title, categories) in enumerate(records):
            line = {"asin": f"{i:032x}", "title": title, "category": categories}
            print(json.dumps(line, ensure_ascii=False), file=file)


def measured(ours: Ours, theirs: Sklearn, task: str, ngrams: int, repeats: int) -> dict:
    """A row of the table: both systems take turns, and the first turn does not count."""
    seconds = np.array([[system.ask(task, ngrams) for system in (ours, theirs)] for _ in range(repeats + 1)])[1:]
    n, row = len(ours.titles), {"what": task if task == "lines to records" else f"{task}, {NAMES[ngrams]}"}
    for name, times in zip(("nnlite", "scikit-learn"), seconds.T):
        row |= {f"{name}: min s": times.min(), f"{name}: median s": statistics.median(times)}
    fast, slow = np.median(seconds, axis=0)
    return row | {"nnlite records/s": round(n / fast), "ratio of medians": slow / fast}


def main() -> int:
    args = report.parser(__doc__, "10,000 records, 3 repetitions", titles=True).parse_args()
    process.rerun_clean()
    print(report.head_line() + "\n")
    repeats, rows = 3 if args.quick else 7, []
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/products.jsonl.gz"
        titles, source = write_lines(path, args.titles, 10_000 if args.quick else 100_000)
        try:
            ours, theirs = Ours(path), Sklearn(path)
        except RuntimeError as error:
            sys.exit(str(error))
        ours.titles = titles
        print(f"{source}; scikit-learn {theirs.version}\n")
        rows.append(measured(ours, theirs, "lines to records", 1, repeats))
        for ngrams in NAMES:
            check_agreement(ours, theirs, ngrams, folder)
            rows += [measured(ours, theirs, task, ngrams, repeats)
                     for task in ("lines to matrices", "titles to a matrix")]
    report.show(rows, args)
    return report.verdict([], "matrices of both systems, entry by entry")


if __name__ == "__main__":
    sys.exit(main())
