"""The data of compare.py: titles, and files in the Extreme Classification text format, split and made into jobs."""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks import report
from benchmarks.quality.protocol import Job, records_of, write_lines
from nnlite.data.tokens import tokenise

WORD_MIN_COUNT, LABEL_MIN_COUNT, NGRAMS = 2, 10, 2  # rare words help the linear systems, and cost them little
AMAZON, GENERAL = (0.6, 2.6), (0.55, 1.5)  # A and B of the propensities, see nnlite.scores.metrics.propensities


@dataclass
class Part:
    """A job, and the true labels of its test part (csr).

    features_s: the seconds from a file of the training titles to the shared features, or None
    text_s: the same to lines of tokens
    """

    job: Job
    truth: sp.csr_array
    features_s: float | None = None
    text_s: float | None = None


class Titles:
    """Records: the last fifth is the test part. Seed 0 keeps the order of the file; other seeds shuffle first."""

    propensity, own_features = AMAZON, True

    def __init__(self, records: list[tuple], name: str = "titles", source: str = ""):
        self.name, self.records, self.source = name, records, source

    def split(self, seed: int) -> tuple[list, list]:
        """The training part and the test part of a seed."""
        order = np.random.default_rng(seed).permutation(len(self.records)) if seed else np.arange(len(self.records))
        records, n_train = [self.records[i] for i in order], len(order) * 4 // 5
        return records[:n_train], records[n_train:]

    def part(self, train: list, test: list) -> Part:
        """Features: words and pairs of words in at least 2 training titles; labels of at least 10."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.jsonl"
            write_lines(path, map(json.dumps, train))
            nnlite.Vocabulary.build(train[:64], 1, NGRAMS).encode(train[:64])  # loads the compiled code
            start = time.perf_counter()
            read = records_of(path)
            read_s = time.perf_counter() - start
            vocabulary = nnlite.Vocabulary.build(read, WORD_MIN_COUNT, NGRAMS, label_min_count=LABEL_MIN_COUNT)
            train_data = vocabulary.encode(read)
            features_s = time.perf_counter() - start
            start = time.perf_counter()
            train_text = text_of(train)
            text_s = time.perf_counter() - start + read_s
        test_data = vocabulary.encode(test)
        job = Job(train_data.x, train_data.y, test_data.x, idf(len(train), vocabulary), train_text, text_of(test),
                  (train, test), vocabulary.labels)
        return Part(job, test_data.y, features_s, text_s)

    @staticmethod
    def fold(train: list, seed: int) -> tuple[list, list]:
        """Nine tenths of a training part to train on, and a tenth to validate."""
        order, n_valid = shuffled(len(train), seed)
        return [train[i] for i in order[n_valid:]], [train[i] for i in order[:n_valid]]


def text_of(records: list[tuple]) -> list[str]:
    """The tokens of each title, separated by spaces."""
    return [" ".join(tokenise(title)) for title, _ in records]


def idf(n_rows: int, vocabulary: nnlite.Vocabulary) -> np.ndarray:
    """The weights (D,) of the columns, as scikit-learn smooths them."""
    return np.log((1 + n_rows) / (1 + np.array(vocabulary.word_counts))) + 1


class Matrices:
    """Two Datasets with their own split. Features are used as they are."""

    own_features, source = False, "its own features and split"

    def __init__(self, name: str, train: nnlite.Dataset, test: nnlite.Dataset, propensity: tuple = GENERAL):
        self.name, self.train, self.test, self.propensity = name, train, test, propensity

    def split(self, seed: int) -> tuple[nnlite.Dataset, nnlite.Dataset]:
        """The training part and the test part, the same for all seeds."""
        return self.train, self.test

    def part(self, train: nnlite.Dataset, test: nnlite.Dataset) -> Part:
        """The features as they are."""
        return Part(Job(train.x, train.y, test.x, np.ones(train.x.shape[1])), test.y)

    @staticmethod
    def fold(train: nnlite.Dataset, seed: int) -> tuple[nnlite.Dataset, nnlite.Dataset]:
        """Nine tenths of a training part to train on, and a tenth to validate."""
        order, n_valid = shuffled(len(train), seed)
        return tuple(nnlite.Dataset(train.x[rows], train.y[rows]) for rows in (order[n_valid:], order[:n_valid]))


def shuffled(n: int, seed: int) -> tuple[np.ndarray, int]:
    """All row numbers in random order, and how many of them make a tenth."""
    return np.random.default_rng([seed, n]).permutation(n), max(1, n // 10)


def head(data: nnlite.Dataset, n: int) -> nnlite.Dataset:
    """The first n rows of a Dataset."""
    return nnlite.Dataset(data.x[:n], data.y[:n])


def read_matrices(name: str, train: Path, test: Path, n_rows: int | None = None,
                  propensity: tuple[float, float] = GENERAL) -> Matrices:
    """A pair of files. n_rows: of both together, four fifths of them for training; by default all rows."""
    train, test = nnlite.read_xmc(train), nnlite.read_xmc(test)
    n_labels = max(train.n_labels, test.n_labels)
    if (train.n_words, train.n_labels) != (test.n_words, test.n_labels):
        raise ValueError(f"{name}: want the same features and labels in both files, got {train.n_words:,} and "
                         f"{test.n_words:,} features, {train.n_labels:,} and {test.n_labels:,} labels")
    if n_labels < 5:
        raise ValueError(f"{name}: want at least 5 labels, got {n_labels}")
    if n_rows:
        train, test = head(train, n_rows * 4 // 5), head(test, n_rows // 5)
    return Matrices(name, train, test, propensity)


def read_titles(paths: list[Path], most: int | None = None) -> Titles:
    """The titles of these files, without files of the made-up catalogue; at most `most`."""
    records, source = report.records(paths, most)
    return Titles([tuple(record) for record in records], source=source)


def read_public(name: str, folder: Path, n_rows: int | None = None) -> Matrices:
    """Bibtex or Delicious. FileNotFoundError where the folder does not have it."""
    return read_matrices(name, *(folder / f"{name}_{part}.txt.gz" for part in ("train", "test")), n_rows)
