"""Claim: what kernels are compiled for is what Numba was told, else what this processor has; interpreted, nothing."""

import numba
import pytest
from llvmlite.binding import get_host_cpu_features

from nnlite.kernels import processor
from nnlite.kernels.processor import interpreted, targets


@pytest.fixture
def settings(monkeypatch):
    """The settings of Numba, as if none was given."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    monkeypatch.setattr(numba.config, "CPU_FEATURES", None)
    return lambda name, value: monkeypatch.setattr(numba.config, name, value)


@pytest.mark.parametrize("has", [True, False])
def test_without_settings_it_is_this_processor(settings, monkeypatch, has):
    assert not interpreted()
    assert [targets(name) for name in get_host_cpu_features()] == [*map(bool, get_host_cpu_features().values())]
    monkeypatch.setattr(processor, "get_host_cpu_features", lambda: {"avx2": has})
    assert targets("avx2") is has and not targets("avx512f")


def test_features_that_are_given_count_alone(settings):
    settings("CPU_FEATURES", "+sse2,+avx2,-avx512f")
    assert targets("sse2") and targets("avx2") and not targets("avx512f") and not targets("avx") and not targets("fma")


def test_interpreted_kernels_are_for_no_processor(settings):
    settings("DISABLE_JIT", 1)
    settings("CPU_FEATURES", "+avx2")
    assert interpreted() and not targets("avx2")
