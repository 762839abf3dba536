"""How `quality.py` speaks with a system that learns labels: the job's folder, the one run of a process, its answer.

A job is a folder (`Job.write`, `Job.read`) with one training part and one test part:

    job.npz                   train_x, train_y, test_x as csr; idf (D,); ngrams
    train.txt, test.txt       the same rows as text, labels in front of the training rows: __label__3 blue dress
    train.jsonl, test.jsonl   the titles and categories themselves, and labels.json: only where the data are records

x is what was counted (ones for titles); `weighted` makes the unit rows of TF-IDF that the linear systems take. The true
labels of the test part are not in the folder. A system is a script, run once for each job and set of parameters:

    python NAME_quality.py JOB_FOLDER ANSWER.npz FORM [--params JSON] [--threads N] [--seed N]

It reads the job, trains, predicts, saves its model and writes ANSWER.npz: ids (N, TOP) int32, best first, none twice;
where it has them, the probabilities (N, L) of all labels; and `figures`, JSON with train and predict seconds (the
faster of two calls: code and model are in memory then), the resident MiB before training, the peak from there to the
end of the second prediction, the size of the saved model, and the versions.

This module needs the standard library, NumPy and SciPy alone, so any system's process can import it.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import protocol
import scipy.sparse as sp

TOP = 5
LARGEST_TABLE = 5e7  # probabilities (N, L) that are still written, 200 MB of them
LABEL = "__label__"
MATRICES = ("train_x", "train_y", "test_x")


@dataclasses.dataclass
class Job:
    """train_x (N, D), train_y (N, L), test_x (M, D): csr float32; ngrams: how many words a column of x may have.

    train_text, test_text: the rows' tokens, one str a row    records: None, or (train, test) lists of (title, labels)
    """

    train_x: sp.csr_array
    train_y: sp.csr_array
    test_x: sp.csr_array
    idf: np.ndarray
    ngrams: int = 1
    train_text: list = None
    test_text: list = None
    records: tuple = None
    labels: list = None
    folder: Path = None

    def write(self, folder):
        self.folder = Path(folder)
        arrays = {"idf": self.idf, "ngrams": self.ngrams}
        for name in MATRICES:
            arrays |= {f"{name}_{part}": getattr(getattr(self, name), part) for part in protocol.CSR_PARTS}
        np.savez(self.folder / "job.npz", **arrays)
        tags = [" ".join(f"{LABEL}{i}" for i in ids) for ids in rows_of(self.train_y)]
        labelled = [f"{tag} {text}".strip() for tag, text in zip(tags, self.train_text) if tag]
        write_lines(self.folder / "train.txt", labelled)
        write_lines(self.folder / "test.txt", self.test_text)
        if self.records:
            for name, records in zip(("train", "test"), self.records):
                write_lines(self.folder / f"{name}.jsonl", map(json.dumps, records))
            (self.folder / "labels.json").write_text(json.dumps(self.labels))

    @staticmethod
    def read(folder):
        """The job in a folder; its texts stay there: `lines` reads them."""
        with np.load(Path(folder) / "job.npz") as file:
            matrices = [protocol.as_csr(*(file[f"{name}_{part}"] for part in protocol.CSR_PARTS)) for name in MATRICES]
            return Job(*matrices, file["idf"], int(file["ngrams"]), folder=Path(folder))

    def lines(self, name):
        return (self.folder / name).read_text(encoding="utf-8").split("\n")[:-1]

    def weighted(self, x):
        """x with every column times its idf and every row scaled to length 1; empty rows stay empty. csr_matrix."""
        x = sp.csr_matrix((x.data * self.idf[x.indices].astype(np.float32), x.indices, x.indptr), shape=x.shape)
        length = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
        x.data /= np.repeat(np.where(length > 0, length, 1), np.diff(x.indptr)).astype(np.float32)
        return x

    def frequent(self):
        """The labels, most frequent in training first."""
        return np.argsort(-np.bincount(self.train_y.indices, minlength=self.train_y.shape[1]), kind="stable")


def write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def rows_of(matrix):
    """The column ids of each row of a csr matrix, as lists."""
    return [ids.tolist() for ids in np.split(matrix.indices, matrix.indptr[1:-1])]


def pairs_of(matrix):
    """The (column, value) pairs of each row of a csr matrix."""
    ends = matrix.indptr.tolist()
    ids, values = matrix.indices.tolist(), matrix.data.tolist()
    return [list(zip(ids[i:j], values[i:j])) for i, j in zip(ends, ends[1:])]


def best(scores, k):
    """(N, k): the places of the k largest of each row, largest first; of equal ones, the smaller place first.

    Which of those equal to the k-th belong to them is left to NumPy.
    """
    some = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(scores, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def filled(ids, frequent, k):
    """(N, k) of lists of label ids: what a list lacks is filled with the most frequent labels that it does not hold."""
    ids = [list(row)[:k] for row in ids]
    for row in ids:
        row += [label for label in frequent[:2 * k] if label not in row][:k - len(row)]
    return np.array(ids, np.int32)


def table_of(pairs, n_labels):
    """(N, L) probabilities of lists of (label, probability); 0 where a list is silent."""
    table = np.zeros((len(pairs), n_labels), np.float32)
    for row, found in zip(table, pairs):
        for label, probability in found:
            row[label] = probability
    return table


def size_mib(path):
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20


def forget_peak():
    """Let the kernel measure the peak of resident memory from here on, where it can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def timed(function):
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def measure(system, job):
    """Train, predict, save: the arrays of the answer and its figures."""
    n_rows, n_labels = job.test_x.shape[0], job.train_y.shape[1]
    forget_peak()
    before = protocol.memory()["rss_mib"]
    train_s, _ = timed(system.train)
    predict_s, ids = min((timed(lambda: system.top_k(TOP)) for _ in range(2)), key=lambda pair: pair[0])
    figures = {"train s": train_s, "us / title": 1e6 * predict_s / n_rows, "before MiB": before,
               "peak MiB": protocol.memory()["peak_rss_mib"], "model MiB": size_mib(system.save()),
               "features s": getattr(system, "features_s", None), "versions": system.versions}
    arrays = {"ids": filled(ids, job.frequent().tolist(), TOP)}
    if hasattr(system, "probabilities") and n_rows * n_labels <= LARGEST_TABLE:
        probabilities = system.probabilities()
        if probabilities is not None:
            arrays["probabilities"] = probabilities.astype(np.float32)
    return arrays, figures


def serve(forms):
    """Be a system. forms: name -> class, made by (job, folder, threads, seed, **params) with what is not to be timed.

    It has train(), top_k(k), save() that returns the path of the model, `versions`, and maybe probabilities(), which
    returns an array (N, L), or None.
    """
    parser = argparse.ArgumentParser(description="A system of benchmarks/quality.py.")
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
