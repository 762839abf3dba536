"""The memory of this machine and of this process, and the GPUs (which nnlite does not use)."""

import os
from contextlib import suppress
from pathlib import Path

from nnlite.system.groups import own_groups

MEMINFO, STATM, NVIDIA = Path("/proc/meminfo"), Path("/proc/self/statm"), Path("/proc/driver/nvidia/gpus")
LIMITS = {  # controller, see `own_groups`: the names of a group's limit and usage, and what its memory.stat begins with
    "": ("memory.max", "memory.current", ""), "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_")}
FILES = "inactive_file", "active_file"  # in memory.stat: bytes of the lists from which the kernel drops pages of files


def available_memory() -> int | None:
    """Bytes that this process may still take, within the limits of its control groups; None where this is unknown.

    A group's usage counts the cached pages of files that were read. They are dropped before the limit is an error, the
    active ones (read more than once) as well: so they count as available, as they do in the system's MemAvailable,
    which is calculated from "the size of the file LRU lists" (the kernel's Documentation/filesystems/proc.rst; the
    entries of memory.stat are in Documentation/admin-guide/cgroup-v2.rst). Pages of tmpfs are on neither list.
    """
    with suppress(OSError, AttributeError):
        found = [os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found = [1024 * int(line.split()[1])]
        for controller, names in LIMITS.items():
            for group in own_groups(controller):
                with suppress(OSError, ValueError):  # ValueError: "max", which means no limit
                    found.append(_left_in(group, *names))
        return max(min(found), 0)
    return None


def _left_in(group, limit, usage, prefix):
    """The limit of a group less what it uses, but for what the kernel can drop."""
    left = int((group / limit).read_text()) - int((group / usage).read_text())
    with suppress(OSError):
        for line in (group / "memory.stat").read_text().splitlines():
            name, _, size = line.partition(" ")
            if name in [prefix + each for each in FILES]:
                left += int(size)
    return left


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
