"""Two ways to train the same kind of network: `deck`, whose loss stays flat, and `default`, which learns.

`deck` is the recipe of the slide deck that this project reproduces: two layers of 200 sigmoid units, binary
cross-entropy averaged over rows and labels, plain SGD with a learning rate of 0.05, and 20,000 rows a step.

A loss averaged over L labels has gradients L times smaller than a summed one: after 400 steps with 1,800 labels the
deck's loss is near 0.55; predicting each label's frequency scores about 0.02. Three changes let it learn in seconds:

    the output bias starts at the logit of each label's frequency    (the first step is already below the deck's end)
    the loss is summed over labels and averaged over rows            (more labels do not shrink the gradients)
    each word, and each other parameter, has its own rate, AdaGrad   (rare words move as far as frequent ones)

and mini-batches give it 1.6 times as many steps, for a 25th of the rows (with 80,000 titles 628 instead of 400 steps,
and 4 instead of 100 epochs). `python -m benchmarks.quality.ablation` measures what else improves it: one ReLU layer,
pairs and prefixes of words, TF-IDF weights, and dropout of units and words.
"""

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any, Protocol

import numpy as np

from nnlite.network.optimizers import SGD, AdaGrad
from nnlite.ranks.sharded_mlp import new_mlp
from nnlite.training.overrides import check
from nnlite.training.trainer import Trainer, constant, linear_decay

SMALL_ROWS = 15_000  # below which the default recipe makes smaller steps, and more of them
SMALL_STEPS, MOST_EPOCHS = 3_000, 40
SEEN_ROWS = 320_000  # after which the default recipe may stop: 4 epochs of 80,000 rows, 6 epochs of fewer
EPS = 2e-4  # of AdaGrad: the best of seven from 1e-10 to 1e-3 on real titles; above 1e-3 words learn too slowly
FEATURES = {  # of each recipe: arguments of Vocabulary.build
    "deck": dict(min_count=10),
    "default": dict(min_count=2, label_min_count=10, ngrams=2, stem=4, first_word=True, shape=True, tfidf=True),
}
SETTINGS = {  # what can be overridden, by what takes it
    "features": ("min_count", "label_min_count", "ngrams", "stem", "first_word", "shape", "tfidf", "hash_size"),
    "network": ("hidden", "activation", "output"),
    "optimizer": ("lr", "labels_lr"),
    "training": ("batch_rows", "epochs", "order", "reduction", "dropout", "word_dropout", "negligible", "precision",
                 "checkpoints", "checkpoint_seconds", "shards"),
    "run": ("seed", "threads"),
    "categories": ("mapping", "major"),
}


class TrainingData(Protocol):
    """What a recipe needs to know of the data: a Dataset, a ChunkFolder or a plan's expected sizes."""

    n_rows: int
    n_words: int
    n_labels: int

    def label_frequencies(self) -> np.ndarray:
        """The fraction of the rows that have each label, (L,)."""


def deck(data: TrainingData, seed: int = 0, threads: int | None = None, **overrides: Any) -> Trainer:
    """A Trainer for the deck's recipe: 200-200 sigmoid, mean BCE, SGD 0.05, chunks of 20,000 with 100 epochs each.

    overrides: of the network, the optimiser and the training, by the names in SETTINGS; others are ignored.
    Raises what `MLP`, the optimiser and `Trainer` raise: TypeError or ValueError, MemoryError for a network too large.
    """
    recipe = dict(hidden=(200, 200), activation="sigmoid", lr=0.05,
                  batch_rows=20_000, epochs=100, order="chunks", reduction="mean")
    return _trainer(data, SGD, recipe | overrides, seed, threads)


def default(data: TrainingData, seed: int = 0, threads: int | None = None, **overrides: Any) -> Trainer:
    """A Trainer for the recipe that learns: one ReLU layer, summed BCE, AdaGrad with a rate that falls to 0, dropout.

    From 15,000 rows on: 200 units, batches of 512, 4 epochs, or up to 6 where rows are fewer than 80,000, one number
    of state for each word: half the memory and a shorter step, for as good predictions. Below: 400 units, batches of
    64, 3,000 steps, or 40 epochs if these are fewer. With output="softmax": two thirds of the epochs and dropout 0.6,
    because each row teaches every label that the others are false, and the network overfits earlier. AdaGrad's eps
    makes a word's first steps proportional to the gradient; without it they would have full size.
    overrides, and what it raises: as `deck`
    """
    n_rows = max(data.n_rows, 1)
    recipe: dict[str, Any] = dict(
        hidden=(200,), activation="relu", lr=0.3, labels_lr=0.04, batch_rows=512,
        epochs=min(max(4, round(SEEN_ROWS / n_rows)), 6), dropout=0.35, word_dropout=0.1)
    by_row = ["features.W"]
    if n_rows < SMALL_ROWS:
        by_row = []
        recipe |= dict(hidden=(400,), lr=0.05, labels_lr=0.02, batch_rows=64, dropout=0.5, word_dropout=0.2)
        rows = SMALL_STEPS * overrides.get("batch_rows", recipe["batch_rows"])
        recipe["epochs"] = min(MOST_EPOCHS, ceil(rows / n_rows))
    if overrides.get("output") == "softmax":
        recipe |= dict(epochs=ceil(recipe["epochs"] * 2 / 3), dropout=0.6)
    trainer = _trainer(data, partial(AdaGrad, eps=EPS, by_row=by_row), recipe | overrides, seed, threads, linear_decay)
    trainer.model.init_label_bias(data.label_frequencies())
    return trainer


RECIPES: dict[str, Callable[..., Trainer]] = {"deck": deck, "default": default}


def _trainer(data, optimizer, settings, seed, threads, schedule=constant):
    """The Trainer of a new network with these settings, by the names in SETTINGS."""
    groups = _grouped(settings)
    model = new_mlp(data.n_words, data.n_labels, **groups["network"], seed=seed,
                    shards=groups["training"].get("shards", 1))
    return Trainer(model, optimizer(**groups["optimizer"]), **groups["training"], seed=seed, threads=threads,
                   schedule=schedule)


def _grouped(settings):
    """The settings as one dict for each group of SETTINGS."""
    return {group: {name: settings[name] for name in names if name in settings} for group, names in SETTINGS.items()}


def used(trainer: Trainer) -> dict[str, Any]:
    """The settings of a training by the names in SETTINGS, but for where and when it writes checkpoints."""
    groups = {"network": trainer.model, "optimizer": trainer.optimizer, "training": trainer}
    return {name: getattr(holder, name) for group, holder in groups.items() for name in SETTINGS[group]
            if not name.startswith("checkpoint")}


def split(recipe: str, overrides: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The arguments of Vocabulary.build, of Categories.choose and of the recipe, from the recipe's name and overrides.

    Major categories exclude each other, so with them the output is softmax unless it is overridden. TypeError or
    ValueError for overrides that are out of range.
    """
    check(overrides)
    groups = _grouped(overrides)
    features, categories = FEATURES[recipe] | groups.pop("features"), groups.pop("categories")
    others = {name: value for group in groups.values() for name, value in group.items()}
    if categories.get("major") is not None:
        others = {"output": "softmax"} | others
    return features, categories, others
