"""Claim: `partial_fit` keeps words, categories, network and the optimiser's state, also after loading."""

import numpy as np
import pytest
from shops import SMALL, shop

import nnlite
from nnlite.classifier.title_classifier import TitleClassifier


def test_partial_fit_keeps_words_categories_and_the_state_of_the_optimiser():
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
