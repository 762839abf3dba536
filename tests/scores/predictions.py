"""Models whose probabilities differ from row to row, shared by the tests of scores."""

import numpy as np
import scipy.sparse as sp
from problems import F32, random_dataset, random_model, small_pieces

from nnlite import MLP, Dataset


def problem(monkeypatch, **sizes):
    """A Dataset, a model whose probabilities differ from row to row, its logits and the dense truth."""
    small_pieces(monkeypatch)
    data = random_dataset(**sizes)
    model = random_model(data)
    for name, factor in ("features.W", 20), ("hidden1.W", 4), ("labels.W", 4):
        model.params[name] *= factor
    model.params["labels.b"] -= 2
    model.labels.tile_labels = 5
    return data, model, model.logits(data.x), data.y.toarray()


def untrained(n_labels, output="sigmoid"):
    """A model whose probabilities are all equal."""
    model = MLP(3, n_labels, (4,), output=output)
    for p in model.params.values():
        p[:] = 0
    return model


def rows_of(y):
    """A Dataset of three words with the dense truth y."""
    return Dataset(sp.csr_array(np.ones((len(y), 3), F32)), sp.csr_array(np.array(y, F32)))
