"""Claim: a training step takes about the memory that `step_bytes` says, on every kind of products."""

from functools import lru_cache

import numpy as np
import pytest
from problems import compiled, random_dataset

from nnlite import MLP, SGD, Trainer
from nnlite.kernels import bce_strip, packing
from nnlite.network import label_layer, label_step, products
from nnlite.network.products import FLOAT32
from nnlite.precision import rounded, units
from nnlite.training import preparing, trainer
from nnlite.training.step_memory import step_bytes

problem = lru_cache(random_dataset)
WAYS = {"float32": FLOAT32, "rounded": rounded.RoundedProducts(),
        "units": units.UnitProducts(packing.multiply, bce_strip.in_loops)}


@compiled
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("n_rows, n_labels", [(64, 3_000), (5_000, 3_000), (5_000, 100)])
def test_a_step_takes_about_the_memory_that_it_says(n_rows, n_labels, way, monkeypatch):
    """On one thread: what its scratch arrays hold, each at its largest, and the hidden layer of 16 units."""
    taken, scratch = {}, label_step.scratch

    def noted(name, *shape):
        taken[name] = max(taken.get(name, 0), 4 * int(np.prod(shape)))
        return scratch(name, *shape)

    for module in label_layer, label_step, products, rounded, units:
        monkeypatch.setattr(module, "scratch", noted)
    for module in preparing, trainer:
        monkeypatch.setattr(module, "products_of", lambda precision: WAYS[way])
    data = problem(n_rows, 30, n_labels)
    model = MLP(30, n_labels, (16,))
    Trainer(model, SGD(0.1), batch_rows=n_rows, epochs=1, threads=1).fit(data)
    said, took = step_bytes(model, n_rows, 1, WAYS[way]), sum(taken.values()) + 4 * n_rows * 16
    assert took <= 1.05 * said + 4 * n_labels
    assert said <= 1.5 * took


@pytest.mark.parametrize("threads, want", [(1, 5_960), (4, 23_480)])
def test_every_thread_of_a_step_has_logits_and_gradients_of_its_own(threads, want):
    """10 rows, 3 units, a tile of 100 labels: h and dh of 30; of a thread dW of 400, logits, dh of 30, work of 30."""
    assert step_bytes(MLP(5, 100, (3,)), 10, threads) == want + 120
    assert want == 4 * (30 + threads * (400 + 1_000 + 30 + 30))
