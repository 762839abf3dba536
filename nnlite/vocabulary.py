"""`Vocabulary`: which words and labels are worth a row of a matrix, and records as rows of such matrices."""

import re
from collections import Counter

import numpy as np
import scipy.sparse as sp

from nnlite.dataset import Dataset

_WORD = re.compile(r"[^\W_]+")


def tokenise(title, ngrams=1):
    """The words of a title, lower-cased runs of letters and digits, then its n-grams of 2, 3, ... up to `ngrams` words.

    >>> tokenise("Levi's 501 Jeans", ngrams=2)
    ['levi', 's', '501', 'jeans', 'levi s', 's 501', '501 jeans']
    """
    words = _WORD.findall(title.lower())
    tokens = list(words)
    for n in range(2, ngrams + 1):
        tokens += map(" ".join, zip(*(words[i:] for i in range(n))))
    return tokens


class Vocabulary:
    """The kept words and labels, most frequent first (ties alphabetical): the place in the list is the id.

    words, labels: lists of str    word_counts, label_counts: lists of int, in how many records each was seen
    n_records: that it was built from    n_dropped_words, n_dropped_labels: seen, but in fewer than min_count records
    """

    def __init__(self, word_counts, label_counts, n_records, min_count=10, ngrams=1):
        if min_count < 1 or ngrams < 1:
            raise ValueError(f"Vocabulary: want min_count and ngrams of at least 1, got {min_count} and {ngrams}")
        self.n_records, self.min_count, self.ngrams = n_records, min_count, ngrams
        self.words, self.word_counts = _kept(word_counts, min_count)
        self.labels, self.label_counts = _kept(label_counts, min_count)
        self.n_dropped_words = len(word_counts) - len(self.words)
        self.n_dropped_labels = len(label_counts) - len(self.labels)
        self._word_ids = {word: i for i, word in enumerate(self.words)}
        self._label_ids = {label: i for i, label in enumerate(self.labels)}

    @classmethod
    def build(cls, records, min_count=10, ngrams=1):
        """Count the words and labels of an iterable of Record in one pass; keep those in at least min_count records.

        ValueError if no word or no label is left.
        """
        words, labels, n_records = Counter(), Counter(), 0
        for title, categories in records:
            words.update(set(tokenise(title, ngrams)))
            labels.update(set(categories))
            n_records += 1
        vocabulary = cls(words, labels, n_records, min_count, ngrams)
        for kind, kept, seen in ("word", vocabulary.words, words), ("label", vocabulary.labels, labels):
            if not kept:
                raise ValueError(f"Vocabulary: want a {kind} that occurs in at least {min_count} records, got "
                                 f"{n_records} records with {len(seen)} rarer ones")
        return vocabulary

    def encode(self, records):
        """A Dataset of an iterable of Record: x holds 1 for every known word of the title, y for every known label.

        A record without any known word or label is kept, as an empty row.
        """
        x, y = _Rows(), _Rows()
        for title, categories in records:
            x.append(map(self._word_ids.get, tokenise(title, self.ngrams)))
            y.append(map(self._label_ids.get, categories))
        return Dataset(x.csr(len(self.words)), y.csr(len(self.labels)))

    def encode_titles(self, titles):
        """The csr matrix (N, D) of an iterable of titles, as in `encode`."""
        x = _Rows()
        for title in titles:
            x.append(map(self._word_ids.get, tokenise(title, self.ngrams)))
        return x.csr(len(self.words))


def _kept(counts, min_count):
    kept = sorted((-n, name) for name, n in counts.items() if n >= min_count)
    return [name for _, name in kept], [-n for n, _ in kept]


class _Rows:
    """Rows of ids, growing into a csr matrix of ones."""

    def __init__(self):
        self.indices, self.indptr = [], [0]

    def append(self, ids):
        row = set(ids)
        row.discard(None)  # unknown words and labels
        self.indices += sorted(row)
        self.indptr.append(len(self.indices))

    def csr(self, n_columns):
        indices, indptr = np.array(self.indices, np.int32), np.array(self.indptr, np.int64)
        return sp.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(indptr) - 1, n_columns))
