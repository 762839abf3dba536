"""The settings of a training that fit a time and a memory: what may be changed, in which order, and why.

Memory comes first, as it decides whether a training runs at all:
1. everything in memory, as asked for;
2. chunks on disk: the scores stay the same, but the files are read more often;
3. batches of half the rows, again and again: more and smaller steps, which take longer and less memory.
Then time: the most epochs whose training ends in time, in 9 of 10 cases, but no more than the recipe has (or than were
asked for): more would not help, fewer cost accuracy. Hidden units, words and categories are never changed: what a model
can learn is for its owner to decide.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlite.training.planning import Measured, Plan

LEAST_ROWS = 16  # of a batch that is chosen
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
MIB = 2 ** 20


def n_bytes_of(size: int | str) -> int:
    """The bytes of a size such as 2GiB or 2G, 2 x 2^30, or 500MB, 500 x 10^6. ValueError for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?b|[kmgt])\s*", str(size), re.IGNORECASE | re.ASCII)
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        return size
    n_bytes = int(float(found[1]) * UNITS[found[2].upper()]) if found and isinstance(size, str) else 0
    if not 0 < n_bytes < 2**63:
        raise ValueError(f"memory: want a size such as 500MB or 2GiB, got {size!r:.40}")
    return n_bytes


def choose(found: "Measured", seconds: float | None, n_bytes: int | None, chunked: bool = False) -> "Plan":
    """The Plan with the settings that fit a time and a memory; None is no limit. chunked: are chunks asked for?

    Memory is that of the plan and its error, time the end of its range. ValueError if nothing fits, with the smallest
    that there is.
    """
    if seconds is not None and not 0 < seconds < float("inf"):
        raise ValueError(f"plan: minutes: want a number above 0, got {seconds / 60:g}")
    asked = found.settings
    batch_rows, in_chunks = asked.batch_rows, chunked
    if n_bytes is not None:
        batch_rows, in_chunks = _in_memory(found, n_bytes, chunked)
    plan = found.plan(asked.epochs, batch_rows, in_chunks)
    if seconds is not None:
        plan = _in_time(found, plan, seconds, in_chunks)
    changed = {} if seconds is None else {"epochs": plan.epochs}
    changed |= {"batch_rows": batch_rows} if batch_rows != asked.batch_rows else {}
    limits = [] if seconds is None else [f"{seconds:,.0f} s"]
    limits += [] if n_bytes is None else [f"{n_bytes / MIB:,.0f} MiB"]
    return replace(plan, settings=changed, limits=" and ".join(limits))


def _candidates(found: "Measured", chunked: bool) -> Iterator[tuple[int, bool]]:
    """(rows of a batch, in chunks?) in the order of the text above."""
    rows, can = found.settings.batch_rows, found.can_be_chunked()
    if not chunked:
        yield rows, False
    if chunked or can:
        yield rows, True
    while rows >= 2 * LEAST_ROWS:
        rows //= 2
        yield rows, chunked or can


def _in_memory(found: "Measured", n_bytes: int, chunked: bool) -> tuple[int, bool]:
    """The first of the candidates that fits."""
    for batch_rows, in_chunks in _candidates(found, chunked):
        plan = found.sizes(batch_rows, in_chunks)
        if plan.high_memory <= n_bytes:
            return batch_rows, in_chunks
    how = " in chunks on disk" * in_chunks + f" with batches of {batch_rows:,} rows"
    raise ValueError(f"plan: memory: want at most {n_bytes / MIB:,.0f} MiB, got {plan.high_memory / MIB:,.0f} MiB at "
                     f"least,{how}, {(plan.high_memory - n_bytes) / MIB:,.0f} too many: {plan.memory_parts()}, and a "
                     "margin. Fewer words (min_count, hash_size), labels (label_min_count) or hidden units take less")


def _in_time(found: "Measured", plan: "Plan", seconds: float, in_chunks: bool) -> "Plan":
    """The plan with as many of its epochs as fit."""
    low, high = 0, plan.epochs  # the most that are known to fit, and that may
    while low < high:
        middle = (low + high + 1) // 2
        fits = found.plan(middle, plan.batch_rows, in_chunks).high_seconds <= seconds
        low, high = (middle, high) if fits else (low, middle - 1)
    if low:
        return found.plan(low, plan.batch_rows, in_chunks)
    least = found.plan(1, plan.batch_rows, in_chunks)
    raise ValueError(f"plan: minutes: want an end within {seconds:,.0f} s in 9 of 10 cases, got "
                     f"{least.high_seconds:,.0f} s for one epoch, {least.high_seconds - seconds:,.0f} too many: "
                     f"{least.seconds_parts()}, and a margin. Fewer products, fewer hidden units or negligible=0.001 "
                     "take less")
