"""The memory of this machine and of this process, the processor's caches, and the GPUs (which nnlite does not use)."""

import os
from contextlib import suppress
from pathlib import Path

MEMINFO, STATM = Path("/proc/meminfo"), Path("/proc/self/statm")
CACHES, NVIDIA = Path("/sys/devices/system/cpu/cpu0/cache"), Path("/proc/driver/nvidia/gpus")
GROUP = Path("/sys/fs/cgroup")
MEMORY_LIMITS = [(GROUP / "memory.max", GROUP / "memory.current"),  # control groups of version 2, then of version 1
                 (GROUP / "memory/memory.limit_in_bytes", GROUP / "memory/memory.usage_in_bytes")]


def available_memory() -> int | None:
    """Bytes that this process may still take: what the system has available, within the limit of its control group.

    None where the system does not say.
    """
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


def caches() -> dict[int, int]:
    """Bytes of the first processor's data caches by level, as {1: 49152, 2: 2097152, 3: 110100480}."""
    found = {}
    for cache in sorted(CACHES.glob("index*")):
        with suppress(OSError, ValueError):
            if (cache / "type").read_text().strip() != "Instruction":
                size = (cache / "size").read_text().strip()
                found[int((cache / "level").read_text())] = int(size[:-1]) << {"K": 10, "M": 20}[size[-1]]
    return found


def gpus() -> list[str]:
    """The names of the NVIDIA GPUs of this machine. nnlite does not use them."""
    names = []
    for information in sorted(NVIDIA.glob("*/information")):
        with suppress(OSError):
            lines = dict(line.split(":", 1) for line in information.read_text().splitlines() if ":" in line)
            names.append(f"NVIDIA {lines.get('Model', '').strip()}".replace("NVIDIA NVIDIA", "NVIDIA"))
    return names
