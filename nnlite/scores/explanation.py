"""Why a title gets its categories: each word's exact effect, found by leaving it out."""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.data import tokens
from nnlite.kernels import hashing

MAX_WORDS = 1_000  # of a title: each different one is a row, nearly as long as the title

f32 = np.float32


class Effect(NamedTuple):
    """What a word of the title does for a category: with it minus without it, so that above 0 it speaks for it."""

    word: str
    probability: float
    logit: float


class Explanation(NamedTuple):
    """A category that a title gets, its probability, and the effects of the title's words in the title's order."""

    category: str
    probability: float
    effects: tuple[Effect, ...]


def explain(vocabulary, model, title, k=5, threads=None):
    """A list of the `Explanation`s of the k likeliest categories of a title, likeliest first.

    A word is left out of the whole title, with the pairs and the beginning that it makes; its neighbours do not become
    a new pair, the title keeps its shape, and the weights of the others are what they would be in such a title (TF-IDF
    scales each row anew). All titles with a word less pass through the network as one batch. Effects do not add up:
    words act together.
    ValueError for a title of more than MAX_WORDS words.
    """
    words, x = left_out(vocabulary, title)
    ids, _ = model.top_k(x[:1], min(k, model.n_labels), threads)
    z = np.concatenate(model.each_block(x, lambda rows, h: model.labels.some_logits(h, ids[0]), threads))
    z = z.astype(np.float64)
    p = (1 + np.tanh(z / 2)) / 2  # the sigmoid, without overflow
    return [
        Explanation(vocabulary.labels[label], float(p[0, j]), tuple(
            Effect(word, float(p[0, j] - p[i, j]), float(z[0, j] - z[i, j])) for i, word in enumerate(words, start=1)))
        for j, label in enumerate(ids[0])]


def left_out(vocabulary, title):
    """The different words of a title, and csr (1 + words, D): the title, then the title without each of them."""
    every, rules = tokens.tokenise(title), vocabulary.rules
    if len(every) > MAX_WORDS:
        raise ValueError(f"explain: want a title of at most {MAX_WORDS:,} words, got {len(every):,}")
    made_of = [every[i:i + n] for n in range(1, rules.ngrams + 1) for i in range(len(every) - n + 1)]
    made_of += [[word] for word in every if rules.stem and len(word) > rules.stem]  # one each, in the order of tokenise
    made_of += [[word] for word in every[:1] if rules.first_word]
    words = list(dict.fromkeys(every))
    place = {word: i for i, word in enumerate(words, start=1)}
    kept = np.ones((1 + len(words), len(made_of)), f32)
    for token, parts in enumerate(made_of):
        kept[[place[word] for word in parts], token] = 0
    columns = vocabulary.columns_of(tokens.tokenise(title, rules))
    n_shape = columns.size - len(made_of)
    has_word = (kept[:, columns[:len(made_of)] >= 0] > 0).any(axis=1, keepdims=True)
    kept = np.hstack((kept, np.repeat(has_word.astype(f32), n_shape, axis=1)))
    known = np.flatnonzero(columns >= 0)
    entries = np.ones(known.size, f32), (known, columns[known])
    x = sp.csr_array(kept) @ sp.csr_array(entries, (columns.size, vocabulary.n_words))
    x.sort_indices()
    if vocabulary.tfidf:
        hashing.weigh_rows(x.indptr.astype(np.int64), x.indices.astype(np.int32), vocabulary.idf, x.data)
    else:
        x.data[:] = 1
    return words, x


def likeliest_true(model, x, y, threads=None):
    """(N,): of the true labels of each row, that with the largest logit, ties to the smaller id.

    x csr (N, D)    y csr (N, L), at least one label in each row
    """
    w, b = model.params["labels.W"], model.params["labels.b"]

    def one_block(rows, h):
        indptr = y.indptr[rows.start:rows.stop + 1]
        labels, row = y.indices[indptr[0]:indptr[-1]], np.repeat(np.arange(len(h)), np.diff(indptr))
        z = np.einsum("ij,ij->i", h[row], w[labels]) + b[labels]
        return labels[np.lexsort((labels, -z, row))[indptr[:-1] - indptr[0]]]

    return np.concatenate(model.each_block(x, one_block, threads))
