"""Claim: a training notes what it did, chooses the threshold, and leaves a usable model or none if it stops early."""

from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
from shops import SMALL, shop, shop_file

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.training import recipes


def test_any_collection_of_categories_does(trained):
    titles, categories = shop()
    for kind in list, iter, dict.fromkeys, lambda names: list(names) * 2:
        other = TitleClassifier(**SMALL).fit(titles, [kind(names) for names in categories])
        assert other.predict_top_k(titles) == trained.predict_top_k(titles)


def test_too_little_to_learn_from():
    for titles, categories in ([], []), (["a"], [("b",)]), (["a"] * 99, [()] * 99), ([""] * 99, [("b",)] * 99):
        with pytest.raises(ValueError, match="Vocabulary: want a"):
            TitleClassifier().fit(titles, categories)


def test_on_step_reaches_every_way_of_learning(tmp_path):
    path, quick = shop_file(tmp_path), SMALL | dict(epochs=1)
    one, seen = TitleClassifier(**quick), []
    for learn in (lambda: one.partial_fit(*shop(), on_step=seen.append),
                  lambda: one.partial_fit(*shop(8), on_step=seen.append),
                  lambda: one.fit_files([path], tmp_path / "c", on_step=seen.append)):
        seen.clear()
        learn()
        assert len(seen) == one.training_["steps"] == one.training_["n_steps"] > 0


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_training_that_goes_astray_leaves_no_threshold(method, monkeypatch):
    one = TitleClassifier(**SMALL | dict(epochs=3)).fit(*shop())
    monkeypatch.setitem(recipes.RECIPES, "default", partial(recipes.default, lr=1e30, labels_lr=1e30))
    one._trainer.optimizer.lr = one._trainer.optimizer.labels_lr = 1e30
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        getattr(one, method)(*shop())
    with pytest.raises(ValueError, match="want a trained one"):
        one.predict(["blue dress"])


def test_interrupted_before_the_first_step_there_is_no_model(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    one = TitleClassifier(**SMALL)
    monkeypatch.setattr("nnlite.network.network.Network.step", interrupt)
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


@pytest.mark.parametrize("from_files", [False, True])
def test_no_validation_titles_are_no_validation_which_is_said(from_files, judged, tmp_path, caplog):
    one = TitleClassifier(**SMALL | dict(epochs=1))
    if from_files:
        one.fit_files([shop_file(tmp_path)], tmp_path / "chunks", ([], []))
    else:
        one.fit(*shop(), validation=([], []))
    said = "validation: got no products: there will be no scores, and the threshold is chosen by the training titles"
    assert one.training_["validation"] == [] and len(judged[0]) == 3 and caplog.messages.count(said) == 1
    caplog.clear()
    one.partial_fit(*shop(), validation=([], []))
    assert said in caplog.messages
    caplog.clear()
    TitleClassifier(**SMALL | dict(epochs=1)).fit(*shop())
    assert said not in caplog.messages


def test_titles_of_weight_0_teach_nothing(trained):
    titles, categories = shop()
    wrong = [names for names in categories[1:] + categories[:1]]
    both = TitleClassifier(**SMALL).fit(2 * titles, categories + wrong, sample_weight=[1] * 40 + [0] * 40)
    assert both.score(titles, categories) == 1
    with pytest.raises(ValueError, match="fit: sample_weight: want 40 finite numbers of at least 0, got an arr"):
        TitleClassifier(**SMALL).fit(titles, categories, sample_weight=[1] * 39)
