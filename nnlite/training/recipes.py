"""Two ways to train the same kind of network: one whose loss stays flat, and one that learns.

Averaged over L labels, a loss has gradients L times smaller than summed over them, so 400 steps of 0.05 hardly move
anything: with 1,800 labels the deck's loss ends near 0.55, when predicting the bare label frequencies for every product
would score about 0.02. Three changes make the network learn in seconds:

    the output bias starts at the logit of each label's frequency    (the first step is where the deck never arrives)
    the loss is summed over labels, averaged over rows               (gradients do not shrink as labels are added)
    every parameter has its own learning rate, AdaGrad's             (rare words move as far as frequent ones)

and mini-batches give it twice as many steps for a tenth of the work. What makes the default recipe better still
is in benchmarks/ablation.py, change by change: one layer of ReLU units in the place of two of sigmoids, pairs of words
and the beginnings of words, rare words weighed more (TF-IDF), units and words left out at random (dropout).
"""

from functools import partial
from math import ceil

from nnlite.network.mlp import MLP
from nnlite.network.optimizers import SGD, AdaGrad
from nnlite.training.trainer import Trainer, constant, linear_decay

SMALL_ROWS = 15_000  # below which the default recipe makes smaller steps, and more of them
SMALL_STEPS, MOST_EPOCHS = 3_000, 40
SEEN_ROWS = 320_000  # after which the default recipe may stop: 4 epochs of 80,000 rows, 6 of few
EPS = 2e-4  # the best of seven from 1e-10 to 1e-3 on real titles; from 1e-3 on a word learns too slowly

FEATURES = {  # of each recipe, for Vocabulary.build
    "deck": dict(min_count=10),
    "default": dict(min_count=2, label_min_count=10, ngrams=2, stem=4, first_word=True, shape=True, tfidf=True),
}
SETTINGS = {  # what can be overridden: arguments of Vocabulary.build, MLP, the optimiser, Trainer, Categories.choose
    "features": ("min_count", "label_min_count", "ngrams", "stem", "first_word", "shape", "tfidf", "hash_size"),
    "network": ("hidden", "activation", "output"),
    "optimizer": ("lr", "labels_lr"),
    "training": ("batch_rows", "epochs", "order", "reduction", "dropout", "word_dropout", "negligible",
                 "checkpoints", "checkpoint_seconds"),
    "run": ("seed", "threads"),
    "categories": ("mapping", "major"),
}


def deck(data, seed=0, threads=None, **overrides):
    """A Trainer for the deck's recipe: 200-200 sigmoid, mean BCE, SGD 0.05, chunks of 20,000 with 100 epochs each.

    overrides: of the network, the optimiser and the training, by the names in SETTINGS; so in `default`.
    """
    recipe = dict(hidden=(200, 200), activation="sigmoid", lr=0.05,
                  batch_rows=20_000, epochs=100, order="chunks", reduction="mean")
    return _trainer(data, SGD, recipe | overrides, seed, threads)


def default(data, seed=0, threads=None, **overrides):
    """A Trainer for the recipe that learns: one ReLU layer, summed BCE, AdaGrad falling to 0, dropout.

    AdaGrad's eps keeps a word's first steps, which else would be of full size whatever its gradient, in proportion.
    200 units and batches of 512, 4 epochs, or up to 6 where rows are fewer than 80,000; below 15,000 rows 400 units and
    3,000 steps of batches of 64, or 40 epochs if these are fewer. With output="softmax" two thirds of the epochs, and
    dropout 0.6: a row then teaches all labels to exclude each other, and the network is sure of itself sooner.
    """
    n_rows = max(data.n_rows, 1)
    recipe = dict(hidden=(200,), activation="relu", lr=0.3, labels_lr=0.04, batch_rows=512,
                  epochs=min(max(4, round(SEEN_ROWS / n_rows)), 6), dropout=0.35, word_dropout=0.1)
    if n_rows < SMALL_ROWS:
        recipe |= dict(hidden=(400,), lr=0.05, labels_lr=0.02, batch_rows=64, dropout=0.5, word_dropout=0.2)
        rows = SMALL_STEPS * overrides.get("batch_rows", recipe["batch_rows"])
        recipe["epochs"] = min(MOST_EPOCHS, ceil(rows / n_rows))
    if overrides.get("output") == "softmax":
        recipe |= dict(epochs=ceil(recipe["epochs"] * 2 / 3), dropout=0.6)
    trainer = _trainer(data, partial(AdaGrad, eps=EPS), recipe | overrides, seed, threads, linear_decay)
    trainer.model.init_label_bias(data.label_frequencies())
    return trainer


def _trainer(data, optimizer, settings, seed, threads, schedule=constant):
    """The Trainer of a new network with these settings, by the names in SETTINGS."""
    parts = {part: {name: settings[name] for name in names if name in settings} for part, names in SETTINGS.items()}
    model = MLP(data.n_words, data.n_labels, **parts["network"], seed=seed)
    return Trainer(model, optimizer(**parts["optimizer"]), **parts["training"], seed=seed, threads=threads,
                   schedule=schedule)


RECIPES = {"deck": deck, "default": default}


def split(recipe, overrides):
    """Settings of the recipe but for these overrides, as three dicts: of the features, all; of the categories and of
    the rest, the overrides alone. Major categories exclude each other, which makes softmax the output."""
    parts = {part: {name: overrides[name] for name in names if name in overrides} for part, names in SETTINGS.items()}
    features, categories = FEATURES[recipe] | parts.pop("features"), parts.pop("categories")
    others = {name: value for part in parts.values() for name, value in part.items()}
    if categories.get("major") is not None:
        others = {"output": "softmax"} | others
    return features, categories, others
