"""Which labels of some rows are probably wrong, from what a network that has not seen the rows says of them.

The margin of a label that a row has is z_other - z_label: z_other is the logit of the likeliest label that the row does
not have. If labels are independent given the title, the odds that the row has the other label instead of this one are
e^margin times those of its labels as they are. Confident learning (Northcutt, Jiang, Chuang, "Confident Learning:
Estimating Uncertainty in Dataset Labels", JAIR 70, 2021) and its form for many labels (Thyagarajan, Snorrason,
Northcutt, Mueller, "Identifying Incorrect Annotations in Multi-Label Classification Data", 2022) rank by the
probability of each label alone.

What margins mean is learnt from labels that are wrong for certain: each row is dealt the labels of another row, drawn
at random. Where the margins of the labels given have the density f, and those of the dealt ones the density g, a share
e of wrong labels, spread like the dealt ones, makes the probability that a label with margin m is wrong

    P(wrong | m) = e g(m) / f(m)                    (the local false discovery rate: Efron, "Large-Scale Inference", 2010)
    e <= min over t of  P(given margin > t) / P(dealt margin > t)              (Storey, JRSS B 64, 2002: e of p-values)

as the labels that are right have few margins above a high t.
"""

from typing import NamedTuple

import numpy as np
import scipy.optimize

from nnlite.data.csr import Csr
from nnlite.data.dataset import Dataset
from nnlite.kernels.top_k import merge_top_k
from nnlite.network.mlp import MLP
from nnlite.scores.evaluation import check
from nnlite.system.ranges import finite, integer
from nnlite.system.stages import done

BINS = 2_000  # of margins, with equally many in each, in which the two densities are compared
TAILS = np.linspace(0.05, 0.5, 10)  # of the dealt margins: what is above t in the bound on the share
RESAMPLES = 400  # of the bootstrap

f32 = np.float32


class Judged(NamedTuple):
    """The logits of some rows by networks that were not trained on them: of nnz + N k labels, not of N x L.

    given (nnz,): of the labels of each row, in the order of the csr matrix y
    ids, others (N, k): the likeliest labels that a row does not have, best first, and their logits; -inf if there are
        fewer than k such labels
    dealt, dealt_rows (m,): the margins of labels that were dealt to rows in place of their own, and these rows
    total, squares (L,): the sums of the logits of each label, and of their squares, over all rows
    """

    given: np.ndarray
    ids: np.ndarray
    others: np.ndarray
    dealt: np.ndarray
    dealt_rows: np.ndarray
    total: np.ndarray
    squares: np.ndarray


def rows_of(y: Csr) -> np.ndarray:
    """The row of each entry, int64 (nnz,)."""
    return np.repeat(np.arange(y.n_rows), np.diff(y.indptr))


def judge(model: MLP, dataset: Dataset, k: int = 3, seed: int = 0, threads: int | None = None) -> Judged:
    """The `Judged` of a Dataset, rows in blocks, labels in tiles. Raises as `evaluate` does.

    seed: of the permutation by which rows are dealt the labels of others. A dealt label takes the place of one of the
    row's own, which is then among the labels that the row does not have; dealt labels that the row has do not count.
    """
    check("judge", model, dataset)
    k = min(integer("judge: k", k), model.n_labels)
    _, y = dataset.arrays()
    dealt = y.take(np.random.default_rng(seed).permutation(y.n_rows))
    z_given, z_dealt = np.empty((2, y.indices.size), f32)
    ids, others = np.zeros((y.n_rows, k), np.int32), np.full((y.n_rows, k), -np.inf, f32)

    def look(rows, tile, z):
        done("judging", z.size, len(dataset) * model.n_labels)
        finite("judge: logits", z)
        total, squares = z.sum(axis=0, dtype=float), np.einsum("nt,nt->t", z, z, dtype=float)
        places, row, label = entries(y.rows(rows), tile)
        z_given[places] = z[row, label]
        z[row, label] = -np.inf
        places, row, label = entries(dealt.rows(rows), tile)
        z_dealt[places] = z[row, label]
        merge_top_k(z, tile.start, ids[rows], others[rows])
        return total, squares

    sums = np.zeros((2, model.n_labels))
    for tiles in model.each_tile(dataset.x, look, threads):  # in the order of the blocks
        sums += np.concatenate(tiles, axis=1)
    row, n_own = rows_of(dealt), np.diff(y.indptr)
    replaced = y.indptr[row] + (np.arange(row.size) - dealt.indptr[row]) % np.maximum(n_own[row], 1)
    counts = (z_dealt > -np.inf) & (n_own[row] > 0)
    row, replaced = row[counts], replaced[counts]
    margins = np.maximum(others[row, 0], z_given[replaced]) - z_dealt[counts]
    return Judged(z_given, ids, others, margins, row, *sums)


def together(parts: list[Judged], rows: list[np.ndarray], y: Csr) -> Judged:
    """The `Judged` of all rows of y from those of parts of them; rows: the numbers of each part's rows, rising."""
    row, shape = rows_of(y), (y.n_rows, parts[0].ids.shape[1])
    given, ids, others = np.empty(row.size, f32), np.empty(shape, np.int32), np.empty(shape, f32)
    for part, own in zip(parts, rows):
        given[np.isin(row, own)], ids[own], others[own] = part.given, part.ids, part.others
    dealt_rows = np.concatenate([own[part.dealt_rows] for part, own in zip(parts, rows)])
    return Judged(given, ids, others, np.concatenate([part.dealt for part in parts]), dealt_rows,
                  np.sum([part.total for part in parts], axis=0), np.sum([part.squares for part in parts], axis=0))


def entries(y: Csr, tile: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the labels of a block of rows that are in a tile: their places in y, their rows and columns of the tile."""
    first, last = y.indptr[0], y.indptr[-1]
    labels = y.indices[first:last]
    here = np.flatnonzero((tile.start <= labels) & (labels < tile.stop))
    row = np.searchsorted(y.indptr, first + here, side="right") - 1
    return first + here, row, labels[here] - tile.start


class Candidates(NamedTuple):
    """Labels that may be wrong or missing, an entry each: the row, the label that it has (-1 for a missing one), the
    label that it should have, and the evidence: a margin, or the logit of a missing one."""

    row: np.ndarray
    label: np.ndarray
    other: np.ndarray
    evidence: np.ndarray

    def take(self, places: np.ndarray) -> "Candidates":
        """The entries in these places, or where it is True."""
        return Candidates(*(column[places] for column in self))


def wrong(y: Csr, judged: Judged) -> Candidates:
    """The `Candidates` of all labels that rows have, in the order of y."""
    row = rows_of(y)
    return Candidates(row, y.indices, judged.ids[row, 0], judged.others[row, 0] - judged.given)


def missing(judged: Judged) -> Candidates:
    """The `Candidates` of the k likeliest labels that rows do not have, in the order of the rows, likeliest first."""
    row, column = np.nonzero(judged.others > -np.inf)
    return Candidates(row, np.full(row.size, -1), judged.ids[row, column], judged.others[row, column])


class Share(NamedTuple):
    """An estimated fraction, and its 95 % interval."""

    estimate: float
    low: float
    high: float


def share_of_wrong(given: np.ndarray, dealt: np.ndarray, given_groups: np.ndarray, dealt_groups: np.ndarray,
                   seed: int = 0) -> Share:
    """The share e of wrong labels from the margins of those given and those dealt, see above.

    *_groups: the group of each, such as its title: the interval is that of a bootstrap over groups, each counted as
    often as a Poisson variable of mean 1 says, so that near-duplicates are drawn together.
    """
    cuts = np.quantile(dealt, 1 - TAILS)
    n_groups = 1 + max(given_groups.max(initial=0), dealt_groups.max(initial=0))
    tables = [_tails(margins, groups, cuts, n_groups) for margins, groups in ((given, given_groups),
                                                                             (dealt, dealt_groups))]
    rng, found = np.random.default_rng(seed), [_bound(*(table.sum(axis=0) for table in tables))]
    for _ in range(RESAMPLES):
        weights = rng.poisson(1, n_groups).astype(f32)
        found.append(_bound(*(weights @ table for table in tables)))
    return Share(found[0], *np.quantile(found[1:], [0.025, 0.975]).tolist())


def _tails(margins, groups, cuts, n_groups):
    """(groups, 1 + cuts) float32: how many margins each group has, and how many above each cut."""
    above = np.column_stack([np.ones(margins.size, bool), margins[:, None] > cuts])
    return np.column_stack([np.bincount(groups, column, n_groups) for column in above.T]).astype(f32)


def _bound(given, dealt):
    """The smallest ratio of the fractions above the cuts, from counts as in `_tails`."""
    return float(min(1.0, np.min(given[1:] / max(given[0], 1) * dealt[0] / np.maximum(dealt[1:], 1))))


def wrong_probability(given: np.ndarray, dealt: np.ndarray, share: float) -> np.ndarray:
    """P(wrong | m) of each margin m of the labels given, float64, see above; it never falls where m rises.

    g / f is found by isotonic regression in bins with equally many margins of both together.
    """
    edges = np.unique(np.quantile(np.concatenate([given, dealt]), np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.searchsorted(edges, given)
    n_given = np.bincount(place, minlength=edges.size + 1)
    n_dealt = np.bincount(np.searchsorted(edges, dealt), minlength=edges.size + 1)
    both = np.maximum(n_given + n_dealt, 1)
    p = scipy.optimize.isotonic_regression(n_dealt / both, weights=both).x  # of being dealt
    with np.errstate(divide="ignore"):
        ratio = p / (1 - p) * given.size / max(dealt.size, 1)
    return np.minimum(share * ratio, 1)[place]
