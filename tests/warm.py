"""Imported by the process that `children` copies: what they import and compile is there already."""

import tempfile

import hypothesis  # noqa: F401
from problems import random_dataset, trainer

from nnlite import AdaGrad, Record, TitleClassifier, Vocabulary, make_catalogue, write_chunks
from nnlite.tool import command_line  # noqa: F401

with tempfile.TemporaryDirectory() as folder:
    titles, categories = zip(*make_catalogue(60))
    TitleClassifier(epochs=1, hidden=(4,), min_count=2, threads=1).fit(titles, categories).save(f"{folder}/model")
    TitleClassifier.load(f"{folder}/model", threads=1).predict_top_k(titles, 2)
    records = list(map(Record, titles, categories))
    list(write_chunks(f"{folder}/chunks", records, Vocabulary.build(records, 2), 20))
    for _ in range(2):  # the second one loads the checkpoint of the first
        trainer(AdaGrad(0.1), f"{folder}/checkpoints", seconds=1e9).fit(random_dataset())
