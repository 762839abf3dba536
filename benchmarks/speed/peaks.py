"""The speeds that bound a kernel on this machine: operations of matrix products, and bytes by size of the arrays."""

import time
from functools import partial

import numpy as np
from numba import njit

from nnlite.precision.choice import matrix_unit
from nnlite.system.threads import team
from nnlite.tool import doctor

SMALLEST, LARGEST = 15, 29  # the exponents of the sizes in bytes: 32 KiB to 512 MiB, of all threads together
CALL_FLOATS = 2**22  # that a call goes through, at least
SIDES = 256, 512, 1024  # rows and columns of square products
MOMENT = 0.01  # seconds of products of each size between two turns of a part
f32 = np.float32


@njit(nogil=True, fastmath=True)
def read(a, b, c, passes):
    """The sum of a, b and c, passes times."""
    total = f32(0)
    for k in range(passes):
        for i in range(a.size):
            total += (a[i] + b[i] + c[i]) * f32(k)
    return total


@njit(nogil=True, fastmath=True)
def update(a, b, c, passes):
    """Each array changed in place, passes times."""
    for k in range(passes):
        for x in (a, b, c):
            for i in range(x.size):
                x[i] = x[i] * f32(0.5) + f32(k)


@njit(nogil=True, fastmath=True)
def add(a, b, c, passes):
    """c = a + b, passes times."""
    for k in range(passes):
        for i in range(a.size):
            c[i] = a[i] + b[i] * f32(k)


KINDS = {read: 1, update: 2, add: 1}  # how often each byte of the three arrays is read or written in a pass


class Peaks:
    """The best of all measurements so far, with one thread and with all."""

    def __init__(self, threads: int, quick: bool = False):
        self.teams, self.quick = sorted({1, threads}), quick
        self.unit = matrix_unit()
        self.flops = {(precision, n): 0.0 for precision in ["float32", *["bfloat16"] * bool(self.unit)]
                      for n in self.teams}
        self.bytes = {n: {} for n in self.teams}
        self.measure()

    def measure(self) -> None:
        """Measure all, and keep what is faster than before."""
        seconds = 0.2 if self.quick else 1.0
        for n in self.teams:
            for precision in ["float32", *["bfloat16"] * bool(self.unit)]:
                self.products_now(precision, n, seconds / 3)
            for exponent in range(SMALLEST, (26 if self.quick else LARGEST) + 1):
                size = 2**exponent
                best = max(self._bandwidth(n, size, kernel) for kernel in KINDS)
                self.bytes[n][size] = max(best, self.bytes[n].get(size, 0))
            copied = 1e9 * doctor.copy_bandwidth(n, seconds, size // 2**20)  # its writes bypass the caches
            self.bytes[n][size] = max(self.bytes[n][size], copied)

    def products_now(self, precision: str, n: int, seconds: float = MOMENT) -> float:
        """Operations a second of square products at this moment: a shared machine may be twice as fast in the next."""
        peak = partial(doctor.bfloat16_peak, self.unit) if precision == "bfloat16" else doctor.sgemm_peak
        flops = 1e9 * max(peak(n, seconds, side) for side in SIDES)
        self.reached(precision, n, flops)
        return flops

    def _bandwidth(self, n: int, size: int, kernel) -> float:
        workers, length = team(n), size // (12 * n)
        passes = max(1, CALL_FLOATS // (3 * length))
        arrays = [[np.ones(length, f32) for _ in range(3)] for _ in range(n)]

        def one_share(share):
            kernel(*share, passes)

        best = np.inf
        for _ in range(3 if self.quick else 6):
            start = time.perf_counter()
            workers.run(one_share, arrays)
            best = min(best, time.perf_counter() - start)
        return KINDS[kernel] * 12 * length * n * passes / best

    def reached(self, precision: str, n: int, flops: float) -> None:
        """Products of some shape reached this rate with n threads."""
        self.flops[precision, n] = max(self.flops[precision, n], flops)

    def products(self, precision: str, n: int) -> float:
        """Operations a second of matrix products."""
        return self.flops[precision, n]

    def bandwidth(self, n: int, size: float) -> float:
        """Bytes a second through arrays of `size` bytes in all: the most measured at the next smaller size or above."""
        sizes = sorted(self.bytes[n])
        at = max([s for s in sizes if s <= size], default=sizes[0])
        return max(self.bytes[n][s] for s in sizes if s >= at)

    def tables(self) -> list[list[dict]]:
        """P, and B by size."""
        units = {"float32": "BLAS", "bfloat16": self.unit}
        return [[{"products": f"{precision}, {units[precision]}", "threads": n, "P, GFLOP/s": flops / 1e9}
                 for (precision, n), flops in self.flops.items()],
                [{"arrays": f"{size // 1024:,} KiB", **{f"B, {n} threads, GB/s": self.bytes[n][size] / 1e9
                                                        for n in self.teams}} for size in sorted(self.bytes[1])]]
