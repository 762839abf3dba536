"""Imported by the process that `children` copies: what they import and compile is there already."""

import tempfile

import hypothesis  # noqa: F401
from problems import random_dataset, trainer

from nnlite import AdaGrad, TitleClassifier
from nnlite.tool import command_line  # noqa: F401

with tempfile.TemporaryDirectory() as folder:
    for _ in range(2):  # the second one loads the checkpoint of the first
        trainer(AdaGrad(0.1), folder, seconds=1e9).fit(random_dataset())
TitleClassifier(epochs=1, hidden=4).fit(["a b", "c d"] * 20, ["a", "b"] * 20).predict(["a"])
