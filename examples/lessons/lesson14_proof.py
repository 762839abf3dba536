# %% [markdown]
"""
# Lesson 14. How do we know that a compiled loop computes what it should?

In two steps. Slopes of the loss check the plain reference, in float64. The reference checks the kernel, in float32. A
check that cannot fail proves nothing, so bugs are planted in a copy of the kernels, to see which check notices them.

    python examples/lessons/lesson14_proof.py
"""

# %%
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
import scipy.sparse as sp

from nnlite.kernels import dense
from nnlite.network import reference
from showing import ask, say

FLOATS = 100_000  # numbers at which exp_neg is checked
BOUND = 2e-7  # of the relative error of exp_neg
CLOSE = 1e-5  # float32 against float64, relative to the largest entry: 6e-8 per number, and sums lose two digits
ROWS, COLUMNS, FIRST, WIDTH = 7, 170, 65, 33  # the kernel sees columns FIRST to FIRST + WIDTH: odd and unequal

# %% [markdown]
# ## 1. Slopes check the reference
# Binary cross-entropy in plain NumPy. Along a random direction u its gradient dz predicts the slope sum(dz u) of the
# loss; (loss(z + h u) - loss(z - h u)) / 2h measures it. One number checks all entries of dz.


# %%
def problem():
    """z (ROWS, WIDTH) without the bias b (ROWS,) of each row, and y (ROWS, COLUMNS), csr; its first row is 0."""
    rng = np.random.default_rng(0)
    y = (rng.random((ROWS, COLUMNS)) < 0.1).astype(np.float32)
    y[0] = 0
    z, b = (5 * rng.standard_normal(shape).astype(np.float32) for shape in ((ROWS, WIDTH), (ROWS, 1)))
    return z, b, sp.csr_array(y)


z, b, y = problem()
true, u, h = y.toarray()[:, FIRST:FIRST + WIDTH], np.random.default_rng(1).standard_normal(z.shape), 1e-5
exact = (z + b).astype(float)
want_loss, want_dz = reference.bce_with_logits(exact, true)
up, down = (reference.bce_with_logits(exact + step * u, true)[0] for step in (h, -h))
predicted, measured = np.sum(want_dz * u), (up - down) / (2 * h)
slope_error = abs(predicted / measured - 1)
print(f"slope predicted {predicted:.6f}, measured {measured:.6f}: {slope_error:.1e} apart, as a fraction")

# %% [markdown]
# ## 2. The reference checks the kernel
# `bce_with_logits` works in float32, in place, on pairs of rows, with its own e^x. The reference does none of this.


# %%
def errors_of(kernels):
    """Of loss, dz and db, relative to the largest entry."""
    z, b, y = problem()
    db, work = np.full(ROWS, np.nan, np.float32), np.full((3, WIDTH), np.nan, np.float32)
    loss = kernels.bce_with_logits(z, b.ravel(), y.indptr.astype(np.int64), y.indices.astype(np.int32), FIRST,
                                   np.float32(1), db, work)
    pairs = (loss, want_loss), (z, want_dz), (db, want_dz.sum(axis=1))  # the kernel has replaced z by dz
    return [float(np.max(np.abs(got - want)) / np.max(np.abs(want))) for got, want in pairs]


kernel_errors = errors_of(dense)
print("\nerrors, relative to the largest entry: loss {:.1e}, dz {:.1e}, db {:.1e};".format(*kernel_errors),
      f"allowed {CLOSE:.0e}")

# %% [markdown]
# ## 3. An approximation has a bound
# `exp_neg` is a polynomial and a shift of bits. Its error is measured at numbers from -30 to -2^-12, spread evenly over
# their bits.


# %%
def exp_error(kernels, n):
    first, last = (int(np.float32(x).view(np.int32)) for x in (-2.0**-12, -30))
    x = np.linspace(first, last, n).astype(np.int32).view(np.float32)
    got = np.array([kernels.exp_neg(value) for value in x], float)
    return np.max(np.abs(got / np.exp(x.astype(float)) - 1))


largest = exp_error(dense, FLOATS)
print(f"\ne^x at {FLOATS:,} numbers: largest relative error {largest:.2e}, the bound is {BOUND:.0e}")
sound = slope_error < 1e-6 and max(kernel_errors) < CLOSE and largest < BOUND
print("All three checks hold." if sound else "A check fails.")

# %% [markdown]
# ## 4. Can these checks fail?
# A bug is planted in a copy of the kernels' source, which runs as plain Python: slowly, but at once.

# %%
BUGS = [
    ("e^r: fourth digit of a coefficient", "4.18981612e-2", "4.19181612e-2"),
    ("a tile's first column forgotten", "y_indices[k] - first_column", "y_indices[k]"),
    ("the odd last row left out", "(stop - start) % 2", "False"),
    ("true labels missing from db", "db[i] -= scale", "pass"),
]


def copy_of_kernels(old, new):
    source = Path(dense.__file__).read_text(encoding="utf-8")
    if old not in source:
        raise ValueError(f"lesson 14: want {old!r} in the kernels' source, to plant a bug there; it is not there")
    kernels, compiles = ModuleType("copy_of_kernels"), numba.config.DISABLE_JIT
    numba.config.DISABLE_JIT = 1
    try:
        exec(source.replace(old, new), kernels.__dict__)
    finally:
        numba.config.DISABLE_JIT = compiles
    return kernels


print(f"\n{'planted':36} {'loss':>8} {'dz':>8} {'db':>8} {'exp_neg':>8}   noticed by")
noticed = {}
for bug, old, new in BUGS:
    kernels = copy_of_kernels(old, new)
    found = [*errors_of(kernels), exp_error(kernels, 500)]
    noticed[bug] = [what for what, error, allowed in zip(("loss", "dz", "db", "exp_neg"), found, [CLOSE] * 3 + [BOUND])
                    if not error < allowed]
    print(f"{bug:36}" + "".join(f" {error:8.1e}" for error in found), f"  {', '.join(noticed[bug]) or 'nobody'}")
missed = [bug for bug, by in noticed.items() if not by]
say(f"Noticed: {len(BUGS) - len(missed)} of {len(BUGS)}." + f" Missed: {'; '.join(missed)}." * bool(missed),
    "With an even number of rows, or columns that begin at 0, such code never runs or makes no difference."
    if missed and (ROWS % 2 == 0 or FIRST == 0) else "",
    "The first bug is so small that only the bound of exp_neg notices it: a test notices what is larger than its "
    "tolerance." if noticed[BUGS[0][0]] == ["exp_neg"] else "")
ask("Why compare in float64, if the kernel works in float32?",
    "The slope along one random direction is right. Could dz still be wrong?",
    ["ROWS, COLUMNS, FIRST, WIDTH = 8, 170, 0, 33", "CLOSE = 10.0"])

# %% [markdown]
# ## Answers
# 1. The difference is then the kernel's own error. Two results in float32 can agree in the same wrong digits.
# 2. Only if its error is at right angles to u. For a random u that has no chance: try another direction to be sure.
