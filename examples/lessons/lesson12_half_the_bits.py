# %% [markdown]
"""
# Lesson 12. Why does a network learn from products of numbers that have lost half of their bits?

A matrix unit multiplies bfloat16: float32 without its last 16 bits. It needs a fraction of the time, and the network
learns as well, as long as sums and parameters keep all their bits.

    python examples/lessons/lesson12_half_the_bits.py
"""

# %%
import numpy as np

import nnlite
from nnlite.scores import metrics
from showing import ask, picture, say

TERMS = 1_000  # of a sum
PRODUCTS, EPOCHS, BATCH, RATE = 1_500, 4, 10, 0.03

# %% [markdown]
# ## Rounding
# Half of the last bit that stays is added, then 16 bits are cut off; of two numbers that are equally near, the result
# is the one whose last bit is 0.


# %%
def rounded(x):
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


print("float32: sign, 8 bits of exponent, 23 of mantissa, of which 7 stay\n")
for number in 1.0, np.pi, 1e-30, 1e30:
    bits = f"{np.float32(number).view(np.uint32):032b}"
    print(f"{number:<12.6g} {bits[0]} {bits[1:9]} {bits[9:16]}|{bits[16:]}  becomes {float(rounded(number)):.6g}")
ones_to_two = np.random.default_rng(0).random(100_000, np.float32) + 1
largest = float(np.max(np.abs(rounded(ones_to_two) / ones_to_two - 1)))
say(f"The exponents stay, so the range does. Of numbers from 1 to 2 the largest relative error is {largest:.5f}; half "
    f"of the last bit is 2^-8 = {2**-8:.5f}.")

# %% [markdown]
# ## Products may be rounded, sums may not

# %%
a, b = np.random.default_rng(1).standard_normal((2, 500, TERMS), np.float32)
exact = (a.astype(float) * b).sum(axis=1)
kept = (rounded(a).astype(float) * rounded(b)).sum(axis=1)
typical = np.sqrt(np.mean((kept - exact)**2) / np.mean(exact**2))
say(f"Products of rounded operands, {TERMS:,} terms added up exactly: a typical error is {typical:.4f} of a sum,",
    "less than half of a last bit, because errors of either sign cancel." if typical < 2**-8 else
    "more than half of a last bit.")


def added_up(numbers, round_sum):
    """The sum, one number after the other; rounded to float32 or to bfloat16 each time."""
    total, sums = np.float32(0), []
    for number in numbers:
        total = rounded(total + number)[()] if round_sum else total + number
        sums.append(float(total))
    return sums


sums = {name: added_up(np.ones(TERMS, np.float32), name == "bfloat16") for name in ("float32", "bfloat16")}
whole, half = (each[-1] for each in sums.values())
say(f"A sum of {TERMS:,} ones is {whole:,.0f}; rounded to bfloat16 after each addition it is {half:,.0f}.",
    f"From {half:,.0f} on, one is less than half of the last bit, and nothing is added. So matrix units keep their "
    "sums in float32." if half != whole else "All whole numbers up to 256 have their place among 8 bits.")

# %% [markdown]
# ## A training
# `precision="bfloat16"` rounds the operands of the products. Then, as a trial, the parameters are rounded as well,
# after every step, and the updates are counted that this undoes.


# %%
def trained(precision, round_parameters=False):
    """Loss of the last epoch, P@1 on products that were not trained on, and the share of updates that were lost."""
    records = list(nnlite.make_catalogue(PRODUCTS + 1_000))
    vocabulary = nnlite.Vocabulary.build(records[:PRODUCTS], min_count=3)
    train, test = vocabulary.encode(records[:PRODUCTS]), vocabulary.encode(records[PRODUCTS:])
    model = nnlite.MLP(train.n_words, train.n_labels, (50,), "relu")
    model.init_label_bias(train.label_frequencies())
    before, counts = {name: rounded(p) for name, p in model.params.items()}, np.zeros(2)

    def on_step(step):
        for name, parameter in model.params.items() if round_parameters else ():
            moves = parameter != before[name]
            parameter[:] = rounded(parameter)
            counts[:] += moves.sum(), (moves & (parameter == before[name])).sum()
            before[name] = parameter.copy()

    trainer = nnlite.Trainer(model, nnlite.SGD(RATE), batch_rows=BATCH, epochs=EPOCHS, threads=1, precision=precision)
    losses = trainer.fit(train, on_step=on_step).loss
    hits = metrics.hits(test.y, model.top_k(test.x, 1)[0])
    return np.mean(losses[-len(losses) // EPOCHS:]), hits.mean(), counts[1] / max(counts[0], 1)


print(f"\n{EPOCHS} epochs of {PRODUCTS:,} made-up products:")
results = {}
for name, settings in (("float32", ("float32",)), ("operands rounded", ("bfloat16",)),
                       ("parameters rounded too", ("bfloat16", True))):
    results[name] = trained(*settings)
    print(f"{name:24} loss {results[name][0]:.5f}   P@1 {results[name][1]:.1%}")
plain, operands, parameters = results.values()
change, worse = (one[0] / plain[0] - 1 for one in (operands, parameters))
say(f"Rounded operands change the loss by {change:+.2%}:", "hardly." if abs(change) < 0.001 else "that is too much.",
    f"Rounded parameters change it by {worse:+.2%}, and {parameters[2]:.0%} of all updates were lost: smaller than "
    "half of the last bit, they leave a parameter as it was.",
    "So parameters stay float32." if worse > 0.001 else "With so few or so large steps that does not show yet.")


def draw(axes):
    for name, each in sums.items():
        axes.plot(each, label=f"sum in {name}")
    axes.set(xlabel="ones added", ylabel="sum")
    axes.legend()


picture("lesson12", draw)
ask("Why does a small learning rate make rounded parameters worse, not better?",
    "float16 has 5 bits of exponent and 10 of mantissa. Which of the numbers above would it lose?",
    ["TERMS = 200", "PRODUCTS, EPOCHS, BATCH, RATE = 1_500, 4, 100, 2.0"])

# %% [markdown]
# ## Answers
# 1. An update is the rate times the gradient: the smaller it is, the more of them vanish in the rounding.
# 2. 1e-30 and 1e30: its range ends near 6e-8 and 65504. That is why gradients in float16 have to be scaled.
