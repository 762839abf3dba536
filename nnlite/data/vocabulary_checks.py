"""Checks of a vocabulary's settings and of what its files hold. Each raises ValueError for anything else."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def check_bounds(min_count: int, label_min_count: int, hash_size: int | None) -> None:
    """Whether the settings are at least 1 and below 2^31."""
    for name, value in ("min_count", min_count), ("label_min_count", label_min_count), ("hash_size", hash_size):
        if value is not None and not 1 <= value < 2**31:
            raise ValueError(f"Vocabulary: want a {name} of at least 1 and below 2^31, got {value}")


def check_any(kind: str, n_kept: int, n_seen: int, min_count: int, n_records: int) -> None:
    """Whether any word or label is kept."""
    if not n_kept:
        raise ValueError(f"Vocabulary: want a {kind} that occurs in at least {min_count} records, got {n_records} "
                         f"records with {n_seen} rarer ones")


def checked_counts(name: str, arrays: Mapping[str, np.ndarray], n: int) -> np.ndarray:
    """The array of this name, int64 (n,)."""
    counts = arrays[name]
    if counts.dtype != np.int64 or counts.shape != (n,):
        raise ValueError(f"{name}: want {n} counts, int64, got {counts.dtype} {counts.shape}")
    return counts


def distinct(name: str, texts: Iterable[str]) -> list[str]:
    """The texts as a list, all different."""
    texts = list(texts)
    if len(set(texts)) < len(texts):
        raise ValueError(f"{name}: want different ones, got some twice")
    return texts


def checked_version(version: Any) -> int:
    """The version of the rules what a word is; `TokenRules` checks its range."""
    if type(version) is not int:
        raise ValueError(f"tokens: want a whole number, got {version!r:.40}")
    return version
