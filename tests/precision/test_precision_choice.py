"""Claim: the best unit that this process may use is chosen, and said."""

import pytest

from nnlite.kernels import amx
from nnlite.network.products import FLOAT32
from nnlite.precision import choice
from nnlite.precision.choice import AMX, AVX512
from nnlite.precision.rounded import RoundedProducts
from nnlite.precision.units import UnitProducts

WITH_AMX = {"amx-tile", "amx-bf16", "avx512bf16"}


@pytest.fixture
def processor(monkeypatch):
    """A function that sets what the processor has, and whether Linux gives the process the registers of AMX."""
    def has(features, allowed=True):
        choice.matrix_unit.cache_clear()
        monkeypatch.setattr(choice, "targets", features.__contains__)
        monkeypatch.setattr(amx, "allowed", lambda: allowed)

    yield has
    choice.matrix_unit.cache_clear()


@pytest.mark.parametrize("features, allowed, want", [
    (WITH_AMX, True, AMX), (WITH_AMX, False, AVX512), ({"amx-tile", "amx-int8"}, True, ""), ({"amx-bf16"}, True, ""),
    ({"avx512bf16"}, True, AVX512), ({"avx2"}, True, "")])
def test_the_best_unit_is_chosen(processor, features, allowed, want):
    processor(features, allowed)
    assert choice.matrix_unit() == want
    assert type(choice.products_of("bfloat16")) is (UnitProducts if want else RoundedProducts)
    assert choice.products_of("float32").precision == "float32"


@pytest.mark.parametrize("features, unit, want", [
    (WITH_AMX, None, choice.UNITS[AMX]), (WITH_AMX, AVX512, choice.UNITS[AVX512]), ({"avx2"}, AMX, choice.UNITS[AMX]),
    ({"avx512bf16"}, None, choice.UNITS[AVX512]), ({"avx2"}, AVX512, choice.UNITS[AVX512])])
def test_a_unit_that_is_asked_for_is_taken(processor, features, unit, want):
    processor(features)
    assert choice.products_of("bfloat16", unit) is want and choice.products_of("float32", unit) is FLOAT32
    assert isinstance(choice.products_of("bfloat16", ""), RoundedProducts)


def test_amx_is_not_used_without_its_registers(processor):
    """The first instruction would end the process."""
    processor(WITH_AMX, allowed=False)
    with pytest.raises(ValueError, match="does not give the process the registers of AMX"):
        choice.products_of("bfloat16", AMX)


@pytest.mark.parametrize("precision, n_labels, features, want", [
    ("float32", 5_000, WITH_AMX, "float32; --precision bfloat16 is faster on AMX"),
    ("float32", 1_000, {"avx512bf16"}, "float32; --precision bfloat16 is faster on AVX512-BF16"),
    ("float32", 999, WITH_AMX, "float32"), ("float32", 5_000, set(), "float32"),
    ("bfloat16", 2, WITH_AMX, "bfloat16, on AMX"),
    ("bfloat16", 5_000, set(), "bfloat16, without matrix units: float32 is faster")])
def test_what_is_said_of_it(processor, precision, n_labels, features, want):
    processor(features)
    assert choice.in_words(precision, n_labels) == want
