"""scikit-learn as a system of benchmarks/speed/ingest.py: lines of JSON become matrices.

    python -m benchmarks.peers.sklearn_ingest PRODUCTS.jsonl.gz MIN_COUNT

It prints its version as JSON, then answers each line [TASK, NGRAMS, FOLDER or null] of its standard input: without a
folder by the seconds of the task; with one it writes words.npz and labels.npz there and answers the columns' names.
"""

import gzip
import json
import sys
import time
import unicodedata

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import MultiLabelBinarizer

# Marks that belong to the letter before them, as nnlite's rules have it: vowel signs, accents; not variation selectors
MARKS = "".join(c for c in map(chr, range(sys.maxunicode + 1))
                if unicodedata.category(c) in ("Mn", "Mc") and not "\ufe00" <= c <= "\ufe0f")
WORD = rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*"


class Ingest:
    """The tasks on one file; min_count is the cut of words and labels."""

    def __init__(self, path: str, min_count: int):
        self.path, self.min_count = path, min_count

    def read(self) -> tuple[list[str], list[list[str]]]:
        """The titles and the categories of the file."""
        with gzip.open(self.path, "rt", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        return [record["title"] for record in records], [record["category"] for record in records]

    def matrices(self, ngrams: int) -> None:
        """Set words, x (N, D), labels and y (N, L) from the file."""
        titles, categories = self.read()
        self.words = CountVectorizer(token_pattern=WORD, ngram_range=(1, ngrams), min_df=self.min_count,
                                     binary=True, dtype=np.float32)
        self.x = self.words.fit_transform(titles)
        labels = MultiLabelBinarizer(sparse_output=True)
        y = labels.fit_transform(categories)
        kept = np.flatnonzero(np.bincount(y.indices, minlength=y.shape[1]) >= self.min_count)
        self.labels, self.y = labels.classes_[kept], y[:, kept]

    def timed(self, task: str, ngrams: int) -> float:
        """The seconds of a task of ingest.py."""
        start = time.perf_counter()
        if task == "lines to records":
            self.read()
        elif task == "lines to matrices":
            self.matrices(ngrams)
        else:
            self.words.transform(self.titles)
        return time.perf_counter() - start

    def saved(self, folder: str) -> dict[str, list[str]]:
        """Write the matrices, keep the titles for later tasks; the names of the columns."""
        sp.save_npz(f"{folder}/words.npz", self.x)
        sp.save_npz(f"{folder}/labels.npz", self.y)
        self.titles, _ = self.read()
        return {"words": self.words.get_feature_names_out().tolist(), "labels": self.labels.tolist()}


def main() -> None:
    system = Ingest(sys.argv[1], int(sys.argv[2]))
    print(json.dumps(sklearn.__version__), flush=True)
    for line in sys.stdin:
        task, ngrams, folder = json.loads(line)
        seconds = system.timed(task, ngrams)
        print(json.dumps(system.saved(folder) if folder else seconds), flush=True)


if __name__ == "__main__":
    main()
