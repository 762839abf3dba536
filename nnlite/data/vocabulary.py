"""`Vocabulary`: which words and labels are worth a row of a matrix, and records as rows of such matrices."""

from collections import Counter
from functools import cached_property
from itertools import chain, islice, repeat

import numpy as np
import scipy.sparse as sp

from nnlite.data.dataset import Dataset
from nnlite.data.tokens import Table, TitleCounts, hash_of, hashed, tokenise
from nnlite.kernels import hashing

__all__ = ["Vocabulary", "tokenise"]

SLICE_RECORDS = 2_048  # whose tokens exist at once
LONGEST = 100  # words of an n-gram, letters of a stem: a title's tokens are up to so many times its words


_NUMBERS = "n_records", "n_dropped_words", "n_dropped_labels"
_ERRORS = "word_error", "label_error"
_SETTINGS = {  # and the types that they may have
    "min_count": (int,), "ngrams": (int,), "stem": (int, type(None)), "tfidf": (bool,), "hash_size": (int, type(None)),
    "label_min_count": (int,), "first_word": (bool,), "shape": (bool,),
}
_OLDER = {"shape": False}  # settings that files of an older format lack


class Vocabulary:
    """The kept words and labels, most frequent first (ties alphabetical): the place in the list is the id.

    A word is any token that `tokenise` makes with this `ngrams`, `stem`, `first_word` and `shape`.

    words, labels: lists of str    word_counts, label_counts: int64 arrays, in how many records each was seen
    n_records: that it was built from    n_dropped_words, n_dropped_labels: seen, but in fewer records than the cut
    word_error, label_error: a count is too low by so much at most; above 0 only if `build` met its max_counts
    idf: None or, with tfidf, float64 (n_words,), ln((1 + n_records) / (1 + word_counts)) + 1

    tfidf: x holds, instead of ones, how often a word occurs in the title, times its idf, and each row is scaled to
    length 1. Spärck Jones (1972) weighed words so, Salton and Buckley (1988) scaled the rows; the ones added, as if one
    record more held every word and none were ever without weight, are scikit-learn's.

    hash_size: None or a number of columns. No word is then kept: a word's column is its hash modulo hash_size, words
    that share a column count as one, and memory is bounded whatever comes (Weinberger et al. 2009). `words` is empty;
    word_counts are those of the columns, if tfidf asks for them.

    Vocabulary(counts of words, counts of labels, n_records, **settings) is the same one again. Both counts map a name
    to a number; in the place of the first, hash_size takes the word_counts.
    """

    def __init__(self, word_counts, label_counts, n_records, min_count=10, ngrams=1, stem=None, tfidf=False,
                 hash_size=None, label_min_count=None, first_word=False, shape=False):
        self.n_records, self.min_count, self.ngrams = n_records, min_count, ngrams
        self.stem, self.first_word, self.shape = stem, first_word, shape
        self.tfidf, self.hash_size = tfidf, hash_size
        self.label_min_count = min_count if label_min_count is None else label_min_count
        _check(**self.settings)
        self._words, counts = ([], word_counts) if hash_size else _kept(word_counts, min_count)
        self.word_counts = np.array(counts, np.int64)
        self.labels, counts = _kept(label_counts, self.label_min_count)
        self.label_counts = np.array(counts, np.int64)
        self.n_dropped_words = 0 if hash_size else len(word_counts) - len(self._words)
        self.n_dropped_labels = len(label_counts) - len(self.labels)
        self.word_error = self.label_error = 0
        self._word_ids = Table(len(self._words))
        self._word_ids.insert(hash_of(self._words), np.arange(1, len(self._words) + 1, dtype=np.int32))
        self._derive()

    def _derive(self):
        """What is quickly derived from the labels and the counts."""
        self.idf = np.log((1 + self.n_records) / (1.0 + self.word_counts)) + 1 if self.tfidf else None
        self._label_ids = {label: i for i, label in enumerate(self.labels)}

    @property
    def n_words(self):
        """D, the number of columns of x."""
        return self.hash_size or len(self.word_counts)

    @cached_property
    def words(self):
        """The kept words, a list of str: of a vocabulary from a file, read when they are first asked for."""
        return list(self._words)

    @property
    def settings(self):
        """The keyword arguments that it was made with, as a dict."""
        return {name: getattr(self, name) for name in _SETTINGS}

    def to_files(self):
        """A dict that JSON can hold, arrays by name and lists of texts by name: all that `from_files` needs.

        The table of the words is among them, because it takes longer to make than to read.
        """
        header = self.settings | {name: getattr(self, name) for name in _NUMBERS + _ERRORS}
        arrays = {"word_counts": self.word_counts, "label_counts": self.label_counts,
                  "word_hashes": self._word_ids.keys.view(np.int64), "word_ids": self._word_ids.values}
        return header, arrays, {"words": self.words, "labels": self.labels}

    @classmethod
    def from_files(cls, header, arrays, texts):
        """The vocabulary that `to_files` took apart. ValueError if these do not fit together."""
        vocabulary = object.__new__(cls)
        try:
            settings = {name: (_OLDER | header)[name] for name in _SETTINGS}
            for name, types in _SETTINGS.items():
                if type(settings[name]) not in types:
                    raise ValueError(f"{name}: want {types[0].__name__}, got {settings[name]!r}")
            numbers = {name: header[name] for name in _NUMBERS + _ERRORS}
            if any(type(n) is not int or not 0 <= n < 2**63 for n in numbers.values()):
                raise ValueError(f"want whole numbers of at least 0, below 2^63, got {numbers!s:.300}")
            _check(**settings)
            vars(vocabulary).update(settings | numbers | {"_words": texts["words"], "labels": list(texts["labels"])})
            for name, n in ("word_counts", settings["hash_size"] or len(vocabulary._words)), (
                    "label_counts", len(vocabulary.labels)):
                counts = arrays[name]
                no_counts = settings["hash_size"] and not settings["tfidf"] and name == "word_counts"
                if counts.dtype != np.int64 or counts.shape != (0 if no_counts else n,) or (counts < 0).any():
                    raise ValueError(f"{name}: want {n} counts of at least 0, got others")
                setattr(vocabulary, name, counts)
            hashes, ids = arrays["word_hashes"], arrays["word_ids"]
            if (hashes.dtype, ids.dtype) != (np.int64, np.int32):
                raise ValueError(f"word_hashes, word_ids: want int64 and int32, got {hashes.dtype} and {ids.dtype}")
            vocabulary._word_ids = Table.of(hashes, ids, len(vocabulary._words))
            if len(set(vocabulary.labels)) < len(vocabulary.labels):
                raise ValueError("want labels of which none comes twice")
        except (KeyError, TypeError) as error:
            raise ValueError(f"Vocabulary: want what to_files makes, got: {error!r}") from None
        except ValueError as error:
            raise ValueError(f"Vocabulary: {error}") from None
        vocabulary._derive()
        return vocabulary

    def columns_of(self, tokens):
        """The column of x of each token, -1 for an unknown one, int32."""
        hashes = hash_of(tokens)
        if self.hash_size:
            return (hashes % np.uint64(self.hash_size)).astype(np.int32)
        return self._word_ids.find(hashes) - np.int32(1)

    @classmethod
    def build(cls, records, min_count=10, ngrams=1, stem=None, tfidf=False, hash_size=None,
              label_min_count=None, first_word=False, shape=False, max_counts=None):
        """Count the words and labels of an iterable of Record in one pass; keep those in at least min_count records.

        label_min_count is the cut of the labels, by default the same. ValueError if no word or no label is left.

        max_counts: None or how many words, and how many labels, are counted at a time (a few more labels, those of
        SLICE_RECORDS records), so that memory is bounded however many records come. As long as there are no more of
        them, nothing changes. From then on those seen least are forgotten until half are left: counts may be too low,
        by word_error and label_error at most, never too high, and what occurs in min_count + error records is kept. The
        error is below 2 N / max_counts, where N is how many different words (labels) each record has, summed over the
        records; and far below it where few words make most of the text. `tokens.TitleCounts` says why. A word that was
        forgotten and comes again is dropped as another one.
        """
        empty = cls([] if hash_size else {}, {}, 0, min_count, ngrams, stem, tfidf, hash_size, label_min_count,
                    first_word, shape)
        if max_counts is not None and max_counts < 1:
            raise ValueError(f"Vocabulary: want max_counts of at least 1, got {max_counts}")
        words, labels, n_records = TitleCounts(min_count, max_counts), _LabelCounts(max_counts), 0
        columns = np.zeros(hash_size if hash_size and tfidf else 0, np.int64)
        for titles, categories in _slices(records):
            n_records += len(titles)
            labels.add(categories)
            if not hash_size:
                words.add(hashed(titles, ngrams, stem, first_word, shape))
            elif tfidf:
                np.add.at(columns, empty._word_rows(titles)[1], 1)
        vocabulary = cls(columns if hash_size else words.counts(), labels.counts, n_records, **empty.settings)
        vocabulary.n_dropped_words = words.n_tokens - len(vocabulary._words)
        vocabulary.n_dropped_labels = labels.n_labels - len(vocabulary.labels)
        vocabulary.word_error, vocabulary.label_error = words.error, labels.error
        for kind, n_kept, n_seen, cut in (("word", vocabulary.n_words, words.n_tokens, min_count),
                                          ("label", len(vocabulary.labels), labels.n_labels, empty.label_min_count)):
            if not n_kept:
                raise ValueError(f"Vocabulary: want a {kind} that occurs in at least {cut} records, got {n_records} "
                                 f"records with {n_seen} rarer ones")
        return vocabulary

    def encode(self, records):
        """A Dataset of an iterable of Record: x holds 1 for every known word of the title, y for every known label.

        With tfidf x holds the weights of the words. A record without any known word or label is kept, as an empty row:
        a title's shape counts beside a word alone.
        """
        x, y = [], []
        for titles, categories in _slices(records):
            x.append(self._features(titles))
            y.append(self._label_rows(categories))
        return Dataset(_stacked(x, self.n_words), _stacked(y, len(self.labels)))

    def encode_titles(self, titles):
        """The csr matrix (N, D) of an iterable of titles, as in `encode`."""
        return _stacked([self._features(part) for part, in _slices(zip(titles))], self.n_words)

    def _word_rows(self, titles):
        """The ids of the words of some titles as csr rows, and how often each occurs in its title."""
        tokens = hashed(titles, self.ngrams, self.stem, self.first_word, self.shape)
        if self.hash_size:
            return _rows(tokens.rows, (tokens.hashes % np.uint64(self.hash_size)).astype(np.int32))
        ids = self._word_ids.find(tokens.hashes) - np.int32(1)
        if self.shape:
            hashing.drop_lone_shapes(tokens.places, tokens.rows, ids)
        return _rows(tokens.rows, ids)

    def _features(self, titles):
        indptr, indices, data = self._word_rows(titles)
        if self.tfidf:
            hashing.weigh_rows(indptr, indices, self.idf, data)
        else:
            data[:] = 1
        return indptr, indices, data

    def _label_rows(self, categories):
        rows = np.zeros(len(categories) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, categories), np.int64, len(categories)), out=rows[1:])
        ids = map(self._label_ids.get, chain.from_iterable(categories), repeat(-1))
        indptr, indices, data = _rows(rows, np.fromiter(ids, np.int32, rows[-1]))
        data[:] = 1
        return indptr, indices, data


class _LabelCounts:
    """In how many records each label occurs, by the rules of `tokens.TitleCounts`: counts, n_labels seen, error."""

    def __init__(self, max_labels):
        self.counts, self.missed, self.max_labels, self.n_labels, self.error = Counter(), {}, max_labels, 0, 0

    def add(self, categories):
        """Count those of some more records."""
        seen = Counter(chain.from_iterable(map(set, categories)))
        new = [label for label in seen if label not in self.counts]
        self.n_labels += len(new)
        if self.error:
            self.missed.update(dict.fromkeys(new, self.error))
        self.counts.update(seen)
        if self.max_labels and len(self.counts) > self.max_labels:
            most = {label: n + self.missed.get(label, 0) for label, n in self.counts.items()}
            self.error = sorted(most.values(), reverse=True)[self.max_labels // 2]
            self.counts = Counter({label: n for label, n in self.counts.items() if most[label] > self.error})
            self.missed = {label: n for label, n in self.missed.items() if label in self.counts}


def _check(min_count, ngrams, stem, tfidf, hash_size, label_min_count, first_word, shape):
    if min_count < 1 or ngrams < 1:
        raise ValueError(f"Vocabulary: want min_count and ngrams of at least 1, got {min_count} and {ngrams}")
    if label_min_count < 1:
        raise ValueError(f"Vocabulary: want a label_min_count of at least 1, got {label_min_count}")
    if stem is not None and stem < 1:
        raise ValueError(f"Vocabulary: want a stem of at least 1 letter, got {stem}")
    if hash_size is not None and not 1 <= hash_size < 2**31:
        raise ValueError(f"Vocabulary: want a hash_size of at least 1 and below 2^31, got {hash_size}")
    if max(ngrams, stem or 0) > LONGEST or max(min_count, label_min_count) >= 2**31:
        raise ValueError(f"Vocabulary: want ngrams and stem of at most {LONGEST}, min_count and label_min_count below "
                         f"2^31, got {ngrams}, {stem}, {min_count} and {label_min_count}")


def _kept(counts, min_count):
    kept = sorted((-n, name) for name, n in counts.items() if n >= min_count)
    return [name for _, name in kept], [-n for n, _ in kept]


def _slices(records):
    """Yield the titles and the categories, each as a tuple, of SLICE_RECORDS records at a time."""
    records = iter(records)
    while part := list(islice(records, SLICE_RECORDS)):
        yield tuple(zip(*part))


def _rows(rows, ids):
    """(indptr, indices, data): row i holds the ids from rows[i] to rows[i + 1], and how often each; no negative ones.

    All are sorted at once, as numbers of 64 bits with the row in the upper half.
    """
    every = (np.repeat(np.arange(rows.size - 1), np.diff(rows)) << 32 | ids)[ids >= 0]
    every.sort()
    first = np.flatnonzero(np.diff(every, prepend=-1))  # of equal ones
    entries = every[first]
    indptr = np.searchsorted(entries, np.arange(rows.size) << 32)
    return indptr, entries.astype(np.int32), np.diff(first, append=every.size).astype(np.float32)


def _stacked(parts, n_columns):
    """The csr matrix of rows in parts, (indptr, indices, data) each."""
    indptr, indices, data = zip((np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)), *parts)
    lengths = np.concatenate([np.diff(part) for part in indptr])
    arrays = np.concatenate(data), np.concatenate(indices), np.append(0, np.cumsum(lengths))
    return sp.csr_array(arrays, shape=(lengths.size, n_columns))
