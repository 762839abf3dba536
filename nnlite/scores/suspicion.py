"""Which labels of some rows are probably wrong, from what networks that have not seen the rows say of them.

Two numbers speak for a label of a row: its logit by such a network, and its strongest association with another label of
the row, log(P(label | other) / P(label)). What they weigh is learnt from labels that are wrong for certain: in the place
of each label that is given another is dealt, all being equally likely, and a logistic regression tells dealt from given
ones. Its logit is the evidence. Where the evidence against given labels has the density f, and against dealt ones g, a
share e of wrong labels among the given, spread as the dealt ones are, makes

    P(wrong | evidence) = e g / f                              (the local false discovery rate: Efron, JASA 99, 2004)
    e <= min over t of  P(given evidence > t) / P(dealt evidence > t)         (as Storey, JRSS B 64, 2002, of p-values)

as few labels that are right have evidence above a high t. Confident learning (Northcutt, Jiang, Chuang, "Confident
Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021) and its form for many labels (Thyagarajan et al.,
"Identifying Incorrect Annotations in Multi-Label Classification Data", 2022) take the probability of a label alone.
"""

from typing import NamedTuple

import numpy as np
import scipy.optimize
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.dataset import Dataset
from nnlite.kernels import ranking
from nnlite.kernels.top_k import merge_top_k
from nnlite.network.mlp import MLP
from nnlite.scores.evaluation import check
from nnlite.system.ranges import finite, integer
from nnlite.system.stages import done
from nnlite.system.threads import blocks, team

SMOOTHING = 20.0  # rows that are added to those which tell how often two labels go together
MANY_LABELS = 100  # of a row: those of more are not associated, because counting pairs takes quadratic time and memory
FIT_LABELS = 200_000  # given, and as many dealt, from which the weights are learnt
BINS = 2_000  # of the evidence, in which f and g are compared, with equally many labels in each
TAILS = np.linspace(0.05, 0.5, 10)  # of the dealt labels: those above t in the bound on the share
RESAMPLES = 400  # of the bootstrap
ASSOCIATED_ROWS = 4096  # whose associations are computed together, on one thread

f32 = np.float32


class Judged(NamedTuple):
    """The logits of some rows by networks that were not trained on them: of 2 nnz + N k labels, not of N x L.

    given, dealt (nnz,): of the labels of each row, in the order of the csr matrix y, and of those dealt in their places;
        dealt is -inf where the row has that label
    ids, others (N, k): the likeliest labels that a row does not have, best first, and their logits; -inf if there are
        fewer than k such labels
    total, squares (L,): the sums of the logits of each label, and of their squares, over all rows
    """

    given: np.ndarray
    dealt: np.ndarray
    ids: np.ndarray
    others: np.ndarray
    total: np.ndarray
    squares: np.ndarray


def judge(model: MLP, dataset: Dataset, dealt: np.ndarray, k: int = 3, threads: int | None = None) -> Judged:
    """The `Judged` of a Dataset, rows in blocks, labels in tiles. dealt: (nnz,) labels    Raises as `evaluate` does."""
    check("judge", model, dataset)
    k = min(integer("judge: k", k), model.n_labels)
    _, y = dataset.arrays()
    z_given, z_dealt = np.empty((2, y.indices.size), f32)
    ids, others = np.zeros((y.n_rows, k), np.int32), np.full((y.n_rows, k), -np.inf, f32)

    def look(rows, tile, z):
        done("judging", z.size, len(dataset) * model.n_labels)
        finite("judge: logits", z)
        total, squares = z.sum(axis=0, dtype=float), np.einsum("nt,nt->t", z, z, dtype=float)
        places, row, label = entries(y.rows(rows), y.indices, tile)
        z_given[places] = z[row, label]
        z[row, label] = -np.inf
        places, row, label = entries(y.rows(rows), dealt, tile)
        z_dealt[places] = z[row, label]
        merge_top_k(z, tile.start, ids[rows], others[rows])
        return total, squares

    sums = np.zeros((2, model.n_labels))
    for tiles in model.each_tile(dataset.x, look, threads):  # in the order of the blocks
        sums += np.concatenate(tiles, axis=1)
    return Judged(z_given, z_dealt, ids, others, *sums)


def entries(y: Csr, labels: np.ndarray, tile: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the labels in the places of a block of rows, those in a tile: their places, rows and columns of the tile."""
    first, last = y.indptr[0], y.indptr[-1]
    here = first + np.flatnonzero((tile.start <= labels[first:last]) & (labels[first:last] < tile.stop))
    return here, np.searchsorted(y.indptr, here, side="right") - 1, labels[here] - tile.start


def rows_of(y: Csr) -> np.ndarray:
    """The row of each entry, int64 (nnz,)."""
    return np.repeat(np.arange(y.n_rows), np.diff(y.indptr))


def together(parts: list[Judged], rows: list[np.ndarray], y: Csr) -> Judged:
    """The `Judged` of all rows of y from those of parts of them; rows: the numbers of each part's rows, rising."""
    row, shape = rows_of(y), (y.n_rows, parts[0].ids.shape[1])
    given, dealt = np.empty((2, row.size), f32)
    ids, others = np.empty(shape, np.int32), np.empty(shape, f32)
    for part, own in zip(parts, rows):
        here = np.isin(row, own)
        given[here], dealt[here], ids[own], others[own] = part[:4]
    return Judged(given, dealt, ids, others, sum(part.total for part in parts), sum(part.squares for part in parts))


class Associations:
    """How often each two labels go together in the rows of y, csr (N, L) of ones."""

    def __init__(self, y: Csr, n_labels: int):
        few = np.diff(y.indptr) <= MANY_LABELS
        self.y = y if few.all() else y.take(np.flatnonzero(few))
        self.places = np.repeat(few, np.diff(y.indptr))  # of the entries of these rows among all
        matrix = sp.csr_array((self.y.data, self.y.indices, self.y.indptr), (self.y.n_rows, n_labels))
        self.both = sp.csr_array(matrix.T @ matrix)
        self.both.sort_indices()
        self.counts = np.bincount(self.y.indices, minlength=n_labels)

    def strongest(self, labels: np.ndarray, threads: int | None = None) -> np.ndarray:
        """The strongest association of each of labels (nnz,), in the places of y's, float32; 0 without any."""
        labels = labels[self.places].astype(np.int32)
        found, counts = np.zeros(labels.size, f32), np.maximum(self.counts, 1)
        both = self.both.indptr.astype(np.int64), self.both.indices.astype(np.int32), self.both.data

        def one_block(rows):
            ranking.strongest_associations(labels, self.y.indptr[rows.start:rows.stop + 1], self.y.indices, *both, counts,
                                           self.y.n_rows, SMOOTHING, found)

        team(threads).run(one_block, blocks(self.y.n_rows, ASSOCIATED_ROWS))
        every = np.zeros(self.places.size, f32)
        every[self.places] = found
        return every


class Evidence(NamedTuple):
    """The evidence against the labels given and those dealt, (nnz,) each; `dealt` is -inf where it does not count."""

    given: np.ndarray
    dealt: np.ndarray


def evidence(judged: Judged, associated: tuple[np.ndarray, np.ndarray]) -> Evidence:
    """The logits of the regression that tells dealt from given labels; associated: the associations of both."""
    counts = judged.dealt > -np.inf
    given, dealt = (np.column_stack([np.ones(z.size), z, a]) for z, a in zip(judged[:2], associated))
    some = [part[np.linspace(0, len(part) - 1, min(FIT_LABELS, len(part))).astype(int)]
            for part in (given, dealt[counts])]
    weights = regression(*some)
    against = np.full(counts.size, -np.inf)
    against[counts] = dealt[counts] @ weights
    return Evidence(given @ weights, against)


def regression(no: np.ndarray, yes: np.ndarray) -> np.ndarray:
    """The weights w (n,) of P(yes | x) = sigmoid(x w) from rows x (m, n) of each kind, with a penalty of |w|^2 / 2."""
    x, sign = np.concatenate([no, yes]), np.repeat([1.0, -1.0], [len(no), len(yes)])

    def loss(w):
        z = sign * (x @ w)
        return np.logaddexp(0, z).sum() + w @ w / 2, x.T @ (sign / (1 + np.exp(-np.clip(z, -50, 50)))) + w

    return scipy.optimize.minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x


class Share(NamedTuple):
    """An estimated fraction, and its 95 % interval."""

    estimate: float
    low: float
    high: float


def share_of_wrong(found: Evidence, groups: np.ndarray, seed: int = 0) -> Share:
    """The share e of wrong labels among those given, see above.

    groups (nnz,): of each, such as its title: the interval is that of a bootstrap over groups, each counted as often as
    a Poisson variable of mean 1 says, so that near-duplicates are drawn together.
    """
    counts = found.dealt > -np.inf
    cuts = np.quantile(found.dealt[counts], 1 - TAILS)
    n_groups = 1 + groups.max(initial=0)
    tables = _tails(found.given, groups, cuts, n_groups), _tails(found.dealt[counts], groups[counts], cuts, n_groups)
    rng, bounds = np.random.default_rng(seed), [_bound(*(table.sum(axis=0) for table in tables))]
    for _ in range(RESAMPLES):
        weights = rng.poisson(1, n_groups).astype(f32)
        bounds.append(_bound(*(weights @ table for table in tables)))
    return Share(bounds[0], *np.quantile(bounds[1:], [0.025, 0.975]).tolist())


def _tails(against, groups, cuts, n_groups):
    """(groups, 1 + cuts) float32: how many labels each group has, and how many with evidence above each cut."""
    above = [np.bincount(groups[against > cut], minlength=n_groups) for cut in (-np.inf, *cuts)]
    return np.column_stack(above).astype(f32)


def _bound(given, dealt):
    """The smallest ratio of the fractions above the cuts, from counts as in `_tails`."""
    return float(min(1.0, np.min(given[1:] / max(given[0], 1) * dealt[0] / np.maximum(dealt[1:], 1))))


def wrong_probability(found: Evidence, share: float) -> np.ndarray:
    """P(wrong | evidence) of each label given, float64 (nnz,), see above; it never falls where the evidence rises.

    g / f is found by isotonic regression in bins with equally many labels of both kinds together.
    """
    given, dealt = found.given, found.dealt[found.dealt > -np.inf]
    edges = np.unique(np.quantile(np.concatenate([given, dealt]), np.linspace(0, 1, BINS + 1)[1:-1]))
    place, n_bins = np.searchsorted(edges, given), edges.size + 1
    n_given = np.bincount(place, minlength=n_bins)
    n_dealt = np.bincount(np.searchsorted(edges, dealt), minlength=n_bins)
    both = np.maximum(n_given + n_dealt, 1)
    p = np.minimum(scipy.optimize.isotonic_regression(n_dealt / both, weights=both).x, 1 - 1e-9)  # of being dealt
    return np.minimum(share * p / (1 - p) * given.size / max(dealt.size, 1), 1)[place]


class Candidates(NamedTuple):
    """Labels that may be wrong or missing, an entry each: the row, the label that it has (-1 for a missing one), the
    label that it should have, and what speaks for that: the evidence, or the logit of a missing one."""

    row: np.ndarray
    label: np.ndarray
    other: np.ndarray
    evidence: np.ndarray

    def take(self, places: np.ndarray) -> "Candidates":
        """The entries in these places, or where it is True."""
        return Candidates(*(column[places] for column in self))


def wrong(y: Csr, judged: Judged, found: Evidence) -> Candidates:
    """The `Candidates` of all labels that rows have, in the order of y."""
    row = rows_of(y)
    return Candidates(row, y.indices, judged.ids[row, 0], found.given)


def missing(judged: Judged) -> Candidates:
    """The `Candidates` of the k likeliest labels that rows do not have, in the order of the rows, likeliest first."""
    row, column = np.nonzero(judged.others > -np.inf)
    return Candidates(row, np.full(row.size, -1), judged.ids[row, column], judged.others[row, column])
