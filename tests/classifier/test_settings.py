"""Claim: every setting of a classifier is kept, checked, and arrives where it is used."""

import numpy as np
import pytest
from shops import SMALL, shop

import nnlite
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.training import recipes


def test_the_arguments_are_kept():
    hidden = (3, 4)
    one = TitleClassifier("deck", hidden=hidden, epochs=2)
    assert (one.recipe, one.overrides) == ("deck", {"hidden": (3, 4), "epochs": 2})
    assert one.get_params()["hidden"] is hidden
    assert one.set_params(epochs=3, lr=0.5) is one and one.overrides["epochs"] == 3
    assert repr(one) == "TitleClassifier(recipe='deck', hidden=(3, 4), epochs=3, lr=0.5)"
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        TitleClassifier(depth=3)
    with pytest.raises(TypeError, match="depth: unknown setting, want one of activation, batch_rows, "):
        one.set_params(depth=3)
    with pytest.raises(ValueError, match="want 'deck' or 'default', got 'cake'"):
        TitleClassifier("cake")
    assert (one.recipe, one.overrides) == ("deck", {"hidden": (3, 4), "epochs": 3, "lr": 0.5})


def test_a_wrong_recipe_or_setting_changes_nothing():
    one = TitleClassifier(epochs=2)
    for wrong in dict(recipe="cake", epochs=9), dict(recipe="deck", depth=3, epochs=9):
        with pytest.raises((TypeError, ValueError)):
            one.set_params(**wrong)
        assert (one.recipe, one.overrides) == ("default", {"epochs": 2})
    one.set_params(recipe="deck")
    assert (one.recipe, one.overrides) == ("deck", {"epochs": 2})


def test_every_setting_arrives():
    other = dict(
        min_count=2, label_min_count=3, ngrams=1, stem=None, first_word=False, shape=False, tfidf=False, hash_size=64,
        hidden=(5, 3), activation="sigmoid", output="sigmoid", lr=0.01, labels_lr=0.02, batch_rows=7, epochs=1,
        order="chunks", reduction="mean", dropout=0.1, word_dropout=0.3, negligible=0.01, checkpoints=None,
        checkpoint_seconds=9.0, seed=3, threads=1, precision="bfloat16", shards=2)
    elsewhere = set(recipes.SETTINGS["categories"])
    assert set(other) == {name for names in recipes.SETTINGS.values() for name in names} - elsewhere
    for recipe in recipes.RECIPES:
        one = TitleClassifier(recipe, **other).fit(*shop())
        trainer, vocabulary = one._trainer, one.vocabulary_
        got = {**vocabulary.settings, **vars(trainer.optimizer), **vars(trainer.model), **vars(trainer)}
        got["threads"] = trainer.workers.threads
        assert {name: got[name] for name in other} == other


@pytest.mark.parametrize("wrong, error", [
    (dict(epochs=0), ValueError), (dict(hidden=()), ValueError), (dict(hidden="5"), TypeError),
    (dict(lr=0), ValueError), (dict(dropout=1), ValueError), (dict(min_count=0), ValueError),
    (dict(activation="cubic"), ValueError), (dict(order="random"), ValueError), (dict(threads=0), ValueError),
])
def test_impossible_settings_are_refused_by_fit(wrong, error):
    with pytest.raises(error):
        TitleClassifier(**SMALL | wrong).fit(*shop())


def test_the_number_of_threads_reaches_all_that_is_computed(trained, tmp_path, monkeypatch):
    seen = []
    each_block = nnlite.MLP.each_block
    monkeypatch.setattr(nnlite.MLP, "each_block", lambda self, x, function, threads=None: (
        seen.append(threads), each_block(self, x, function, threads))[1])
    trained.save(tmp_path / "m")
    one = TitleClassifier.load(tmp_path / "m", threads=1)
    assert one.threads == 1 and TitleClassifier.load(tmp_path / "m").overrides == SMALL
    titles, categories = shop(8)
    for use in (lambda: one.predict(titles), lambda: one.predict_top_k(titles), lambda: one.predict_proba(titles),
                lambda: one.score(titles, categories), lambda: one.partial_fit(titles, categories)):
        seen.clear()
        use()
        assert seen and set(seen) == {1}


def test_the_number_of_threads_reaches_explanations_and_the_choice_of_the_threshold(monkeypatch):
    seen = []
    module = nnlite.classifier.title_classifier
    monkeypatch.setattr(module, "best_threshold", lambda model, x, threads=None: seen.append(threads) or 0.5)
    monkeypatch.setattr(module, "explain", lambda vocabulary, model, title, k, threads=None: seen.append(threads))
    one = TitleClassifier(**SMALL | dict(epochs=1), threads=1).fit(*shop())
    one.explain("dress")
    assert seen == [1, 1]


def test_the_same_seed_gives_the_same_bits():
    titles, categories = shop()
    proba = [TitleClassifier(**SMALL | more).fit(titles, categories).predict_proba(titles).toarray()
             for more in ({}, dict(threads=3), dict(seed=1))]
    assert np.array_equal(proba[0], proba[1]) and not np.array_equal(proba[0], proba[2])
