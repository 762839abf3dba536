"""Which labels of some rows are probably wrong, from what networks that have not seen the rows say of them.

What speaks for a label of a row: its logit and its probability by such a network; the probability that it is the right
one of two, it and the likeliest label that the row lacks; its weakest and strongest association with another label of
the row, log(P(label | other) / P(label)); that the row has few labels. What these weigh is learnt from labels that are
wrong for certain: in the place of each label that is given another is dealt, all being equally likely, and a logistic
regression tells dealt from given ones. Its logit is the evidence. Where the evidence against given labels has the
density f, and against dealt ones g, a share e of wrong labels among the given, spread as the dealt ones are, makes

    P(wrong | evidence) = e g / f                              (the local false discovery rate: Efron, JASA 99, 2004)
    e <= P(given evidence > t) / P(dealt evidence > t)                        (as Storey, JRSS B 64, 2002, of p-values)

with equality where no label that is right has evidence above t, here that of a quarter of the dealt labels. For missing
labels the same numbers speak the other way: among the likeliest labels that rows do not have, those that belong there
have the evidence of labels that are given, each as if it were not there.

Confident learning (Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70,
2021) and its form for many labels (Thyagarajan, Snorrason, Northcutt, Mueller, "Identifying Incorrect Annotations in
Multi-Label Classification Data", 2022) take the probability of each label alone.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.dataset import Dataset
from nnlite.kernels import ranking
from nnlite.kernels.top_k import merge_top_k
from nnlite.mlp import MLP
from nnlite.scores.evaluation import check
from nnlite.scores.metrics import sigmoid
from nnlite.system.number_arrays import finite
from nnlite.system.ranges import integer
from nnlite.system.stages import done
from nnlite.system.slices import blocks
from nnlite.system.threads import team

SMOOTHING = 20.0  # rows that are added to those which tell how often two labels go together
MANY_LABELS = 100  # of a row, or more: they are not associated, as counting pairs takes quadratic time and memory
FIT_LABELS = 50_000  # given, and as many dealt, from which the weights are learnt
BINS = 2_000  # of the evidence, in which f and g are compared, with equally many labels in each
TAIL = 0.25  # of the known labels: those above t in the bound on the share
RESAMPLES = 200  # of the bootstrap
ASSOCIATED = 1 << 16  # labels whose associations are computed together, on one thread

f32 = np.float32
Facts = np.ndarray  # (n, 7) of n labels: 1, and what speaks for them in the order above


class Judged(NamedTuple):
    """The logits of some rows by networks that were not trained on them: of 2 nnz + N k labels, not of N x L.

    given, dealt (nnz,): of the labels of each row, in the order of the csr matrix y, and of those dealt in their stead;
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
    k = integer("judge: k", k)
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
    return Judged(given, dealt, ids, others, *np.sum([(part.total, part.squares) for part in parts], axis=0))


class Associations:
    """How often each two labels go together in the rows of y, csr (N, L) of ones; rows of MANY_LABELS do not count."""

    def __init__(self, y: Csr, n_labels: int):
        self.y, self.few = y, np.diff(y.indptr) < MANY_LABELS
        part = y.take(np.flatnonzero(self.few))
        matrix = sp.csr_array((part.data, part.indices, part.indptr), (part.n_rows, n_labels))
        self.both = sp.csr_array(matrix.T @ matrix)
        self.both.sort_indices()
        self.counts, self.n_rows = np.maximum(np.bincount(part.indices, minlength=n_labels), 1), part.n_rows

    def facts(self, z: np.ndarray, rivals: np.ndarray, rows: np.ndarray, labels: np.ndarray, instead: np.ndarray,
              threads: int | None = None) -> Facts:
        """The `Facts` of labels (n,) with logits z, in the place of the labels `instead`, or as one more where that is
        -1. rivals: the largest logit of another label that row rows[k] then lacks. Associations are 0 where the row has
        no other label."""
        found, few = np.zeros((rows.size, 2), f32), np.flatnonzero(self.few[rows])
        both = self.both.indptr.astype(np.int64), self.both.indices.astype(np.int32), self.both.data

        def one_block(part):
            places = few[part]
            out = np.empty((places.size, 2), f32)
            ranking.associate(
                rows[places], labels[places].astype(np.int32), instead[places].astype(np.int32), *self.y[:2], *both,
                self.counts, self.n_rows, SMOOTHING, out)
            found[places] = out

        team(threads).run(one_block, blocks(few.size, ASSOCIATED))
        n_labels = np.diff(self.y.indptr)[rows] + (instead < 0)
        return np.column_stack([np.ones(z.size, f32), z, sigmoid(z), sigmoid(z - rivals), found, n_labels])


class Evidence(NamedTuple):
    """What speaks for it that labels are wrong, or missing, and the same of labels that are known to be so."""

    of: np.ndarray
    known: np.ndarray


def weights_of(given: Facts, dealt: Facts) -> np.ndarray:
    """The weights (7,) by which a logistic regression tells dealt labels from given ones."""
    return regression(*(facts[np.linspace(0, len(facts) - 1, min(FIT_LABELS, len(facts))).astype(int)]
                        for facts in (given, dealt)))


def regression(no: np.ndarray, yes: np.ndarray) -> np.ndarray:
    """The weights w (n,) of P(yes | x) = sigmoid(x w) from rows x (m, n) of each kind, with a penalty of |w|^2 / 2."""
    from scipy.optimize import minimize  # here: it would take a third of the start of any program that imports nnlite

    x, sign = np.concatenate([no, yes]), np.repeat([1.0, -1.0], [len(no), len(yes)])

    def loss(w):
        z = sign * (x @ w)
        return np.logaddexp(0, z).sum() + w @ w / 2, x.T @ (sign / (1 + np.exp(-np.clip(z, -50, 50)))) + w

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x


class Share(NamedTuple):
    """An estimated fraction, and its 95 % interval."""

    estimate: float
    low: float
    high: float


def share_of(found: Evidence, of_groups: np.ndarray, known_groups: np.ndarray, seed: int = 0) -> Share:
    """The share e of labels of the known kind, see above, as a multiple of all in `of`.

    *_groups: of each, such as its title: the interval is that of a bootstrap over groups, each counted as often as a
    Poisson variable of mean 1 says, so that near-duplicates are drawn together.
    """
    cut = np.quantile(found.known, 1 - TAIL)
    n_groups = 1 + max(of_groups.max(initial=0), known_groups.max(initial=0))
    tables = _tails(found.of, of_groups, cut, n_groups), _tails(found.known, known_groups, cut, n_groups)
    rng, bounds = np.random.default_rng(seed), [_bound(*(table.sum(axis=0) for table in tables))]
    for _ in range(RESAMPLES):
        weights = rng.poisson(1, n_groups).astype(f32)
        bounds.append(_bound(*(weights @ table for table in tables)))
    return Share(bounds[0], *np.quantile(bounds[1:], [0.025, 0.975]).tolist())


def _tails(values, groups, cut, n_groups):
    """(groups, 2) float32: how many labels each group has, and how many with evidence above the cut."""
    counts = [np.bincount(part, minlength=n_groups) for part in (groups, groups[values > cut])]
    return np.column_stack(counts).astype(f32)


def _bound(of, known):
    """The ratio of the fractions above the cut, from counts as in `_tails`; one more than were found, so not 0."""
    return float(min(1.0, (of[1] + 1) / max(of[0], 1) * known[0] / max(known[1], 1)))


def probability(found: Evidence, share: float) -> np.ndarray:
    """P(of the known kind | evidence) of each label in `of`, float64, see above; it never falls as the evidence rises.

    g / f is found by isotonic regression in bins with equally many labels of both kinds together.
    """
    from scipy.optimize import isotonic_regression  # here: as above

    edges = np.unique(np.quantile(np.concatenate(found), np.linspace(0, 1, BINS), method="lower"))  # none is empty
    place = np.searchsorted(edges, found.of, "right") - 1
    n_of = np.bincount(place, minlength=edges.size)
    n_known = np.bincount(np.searchsorted(edges, found.known, "right") - 1, minlength=edges.size)
    both = n_of + n_known
    p = np.minimum(isotonic_regression(n_known / both, weights=both).x, 1 - 1e-9)
    return np.minimum(share * p / (1 - p) * found.of.size / max(found.known.size, 1), 1)[place]
