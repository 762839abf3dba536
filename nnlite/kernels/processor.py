"""Whether kernels are compiled, and for what processor."""

from typing import Any

import numba
from llvmlite.binding import get_host_cpu_features


def interpreted() -> bool:
    """Whether kernels are plain Python, as under NUMBA_DISABLE_JIT."""
    settings: Any = numba.config
    return bool(settings.DISABLE_JIT)


def targets(feature: str) -> bool:
    """Whether kernels are compiled for a processor with a feature of this name in LLVM, such as "avx2"."""
    settings: Any = numba.config
    if interpreted():
        return False
    given = settings.CPU_FEATURES
    return f"+{feature}" in given.split(",") if given else bool(get_host_cpu_features().get(feature))
