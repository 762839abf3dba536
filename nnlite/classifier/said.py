"""What a training drops and ignores: counted for `training_`, and said on the logger "nnlite"."""

import logging
from collections import Counter
from collections.abc import Sequence

import numpy as np

from nnlite.categories.choice import Categories
from nnlite.classifier.fitted import encoded
from nnlite.data.chunks import ChunkFolder
from nnlite.data.dataset import Dataset
from nnlite.data.digests import repeated
from nnlite.data.growing_vocabulary import Grown
from nnlite.data.records import Record
from nnlite.data.summary import kept_categories, nothing_to_learn
from nnlite.data.vocabulary import Vocabulary
from nnlite.scores.explanation import unknown_share, unknown_words

MANY_UNKNOWN = 0.1  # of the words of some titles
MANY_NEW = 0.5  # of the products: a category of more is learnt without enough products that lack it
SHOWN = 5  # names of ignored categories
OF_ONE_TRAINING = ("validation_records", "validation_known", "validation_repeated", "held_out", "refit",
                   "new_words", "new_categories", "records_without_known")  # counts that a later one does not keep

_log = logging.getLogger("nnlite")


def about_data(vocabulary: Vocabulary, data: Dataset | ChunkFolder, n_empty: int = 0) -> dict[str, int]:
    """Counts of the words, the categories and the records that have none left; n_empty: those that never had one.

    ValueError if all records have the same categories, so that there is nothing to learn.
    """
    n_without = data.rows_without_label()
    if what := nothing_to_learn(vocabulary, n_without):
        raise ValueError(f"fit: {what}")
    if text := kept_categories(vocabulary, n_without - n_empty):
        _log.warning("%s", text)
    n_words, n_labels = vocabulary.n_words, len(vocabulary.labels)
    return {"words": n_words, "words_dropped": vocabulary.n_dropped_words, "categories": n_labels,
            "categories_dropped": vocabulary.n_dropped_labels, "records": data.n_rows, "records_without": n_without}


def about_validation(records: list[Record] | None, known: Categories, vocabulary: Vocabulary,
                     trained_on: np.ndarray) -> tuple[Dataset | None, dict[str, int]]:
    """The validation records as a Dataset; counts of all, of those with a known category, of repeated ones.

    trained_on: the digests of the titles that are learnt from
    """
    if records is not None and not records:
        _log.warning("%s", "validation: got no products: there will be no scores, and the threshold is chosen by the "
                           "training titles")
    if not records:
        return None, {}
    data = encoded(records, known, vocabulary)
    n, n_known = len(records), data.n_rows - data.rows_without_label()
    twice = repeated((title for title, _ in records), trained_on)
    if n_known < n:
        _log.warning("%s", f"{n_known:,} of {n:,} validation products count: the others have no category that is "
                           "learnt")
    counts = {"validation_records": n, "validation_known": n_known}
    if twice is None:  # more titles than are noted
        return data, counts
    if n_twice := int(twice.sum()):
        _log.warning("%s", f"{n_twice:,} of {n:,} validation titles are also in the training data")
    return data, counts | {"validation_repeated": n_twice}


def about_new(records: Sequence[Record], vocabulary: Vocabulary) -> dict[str, int]:
    """Counts of the categories that the vocabulary does not know, and of the records that have no other.

    The share of unknown words is said, too, if it is MANY_UNKNOWN or more.
    """
    known, new = set(vocabulary.labels), Counter[str]()
    n_without = 0
    for _, categories in records:
        unknown = set(categories) - known
        new.update(unknown)
        n_without += bool(unknown) and len(unknown) == len(set(categories))
    if new:
        names = ", ".join(f"{name!r} ({n:,})" for name, n in new.most_common(SHOWN))
        more = f" and {len(new) - SHOWN:,} more" if len(new) > SHOWN else ""
        _log.warning("%s", f"partial_fit: new categories are ignored, the model does not know them: {names}{more}; "
                           f"{n_without:,} of {len(records):,} products have no other; grow=True learns them")
    if (share := unknown_share(vocabulary, [title for title, _ in records]) or 0) >= MANY_UNKNOWN:
        _log.warning("%s", f"partial_fit: {100 * share:.1f} % of the titles' words have no effect, the model does not "
                           "know them; grow=True learns them")
    return {"new_categories": len(new), "records_without_known": n_without}


def about_growth(before: Vocabulary, found: Grown, data: Dataset, records: Sequence[Record], trained_on: np.ndarray,
                 ) -> dict[str, int]:
    """Counts of what a vocabulary has grown by, of what it has now, and of the records without a category in data.

    trained_on: the digests of the titles that were learnt from before
    """
    now = found.vocabulary
    names, n_words = now.labels[len(before.labels):], now.n_words - before.n_words
    some = ": " + ", ".join(map(repr, names[:SHOWN])) if names else ""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    text = f"partial_fit: learns new words ({n_words:,}) and new categories ({len(names):,}{some}{more})"
    if found.labels:
        text += f"; others ({found.labels:,}) are in fewer than {now.label_min_count:,} of these products, or too many"
    if n_without := data.rows_without_label():
        text += f"; {n_without:,} of {len(records):,} products have no category that is learnt"
    if (twice := repeated((title for title, _ in records), trained_on)) is not None and twice.any():
        text += f"; {twice.sum():,} of their titles were learnt from before"
    _log.warning("%s", text)
    if names and (n := now.label_counts[len(before.labels)]) > MANY_NEW * len(records):  # the most frequent new one
        _log.warning("%s", f"partial_fit: {names[0]!r} is new and in {n:,} of {len(records):,} products: hand over "
                           "earlier products as well, or it will be named for those, too")
    return {"new_words": n_words, "new_categories": len(names), "words": now.n_words, "categories": len(now.labels),
            "words_dropped": now.n_dropped_words, "categories_dropped": now.n_dropped_labels,
            "records": now.n_records, "records_without": n_without}


def about_unknown(vocabulary: Vocabulary, title: str) -> None:
    """Say which words of a title have no effect, because the vocabulary does not know them."""
    if words := unknown_words(vocabulary, title):
        more = f" and {len(words) - SHOWN:,} more" if len(words) > SHOWN else ""
        _log.warning("%s", f"explain: words that the model does not know have no effect: "
                           f"{', '.join(map(repr, words[:SHOWN]))}{more}")
