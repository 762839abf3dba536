"""fastText as a system of the quality benchmark: the one-vs-all loss, from text with its own n-grams of words.

It takes tokens, not features, and makes hashed bigrams itself where the job has bigrams. Rows without a label are left
out, because its reader needs one. With more than one thread its result changes from run to run, whatever the seed.
"""

from importlib.metadata import version

import fasttext
import numpy as np

from benchmarks.quality import protocol


class FastText:
    def __init__(self, job, folder, threads, seed, **params):
        self.job, self.path, self.folder = job, job.folder / "train.txt", folder
        self.how = {"loss": "ova", "wordNgrams": job.ngrams, "thread": threads, "seed": seed, "verbose": 0} | params
        self.titles = job.lines("test.txt")
        self.versions = {"fasttext-wheel": version("fasttext-wheel"), "numpy": np.__version__}

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


if __name__ == "__main__":
    protocol.serve({"ova": FastText})
