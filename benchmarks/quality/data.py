"""The data of compare.py: real titles, and files in the Extreme Classification text format, split and made into jobs.

Published figures are in percent.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks.quality.protocol import Job
from benchmarks.report import TITLES
from nnlite.data.tokens import tokenise

WORD_MIN_COUNT, LABEL_MIN_COUNT, NGRAMS = 2, 10, 2  # rare words help the linear systems, and cost them little
AMAZON, GENERAL = (0.6, 2.6), (0.55, 1.5)  # A and B of the propensities, see nnlite.scores.metrics.propensities

# From Tables 2, 6 and 7 of an older version of the Extreme Classification Repository's page; later versions list only
# larger data sets. Its splits may differ from ours, but have the same sizes.
PUBLISHED_COLUMNS = ("P@1", "P@3", "P@5", "PSP@1", "PSP@3", "PSP@5", "nDCG@5")
PUBLISHED = {
    "bibtex": {
        "SLEEC, published": (65.08, 39.64, 28.87, 51.12, 53.95, 59.56, 62.64),
        "FastXML, published": (63.42, 39.23, 28.86, 48.54, 52.30, 58.28, 61.70),
        "PfastreXML, published": (63.46, 39.22, 29.14, 52.28, 54.36, 60.55, 62.12),
        "LEML, published": (62.54, 38.41, 28.21, 47.97, 51.42, 57.53, 60.53),
        "1-vs-All, published": (62.62, 39.09, 28.79, 48.84, 52.96, 59.29, 61.58),
    },
    "delicious": {
        "SLEEC, published": (67.59, 61.38, 56.56, 32.11, 33.21, 33.83, 59.28),
        "FastXML, published": (69.61, 64.12, 59.27, 32.35, 34.51, 35.43, 61.90),
        "PfastreXML, published": (67.13, 62.33, 58.62, 34.57, 34.80, 35.86, 60.74),
        "LEML, published": (65.67, 60.55, 56.08, 30.73, 32.43, 33.26, 58.47),
        "1-vs-All, published": (65.02, 58.88, 53.28, 31.95, 33.24, 33.47, 56.28),
    },
}


@dataclass
class Part:
    """A job, the true labels of its test part (csr), and the seconds from titles to features, or None."""

    job: Job
    truth: sp.csr_array
    features_s: float | None = None


class Titles:
    """Records: the last fifth is the test part. Seed 0 keeps the order of the file; other seeds shuffle first."""

    propensity = AMAZON

    def __init__(self, records: list[tuple], name: str = "titles"):
        self.name, self.records = name, records

    def split(self, seed: int) -> tuple[list, list]:
        """The training part and the test part of a seed."""
        order = np.random.default_rng(seed).permutation(len(self.records)) if seed else np.arange(len(self.records))
        records, n_train = [self.records[i] for i in order], len(order) * 4 // 5
        return records[:n_train], records[n_train:]

    def part(self, train: list, test: list) -> Part:
        """Features: words and pairs of words in at least 2 training titles; labels of at least 10."""
        start = time.perf_counter()
        vocabulary = nnlite.Vocabulary.build(train, WORD_MIN_COUNT, NGRAMS, label_min_count=LABEL_MIN_COUNT)
        train_data, test_data = vocabulary.encode(train), vocabulary.encode(test)
        seconds = time.perf_counter() - start
        idf = np.log((1 + len(train)) / (1 + np.array(vocabulary.word_counts))) + 1
        train_text, test_text = ([" ".join(tokenise(title)) for title, _ in records] for records in (train, test))
        job = Job(train_data.x, train_data.y, test_data.x, idf, NGRAMS, train_text, test_text, (train, test),
                  vocabulary.labels)
        return Part(job, test_data.y, seconds)

    @staticmethod
    def fold(train: list, seed: int) -> tuple[list, list]:
        """Nine tenths of a training part to train on, and a tenth to validate."""
        order, n_valid = shuffled(len(train), seed)
        return [train[i] for i in order[n_valid:]], [train[i] for i in order[:n_valid]]


class Matrices:
    """Two Datasets with their own split. Features are used as they are; for fastText they become words f0, f1, ..."""

    def __init__(self, name: str, train: nnlite.Dataset, test: nnlite.Dataset, propensity: tuple = GENERAL):
        self.name, self.train, self.test, self.propensity = name, train, test, propensity

    def split(self, seed: int) -> tuple[nnlite.Dataset, nnlite.Dataset]:
        """The training part and the test part, the same for all seeds."""
        return self.train, self.test

    def part(self, train: nnlite.Dataset, test: nnlite.Dataset) -> Part:
        """The features as they are."""
        texts = ([" ".join(f"f{i}" for i in ids) for ids in np.split(data.x.indices, data.x.indptr[1:-1])]
                 for data in (train, test))
        return Part(Job(train.x, train.y, test.x, np.ones(train.x.shape[1]), 1, *texts), test.y)

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


def read_titles(folder: Path, n_rows: int | None = None) -> Titles:
    """The first n_rows real titles, by default all of them."""
    return Titles([tuple(record) for record in nnlite.read_records(folder / TITLES.name)][:n_rows])


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


def read(name: str, folder: Path, n_rows: int | None = None) -> Titles | Matrices:
    """One of the data sets by name. FileNotFoundError where the folder does not have it."""
    if name == "titles":
        return read_titles(folder, n_rows)
    return read_matrices(name, *(folder / "xmc" / f"{name}_{part}.txt.gz" for part in ("train", "test")), n_rows)
