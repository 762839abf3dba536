"""The memory of this machine and of this process, and the GPUs (which nnlite does not use)."""

import os
from contextlib import suppress
from pathlib import Path

MEMINFO, STATM, NVIDIA = Path("/proc/meminfo"), Path("/proc/self/statm"), Path("/proc/driver/nvidia/gpus")
GROUP = Path("/sys/fs/cgroup")
MEMORY_LIMITS = [(GROUP / "memory.max", GROUP / "memory.current"),  # control groups of version 2, then of version 1
                 (GROUP / "memory/memory.limit_in_bytes", GROUP / "memory/memory.usage_in_bytes")]


def available_memory() -> int | None:
    """Bytes that this process may still take, within the limit of its control group; None where this is unknown."""
    with suppress(OSError, AttributeError):
        found = [os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found = [1024 * int(line.split()[1])]
        for limit, usage in MEMORY_LIMITS:
            with suppress(OSError, ValueError):  # ValueError: "max", which means no limit
                found.append(int(limit.read_text()) - int(usage.read_text()))
        return max(min(found), 0)
    return None


def resident_memory() -> int | None:
    """Bytes of memory that this process holds now; None where the system does not say."""
    with suppress(OSError):
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def gpus() -> list[str]:
    """The names of the NVIDIA GPUs of this machine. nnlite does not use them."""
    names = []
    for information in sorted(NVIDIA.glob("*/information")):
        with suppress(OSError):
            lines = dict(line.split(":", 1) for line in information.read_text().splitlines() if ":" in line)
            names.append(f"NVIDIA {lines.get('Model', '').strip()}".replace("NVIDIA NVIDIA", "NVIDIA"))
    return names
