"""Lesson 3. Why does the loss of a textbook recipe stay flat, and which three changes make the same network learn?

The recipe: two layers of sigmoid units, binary cross-entropy averaged over rows and labels, plain gradient descent with
a learning rate of 0.05, all rows in one step, 100 steps. Its loss falls a little, which looks like learning. Here the
changes are made one after another, on a small made-up catalogue.

    python examples/lessons/lesson3_flat_loss.py
"""

from typing import NamedTuple

import numpy as np

import nnlite
from nnlite.training.gradients import gradients
from nnlite.scores import metrics

RECORDS, TEST = 3_000, 1_000
HIDDEN = (64, 64)
STEPS = 100
SGD_RATE = 0.05
ADAGRAD_RATE = 0.05
SHOWN = (1, 10, 50, 100)


class Recipe(NamedTuple):
    """What the runs differ in."""

    name: str
    bias: bool  # output bias from the label frequencies
    reduction: str  # of the loss over labels
    optimizer: type


RECIPES = [
    Recipe("the recipe", False, "mean", nnlite.SGD),
    Recipe("1. bias = logit of frequency", True, "mean", nnlite.SGD),
    Recipe("2. loss summed over labels", True, "sum", nnlite.SGD),
    Recipe("3. AdaGrad", True, "sum", nnlite.AdaGrad),
    Recipe("3 without 2", True, "mean", nnlite.AdaGrad),
]


def catalogue():
    """Training and test data: titles and categories as vectors, without words and labels rarer than 10."""
    records = list(nnlite.make_catalogue(RECORDS))
    vocabulary = nnlite.Vocabulary.build(records[:-TEST])
    return vocabulary.encode(records[:-TEST]), vocabulary.encode(records[-TEST:])


def network(data, bias):
    model = nnlite.MLP(data.n_words, data.n_labels, HIDDEN, "sigmoid")
    if bias:
        model.init_label_bias(data.label_frequencies())
    return model


def train(recipe, data):
    """The trained model and its loss before each step, always a mean over rows and labels."""
    model = network(data, recipe.bias)
    optimizer = recipe.optimizer(SGD_RATE if recipe.optimizer is nnlite.SGD else ADAGRAD_RATE)
    trainer = nnlite.Trainer(model, optimizer, batch_rows=len(data), epochs=STEPS, order="chunks",
                             reduction=recipe.reduction)
    return model, trainer.fit(data).loss


def main():
    data, test = catalogue()
    print(f"{len(data):,} products to train, {len(test):,} to test, {data.n_words} words, {data.n_labels} labels")

    frequencies = data.label_frequencies()
    most_frequent = np.full((len(test), 1), frequencies.argmax())
    print("What is there to beat? Ignoring the title and always predicting each label's frequency:")
    print(f"label frequencies only: test loss {metrics.bce_of_frequencies(test.y, frequencies):.4f}, "
          f"P@1 {100 * metrics.precision_at_k(test.y, most_frequent, 1):.1f} %")

    print("\nThe loss is an average over labels, so every gradient is divided by their number:")
    size = {}
    for reduction in "sum", "mean":
        _, grads = gradients(network(data, bias=False), data, reduction)
        size[reduction] = np.abs(grads["labels.W"]).max()
        print(f"largest entry of labels.W's gradient, {reduction:4} over labels: {size[reduction]:.6f}")
    print(f"the ratio: {size['sum'] / size['mean']:.1f}. "
          f"{STEPS} steps of {SGD_RATE} x {size['mean']:.6f} move a weight by {STEPS * SGD_RATE * size['mean']:.4f}.")

    print(f"\nThe changes one after another, each added to those before. The loss at step n, then on the test:\n\n"
          f"{'':29}" + "".join(f"{f'n = {n}':>9}" for n in SHOWN) + f"{'test':>9}{'P@1':>9}")
    for recipe in RECIPES:
        model, losses = train(recipe, data)
        scores = nnlite.evaluate(model, test, ks=(1,))
        print(f"{recipe.name:29}" + "".join(f"{losses[n - 1]:9.4f}" for n in SHOWN)
              + f"{scores['bce']:9.4f}{100 * scores['P@1']:7.1f} %")

    print("\nThe recipe's loss falls, but stays far above the loss of ignoring the title.")
    print("1 starts at that loss, where the recipe would end. Then nothing moves: gradients are too small.")
    print("2 gives gradients their full size, and the frequencies are learnt to the last digit. But one learning rate")
    print("serves words and labels that occur hundreds of times and those that occur ten times.")
    print("3 gives every parameter its own rate, and titles are learnt. It divides each gradient by the size of")
    print("earlier ones, which also undoes the averaging: 3 without 2 ends at the same loss.")

    print("\nTry next: SGD_RATE = 10. The recipe now reaches the loss of ignoring the title; with the sum, 2, the loss")
    print("jumps above its first value. Neither learns titles in 100 steps.")


if __name__ == "__main__":
    main()
