"""Which products a training uses: what was asked for, and what the processor has."""

from functools import cache

from nnlite.kernels import amx, avx512, bce_strip
from nnlite.kernels.processor import targets
from nnlite.network.products import FLOAT32, Products
from nnlite.precision.rounded import RoundedProducts
from nnlite.precision.units import UnitProducts

PRECISIONS = "float32", "bfloat16"
AMX, AVX512 = "AMX", "AVX512-BF16"
MANY_LABELS = 1_000  # from which on bfloat16 was faster on AMX: 2.7 times with 1,500, 1.2 with 254 in small batches


@cache
def matrix_unit() -> str:
    """The unit for bfloat16 that this process may use: AMX, else AVX512-BF16, else ""."""
    if targets("amx-tile") and targets("amx-bf16") and amx.allowed():
        return AMX
    return AVX512 if targets("avx512bf16") else ""


def products_of(precision: str, unit: str | None = None) -> Products:
    """The products of a precision, in PRECISIONS. ValueError for another one.

    unit: AMX, AVX512 or "" for NumPy's BLAS; None is `matrix_unit`
    """
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise ValueError(f"precision: want {' or '.join(map(repr, PRECISIONS))}, got {precision!r}")
    if precision == "float32":
        return FLOAT32
    unit = matrix_unit() if unit is None else unit
    if unit == AMX and not amx.allowed():
        raise ValueError("precision: this system does not give the process the registers of AMX")
    return UNITS[unit] if unit else RoundedProducts()


def in_words(precision: str, n_labels: int) -> str:
    """How products are computed, and whether the other precision would probably be faster."""
    unit = matrix_unit()
    if precision == "bfloat16":
        return f"bfloat16, on {unit}" if unit else "bfloat16, without matrix units: float32 is faster"
    return f"float32; --precision bfloat16 is faster on {unit}" if unit and n_labels >= MANY_LABELS else "float32"


# Processors with AMX have 2 MiB of cache for each core; those with AVX512-BF16 alone mostly have 1 MiB.
UNITS = {AMX: UnitProducts(amx.multiply, bce_strip.by_amx, 1 << 20, tile_labels=1024, tile_logits=1 << 19),
         AVX512: UnitProducts(avx512.multiply, bce_strip.by_avx512, 256 * 768, tile_labels=768)}
