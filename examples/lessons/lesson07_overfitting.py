# %% [markdown]
"""
# Lesson 7. When has a network learnt its products by heart, and what does dropout do about it?

A network with many more weights than products can give every product it trains on its own answer. Only products that it
has never seen tell whether it has learnt what titles mean: hold some out.

    python examples/lessons/lesson07_overfitting.py
"""

# %%
import numpy as np

import nnlite
from showing import ask, picture, say

TRAIN, HELD_OUT = 1_000, 1_000
HIDDEN = 200
RATE, BATCH, EPOCHS = 0.1, 50, 15
DROPOUT = 0.5

records = list(nnlite.make_catalogue(TRAIN + HELD_OUT))
vocabulary = nnlite.Vocabulary.build(records[:TRAIN], min_count=2, label_min_count=10)
train, held_out = vocabulary.encode(records[:TRAIN]), vocabulary.encode(records[TRAIN:])
n_weights = (train.n_words + train.n_labels) * HIDDEN
print(f"{len(train):,} products to train, {len(held_out):,} held out; {n_weights:,} weights,",
      f"{n_weights / len(train):.0f} for each product")

# %% [markdown]
# ## Dropout
# In each training step and for each product, every hidden unit is left out with a chance of DROPOUT. No unit can rely
# on the presence of another, so none specialises in single products. Those that stay are divided by the chance of
# staying: then z has the same mean as without dropout, and predicting takes all units as they are.

# %%
rng = np.random.default_rng(0)
h, w = rng.random(HIDDEN), rng.standard_normal(HIDDEN)
masks = rng.random((20_000, HIDDEN)) >= DROPOUT
dropped = (masks * h / (1 - DROPOUT)) @ w
deviation = dropped.std() / np.sqrt(len(dropped))
say(f"z of one product: {h @ w:.3f} with all units; mean over {len(dropped):,} draws of dropout {dropped.mean():.3f},",
    f"give or take {2 * deviation:.3f}.",
    "The means agree." if abs(dropped.mean() - h @ w) < 3 * deviation else "The means differ.",
    f"Each draw is off by {dropped.std():.2f} or so: a noise in which the network has to be right all the same.")

# %% [markdown]
# ## Two trainings


# %%
def fit(dropout):
    """The loss after each epoch on the products held out, on those trained on, and the scores at the end."""
    model = nnlite.MLP(train.n_words, train.n_labels, (HIDDEN,), "relu")
    model.init_label_bias(train.label_frequencies())
    own = []

    def after_epoch(step):
        if step.step % (step.n_steps // EPOCHS) == 0:
            own.append(nnlite.evaluate(model, train.take(slice(0, HELD_OUT)), ks=(1,)))

    history = nnlite.Trainer(model, nnlite.AdaGrad(RATE), batch_rows=BATCH, epochs=EPOCHS, dropout=dropout).fit(
        train, held_out, on_step=after_epoch)
    return own, history.validation


print(f"\n{'':14} {'BCE after the last epoch':>26} {'lowest BCE held out':>21} {'P@1 at the end':>24}")
print(f"{'':14} {'trained on':>15} {'held out':>10} {'BCE':>13} {'epoch':>7} {'trained on':>13} {'held out':>10}")
curves, lowest, rise = {}, {}, {}
for dropout in 0.0, DROPOUT:
    own, other = fit(dropout)
    curves[dropout] = [[scores["bce"] for scores in each] for each in (own, other)]
    (*_, trained), bce = curves[dropout]
    best = int(np.argmin(bce))
    lowest[dropout], rise[dropout] = bce[best], bce[-1] / bce[best] - 1
    print(f"dropout {dropout:<6g} {trained:15.4f} {bce[-1]:10.4f} {bce[best]:13.4f} {best + 1:7}",
          f"{own[-1]['P@1']:13.1%} {other[-1]['P@1']:10.1%}")
    gap = bce[-1] / trained
    say(f"With dropout {dropout:g} the loss on products held out ends at {gap:.1f} times that on those trained on.",
        f"It is lowest after epoch {best + 1} of {EPOCHS}.",
        f"It rises by {rise[dropout]:.0%} until the end: the network overfits." if rise[dropout] > 0.01 else
        "It falls to the end: what is learnt holds for other products too." if best + 1 == EPOCHS else
        "From there on it hardly changes.")
gain, late = 1 - lowest[DROPOUT] / lowest[0.0], 1 - curves[DROPOUT][1][-1] / curves[0.0][1][-1]
say(f"With dropout the loss held out is at its lowest {abs(gain):.1%} {'lower' if gain > 0 else 'higher'}",
    f"than without, and at the end {abs(late):.1%} {'lower' if late > 0 else 'higher'}:",
    "its noise pays." if gain > 0 and late > 0 else
    "so much noise costs more than it saves." if gain < -0.1 or late < 0 else
    "it does not find a better network, but makes it matter less when to stop.")


def draw(axes):
    for dropout, (own, other) in curves.items():
        axes.plot(range(1, EPOCHS + 1), other, marker="o", label=f"held out, dropout {dropout:g}")
        axes.plot(range(1, EPOCHS + 1), own, label=f"trained on, dropout {dropout:g}")
    axes.set(xlabel="epoch", ylabel="BCE", yscale="log")
    axes.legend()


picture("lesson07", draw)
ask("You stop at the epoch with the lowest loss held out. Is that loss a fair estimate of new products' loss?",
    "Why is the loss on products trained on measured with all units?",
    ["DROPOUT = 0.97", "TRAIN, HELD_OUT = 2_000, 1_000", "RATE, BATCH, EPOCHS = 0.1, 50, 3"])

# %% [markdown]
# ## Answers
# 1. A little too good: of many epochs the luckiest was chosen by these very products. A third part would be fair.
# 2. So that the two curves differ in the products alone; with units left out the loss is higher by their noise.
