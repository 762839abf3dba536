# %% [markdown]
"""
# Lesson 4. Why does the loss of a textbook recipe stay flat, and which changes make the same network learn?

The recipe: two layers of sigmoid units, cross-entropy averaged over rows and labels, plain gradient descent with a
learning rate of 0.05, all rows in one step. It is that of the slide deck that this project reproduces (`deck` in the
package) on a small made-up catalogue. Its loss falls a little, which looks like learning.

    python examples/lessons/lesson04_flat_loss.py
"""

# %%
from typing import NamedTuple

import numpy as np

import nnlite
from nnlite.scores import metrics
from nnlite.training.gradients import gradients
from showing import ask, picture, say

RECORDS, TEST = 2_500, 1_000
HIDDEN = (48, 48)
STEPS = 80
SGD_RATE = 0.05
ADAGRAD_RATE = 0.05

records = list(nnlite.make_catalogue(RECORDS))
vocabulary = nnlite.Vocabulary.build(records[:-TEST])  # drops words and labels of fewer than 10 products
data, test = vocabulary.encode(records[:-TEST]), vocabulary.encode(records[-TEST:])
print(f"{len(data):,} products to train, {len(test):,} to test, {data.n_words} words, {data.n_labels} labels")

# %% [markdown]
# ## What is there to beat?
# Ignore the title and predict for each label how often it occurs. Any network that has learnt something is better.
# BCE is the loss. P@1 is the share of products whose likeliest label, by the network, is true.

# %%
frequencies = data.label_frequencies()
floor = metrics.bce_of_frequencies(test.y, frequencies)
floor_p = metrics.precision_at_k(test.y, np.full((len(test), 1), frequencies.argmax()), 1)
print(f"label frequencies only: test BCE {floor:.4f}, P@1 {100 * floor_p:.1f} %")

# %% [markdown]
# ## How large are the steps?
# The mean over labels divides every gradient by their number.


# %%
def network(bias):
    model = nnlite.MLP(data.n_words, data.n_labels, HIDDEN, "sigmoid")
    if bias:
        model.init_label_bias(frequencies)
    return model


largest = {reduction: np.abs(gradients(network(bias=False), data, reduction)[1]["labels.W"]).max()
           for reduction in ("sum", "mean")}
by_sum, by_mean = largest.values()
say(f"Largest gradient of a weight of labels.W: {by_sum:.5f} with the sum over labels, {by_mean:.7f} with the mean,",
    f"{by_sum / by_mean:.0f} times less. {STEPS} steps of {SGD_RATE:g} x {by_mean:.7f} move that weight by",
    f"{STEPS * SGD_RATE * by_mean:.5f}.")

# %% [markdown]
# ## Three changes, one after the other
# 1. The output bias starts at log(f / (1 - f)), the logit of the label's frequency f.
# 2. The loss is summed over labels, and averaged over rows only.
# 3. Every parameter has its own rate: AdaGrad (lesson 6).


# %%
class Recipe(NamedTuple):
    name: str
    bias: bool
    reduction: str  # of the loss over labels
    optimizer: type


def train(recipe):
    """The loss at each step, a mean over rows and labels whatever is minimised; and the scores on the test products."""
    model = network(recipe.bias)
    optimizer = recipe.optimizer(SGD_RATE if recipe.optimizer is nnlite.SGD else ADAGRAD_RATE)
    losses = nnlite.Trainer(model, optimizer, batch_rows=len(data), epochs=STEPS, order="chunks",
                            reduction=recipe.reduction).fit(data).loss
    scores = nnlite.evaluate(model, test, ks=(1,))
    print(f"{recipe.name:29}{losses[0]:9.4f}{losses[-1]:9.4f}{scores['bce']:9.4f}{100 * scores['P@1']:7.1f} %")
    return losses, scores["bce"], scores["P@1"]


print(f"\n{'loss at step':29}{1:9}{STEPS:9}{'test BCE':>9}{'P@1':>9}")
deck, first, second, third, without = results = [train(Recipe(*row)) for row in [
    ("the recipe", False, "mean", nnlite.SGD), ("1. bias = logit of frequency", True, "mean", nnlite.SGD),
    ("2. loss summed over labels", True, "sum", nnlite.SGD), ("3. AdaGrad", True, "sum", nnlite.AdaGrad),
    ("3 without 2", True, "mean", nnlite.AdaGrad)]]
learnt = [p > floor_p + 0.05 for _, _, p in results]
say(f"The recipe's loss goes from {deck[0][0]:.3f} to {deck[0][-1]:.3f}, {deck[0][-1] / floor:.1f} times that of",
    "ignoring the title:", "it learns titles." if learnt[0] else "it has learnt nothing of titles" + (
        ", although the curve falls." if deck[0][-1] < deck[0][0] else ", and the loss rises: the steps are too long."))
say(f"1 starts at {first[0][0] / floor:.2f} times that loss and moves by {abs(first[0][-1] / first[0][0] - 1):.1%}. 2 "
    f"makes each gradient {data.n_labels} times larger and ends at {second[1] / floor:.2f} times it on the test, P@1 "
    f"{100 * second[2]:.0f} %:", "it learns titles." if learnt[2] else "one rate must serve frequent and rare "
    "words, and titles are not learnt.")
say(f"3 ends at {third[1] / floor:.2f} times it with a P@1 of {100 * third[2]:.0f} %:",
    "it learns titles." if learnt[3] else "it has not learnt titles yet.",
    f"Without 2 its test BCE differs by {abs(without[1] / third[1] - 1):.1%}:",
    "AdaGrad divides each gradient by the size of earlier ones, which undoes the mean over labels too."
    if abs(without[1] / third[1] - 1) < 0.05 else "here the mean over labels matters.")


def draw(axes):
    names = "the recipe", "1. bias", "2. sum over labels", "3. AdaGrad"
    for name, (losses, *_) in zip(names, results):
        axes.plot(range(1, STEPS + 1), losses, label=name)
    axes.axhline(floor, color="black", linewidth=0.7, label="label frequencies only (test)")
    axes.set(yscale="log", xlabel="step", ylabel="BCE, mean over labels")
    axes.legend()


picture("lesson04", draw)
ask("The recipe's curve falls at every step. What would you draw beside it before you call that learning?",
    "Would a rate that is as many times larger as there are labels do the same as change 2?",
    ["SGD_RATE = 10.0", "STEPS = 20", "ADAGRAD_RATE = 0.001"])

# %% [markdown]
# ## Answers
# 1. The loss of the best prediction that ignores the input: here the label frequencies.
# 2. Yes, for plain gradient descent: the sum's gradient is the mean's times the number of labels, to the last digits.
