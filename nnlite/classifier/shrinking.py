"""A smaller model: the words and the bits of each row that cost the predictions least, for a given size.

Leaving a word out counts as

    sqrt(n_d) idf_d^2 |W_d|^2

n_d: in how many titles of the training the word occurs; idf_d: its weight, 1 without TF-IDF; W_d: its row of weights.
Rounding the row counts the same, the rounding error in the place of W_d. Each word gets 0, 2, 4 or 8 bits a number so
that the sum is least (`small_rows.best_choices`); one of 0 bits leaves the vocabulary, with its text. With n_d itself,
which is what squares of x_d W_d sum up to over the training, frequent words get too many bits: of n_d to the powers 1,
3/4, 1/2 and 1/4, the root changed the fewest predictions for titles that were held out.

All labels stay, with as many bits each. Biases and layers between hidden ones stay float32. The size is that of the
whole folder: texts and counts are deflated; the digests of titles have half the bits, or are left out if they take
more than DIGESTS of it.
"""

import logging
from collections.abc import Callable

import numpy as np

from nnlite.classifier import model_folder
from nnlite.classifier.small_model import SMALL, SmallMLP, SmallRows
from nnlite.classifier.small_rows import BITS, best_choices, squared_errors, width
from nnlite.data.digests import short
from nnlite.data.small_vocabulary import of_words
from nnlite.data.vocabulary import Vocabulary
from nnlite.system.ranges import number

MB = 1_000_000  # bytes
DIGESTS = 0.1  # of the size, at most
LABELS = 0.25  # of the size that the rows of labels may take; with more, they get fewer bits,
LEFT = 0.9  # unless they and the words with 8 bits take less than this part of it
CHOICES = 0, *BITS
ROW = 5  # bytes of a word beside its codes and its text: scale and bits
DEFLATED = 0.5  # of a text's bytes, about, with its count
TRIES = 6  # at the size, because texts are deflated more or less well
FULL = 0.002  # of the size that may stay free
MOST = 1e9  # megabytes

_log = logging.getLogger("nnlite")


def usefulness(vocabulary: Vocabulary) -> np.ndarray:
    """(D,): sqrt(n_d) idf_d^2, what the square of an entry of each word's row counts; 1 for columns without counts."""
    if not vocabulary.word_counts.size:
        return np.ones(vocabulary.n_words)
    return np.sqrt(vocabulary.word_counts) * (1.0 if vocabulary.idf is None else np.square(vocabulary.idf))


class Shrinking:
    """The choice of the words and bits of a model that is to take at most n_bytes."""

    def __init__(self, stored: model_folder.Stored, n_bytes: int):
        self.stored, self.n_bytes = stored, n_bytes
        model = stored.model.expanded() if isinstance(stored.model, SmallMLP) else stored.model
        self.words, self.labels = (model.params[name] for name in SMALL)
        self.others = {name: p.copy() for name, p in model.params.items() if name not in SMALL}
        self.is_hashed = bool(stored.vocabulary.hash_size)
        self.costs = usefulness(stored.vocabulary)[:, None] * squared_errors(self.words, CHOICES)
        self.sizes = np.array([width(self.words.shape[1], b) for b in CHOICES], float) + np.zeros((len(self.words), 1))
        if not self.is_hashed:
            texts = (len(word.encode("utf-8", "surrogatepass")) for word in stored.vocabulary.words)
            self.sizes[:, 1:] += ROW + DEFLATED * np.fromiter(texts, float, len(self.words))[:, None]
        left = LEFT * n_bytes - self.sizes[:, -1].sum()  # by words of 8 bits
        fits = [b for b in BITS if len(self.labels) * width(self.labels.shape[1], b) <= max(left, LABELS * n_bytes)]
        self.label_bits = max(fits, default=min(BITS))
        self.seen = short(stored.title_digests)
        if self.seen.nbytes > DIGESTS * n_bytes:
            self.seen = self.seen[:0]

    def model(self, choice: np.ndarray, rows_of: Callable[[np.ndarray, np.ndarray], SmallRows]) -> model_folder.Stored:
        """The model whose words have these of CHOICES (D,); rows_of(w, bits) are the rows of a matrix."""
        bits = np.array(CHOICES, np.uint8)[choice]
        kept = np.flatnonzero(bits) if not self.is_hashed else np.arange(bits.size)
        rows = {"features.W": rows_of(self.words[kept], bits[kept]),
                "labels.W": rows_of(self.labels, np.full(len(self.labels), self.label_bits, np.uint8))}
        before = self.stored
        return before._replace(
            model=SmallMLP.of(self.others | rows, before.model.activation, before.model.output),
            vocabulary=before.vocabulary if self.is_hashed else of_words(before.vocabulary, kept),
            title_digests=self.seen)

    def best(self) -> model_folder.Stored:
        """The model. ValueError if none of at least one word fits."""
        room, best, largest = float(self.n_bytes), None, 0
        for _ in range(TRIES):
            if room < 0 or not (choice := best_choices(self.costs, self.sizes, room)).any():
                break
            size = model_folder.bytes_at_most(self.model(choice, SmallRows.blank))
            rest = size - np.take_along_axis(self.sizes, choice[:, None], axis=1).sum()
            if largest < size <= self.n_bytes:
                best, largest = choice, size
                if size > (1 - FULL) * self.n_bytes or (choice == len(BITS)).all():
                    break
            room = (1 - FULL / 2) * self.n_bytes - rest
        if best is None:
            best = self.smallest()
        return self.model(best, SmallRows.of)

    def smallest(self) -> np.ndarray:
        """The choice of one word, with the fewest bits for labels and no digests. ValueError if that does not fit."""
        self.label_bits, self.seen = min(BITS), self.seen[:0]
        choice = np.zeros(len(self.words), int)
        choice[np.argmax(self.costs[:, 0] - self.costs[:, 1])] = 1
        size = model_folder.bytes_at_most(self.model(choice, SmallRows.blank))
        if size > self.n_bytes:
            raise ValueError(f"shrink: want at least {(size + 1) / MB:.6f} MB, which this model takes with one word, "
                             f"got {self.n_bytes / MB:g}")
        return choice


def shrunk(stored: model_folder.Stored, megabytes: float) -> model_folder.Stored:
    """The same model in a folder of at most so many million bytes; what was left out is said on the logger "nnlite".

    TypeError for something else than a number. ValueError if it does not fit, for a number of at most 0 or too large.
    """
    n_bytes = int(MB * number("shrink: megabytes", megabytes, 0, MOST))
    found = Shrinking(stored, n_bytes).best()
    _log.warning("%s", f"shrink: {summary(stored, found)}")
    return found


def summary(before: model_folder.Stored, after: model_folder.Stored) -> str:
    """What a model has lost, in words."""
    bits, labels = (after.model.params[f"{name}.bits"] for name in SMALL)
    n_kept, n_before = np.count_nonzero(bits), before.vocabulary.n_words
    some = ", ".join(f"{n:,} with {b}" for b in reversed(BITS) if (n := np.count_nonzero(bits == b)))
    words = "columns of words" if before.vocabulary.hash_size else "words"
    text = f"keeps {n_kept:,} of {n_before:,} {words}, {some} bits each; {len(labels):,} categories with {labels[0]}"
    if before.title_digests.size and not after.title_digests.size:
        text += "; it no longer knows which titles it was trained on"
    return text
