"""Checks of a vocabulary's settings and of what its files hold. Each raises TypeError or ValueError for others."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from nnlite.system.ranges import instance, integer

LARGEST = 1 << 53  # of a count: float64 holds all whole numbers up to it


def check_bounds(vocabulary: Any) -> None:
    """Whether the numbers that it was made with are integers in their range, which become Python's."""
    for name in "min_count", "label_min_count", "hash_size":
        value = getattr(vocabulary, name)
        if value is not None or name == "min_count":
            setattr(vocabulary, name, value := integer(f"Vocabulary: {name}", value))
            if not 1 <= value < 2**31:
                raise ValueError(f"Vocabulary: want a {name} of at least 1 and below 2^31, got {value}")
    vocabulary.n_records = integer("Vocabulary: n_records", vocabulary.n_records, 0, LARGEST)


def checked_flag(name: str, value: Any) -> bool:
    """True or False; TypeError for anything else."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"Vocabulary: {name}: want True or False, got {value!r:.60}")
    return bool(value)


def check_counted(name: str, counts: Any) -> dict[str, int]:
    """The counts; TypeError or ValueError unless they are a dict of texts and integers from 0 to LARGEST."""
    instance(f"Vocabulary: {name}", counts, dict)
    for kind in set(map(type, counts)):
        if not issubclass(kind, str):
            raise TypeError(f"Vocabulary: {name}: want names of type str, got {kind.__name__}")
    for kind in set(map(type, counts.values())):
        if not issubclass(kind, (int, np.integer)) or kind is bool:
            raise TypeError(f"Vocabulary: {name}: want integers, got {kind.__name__}")
    for count in (min(counts.values()), max(counts.values())) if counts else ():
        integer(f"Vocabulary: {name}", count, 0, LARGEST)
    return counts


def check_columns(rows: list[tuple]) -> tuple[tuple, ...]:
    """The columns of some records, or of some titles alone. TypeError unless titles are texts and categories lists."""
    kinds = set(map(type, rows))
    if not all(issubclass(kind, (tuple, list)) for kind in kinds) or len(set(map(len, rows))) > 1:
        raise TypeError(f"records: want pairs of a title and its categories, got {rows[0]!r:.60}")
    columns = tuple(zip(*rows))
    if not 1 <= len(columns) <= 2:
        raise TypeError(f"records: want pairs of a title and its categories, got {rows[0]!r:.60}")
    for kind in set(map(type, columns[0])):
        if not issubclass(kind, str):
            raise TypeError(f"records: want a title of type str, got {kind.__name__}")
    for kind in set(map(type, columns[-1])) if len(columns) == 2 else ():
        if issubclass(kind, (str, bytes)) or not issubclass(kind, Collection):
            raise TypeError(f"records: want a tuple of categories, got one of type {kind.__name__}")
    return columns


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


def checked_slots(arrays: Mapping[str, np.ndarray], owned: bool) -> tuple[np.ndarray, np.ndarray]:
    """The arrays of the table of the words, or copies of them if they are not owned: int64 and int32."""
    hashes, ids = arrays["word_hashes"], arrays["word_ids"]
    if (hashes.dtype, ids.dtype) != (np.int64, np.int32):
        raise ValueError(f"word_hashes, word_ids: want int64 and int32, got {hashes.dtype} and {ids.dtype}")
    return (hashes, ids) if owned else (hashes.copy(), ids.copy())


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
