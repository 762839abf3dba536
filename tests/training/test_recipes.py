"""Claim: the recipes have the numbers that their docstrings tell, and what is asked for goes before them."""

import numpy as np
import pytest
from problems import random_dataset

from nnlite import MLP, SGD, AdaGrad
from nnlite.training import recipes
from nnlite.training.planning import Expected
from nnlite.training.trainer import constant, linear_decay


def default(n_rows, **overrides):
    return recipes.default(Expected(n_rows, 10, 5, 10), **overrides)


def figures(trainer):
    """Of its network, its optimiser and itself, by name."""
    return {**vars(trainer.optimizer), **vars(trainer.model), **vars(trainer)}


def assert_has(trainer, **want):
    got = figures(trainer)
    assert {name: got[name] for name in want} == want


def test_the_decks_numbers():
    trainer = recipes.deck(Expected(100, 10, 5, 10))
    assert_has(trainer, hidden=(200, 200), activation="sigmoid", lr=0.05, labels_lr=0.05, batch_rows=20_000, epochs=100,
               order="chunks", reduction="mean", dropout=0.0, word_dropout=0.0, schedule=constant, negligible=0.0)
    assert type(trainer.optimizer) is SGD and not trainer.model.params["labels.b"].any()


@pytest.mark.parametrize("n_rows", [15_000, 80_000])
def test_the_numbers_of_the_recipe_that_learns(n_rows):
    trainer = default(n_rows)
    assert_has(trainer, hidden=(200,), activation="relu", output="sigmoid", lr=0.3, labels_lr=0.04, batch_rows=512,
               order="shuffled", reduction="sum", dropout=0.35, word_dropout=0.1, schedule=linear_decay, eps=2e-4,
               by_row=("features.W",))
    assert type(trainer.optimizer) is AdaGrad


@pytest.mark.parametrize("n_rows", [1, 14_999])
def test_its_numbers_below_15000_rows(n_rows):
    assert_has(default(n_rows), hidden=(400,), lr=0.05, labels_lr=0.02, batch_rows=64, dropout=0.5, word_dropout=0.2,
               eps=2e-4, by_row=(), schedule=linear_decay)


def test_softmax_takes_more_dropout_and_two_thirds_of_the_epochs():
    def epochs(n_rows, output):
        return default(n_rows, output=output).epochs

    for n_rows in 2_000, 20_000:
        assert_has(default(n_rows, output="softmax"), output="softmax", dropout=0.6)
    assert default(20_000, output="softmax", dropout=0.1).dropout == 0.1
    assert [(epochs(n, "sigmoid"), epochs(n, "softmax")) for n in (100, 20_000, 10**6)] == [(40, 27), (6, 4), (4, 3)]


def test_epochs_from_15000_rows_on():
    """320,000 rows are seen, but each row 4 times at least and 6 times at most."""
    assert [default(n).epochs for n in (15_000, 20_000, 58_000, 64_000, 80_000, 10**6)] == [6, 6, 6, 5, 4, 4]


@pytest.mark.parametrize("batch_rows", [64, 16, 5])
def test_few_rows_make_3000_steps_whatever_the_batch(batch_rows):
    """Or 40 epochs, if these are fewer."""
    trainer = default(2_000, batch_rows=batch_rows)
    assert trainer.epochs == min(40, -(-3_000 * batch_rows // 2_000))
    assert default(50, batch_rows=batch_rows).epochs == min(40, 60 * batch_rows)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_the_bias_begins_at_the_frequencies_of_the_data(output):
    data = random_dataset()
    p, bias = data.label_frequencies(), recipes.default(data, output=output).model.params["labels.b"]
    assert len(set(p)) > 5 and p.min() > 0
    np.testing.assert_allclose(bias, np.log(p) if output == "softmax" else np.log(p / (1 - p)), rtol=1e-5)


def test_an_output_that_is_asked_for_stays():
    assert recipes.split("default", dict(major=3, output="sigmoid"))[2]["output"] == "sigmoid"
    assert recipes.split("default", dict(major=3))[2]["output"] == "softmax"
    assert recipes.split("default", dict(major=["a", "b"]))[2]["output"] == "softmax"
    assert "output" not in recipes.split("default", dict(major=None))[2]


@pytest.mark.parametrize("recipe, features", [
    ("deck", dict(min_count=10)),
    ("default", dict(min_count=2, label_min_count=10, ngrams=2, stem=4, first_word=True, shape=True, tfidf=True))])
def test_features_are_those_of_the_recipe_but_for_what_is_asked_for(recipe, features):
    assert recipes.split(recipe, {}) == (features, {}, {})
    asked = dict(min_count=7, hash_size=64, mapping="m.tsv", epochs=3, seed=1, hidden=(4,), lr=0.5)
    assert recipes.split(recipe, asked) == (
        features | dict(min_count=7, hash_size=64), dict(mapping="m.tsv"), dict(epochs=3, seed=1, hidden=(4,), lr=0.5))
    assert recipes.FEATURES[recipe] == features  # they are not changed


@pytest.mark.parametrize("recipe", list(recipes.RECIPES))
def test_seed_and_threads_reach_network_and_trainer(recipe):
    trainer = recipes.RECIPES[recipe](Expected(100, 10, 5, 10), seed=3, threads=2)
    assert (trainer.seed, trainer.workers.threads) == (3, 2)
    want = MLP(10, 5, trainer.model.hidden, trainer.model.activation, 3).params
    for name in "features.W", "labels.W":
        np.testing.assert_array_equal(trainer.model.params[name], want[name])
    again = recipes.RECIPES[recipe](Expected(100, 10, 5, 10))
    assert again.seed == 0 and not np.array_equal(again.model.params["features.W"], want["features.W"])


def test_no_rows_are_as_one():
    assert default(0).epochs == default(1).epochs == 40


def test_softmax_takes_two_thirds_of_the_epochs_rounded_up_and_those_asked_for_as_they_are():
    assert default(58_000, output="softmax").epochs == 4 and default(64_000, output="softmax").epochs == 4
    assert default(20_000, output="softmax", epochs=5).epochs == 5
    assert default(20_000, output="sigmoid").dropout == 0.35


@pytest.mark.parametrize("recipe, activation", [("deck", "relu"), ("default", "sigmoid")])
def test_what_is_asked_for_goes_before_the_recipe(recipe, activation):
    asked = dict(hidden=(3,), activation=activation, lr=0.5, labels_lr=0.25, batch_rows=7, epochs=2, order="shuffled",
                 reduction="mean", dropout=0.125, word_dropout=0.0, negligible=0.5, checkpoints="c",
                 checkpoint_seconds=5.0)
    assert_has(recipes.RECIPES[recipe](Expected(100, 10, 5, 10), **asked), **asked)
