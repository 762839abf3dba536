"""A title to begin with, composed from the vocabulary: no title of the training data is stored in a page."""

from collections.abc import Iterator

import numpy as np

from nnlite.classifier.shrinking import usefulness
from nnlite.classifier.small_rows import squared_errors
from nnlite.data.vocabulary import Vocabulary
from nnlite.mlp import MLP

CANDIDATES = 5_000  # the most useful words that are tried
MOST, ALONE = 5, 3  # words of an example; where the vocabulary has no pairs of words
SHORTEST = 3  # letters of its words


def examples(vocabulary: Vocabulary, model: MLP) -> Iterator[str]:
    """Titles of useful words, each a word shorter than the one before, down to one word.

    A title begins with the most useful pair of words, and goes on with the most useful pair that begins with its last
    word. Without pairs it is the most useful words; a vocabulary that keeps no words has no example.
    """
    if vocabulary.hash_size:
        return
    useful = usefulness(vocabulary) * squared_errors(model.features.w, (0,))[:, 0]
    best = [vocabulary.words[i].split(" ") for i in np.argsort(-useful, kind="stable")[:CANDIDATES].tolist()]
    best = [words for words in best if all(word.isalpha() and len(word) >= SHORTEST for word in words)]
    pairs = [words for words in best if len(words) == 2 and words[0] != words[1]]
    title = pairs[0] if pairs else [word for words in best for word in words][:ALONE]
    while len(title) < MOST and (more := [b for a, b in pairs if a == title[-1] and b not in title]):
        title = [*title, more[0]]
    for n in range(len(title), 0, -1):
        yield " ".join(title[:n])
