# %% [markdown]
"""
# Lesson 9. One label or several? Softmax against sigmoids

A sigmoid answers "is this label true?" for each label on its own. A softmax answers "which one of these is it?". Both
have the same gradient, p - y, and mean different things by p.

    python examples/lessons/lesson09_softmax.py
"""

# %%
import math

import numpy as np

import nnlite
from nnlite.categories.major import Major
from nnlite.scores.metrics import sigmoid
from showing import ask, picture, say

LOGITS = (2.0, 1.0, -1.0)
ADDED = 3.0  # to all of them
TRAIN, TEST = 2_000, 2_000
CLASSES = 6
EPOCHS = 5

# %% [markdown]
# ## By hand
# Softmax divides e^z by the sum over all labels, so that the probabilities add up to 1: p_j = e^z_j / S, S = sum e^z.
# Its loss is -log p_k for the one true label k:
#
#     loss = -log(e^z_k / S) = log S - z_k        d/dz_j log S = e^z_j / S = p_j        d/dz_j z_k = 1 if j = k, else 0
#     dz_j = p_j - y_j
#
# as for the sigmoid. But there dz of a label depends on its own logit alone, here on all.


# %%
def softmax(z):
    total = sum(math.exp(value) for value in z)
    return [math.exp(value) / total for value in z]


def show(values):
    return " ".join(f"{value:7.4f}" for value in values)


print(f"{'logits':>22} {'each by a sigmoid':>26}     sum {'softmax':>22}     sum")
tables = {}
for added in 0.0, ADDED:
    z = [value + added for value in LOGITS]
    tables[added] = sigmoid(np.array(z)), softmax(z)
    print(f"{show(z):>22}  {show(tables[added][0]):>26} {sum(tables[added][0]):7.4f} {show(tables[added][1]):>22} "
          f"{sum(tables[added][1]):7.4f}")
moved = [max(abs(np.subtract(tables[0.0][i], tables[ADDED][i]))) for i in range(2)]
say(f"{ADDED:g} more for every logit changes a sigmoid by up to {moved[0]:.2f} and the softmax by {moved[1]:.2f}:",
    "a softmax knows only differences. It cannot say that no label fits, or that two do.")

# %% [markdown]
# ## One class for each product
# `Major` chooses a few categories that cover most products and gives each product one. Both networks learn the same.

# %%
records = list(nnlite.make_catalogue(TRAIN + TEST))
one_each = list(Major.choose(records, CLASSES).apply(records))
n_train = len(one_each) * TRAIN // (TRAIN + TEST)
vocabulary = nnlite.Vocabulary.build(one_each[:n_train], min_count=2, label_min_count=1)
train, test = vocabulary.encode(one_each[:n_train]), vocabulary.encode(one_each[n_train:])
truth = test.y.toarray() > 0


def probabilities(output, train, x, hidden=50):
    """Of a network with this output, for the titles x; and for a title without a known word."""
    model = nnlite.MLP(train.n_words, train.n_labels, (hidden,), "relu", output=output)
    model.init_label_bias(train.label_frequencies())
    nnlite.Trainer(model, nnlite.AdaGrad(0.1), batch_rows=64, epochs=EPOCHS, dropout=0.3).fit(train)
    return sigmoid(model.logits(x)), sigmoid(model.logits(vocabulary.encode_titles(["qqqq"])))[0]


p, unknown, right = {}, {}, {}
print(f"\n{len(train):,} products to train, {len(test):,} to test, {train.n_labels} classes")
for output in "sigmoid", "softmax":
    p[output], unknown[output] = probabilities(output, train, test.x)
    right[output] = truth[np.arange(len(truth)), p[output].argmax(axis=1)]
    sums = p[output].sum(axis=1)
    print(f"{output}: right {right[output].mean():.1%}; a product's probabilities add up to {sums.min():.2f} to "
          f"{sums.max():.2f}")
won, lost = (sum(right[a] & ~right[b]) for a, b in (("softmax", "sigmoid"), ("sigmoid", "softmax")))
luck = math.sqrt(max(won + lost, 1))
say(f"Softmax is right where the sigmoids are not for {won} products, the other way round for {lost}: by luck they "
    f"would differ by +-{luck:.0f}, so", "softmax is better here." if won - lost > 2 * luck else
    "the sigmoids are better here." if lost - won > 2 * luck else "as classifiers they are equally good.")

# %% [markdown]
# ## Several labels for each product
# With two true labels, y = 1/2 each, the best that a softmax can do is p = 1/2 for both: a loss of ln 2 that never goes
# away. Sigmoids can give both 1. So the package trains a softmax on one label a product only.

# %%
several = nnlite.Vocabulary.build(records[:TRAIN], min_count=2, label_min_count=10)
vocabulary, data, other = several, several.encode(records[:TRAIN]), several.encode(records[TRAIN:])
many, _ = probabilities("sigmoid", data, other.x)
n_true, expected = other.y.sum(axis=1).mean(), many.sum(axis=1).mean()
say(f"With all {data.n_labels} labels a product has {n_true:.1f} true ones. The sigmoids' probabilities add up to "
    f"{expected:.1f},", "about as many," if abs(expected / n_true - 1) < 0.25 else "not yet as many,",
    f"while a softmax would have to share 1.0 between {n_true:.1f}. Likeliest label: p = "
    f"{many.max(axis=1).mean():.2f} on average, above 1 / {n_true:.1f} = {1 / n_true:.2f}"
    + (", which a softmax that shares fairly could not give." if many.max(axis=1).mean() > 1 / n_true else "."))


def draw(left, right):
    places = np.arange(CLASSES)
    for axes, values, title in (left, unknown, "a title without a known word"), (
            right, {name: q[0] for name, q in p.items()}, one_each[n_train].title[:40]):
        for shift, (name, hatch, colour) in enumerate((("sigmoid", "", "#0b5394"), ("softmax", "//", "#e0a070"))):
            axes.bar(places + 0.4 * shift, values[name], 0.4, label=name, hatch=hatch, color=colour, edgecolor="black")
        axes.set(xlabel="class", ylabel="p", title=title, xticks=places + 0.2, xticklabels=places)
        axes.legend()


picture("lesson09", draw, columns=2)
ask("A title is 'asdf'. What should a classifier of categories say, and which of the two can?",
    "In a softmax, why has every product a gradient for every label, also for those that it is far from?",
    ["ADDED = -3.0", "CLASSES = 2", "EPOCHS = 1"])

# %% [markdown]
# ## Answers
# 1. That no category is likely. Sigmoids can; a softmax must hand out 1.0 in all, so its best answer is the
#    frequencies.
# 2. dz = p - y and p > 0 for every label: raising one probability takes it from the others.
