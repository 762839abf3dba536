"""`Vocabulary`: the words and labels that are frequent enough to be kept, and records as rows of csr matrices."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import asdict
from functools import cached_property
from itertools import chain, islice, repeat

import numpy as np
import scipy.sparse as sp

from nnlite.data.counting import LabelCounts, Table, TitleCounts
from nnlite.data.dataset import Dataset, from_arrays
from nnlite.data.id_rows import joined, rows_of_ids
from nnlite.data.records import Record
from nnlite.data.summary import smaller_cuts
from nnlite.data.tokens import PUBLIC, TokenRules, checked_secret, hash_of, hashed, new_secret
from nnlite.data.vocabulary_checks import (
    LARGEST, check_any, check_bounds, check_columns, check_counted, checked_counts, checked_flag, checked_slots,
    checked_version, distinct)
from nnlite.kernels import hashing
from nnlite.system.number_arrays import numbers
from nnlite.system.ranges import instance, integer
from nnlite.system.stages import done

SLICE_RECORDS = 2_048  # whose tokens exist at once
SLICE_CHARS = 1 << 20  # of their titles, for each word of the longest n-gram, unless one title has more

_NUMBERS = "n_records", "n_dropped_words", "n_dropped_labels", "word_error", "label_error"
_SETTINGS = {  # and the types that they may have
    "min_count": (int,), "ngrams": (int,), "stem": (int, type(None)), "tfidf": (bool,), "hash_size": (int, type(None)),
    "label_min_count": (int,), "first_word": (bool,), "shape": (bool,),
}
SECRET = "hash_secret"  # in the header; files of an older format lack it and were hashed with PUBLIC
VERSION = "tokens"  # in the header, the version of the rules what a word is; those of an older format have the first
_RULES = "ngrams", "stem", "first_word", "shape"  # the settings that are TokenRules
_OLDER = {"shape": False}  # settings that files of an older format lack


class Vocabulary:
    """The kept words and labels; the place in the list is the id. Most frequent first (ties alphabetical), then grown.

    A word is any token that `tokenise` makes with `rules`, the TokenRules of ngrams, stem, first_word and shape. Their
    version is the newest, but in a vocabulary from files that of its writer.

    words, labels: lists of str    word_counts, label_counts: int64 arrays, in how many records each was seen
    n_records: that it was built from    n_dropped_words, n_dropped_labels: seen in too few records to be kept
    word_error, label_error: a count is too low by at most this number; above 0 only if `build` reached its max_counts
    idf: None or, with tfidf, float64 (n_words,), ln((1 + n_records) / (1 + word_counts)) + 1

    tfidf: x holds, instead of ones, how often a word occurs in the title, times its idf, and each row is scaled to
    length 1 (weights: Spärck Jones 1972; scaled rows: Salton and Buckley 1988). The ones added are scikit-learn's: the
    counts are as if one more record held every word, and every weight is above 0.

    hash_size: None or a number of columns. No word is then kept: a word's column is its hash modulo hash_size, words
    that share a column count as one, and memory does not grow with the records (Weinberger et al. 2009). `words` is
    empty; word_counts are those of the columns, if tfidf asks for them.

    secret: of the hash of the words, random, so that nobody can choose words that collide; stored with the vocabulary.
    Nothing but the time of a search depends on it. With hash_size, where columns would, it is PUBLIC: words share
    columns anyway, and there is no table to fill.

    Vocabulary(counts of words, counts of labels, n_records, **settings) makes an equal one. Both counts map a name to a
    number; with hash_size the first is the array word_counts.
    """

    smaller_cuts: dict[int, int] = {}  # how many labels smaller cuts would keep; one from files does not know

    def __init__(self, word_counts: dict[str, int] | np.ndarray, label_counts: dict[str, int], n_records: int,
                 min_count: int = 10, ngrams: int = 1, stem: int | None = None, tfidf: bool = False,
                 hash_size: int | None = None, label_min_count: int | None = None, first_word: bool = False,
                 shape: bool = False):
        self.n_records, self.min_count, self.hash_size = n_records, min_count, hash_size
        self.tfidf = checked_flag("tfidf", tfidf)
        self.label_min_count = min_count if label_min_count is None else label_min_count
        check_bounds(self)
        self.rules = TokenRules(ngrams, stem, checked_flag("first_word", first_word), checked_flag("shape", shape))
        self._words, counts = ([], numbers("Vocabulary: word_counts", word_counts)) if hash_size else _kept(
            check_counted("word_counts", word_counts), self.min_count)
        self.word_counts = np.array(counts, np.int64)
        self.labels, counts = _kept(check_counted("label_counts", label_counts), self.label_min_count)
        self.label_counts = np.array(counts, np.int64)
        self.n_dropped_words = 0 if hash_size else len(word_counts) - len(self._words)
        self.n_dropped_labels = len(label_counts) - len(self.labels)
        self.word_error = self.label_error = 0
        self.smaller_cuts = smaller_cuts(label_counts.values(), self.label_min_count)
        self._hash_words(PUBLIC if hash_size else new_secret())
        self._derive()

    def _hash_words(self, secret):
        """Make the table of the words with this secret."""
        self.secret, self._word_ids = secret, Table(len(self._words))
        self._word_ids.insert(hash_of(list(self._words), secret), np.arange(1, len(self._words) + 1, dtype=np.int32))

    def _derive(self):
        """Set what follows from the labels and the counts. ValueError for a count out of its range."""
        for name in "word_counts", "label_counts":
            counts, n = getattr(self, name), self.n_records
            if counts.size and not 0 <= counts.min() <= counts.max() <= n:
                raise ValueError(f"Vocabulary: {name}: want 0 to n_records, which is {n}, got {counts.min()} to "
                                 f"{counts.max()}")
        self.idf = np.log((1 + self.n_records) / (1.0 + self.word_counts)) + 1 if self.tfidf else None
        self._label_ids = {label: i for i, label in enumerate(self.labels)}

    @property
    def n_words(self) -> int:
        """D, the number of columns of x."""
        return self.hash_size or len(self.word_counts)

    @cached_property
    def words(self) -> list[str]:
        """The kept words; those of a vocabulary from files are read, and must then differ, when first asked for."""
        return distinct("Vocabulary: words", self._words)

    @property
    def settings(self) -> dict:
        """The keyword arguments that it was made with."""
        values = vars(self) | asdict(self.rules)
        return {name: values[name] for name in _SETTINGS}

    def to_files(self) -> tuple[dict, dict, dict]:
        """A dict that JSON can hold, arrays by name and lists of texts by name: all that `from_files` needs.

        The table of the words is among them, because it takes longer to make than to read.
        """
        header = self.settings | {name: getattr(self, name) for name in _NUMBERS} | {
            SECRET: self.secret.tolist(), VERSION: self.rules.version}
        arrays = {"word_counts": self.word_counts, "label_counts": self.label_counts,
                  "word_hashes": self._word_ids.keys.view(np.int64), "word_ids": self._word_ids.values}
        return header, arrays, {"words": self.words, "labels": self.labels}

    @classmethod
    def from_files(cls, header: dict, arrays: dict, texts: dict, owned: bool = False) -> "Vocabulary":
        """The vocabulary that `to_files` took apart; owned: can nobody else change the arrays?

        ValueError if these do not fit together.
        """
        vocabulary = object.__new__(cls)
        try:
            vocabulary._read(header, arrays, texts, owned)
        except (KeyError, TypeError) as error:
            raise ValueError(f"Vocabulary: want what to_files makes, got: {error!r}") from None
        except ValueError as error:
            raise ValueError(f"Vocabulary: {error}") from None
        check_bounds(vocabulary)
        vocabulary._derive()
        return vocabulary

    def _read(self, header, arrays, texts, owned):
        """Set every attribute to what `to_files` made of it."""
        settings, numbers = {n: (_OLDER | header)[n] for n in _SETTINGS}, {n: header[n] for n in _NUMBERS}
        for name, value in settings.items():
            if type(value) not in _SETTINGS[name]:
                raise ValueError(f"{name}: want {_SETTINGS[name][0].__name__}, got {value!r}")
        for name, value in numbers.items():
            if type(value) is not int or not 0 <= value <= LARGEST:
                raise ValueError(f"{name}: want a whole number of 0 to 2^53, got {value!r:.40}")
        version = checked_version(header.get(VERSION, 1))
        self.rules = TokenRules(**{name: settings.pop(name) for name in _RULES}, version=version)
        vars(self).update(settings | numbers)
        self._words, self.labels = texts["words"], distinct("labels", texts["labels"])
        self.secret = checked_secret(header.get(SECRET, PUBLIC.tolist()))
        n_columns = int(self.hash_size or 0) if self.tfidf else 0  # that have counts, if words are hashed
        n_counts = n_columns if self.hash_size else len(self._words)
        self.word_counts = checked_counts("word_counts", arrays, n_counts)
        self.label_counts = checked_counts("label_counts", arrays, len(self.labels))
        self._word_ids = Table.of(*checked_slots(arrays, owned), len(self._words))

    def with_secret_of(self, header: dict) -> "Vocabulary":
        """An equal vocabulary, hashed with the secret in the header of another one. ValueError if that is invalid."""
        other = copy(self)
        other._hash_words(checked_secret(header.get(SECRET, PUBLIC.tolist())))
        return other

    def columns_of(self, tokens: list[str]) -> np.ndarray:
        """The column of x of each token, -1 for an unknown one, int32."""
        hashes = hash_of(tokens, self.secret)
        if self.hash_size:
            return (hashes % np.uint64(self.hash_size)).astype(np.int32)
        return self._word_ids.find(hashes) - np.int32(1)

    @classmethod
    def build(cls, records: Iterable[Record], min_count: int = 10, ngrams: int = 1, stem: int | None = None,
              tfidf: bool = False, hash_size: int | None = None, label_min_count: int | None = None,
              first_word: bool = False, shape: bool = False, max_counts: int | None = None) -> "Vocabulary":
        """Count the words and labels of some records in one pass; keep those in at least min_count records.

        ngrams, stem, first_word, shape: which tokens are words, see `TokenRules`
        tfidf, hash_size: what x holds, see `Vocabulary`
        label_min_count: the same as min_count for labels; by default min_count
        max_counts: None, or how many words, and how many labels, are counted at a time (labels: and those of
            SLICE_RECORDS records), so that memory is bounded. When there are more, the least frequent are forgotten, as
            `TitleCounts` describes. Counts may then be too low, by word_error and label_error at most, never too high,
            and what occurs in min_count + error records is kept.
        ValueError if no word or no label is left. A word that was forgotten and comes again is dropped as another one.
        """
        empty = cls(np.zeros(0) if hash_size else {}, {}, 0, min_count, ngrams, stem, tfidf, hash_size, label_min_count,
                    first_word, shape)
        if max_counts is not None and (max_counts := integer("Vocabulary: max_counts", max_counts)) < 1:
            raise ValueError(f"Vocabulary: want max_counts of at least 1, got {max_counts}")
        min_count, hash_size = empty.min_count, empty.hash_size
        words, labels, n_records = TitleCounts(min_count, max_counts, empty.secret), LabelCounts(max_counts), 0
        columns = np.zeros(hash_size if hash_size and tfidf else 0, np.int64)
        for titles, categories in slices(records, empty.rules.ngrams, "counting words"):
            n_records += len(titles)
            labels.add(categories)
            if not hash_size:
                words.add(hashed(titles, empty.rules, empty.secret))
            elif tfidf:
                np.add.at(columns, empty._word_rows(titles)[1], 1)
        vocabulary = cls(columns if hash_size else words.counts(), labels.counts, n_records, **empty.settings)
        vocabulary.n_dropped_words = words.n_tokens - len(vocabulary._words)
        vocabulary.n_dropped_labels = labels.n_labels - len(vocabulary.labels)
        vocabulary.word_error, vocabulary.label_error = words.error, labels.error
        check_any("word", vocabulary.n_words, words.n_tokens, min_count, n_records)
        check_any("label", len(vocabulary.labels), labels.n_labels, vocabulary.label_min_count, n_records)
        return vocabulary

    def encode(self, records: Iterable[Record]) -> Dataset:
        """A Dataset of some records: x holds 1 for every known word of the title, y for every known label.

        With tfidf x holds the weights of the words. A record without any known word or label is kept, as an empty row.
        The tokens of a title's shape count only where another word of the title is known.
        """
        x, y = [], []
        for titles, categories in slices(records, self.rules.ngrams, "encoding"):
            x.append(self._features(titles))
            y.append(self._label_rows(categories))
        return from_arrays(joined(x), joined(y), self.n_words, len(self.labels))

    def encode_titles(self, titles: Iterable[str]) -> sp.csr_array:
        """The csr matrix (N, D) of some titles, as in `encode`. TypeError for one str instead of many."""
        if isinstance(titles, str) or not isinstance(titles, Iterable):
            raise TypeError(f"encode_titles: want titles of type str, got one {type(titles).__name__}")
        indptr, indices, data = joined([self._features(part) for part, in slices(zip(titles), self.rules.ngrams)])
        return sp.csr_array((data, indices, indptr), shape=(indptr.size - 1, self.n_words))

    def _word_rows(self, titles):
        """The ids of the words of some titles as csr rows, and how often each occurs in its title."""
        tokens = hashed(titles, self.rules, self.secret)
        if self.hash_size:
            return rows_of_ids(tokens.rows, (tokens.hashes % np.uint64(self.hash_size)).astype(np.int32))
        ids = self._word_ids.find(tokens.hashes) - np.int32(1)
        if self.rules.shape:
            hashing.drop_lone_shapes(tokens.places, tokens.rows, ids)
        return rows_of_ids(tokens.rows, ids)

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
        indptr, indices, data = rows_of_ids(rows, np.fromiter(ids, np.int32, rows[-1]))
        data[:] = 1
        return indptr, indices, data


def without_secret(header: dict) -> dict:
    """The header of a folder that holds a vocabulary, without the secret and the CRC-32s that depend on it."""
    about = header["vocabulary"]
    if SECRET not in about:
        return header
    files = {name: entry for name, entry in header["files"].items() if name not in ("word_hashes.npy", "word_ids.npy")}
    return header | {"vocabulary": {name: about[name] for name in about if name != SECRET}, "files": files}


def _kept(counts, min_count):
    kept = sorted((name for name, n in counts.items() if n >= min_count), key=lambda name: (-int(counts[name]), name))
    return kept, [counts[name] for name in kept]


def slices(records: Iterable[tuple], ngrams: int, stage: str = "") -> Iterator[tuple]:
    """Yield the titles and the categories, each as a tuple, of SLICE_RECORDS records at a time, of fewer if long.

    stage: of the work, said where the records are a list
    """
    instance("records", records, Iterable)
    n_records = len(records) if stage and isinstance(records, list) else 0
    records, max_chars = iter(records), SLICE_CHARS // ngrams
    while part := list(islice(records, SLICE_RECORDS)):
        if n_records:
            done(stage, len(part), n_records)
        columns = check_columns(part)
        if sum(map(len, columns[0])) <= max_chars:
            yield columns
            continue
        first, ends = 0, np.cumsum(list(map(len, columns[0])))  # of the titles, in characters
        while first < len(part):
            before = ends[first - 1] if first else 0
            stop = max(first + 1, int(np.searchsorted(ends, before + max_chars, "right")))
            yield tuple(column[first:stop] for column in columns)
            first = stop
