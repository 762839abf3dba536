"""Lesson 1. What does one neuron compute, and how does it learn?

Plain Python, no NumPy: four titles, three words, one category. It is what the package does with thousands of words and
labels, small enough to check with a pocket calculator.

    python examples/lessons/lesson1_neuron.py
"""

import math

LEARNING_RATE = 1.0
STEPS = 100
WORDS = ["cotton", "dress", "shoe"]
TITLES = [("cotton dress", 1), ("dress", 1), ("cotton shoe", 0), ("shoe", 0)]  # 1: the category is Dresses
EITHER = [("", 0), ("cotton", 1), ("dress", 1), ("cotton dress", 0)]  # 1: one of the two words, not both


def neuron(w, b, x):
    """The logit z = w x + b and the probability p = 1 / (1 + e^-z), written so that no z overflows."""
    z = sum(weight * value for weight, value in zip(w, x)) + b
    e = math.exp(-abs(z))
    return z, (1 if z >= 0 else e) / (1 + e)


def loss_and_grads(w, b, data):
    """Binary cross-entropy log(1 + e^z) - y z, mean over the titles; its gradients with respect to w and b.

    Through one title: dz = p - y, and by the chain rule dw = dz x, db = dz.
    """
    loss, dw, db = 0.0, [0.0] * len(w), 0.0
    for x, y in data:
        z, p = neuron(w, b, x)
        dz = (p - y) / len(data)
        loss += (max(z, 0) + math.log1p(math.exp(-abs(z))) - y * z) / len(data)
        dw = [slope + dz * value for slope, value in zip(dw, x)]
        db += dz
    return loss, dw, db


def one_hot(titles):
    """(x, y) of each title; x has a 1 for every word that is in the title."""
    return [([float(word in title.split()) for word in WORDS], y) for title, y in titles]


def train(data, steps, w=(0.0, 0.0, 0.0), b=0.0):
    """Weights and bias after so many steps of gradient descent, and the loss before each step."""
    losses = []
    for _ in range(steps):
        loss, dw, db = loss_and_grads(w, b, data)
        losses.append(loss)
        w = [weight - LEARNING_RATE * slope for weight, slope in zip(w, dw)]
        b -= LEARNING_RATE * db
    return w, b, losses


def show(values):
    return " ".join(f"{value:+.4f}" for value in values)


def main():
    data = one_hot(TITLES)
    print("One neuron: z = w x + b, p = 1 / (1 + e^-z). It should find out which titles are dresses.\n")
    print(f"{'title':14} x ({', '.join(WORDS)})  y")
    for (title, y), (x, _) in zip(TITLES, data):
        print(f"{title:14} {' '.join(f'{value:.0f}' for value in x):23}  {y}")

    print("\nAll weights are 0 at first, so z = 0 and p = 0.5 for every title: the neuron knows nothing.")
    loss, dw, db = loss_and_grads([0.0] * 3, 0.0, data)
    print(f"loss: {loss:.4f} (a coin would score ln 2 = {math.log(2):.4f})")
    print("dz = p - y is -0.5 for a dress and +0.5 for a shoe. A word's gradient adds up dz over the")
    print("titles that contain it, divided by the number of titles, 4:")
    print(f"gradient of w: {show(dw)}   'cotton' is in both kinds: its contributions cancel")

    h = 1e-6
    print(f"\nIs that gradient right? Move each weight by {h:g} up and down, and measure the change of the loss.")
    slopes = []
    for i in range(len(WORDS)):
        up, down = ([step * (i == j) for j in range(len(WORDS))] for step in (h, -h))
        slopes.append((loss_and_grads(up, 0.0, data)[0] - loss_and_grads(down, 0.0, data)[0]) / (2 * h))
    print(f"slope of loss: {show(slopes)}")

    print(f"\nOne step: w - {LEARNING_RATE:g} dw. Then again, {STEPS} times.")
    for steps in 1, 10, STEPS:
        w, b, losses = train(data, steps + 1)
        print(f"after {steps:4} steps: loss {losses[-1]:.4f}")
    w, b, _ = train(data, STEPS)
    print(f"weights: {', '.join(f'{word} {weight:+.4f}' for word, weight in zip(WORDS, w))}")
    for (title, y), (x, _) in zip(TITLES, data):
        print(f"p of {title!r}: {neuron(w, b, x)[1]:.4f}, true {y}")

    print("\nWhat one neuron cannot learn: a category for titles with 'cotton' or 'dress', but not with both.")
    _, _, losses = train(one_hot(EITHER), 1001, w=[1.0, -1.0, 0.0], b=0.5)
    print(f"from w +1 -1 0, b 0.5: loss {losses[0]:.4f}, after {len(losses) - 1} steps {losses[-1]:.4f}, the coin's")
    print("'cotton' would have to raise z when alone and lower it beside 'dress'. That takes a hidden layer: lesson 2.")

    print("\nTry next: LEARNING_RATE = 0.01. The steps are so short that the loss is still 0.58 after 100 of them.")


if __name__ == "__main__":
    main()
