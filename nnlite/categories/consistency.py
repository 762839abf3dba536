"""Where the categories of a catalogue contradict each other, exactly: no network is needed to see it."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, count
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from nnlite.data.label_checks import check_labels
from nnlite.data.holdout import slices
from nnlite.data.records import Record
from nnlite.data.tokens import hashed, tokenise
from nnlite.system.slices import blocks

TILE_LABELS = 512  # whose products are counted together with those of all others at the same time
SAME = 0.9  # of the rows that have either of two labels, those that have both, for nearly always


class Contradiction(NamedTuple):
    """Products whose titles have the same words in the same order, and which have different sets of categories.

    rows: their places in the records, rising    categories: of each, as they are given
    """

    title: str
    rows: tuple[int, ...]
    categories: tuple[tuple[str, ...], ...]


def contradictions(records: Sequence[Record]) -> list[Contradiction]:
    """All `Contradiction`s of some records, those of most products first. Case and punctuation do not count."""
    by_hashes, rows_of, row = defaultdict(list), defaultdict(list), count()
    for titles in slices(title for title, _ in records):
        tokens = hashed(titles)
        for hashes in np.split(tokens.hashes, tokens.rows[1:-1]):
            by_hashes[hashes.tobytes()].append(next(row))
    for place in chain.from_iterable(rows for rows in by_hashes.values() if len(rows) > 1):
        rows_of[" ".join(tokenise(records[place].title))].append(place)
    found = [
        Contradiction(records[rows[0]].title, tuple(rows), tuple(records[row].categories for row in rows))
        for words, rows in rows_of.items()
        if words and len(rows) > 1 and len({frozenset(records[row].categories) for row in rows}) > 1]
    return sorted(found, key=lambda one: -len(one.rows))


def same_products(y: sp.csr_array) -> list[tuple[int, int, int]]:
    """(a, b, rows that have both) of the labels a < b that nearly always occur together, most rows first.

    Nearly always: of the rows that have a or b, a fraction of at least SAME has both (Jaccard's index).
    y: csr (N, L) of ones    The counts of a tile of labels with all others are in memory together, as a sparse matrix.
    """
    check_labels(y)
    by_label = sp.csr_array(y.T)
    counts = np.diff(by_label.indptr)
    found: list[tuple[int, int, int]] = []
    for tile in blocks(y.shape[1], TILE_LABELS):
        both = sp.coo_array(by_label[tile] @ y)
        a, b = both.row + tile.start, both.col
        keep = (a < b) & (both.data >= SAME * (counts[a] + counts[b] - both.data))
        found += zip(a[keep].tolist(), b[keep].tolist(), both.data[keep].astype(int).tolist())
    return sorted(found, key=lambda pair: (-pair[2], pair))
