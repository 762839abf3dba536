"""Claim: a model folder holds what belongs to the model alone, and what does not make a model is refused by name."""

import json
import re

import pytest
from problems import change_json
from shops import SMALL, shop

from nnlite.classifier.model_folder import not_whole
from nnlite.classifier.title_classifier import TitleClassifier


@pytest.fixture(scope="module")
def trained():
    return TitleClassifier(**SMALL | dict(epochs=2)).fit(*shop())


@pytest.fixture
def folder(trained, tmp_path):
    trained.save(tmp_path / "m")
    return tmp_path / "m"


def header(folder):
    return json.loads((folder / "model.json").read_text())


@pytest.mark.parametrize("name, value", [
    ("threads", 2), ("checkpoints", "/elsewhere"), ("checkpoint_seconds", 7.0), ("mapping", "m.tsv"),
    ("major", ["Men"])])
def test_settings_of_a_machine_and_those_of_the_categories_are_neither_saved_nor_loaded(name, value, trained, tmp_path):
    one = TitleClassifier(**SMALL)
    vars(one).update({key: part for key, part in vars(trained).items() if key not in ("recipe", "overrides")})
    one.overrides = SMALL | {name: value}
    one.save(tmp_path / "m")
    assert name not in header(tmp_path / "m")["overrides"]
    change_json(tmp_path / "m" / "model.json", overrides=header(tmp_path / "m")["overrides"] | {name: value})
    assert name not in TitleClassifier.load(tmp_path / "m").get_params()


@pytest.mark.parametrize("threshold", [0, 1, 0.25])
def test_a_threshold_from_0_to_1_is_loaded(threshold, folder):
    change_json(folder / "model.json", threshold=threshold)
    assert TitleClassifier.load(folder).threshold_ == threshold


@pytest.mark.parametrize("threshold", [float("nan"), 1.0001, -1e-9, 10**400])
def test_a_threshold_that_is_no_probability_is_refused(threshold, folder):
    change_json(folder / "model.json", threshold=threshold)
    with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: "):
        TitleClassifier.load(folder)


@pytest.mark.parametrize("training", [None, [], "steps", 3])
def test_figures_of_a_training_that_are_no_dict_are_refused(training, folder):
    change_json(folder / "model.json", training=training)
    with pytest.raises(ValueError, match="not a whole model: ValueError: want a threshold .* figures of a training"):
        TitleClassifier.load(folder)


@pytest.mark.parametrize("name", ["recipe", "overrides", "vocabulary", "categories", "activation", "output", "training",
                                  "threshold"])
def test_an_entry_that_is_missing_is_named(name, folder):
    found = header(folder)
    del found[name]
    (folder / "model.json").write_text(json.dumps(found))
    with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: KeyError: '{name}'$"):
        TitleClassifier.load(folder)


@pytest.mark.parametrize("change, message", [
    (dict(recipe="cake"), "ValueError: TitleClassifier: recipe: want 'deck' or 'default', got 'cake'"),
    (dict(overrides=dict(depth=3)), "TypeError: TitleClassifier: depth: unknown setting"),
    (dict(overrides=dict(recipe="deck")), "TypeError: .*recipe"),
    (dict(activation="cubic"), "ValueError: .*cubic"),
])
def test_settings_that_nobody_knows_are_refused_with_the_folder(change, message, folder):
    change_json(folder / "model.json", **change)
    with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: {message}"):
        TitleClassifier.load(folder)


def test_the_message_is_a_single_line():
    assert str(not_whole("m", TypeError("two\n  lines"))) == "m: not a whole model: TypeError: two lines"


def test_a_recipe_other_than_the_default_is_loaded(tmp_path):
    one = TitleClassifier("deck", **SMALL | dict(epochs=1)).fit(*shop())
    one.save(tmp_path / "m")
    other = TitleClassifier.load(tmp_path / "m")
    assert other.recipe == "deck" and other.model_.activation == "sigmoid" != TitleClassifier().recipe
