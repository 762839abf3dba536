"""A trained model as a folder: all that predicting needs, and nothing that can execute."""

import gc
from functools import partial
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.categories.choice import Categories
from nnlite.classifier.forms import KINDS, Form
from nnlite.classifier.small_model import PARTS, SMALL, SmallMLP
from nnlite.data.digests import from_array, to_array
from nnlite.data.small_vocabulary import from_small_files, to_small_files
from nnlite.data.vocabulary import Vocabulary
from nnlite.mlp import MLP
from nnlite.network.layers import ACTIVATIONS
from nnlite.network.network import OUTPUTS
from nnlite.ranks.saving import arrays_of, send
from nnlite.ranks.sharded_mlp import ranks_of
from nnlite.system import array_folder
from nnlite.system.figures import Figure, ListOf, Maybe, Named, Number, OneOf, Row, Text, Whole
from nnlite.training import recipes
from nnlite.training.overrides import FLAG, OVERRIDES, SIZE, plain

KIND = "model"  # of the folder, in its header
DIGESTS = "title_digests"  # the array's name
COLUMNS = "columns"  # the name of the texts of a matrix's columns
NOT_SAVED = ("threads", "shards", "checkpoints", "checkpoint_seconds",  # settings that belong to machines
             *recipes.SETTINGS["categories"])  # and those that `categories` holds

COUNT, LOSS = Whole(0, 1 << 53), Number(-1, 1e100)  # float64 holds every whole number up to 2^53


class _Column:
    """A figure: the name of a column, or its number."""

    def __str__(self) -> str:
        return "a text, or a whole number of at least 1"

    def check(self, where: str, value: Any) -> None:
        """ValueError if it is neither."""
        if not isinstance(value, str):
            SIZE.check(where, value)


READING: dict[str, Figure] = {  # options of `read_records`, some of these
    "title": _Column(), "categories": ListOf(_Column(), 1), "separator": Text(), "delimiter": Text(),
    "encoding": Text(), "header": FLAG, "paths": OneOf(("full", "leaf")),
}
TRAINING: dict[str, Figure] = {  # what `noted_fit` notes, some of these
    "categories": ListOf(Text()), "records": COUNT, "n_steps": Maybe(COUNT), "steps": COUNT,
    "seconds": Number(0, 1e12), "first_loss": LOSS, "last_loss": LOSS, "curve": ListOf(Row((COUNT, LOSS))),
    "validation": ListOf(Named(Number(-1e100, 1e100))), "reading": Named(READING), "counts": Named(COUNT),
}
HEADER: dict[str, Figure] = {  # the JSON, without what every array folder has, and without two others:
    "recipe": OneOf(tuple(recipes.RECIPES)), "overrides": Named(OVERRIDES), "threshold": Number(0, 1),
    "activation": OneOf(tuple(ACTIVATIONS)), "output": OneOf(tuple(OUTPUTS)), "training": Named(TRAINING),
}
# These are "vocabulary" with the arrays and texts of `Vocabulary.to_files`, and "categories" with the texts of
# `Categories.to_files`; `from_files` checks them.
# Arrays of the network, all float32 and finite: features.W (D, H1), features.b (H1,), hidden_i.W, hidden_i.b,
# labels.W (L, H), labels.b (L,) for the D words and the L labels of the vocabulary. In place of the two in SMALL there
# may be the PARTS of their SmallRows; then the vocabulary is that of `to_small_files`


class Stored(NamedTuple):
    """What is saved of a `TitleClassifier`, by the names of its attributes."""

    recipe: str
    overrides: dict[str, Any]
    vocabulary: Vocabulary
    model: MLP
    categories: Categories
    threshold: float
    training: dict[str, Any]
    title_digests: np.ndarray  # see data.digests
    form: Form = Form()


def write(folder: str | PathLike, stored: Stored) -> None:
    """Write a model into a new folder, or replace the model there, atomically. Raises as `array_folder.write`.

    ValueError, too, for figures that are out of range: `read` would refuse them. Several ranks call it together.
    """
    header, arrays, texts = files_of(stored)
    _check(header)
    ranks = ranks_of(stored.model)
    with ranks.together():
        if ranks.rank == 0:
            array_folder.write(folder, KIND, header, arrays, texts)
        else:
            send(arrays)
        ranks.any(True)  # so that none goes on, or ends, before the model is there


def bytes_at_most(stored: Stored) -> int:
    """The size of the folder that `write` makes, or a few bytes more."""
    return array_folder.bytes_at_most(KIND, *files_of(stored))


def files_of(stored: Stored) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The header, the arrays and the texts of the folder."""
    texts: dict[str, Any] = {}
    if isinstance(stored.model, SmallMLP):
        about, arrays = to_small_files(stored.vocabulary)
    else:
        about, arrays, texts = stored.vocabulary.to_files()
    known, lists = stored.categories.to_files()
    overrides = {name: value for name, value in stored.overrides.items() if name not in NOT_SAVED}
    header = plain({
        "recipe": stored.recipe, "overrides": overrides, "threshold": stored.threshold,
        "activation": stored.model.activation, "output": stored.model.output, "vocabulary": about,
        "categories": known, "training": stored.training,
    })
    if stored.form.kind != "lists":
        header["form"] = stored.form.kind
        lists = lists | {COLUMNS: list(stored.form.columns)}
    return header, arrays_of(stored.model) | arrays | {DIGESTS: to_array(stored.title_digests)}, texts | lists


def read(folder: str | PathLike) -> Stored:
    """What `write` has written. Parameters and errors are as `TitleClassifier.load` says."""
    enabled = gc.isenabled()
    gc.disable()  # starting Numba makes many lasting objects: a hundred collections would take a fifth of the start
    try:
        return array_folder.read(folder, KIND, partial(_stored, folder), mapped="fu")
    finally:
        if enabled:
            gc.enable()


def _stored(folder: str | PathLike, header: dict[str, Any], arrays: dict[str, np.ndarray],
            texts: dict[str, Any]) -> Stored:
    is_small = f"{SMALL[0]}.{PARTS[0]}" in arrays
    params = {name: arrays[name] for name in arrays if name.endswith((".W", ".b", *PARTS))}
    try:
        _check(header)
        overrides = {name: tuple(value) if isinstance(value, list) else value
                     for name, value in header["overrides"].items() if name not in NOT_SAVED}
        if is_small:
            vocabulary = from_small_files(header["vocabulary"], arrays)
        else:
            vocabulary = Vocabulary.from_files(header["vocabulary"], arrays, texts, owned=True)
        categories = Categories.from_files(header["categories"], texts)
        model = (SmallMLP if is_small else MLP).from_params(params, header["activation"], header["output"])
        got, want = (model.n_words, model.n_labels), (vocabulary.n_words, len(vocabulary.labels))
        if got != want:
            raise ValueError("want a network for {} words and {} labels, got one for {} and {}".format(*want, *got))
        form = Form(header.get("form", "lists"), tuple(texts.get(COLUMNS, ())))
        OneOf(KINDS).check("form", form.kind)
        form.check(vocabulary.labels)
        vocabulary.encode_titles(["a"])  # Numba loads the kernels of predicting, which takes a third of a second
        tiny = SmallMLP.tiny() if is_small else MLP(1, 1, hidden=(1,))
        tiny.top_k(sp.csr_array((1, 1), dtype=np.float32), 1)
        seen = from_array(DIGESTS, arrays.get(DIGESTS, np.zeros(0, np.int64)))  # models of before format 4 have none
        return Stored(header["recipe"], overrides, vocabulary, model, categories, header["threshold"],
                      header["training"], seen, form)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise not_whole(folder, error) from None


def _check(header):
    """KeyError or ValueError unless a header is as HEADER says."""
    for name, figure in HEADER.items():
        value = header[name]
        if name == "overrides" and isinstance(value, dict):  # unknown names are an error of the classifier's, later
            value = {key: part for key, part in value.items() if key in OVERRIDES}
        figure.check(name, value)


def not_whole(folder: str | PathLike, error: Exception) -> ValueError:
    """The ValueError for a folder whose files are undamaged but do not make a model."""
    return ValueError(f"{folder}: not a whole {KIND}: {type(error).__name__}: {' '.join(str(error).split())}")
