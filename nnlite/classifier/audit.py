"""`audit`: which products of a catalogue probably have a wrong category or lack one, and where it contradicts itself.

Every product is judged by a network that was trained on others, of which none is a near-duplicate of it. Memory holds
the encoded records, one network with its optimiser, and a few numbers for each category given: never rows x labels.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from nnlite.categories.choice import Categories
from nnlite.categories.consistency import Contradiction, contradictions, same_products
from nnlite.classifier.arguments import checked_records
from nnlite.classifier.noted_fit import OnStep
from nnlite.classifier.said import about_data
from nnlite.classifier.settings import Settings
from nnlite.data.dataset import Dataset
from nnlite.data.holdout import folds_of, groups_of
from nnlite.data.records import Record
from nnlite.data.vocabulary import Vocabulary
from nnlite.data.vocabulary_checks import check_columns
from nnlite.mlp import MLP
from nnlite.scores import metrics
from nnlite.scores.confusion import DEVIATIONS, taken_for_each_other, told_apart
from nnlite.scores.explanation import reasons
from nnlite.scores.suspicion import (
    Associations, Evidence, Judged, Share, judge, probability, rows_of, share_of, together, weights_of)
from nnlite.system.ranges import integer
from nnlite.training import recipes
from nnlite.training.history import Step

MOST_FOLDS = 20
LEAST = 0.1  # the score of a suspect; a category that fits less than one dealt at random is one with any score
LIKELIEST = 3  # labels that a product does not have, which are looked at


class Suspect(NamedTuple):
    """A category of a product that is probably wrong, or one that the product probably lacks.

    row: the place of the product in the records, from 0 on    kind: "wrong" or "missing"
    category: the one that is wrong or missing
    suggestion: the category that the network gives instead of a wrong one; the missing one itself
    score: the probability that it is wrong, or missing, as `suspicion` estimates it
    """

    row: int
    title: str
    kind: str
    category: str
    suggestion: str
    score: float


class Twins(NamedTuple):
    """Two categories of which one may do.

    kind: "same products" or "taken for each other"    n_first, n_second: records that have them
    n: records that have both; or that have one of them, while the other is likelier
    """

    first: str
    second: str
    kind: str
    n_first: int
    n_second: int
    n: int


class AtRandom(NamedTuple):
    """A category that titles do not tell: its records, the mean probability there, and its share of all records."""

    category: str
    n_records: int
    own: float
    base: float


class Audit(NamedTuple):
    """All that an audit finds, each list with the surest or largest first.

    words: place of a suspect -> words of its title that speak against a wrong category, or for a missing one
    share: of the categories given, how many are wrong    n_given: categories given, of those that are learnt
    """

    suspects: list[Suspect]
    words: dict[int, tuple[str, ...]]
    share: Share
    twins: list[Twins]
    at_random: list[AtRandom]
    contradictions: list[Contradiction]
    n_records: int
    n_given: int
    n_labels: int
    folds: int


def audit(records: Iterable[Record], recipe: str = "default", folds: int = 5, **overrides: Any) -> list[Suspect]:
    """The `Suspect`s among some records, most suspicious first.

    Their score is at least LEAST; but a category that is given is also a suspect, with any score, if what is known of
    it is more usual for a category that was dealt at random than for one that was given (`suspicion`).
    records: pairs of a title and its categories, such as `read_records` yields
    folds: 2 to MOST_FOLDS; each part of the records is judged by a network that is trained on the others
    recipe, overrides: as `TitleClassifier` takes them, but no checkpoints; categories of fewer products than its
        label_min_count are not judged
    TypeError or ValueError as `TitleClassifier.fit` raises, or if all titles are near-duplicates of each other.
    """
    return audited(records, recipe, folds, **overrides).suspects


def audited(records: Iterable[Record], recipe: str = "default", folds: int = 5, n_explained: int = 0,
            on_step: OnStep = None, **overrides: Any) -> Audit:
    """All that `audit` finds.

    n_explained: how many suspects of each fold and kind have words
    on_step: called after every update, with steps and epochs counted as of one training
    """
    folds, overrides = integer("audit: folds", folds), Settings(recipe, **overrides).overrides
    if not 2 <= folds <= MOST_FOLDS:
        raise ValueError(f"audit: folds: want 2 to {MOST_FOLDS}, got {folds}")
    if "checkpoints" in overrides:
        raise ValueError("audit: checkpoints: want none, because there are several trainings")
    if not isinstance(records, Iterable) or isinstance(records, (str, bytes)):
        raise TypeError(f"audit: records: want pairs of a title and its categories, got {type(records).__name__}")
    given: list[Any] = list(records)
    if not given:
        raise ValueError("audit: want records, got none")
    records = checked_records("audit", *check_columns(given))
    features, asked, others = recipes.split(recipe, overrides)
    known = Categories.choose(records, **asked)
    kept, (mapped, _) = known.kept(records), known.apply(records)
    vocabulary = Vocabulary.build(mapped, **features)
    data = vocabulary.encode(mapped)
    about_data(vocabulary, data)
    networks = _Folds(mapped, vocabulary, data, folds, others)
    networks.judge(recipe, n_explained, on_step)
    return networks.audit(records, kept)


class _Folds:
    """A network for each fold of some records, and what they say of the records that they were not trained on.

    fold (N,): of each record    n: how many there are
    words: (row, label or -1, other label) of a suspect -> words of its title
    """

    def __init__(self, records: list[Record], vocabulary: Vocabulary, data: Dataset, n_folds: int,
                 settings: dict[str, Any]):
        self.titles, self.vocabulary, self.data = [title for title, _ in records], vocabulary, data
        self.settings, self.y = settings, data.arrays()[1]
        self.seed, self.threads = settings.get("seed", 0), settings.get("threads")
        self.groups = groups_of(self.titles, self.seed)
        folds, self.fold = np.unique(folds_of(self.groups, n_folds), return_inverse=True)  # without empty ones
        self.n, self.words = folds.size, dict[tuple[int, ...], tuple[str, ...]]()
        if self.n < 2:
            raise ValueError("audit: want titles that differ in more than numbers and sizes, got "
                             f"{len(records):,} near-duplicates")
        self.row = rows_of(self.y)
        self.dealt = np.random.default_rng(self.seed).integers(data.n_labels, size=self.row.size, dtype=np.int32)
        self.associations = Associations(self.y, data.n_labels)

    def judge(self, recipe: str, n_explained: int, on_step: OnStep) -> None:
        """Train the networks, one after the other, and collect what each says of its fold."""
        parts, rows, began = [], [np.flatnonzero(self.fold == i) for i in range(self.n)], perf_counter()
        for i, own in enumerate(rows):
            train, held = self.data.take(np.flatnonzero(self.fold != i)), self.data.take(own)
            trainer = recipes.RECIPES[recipe](train, **self.settings)
            trainer.fit(train, on_step=on_step and _Course(on_step, self.n, trainer.epochs, i, began))
            here = np.flatnonzero(self.fold[self.row] == i)
            parts.append(judge(trainer.model, held, self.dealt[here], LIKELIEST, self.threads))
            if n_explained:
                for found in self.candidates(parts[-1], own, here):
                    self.explain(trainer.model, found, n_explained)
        self.judged = together(parts, rows, self.y)

    def candidates(self, judged: Judged, rows: np.ndarray, places: np.ndarray) -> tuple["_Candidates", "_Candidates"]:
        """Those that may be wrong, all that are given, and those that may be missing, the LIKELIEST that are not.

        rows, places: the rows and the entries of y that were judged
        """
        row, label, dealt = self.row[places], self.y.indices[places], self.dealt[places]
        local = np.searchsorted(rows, row)
        facts = partial(self.associations.facts, threads=self.threads)
        counts, likeliest = judged.dealt > -np.inf, judged.others[local, 0]
        given = facts(judged.given, likeliest, row, label, label)
        dealt = facts(judged.dealt[counts], np.maximum(likeliest, judged.given)[counts], row[counts], dealt[counts],
                      label[counts])
        other, column = np.nonzero(judged.others > -np.inf)
        none, ids = np.full(other.size, -1, np.int32), judged.ids[other, column]
        rivals = judged.others[other, np.where(column == 0, 1, 0)]
        others = facts(judged.others[other, column], rivals, rows[other], ids, none)
        weights = weights_of(given, dealt)
        return (_Candidates("wrong", row, label, judged.ids[local, 0],
                            Evidence(given @ weights, dealt @ weights), row[counts]),
                _Candidates("missing", rows[other], none, ids, Evidence(others @ -weights, given @ -weights), row))

    def explain(self, model: MLP, found: "_Candidates", n: int) -> None:
        """Note the words of the n surest candidates."""
        first = np.argsort(-found.evidence.of, kind="stable")[:n]
        row, label, other = found.row[first], found.label[first], found.other[first]
        words = reasons(self.vocabulary, model, [self.titles[i] for i in row], label, other, self.threads)
        self.words |= dict(zip(zip(row.tolist(), label.tolist(), other.tolist()), words))

    def audit(self, records: list[Record], kept: list[int]) -> Audit:
        """All findings; records: all of them    kept: the places among them of those that were judged"""
        labels, every = self.vocabulary.labels, np.arange(self.y.n_rows)
        both = self.candidates(self.judged, every, np.arange(self.row.size))
        shares = [share_of(one.evidence, self.groups[one.row], self.groups[one.known_row], self.seed) for one in both]
        found = list(self.suspects(*both, *(share.estimate for share in shares)))
        suspects = [Suspect(kept[row], self.titles[row], kind, labels[other if label < 0 else label], labels[other], p)
                    for kind, row, label, other, p in found]
        words = {i: self.words[row, label, other] for i, (_, row, label, other, _) in enumerate(found)
                 if (row, label, other) in self.words}
        return Audit(suspects, words, shares[0], self.twins(), self.at_random(), contradictions(records), len(records),
                     self.row.size, len(labels), self.n)

    def suspects(self, wrong: "_Candidates", missing: "_Candidates", share_wrong: float,
                 share_missing: float) -> list[tuple[str, int, int, int, float]]:
        """(kind, row, label, other, score) of each suspect, the surest first.

        A category that is suggested for a wrong one is not missing as well.
        """
        found: list[tuple[str, int, int, int, float]] = []
        n_labels = len(self.vocabulary.labels)
        replaced = np.empty(0, np.int64)
        for one, share in (wrong, share_wrong), (missing, share_missing):
            p, keys = probability(one.evidence, share), one.row * n_labels + one.other
            order = np.argsort(-one.evidence.of, kind="stable")
            listed = (p >= LEAST) | (one.evidence.of > 0) & (one.label >= 0)
            order = order[listed[order] & ~np.isin(keys[order], replaced)]
            found += zip(repeat(one.kind), *(column[order].tolist() for column in (one.row, one.label, one.other, p)))
            replaced = keys[order[p[order] >= LEAST]]
        return sorted(found, key=lambda suspect: -suspect[-1])

    def twins(self) -> list[Twins]:
        """Pairs of categories, those that are given to the same products first."""
        labels, counts = self.vocabulary.labels, np.bincount(self.y.indices, minlength=self.data.n_labels).tolist()
        together = same_products(self.data.y)
        taken = taken_for_each_other(self.y, len(labels), self.judged)
        return [Twins(labels[a], labels[b], kind, counts[a], counts[b], n)
                for kind, pairs in (("same products", together), ("taken for each other", taken)) for a, b, n in pairs]

    def at_random(self) -> list[AtRandom]:
        """The categories that titles do not tell, the most frequent first."""
        n_labels, label = self.data.n_labels, self.y.indices
        counts = np.bincount(label, minlength=n_labels)
        own = np.bincount(label, metrics.sigmoid(self.judged.given), n_labels) / counts
        found = np.flatnonzero(told_apart(self.y, self.judged) < DEVIATIONS)
        return [AtRandom(self.vocabulary.labels[i], int(counts[i]), float(own[i]), float(counts[i] / self.y.n_rows))
                for i in found[np.argsort(-counts[found], kind="stable")]]


class _Candidates(NamedTuple):
    """Categories that may be wrong or missing, an entry each; kind: which of the two.

    row (n,)    label (n,): the one that is given, -1 if it is missing    other (n,): the one that fits better
    evidence: `of` (n,) these, and `known` (m,) ones that are wrong or missing    known_row (m,): their rows
    """

    kind: str
    row: np.ndarray
    label: np.ndarray
    other: np.ndarray
    evidence: Evidence
    known_row: np.ndarray


@dataclass
class _Course:
    """The `on_step` of the trainings of all folds: counts steps, epochs and seconds as of one training."""

    on_step: Callable[[Step], Any]
    n_folds: int
    epochs: int  # of each training
    fold: int  # whose network is trained now
    began: float

    def __call__(self, step: Step) -> None:
        n = step.n_steps or 0
        self.on_step(step._replace(step=self.fold * n + step.step, n_steps=self.n_folds * n,
                                   epoch=self.fold * self.epochs + step.epoch, seconds=perf_counter() - self.began))
