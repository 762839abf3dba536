"""Products held out of a training, to score it on titles that it has not seen; near-duplicates stay together.

Shops list one product many times: 'Blue Dress S', 'Blue Dress, M', '2 Blue Dresses 2023'. If some of these are trained
on and others scored, the score is that of a memory. So titles are grouped first, and a group is held out as a whole.
Two titles are of one group if they have the same set of words, whatever the order, case and punctuation, leaving out
digits, single letters and the words for sizes in SIZES. A group is known by a 64-bit key, the sum of the hashes of its
words: one pass over the titles, 8 bytes for each, and no comparison of titles with each other. Titles that differ in a
word, such as a colour, are of two groups. MinHash would find some of these too, but depends on a threshold of
similarity, and puts catalogues whose titles follow a pattern into one group.

Groups are taken in the order of their keys, shuffled by the seed, until there are enough products. So the choice does
not depend on the order of the records or of the files.
"""

import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from functools import lru_cache
from itertools import islice

import numpy as np

from nnlite.data.digests import SLICE, digests
from nnlite.data.records import Record
from nnlite.data.tokens import hash_of, hashed
from nnlite.system.ranges import SEED_MAX, integer

SHARE, MOST_BY_DEFAULT = 0.1, 20_000  # products that are held out if nothing else is asked for
LEAST = 50  # of them by default: a fraction of fewer is uncertain by 10 points and more
MOST = 1_000_000  # products, whatever is asked for
MAX_GROUPS = 1 << 21  # counted at a time, 16 bytes each: with more, those of the largest keys are not held out
KEY_CHARS = 500  # of a title, from which its key is made
SIZES = "xxs", "xs", "sm", "small", "ml", "medium", "lg", "large", "xl", "xxl", "xxxl"  # "ml" is also 'millilitre'

_ROW_BITS = np.uint64(SLICE.bit_length() - 1)  # SLICE is a power of two
_HASH_BITS = np.uint64(64) - _ROW_BITS


def keys_of(titles: list[str]) -> np.ndarray:
    """The keys of the groups of at most SLICE cleaned titles, uint64 (N,). Titles without such words: by their text."""
    text = "\n".join(title.casefold()[:KEY_CHARS] for title in titles)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).copy()
    codes[_digits()[codes]] = ord(" ")
    tokens = hashed(codes.tobytes().decode("utf-32-le", "surrogatepass").split("\n") if titles else [])
    rows = np.repeat(np.arange(len(titles), dtype=np.uint64), np.diff(tokens.rows))
    counts = (np.diff(tokens.places, axis=1).ravel() > 1) & ~np.isin(tokens.hashes, hash_of(list(SIZES)))
    words = np.sort(rows[counts] << _HASH_BITS | tokens.hashes[counts] >> _ROW_BITS)
    words = words[np.append(True, words[1:] != words[:-1])[:words.size]]  # each once in a title
    rows = (words >> _HASH_BITS).astype(np.int64)
    keys = np.zeros(len(titles), np.uint64)
    np.add.at(keys, rows, shuffled(words << _ROW_BITS, 0))
    without = np.flatnonzero(np.bincount(rows, minlength=len(titles)) == 0)
    keys[without] = digests([titles[i] for i in without]).view(np.uint64)
    return keys


@lru_cache(maxsize=None)
def _digits() -> np.ndarray:
    """bool (code points,): which are decimal digits of any script."""
    found = np.zeros(0x110000, bool)
    planes = np.arange(0x20000, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")  # none are beyond
    for run in re.finditer(r"\d+", planes):
        found[slice(*run.span())] = True
    return found


def shuffled(keys: np.ndarray, seed: int) -> np.ndarray:
    """The keys in another order, uint64: a bijection, the last steps of SplitMix64 (Steele, Lea, Flood 2014)."""
    keys = keys + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def slices(titles: Iterable[str]) -> Iterator[list[str]]:
    """Lists of SLICE titles, the last one shorter."""
    titles = iter(titles)
    while some := list(islice(titles, SLICE)):
        yield some


def groups_of(titles: Iterable[str], seed: int = 0) -> np.ndarray:
    """int64 (N,): the number of the group of each cleaned title, in the order of the groups' shuffled keys."""
    keys = [shuffled(keys_of(some), seed) for some in slices(titles)]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *keys]), return_inverse=True)[1].ravel()


def folds_of(groups: np.ndarray, n_folds: int) -> np.ndarray:
    """int64 (N,): the fold of each title, 0 to n_folds - 1, from `groups_of`; a group is in one fold as a whole.

    The groups, in their order, are cut where a fold has its share of the titles. A group that is larger than a fold
    leaves some folds empty. The order of the titles does not count.
    """
    sizes = np.bincount(groups)
    middles = np.cumsum(sizes) - (sizes + 1) // 2  # of each group: titles before it, and half of its own
    return (middles * n_folds // max(groups.size, 1))[groups]


class Groups:
    """How many products each group has, counted while titles pass, in bounded memory.

    n_titles: of all groups    keys, sizes (n,): the shuffled keys, rising, and the products of each
    """

    def __init__(self, titles: Iterable[str], seed: int):
        self.n_titles, self.keys, self.sizes = 0, np.zeros(0, np.uint64), np.zeros(0, np.int64)
        largest, waiting, n_waiting = np.uint64(2**64 - 1), [], 0
        for some in slices(titles):
            keys = shuffled(keys_of(some), seed)
            self.n_titles += len(some)
            waiting.append(keys[keys <= largest])
            n_waiting += waiting[-1].size
            if n_waiting >= MAX_GROUPS:
                self._merge(waiting)
                waiting, n_waiting = [], 0
                if self.keys.size == MAX_GROUPS:
                    largest = self.keys[-1]
        self._merge(waiting)

    def _merge(self, waiting: list[np.ndarray]) -> None:
        new = np.concatenate([np.zeros(0, np.uint64), *waiting])
        keys, where = np.unique(np.concatenate([self.keys, new]), return_inverse=True)
        sizes = np.zeros(keys.size, np.int64)
        np.add.at(sizes, where.ravel(), np.concatenate([self.sizes, np.ones(new.size, np.int64)]))
        self.keys, self.sizes = keys[:MAX_GROUPS], sizes[:MAX_GROUPS]

    def first(self, n_products: int) -> tuple[np.ndarray, int]:
        """(the keys of the first groups that have n_products together, or nearly as many; how many they have).

        A group of more than half of n_products is passed over, so that no single product decides a score, and so is one
        that would make it too many.
        """
        chosen, left, most = [], n_products, max(1, n_products // 2)
        for key, size in zip(self.keys.tolist(), self.sizes.tolist()):
            if size <= min(left, most):
                chosen.append(key)
                left -= size
            if not left:
                break
        return np.array(chosen, np.uint64), n_products - left


def wanted(holdout: float | None, n_products: int) -> int:
    """How many of so many products are to be held out.

    holdout: a share below 1, or a number of products; None is SHARE, at most MOST_BY_DEFAULT, and 0 if fewer than LEAST
    ValueError for anything else, or if no product would be left to train on.
    """
    if holdout is None:
        n = min(int(SHARE * n_products), MOST_BY_DEFAULT)
        return n if n >= LEAST else 0
    if isinstance(holdout, bool) or not isinstance(holdout, (int, float, np.integer, np.floating)):
        raise TypeError(f"holdout: want a share or a number of products, got {holdout!r:.60}")
    is_share = 0 <= holdout < 1
    if not is_share and not (1 <= holdout <= MOST and holdout == int(holdout)):
        raise ValueError(f"holdout: want a share below 1, or 1 to {MOST:,} products, got {holdout}")
    n = min(max(1, round(holdout * n_products)), MOST) if 0 < holdout < 1 else int(holdout)
    if n >= max(n_products, 1):
        raise ValueError(f"holdout: want fewer than the {n_products:,} products that there are, got {n:,}")
    return n


class HeldOut:
    """Which products are held out.

    n_titles: of all products    n_wanted, n_held: of those to be, and those that are, held out
    records: these, once `rest` has been gone through
    """

    def __init__(self, titles: Iterable[str], holdout: float | None = None, seed: int = 0):
        """titles: cleaned, read once    holdout: as `wanted` takes it, which says what is raised

        ValueError, too, if products were asked for and all titles are too much alike.
        """
        self.seed, self.records = integer("holdout: seed", seed, -SEED_MAX, SEED_MAX), list[Record]()
        groups = Groups(titles, self.seed)
        self.n_titles = groups.n_titles
        self.n_wanted = wanted(holdout, self.n_titles)
        self.keys, self.n_held = groups.first(self.n_wanted)
        if holdout is None and self.n_held < LEAST:
            self.keys, self.n_held = self.keys[:0], 0
        if holdout is not None and self.n_wanted and not self.n_held:
            raise ValueError(f"holdout: want titles that differ in more than numbers and sizes, got {self.n_titles:,} "
                             f"titles in {groups.keys.size:,} groups of near-duplicates, too large to hold one out")

    def mask(self, titles: Iterable[str]) -> np.ndarray:
        """bool (N,): which of the cleaned titles are held out."""
        parts = [np.isin(shuffled(keys_of(some), self.seed), self.keys) for some in slices(titles)]
        return np.concatenate([np.zeros(0, bool), *parts])

    def rest(self, records: Iterable[Record]) -> Generator[Record, None, None]:
        """Those of the records that are not held out, one at a time. At the end the others are in `records`."""
        records, held = iter(records), []
        while some := list(islice(records, SLICE)):
            for record, is_held in zip(some, self.mask([title for title, _ in some]).tolist()):
                if is_held:
                    held.append(record)
                else:
                    yield record
        self.records = held

    def crc32(self) -> int:
        """A number that tells this choice from others."""
        return zlib.crc32(self.keys.astype("<u8").tobytes(), self.seed % 2**32)
