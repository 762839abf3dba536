"""Two ways to train the same kind of network: one whose loss stays flat, and one that learns.

Averaged over L labels, a loss has gradients L times smaller than summed over them, so 400 steps of 0.05 hardly move
anything: with 1,800 labels the deck's loss ends near 0.55, when predicting the bare label frequencies for every product
would score about 0.02. Three changes make the network learn in seconds:

    the output bias starts at the logit of each label's frequency    (the first step is where the deck never arrives)
    the loss is summed over labels, averaged over rows               (gradients do not shrink as labels are added)
    every parameter has its own learning rate, AdaGrad's             (rare words move as far as frequent ones)

and mini-batches give it twice as many steps for a tenth of the work. One layer of ReLU units, which the default recipe
takes in the place of two of sigmoids, learns better still.
"""

from nnlite.model import MLP
from nnlite.optimizers import SGD, AdaGrad
from nnlite.trainer import Trainer, linear_decay


def deck(data, seed=0, threads=None):
    """A Trainer for the deck's recipe: 200-200 sigmoid, mean BCE, SGD 0.05, chunks of 20,000 with 100 epochs each."""
    model = MLP(data.n_words, data.n_labels, hidden=(200, 200), activation="sigmoid", seed=seed)
    return Trainer(model, SGD(0.05), batch_rows=20_000, epochs=100, order="chunks", reduction="mean", threads=threads)


def default(data, seed=0, threads=None):
    """A Trainer for the recipe that learns: one ReLU layer of 200, summed BCE, AdaGrad 0.05 falling to 0, 6 epochs."""
    model = MLP(data.n_words, data.n_labels, hidden=(200,), activation="relu", seed=seed)
    model.init_label_bias(data.label_frequencies())
    return Trainer(model, AdaGrad(0.05), batch_rows=512, epochs=6, seed=seed, threads=threads, schedule=linear_decay)


RECIPES = {"deck": deck, "default": default}
