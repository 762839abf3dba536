"""nnlite as a system of the quality benchmark: its default recipe, not tuned.

Form `default` gets what a user has: the titles, from which it makes the default features, or the matrices of a data set
without titles. Form `shared` gets the matrix of the linear systems instead. Before the clock starts, a training on a
few rows loads the compiled code; benchmarks/speed/first_run.py measures how long compiling takes.
"""

import json
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks.quality import protocol
from nnlite.scores import metrics
from nnlite.training import recipes


def default_model(train: nnlite.Dataset, seed: int, threads: int) -> nnlite.MLP:
    """The model of the default recipe, trained."""
    trainer = recipes.default(train, seed, threads=threads)
    trainer.fit(train)
    return trainer.model


class Default:
    """The default features."""

    def __init__(self, job: protocol.Job, folder: Path, threads: int, seed: int):
        self.n_labels, self.path, self.threads, self.seed = job.train_y.shape[1], folder / "model.npz", threads, seed
        self.data, self.test_x, self.label_ids, self.features_s = self.features(job)
        self.versions = {"numpy": np.__version__}
        default_model(nnlite.Dataset(self.data.x[:64], self.data.y[:64]), seed, threads).top_k(self.test_x[:64], 1)

    @staticmethod
    def features(job: protocol.Job) -> tuple:
        """Data set, test matrix, the job's id of each label, and the seconds from titles to features, or None."""
        if not (job.folder / "labels.json").exists():
            return Shared.features(job)
        train, test = ([nnlite.Record(*json.loads(line)) for line in job.lines(f"{name}.jsonl")]
                       for name in ("train", "test"))
        start = time.perf_counter()
        vocabulary = nnlite.Vocabulary.build(train, **recipes.FEATURES["default"])
        data, test_x = vocabulary.encode(train), vocabulary.encode_titles([record.title for record in test])
        seconds = time.perf_counter() - start
        ids = {label: i for i, label in enumerate(json.loads((job.folder / "labels.json").read_text()))}
        return data, test_x, np.array([ids[label] for label in vocabulary.labels]), seconds

    def train(self) -> None:
        self.model = default_model(self.data, self.seed, self.threads)

    def top_k(self, k: int):
        return self.label_ids[self.model.top_k(self.test_x, k, self.threads)[0]]

    def probabilities(self):
        table = np.zeros((self.test_x.shape[0], self.n_labels), np.float32)
        table[:, self.label_ids] = metrics.sigmoid(self.model.logits(self.test_x).astype(float))
        return table

    def save(self):
        np.savez(self.path, **self.model.params)
        return self.path


class Shared(Default):
    """The features of the linear systems."""

    @staticmethod
    def features(job: protocol.Job) -> tuple:
        train_x, test_x = (sp.csr_array(job.weighted(x)) for x in (job.train_x, job.test_x))
        return nnlite.Dataset(train_x, job.train_y), test_x, np.arange(job.train_y.shape[1]), None


if __name__ == "__main__":
    protocol.serve({"default": Default, "shared": Shared})
