# %% [markdown]
"""
# Lesson 1. What does one neuron compute, and how does it learn?

Plain Python: four titles, three words, one category. It is what the package does with thousands of words and labels,
small enough to check with a pocket calculator. Guess what each part prints before you run it.

    python examples/lessons/lesson01_neuron.py
"""

# %%
import math

from showing import ask, picture, say

LEARNING_RATE = 1.0
STEPS = 100
WORDS = ["cotton", "dress", "shoe"]
TITLES = [("cotton dress", 1), ("dress", 1), ("cotton shoe", 0), ("shoe", 0)]  # 1: the category is Dresses
EITHER = [("", 0), ("cotton", 1), ("dress", 1), ("cotton dress", 0)]  # 1: one of the two words, not both

# %% [markdown]
# ## Forward: from words to a probability
# A title becomes numbers x: 1 for a word that it contains, 0 for the others. The neuron has a weight w for each word
# and a bias b. It adds up the weights of the title's words; this sum z is called the *logit*. The *sigmoid* makes a
# probability of it: 0.5 for z = 0, close to 1 for a large z, close to 0 for a small one.
#
#     z = w x + b        p = 1 / (1 + e^-z)


# %%
def neuron(w, b, x):
    z = sum(weight * value for weight, value in zip(w, x)) + b
    return z, (1 + math.tanh(z / 2)) / 2  # the same p; in this form no e^-z overflows


data, either = ([([float(word in title.split()) for word in WORDS], y) for title, y in titles]
                for titles in (TITLES, EITHER))
start = [0.0] * len(WORDS), 0.0
print(f"{'title':14} x ({', '.join(WORDS)})  true y   p of a neuron with weights of 0")
for (title, y), (x, _) in zip(TITLES, data):
    print(f"{title:14} {' '.join(f'{value:.0f}' for value in x):23} {y:^7}  {neuron(*start, x)[1]}")

# %% [markdown]
# ## Loss and gradient: how wrong is it, and which way is better?
# The loss of a title is -log p if y = 1, else -log(1 - p): 0 for a sure and right answer, ln 2 = 0.69 for p = 0.5 (a
# coin), and it grows without limit for a sure and wrong one. The mean over titles is the *binary cross-entropy*, BCE.
#
# A gradient says how much the loss rises for each unit that a number rises: dz stands for d loss / d z. For this loss
# dz = p - y (lesson 2 derives it). A word's weight is part of z wherever the word occurs, so its dw adds up dz there.


# %%
def loss_and_grads(w, b, data):
    loss, dw, db = 0.0, [0.0] * len(w), 0.0
    for x, y in data:
        z, p = neuron(w, b, x)
        wrong = -z if y else z  # -log p = log(1 + e^-z) and -log(1 - p) = log(1 + e^z), without overflow:
        loss += (max(wrong, 0) + math.log1p(math.exp(-abs(wrong)))) / len(data)
        dz = (p - y) / len(data)  # the mean over titles divides each title's part
        dw = [slope + dz * value for slope, value in zip(dw, x)]  # z grows by x if w grows by 1
        db += dz
    return loss, dw, db


def show(values):
    return " ".join(f"{value:+.4f}" for value in values)


coin, (loss, dw, _) = math.log(2), loss_and_grads(*start, data)
print(f"\nloss: {loss:.4f} by the code, ln 2 = {coin:.4f} by hand. Gradient of the weights of {', '.join(WORDS)}:")
true = [[y for x, y in data if x[i]] for i in range(len(WORDS))]  # of the titles with word i
print(f"by hand   {show((len(ys) / 2 - sum(ys)) / len(data) for ys in true)}   half of the word's titles minus the "
      f"true ones, over {len(data)}\nby code   {show(dw)}")
moved = [[loss_and_grads([step * (i == j) for j in range(len(WORDS))], 0.0, data)[0] for step in (1e-6, -1e-6)]
         for i in range(len(WORDS))]
print(f"measured  {show((up - down) / 2e-6 for up, down in moved)}   (loss with the weight at 1e-6 minus that at "
      "-1e-6) / 2e-6")

# %% [markdown]
# ## Learning: step against the gradient, again and again


# %%
def train(data, w, b):
    """Weights and bias after STEPS steps of gradient descent; the loss before each and after the last."""
    losses = []
    for _ in range(STEPS):
        loss, dw, db = loss_and_grads(w, b, data)
        losses.append(loss)
        w, b = [weight - LEARNING_RATE * slope for weight, slope in zip(w, dw)], b - LEARNING_RATE * db
    return w, b, [*losses, loss_and_grads(w, b, data)[0]]


w, b, losses = train(data, *start)
right, share = sum((neuron(w, b, x)[1] > 0.5) == y for x, y in data), losses[-1] / coin
say(f"After {STEPS} steps of {LEARNING_RATE:g} the weights are {show(w)} and the loss is {losses[-1]:.4f}. {right} of "
    f"{len(data)} titles are on the right side of 0.5, and the loss is {100 * share:.0f} % of a coin's:",
    "the neuron has learnt." if share < 0.2 else "it is on its way." if share < 0.7 else
    "it has hardly begun, the steps are too short or too few." if share < 1 else "the steps are too long.")

# %% [markdown]
# ## What one neuron cannot learn
# The loss of one neuron is convex in w and b: where its gradient is 0, no other weights are better.

# %%
_, dw, db = loss_and_grads(*start, either)
last_w, last_b, other = train(either, [1.0, -1.0, 0.0], 0.5)
solved = all((neuron(last_w, last_b, x)[1] > 0.5) == y for x, y in either)
slope, yes = max(map(abs, [*dw, db])), ", ".join(repr(title) for title, y in EITHER if y)
say(f"A category for the titles {yes} alone: at weights of 0 the largest entry of the gradient is {slope:.2f}, so",
    f"{'no' if slope < 1e-9 else 'other'} weights beat the coin. {STEPS} steps from w = +1 -1 0 take the loss from "
    f"{other[0]:.4f} to {other[-1]:.4f}; a coin has {coin:.4f}.",
    "'cotton' would have to raise z when alone and to lower it beside 'dress': lesson 2 adds a hidden layer."
    if slope < 1e-9 else "Every title is on its right side of 0.5: this takes no hidden layer." * solved)


def draw(left, right):
    line = [i / 10 for i in range(-60, 61)]
    left.plot(line, [neuron([], z, [])[1] for z in line])
    for (title, _), (x, y) in zip(TITLES, data):
        left.plot(*neuron(w, b, x), "o" if y else "x", color="black", label=f"{title}: true {y}")
    left.set(xlabel="logit z", ylabel="probability p", title=f"the titles after {STEPS} steps")
    left.legend()
    for values, label in (losses, "dresses"), (other, "one of two words"), ([coin] * len(losses), "a coin"):
        right.plot(values, label=label)
    right.set(xlabel="step", ylabel="loss", title="gradient descent", ylim=0)
    right.legend()


picture("lesson01", draw, columns=2)
ask("Why is the first gradient of 'cotton' 0, although the word is in two titles?",
    "Which title has the largest |dz| after the training, and what does that do to the next steps?",
    changes=["LEARNING_RATE = 0.01", "LEARNING_RATE = 20.0",
             'EITHER = [("", 0), ("cotton", 1), ("dress", 1), ("cotton dress", 1)]'])

# %% [markdown]
# ## Answers
# 1. It is in one title of each kind: dz = -0.5 there and +0.5 here. The contributions cancel, so the word says nothing.
# 2. All are equally far from their y, by symmetry: |dz| is the loss's slope, and the better p fits the smaller it is.
#    So the steps shrink by themselves and the weights never stop growing, ever more slowly.
