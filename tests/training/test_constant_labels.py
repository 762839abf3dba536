"""Claim: a training whose every row has the same labels ends well, and no loss is negative."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32, compiled, random_csr

from nnlite import MLP, SGD, AdaGrad, Adam, Dataset, Trainer
from nnlite.training import recipes


def constant(n_rows, n_labels, n_true, seed):
    """Rows of some words, with the first n_true labels each."""
    y = np.zeros((n_rows, n_labels), F32)
    y[:, :n_true] = 1
    return Dataset(random_csr(np.random.default_rng(seed), n_rows, 30, 0.2), sp.csr_array(y))


@compiled
@pytest.mark.parametrize("recipe", ["default", "deck"])
@pytest.mark.parametrize("n_labels, n_true, output", [
    (1, 1, "sigmoid"), (3, 3, "sigmoid"), (5, 1, "sigmoid"), (2, 1, "softmax")])
def test_a_recipe(recipe, n_labels, n_true, output):
    for seed, n_rows in itertools.product(range(3), (3, 64, 200)):
        data = constant(n_rows, n_labels, n_true, seed)
        trainer = recipes.RECIPES[recipe](data, seed=seed, output=output, hidden=(8,), epochs=20)
        losses = trainer.fit(data).loss
        assert min(losses) >= 0 and losses[-1] <= max(losses[0], 1e-3)


@compiled
@pytest.mark.parametrize("optimizer", [SGD, AdaGrad, Adam])
def test_any_rate(optimizer):
    for lr, seed in itertools.product((0.01, 0.3, 2.0), range(3)):
        data, model = constant(64, 2, 2, seed), MLP(30, 2, (8,), "relu", seed)
        model.init_label_bias(data.label_frequencies())
        losses = Trainer(model, optimizer(lr), batch_rows=16, epochs=12, dropout=0.3, seed=seed).fit(data).loss
        assert 0 <= min(losses) and max(losses) < 0.1
