"""A trained model as a folder: all that predicting needs, and nothing that can execute."""

import gc
from functools import partial
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.data.vocabulary import Vocabulary
from nnlite.network.mlp import MLP
from nnlite.system import array_folder
from nnlite.training import recipes

KIND = "model"  # of the folder, in its header
NOT_SAVED = ("threads", "checkpoints", "checkpoint_seconds",  # settings that belong to a machine, not to a model
             *recipes.SETTINGS["categories"])  # and those that `categories` holds


class Stored(NamedTuple):
    """What is saved of a `TitleClassifier`, by the names of its attributes."""

    recipe: str
    overrides: dict[str, Any]
    vocabulary: Vocabulary
    model: MLP
    categories: Categories
    threshold: float
    training: dict[str, Any]


def write(folder: str | PathLike, stored: Stored) -> None:
    """Write a model into a new folder, or replace the model there, atomically. Raises as `array_folder.write`."""
    about, arrays, texts = stored.vocabulary.to_files()
    known, lists = stored.categories.to_files()
    overrides = {name: getattr(value, "tolist", lambda value=value: value)()  # NumPy's numbers as Python's
                 for name, value in stored.overrides.items() if name not in NOT_SAVED}
    header = {
        "recipe": stored.recipe, "overrides": overrides, "threshold": stored.threshold,
        "activation": stored.model.activation, "output": stored.model.output, "vocabulary": about,
        "categories": known, "training": stored.training,
    }
    array_folder.write(folder, KIND, header, stored.model.params | arrays, texts | lists)


def read(folder: str | PathLike) -> Stored:
    """What `write` has written. Parameters and errors are as `TitleClassifier.load` says."""
    enabled = gc.isenabled()
    gc.disable()  # starting Numba makes many lasting objects: a hundred collections would take a fifth of the start
    try:
        return array_folder.read(folder, KIND, partial(_stored, folder))
    finally:
        if enabled:
            gc.enable()


def _stored(folder: str | PathLike, header: dict[str, Any], arrays: dict[str, np.ndarray],
            texts: dict[str, Any]) -> Stored:
    params = {name: arrays.pop(name) for name in list(arrays) if name.endswith((".W", ".b"))}
    try:
        overrides = {name: tuple(value) if isinstance(value, list) else value
                     for name, value in header["overrides"].items() if name not in NOT_SAVED}
        vocabulary = Vocabulary.from_files(header["vocabulary"], arrays, texts)
        categories = Categories.from_files(header["categories"], texts)
        model = MLP.from_params(params, header["activation"], header["output"])
        got, want = (model.n_words, model.n_labels), (vocabulary.n_words, len(vocabulary.labels))
        if got != want:
            raise ValueError("want a network for {} words and {} labels, got one for {} and {}".format(*want, *got))
        if not isinstance(header["training"], dict) or not 0 <= float(header["threshold"]) <= 1:
            raise ValueError("want a threshold in 0..1 and the figures of a training, got something else")
        vocabulary.encode_titles(["a"])  # Numba loads the kernels of predicting, which takes a third of a second
        MLP(1, 1, hidden=(1,)).top_k(sp.csr_array((1, 1), dtype=np.float32), 1)
        return Stored(header["recipe"], overrides, vocabulary, model, categories, header["threshold"],
                      header["training"])
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise not_whole(folder, error) from None


def not_whole(folder: str | PathLike, error: Exception) -> ValueError:
    """The ValueError for a folder whose files are undamaged but do not make a model."""
    return ValueError(f"{folder}: not a whole {KIND}: {type(error).__name__}: {' '.join(str(error).split())}")
