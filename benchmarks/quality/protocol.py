"""How compare.py talks to a system that learns labels: the job's folder, one run of a process, its answer.

A job is a folder (`Job.write`, `Job.read`) with one training part and one test part:

    job.npz                   train_x, train_y, test_x as csr; idf (D,)
    train.jsonl, test.jsonl   where the data are titles: these and their categories; labels.json has the labels' names
    train.txt, test.txt       their tokens, labels in front of the training rows: __label__3 blue dress

x holds counts (ones for titles), the shared features; `weighted` makes the TF-IDF rows of length 1 that the linear
systems take. Systems with features of their own make them from the titles. The true labels of the test part are not
read by any system. A system is a module, run once for each job and set of parameters:

    python -m benchmarks.peers.NAME_quality JOB_FOLDER ANSWER.npz FORM [--params JSON] [--threads N] [--seed N]

It reads the job, trains, predicts, saves its model and writes ANSWER.npz: ids (N, TOP) int32, best first, none twice;
where it has them, the probabilities (N, L) of all labels; and `figures`, JSON with the seconds of making its own
features, of training and of predicting (the faster of two calls, so that code and model are in memory), the resident
MiB before all this, the peak from there to the end of the second prediction, the size of the saved model, and the
versions.

This module needs the standard library, NumPy and SciPy alone, so any system's process can import it.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.peers.problem import CSR_PARTS, as_csr
from benchmarks.peers.protocol import memory

TOP = 5
LARGEST_TABLE = 5e7  # entries of (N, L) probabilities that are still written: 200 MB
LABEL = "__label__"
MATRICES = ("train_x", "train_y", "test_x")


@dataclasses.dataclass
class Job:
    """One training part and one test part.

    train_x, train_y, test_x: csr float32, (N, D), (N, L) and (M, D)
    idf: (D,)
    train_text, test_text: of titles, the tokens, one str a row
    records: of titles, (train, test) lists of (title, labels)
    labels: of titles, the names of the labels
    """

    train_x: sp.csr_array
    train_y: sp.csr_array
    test_x: sp.csr_array
    idf: np.ndarray
    train_text: list = None
    test_text: list = None
    records: tuple = None
    labels: list = None
    folder: Path = None

    def write(self, folder: str | Path) -> None:
        """Write the files of the job to an existing folder."""
        self.folder = Path(folder)
        arrays = {"idf": self.idf}
        for name in MATRICES:
            arrays |= {f"{name}_{part}": getattr(getattr(self, name), part) for part in CSR_PARTS}
        np.savez(self.folder / "job.npz", **arrays)
        if self.records:
            write_lines(self.folder / "train.txt", labelled(self.train_y, self.train_text))
            write_lines(self.folder / "test.txt", self.test_text)
            for name, records in zip(("train", "test"), self.records):
                write_lines(self.folder / f"{name}.jsonl", map(json.dumps, records))
            (self.folder / "labels.json").write_text(json.dumps(self.labels))

    @staticmethod
    def read(folder: str | Path) -> "Job":
        """The job in a folder, without its texts: `lines` reads them."""
        with np.load(Path(folder) / "job.npz") as file:
            matrices = [as_csr(*(file[f"{name}_{part}"] for part in CSR_PARTS)) for name in MATRICES]
            return Job(*matrices, file["idf"], folder=Path(folder))

    def lines(self, name: str) -> list[str]:
        """The lines of one of the job's files."""
        return (self.folder / name).read_text(encoding="utf-8").split("\n")[:-1]

    def titles(self, name: str) -> list[str]:
        """The titles of one of the job's files of records."""
        return [title for title, _ in records_of(self.folder / name)]

    def weighted(self, x: sp.csr_array) -> sp.csr_matrix:
        """x with each column times its idf, then each row scaled to length 1; empty rows stay empty."""
        x = sp.csr_matrix((x.data * self.idf[x.indices].astype(np.float32), x.indices, x.indptr), shape=x.shape)
        length = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
        x.data /= np.repeat(np.where(length > 0, length, 1), np.diff(x.indptr)).astype(np.float32)
        return x

    def frequent(self) -> np.ndarray:
        """The labels, most frequent in training first."""
        return np.argsort(-np.bincount(self.train_y.indices, minlength=self.train_y.shape[1]), kind="stable")


def records_of(path: Path) -> list[tuple[str, list[str]]]:
    """The (title, categories) of a file of JSON lines."""
    with open(path, encoding="utf-8") as file:
        return [tuple(json.loads(line)) for line in file]


def labelled(y: sp.csr_array, texts: Iterable[str]) -> list[str]:
    """'__label__3 blue dress' of each row that has a label."""
    tags = [" ".join(f"{LABEL}{i}" for i in ids) for ids in rows_of(y)]
    return [f"{tag} {text}".strip() for tag, text in zip(tags, texts) if tag]


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file, a line break after each line."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def rows_of(matrix: sp.csr_array) -> list[list[int]]:
    """The column ids of each row of a csr matrix, as lists."""
    return [ids.tolist() for ids in np.split(matrix.indices, matrix.indptr[1:-1])]


def pairs_of(matrix: sp.csr_array) -> list[list[tuple[int, float]]]:
    """The (column, value) pairs of each row of a csr matrix."""
    ends = matrix.indptr.tolist()
    ids, values = matrix.indices.tolist(), matrix.data.tolist()
    return [list(zip(ids[i:j], values[i:j])) for i, j in zip(ends, ends[1:])]


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """(N, k): the columns of the k largest scores of each row, largest first; of equal ones the smaller column first.

    Where several are equal to the k-th, NumPy decides which of them are among the k.
    """
    some = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(scores, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def filled(ids: Iterable[Sequence[int]], frequent: list[int], k: int) -> np.ndarray:
    """(N, k) from lists of label ids: short lists are filled with the most frequent labels that they do not hold."""
    ids = [list(row)[:k] for row in ids]
    for row in ids:
        row += [label for label in frequent[:2 * k] if label not in row][:k - len(row)]
    return np.array(ids, np.int32)


def table_of(pairs: Sequence[Sequence[tuple[int, float]]], n_labels: int) -> np.ndarray:
    """(N, L) probabilities from lists of (label, probability); 0 for labels that a list does not hold."""
    table = np.zeros((len(pairs), n_labels), np.float32)
    for row, found in zip(table, pairs):
        for label, probability in found:
            row[label] = probability
    return table


def size_mib(path: Path) -> float:
    """The size of a file, or of all files in a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20


def forget_peak() -> None:
    """Have the kernel measure the peak of resident memory from now on, where it can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def timed(function: Callable[[], object]) -> tuple[float, object]:
    """The seconds of a call, and its result."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def measure(system, job: Job) -> tuple[dict, dict]:
    """Make features, train, predict and save: the arrays of the answer, and its figures."""
    n_rows, n_labels = job.test_x.shape[0], job.train_y.shape[1]
    forget_peak()
    before, features_s = memory()["rss_mib"], None
    if hasattr(system, "prepare"):
        features_s, _ = timed(system.prepare)
    train_s, _ = timed(system.train)
    if hasattr(system, "prepare_test"):
        system.prepare_test()
    predict_s, ids = min((timed(lambda: system.top_k(TOP)) for _ in range(2)), key=lambda pair: pair[0])
    figures = {"train s": train_s, "us / title": 1e6 * predict_s / n_rows, "before MiB": before,
               "peak MiB": memory()["peak_rss_mib"], "model MiB": size_mib(system.save()),
               "features s": features_s, "versions": system.versions}
    arrays = {"ids": filled(ids, job.frequent().tolist(), TOP)}
    if hasattr(system, "probabilities") and n_rows * n_labels <= LARGEST_TABLE:
        probabilities = system.probabilities()
        if probabilities is not None:
            arrays["probabilities"] = probabilities.astype(np.float32)
    return arrays, figures


def serve(forms: dict[str, type]) -> None:
    """Run a system. forms: name -> class; its constructor (job, folder, threads, seed, **params) is not timed.

    An instance has train(); top_k(k); save(), which returns the path of the model; `versions`, a dict; and maybe
    probabilities(), which returns an array (N, L) or None. One with features of its own has prepare(), from the file of
    the training titles to the features, and prepare_test(), which is not timed.
    """
    parser = argparse.ArgumentParser(description="A system of the quality benchmark.")
    parser.add_argument("job", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("form", choices=forms)
    parser.add_argument("--params", type=json.loads, default={}, metavar="JSON")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        job = Job.read(args.job)
        system = forms[args.form](job, Path(folder), args.threads, args.seed, **args.params)
        system.versions["python"] = sys.version.split()[0]
        arrays, figures = measure(system, job)
        np.savez(args.answer, figures=json.dumps(figures), **arrays)
