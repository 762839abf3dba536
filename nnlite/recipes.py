"""Two ways to train the same kind of network: one whose loss stays flat, and one that learns.

Averaged over L labels, a loss has gradients L times smaller than summed over them, so 400 steps of 0.05 hardly move
anything: with 1,800 labels the deck's loss ends near 0.55, when predicting the bare label frequencies for every product
would score about 0.02. Three changes make the network learn in seconds:

    the output bias starts at the logit of each label's frequency    (the first step is where the deck never arrives)
    the loss is summed over labels, averaged over rows               (gradients do not shrink as labels are added)
    every parameter has its own learning rate, AdaGrad's             (rare words move as far as frequent ones)

and mini-batches give it twice as many steps for a tenth of the work. What makes the default recipe better still
is in benchmarks/ablation.py, change by change: one layer of ReLU units in the place of two of sigmoids, pairs of words
and the beginnings of words, rare words weighed more (TF-IDF), units and words left out at random (dropout).
"""

from math import ceil

from nnlite.model import MLP
from nnlite.optimizers import SGD, AdaGrad
from nnlite.trainer import Trainer, linear_decay

SMALL_ROWS = 15_000  # below which the default recipe makes smaller steps, and more of them
SMALL_STEPS, MOST_EPOCHS = 3_000, 40


def deck(data, seed=0, threads=None):
    """A Trainer for the deck's recipe: 200-200 sigmoid, mean BCE, SGD 0.05, chunks of 20,000 with 100 epochs each."""
    model = MLP(data.n_words, data.n_labels, hidden=(200, 200), activation="sigmoid", seed=seed)
    return Trainer(model, SGD(0.05), batch_rows=20_000, epochs=100, order="chunks", reduction="mean", threads=threads)


def default(data, seed=0, threads=None):
    """A Trainer for the recipe that learns: one ReLU layer, summed BCE, AdaGrad falling to 0, dropout.

    200 units and 6 epochs of batches of 512; with fewer than 15,000 rows 400 units and 3,000 steps of batches of 64, or
    40 epochs if these are fewer.
    """
    units, batch_rows, epochs, optimizer, dropout = 200, 512, 6, AdaGrad(0.2, labels_lr=0.03), 0.4
    if len(data) < SMALL_ROWS:
        units, batch_rows, optimizer, dropout = 400, 64, AdaGrad(0.05, labels_lr=0.02), 0.5
        epochs = min(MOST_EPOCHS, ceil(batch_rows * SMALL_STEPS / max(len(data), 1)))
    model = MLP(data.n_words, data.n_labels, hidden=(units,), activation="relu", seed=seed)
    model.init_label_bias(data.label_frequencies())
    return Trainer(model, optimizer, batch_rows=batch_rows, epochs=epochs, dropout=dropout, word_dropout=0.2, seed=seed,
                   threads=threads, schedule=linear_decay)


RECIPES = {"deck": deck, "default": default}
FEATURES = {  # of each recipe, for Vocabulary.build
    "deck": dict(min_count=10),
    "default": dict(min_count=2, label_min_count=10, ngrams=2, stem=4, tfidf=True),
}
