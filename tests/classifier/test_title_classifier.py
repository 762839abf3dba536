"""Claim: titles go in and category names come out, for every kind of title as documented; what is saved is loaded."""

import gc
import json
import pickle
import re
import sys
from contextlib import nullcontext
from copy import deepcopy
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import change_json, compiled
from shops import SMALL, shop, shop_file

import nnlite
from nnlite.categories.mapping import Mapping
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.chunks import ChunkFolder
from nnlite.scores.explanation import left_out
from nnlite.system import open_folder
from nnlite.training import recipes

FORMAT_1 = Path(__file__).with_name("model_format_1")


@pytest.fixture(scope="module")
def trained():
    return TitleClassifier(**SMALL).fit(*shop())


# ---- predictions

def test_names_come_out_likeliest_first(trained):
    found = trained.predict(["Blue DRESS 1", "red shoe 1"])
    assert [set(names) for names in found] == [{"Women", "Dresses"}, {"Men", "Shoes"}]
    for pairs in trained.predict_above(["blue dress", "shoe 3"]):
        p = [probability for _, probability in pairs]
        assert p == sorted(p, reverse=True) and min(p) > trained.threshold_
    assert trained.score(*shop()) == 1


def test_top_k_and_probabilities_agree(trained):
    titles = shop()[0][:7]
    top, matrix = trained.predict_top_k(titles, k=3), trained.predict_proba(titles, k=3)
    assert matrix.shape == (7, 5) and matrix.nnz == 21 and matrix.has_canonical_format
    for i, pairs in enumerate(top):
        assert {name: p for name, p in pairs} == {trained.classes_[j]: matrix[i, j] for j in matrix[[i]].indices}
    assert [len(pairs) for pairs in trained.predict_top_k(titles, k=99)] == [5] * 7  # there are no more
    assert trained.predict_proba(titles).nnz == 35


def test_the_likeliest_is_named_where_none_is_above_the_threshold(trained):
    trained = deepcopy(trained)
    trained.threshold_ = 1.0
    titles = ["blue dress", "shoe"]
    assert trained.predict(titles) == [(pairs[0][0],) for pairs in trained.predict_top_k(titles, 1)]
    assert trained.predict(titles, threshold=1.0) == [(), ()]
    assert all(len(names) == 5 for names in trained.predict(titles, threshold=0.0))


def test_equal_probabilities_stand_in_the_order_of_the_classes(trained):
    one = deepcopy(trained)
    for p in one.model_.params.values():
        p[:] = 0
    assert one.predict(["dress"], threshold=0.0) == [tuple(one.classes_)]
    assert [name for name, _ in one.predict_top_k(["dress"], 3)[0]] == one.classes_[:3]


@pytest.mark.parametrize("title", ["", "   ", "?!", "zzz yyy", "👗👠", "\u0301", "\ud800", "\0"])
def test_a_title_without_a_known_word_gets_no_category(trained, title):
    assert trained.predict([title, "dress"], threshold=None)[0] == ()
    assert trained.predict([title], threshold=0.0) == [()]
    assert len(trained.predict_top_k([title])[0]) == 5  # the frequencies
    assert all(e.effects == () or {effect.logit for effect in e.effects} == {0.0} for e in trained.explain(title))


def test_a_category_as_likely_as_the_threshold_is_not_named(trained):
    one = deepcopy(trained)
    for p in one.model_.params.values():
        p[:] = 0
    assert one.predict(["dress"], threshold=0.5) == [()] and one.predict_above(["dress"], 0.5) == [[]]
    one.threshold_ = 0.5
    assert one.predict_above(["dress", "zzz", "shoe"]) == [[("Men", 0.5)], [], [("Men", 0.5)]]


def test_the_likeliest_is_named_for_those_titles_alone_that_need_it(trained):
    """Of four titles the first and the last have a category above the threshold, and the third has no known word."""
    one = deepcopy(trained)
    titles = ["blue dress 1", "blue", "zzz", "red shoe 1"]
    one.threshold_ = one.predict_top_k(titles, 1)[1][0][1]
    first, second, third, last = one.predict_above(titles)
    assert len(first) >= 1 and len(last) >= 1 and min(p for _, p in first + last) > one.threshold_
    assert [second, third] == [one.predict_top_k(["blue"], 1)[0], []]


def test_five_or_ten_categories_are_the_default():
    names = [f"category {i}" for i in range(12)]
    one = TitleClassifier(epochs=1, hidden=(2,), label_min_count=1).fit(["blue dress"] * 12, [[name] for name in names])
    assert len(one.predict_top_k(["dress"])[0]) == len(one.explain("dress")) == 5
    assert one.predict_proba(["dress"]).nnz == 10
    for k in 11, 12, 13:
        assert len(one.predict_top_k(["dress"], k)[0]) == one.predict_proba(["dress"], k).nnz == min(k, 12)
        assert len(one.explain("dress", k)) == min(k, 12)
    for use in one.predict_top_k, one.predict_proba:
        with pytest.raises(ValueError, match="want 1 to 12 labels, got k = 0"):
            use(["dress"], 0)


def test_titles_of_any_script(trained):
    assert {"Men", "Shoes"} == set(trained.predict(["鞋子"])[0])
    assert {"Women", "Bags"} == set(trained.predict(["حقيبة"])[0])
    assert trained.predict(["dress"]) == trained.predict(["👗DRESS👠"]) == trained.predict(["&amp;dress&#33; <b>"])
    assert trained.predict(["红鞋子"]) == [()]  # no spaces, so another word
    assert trained.predict(["dre\u0301ss"]) == [()]  # a combining mark stands between two words


def test_no_titles(trained):
    assert trained.predict([]) == trained.predict_above([], 0.5) == trained.predict_top_k([]) == []
    assert trained.predict_proba([]).shape == (0, 5)


def test_titles_whose_categories_are_all_unknown_do_not_count_in_the_score(trained):
    titles, categories = ["dress", "dress", "shoe", "shoe"], [["Women"], ["Coats"], ["Bags"], []]
    assert trained.score(titles, categories) == 0.5
    assert trained.score(titles[1:2], categories[1:2]) == trained.score([], []) == 0


@pytest.mark.parametrize("titles, words", [
    ("dress", "list of str, got one str"), (b"dress", "got one bytes"), ([b"a"], r"titles\[0\]"),
    (["a", 1], r"titles\[1\]: want a str, got int"), ([["a"]], "got list"), ([1.5], "got float"),
])
def test_titles_that_are_none(trained, titles, words):
    for method in trained.predict, trained.predict_above, trained.predict_top_k, trained.predict_proba:
        with pytest.raises(TypeError, match=words):
            method(titles)
    with pytest.raises(TypeError, match=words):
        TitleClassifier().fit(titles, [("a",)] * len(titles))


def test_arrays_of_titles_do(trained):
    assert trained.predict(np.array(["dress", "shoe"])) == trained.predict(("dress", "shoe"))
    assert trained.predict(np.array(["dress", "shoe"], object)) == trained.predict(iter(["dress", "shoe"]))


@pytest.mark.parametrize("categories, error, words", [
    ([("a",), "b"], TypeError, r"categories\[1\]: want a collection of str, such as a tuple, got str"),
    ("ab", TypeError, "got one str"), ([("a",)], ValueError, "as many categories as titles, 2, got 1"),
    ([("a",), (1,)], TypeError, r"categories\[1\]: .* got one of int"), ([("a",), None], TypeError, "got NoneType"),
])
def test_categories_that_are_none(categories, error, words):
    with pytest.raises(error, match=words):
        TitleClassifier().fit(["x", "y"], categories)


def test_any_collection_of_categories_does(trained):
    titles, categories = shop()
    for kind in list, iter, dict.fromkeys, lambda names: list(names) * 2:
        other = TitleClassifier(**SMALL).fit(titles, [kind(names) for names in categories])
        assert other.predict_top_k(titles) == trained.predict_top_k(titles)


def test_too_little_to_learn_from():
    for titles, categories in ([], []), (["a"], [("b",)]), (["a"] * 99, [()] * 99), ([""] * 99, [("b",)] * 99):
        with pytest.raises(ValueError, match="Vocabulary: want a"):
            TitleClassifier().fit(titles, categories)


def test_before_it_is_trained(tmp_path):
    for act in (lambda c: c.predict(["a"]), lambda c: c.explain("a"), lambda c: c.score(["a"], [["b"]]),
                lambda c: c.save(tmp_path / "m"), lambda c: c.predict_proba(["a"])):
        with pytest.raises(ValueError, match="call fit or load first"):
            act(TitleClassifier())
    assert not list(tmp_path.iterdir())


# ---- settings

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
        checkpoint_seconds=9.0, seed=3, threads=1)
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
    (dict(lr=0), ValueError),
    (dict(dropout=1), ValueError), (dict(min_count=0), ValueError), (dict(activation="cubic"), ValueError),
    (dict(order="random"), ValueError), (dict(threads=0), ValueError),
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


# ---- learning in parts

def test_partial_fit_keeps_words_and_categories_and_goes_on():
    titles, categories = shop()
    one = TitleClassifier(**SMALL).partial_fit(titles[:20], categories[:20])
    assert one.predict_top_k(titles) == TitleClassifier(**SMALL).fit(titles[:20], categories[:20]).predict_top_k(titles)
    words, labels, state = one.vocabulary_.words, one.classes_, one._trainer.optimizer.state["labels.b/s"].copy()
    new = ["purple coat"] * 20
    one.partial_fit(titles[20:] + new, categories[20:] + [("Coats",)] * 20)
    assert (one.vocabulary_.words, one.classes_) == (words, labels)
    assert (one._trainer.optimizer.state["labels.b/s"] >= state).all() and one.training_["records"] == 60
    assert one.predict(["purple coat"]) == [()]
    assert one.score(titles, categories) == 1


def test_on_step_reaches_every_way_of_learning(tmp_path):
    path, quick = shop_file(tmp_path), SMALL | dict(epochs=1)
    one, seen = TitleClassifier(**quick), []
    for learn in (lambda: one.partial_fit(*shop(), on_step=seen.append),
                  lambda: one.partial_fit(*shop(8), on_step=seen.append),
                  lambda: one.fit_files([path], tmp_path / "c", on_step=seen.append)):
        seen.clear()
        learn()
        assert len(seen) == one.training_["steps"] == one.training_["n_steps"] > 0


def test_the_recipe_that_was_asked_for_learns_more_after_loading(tmp_path):
    one = TitleClassifier("deck", **SMALL | dict(epochs=1), seed=3, threads=1).fit(*shop())
    one.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m", threads=1).partial_fit(*shop(8))
    trainer = other._trainer
    assert type(trainer.optimizer) is nnlite.SGD
    assert (trainer.seed, trainer.workers.threads, trainer.epochs) == (3, 1, 1)
    assert trainer.model is other.model_


def test_more_titles_take_the_steps_of_an_optimiser_that_has_seen_the_first():
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit(*shop())
    trainer = one._trainer
    one.partial_fit(*shop(8))
    assert one._trainer is trainer and trainer.optimizer.t == 5 + 1


def test_partial_fit_after_loading(tmp_path, trained):
    trained.save(tmp_path / "m")
    one = TitleClassifier.load(tmp_path / "m")
    before = one.predict_top_k(["shoe"])
    one.partial_fit(["blue shoe 2"] * 30, [["Bags"]] * 30)
    assert dict(one.predict_top_k(["shoe"])[0])["Bags"] > dict(before[0])["Bags"]
    assert TitleClassifier.load(tmp_path / "m").predict_top_k(["shoe"]) == before


def test_partial_fit_after_a_fit_with_checkpoints_learns(tmp_path):
    """Checkpoints are those of the first titles: the training of others neither resumes from them nor adds any."""
    one = TitleClassifier(**SMALL | dict(epochs=3), checkpoints=tmp_path, checkpoint_seconds=0.0).fit(*shop())
    before, kept = one.model_.params["labels.W"].copy(), sorted(tmp_path.iterdir())
    one.partial_fit(*shop(30))
    assert not np.array_equal(one.model_.params["labels.W"], before)
    assert sorted(tmp_path.iterdir()) == kept != []


def test_partial_fit_after_loading_begins_with_what_was_learnt(tmp_path, trained):
    trained.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m")
    other.set_params(epochs=1)
    other.partial_fit(*shop(8))
    assert other.training_["curve"][-1][1] < 0.5 * other.training_["first_loss"]
    assert other.score(*shop()) > 0.9


@pytest.mark.parametrize("made", [dict(activation="sigmoid"), dict(major=3), dict(hidden=(5, 4))])
def test_partial_fit_after_loading_keeps_the_network(made, tmp_path):
    """Its widths, activation and output are those of the model, whatever the recipe would choose."""
    one = TitleClassifier(**SMALL | dict(epochs=2) | made).fit(*shop())
    one.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m")
    other.set_params(hidden=None, activation=None)
    other.partial_fit(*shop())
    for name in "hidden", "activation", "output", "n_words", "n_labels":
        assert getattr(other.model_, name) == getattr(one.model_, name)


def test_settings_changed_after_loading_change_no_network_that_is_trained_on(tmp_path, trained):
    trained.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m").set_params(hidden=(5, 4), activation="sigmoid", epochs=1)
    other.partial_fit(*shop(8))
    assert (other.model_.hidden, other.model_.activation) == ((8,), "relu")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_training_that_goes_astray_leaves_no_threshold(method):
    one = TitleClassifier(**SMALL | dict(epochs=3)).fit(*shop())
    one.set_params(lr=1e30, labels_lr=1e30)
    one._trainer.optimizer.lr = one._trainer.optimizer.labels_lr = 1e30
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        getattr(one, method)(*shop())
    with pytest.raises(ValueError, match="want a trained one"):
        one.predict(["blue dress"])


def test_interrupted_before_the_first_step_there_is_no_model(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    one = TitleClassifier(**SMALL)
    monkeypatch.setattr("nnlite.network.mlp.MLP.step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        one.fit(*shop())
    assert not hasattr(one, "threshold_")


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_first_and_the_last_loss_are_those_of_the_steps(interrupted):
    losses = []

    def look(step):
        losses.append(step.loss)
        if interrupted and step.step == 3:
            raise KeyboardInterrupt

    one = TitleClassifier(**SMALL | dict(epochs=2))
    with pytest.raises(KeyboardInterrupt) if interrupted else nullcontext():
        one.fit(*shop(), on_step=look)
    assert (one.training_["first_loss"], one.training_["last_loss"]) == (losses[0], losses[-1])
    assert one.training_["steps"] == len(losses) == (3 if interrupted else 10)


def test_an_interrupted_fit_can_be_used_and_saved(tmp_path):
    def interrupt(step):
        if step.step == 3:
            raise KeyboardInterrupt

    one = TitleClassifier(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        one.fit(*shop(), on_step=interrupt)
    one.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m")
    assert other.training_["steps"] == 3 and other.training_["n_steps"] == 300
    assert other.predict(["blue dress"]) == one.predict(["blue dress"]) != [()]


def test_validation_titles_are_scored_and_choose_the_threshold():
    titles, categories = shop()
    one = TitleClassifier(**SMALL | dict(epochs=3)).fit(titles, categories, validation=(["zzz"] * 3, [["Men"]] * 3))
    assert len(one.training_["validation"]) == 3 and one.training_["validation"][0]["rows"] == 3
    assert one.threshold_ != TitleClassifier(**SMALL | dict(epochs=3)).fit(titles, categories).threshold_


@pytest.fixture
def judged(monkeypatch):
    """The features of the titles by which thresholds are chosen, three at most, by the choice."""
    seen = []
    monkeypatch.setattr("nnlite.classifier.title_classifier.THRESHOLD_ROWS", 3)
    monkeypatch.setattr("nnlite.classifier.title_classifier.best_threshold",
                        lambda model, x, **_: seen.append(x.toarray()) or 0.5)
    return seen


def test_titles_from_the_first_to_the_last_choose_the_threshold(judged):
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit(*shop())
    x = one.vocabulary_.encode_titles(shop()[0]).toarray()
    np.testing.assert_array_equal(judged[0], x[[0, 19, 39]])


@pytest.mark.parametrize("from_files", [False, True])
def test_validation_titles_choose_the_threshold_where_there_are_any(from_files, judged, tmp_path):
    validation = ["shoe", "red dress"], [["Men"], ["Women"]]
    one = TitleClassifier(**SMALL | dict(epochs=1))
    if from_files:
        one.fit_files([shop_file(tmp_path)], tmp_path / "chunks", validation)
    else:
        one.fit(*shop(), validation)
    np.testing.assert_array_equal(judged[0], one.vocabulary_.encode_titles(validation[0]).toarray())
    assert [scores["rows"] for scores in one.training_["validation"]] == [2]


# ---- explanations

@pytest.mark.parametrize("features", [
    dict(), dict(tfidf=True), dict(ngrams=2, stem=3, tfidf=True), dict(ngrams=3, hash_size=50, tfidf=True),
    dict(ngrams=2, stem=1, hash_size=7), dict(ngrams=2, first_word=True, hash_size=50), dict(first_word=True),
    dict(shape=True), dict(ngrams=2, shape=True, tfidf=True), dict(shape=True, hash_size=50),
])
def test_a_word_that_is_left_out_is_out(features):
    """Where no pairs are made, a title without a word is that title; else a word that nobody knows stands for it."""
    titles, categories = shop()
    vocabulary = nnlite.Vocabulary.build(map(nnlite.Record, titles, categories), min_count=2, **features)
    for title in [*titles[:9], "blue blue dress blue", "dress", "unknown DRESS", "", "!", "blue " * 40,
                  "Blue (dress), 1!"]:
        words, x = left_out(vocabulary, title)
        assert x.shape == (1 + len(words), vocabulary.n_words)
        assert words == list(dict.fromkeys(re.findall(r"\w+", title.lower())))
        assert np.array_equal(x[[0]].toarray(), vocabulary.encode_titles([title]).toarray())
        if vocabulary.hash_size:
            continue
        for i, word in enumerate(words, start=1):
            without = re.sub(rf"\b{word}\b", "q9q9" if vocabulary.rules.ngrams > 1 else "⁰", title.lower())
            assert np.array_equal(x[[i]].toarray(), vocabulary.encode_titles([without]).toarray()), (title, word)


def test_effects_are_differences(trained):
    title = "blue dress 1"
    (first, second), words = trained.explain(title, 2), ["blue", "dress", "1"]
    assert [(first.category, pytest.approx(first.probability)), (second.category, pytest.approx(second.probability))] \
        == trained.predict_top_k([title], 2)[0]
    assert [effect.word for effect in first.effects] == words
    _, x = left_out(trained.vocabulary_, title)
    z = trained.model_.logits(x)
    j = trained.classes_.index(first.category)
    np.testing.assert_allclose([e.logit for e in first.effects], z[0, j] - z[1:, j], atol=1e-5)
    p = 1 / (1 + np.exp(-z.astype(float)))
    np.testing.assert_allclose([e.probability for e in first.effects], p[0, j] - p[1:, j], atol=1e-6)
    assert max(first.effects, key=lambda effect: effect.logit).word == "dress"


def test_a_title_is_cleaned_before_it_is_explained(trained):
    assert trained.explain("<b class=shoe>blue</b> dress") == trained.explain("blue dress")


def test_titles_that_cannot_be_explained(trained):
    with pytest.raises(TypeError, match="want one title"):
        trained.explain(["dress"])
    with pytest.raises(ValueError, match="at most 1,000 words"):
        trained.explain("a " * 1001)
    assert len(trained.explain("a " * 1000)[0].effects) == 1


# ---- as a folder

@pytest.mark.parametrize("map_bytes", [0, open_folder.MAP_BYTES])
def test_what_is_saved_is_what_loads(tmp_path, trained, monkeypatch, map_bytes):
    monkeypatch.setattr(open_folder, "MAP_BYTES", map_bytes)
    titles, _ = shop()
    of_the_machine = dict(checkpoints=tmp_path / "c", checkpoint_seconds=9.0, threads=2)
    one = deepcopy(trained).set_params(seed=np.int64(7), **of_the_machine)
    one.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m")
    for method in "predict", "predict_above", "predict_top_k", "explain":
        title = titles[0] if method == "explain" else titles
        assert getattr(other, method)(title) == getattr(trained, method)(title)
    assert other.overrides == {**SMALL, "seed": 7}
    for name in "threshold_", "training_", "classes_":
        assert getattr(other, name) == getattr(trained, name)
    assert all(p.flags.writeable for p in other.model_.params.values())
    assert sorted({path.suffix for path in (tmp_path / "m").iterdir()}) == [".json", ".npy", ".txt"]
    other.save(tmp_path / "m")  # over the very files that it has mapped
    assert TitleClassifier.load(tmp_path / "m", threads=1).predict(titles) == trained.predict(titles)


@pytest.mark.parametrize("recipe", list(recipes.RECIPES))
def test_names_with_anything_in_them(tmp_path, recipe):
    names = ["two\nlines", "tab\t", "\\", "", " ", "衣服", "\ud800", "a" * 9999]
    titles = [f"word{i} x" for i in range(len(names)) for _ in range(10)]
    one = TitleClassifier(recipe, epochs=1, hidden=(4,)).fit(titles, [[name] for name in names for _ in range(10)])
    one.save(tmp_path / "m")
    assert TitleClassifier.load(tmp_path / "m").classes_ == one.classes_ and set(one.classes_) == set(names)


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["relu", "deck"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=4)


@given(st.data())
@settings(max_examples=150)
def test_hostile_headers_are_refused_or_harmless(tmp_path_factory, trained, data):
    folder = tmp_path_factory.mktemp("hostile") / "m"
    trained.save(folder)
    header = json.loads((folder / "model.json").read_text())
    part = data.draw(st.sampled_from([header, header["vocabulary"], header["overrides"]]))
    name = data.draw(st.sampled_from(sorted(set(part) - {"files"})))
    if data.draw(st.booleans()):
        part[name] = data.draw(HOSTILE)
    else:
        del part[name]
    (folder / "model.json").write_text(json.dumps(header))
    try:
        assert len(TitleClassifier.load(folder).predict_top_k(["blue dress"])[0]) == 5
    except ValueError as error:
        assert str(folder) in str(error) or "training" not in str(error)


def test_parts_of_two_models_do_not_make_one(tmp_path, trained):
    trained.save(tmp_path / "a")
    other = TitleClassifier(**SMALL | dict(min_count=1)).fit(["one word"] * 9 + ["two words"] * 9, [["A"], ["B"]] * 9)
    other.save(tmp_path / "b")
    for name in "words.txt", "labels.txt", "features.W.npy", "labels.b.npy":
        trained.save(tmp_path / "a")
        (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
        with pytest.raises(ValueError, match="damaged"):
            TitleClassifier.load(tmp_path / "a")
        header, sums = (json.loads((tmp_path / x / "model.json").read_text()) for x in "ab")
        header["files"][name] = sums["files"][name]
        (tmp_path / "a" / "model.json").write_text(json.dumps(header))
        with pytest.raises(ValueError, match="not a whole model"):
            TitleClassifier.load(tmp_path / "a")


@pytest.mark.parametrize("threshold", [1.5, -0.1, "0.5x", None])
def test_a_model_with_an_impossible_threshold_is_refused(threshold, tmp_path, trained):
    trained.save(tmp_path / "m")
    change_json(tmp_path / "m" / "model.json", threshold=threshold)
    with pytest.raises(ValueError, match="not a whole model: .*threshold: want a number from 0 to 1"):
        TitleClassifier.load(tmp_path / "m")


@pytest.mark.parametrize("more_words, more_labels", [(0, 1), (1, 0), (0, -1)])
def test_a_network_for_another_number_of_words_or_labels_is_refused(more_words, more_labels, tmp_path, trained):
    one = deepcopy(trained)
    model = one.model_
    one.model_ = nnlite.MLP(model.n_words + more_words, model.n_labels + more_labels, model.hidden, model.activation)
    one.save(tmp_path / "m")
    with pytest.raises(ValueError, match=f"want a network for {model.n_words} words and {model.n_labels} labels, got"):
        TitleClassifier.load(tmp_path / "m")


@pytest.mark.parametrize("enabled", [True, False])
def test_loading_leaves_the_search_for_garbage_as_it_was(enabled, tmp_path, trained, monkeypatch):
    trained.save(tmp_path / "shop")
    while_loading, use = [], nnlite.classifier.model_folder._stored
    monkeypatch.setattr(nnlite.classifier.model_folder, "_stored",
                        lambda *given: (while_loading.append(gc.isenabled()), use(*given))[1])
    try:
        (gc.enable if enabled else gc.disable)()
        TitleClassifier.load(tmp_path / "shop")
        assert gc.isenabled() is enabled
        (tmp_path / "shop" / "words.txt").write_text("")
        with pytest.raises(ValueError, match="damaged"):
            TitleClassifier.load(tmp_path / "shop")
        assert gc.isenabled() is enabled and while_loading == [False]
    finally:
        gc.enable()


def test_a_model_of_format_1_loads():
    """It was made by `TitleClassifier(**SMALL | dict(ngrams=1, stem=2)).fit(*shop())` of version 0.1.0."""
    one = TitleClassifier.load(FORMAT_1)
    assert one.classes_ == ["Men", "Shoes", "Women", "Bags", "Dresses"] and one.vocabulary_.rules.stem == 2
    assert set(one.predict(["Blue DRESS"])[0]) == {"Women", "Dresses"}
    (name, p), *_ = one.predict_top_k(["green 鞋子 1"])[0]
    assert name == "Men" and p == pytest.approx(0.944804, abs=1e-5)
    assert one.vocabulary_.rules.version == 1
    assert one.predict_top_k(["\ufeff blue dre\u0301ss"]) == one.predict_top_k(["blue dre ss"])  # as it was trained


# ---- files larger than memory

def test_training_from_files_through_a_folder(tmp_path):
    path = shop_file(tmp_path)
    one = TitleClassifier(**SMALL).fit_files([path], tmp_path / "chunks")
    assert one.score(*shop()) == 1 and one.training_["records"] == 40
    again = TitleClassifier(**SMALL, mapping=Mapping({"Men": ""})).fit_files([path], tmp_path / "mapped", shop())
    assert "Men" not in again.classes_ and again.score(*shop()) == 1
    major = TitleClassifier(**SMALL, major=["Shoes", "Bags", "Dresses"]).fit_files([path], tmp_path / "major")
    assert len(major.classes_) == 3 and major.score(*shop()) == 1
    with pytest.raises(ValueError, match="fit_files: major: want names"):
        TitleClassifier(**SMALL, major=2).fit_files([path], tmp_path / "others")
    with pytest.raises(ValueError, match="holds chunks of another job"):
        TitleClassifier(**SMALL | dict(min_count=1)).fit_files([path], tmp_path / "chunks")


def test_words_of_files_are_counted_within_a_bound(tmp_path, monkeypatch):
    seen, build = [], nnlite.Vocabulary.build.__func__

    def noted(cls, *args, **named):
        seen.append(named.get("max_counts"))
        return build(cls, *args, **named)

    monkeypatch.setattr(nnlite.Vocabulary, "build", classmethod(noted))
    TitleClassifier(**SMALL | dict(epochs=1)).fit_files([shop_file(tmp_path)], tmp_path / "chunks")
    assert seen == [5_000_000]


def test_a_training_from_files_is_validated_and_has_no_news_of_categories(tmp_path):
    one = TitleClassifier(**SMALL | dict(epochs=2)).fit_files([shop_file(tmp_path)], tmp_path / "c", shop(6))
    assert [scores["rows"] for scores in one.training_["validation"]] == [6, 6]
    assert one.training_["categories"] == []


def test_the_first_chunk_chooses_the_threshold_of_a_training_from_files(judged, tmp_path, monkeypatch):
    module = nnlite.classifier.title_classifier
    monkeypatch.setattr(module, "write_chunks", partial(module.write_chunks, chunk_rows=16))
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit_files([shop_file(tmp_path)], tmp_path / "c")
    first, *_ = ChunkFolder(tmp_path / "c")
    assert len(first) == 13 and one.training_["records"] == 40
    np.testing.assert_array_equal(judged[0], first.x.toarray()[[0, 6, 12]])


def test_no_validation_titles_are_no_validation(judged):
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit(*shop(), validation=([], []))
    assert one.training_["validation"] == [] and len(judged[0]) == 3


def test_records_are_encoded_from_any_iterable_and_only_with_a_vocabulary(trained):
    records = list(map(nnlite.Record, *shop(4)))
    data = trained.encode(iter(records))
    assert len(data) == 4 and np.array_equal(data.x.toarray(), trained.encode(records).x.toarray())
    with pytest.raises(ValueError, match="want one with a vocabulary, got one without: call fit or load first"):
        TitleClassifier().encode(records)


def test_titles_of_weight_0_teach_nothing(trained):
    titles, categories = shop()
    wrong = [names for names in categories[1:] + categories[:1]]
    both = TitleClassifier(**SMALL).fit(2 * titles, categories + wrong, sample_weight=[1] * 40 + [0] * 40)
    assert both.score(titles, categories) == 1
    with pytest.raises(ValueError, match="fit: sample_weight: want 40 finite numbers of at least 0, got an arr"):
        TitleClassifier(**SMALL).fit(titles, categories, sample_weight=[1] * 39)


# ---- what becomes of raw categories

@pytest.mark.parametrize("form", ["mapping", "file"])
def test_mapped_categories_are_learnt_scored_and_saved(form, tmp_path):
    mapping = Mapping({"Men": "", "Women": "Ladies"})
    mapping.write(tmp_path / "mapping.tsv")
    one = TitleClassifier(**SMALL, mapping=mapping if form == "mapping" else tmp_path / "mapping.tsv").fit(*shop())
    assert set(one.classes_) == {"Ladies", "Dresses", "Shoes", "Bags"} and one.score(*shop()) == 1
    assert set(one.predict(["blue dress"])[0]) == {"Ladies", "Dresses"}
    one.save(tmp_path / "model")
    other = TitleClassifier.load(tmp_path / "model")
    assert other.categories_.mapping == mapping and other.predict(shop()[0]) == one.predict(shop()[0])
    assert other.score(*shop()) == 1 and "merged into others" in other.training_["categories"][0]


def test_weights_stay_with_their_titles(monkeypatch):
    titles, categories = shop()
    seen = []
    fit = nnlite.Trainer.fit
    monkeypatch.setattr(nnlite.Trainer, "fit", lambda self, data, *rest, **more: (
        seen.append(data.weights), fit(self, data, *rest, **more))[1])
    for change in dict(mapping=Mapping({"Men": "", "Shoes": ""})), dict(major=["Dresses", "Bags"]):
        TitleClassifier(**SMALL, **change).fit(titles, categories, sample_weight=np.arange(40))
    want = [i for i, names in enumerate(categories) if "Men" not in names]
    assert len(seen) == 2 and all(weights.tolist() == want for weights in seen) and len(want) < 40


@pytest.mark.parametrize("major", [3, ["Dresses", "Shoes", "Bags"]])
def test_major_categories_exclude_each_other(major, tmp_path):
    one = TitleClassifier(**SMALL, major=major).fit(*shop())
    assert one.model_.output == "softmax" and len(one.classes_) == 3 and one.score(*shop()) == 1
    np.testing.assert_allclose(one.predict_proba(shop()[0], k=3).sum(axis=1), 1, rtol=1e-5)
    one.save(tmp_path / "model")
    other = TitleClassifier.load(tmp_path / "model", threads=1)
    assert other.predict_top_k(shop()[0]) == one.predict_top_k(shop()[0]) and other.score(*shop()) == 1
    best, *_ = other.explain("blue dress 1")
    effect = {word: e for word, e, _ in best.effects}
    assert best.category == one.predict(["blue dress 1"])[0][0] and max(effect, key=effect.get) == "dress"
    plain = TitleClassifier(**SMALL | dict(ngrams=1, stem=None, first_word=False), major=major).fit(*shop())
    best, *_ = plain.explain("blue dress 1")
    without = dict(plain.predict_top_k(["blue 1"])[0])[best.category]
    assert {e.word: e.probability for e in best.effects}["dress"] == pytest.approx(best.probability - without, abs=1e-5)


# ---- scikit-learn's conventions

def test_copies_in_memory(trained):
    for copy in deepcopy(trained), pickle.loads(pickle.dumps(trained)):
        assert copy.predict_top_k(["blue dress"]) == trained.predict_top_k(["blue dress"])
        copy.partial_fit(*shop())
        steps = [step for step, _ in copy.training_["curve"]]
        assert steps == sorted(steps) and steps[-1] == 2 * trained.training_["steps"]


def test_tags_for_scikit_learn(monkeypatch):
    """Titles are one column of texts, each with several categories; the module stands in for that of scikit-learn."""
    utils = SimpleNamespace(**{name: lambda **given: given for name in ("Tags", "TargetTags", "InputTags")})
    monkeypatch.setitem(sys.modules, "sklearn.utils", utils)
    assert TitleClassifier().__sklearn_tags__() == dict(
        estimator_type=None, target_tags=dict(required=True, multi_output=True),
        input_tags=dict(one_d_array=True, two_d_array=False, string=True, allow_nan=True))


def test_a_copy_in_memory_has_no_threads_and_no_optimiser(trained):
    assert "_trainer" in vars(trained) and "_trainer" not in vars(deepcopy(trained))
    assert vars(deepcopy(trained)).keys() == vars(trained).keys() - {"_trainer"}


@compiled
def test_scikit_learn():
    sklearn = pytest.importorskip("sklearn", reason="its conventions are tried with scikit-learn itself")
    from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    titles, categories = shop(60)
    one = TitleClassifier(**SMALL)
    copy = sklearn.clone(one)
    assert copy is not one and copy.get_params() == one.get_params()
    folds = KFold(3, shuffle=True, random_state=0)
    assert cross_val_score(one, titles, categories, cv=folds).mean() > 0.8
    assert cross_val_score(one, titles, categories, cv=3, n_jobs=2).mean() > 0.8

    pipe = make_pipeline(FunctionTransformer(lambda titles: [title.upper() for title in titles]), one)
    assert pipe.fit(titles, categories).predict(["DRESS"]) and pipe.score(titles, categories) == 1
    pipe.set_params(titleclassifier__epochs=3)
    assert one.overrides["epochs"] == 3 and "epochs=3" in repr(pipe)

    search = GridSearchCV(one, {"epochs": [1, 60], "hidden": [(4,), (8,)]}, cv=folds).fit(titles, categories)
    assert search.best_params_["epochs"] == 60 and search.predict(["blue dress"])
    assert pickle.loads(pickle.dumps(search)).best_score_ == search.best_score_
