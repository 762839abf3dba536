"""nnlite as a system of benchmarks/quality.py: its default recipe, untouched.

Form `default` sees what a user gives: the titles, through the default features, or the matrices of a data set that has
no titles. Form `shared` takes the matrix of the linear systems in the place of its own features. Before the clock
starts a training on a few rows loads the compiled code; what its compilation costs is in first_run.py.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

sys.path.append(str(Path(__file__).parent / "peers"))
import quality_protocol  # noqa: E402

import nnlite  # noqa: E402
from nnlite.scores import metrics  # noqa: E402
from nnlite.training import recipes  # noqa: E402


def default_features(records, titles):
    """The default features: a Dataset of records, the csr matrix of further titles, and the names of the labels."""
    vocabulary = nnlite.Vocabulary.build(records, **recipes.FEATURES["default"])
    return vocabulary.encode(records), vocabulary.encode_titles(titles), vocabulary.labels


def default_model(train, seed, threads):
    """Train the default recipe on a Dataset; the model has top_k, logits and params."""
    trainer = recipes.default(train, seed, threads=threads)
    trainer.fit(train)
    return trainer.model


class Default:
    def __init__(self, job, folder, threads, seed):
        self.n_labels, self.path, self.threads, self.seed = job.train_y.shape[1], folder / "model.npz", threads, seed
        self.data, self.test_x, self.label_ids, self.features_s = self.features(job)
        self.versions = {"numpy": np.__version__}
        default_model(nnlite.Dataset(self.data.x[:64], self.data.y[:64]), seed, threads).top_k(self.test_x[:64], 1)

    @staticmethod
    def features(job):
        """Dataset, test matrix, the job's id of each label; the seconds that making them of titles took, or None."""
        if not (job.folder / "labels.json").exists():
            return Shared.features(job)
        train, test = ([nnlite.Record(*json.loads(line)) for line in job.lines(f"{name}.jsonl")]
                       for name in ("train", "test"))
        start = time.perf_counter()
        data, test_x, labels = default_features(train, [record.title for record in test])
        seconds = time.perf_counter() - start
        ids = {label: i for i, label in enumerate(json.loads((job.folder / "labels.json").read_text()))}
        return data, test_x, np.array([ids[label] for label in labels]), seconds

    def train(self):
        self.model = default_model(self.data, self.seed, self.threads)

    def top_k(self, k):
        return self.label_ids[self.model.top_k(self.test_x, k, self.threads)[0]]

    def probabilities(self):
        table = np.zeros((self.test_x.shape[0], self.n_labels), np.float32)
        table[:, self.label_ids] = metrics.sigmoid(self.model.logits(self.test_x).astype(float))
        return table

    def save(self):
        np.savez(self.path, **self.model.params)
        return self.path


class Shared(Default):
    @staticmethod
    def features(job):
        train_x, test_x = (sp.csr_array(job.weighted(x)) for x in (job.train_x, job.test_x))
        return nnlite.Dataset(train_x, job.train_y), test_x, np.arange(job.train_y.shape[1]), None


if __name__ == "__main__":
    quality_protocol.serve({"default": Default, "shared": Shared})
