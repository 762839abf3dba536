"""Claim: every figure of a model's folder may have the first and the last value of its range, and none beyond it."""

import pytest

from nnlite.classifier.model_folder import HEADER, READING, TRAINING
from nnlite.system.figures import Named

LARGEST = 2**53


@pytest.mark.parametrize("figures, name, fits, refused", [
    (TRAINING, "records", [0, LARGEST], [-1, LARGEST + 1, 1.0, None]), (TRAINING, "steps", [0, LARGEST], [-1, None]),
    (TRAINING, "n_steps", [None, 0, LARGEST], [-1, LARGEST + 1]),
    (TRAINING, "seconds", [0, 1e12, 0.5], [-1e-9, 1.01e12]),
    (TRAINING, "first_loss", [-1, 1e100], [-1.01, 1.01e100]), (TRAINING, "last_loss", [-1, 1e100], [-1.01, 1.01e100]),
    (TRAINING, "categories", [[], ["a"]], [["a", 1], "a"]),
    (TRAINING, "curve", [[], [[0, -1]], [[LARGEST, 1e100]]], [[[-1, 0]], [[0, -1.01]], [[0, 1, 2]], [[0]]]),
    (TRAINING, "validation", [[], [{}], [{"P@1": -1e100}, {"x": 1e100}]],
     [[{"P@1": 1.01e100}], [{"x": -1.01e100}], {}]),
    (TRAINING, "counts", [{}, {"words": 0}, {"x": LARGEST}], [{"x": -1}, {"x": 0.5}, []]),
    (TRAINING, "reading", [{}, {"title": "x", "header": True}], [{"other": 1}, []]),
    (READING, "title", ["", "name", 1, 2**31 - 1], [0, -1, 2**31, True, None, 1.0]),
    (READING, "categories", [["a"], [1, "b"]], [[], [0], ["a", None], "a"]),
    (READING, "separator", ["", "|"], [None, 1]), (READING, "delimiter", ["", ","], [None]),
    (READING, "encoding", ["utf-8"], [None, 8]), (READING, "header", [True, False], ["yes", 1, None]),
    (READING, "paths", ["full", "leaf"], ["", "Full", None]),
    (HEADER, "threshold", [0, 1, 0.5], [-1e-9, 1 + 1e-9, None]),
    (HEADER, "recipe", ["default", "deck"], ["cake", None]),
    (HEADER, "activation", ["relu", "sigmoid"], ["tanh"]), (HEADER, "output", ["sigmoid", "softmax"], ["relu"])])
def test_the_ends_of_a_range_belong_to_it(figures, name, fits, refused):
    for value in fits:
        Named(figures).check("m", {name: value})
    for value in refused:
        with pytest.raises(ValueError, match=f"^m: {name}.*: want .*, got "):
            Named(figures).check("m", {name: value})
