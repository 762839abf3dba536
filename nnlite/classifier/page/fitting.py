"""Which words a page keeps and how many bits their rows have, so that it fits into a number of bytes."""

from typing import Any, NamedTuple

import numpy as np

from nnlite.classifier.page.contents import Rows, about, exact_bytes, exact_rows, packed_text, rounded_rows
from nnlite.classifier.shrinking import usefulness
from nnlite.classifier.small_rows import BITS, best_choices, squared_errors, width
from nnlite.data.vocabulary import Vocabulary
from nnlite.mlp import MLP

CHOICES = 0, *BITS  # bits of a word's row; 0 leaves the word out
OTHER_BITS = 8  # of the rows of the layers above the words, which take less memory and tolerate less rounding
BESIDE = 10  # bytes of a word beside its row, about: its letters and count, deflated, its scale and number of bits
STEP = 0.999  # of what should fit, so that few steps do


class Carried(NamedTuple):
    """What a page carries, packed; how many words there are of how many; of how many bits their rows are.

    as_it_is: are these all numbers of the model, without a change?
    """

    text: str
    n_words: int
    of_words: int
    bits: list[int]
    as_it_is: bool = False


def carried(vocabulary: Vocabulary, model: MLP, more: dict[str, Any], page_bytes: int, beside: int) -> Carried:
    """What fits into a page: all as it is or, if that is too much, rounded rows of the most useful words.

    more: entries of the JSON beside those of the model    beside: of page_bytes, those that are not the model's
    ValueError if not even the categories and one word fit
    """
    most = page_bytes - beside
    names = ["features", *(f"hidden{i}" for i in range(1, len(model.hidden))), "labels"]
    layers: list[Any] = [model.features, *model.between, model.labels]
    w, b = ({name: getattr(layer, kind) for name, layer in zip(names, layers)} for kind in "wb")
    header, every = about(vocabulary, model) | more, np.arange(vocabulary.n_words)

    def packed(kept: np.ndarray, rows: dict[str, Rows]) -> Carried:
        words = [] if vocabulary.hash_size else [vocabulary.words[i] for i in kept.tolist()]
        counts = vocabulary.word_counts[kept].tolist() if vocabulary.tfidf else []
        text = packed_text(header | {"words": words, "counts": counts}, {name: (rows[name], b[name]) for name in names})
        return Carried(text, kept.size, every.size, np.unique(rows["features"].bits).tolist())

    if sum(exact_bytes(matrix) for matrix in w.values()) < most:  # base64 takes more than deflating saves
        whole = packed(every, {name: exact_rows(w[name]) for name in names})
        if len(whole.text) <= most:
            return whole._replace(as_it_is=True)
    others = {name: rounded_rows(w[name], np.full(len(w[name]), OTHER_BITS, np.uint8)) for name in names[1:]}

    def rounded(bits: np.ndarray) -> Carried:
        kept = every if vocabulary.hash_size else np.flatnonzero(bits)
        return packed(kept, {"features": rounded_rows(w["features"][kept], bits[kept])} | others)

    costs = usefulness(vocabulary)[:, None] * squared_errors(w["features"], CHOICES)
    one_word = np.zeros(every.size, np.uint8)
    one_word[np.argmax(costs[:, 0] - costs[:, 1])] = CHOICES[1]
    smallest = rounded(one_word)
    if len(smallest.text) > most:
        raise ValueError(f"to_page: megabytes: want at least {(len(smallest.text) + beside + 1) / 1e6:.6f} for a page "
                         f"of {len(vocabulary.labels):,} categories and one word, got {page_bytes / 1e6:g}")
    least = len(rounded(np.zeros(every.size, np.uint8)).text)
    sizes = [width(w["features"].shape[1], bits) + (bits > 0) * BESIDE for bits in CHOICES]
    room = float(most - least)  # bytes before they are deflated and written as base64: more than will fit
    while True:
        bits = np.array(CHOICES, np.uint8)[best_choices(costs, np.broadcast_to(sizes, costs.shape), max(room, 0.0))]
        if not bits.any():
            return smallest
        found = rounded(bits)
        if len(found.text) <= most:
            return found
        room *= STEP * (most - least) / (len(found.text) - least)
