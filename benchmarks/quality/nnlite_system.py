"""nnlite as a system of the quality benchmark: its default recipe, not tuned.

Form `own` makes the default features from the titles; `shared` gets the matrix of the linear systems. Before the clock
starts, a training on a few rows loads the compiled code; benchmarks/speed/first_run.py measures how long compiling
takes.
"""

import json
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


class Shared:
    """The features of the linear systems."""

    def __init__(self, job: protocol.Job, folder: Path, threads: int, seed: int):
        self.job, self.folder, self.threads, self.seed = job, folder / "model", threads, seed
        self.n_labels, self.versions = job.train_y.shape[1], {"numpy": np.__version__}
        few = sp.eye_array(64, dtype=np.float32, format="csr")
        default_model(nnlite.Dataset(few, few), seed, threads).top_k(few, 1)
        self.load()

    def load(self) -> None:
        """What does not count as training."""
        train_x, self.test_x = (sp.csr_array(self.job.weighted(x)) for x in (self.job.train_x, self.job.test_x))
        self.data, self.label_ids = nnlite.Dataset(train_x, self.job.train_y), np.arange(self.n_labels)

    def train(self) -> None:
        self.model = default_model(self.data, self.seed, self.threads)

    def top_k(self, k: int):
        ids = self.model.top_k(self.test_x, min(k, len(self.label_ids)), self.threads)[0]
        return self.label_ids[ids]

    def probabilities(self):
        table = np.zeros((self.test_x.shape[0], self.n_labels), np.float32)
        table[:, self.label_ids] = metrics.sigmoid(self.model.logits(self.test_x).astype(float))
        return table

    def save(self):
        self.folder.mkdir()
        np.savez(self.folder / "params.npz", **self.model.params)
        return self.folder


class Own(Shared):
    """The default features."""

    def load(self) -> None:
        self.ids = {label: i for i, label in enumerate(json.loads((self.job.folder / "labels.json").read_text()))}
        few = [nnlite.Record("a b", ["c"])] * 64
        nnlite.Vocabulary.build(few, **recipes.FEATURES["default"]).encode(few)

    def prepare(self) -> None:
        records = [nnlite.Record(*record) for record in protocol.records_of(self.job.folder / "train.jsonl")]
        self.vocabulary = nnlite.Vocabulary.build(records, **recipes.FEATURES["default"])
        self.data = self.vocabulary.encode(records)
        self.label_ids = np.array([self.ids[label] for label in self.vocabulary.labels])

    def prepare_test(self) -> None:
        self.test_x = self.vocabulary.encode_titles(self.job.titles("test.jsonl"))

    def save(self):
        folder = super().save()
        protocol.write_lines(folder / "words.txt", self.vocabulary.words)
        return folder


if __name__ == "__main__":
    protocol.serve({"own": Own, "shared": Shared})
