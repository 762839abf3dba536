"""The ranges of the settings that replace those of a recipe: of a training, and of what a stored model says of it.

They are checked before a training, so that no model is trained that could not be saved.
"""

from collections.abc import Mapping
from math import nextafter
from typing import Any

import numpy as np

from nnlite.data.tokens import LONGEST
from nnlite.network.layers import ACTIVATIONS
from nnlite.network.network import OUTPUTS
from nnlite.precision.choice import PRECISIONS
from nnlite.system.figures import Figure, ListOf, Maybe, Number, OneOf, Whole

SIZE, SEED = Whole(1, (1 << 31) - 1), Whole(0, (1 << 64) - 1)
RATE, SHARE = Number(1e-30, 1e6), Number(0, nextafter(1, 0))
FLAG = OneOf((False, True))

OVERRIDES: dict[str, Figure] = {  # all of recipes.SETTINGS but those of the categories and of the machine
    "min_count": SIZE, "label_min_count": Maybe(SIZE), "ngrams": Whole(1, LONGEST), "stem": Maybe(Whole(1, LONGEST)),
    "first_word": FLAG, "shape": FLAG, "tfidf": FLAG, "hash_size": Maybe(SIZE),
    "hidden": ListOf(SIZE, 1, 1000), "activation": OneOf(tuple(ACTIVATIONS)), "output": OneOf(tuple(OUTPUTS)),
    "lr": RATE, "labels_lr": Maybe(RATE), "batch_rows": SIZE, "epochs": SIZE, "order": OneOf(("shuffled", "chunks")),
    "reduction": OneOf(("sum", "mean")), "dropout": SHARE, "word_dropout": SHARE, "negligible": SHARE,
    "precision": OneOf(PRECISIONS), "seed": SEED,
}


def check(overrides: Mapping[str, Any]) -> None:
    """TypeError or ValueError, which name the setting, for a value that is of another type or out of range."""
    for name, figure in OVERRIDES.items():
        if name not in overrides:
            continue
        value = plain(overrides[name])
        try:
            figure.check(name, value)
        except ValueError as error:
            if _is_of_type(figure, value):
                raise
            raise TypeError(str(error)) from None


def plain(value: Any) -> Any:
    """The same with NumPy's numbers and arrays as Python's numbers and lists."""
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def _is_of_type(figure, value):
    """Whether a value is a number, or a list of numbers, where one is wanted."""
    if isinstance(figure, Maybe):
        return value is None or _is_of_type(figure.figure, value)
    if isinstance(figure, ListOf):
        return isinstance(value, (list, tuple)) and all(_is_of_type(figure.figure, entry) for entry in value)
    if isinstance(figure, Number):
        return type(value) in (int, float)
    return not isinstance(figure, Whole) or type(value) is int
