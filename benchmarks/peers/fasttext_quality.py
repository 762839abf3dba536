"""fastText as a system of the quality benchmark: the one-vs-all loss.

It learns from text alone. Form `own` gets the tokens and makes hashed pairs of words itself; `shared` gets each column
of the shared features as a word, f0, f1, ..., without its weight. Rows without a label are left out, because its reader
needs one. With more than one thread its result changes from run to run, whatever the seed.
"""

from importlib.metadata import version

import fasttext
import numpy as np

from benchmarks.quality import protocol


class Own:
    ngrams = 2

    def __init__(self, job, folder, threads, seed, **params):
        self.job, self.folder = job, folder
        self.how = {"loss": "ova", "wordNgrams": self.ngrams, "thread": threads, "seed": seed, "verbose": 0} | params
        self.path, self.titles = self.texts()
        self.versions = {"fasttext-wheel": version("fasttext-wheel"), "numpy": np.__version__}

    def texts(self):
        """The file to train on, and the lines to predict."""
        return self.job.folder / "train.txt", self.job.lines("test.txt")

    def train(self) -> None:
        self.model = fasttext.train_supervised(str(self.path), **self.how)

    def pairs(self, k):
        """(label, probability) of the best k labels of each row, best first."""
        names, probabilities = self.model.predict(self.titles, k=k)
        start = len(protocol.LABEL)
        return [[(int(name[start:]), p) for name, p in zip(*row)] for row in zip(names, probabilities)]

    def top_k(self, k: int):
        return [[label for label, _ in row] for row in self.pairs(k)]

    def probabilities(self):
        return np.clip(protocol.table_of(self.pairs(-1), self.job.train_y.shape[1]), 0, 1)

    def save(self):
        self.model.save_model(str(self.folder / "model.bin"))
        return self.folder / "model.bin"


class Small(Own):
    """Quantised after the training, as its documentation says; `cutoff` rows of words are kept, and trained further."""

    def __init__(self, job, folder, threads, seed, cutoff=0, qout=False, **params):
        self.quantised = {"cutoff": cutoff, "qout": qout, "qnorm": True, "retrain": True}
        super().__init__(job, folder, threads, seed, **params)

    def train(self) -> None:
        super().train()
        self.model.quantize(str(self.path), **self.quantised)


class Shared(Own):
    ngrams = 1

    def texts(self):
        train, test = ([" ".join(f"f{i}" for i in ids) for ids in protocol.rows_of(x)]
                       for x in (self.job.train_x, self.job.test_x))
        protocol.write_lines(self.folder / "train.txt", protocol.labelled(self.job.train_y, train))
        return self.folder / "train.txt", test


if __name__ == "__main__":
    protocol.serve({"own": Own, "small": Small, "shared": Shared})
