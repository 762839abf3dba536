# %% [markdown]
"""
# Lesson 10. Is a probability of 0.8 true 8 times in 10?

If it is, the probabilities are *calibrated*: one can decide by them, add them up, and tell before any test how good the
predictions will be. A network that has learnt its products by heart (lesson 7) is too sure.

    python examples/lessons/lesson10_calibration.py
"""

# %%
import numpy as np

import nnlite
from nnlite.scores import metrics
from nnlite.scores.calibration import best_threshold
from showing import ask, picture, say

TRAIN, TEST = 1_500, 2_000
BINS = 10
NETWORKS = {"few epochs": (0.3, 4), "by heart": (0.0, 30)}  # dropout, epochs
RATE = 0.1

records = list(nnlite.make_catalogue(TRAIN + TEST))
vocabulary = nnlite.Vocabulary.build(records[:TRAIN], min_count=2, label_min_count=10)
train, test = vocabulary.encode(records[:TRAIN]), vocabulary.encode(records[TRAIN:])
truth = test.y.toarray() > 0


def network(dropout, epochs):
    model = nnlite.MLP(train.n_words, train.n_labels, (100,), "relu")
    model.init_label_bias(train.label_frequencies())
    nnlite.Trainer(model, nnlite.AdaGrad(RATE), batch_rows=64, epochs=epochs, dropout=dropout).fit(train)
    return model


models = {name: network(*settings) for name, settings in NETWORKS.items()}

# %% [markdown]
# ## Count
# Take the likeliest label of each test product, sort them into bins by their probability, and count in each bin how
# many are true. The *expected calibration error*, ECE, is the mean of |mean probability - share of true ones| over the
# bins, each weighted by its number. A share of n has a standard deviation of sqrt(p (1 - p) / n) by luck alone.

# %%
tables = {}
for name, model in models.items():
    (ids, p), sure = model.top_k(test.x, 1), []
    hits = metrics.hits(test.y, ids)[:, 0]
    p = p[:, 0].astype(float)
    places, error = np.clip(np.ceil(p * BINS).astype(int) - 1, 0, BINS - 1), 0.0
    print(f"\n{name}: {'bin':>12} {'products':>9} {'mean p':>7} {'true':>7} {'by luck':>9}")
    for i in range(BINS):
        inside = places == i
        if inside.any():
            n, mean, true = inside.sum(), p[inside].mean(), hits[inside].mean()
            error += n / len(p) * abs(mean - true)
            sure.append((mean, true, n))
            print(f"{'':{len(name)}}  {i / BINS:5.2f} - {(i + 1) / BINS:4.2f} {n:9,} {mean:7.3f} {true:7.3f} "
                  f"{'+-':>4}{np.sqrt(mean * (1 - mean) / n):.3f}")
    package = metrics.reliability_of(p, hits, BINS).ece
    gap, luck = p.mean() - hits.mean(), np.sqrt((p * (1 - p)).sum()) / len(p)
    tables[name] = sure, error, gap
    say(f"ECE {error:.4f} by hand, {package:.4f} by the package. The mean p is {p.mean():.1%}, {hits.mean():.1%} are",
        f"true; by luck these differ by +-{luck:.1%}.", "It is too sure." if gap > 2 * luck else
        "It is not sure enough." if gap < -2 * luck else "It is calibrated, as far as so few products tell.")
calm, heart = tables.values()
say(f"{list(NETWORKS)[1].capitalize()}, the ECE is {heart[1] / calm[1]:.1f} times that of the first network:",
    "its loss on products trained on falls with every certainty, right or wrong elsewhere." if heart[1] > 1.2 * calm[1]
    else "with these settings it does not suffer.")

# %% [markdown]
# ## Decide: which labels to name?
# Name a label if its p is above a threshold t. F1 = 2 named and true / (named + true). If the probabilities are
# calibrated, the numbers of true ones are sums of p, no truth is needed, and the best t is half the best F1 (Lipton,
# Elkan and Naryanaswamy 2014). `best_threshold` does this.

# %%
grid = np.arange(0.05, 0.96, 0.05)
expected, real, loss = {}, {}, {}
for name, model in models.items():
    p = metrics.sigmoid(model.logits(test.x))
    expected[name] = [2 * p[p > t].sum() / ((p > t).sum() + p.sum()) for t in grid]
    real[name] = [2 * (truth & (p > t)).sum() / ((p > t).sum() + truth.sum()) for t in grid]
    t = best_threshold(model, test.x)
    got = 2 * (truth & (p > t)).sum() / ((p > t).sum() + truth.sum())
    loss[name] = max(real[name]) - got
    promise = max(expected[name]) - got
    say(f"{name}: the threshold is {t:.3f}; half of the best expected F1, {max(expected[name]):.3f}, is",
        f"{max(expected[name]) / 2:.3f}. Its true F1 is {got:.3f}, the best threshold's {max(real[name]):.3f}:",
        "chosen without any truth, it loses next to nothing." if loss[name] < 0.01 else f"it loses {loss[name]:.3f}.",
        "The network promises too much." if promise > 0.02 else "The network promises too little." if promise < -0.02
        else "The network keeps what it promises.")


def draw(left, right):
    left.plot([0, 1], [0, 1], color="black", linewidth=0.7, linestyle="-", label="calibrated")
    for name, (rows, *_) in tables.items():
        mean, true, _ = zip(*rows)
        left.plot(mean, true, marker="o", label=name)
    left.set(xlabel="mean p of a bin", ylabel="share that is true", title="the likeliest label")
    left.legend()
    for name in models:
        right.plot(grid, real[name], label=f"{name}: F1")
        right.plot(grid, expected[name], label=f"{name}: expected")
    right.set(xlabel="threshold", ylabel="F1", title="all labels")
    right.legend()


picture("lesson10", draw, columns=2)
ask("A network says 0.1 for every label that is true in 1 of 10 titles, whatever the title. Is it calibrated? Good?",
    "Over all pairs of product and label the calibration error of any trained network is tiny. Why?",
    ['NETWORKS = {"few epochs": (0.3, 4), "by heart": (0.0, 3)}', "RATE = 0.01", "BINS = 3"])

# %% [markdown]
# ## Answers
# 1. Calibrated, and useless: calibration says that p can be taken at its word, not that it tells labels apart.
# 2. Nearly all pairs are false and have a p close to 0, so that nearly all of the weight lies on one bin without error.
