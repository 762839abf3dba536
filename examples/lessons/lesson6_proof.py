"""Lesson 6. How do we know that a compiled loop computes what it should?

In two steps. Slopes of the loss check the plain reference, in float64. The reference checks the kernel, in float32. A
check that cannot fail proves nothing, so bugs are planted in a copy of the kernels, to see which check notices them.

    python examples/lessons/lesson6_proof.py
"""

from pathlib import Path
from types import ModuleType

import numpy as np
import scipy.sparse as sp

from nnlite.kernels import dense
from nnlite.network import reference

FLOATS = 100_000  # numbers at which exp_neg is checked
BOUND = 2e-7  # of the relative error of exp_neg
CLOSE = 1e-5  # float32 against float64, relative to the largest entry: 6e-8 per number, and sums lose two digits
ROWS, COLUMNS, FIRST, WIDTH = 7, 170, 65, 33  # the kernel sees columns FIRST to FIRST + WIDTH: odd and unequal

BUGS = [
    ("e^r: fourth digit of a coefficient", "4.18981612e-2", "4.19181612e-2"),
    ("a tile's first column forgotten", "y_indices[k] - first_column", "y_indices[k]"),
    ("the odd last row left out", "(stop - start) % 2", "False"),
    ("true labels missing from db", "db[i] -= scale", "pass"),
]


def problem(seed=0):
    """Logits z (ROWS, WIDTH) without the bias b (ROWS,) of each row, and y (ROWS, COLUMNS), csr; its first row is 0."""
    rng = np.random.default_rng(seed)
    y = (rng.random((ROWS, COLUMNS)) < 0.1).astype(np.float32)
    y[0] = 0
    z, b = (5 * rng.standard_normal(shape).astype(np.float32) for shape in ((ROWS, WIDTH), (ROWS, 1)))
    return z, b, sp.csr_array(y)


def slope_error():
    """Relative error of the reference's gradient along a random direction u, against
    (loss(z + h u) - loss(z - h u)) / 2h."""
    z, b, y = problem()
    z, true = z.astype(float), y.toarray()[:, FIRST:FIRST + WIDTH]
    u, h = np.random.default_rng(1).standard_normal(z.shape), 1e-5
    _, dz = reference.bce_with_logits(z + b, true)
    up, down = (reference.bce_with_logits(z + b + step * u, true)[0] for step in (h, -h))
    slope = (up - down) / (2 * h)
    return abs(np.sum(dz * u) - slope) / abs(slope)


def exp_error(kernels, n):
    """The largest relative error of exp_neg at n float32 numbers from -30 to -2^-12, spread evenly over their bits."""
    first, last = (int(np.float32(x).view(np.int32)) for x in (-2.0**-12, -30))
    x = np.linspace(first, last, n).astype(np.int32).view(np.float32)
    got = np.array([kernels.exp_neg(value) for value in x], float)
    return np.max(np.abs(got / np.exp(x.astype(float)) - 1))


def kernel_errors(kernels):
    """Errors of bce_with_logits against the reference in float64: loss, dz, db, relative to the largest entry."""
    z, b, y = problem()
    want_loss, want_dz = reference.bce_with_logits((z + b).astype(float), y.toarray()[:, FIRST:FIRST + WIDTH])
    db, work = np.full(ROWS, np.nan, np.float32), np.full((3, WIDTH), np.nan, np.float32)
    indptr, indices = y.indptr.astype(np.int64), y.indices.astype(np.int32)
    loss = kernels.bce_with_logits(z, b.ravel(), indptr, indices, FIRST, np.float32(1), db, work)
    pairs = (loss, want_loss), (z, want_dz), (db, want_dz.sum(axis=1))  # the kernel has replaced z by dz
    return [float(np.max(np.abs(got - want)) / np.max(np.abs(want))) for got, want in pairs]


def copy_of_kernels(old, new):
    """A module of the kernels' source with `old` replaced everywhere. It is compiled again, and not cached on disk."""
    source = Path(dense.__file__).read_text(encoding="utf-8")
    if old not in source:
        raise ValueError(f"lesson 6: want {old!r} in the kernels' source, to plant a bug there; it is not there")
    kernels = ModuleType("copy_of_kernels")
    exec(source.replace(old, new), kernels.__dict__)
    return kernels


def main():
    print("1. Slopes check the reference. Binary cross-entropy in plain NumPy, float64: its gradient along a random")
    print(f"   direction and the slope of its loss differ by {slope_error():.1e}, as a fraction")

    print(f"\n2. The reference checks the kernel. bce_with_logits, on {ROWS} rows of {WIDTH} columns, works")
    print("   in float32, in place, on pairs of rows, with its own e^x; the reference does none of this.")
    loss, dz, db = kernel_errors(dense)
    print(f"   Errors, relative to the largest: loss {loss:.1e}   dz {dz:.1e}   db {db:.1e}   allowed: {CLOSE:.0e}")

    print(f"\n3. An approximation has a bound. exp_neg is a polynomial and a shift of bits; at {FLOATS:,} numbers")
    print(f"   its largest relative error is {exp_error(dense, FLOATS):.2e}, the bound is {BOUND:.0e}")

    print("\n4. Can these checks fail? A bug is planted in a copy of the kernels' source, and 2 and 3 run again:\n")
    print(f"   {'planted':36} {'loss':>8} {'dz':>8} {'db':>8} {'exp_neg':>8}   noticed by")
    for name, old, new in BUGS:
        kernels = copy_of_kernels(old, new)
        errors, exp = kernel_errors(kernels), exp_error(kernels, FLOATS // 50)
        noticed = [what for what, error in zip(("loss", "dz", "db"), errors) if not error < CLOSE]
        noticed += ["exp_neg"] * (not exp < BOUND)
        print(f"   {name:36}" + "".join(f" {error:8.1e}" for error in (*errors, exp))
              + f"   {', '.join(noticed) or 'nobody'}")
    print("\n   The first bug is so small that only the bound of exp_neg notices it: a test notices errors larger than")
    print("   its tolerance. The next two are noticed because the columns begin above 0 and the rows are odd.")

    print("\nTry next: ROWS, COLUMNS, FIRST, WIDTH = 8, 170, 0, 33. With an even number of rows and columns that begin")
    print("at 0, nobody notices two of the bugs. Good tests have awkward sizes.")


if __name__ == "__main__":
    main()
