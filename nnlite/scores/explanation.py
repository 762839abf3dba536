"""Why a title gets its categories: the exact effect of each word, found by leaving it out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.data import tokens
from nnlite.data.csr import Csr
from nnlite.data.csr_checks import n_rows_of
from nnlite.data.label_checks import check_labels
from nnlite.data.vocabulary import Vocabulary
from nnlite.kernels import hashing
from nnlite.mlp import MLP
from nnlite.scores import metrics
from nnlite.system.number_arrays import finite, numbers
from nnlite.system.ranges import instance, integer
from nnlite.system.slices import blocks

MAX_WORDS = 1_000  # of a title: each different word becomes a row nearly as long as the title
TOGETHER = 200  # titles whose words are looked up or left out at the same time
LEAST_EFFECT, NAMED = 0.5, 5  # on a logit, of a word that is named as a reason; and how many are

f32 = np.float32


class Effect(NamedTuple):
    """The effect of a word on a category: the value with the word minus the value without it."""

    word: str
    probability: float
    logit: float


class Explanation(NamedTuple):
    """A category of a title, its probability, and the effects of the title's words, in the order of the title."""

    category: str
    probability: float
    effects: tuple[Effect, ...]


def explain(vocabulary: Vocabulary, model: MLP, title: str, k: int = 5,
            threads: int | None = None) -> list[Explanation]:
    """The `Explanation`s of the k likeliest categories of a title, likeliest first.

    A word is removed everywhere in the title, with the word pairs and the prefix it makes. Its neighbours do not become
    a pair, the shape tokens stay, and TF-IDF is computed anew. Effects do not add up, because words act together.
    ValueError for a title of more than MAX_WORDS words, and for a model of other labels than the vocabulary's.
    """
    instance("explain: model", model, MLP)
    if len(instance("explain: vocabulary", vocabulary, Vocabulary).labels) != model.n_labels:
        raise ValueError(f"explain: the model has {model.n_labels} labels, the vocabulary {len(vocabulary.labels)}")
    k = integer("explain: k", k)
    words, x = left_out(vocabulary, title)
    ids, _ = model.top_k(x[:1], min(k, model.n_labels), threads)
    labels, z = ids[0], np.empty((x.shape[0], ids.shape[1]))

    def pick(rows, tile, logits):
        here = (labels >= tile.start) & (labels < tile.stop)
        z[rows, here] = logits[:, labels[here] - tile.start]

    model.each_tile(x, pick, threads)
    p = metrics.sigmoid(finite("explain: logits", z))
    return [
        Explanation(vocabulary.labels[label], float(p[0, j]), tuple(
            Effect(word, float(p[0, j] - p[i, j]), float(z[0, j] - z[i, j])) for i, word in enumerate(words, start=1)))
        for j, label in enumerate(labels)]


def reasons(vocabulary: Vocabulary, model: MLP, titles: Sequence[str], labels: np.ndarray, others: np.ndarray,
            threads: int | None = None) -> list[tuple[str, ...]]:
    """For each title the words that make others[i] likelier than labels[i], strongest first; none for a longer title.

    labels, others (N,): ids; -1 among `labels` is no label, and the words are those that make others[i] likelier.
    A word is named if the difference of the two logits falls by LEAST_EFFECT or more without it (`left_out`).
    TypeError or ValueError for titles that are not texts, for other ids, and for a model of other words.
    """
    _check_titles("reasons", titles)
    w, b = (layer := instance("reasons: model", model, MLP).labels).w, layer.b
    labels = _checked_ids("reasons: labels", labels, len(titles), -1, model.n_labels)
    others = _checked_ids("reasons: others", others, len(titles), 0, model.n_labels)
    found: list[tuple[str, ...]] = []
    for some in blocks(len(titles), TOGETHER):
        words, xs = zip(*(left_out(vocabulary, title if _is_short(title) else "") for title in titles[some]))
        title_of = np.repeat(np.arange(some.start, some.stop), [1 + len(own) for own in words])
        label, other = labels[title_of], others[title_of]

        def one_block(rows, h):
            z = np.einsum("ij,ij->i", h, w[other[rows]]) + b[other[rows]]
            given = label[rows] >= 0
            return z - given * (np.einsum("ij,ij->i", h, w[label[rows]]) + b[label[rows]])

        x = sp.csr_array(sp.vstack(xs, "csr", f32))
        z = finite("reasons: logits", np.concatenate(model.each_block(x, one_block, threads)))
        for own, margins in zip(words, np.split(z, np.flatnonzero(np.diff(title_of)) + 1)):
            effects = margins[0] - margins[1:]
            order = np.argsort(-effects, kind="stable")[:NAMED]
            found.append(tuple(own[i] for i in order if effects[i] >= LEAST_EFFECT))
    return found


def _check_titles(where, titles):
    """TypeError unless they are a sequence of str."""
    if isinstance(titles, str) or not isinstance(titles, Sequence):
        raise TypeError(f"{where}: titles: want a sequence of str, got {type(titles).__name__}")
    for title in titles:
        instance(f"{where}: title", title, str)


def _checked_ids(name, ids, n, least, n_labels):
    """The n ids of labels as int64."""
    ids = numbers(name, ids)
    if ids.dtype.kind not in "iu" or ids.shape != (n,) or ids.size and not least <= ids.min() <= ids.max() < n_labels:
        raise ValueError(f"{name}: want {n} integers from {least} to {n_labels - 1}, got others")
    return ids.astype(np.int64)


def _is_short(title):
    return len(tokens.tokenise(title)) <= MAX_WORDS


def left_out(vocabulary: Vocabulary, title: str) -> tuple[list[str], sp.csr_array]:
    """The different words of a title, and csr (1 + words, D): the title, then the title without each of them."""
    every, made_of = _words(vocabulary, title)
    rules = vocabulary.rules
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
    indices, place_of = np.unique(columns[known], return_inverse=True)
    counts = np.zeros((indices.size, len(kept)), f32)
    np.add.at(counts, place_of, kept.T[known])
    row, column = np.nonzero(counts.T)
    x = Csr(np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(kept)))]), indices[column].astype(np.int32),
            counts[column, row])
    if vocabulary.tfidf:
        hashing.weigh_rows(*x[:2], vocabulary.idf, x.data)
    else:
        x.data[:] = 1
    return words, sp.csr_array((x.data, x.indices, x.indptr), (len(kept), vocabulary.n_words))


def unknown_words(vocabulary: Vocabulary, title: str) -> list[str]:
    """The different words of a title without effect: the vocabulary knows no token that is made of them."""
    every, made_of = _words(vocabulary, title)
    columns = vocabulary.columns_of(tokens.tokenise(title, vocabulary.rules))
    known = {word for parts, column in zip(made_of, columns) if column >= 0 for word in parts}
    return [word for word in dict.fromkeys(every) if word not in known]


def unknown_share(vocabulary: Vocabulary, titles: Sequence[str]) -> float | None:
    """The fraction of the words of some titles, as often as they occur, that the vocabulary does not hold.

    0 for titles without words; None for a vocabulary with hash_size, in which no word is unknown. It counts words
    alone: one of which the vocabulary holds the first letters counts here, but has an effect, so that `unknown_words`
    does not name it. TypeError for titles that are not texts.
    """
    _check_titles("unknown_share", titles)
    if instance("unknown_share: vocabulary", vocabulary, Vocabulary).hash_size:
        return None
    n_words, n_unknown, rules = 0, 0, tokens.TokenRules(version=vocabulary.rules.version)
    for some in blocks(len(titles), TOGETHER):
        words = [word for title in titles[some] for word in tokens.tokenise(title, rules)]
        n_words += len(words)
        n_unknown += int((vocabulary.columns_of(words) < 0).sum())
    return n_unknown / max(n_words, 1)


def _words(vocabulary, title):
    """All words of a title, and the words that each token is made of, in the order of `tokenise`, without its shape."""
    instance("explain: title", title, str)
    rules = instance("explain: vocabulary", vocabulary, Vocabulary).rules
    every = tokens.tokenise(title, tokens.TokenRules(version=rules.version))
    if len(every) > MAX_WORDS:
        raise ValueError(f"explain: want a title of at most {MAX_WORDS:,} words, got {len(every):,}")
    made_of = [every[i:i + n] for n in range(1, rules.ngrams + 1) for i in range(len(every) - n + 1)]
    made_of += [[word] for word in every if rules.stem and len(word) > rules.stem]
    made_of += [[word] for word in every[:1] if rules.first_word]
    return every, made_of


def likeliest_true(model: MLP, x: sp.csr_array, y: sp.csr_array, threads: int | None = None) -> np.ndarray:
    """(N,): the true label of each row that has the largest logit; ties go to the smaller id.

    x csr (N, D)    y csr (N, L), at least one label in each row; ValueError otherwise
    """
    instance("likeliest_true: model", model, MLP)
    labelled = check_labels(y)
    if y.shape != (n_rows_of("x", x), model.n_labels) or (labelled.indptr[1:] == labelled.indptr[:-1]).any():
        raise ValueError(f"likeliest_true: want {model.n_labels} labels and one at least in each of {x.shape[0]} rows "
                         f"of y, got {y.shape} or a row without any")
    w, b = model.labels.w, model.labels.b

    def one_block(rows, h):
        indptr = labelled.indptr[rows.start:rows.stop + 1]
        labels, row = labelled.indices[indptr[0]:indptr[-1]], np.repeat(np.arange(len(h)), np.diff(indptr))
        z = finite("likeliest_true: logits", np.einsum("ij,ij->i", h[row], w[labels]) + b[labels])
        return labels[np.lexsort((labels, -z, row))[indptr[:-1] - indptr[0]]]

    return np.concatenate([np.empty(0, np.int32), *model.each_block(x, one_block, threads)])
