"""Claim: an audit lists what is at least as sure as its limit, each finding with its figures, and reports its steps."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32
from shops import WORDS

from nnlite import Dataset, Record
from nnlite.classifier import audit as module
from nnlite.classifier.audit import LEAST, AtRandom, Twins, audited
from nnlite.scores.suspicion import Evidence, Judged

QUICK = dict(epochs=8, hidden=(8,), min_count=2, label_min_count=2, batch_rows=8, word_dropout=0.0, dropout=0.0, lr=0.3)
COLOURS = [f"{first}{last}" for first in ("red", "blue", "green", "pale", "dark") for last in "abcdefgh"]


def candidates(kind, evidence, rows, others, n_labels=4):
    """Candidates of one evidence, of which as many are known with the same: their probability is the share."""
    of = np.zeros(len(rows)) + evidence
    label = np.full(len(rows), 0 if kind == "wrong" else -1)
    return module._Candidates(kind, np.array(rows), label, np.array(others), Evidence(of, of), np.array(rows))


def listed(wrong, missing, share_wrong, share_missing):
    folds = SimpleNamespace(vocabulary=SimpleNamespace(labels=list("abcd")))
    return module._Folds.suspects(folds, wrong, missing, share_wrong, share_missing)


@pytest.mark.parametrize("evidence, share, wrong, missing", [
    (-1, LEAST, True, True), (-1, LEAST - 1e-9, False, False), (1, LEAST - 1e-9, True, False),
    (0, LEAST - 1e-9, False, False), (-1, 0.9, True, True)])
def test_suspects_have_a_score_of_a_tenth_or_are_given_and_fit_less_than_dealt_ones(evidence, share, wrong, missing):
    found = listed(candidates("wrong", evidence, [5], [1]), candidates("missing", evidence, [6], [2]), share, share)
    assert found == [("wrong", 5, 0, 1, share)] * wrong + [("missing", 6, -1, 2, share)] * missing


@pytest.mark.parametrize("share, n", [(0.5, 1), (LEAST, 1), (LEAST / 2, 2)])
def test_a_category_that_is_suggested_for_a_wrong_one_is_not_missing_too(share, n):
    """Unless its score is below the limit."""
    found = listed(candidates("wrong", 1, [5], [1]), candidates("missing", 1, [5, 4, 5], [1, 1, 2]), share, 0.3)
    rows = [(kind, row, other) for kind, row, _, other, _ in found]
    assert (("missing", 5, 1) in rows) == (n == 2)
    assert {("wrong", 5, 1), ("missing", 4, 1), ("missing", 5, 2)} <= set(rows)
    assert [suspect[-1] for suspect in found] == sorted((suspect[-1] for suspect in found), reverse=True)


def catalogue(change=lambda i, word, names: names):
    every = [(f"{colour} {word} model", word, names) for colour in COLOURS for word, names in WORDS.items()]
    order = np.random.default_rng(0).permutation(len(every))
    return [Record(every[j][0], tuple(change(i, *every[j][1:]))) for i, j in enumerate(order)]


def test_categories_that_titles_do_not_tell_are_found_with_their_frequencies():
    rng = np.random.default_rng(3)
    often, seldom = rng.random(160) < 0.5, rng.random(160) < 0.2
    found = audited(catalogue(lambda i, word, names: [*names, *["Gifts"] * int(often[i]), *["Sale"] * int(seldom[i])]),
                    folds=3, **QUICK)
    assert [one[:2] for one in found.at_random] == [("Gifts", often.sum()), ("Sale", seldom.sum())]
    for one in found.at_random:
        assert one.base == one.n_records / 160 and abs(one.own - one.base) < 0.2
    assert isinstance(found.at_random[0], AtRandom) and found.words == {} and found.folds == 3


def test_of_many_that_are_equally_sure_the_first_come_first(monkeypatch):
    n, rows, evidence = 64, np.random.default_rng(0).permutation(64), np.where(np.arange(64) % 3, 2, 1)
    order = [*rows[evidence == 2], *rows[evidence == 1]]
    both = (candidates(kind, evidence, rows, [other] * n) for kind, other in (("wrong", 1), ("missing", 2)))
    found = listed(*both, 0.3, 0.3)
    assert [(kind, row) for kind, row, *_ in found] == [(kind, row) for kind in ("wrong", "missing") for row in order]
    monkeypatch.setattr(module, "reasons", lambda vocabulary, model, titles, labels, others, threads: [
        (title,) for title in titles])
    folds = SimpleNamespace(titles=[f"title {i}" for i in range(n)], vocabulary=None, threads=1, words={})
    module._Folds.explain(folds, None, candidates("wrong", evidence, rows, [1] * n), 3)
    assert folds.words == {(row, 0, 1): (f"title {row}",) for row in order[:3]}


def test_categories_at_random_of_equal_counts_stand_in_their_order():
    n, counts = 64, np.where(np.arange(64) % 3, 2, 1)
    y = np.repeat(np.arange(n), counts)
    labels, z = sp.csr_array((np.ones(y.size, F32), y, np.arange(y.size + 1)), (y.size, n)), np.zeros(y.size, F32)
    data = Dataset(sp.csr_array((y.size, 1), dtype=F32), labels)
    folds = SimpleNamespace(vocabulary=SimpleNamespace(labels=list(range(n))), data=data, y=data.arrays()[1],
                            judged=Judged(z, z, None, None, np.zeros(n), np.ones(n)))
    assert [one.category for one in module._Folds.at_random(folds)] == [
        *np.flatnonzero(counts == 2), *np.flatnonzero(counts == 1)]


def judged_of(y, given, ids, others, z=None):
    """What the twins and the categories at random are found from: a Dataset of dense labels y and judged logits."""
    data = Dataset(sp.csr_array((len(y), 1), dtype=F32), sp.csr_array(y.astype(F32)))
    z = np.zeros(y.shape) if z is None else z
    judged = Judged(given, given, ids, others, z.sum(axis=0), (z ** 2).sum(axis=0))
    vocabulary = SimpleNamespace(labels=list("abcd"))
    return SimpleNamespace(vocabulary=vocabulary, data=data, y=data.arrays()[1], judged=judged)


def test_categories_of_the_same_products_are_twins_and_those_taken_for_each_other():
    """Labels a and b are on the same ten rows; c is taken for d in two of six, d for c in three of five."""
    y = np.zeros((21, 4))
    y[:10, :2], y[10:16, 2], y[16:, 3] = 1, 1, 1
    ids, others = np.zeros((21, 1), np.int32), np.full((21, 1), -np.inf, F32)
    ids[10:16], ids[16:] = 3, 2
    others[[10, 12, 16, 17, 20]] = 1
    assert module._Folds.twins(judged_of(y, np.zeros(31, F32), ids, others)) == [
        Twins("a", "b", "same products", 10, 10, 10), Twins("c", "d", "taken for each other", 6, 5, 5)]


def test_a_category_is_at_random_within_three_deviations_and_the_most_frequent_is_first():
    """Half of the logits of all rows are 1, half -1: the mean of n rows has a deviation of 1 / sqrt(n). Label a has 9
    of each, b 10 of 1, which is 3.16 deviations, c 9 of 1, which is 3, and d all 32.
    """
    y, z = np.zeros((64, 4)), np.tile([1.0, -1.0], (4, 32)).T
    y[:18, 0] = y[:19:2, 1] = y[:17:2, 2] = y[::2, 3] = 1
    found = module._Folds.at_random(judged_of(y, z[y > 0].astype(F32), None, None, z))
    assert [(one.category, one.n_records, one.base) for one in found] == [("a", 18, 18 / 64)]
    assert found[0].own == pytest.approx(0.5)
    y[16, 2], y[1, 2] = 0, 1  # 8 of 1 and one of -1
    found = module._Folds.at_random(judged_of(y, z[y > 0].astype(F32), None, None, z))
    assert [one.category for one in found] == ["a", "c"] and found[1].n_records == 9


def test_rows_are_those_of_all_records_also_where_some_have_no_category_left():
    given = catalogue()
    spoiled = [Record(title, ("Men", "Bags")) if i in (9, 70) else Record(title, names)
               for i, (title, names) in enumerate(given)]
    found = audited(spoiled, folds=2, n_explained=2, major=["Shoes", "Dresses"], **QUICK)
    n_kept = sum(bool({"Shoes", "Dresses"} & set(names)) for _, names in spoiled)
    assert (found.n_records, found.n_given, found.n_labels) == (160, n_kept, 2) and n_kept < 160
    for suspect in found.suspects:
        assert spoiled[suspect.row].title == suspect.title and suspect.category in ("Shoes", "Dresses")
    assert set(found.words) <= set(range(len(found.suspects)))


@pytest.mark.parametrize("n", [1, 4])
def test_so_many_suspects_of_each_fold_and_kind_have_words(n, monkeypatch):
    asked, reasons = [], module.reasons
    monkeypatch.setattr(module, "reasons", lambda vocabulary, model, titles, *rest: (
        asked.append(len(titles)), reasons(vocabulary, model, titles, *rest))[1])
    audited(catalogue(), folds=3, n_explained=n, **QUICK | dict(epochs=1))
    assert asked == [n] * 6


def test_steps_and_epochs_are_counted_as_of_one_training():
    seen = []
    audited(catalogue(), folds=3, on_step=seen.append, **QUICK | dict(epochs=2))
    n = len(seen)
    assert {step.n_steps for step in seen} == {n // 3 * 3} and [step.step for step in seen] == list(range(1, n + 1))
    assert sorted({step.epoch for step in seen}) == [1, 2, 3, 4, 5, 6]
    assert [step.epoch for step in seen] == sorted(step.epoch for step in seen)
    seconds = [step.seconds for step in seen]
    assert seconds == sorted(seconds) and 0 < seconds[0] < seconds[-1] < 60
