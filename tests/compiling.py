"""Kernels that are compiled before the tests: where none is cached yet, each process would compile most of them anew.

The processes of a run compile a share each, at the same time, and the tests load what is cached then. What no job here
calls is compiled by the first test that calls it.
"""

from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from problems import random_dataset, random_model

from nnlite import (MLP, SGD, AdaGrad, Adam, Dataset, Record, TitleClassifier, Trainer, Vocabulary, audit,
                    make_catalogue)
from nnlite.kernels import bce_strip, packing
from nnlite.precision import choice
from nnlite.precision.units import UnitProducts

RECORDS = list(map(Record, *zip(*make_catalogue(60))))


def words():
    """The loops over text."""
    tokens = dict(ngrams=2, stem=4, first_word=True, shape=True, tfidf=True)
    for settings in tokens, tokens | {"hash_size": 64}:
        Vocabulary.build(RECORDS, 2, **settings).encode(RECORDS)


def steps(optimizer, activation="relu", **settings):
    """Three steps of a network of two hidden layers, with dropout."""
    data = random_dataset(40)
    model = random_model(data, (9, 5), activation)
    Trainer(model, optimizer, batch_rows=16, epochs=1, dropout=0.25, word_dropout=0.25, threads=1, **settings).fit(data)
    model.top_k(data.x, 3)


def products():
    """The products of operands rounded to bfloat16, with the processor's unit and without one."""
    steps(SGD(0.1), precision="bfloat16")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "matrix_unit", lambda: choice.AVX512)
        patch.setitem(choice.UNITS, choice.AVX512, UnitProducts(packing.multiply, bce_strip.in_loops))
        steps(SGD(0.1), precision="bfloat16")


def weights():
    """A softmax, and rows and labels of different weights."""
    x = random_dataset(40).x
    data = Dataset(x, type(x)(np.eye(23, dtype=np.float32)[np.arange(40) % 23]), np.linspace(1, 2, 40))
    for output in "sigmoid", "softmax":
        model = MLP(data.n_words, data.n_labels, (9,), output=output)
        Trainer(model, AdaGrad(0.1, by_row=["features.W", "labels.W"]), batch_rows=16, epochs=1, threads=1).fit(data)


def classifier():
    """What is computed with a trained classifier."""
    titles, categories = zip(*RECORDS)
    one = TitleClassifier(epochs=1, hidden=(4,), min_count=2, label_min_count=3, threads=1)
    one.fit(titles, categories, validation=(titles, categories)).score(titles, categories)
    one.predict(titles), one.explain(titles[0])
    one.shrink(0.1).predict(titles)
    audit(RECORDS, folds=2, epochs=1, hidden=(4,), min_count=2, label_min_count=3, threads=1)


# The first ones need no kernels of each other.
JOBS = [words, partial(steps, AdaGrad(0.1)), classifier, products, weights,
        partial(steps, Adam(0.1), activation="sigmoid", shards=2)]


def compile_share(number, n_shares):
    """Compile the kernels of the jobs of one process. What fails here fails in a test, which tells more."""
    for job in JOBS[number::n_shares]:
        with suppress(Exception):
            job()
