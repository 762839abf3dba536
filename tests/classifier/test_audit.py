"""Claim: an audit lists the categories that were replaced or removed, judged by networks that have not seen them."""

import numpy as np
import pytest
from problems import compiled
from shops import WORDS

import nnlite
from nnlite import Record
from nnlite.classifier import audit as module
from nnlite.classifier.audit import MOST_FOLDS, audited
from nnlite.data.holdout import groups_of
from nnlite.training import recipes

QUICK = dict(epochs=8, hidden=(8,), min_count=2, label_min_count=2, batch_rows=8, word_dropout=0.0, dropout=0.0, lr=0.3)
COLOURS = [f"{first}{last}" for first in ("red", "blue", "green", "pale", "dark") for last in "abcdefgh"]


def records():
    """A title of each colour and each word of the shop, in an order that tells nothing."""
    every = [Record(f"{colour} {word} model", names) for colour in COLOURS for word, names in WORDS.items()]
    return [every[i] for i in np.random.default_rng(0).permutation(len(every))]


def spoiled():
    """The records with three categories replaced and three removed; the rows of both."""
    given, wrong, missing = records(), [], []
    for i in (4, 50, 100):
        title, (department, kind) = given[i]
        given[i] = Record(title, (department, "Bags" if kind != "Bags" else "Dresses"))
        wrong.append(i)
        title, (department, _) = given[i + 9]
        given[i + 9] = Record(title, (department,))
        missing.append(i + 9)
    return given, wrong, missing


@pytest.fixture(scope="module")
def found():
    return audited(spoiled()[0], folds=3, n_explained=5, **QUICK)


def test_what_was_replaced_comes_first(found):
    given, rows, _ = spoiled()
    wrong = [suspect for suspect in found.suspects if suspect.kind == "wrong"]
    assert {suspect.row for suspect in wrong[:3]} == set(rows)
    for suspect in wrong[:3]:
        assert suspect.title == given[suspect.row].title and suspect.category in given[suspect.row].categories
        assert suspect.suggestion in records()[suspect.row].categories
        assert suspect.suggestion not in given[suspect.row].categories


def test_what_was_removed_comes_first(found):
    given, _, rows = spoiled()
    missing = [suspect for suspect in found.suspects if suspect.kind == "missing"][:3]
    assert {suspect.row for suspect in missing} == set(rows)
    for suspect in missing:
        assert suspect.category == suspect.suggestion == records()[suspect.row].categories[1]


def test_scores_fall_and_are_probabilities(found):
    scores = [suspect.score for suspect in found.suspects]
    assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1


def test_the_words_that_count_are_those_that_tell_the_category(found):
    named = [words for i, words in found.words.items() if found.suspects[i].kind == "wrong"]
    wrong = [i for i, suspect in enumerate(found.suspects) if suspect.kind == "wrong"][:3]
    assert named and all(found.words[i][0] in WORDS for i in wrong)


def test_the_interval_holds_the_share_that_was_replaced(found):
    share = found.share
    assert 0 <= share.low <= share.estimate <= share.high <= 1


def test_no_network_has_seen_what_it_judges_or_a_near_duplicate(monkeypatch):
    given = [Record(f"{title} {i % 7}", names) for i, (title, names) in enumerate(2 * records())]
    groups, trained, judged = groups_of([title for title, _ in given]), [], []
    before, judge = recipes.RECIPES["default"], module.judge

    def note(into, data):
        into.append(data.x.toarray())

    monkeypatch.setitem(recipes.RECIPES, "default", lambda data, **rest: note(trained, data) or before(data, **rest))
    monkeypatch.setattr(module, "judge", lambda model, data, *rest: note(judged, data) or judge(model, data, *rest))
    audited(given, folds=3, **QUICK | dict(epochs=1, tfidf=False))
    assert len(trained) == len(judged) == 3 and sum(map(len, judged)) == len(given)
    for seen, own in zip(trained, judged):
        assert len(seen) + len(own) == len(given)
        words = {tuple(np.flatnonzero(row)) for row in seen}  # of titles without numbers: those are in one title each
        assert not words & {tuple(np.flatnonzero(row)) for row in own}
    assert np.unique(groups).size == len(records())


def test_the_same_seed_gives_the_same_audit_on_any_number_of_threads():
    one, two = (audited(spoiled()[0], folds=2, threads=threads, **QUICK | dict(epochs=2)) for threads in (1, 3))
    assert one == two


def test_only_the_suspects_are_public():
    assert nnlite.audit(spoiled()[0], folds=2, **QUICK | dict(epochs=2)) == audited(
        spoiled()[0], folds=2, **QUICK | dict(epochs=2)).suspects


@pytest.mark.parametrize("change, error, message", [
    (dict(folds=1), ValueError, "folds: want 2 to"), (dict(folds=MOST_FOLDS + 1), ValueError, "folds: want 2 to"),
    (dict(folds=2.5), TypeError, "folds"), (dict(checkpoints="x"), ValueError, "checkpoints: want none"),
    (dict(recipe="no"), ValueError, "recipe"), (dict(epoch=1), TypeError, "epoch")])
def test_arguments_are_checked(change, error, message):
    with pytest.raises(error, match=message):
        nnlite.audit(records(), **change)


@pytest.mark.parametrize("given, message", [
    ([], "want records, got none"), ([Record("pan 1", ("x",)), Record("pan 2", ("y",))] * 20, "differ in more than")])
def test_what_cannot_be_audited_is_said(given, message):
    with pytest.raises(ValueError, match=message):
        nnlite.audit(given, **QUICK)


@compiled
def test_the_share_of_wrong_categories_of_a_known_catalogue_is_in_the_interval(monkeypatch):
    """Of the made-up catalogue without misfiled products: 6 % of the levels of its paths are replaced."""
    monkeypatch.setattr("nnlite.data.catalogue.MISFILED", 0)
    given = [Record(title, names[:3]) for title, names in nnlite.make_catalogue(3_000)]
    rng, known, n = np.random.default_rng(1), sorted({name for one in given for name in one.categories}), 0
    for i in rng.permutation(len(given))[:540]:
        names = list(given[i].categories)
        names[rng.integers(len(names))] = next(name for name in rng.permutation(known) if name not in names)
        given[i] = Record(given[i].title, tuple(map(str, names)))
        n += 1
    found = audited(given, folds=2, epochs=3)
    assert found.share.low <= n / found.n_given <= found.share.high
    assert found.share.high - found.share.low < 0.03


@pytest.mark.parametrize("records", [None, 3, "red shoe", b"x"])
def test_records_are_pairs(records):
    with pytest.raises(TypeError, match="records: want pairs of a title and its categories, got"):
        audited(records)
