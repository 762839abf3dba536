"""Products of operands that are rounded to bfloat16, by NumPy's BLAS.

Sums, results, parameters and gradients are float32. A bfloat16 is a float32 without its last 16 bits: it has the same
range and 8 bits of mantissa, so that rounding changes an operand by at most one part in 256.
"""

from typing import Any

import numpy as np

from nnlite.kernels import packing
from nnlite.network.products import Products
from nnlite.system.scratch import scratch
from nnlite.system.workers import Workers


class RoundedProducts(Products):
    """Of operands rounded to bfloat16, by NumPy's BLAS: what matrix units compute, on any processor, but slower."""

    precision = "bfloat16"
    copies_operands = True

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        """As in Products."""
        return np.matmul(rounded("left", a), rounded("right", b), out=out)

    def rows(self, h: np.ndarray, strips: list[slice], workers: Workers | None = None) -> list[Any]:
        """As in Products."""
        first = strips[0].start
        memory = scratch("rounded rows", strips[-1].stop - first, h.shape[1])
        found = [memory[strip.start - first:strip.stop - first] for strip in strips]

        def pack(i):
            packing.to_bfloat16(h[strips[i]], found[i])

        if workers:
            workers.run(pack, range(len(strips)))
        else:
            for i in range(len(strips)):
                pack(i)
        return found

    def labels(self, w: np.ndarray) -> Any:
        """As in Products."""
        return rounded("labels", w)

    def gradient(self, dz: np.ndarray) -> Any:
        """As in Products."""
        packing.to_bfloat16(dz, dz)
        return dz


def rounded(name: str, array: np.ndarray) -> np.ndarray:
    """The array, C-contiguous or the transpose of such a one, rounded to bfloat16; in this thread's scratch memory."""
    if not array.flags.c_contiguous:
        return rounded(name, array.T).T
    memory = scratch(f"rounded {name}", *array.shape)
    packing.to_bfloat16(array, memory)
    return memory
