"""Claim: a model folder holds what belongs to the model alone, and what does not make a model is refused by name."""

import copy
import json
import re

import numpy as np
import pytest
from problems import change_json
from shops import SMALL, shop

from nnlite.classifier.model_folder import NOT_SAVED, OVERRIDES, not_whole
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.training.recipes import SETTINGS


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
    one = copy.copy(trained).set_params(**{name: value})
    one.save(tmp_path / "m")
    assert name not in header(tmp_path / "m")["overrides"]
    change_json(tmp_path / "m" / "model.json", overrides=header(tmp_path / "m")["overrides"] | {name: value})
    assert name not in TitleClassifier.load(tmp_path / "m").overrides


@pytest.mark.parametrize("threshold", [0, 1, 0.25])
def test_a_threshold_from_0_to_1_is_loaded(threshold, folder):
    change_json(folder / "model.json", threshold=threshold)
    assert TitleClassifier.load(folder).threshold_ == threshold


@pytest.mark.parametrize("threshold", [1.0001, -1e-9, 2**64 - 1, "0.5", True, None, [0.5], {}])
def test_a_threshold_that_is_no_probability_is_refused(threshold, folder):
    change_json(folder / "model.json", threshold=threshold)
    with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: ValueError: threshold: "
                                         "want a number from 0 to 1, got "):
        TitleClassifier.load(folder)


@pytest.mark.parametrize("threshold", [float("nan"), float("inf"), 10**400])
def test_a_threshold_that_is_no_plain_json_is_refused(threshold, folder):
    change_json(folder / "model.json", threshold=threshold)
    with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}/model.json: damaged: want JSON"):
        TitleClassifier.load(folder)


@pytest.mark.parametrize("training", [None, [], "steps", 3])
def test_figures_of_a_training_that_are_no_dict_are_refused(training, folder):
    change_json(folder / "model.json", training=training)
    with pytest.raises(ValueError, match="not a whole model: ValueError: training: want some of categories, records"):
        TitleClassifier.load(folder)


NEITHER = [None, True, "7", 1.5, -1, 2**53 + 1, [], {}]  # a count nor anything like it


@pytest.mark.parametrize("name, values", [
    ("records", NEITHER), ("steps", NEITHER), ("n_steps", NEITHER[1:]), ("categories", ["a", [1], None, {"a": 1}]),
    ("seconds", [None, False, "1", -0.5, 1e13]), ("first_loss", ["1", None, 1e101, []]),
    ("last_loss", [True, -2, {}]),
    ("curve", ["", [1], [[1]], [[1, 2, 3]], [["1", 2]], [[1e308, 1]], [[1, None]], None]),
    ("validation", [{}, [1], [{"P@1": "1"}], [{"P@1": None}], [{"P@1": 1e308}], [[0.5]], None]), ("other", [1]),
])
def test_every_figure_of_a_training_has_a_range(name, values, folder):
    for value in values:
        change_json(folder / "model.json", training=header(folder)["training"] | {name: value})
        with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: ValueError: training.*"
                                             f"{name}.*: want .*, got|training: want some of .*, got '{name}'"):
            TitleClassifier.load(folder)
        change_json(folder / "model.json", training={})


@pytest.mark.parametrize("name", OVERRIDES)
def test_every_setting_has_a_range(name, folder):
    for value in "x", "/etc/passwd", -3, 0.0, 2**64 - 1, [], [[1]], {}, {"a": 1}, ["relu"]:
        if name == "seed" and value == 2**64 - 1 or name in ("dropout", "word_dropout", "negligible") and value == 0:
            continue
        change_json(folder / "model.json", overrides={name: value})
        with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: ValueError: overrides: "
                                             f"{name}.*: want .*, got"):
            TitleClassifier.load(folder)


def test_the_table_has_every_setting_that_is_saved():
    assert OVERRIDES.keys() == {name for names in SETTINGS.values() for name in names} - set(NOT_SAVED)


@pytest.mark.parametrize("name, values", [
    ("recipe", [["default"], {}, None, 1, True, "DEFAULT"]), ("activation", [["relu"], None, 0, "Relu"]),
    ("output", [[], {}, 1, None, "logits"]), ("overrides", [[], None, "epochs", 1])])
def test_every_entry_of_the_header_has_a_range(name, values, folder):
    for value in values:
        change_json(folder / "model.json", **{name: value})
        with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: ValueError: {name}: want"):
            TitleClassifier.load(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parameters_are_finite(value, trained, folder):
    one = copy.deepcopy(trained)
    one.model_.params["labels.W"][-1, -1] = value
    with pytest.raises(FloatingPointError, match=f"{re.escape(str(folder))}: not saved: labels.W: want finite numbers"):
        one.save(folder)
    assert TitleClassifier.load(folder).predict(["blue dress"]) == trained.predict(["blue dress"])


def test_what_would_not_be_loaded_is_not_saved(trained, folder):
    one = copy.copy(trained)
    one.seed = -1
    with pytest.raises(ValueError, match="overrides: seed: want a whole number from 0"):
        one.save(folder)
    assert "seed" not in TitleClassifier.load(folder).overrides


@pytest.mark.parametrize("name", ["recipe", "overrides", "vocabulary", "categories", "activation", "output", "training",
                                  "threshold"])
def test_an_entry_that_is_missing_is_named(name, folder):
    found = header(folder)
    del found[name]
    (folder / "model.json").write_text(json.dumps(found))
    with pytest.raises(ValueError, match=f"^{re.escape(str(folder))}: not a whole model: KeyError: '{name}'$"):
        TitleClassifier.load(folder)


@pytest.mark.parametrize("change, message", [
    (dict(recipe="cake"), "ValueError: recipe: want 'deck' or 'default', got 'cake'"),
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
