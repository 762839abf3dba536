"""Claim: losses are compared with float64, and only PyTorch's may differ by the rounding of each label's."""

import types

import numpy as np
import pytest
import scipy.sparse as sp

from benchmarks.peers.problem import Problem
from benchmarks.peers.selfcheck import PROBLEMS, loss_and_grads
from benchmarks.speed.step_loss import first_loss
from benchmarks.speed.train_step import Peer, agreement

SYSTEM = types.SimpleNamespace(ready={"comparable": True, "note": ""})
PARAMS = {"labels.W": np.ones((2, 3), np.float32)}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_first_loss_is_that_of_the_reference(name):
    work = PROBLEMS[name]
    rows = work.batches()[0]
    want, _ = loss_and_grads(work, {n: p.astype(float) for n, p in work.params.items()},
                             work.x[rows].toarray(), work.y[rows].toarray())
    loss, rounding = first_loss(work)
    assert loss == pytest.approx(want, rel=1e-12) and 0 < rounding < 1e-6


def test_rounding_each_label_loses_the_losses_of_many_unlikely_ones():
    n_labels = 50_000
    params = {"features.W": np.zeros((1, 1)), "features.b": np.zeros(1), "labels.W": np.zeros((n_labels, 1)),
              "labels.b": np.full(n_labels, -20.7)}
    params = {name: values.astype(np.float32) for name, values in params.items()}
    y = sp.csr_array(([1.0], ([0], [7])), shape=(1, n_labels), dtype=np.float32)
    work = Problem(sp.csr_array((1, 1), dtype=np.float32), y, params, activation="relu")
    loss, rounding = first_loss(work)
    z = params["labels.b"]
    float32 = np.where(np.arange(n_labels) == 7, 0, z) - (np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z))))
    lost = abs(float(float32.mean(dtype=float)) / loss - 1)
    assert 1e-6 < lost <= rounding * (1 + 1e-9) < 1e-5


@pytest.mark.parametrize("peer, loss, fine", [("keras", 1.00002, False), ("torch", 1.00002, True),
                                              ("torch", 1.0001, False), ("keras", 1.000005, True)])
def test_only_a_loss_that_rounds_each_label_may_differ_by_that(peer, loss, fine):
    found = agreement(Peer(peer, "chunked"), SYSTEM, (loss, PARAMS), (1.0, PARAMS, 3e-5))
    assert found.fine == fine and found.params == 0
