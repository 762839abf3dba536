"""Small trainings by name, each with all that shards must keep the same; run by ranks as threads and as processes."""

import hashlib
import sys

import numpy as np
import scipy.sparse as sp
from problems import F32, random_dataset

from nnlite import SGD, AdaGrad, Adam, Dataset, Trainer
from nnlite.ranks.sharded_mlp import ShardedMLP
from nnlite.training.trainer import linear_decay

ADAGRAD = dict(optimizer=lambda: AdaGrad(0.1), schedule=linear_decay, dropout=0.25, word_dropout=0.25)
PROBLEMS = {
    "sigmoid": ADAGRAD,
    "softmax": ADAGRAD | dict(output="softmax"),
    "weights": ADAGRAD | dict(negligible=0.1, weighted=True),
    "softmax with weights": ADAGRAD | dict(output="softmax", weighted=True),
    "chunks": dict(optimizer=lambda: SGD(0.05), order="chunks", reduction="mean"),
    "bfloat16": ADAGRAD | dict(precision="bfloat16"),
    "by row": dict(optimizer=lambda: AdaGrad(0.1, by_row=["features.W", "labels.W"])),
    "adam": dict(optimizer=lambda: Adam(0.02)),
    "shards without words or labels": ADAGRAD | dict(n_words=2, n_labels=3),
}
SHARDS = 8
ON_PROCESSES = "sigmoid", "softmax with weights", "shards without words or labels"


def problem_data(n_words=40, n_labels=23, output="sigmoid", weighted=False, **others):
    """The Dataset of a problem. With a softmax a row has one label, and the first has none."""
    data = random_dataset(n_words=n_words, n_labels=n_labels)
    if output == "softmax":
        labels = np.random.default_rng(0).integers(0, n_labels, len(data) - 1)
        y = sp.csr_array((np.ones(labels.size, F32), (np.arange(1, len(data)), labels)), shape=data.y.shape)
        data = Dataset(data.x, y)
    if weighted:
        data.weights = np.linspace(0, 2, len(data))
    return data


def trained(name, ranks=None, n_shards=SHARDS, model=None, on_step=None, **more):
    """The ShardedMLP of a problem, or another model, after its training; and the History."""
    settings = dict(PROBLEMS[name])
    data = problem_data(**settings)
    optimizer, output, weighted = (settings.pop(key, other) for key, other in (
        ("optimizer", None), ("output", "sigmoid"), ("weighted", False)))
    for size in "n_words", "n_labels":
        settings.pop(size, None)
    if model is None:
        model = ShardedMLP(data.n_words, data.n_labels, (16, 11), "relu", 3, output, n_shards, ranks)
    weights = np.linspace(0.5, 1.5, data.n_labels) if weighted else None
    settings = dict(batch_rows=16, epochs=3, seed=5, threads=1, label_weights=weights) | settings | more
    trainer = Trainer(model, optimizer(), **settings)
    return model, trainer.fit(data, on_step=on_step)


def digest(name, ranks=None, n_shards=SHARDS, **more):
    """The SHA-256 of all parameters, and the losses."""
    model, history = trained(name, ranks, n_shards, **more)
    params = model.whole().params.values()
    return hashlib.sha256(b"".join(p.tobytes() for p in params)).hexdigest(), history.loss


def main():
    """As a program of `mpiexec`: rank 0 prints a line with the digest of each of ON_PROCESSES."""
    from nnlite.system.ranks import world

    for name in ON_PROCESSES:
        found, _ = digest(name)
        if world().rank == 0:
            print(world().size, found, name, flush=True)


if __name__ == "__main__":
    sys.exit(main())
