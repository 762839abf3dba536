"""`Settings`: the arguments of a classifier, read and changed as scikit-learn does; it need not be installed."""

import inspect
from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal

import numpy as np

from nnlite.categories.mapping import Mapping
from nnlite.training import recipes
from nnlite.training.overrides import check

RECIPE: Literal["recipe"] = "recipe"  # the value of a setting that is the recipe's, where None has another meaning


class Settings:
    """The name of a recipe, and the settings that replace those of the recipe. Each is an attribute."""

    recipe: str
    threads: int | None

    def __init__(
            self,
            recipe: str = "default",
            *,
            hidden: int | Sequence[int] | None = None,
            epochs: int | None = None,
            lr: float | None = None,
            labels_lr: float | Literal["recipe"] | None = RECIPE,
            batch_rows: int | None = None,
            dropout: float | None = None,
            word_dropout: float | None = None,
            activation: str | None = None,
            output: Literal["sigmoid", "softmax"] | None = None,
            order: Literal["shuffled", "chunks"] | None = None,
            reduction: Literal["sum", "mean"] | None = None,
            negligible: float | None = None,
            precision: Literal["float32", "bfloat16"] | None = None,
            min_count: int | None = None,
            label_min_count: int | Literal["recipe"] | None = RECIPE,
            ngrams: int | None = None,
            stem: int | Literal["recipe"] | None = RECIPE,
            first_word: bool | None = None,
            shape: bool | None = None,
            tfidf: bool | None = None,
            hash_size: int | None = None,
            mapping: Mapping | str | PathLike | None = None,
            major: int | Sequence[str] | None = None,
            checkpoints: str | PathLike | None = None,
            checkpoint_seconds: float | None = None,
            seed: int | None = None,
            threads: int | None = None,
            shards: int | None = None) -> None:
        """Every default is the recipe's value; in brackets that of "default", from 15,000 titles on.

        recipe: "default" learns; "deck" is a textbook recipe that hardly does (see `recipes`)
        hidden: units of each hidden layer, such as 100 or (200, 200)    [200; 400 below 15,000 titles]
        epochs: how often all titles are seen    [4 to 6; at most 40 below 15,000 titles]
        lr, labels_lr: learning rates, of all layers and of the last; labels_lr=None is lr    [0.3, 0.04; 0.05, 0.02]
        batch_rows: titles of one update    [512; 64 below 15,000 titles]
        dropout, word_dropout: fractions of hidden units and of words that a step leaves out    [0.35, 0.1; 0.5, 0.2]
        activation: of the hidden units, a name in `network.layers.ACTIVATIONS`    [relu]
        output: "sigmoid", any number of categories can be true; "softmax", one is, and the probabilities of a title
        add up to 1    [sigmoid; softmax with major]
        order, reduction: "shuffled" or "chunks", "sum" or "mean", see `Trainer`    [shuffled, sum]
        negligible: gradients of labels below this size are skipped, see `Trainer`    [0]
        precision: "float32" or "bfloat16", of the operands of matrix products, see `Trainer`    [float32]
        min_count: a word in fewer titles is dropped    [2]
        label_min_count: a category of fewer titles is not learnt; None is min_count    [10]
        ngrams: the longest run of words that counts as one    [2]
        stem: the first letters of a word that count as well; None for none    [4]
        first_word, shape, tfidf: whether the first word, and punctuation and length, are features, and whether words
        are weighted    [True]
        hash_size: columns that all words share, instead of one each    [None]
        mapping: a `Mapping` or the file of one, which replaces raw categories by others    [None]
        major: a number or a list of names: each product gets one of these categories    [None]
        checkpoints, checkpoint_seconds: a folder to resume a training from, and the time between two    [None, 300]
        seed: of the first parameters and of the order; the same seed gives the same bits    [0]
        threads: how many may run; None is all. They do not change a bit    [None]
        shards: parts of the network that processes of mpiexec can own, see `Trainer`; these then train, predict and
        save together    [1]
        """
        given = dict(locals())
        del given["self"]
        self.set_params(**given)

    def __repr__(self) -> str:
        shown = {"recipe": self.recipe} | _changed(self.get_params())
        return f"TitleClassifier({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All arguments by name: those that it was made with, and the defaults of the others."""
        return {name: getattr(self, name) for name in DEFAULTS}

    def set_params(self, **params: Any) -> Any:
        """Change some of the arguments, from the next `fit` on. Returns self.

        TypeError for an unknown name, TypeError or ValueError for a value out of range; then nothing is changed.
        """
        check_names(params)
        recipe = params.get("recipe", getattr(self, "recipe", "default"))
        if not isinstance(recipe, str) or recipe not in recipes.RECIPES:
            raise ValueError(f"TitleClassifier: recipe: want {' or '.join(map(repr, recipes.RECIPES))}, got {recipe!r}")
        check(_overrides(params))
        vars(self).update(params)
        return self

    @property
    def overrides(self) -> dict[str, Any]:
        """The settings that replace the recipe's, by the names in `recipes.SETTINGS`; hidden is a tuple or a list."""
        return _overrides(self.get_params())


DEFAULTS = {name: parameter.default for name, parameter in inspect.signature(Settings).parameters.items()}


def _changed(settings):
    """Those that are not the default."""
    return {name: value for name, value in settings.items() if name != "recipe"
            and not (isinstance(value, type(DEFAULTS[name])) and value == DEFAULTS[name])}


def _overrides(settings):
    """Those that are not the default, by the names in `recipes.SETTINGS`."""
    changed = _changed(settings)
    hidden = changed.get("hidden")
    if isinstance(hidden, (int, np.integer)) and not isinstance(hidden, bool):
        changed["hidden"] = (hidden,)
    return changed


def check_names(settings: dict[str, Any]) -> None:
    """TypeError for a name that is not a setting's."""
    for name in settings:
        if name not in DEFAULTS:
            raise TypeError(f"TitleClassifier: {name}: unknown setting, want one of {', '.join(sorted(DEFAULTS))}")
