"""Rows of few bits: what rounding a row costs, which rows are worth how many bits, and how codes are packed into bytes.

A row w of H numbers becomes H codes c, whole numbers of b bits, and a scale s, one for the row:

    w_j ~ s (c_j - (2^b - 1) / 2)        c_j from 0 to 2^b - 1

The middle of the codes lies between two of them, so that both signs have as many. A row of 0 bits is left out.

Packed, codes of 8 bits are a byte each. Of 4 bits, byte j holds unit j in its lower half and unit j + width in its
upper one; of 2 bits, the units j, j + width, j + 2 width and j + 3 width, the lowest bits first. So a loop over bytes
meets neighbouring units, as vector instructions want them. Bits that no unit has are 0.
"""

from collections.abc import Sequence

import numpy as np

from nnlite.system.slices import blocks

BITS = 2, 4, 8  # of a code
STEPS = {2: 0.9957, 4: 0.3352, 8: 0.0308}  # scale / deviation that round normal numbers with the least squared error
# (Max, "Quantizing for minimum distortion", 1960; that of 8 bits by the same equations)
REFITS = 3  # of the scale to the codes, and of the codes to the scale
ROWS = 4_096  # rounded at a time

f32 = np.float32


def width(n_units: int, bits: int) -> int:
    """The bytes that a row of so many codes takes; 0 bits take none."""
    return -(-n_units // (8 // bits)) if bits else 0


def rounded(rows: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes (n, H) uint8 and the scales (n,) float32 of rows (n, H), of nearly the least squared error.

    The scale begins as if the row were normal numbers. Then the codes are those nearest to the row, and the scale
    becomes w.q / q.q, the best for these codes q, in turns.
    """
    most, middle = f32(2 ** bits - 1), f32((2 ** bits - 1) / 2)
    scales = (STEPS[bits] * np.sqrt(np.mean(np.square(rows, dtype=np.float64), axis=1))).astype(f32)
    for _ in range(REFITS + 1):
        steps = np.where(scales > 0, scales, f32(1))[:, None]
        codes = np.clip(np.rint(rows / steps + middle), 0, most)
        q = codes - middle
        scales = np.einsum("ij,ij->i", rows, q) / np.einsum("ij,ij->i", q, q)
    return codes.astype(np.uint8), scales.astype(f32)


def expanded(codes: np.ndarray, scales: np.ndarray, bits: int) -> np.ndarray:
    """The rows (n, H) float32 of codes and scales."""
    return scales[:, None] * (codes - f32((2 ** bits - 1) / 2))


def packed(codes: np.ndarray, bits: int) -> np.ndarray:
    """The codes (n, H) in bytes (n, width), see above."""
    n, n_units = codes.shape
    every = np.zeros((n, 8 // bits * width(n_units, bits)), np.uint8)
    every[:, :n_units] = codes
    planes = every.reshape(n, 8 // bits, width(n_units, bits))
    return np.bitwise_or.reduce(planes << np.arange(0, 8, bits, dtype=np.uint8)[:, None], axis=1)


def unpacked(packed_codes: np.ndarray, n_units: int, bits: int) -> np.ndarray:
    """The codes (n, n_units) in bytes (n, width)."""
    planes = packed_codes[:, None] >> np.arange(0, 8, bits, dtype=np.uint8)[:, None] & np.uint8(2 ** bits - 1)
    return planes.reshape(len(planes), 8 // bits * packed_codes.shape[1])[:, :n_units]


def squared_errors(w: np.ndarray, choices: Sequence[int] = (0, *BITS)) -> np.ndarray:
    """(n, choices) float64: the squared error of each row of w (n, H) when it gets so many bits; 0 leave it out."""
    found = np.empty((len(w), len(choices)))
    for part in blocks(len(w), ROWS):
        rows = np.asarray(w[part])
        for i, bits in enumerate(choices):
            rest = rows - expanded(*rounded(rows, bits), bits) if bits else rows
            found[part, i] = np.einsum("ij,ij->i", rest, rest, dtype=np.float64)
    return found


def best_choices(costs: np.ndarray, sizes: np.ndarray, most: float) -> np.ndarray:
    """(n,): for each row the column of the costs (n, k), so that their sum is least while that of the sizes <= most.

    Each row takes the column of the least cost + price x size, and the price is the lowest for which all fit (Shoham
    and Gersho 1988). ValueError if the smallest columns do not fit.
    """
    rows = np.arange(len(costs))

    def at(price: float) -> np.ndarray:
        return np.argmin(costs + price * sizes, axis=1)

    smallest = np.argmin(sizes, axis=1)
    if sizes[rows, smallest].sum() > most:
        raise ValueError(f"best_choices: want room for {sizes[rows, smallest].sum():,.0f}, got {most:,.0f}")
    low, high = 0.0, 1.0
    if sizes[rows, at(low)].sum() <= most:
        return at(low)
    while sizes[rows, at(high)].sum() > most:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if sizes[rows, at(middle)].sum() <= most else (middle, high)
    return at(high)
