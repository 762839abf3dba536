# %% [markdown]
"""
# Lesson 3. What does a hidden layer add, and where should its weights begin?

A network learns what no neuron can (lesson 1), with the gradients of lesson 2. Then the same network from another
start: equal weights, and weights that are too small or too large for many layers.

    python examples/lessons/lesson03_network.py
"""

# %%
import numpy as np

from nnlite.network import reference
from nnlite.network.network import glorot_uniform, shapes
from showing import ask, picture, say

HIDDEN = 4
LEARNING_RATE = 2.0
STEPS = 1000
WORDS, LABELS = ["plug-eu", "socket-eu"], ["Adapter", "European"]
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)  # a title holds neither word, one of them, or both
Y = np.array([[0, 0], [1, 0], [1, 0], [0, 1]], float)  # an adapter joins different kinds
DEPTH, UNITS, ACTIVATION = 8, 128, "relu"  # of the deep network
FACTORS = (0.7, 1.0, 1.4142, 2.0)  # of its weights

# %% [markdown]
# ## Two starts
# The package begins with random weights, uniform in +-sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010). Here twice the
# bound, because the network is so small; and, for comparison, all weights equal.


# %%
def new_params(sizes, factor, seed=2):
    """Glorot's weights times a factor, biases of 0, in float64; sizes: words, hidden units, ..., labels."""
    rng = np.random.default_rng(seed)
    return {name: factor * glorot_uniform(rng, shape).astype(float) if len(shape) > 1 else np.zeros(shape)
            for name, shape in shapes(sizes[0], sizes[1:-1], sizes[-1]).items()}


def train(params):
    losses = []
    for _ in range(STEPS):
        loss, grads = reference.loss_and_grads(params, X, Y)
        losses.append(loss)
        params = {name: p - LEARNING_RATE * grads[name] for name, p in params.items()}
    return params, losses


random = new_params((2, HIDDEN, 2), 2)
equal = {name: np.full_like(p, 0.5 * name.endswith(".W")) for name, p in random.items()}
found, curves = {}, {}
for start, params in ("random", random), ("equal", equal):
    found[start], curves[start] = train(params)
    (_, h), z = reference.forward(found[start], X)
    right, columns = ((z > 0) == (Y > 0)).sum(), len(np.unique(h.round(6), axis=1).T)
    print(f"\n{start} weights at first: loss {curves[start][0]:.3f}, after {STEPS} steps {curves[start][-1]:.4f}")
    for title, units, p in zip(X, h, reference.sigmoid(z)):
        print(f"  {title.astype(int)}  hidden {' '.join(f'{u:.2f}' for u in units)}   {', '.join(LABELS)} "
              f"{' '.join(f'{q:.3f}' for q in p)}")
    say(f"{right} of {z.size} answers are on the right side of 0.5. Hidden units: {HIDDEN}, different ones: {columns}.",
        "Equal weights get equal gradients, so the units stay copies of each other." if columns < HIDDEN else "",
        "'Adapter' lies between two lines, and a hidden unit has one." if right < z.size and columns == 1 else "")

# %% [markdown]
# ## How large should random weights be?
# A unit adds up n terms h W. For random signs the sum's square is n times that of a term, so W must shrink like
# 1 / sqrt(n). ReLU sets half of the sums to 0, which halves the mean square: Glorot's weights times f give, by hand,
#
#     size of a layer's h = size of the layer before times f / sqrt(2)        (ReLU; He et al. 2015: f = sqrt(2))
#
# and dz, on its way back, shrinks or grows likewise. Size: the root of the mean square. db adds up dz, so it shows it.


# %%
def size(a):
    return float(np.sqrt(np.mean(a**2)))


x = np.random.default_rng(1).standard_normal((50, UNITS))
layers, back = {}, {}
print(f"\n{DEPTH} layers of {UNITS} {ACTIVATION} units. Size of the last h over that of the first, and of gradients:")
print(f"{'factor':>7} {'by hand':>10} {'h by code':>10} {'db first / db last':>20}")
for factor in FACTORS:
    params = new_params((UNITS, *[UNITS] * DEPTH, UNITS), factor)
    hs, _ = reference.forward(params, x, ACTIVATION)
    _, grads = reference.loss_and_grads(params, x, np.eye(50, UNITS), ACTIVATION)
    layers[factor] = [size(h) for h in hs[1:]]
    back[factor] = size(grads["features.b"]) / size(grads[f"hidden{DEPTH - 1}.b"])
    by_hand = f"{(factor / 2**0.5) ** (DEPTH - 1):10.4f}" if ACTIVATION == "relu" else f"{'':10}"
    print(f"{factor:7.2f} {by_hand} {layers[factor][-1] / layers[factor][0]:10.4f} {back[factor]:20.4f}")
kept = {factor: max(abs(np.log(sizes[-1] / sizes[0])), abs(np.log(back[factor]))) for factor, sizes in layers.items()}
best, worst = min(kept, key=kept.get), max(kept, key=kept.get)
say(f"The factor {best:.2f} keeps sizes best, {worst:.2f} worst:",
    f"there the last h is {layers[worst][-1] / layers[worst][0]:.2g} times the first and the first gradient "
    f"{back[worst]:.2g} times the last.",
    "Even the best changes one more than fivefold: so many layers need another activation."
    if kept[best] > np.log(5) else "",
    f"Each layer multiplies, so what hardly matters for one hidden layer decides with {DEPTH}.")


def draw(left, right):
    line = np.linspace(-0.5, 1.5, 81)
    plane = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    (_, hidden), z = reference.forward(found["random"], plane)
    left.contourf(line, line, reference.sigmoid(z[:, 0]).reshape(81, 81), levels=np.linspace(0, 1, 11), cmap="Greys",
                  alpha=0.7)
    for unit in hidden.T:
        left.contour(line, line, unit.reshape(81, 81), levels=[0.5], colors="#d95f02", linestyles="--")
    for title, true in zip(X, Y[:, 0]):
        left.plot(*title, "o" if true else "x", color="white" if true else "black", markersize=10,
                  markeredgecolor="black", markeredgewidth=2.5)
    left.set(xlabel=WORDS[0], ylabel=WORDS[1], title=f"dark: {LABELS[0]}; dashed: a hidden unit is 0.5")
    for factor, sizes in layers.items():
        right.plot(range(1, DEPTH + 1), sizes, marker="o", label=f"{factor:.2f} x Glorot")
    right.set(xlabel="layer", ylabel="size of h", yscale="log", title=f"{ACTIVATION} units")
    right.legend()


picture("lesson03", draw, columns=2)
ask("Would all weights of 0 be a worse start than all weights of 0.5?",
    "A deep network's first layers do not learn. Which figure of the table would you look at?",
    ["HIDDEN = 1", "STEPS = 20", 'DEPTH, UNITS, ACTIVATION = 8, 128, "sigmoid"'])

# %% [markdown]
# ## Answers
# 1. Just as bad for telling units apart, and worse at first: dh = dz W2 is 0: the first layer has no gradient at all.
# 2. The first layer's gradient over the last one's: far below 1, the first layer stands still while the last one moves.
