"""A vocabulary with more words and labels, behind those that it has, whose ids stay: for products that come later."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nnlite.data.counting import LabelCounts, TitleCounts
from nnlite.data.records import Record
from nnlite.data.small_vocabulary import made
from nnlite.data.tokens import hashed
from nnlite.data.vocabulary import Vocabulary, slices

MOST_WORDS, MOST_LABELS = 5_000_000, 500_000  # that a vocabulary grows to


class Grown(NamedTuple):
    """A vocabulary that has grown, and how many of what it did not know in the records it has not taken.

    words, labels: rarer than its cuts, or too many
    """

    vocabulary: Vocabulary
    words: int
    labels: int


def grown(vocabulary: Vocabulary, records: Sequence[Record], most_words: int = MOST_WORDS,
          most_labels: int = MOST_LABELS) -> Grown:
    """The vocabulary with the words and labels of some more records that reach its cuts in these records alone.

    The most frequent new ones come first, as long as there are at most most_words and most_labels together with the
    old ones. Counts, n_records and so the weights of words are those of all records; of what is new, records that came
    before are not counted, which are fewer than the cut: word_error and label_error rise by that. With hash_size only
    labels are new.
    """
    words, labels = TitleCounts(vocabulary.min_count, secret=vocabulary.secret), LabelCounts()
    for titles, categories in slices(records, vocabulary.rules.ngrams, "counting words"):
        labels.add(categories)
        if not vocabulary.hash_size:
            words.add(hashed(titles, vocabulary.rules, vocabulary.secret))
    seen, header = vocabulary.encode(records), vocabulary.to_files()[0]
    word_counts = np.bincount(seen.x.indices, minlength=vocabulary.n_words)
    label_counts = np.bincount(seen.y.indices, minlength=len(vocabulary.labels))
    counts, known = words.counts(), set(vocabulary.labels)
    unknown = (name for name, column in zip(counts, vocabulary.columns_of(list(counts))) if column < 0)
    new_words = _first({name: counts[name] for name in unknown}, most_words - vocabulary.n_words)
    new_labels = _first({name: n for name, n in labels.counts.items()
                         if name not in known and n >= vocabulary.label_min_count}, most_labels - len(known))
    left = (words.n_tokens - int(np.count_nonzero(word_counts)) - len(new_words) if not vocabulary.hash_size else 0,
            labels.n_labels - int(np.count_nonzero(label_counts)) - len(new_labels))
    for kind, new, n_left, cut in (("word", new_words, left[0], vocabulary.min_count),
                                   ("label", new_labels, left[1], vocabulary.label_min_count)):
        header[f"n_dropped_{kind}s"] += n_left
        header[f"{kind}_error"] += (cut - 1) * bool(new)
    header["n_records"] += len(records)
    if not vocabulary.word_counts.size:  # columns without counts
        word_counts = vocabulary.word_counts
    return Grown(made(header, {"word_counts": _longer(vocabulary.word_counts, word_counts, new_words),
                               "label_counts": _longer(vocabulary.label_counts, label_counts, new_labels)},
                      {"words": [*vocabulary.words, *new_words], "labels": [*vocabulary.labels, *new_labels]}), *left)


def _first(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """The most frequent ones, ties alphabetically, with their counts."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return {name: counts[name] for name in names[:max(most, 0)]}


def _longer(before: np.ndarray, more: np.ndarray, new: Mapping[str, int]) -> np.ndarray:
    return np.concatenate([before + more, np.fromiter(new.values(), np.int64, len(new))])
