"""The settings of a training that fit a time and a memory: what may be changed, in which order, and why.

Memory comes first, as it decides whether a training runs at all:
1. everything in memory, as asked for;
2. chunks on disk: the scores stay the same, but the files are read more often;
3. chunks of half the rows, again and again: their rows are less mixed;
4. batches of half the rows, again and again: more and smaller steps, which take longer and less memory.
Then time: the most epochs whose training ends in time, in 9 of 10 cases, but no more than the recipe has (or than were
asked for): more would not help, fewer cost accuracy. Hidden units, words and categories are never changed: what a model
can learn is for its owner to decide.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

from nnlite.data.chunks import CHUNK_ROWS
from nnlite.training.planning import MIB, SAMPLE_RECORDS, Measured, Plan

LEAST_ROWS, LEAST_CHUNK_ROWS = 16, 1_250  # of a batch and of a chunk that are chosen
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
SAMPLE_BYTES = 1 << 13  # of a limit of memory for each record of the sample: more than twice what it takes


def n_bytes_of(size: int | str) -> int:
    """The bytes of a size such as 2GiB or 2G, 2 x 2^30, or 500MB, 500 x 10^6. ValueError for anything else."""
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**63:
        return size
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?b|[kmgt])\s*", size, re.IGNORECASE | re.ASCII) if isinstance(
        size, str) else None
    n_bytes = float(found[1]) * UNITS[found[2].upper()] if found else 0.0  # infinity for hundreds of digits
    if not 1 <= n_bytes < 2**63:
        got = "a larger number" if isinstance(size, int) and size >= 2**63 else f"{size!r:.40}"
        raise ValueError(f"memory: want a size such as 500MB or 2GiB, got {got}")
    return int(n_bytes)


def plan(paths: str | PathLike | Sequence[str | PathLike], /, recipe: str = "default", threads: int | None = None,
         sample_records: int = SAMPLE_RECORDS, *, minutes: float | None = None, memory: int | str | None = None,
         holdout: float | None = None, chunk_rows: int | None = None, refit: bool = False, **overrides: Any) -> Plan:
    """The Plan of what `nnlite train` takes for some files: process, reading, training, scores and saving.

    paths: what `read_records` reads    recipe, overrides: as for `TitleClassifier`, and options of `read_records`
    sample_records: read at most
    minutes, memory: limits, a number of bytes or a text such as "2GiB"; `settings` of the Plan are then what fits them,
    as `choose` says, which raises ValueError if nothing does
    holdout: as `holdout_split` takes it; 0 is a `fit` without scores    chunk_rows: of chunks on disk, as of
    `fit_files`; None is a training in memory
    refit: does a second training follow, on those held out as well?
    Takes about ten seconds. Raises what `read_records` and `Vocabulary.build` raise, ValueError without a record to
    sample, MemoryError if the machine cannot hold the network to time its steps.
    """
    most = None if memory is None else n_bytes_of(memory)
    if most is not None:
        sample_records = min(sample_records, sampled(most))
    found = Measured(paths, recipe, threads, sample_records, holdout, refit=refit, **overrides)
    return choose(found, None if minutes is None else 60 * minutes, most, chunk_rows)


def sampled(n_bytes: int | None) -> int:
    """How many records a plan samples at most, so that it takes less than this memory itself."""
    return SAMPLE_RECORDS if n_bytes is None else min(SAMPLE_RECORDS, max(1, n_bytes // SAMPLE_BYTES))


def choose(found: Measured, seconds: float | None, n_bytes: int | None, chunk_rows: int | None = None) -> Plan:
    """The Plan with the settings that fit a time and a memory; None is no limit.

    chunk_rows: of the chunks on disk that are asked for, None if all may be in memory
    Memory is that of the plan and its error, time the end of its range. ValueError if nothing fits, with the smallest
    that there is.
    """
    if seconds is not None and not 0 < seconds < float("inf"):
        raise ValueError(f"plan: minutes: want a number above 0, got {seconds / 60:g}")
    asked = found.settings
    batch_rows, rows_held = asked.batch_rows, chunk_rows
    if n_bytes is not None:
        batch_rows, rows_held = _in_memory(found, n_bytes, chunk_rows)
    plan = found.plan(asked.epochs, batch_rows, rows_held)
    if seconds is not None:
        plan = _in_time(found, plan, seconds)
    changed = {} if seconds is None else {"epochs": plan.epochs}
    changed |= {"batch_rows": batch_rows} if batch_rows != asked.batch_rows else {}
    changed |= {"chunk_rows": rows_held} if rows_held and rows_held != (chunk_rows or CHUNK_ROWS) else {}
    limits = [] if seconds is None else [f"{seconds:,.0f} s"]
    limits += [] if n_bytes is None else [f"{n_bytes / MIB:,.0f} MiB"]
    return replace(plan, settings=changed, limits=" and ".join(limits))


def _candidates(found: Measured, chunk_rows: int | None) -> Iterator[tuple[int, int | None]]:
    """(rows of a batch, rows of a chunk or None) in the order of the text above."""
    batch_rows = found.settings.batch_rows
    yield batch_rows, chunk_rows
    if chunk_rows is None and found.can_be_chunked():
        chunk_rows = CHUNK_ROWS
        yield batch_rows, chunk_rows
    while chunk_rows and chunk_rows >= 2 * LEAST_CHUNK_ROWS:
        chunk_rows //= 2
        yield batch_rows, chunk_rows
    while batch_rows >= 2 * LEAST_ROWS:
        batch_rows //= 2
        yield batch_rows, chunk_rows


def _in_memory(found: Measured, n_bytes: int, chunk_rows: int | None) -> tuple[int, int | None]:
    """The first of the candidates that fits."""
    for candidate in _candidates(found, chunk_rows):
        plan = found.sizes(*candidate)
        if plan.high_memory <= n_bytes:
            return candidate
    how = f" in chunks of {plan.chunk_rows:,} rows on disk" if plan.chunk_rows else ""
    raise ValueError(f"plan: memory: want at most {n_bytes / MIB:,.0f} MiB, got {plan.high_memory / MIB:,.0f} MiB at "
                     f"least,{how} with batches of {plan.batch_rows:,} rows, {(plan.high_memory - n_bytes) / MIB:,.0f} "
                     f"too many: {plan.memory_parts()}, and a margin. Fewer words (min_count, hash_size), labels "
                     "(label_min_count) or hidden units take less")


def _in_time(found: Measured, plan: Plan, seconds: float) -> Plan:
    """The plan with as many of its epochs as fit."""
    low, high = 0, plan.epochs  # the most that are known to fit, and that may
    while low < high:
        middle = (low + high + 1) // 2
        fits = found.plan(middle, plan.batch_rows, plan.chunk_rows).high_seconds <= seconds
        low, high = (middle, high) if fits else (low, middle - 1)
    if low:
        return found.plan(low, plan.batch_rows, plan.chunk_rows)
    least = found.plan(1, plan.batch_rows, plan.chunk_rows)
    raise ValueError(f"plan: minutes: want an end within {seconds:,.0f} s in 9 of 10 cases, got "
                     f"{least.high_seconds:,.0f} s for one epoch, {least.high_seconds - seconds:,.0f} too many: "
                     f"{least.seconds_parts()}, and a margin. Fewer products, fewer hidden units or negligible=0.001 "
                     "take less")
