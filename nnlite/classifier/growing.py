"""Learning from more products: the rows of words and categories stay, new ones get rows of their own.

A network that goes on to learn from new titles alone moves towards them and away from what it knew. So after the
training each weight that was there before goes back a part of its way,

    w = w_before + MOVED (w_after - w_before)

(averages of the weights before and after: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"); new rows
stay as they are. It needs neither titles of before nor the optimiser's state, which a model does not hold.

`python -m benchmarks.quality.growing` measures it beside what was tried instead and is not here, because it adds
nothing to the average: a sample of earlier titles, learnt from once more; the state of AdaGrad, which has old rows make
smaller steps. Earlier titles are needed only where new ones lack old categories: hand them over among these.
"""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nnlite.classifier.fitted import fitted
from nnlite.classifier.predictor import Predictor
from nnlite.classifier.said import OF_ONE_TRAINING, about_growth, about_new, about_validation
from nnlite.classifier.small_model import SmallMLP
from nnlite.data.dataset import Dataset
from nnlite.data.digests import digests, merged
from nnlite.data.growing_vocabulary import MOST_LABELS, grown
from nnlite.data.records import Record
from nnlite.mlp import MLP
from nnlite.network.label_layer import MAX_CLASSES
from nnlite.ranks.sharded_mlp import copy_values, to_predict
from nnlite.system.ranks import world
from nnlite.training import recipes
from nnlite.training.trainer import Trainer

MOVED = 0.6  # of the way that a training moves old weights: less forgets less and learns less of new categories

_log = logging.getLogger("nnlite")


class More(NamedTuple):
    """A training on more products: what it needs, and the attributes that it sets.

    before: the parameters from which old weights do not go all the way, see `settle`; None if they do
    """

    trainer: Trainer
    data: Dataset
    judged: Dataset | None
    before: Mapping[str, np.ndarray] | None
    attributes: dict[str, Any]


def more(one: Predictor, trainer: Trainer | None, records: list[Record], held_out: list[Record] | None,
         grow: bool) -> More:
    """The training of a classifier on some more records; what it ignores and how it grows is said.

    trainer: of the classifier's training before, which goes on unless the network is another, or grows
    """
    known, vocabulary = one.categories_, one.vocabulary_
    records, _ = known.apply(records)
    if grow:
        if world().size > 1:
            raise ValueError(f"partial_fit: grow: want one process, got {world().size} ranks of mpiexec")
        most = MAX_CLASSES if one.model_.output == "softmax" else MOST_LABELS
        found = grown(vocabulary, records, most_labels=most)
        vocabulary = found.vocabulary
    data, seen = vocabulary.encode(records), merged(one.title_digests_, digests(title for title, _ in records))
    news = about_growth(one.vocabulary_, found, data, records, one.title_digests_) if grow else about_new(
        records, vocabulary)
    judged, counts = about_validation(held_out, known, vocabulary, seen)
    kept = {name: n for name, n in one.training_.get("counts", {}).items() if name not in OF_ONE_TRAINING}
    training = one.training_ | {"curve": list(one.training_.get("curve", [])), "counts": kept | news | counts}
    before = None
    if grow or trainer is None or to_predict(trainer.model) is not one.model_:
        model = learnable(one.model_)
        trainer, before = trainer_of(one.recipe, one.overrides, model, data), model.params if grow else None
    trainer.checkpoints = None  # they would be those of other titles
    attributes = fitted(vocabulary, trainer.model, known, one._form, training) if grow else {
        "model_": trainer.model, "training_": training}
    return More(trainer, data, judged, before, attributes | {"title_digests_": seen})


def learnable(model: MLP) -> MLP:
    """The network as float32."""
    if not isinstance(model, SmallMLP):
        return model
    _log.warning("%s", "partial_fit: the rows of few bits become float32: `shrink` makes the model small again")
    return model.expanded()


def trainer_of(recipe: str, overrides: dict[str, Any], model: MLP, data: Dataset) -> Trainer:
    """A trainer of a copy of the network, whose optimiser starts anew.

    Words and labels that data has beyond those of the network get rows as of a new one.
    """
    _, _, others = recipes.split(recipe, overrides)
    network = {name: getattr(model, name) for name in recipes.SETTINGS["network"]}
    trainer = recipes.RECIPES[recipe](data, **others | network)
    if (trainer.model.n_words, trainer.model.n_labels) == (model.n_words, model.n_labels):
        copy_values(model, trainer.model)
        return trainer
    for name, p in model.params.items():
        trainer.model.params[name][:len(p)] = p
    return trainer


def settle(params: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]) -> None:
    """In place: the weights that were there before go back to MOVED of their way; rows behind them stay."""
    for name, p in before.items():
        rows = params[name][:len(p)]
        rows -= p
        rows *= np.float32(MOVED)
        rows += p
