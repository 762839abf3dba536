"""The problems of train_step.py: rows, first parameters, and what a step does."""

from pathlib import Path

import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks import report
from benchmarks.peers.problem import Problem


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


def mini(optimizer: str, lr: float, titles: list[Path], quick: bool = False) -> Problem:
    """One epoch of small batches, of titles or, without files, of rows drawn by Zipf's law."""
    n_rows = 4_000 if quick else 80_000
    if titles:
        records, _ = report.records(titles, n_rows)
        data = nnlite.Vocabulary.build(records, min_count=10, ngrams=2).encode(records)
        x, y = data.x, data.y
    else:
        rng = np.random.default_rng(0)
        x, y = zipf_rows(rng, n_rows, 80_000, 24), zipf_rows(rng, n_rows, 258, 2)
    return problem(x, y, (200,), activation="relu", optimizer=optimizer, lr=lr, eps=1e-5, reduction="sum",
                   batch_rows=512)


def many_labels(n_words: int, n_labels: int, units: int, batch_rows: int, quick: bool = False) -> Problem:
    """Two steps with many labels."""
    rng, n_rows = np.random.default_rng(0), 2 * batch_rows
    n_words, n_labels = (n // 20 if quick else n for n in (n_words, n_labels))
    x, y = zipf_rows(rng, n_rows, n_words, 7), zipf_rows(rng, n_rows, n_labels, 5)
    return problem(x, y, (units,), activation="relu", optimizer="adagrad", lr=0.05, eps=1e-3, reduction="sum",
                   batch_rows=batch_rows)
