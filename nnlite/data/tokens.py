"""Titles become tokens: words, n-grams of words, the beginnings of words; many titles at a time, as hashes.

`tokenise` says what the tokens of a title are. The compiled way deals with hashes of 64 bits instead of texts and gives
the same results, but for collisions: of n different tokens, two share a hash with a probability of about n^2 / 2^65,
which is 3 in a million for 10 million tokens. Tokens that do count as one.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nnlite.kernels import hashing

SMALLEST_TABLE = 1 << 10  # slots of a table, a power of two as all sizes of tables


_WORD = re.compile(r"[^\W_]+")
_MARK = re.compile(r"[^\w\s]")
_BLANK = re.compile(r"[\s_]")


def tokenise(title, ngrams=1, stem=None, first_word=False, shape=False):
    """The words of a title, lower-cased runs of letters and digits, then its n-grams of 2, 3, ... up to `ngrams` words.

    With stem=4 the first 4 letters of every longer word follow, after a `^` that tells them from words: what a rare
    word and its relatives have in common. With first_word the first word comes next once more, after a `<`: in many
    shops it is the brand. With shape there follow the title's punctuation marks, as often as they occur, and after a
    `#` its number of words, rounded down to an even one: books, clothes and spare parts are written differently.

    >>> tokenise("Levi's 501 Jeans", ngrams=2)
    ['levi', 's', '501', 'jeans', 'levi s', 's 501', '501 jeans']
    >>> tokenise("501 Jeans", stem=4)
    ['501', 'jeans', '^jean']
    >>> tokenise("501 Jeans", first_word=True)
    ['501', 'jeans', '<501']
    >>> tokenise("Jeans, 32 in. (blue)", shape=True)
    ['jeans', '32', 'in', 'blue', ',', '.', '(', ')', '#04']
    """
    title = title.lower()
    words = _WORD.findall(title)
    tokens = list(words)
    for n in range(2, ngrams + 1):
        tokens += map(" ".join, zip(*(words[i:] for i in range(n))))
    if stem:
        tokens += [f"^{word[:stem]}" for word in words if len(word) > stem]
    if first_word:
        tokens += [f"<{word}" for word in words[:1]]
    if shape and words:
        tokens += [*_MARK.findall(title), f"#{min(len(words), hashing.LONGEST_SHAPE) // 2 * 2:02}"]
    return tokens


class Tokens(NamedTuple):
    """The tokens of some titles, title after title and each title's in the order of `tokenise`."""

    text: str  # the titles, lower-cased
    hashes: np.ndarray  # uint64 (tokens,)
    places: np.ndarray  # int64 (tokens, 2): where in `text`, see text_kernels.hash_tokens
    rows: np.ndarray  # int64 (titles + 1,): the tokens of title i are those from rows[i] to rows[i + 1]

    def name(self, k):
        """The text of token k."""
        first, last = self.places[k].tolist()
        if last == -1:
            return f"#{first:02}"
        if first == last:
            return self.text[first]
        if first < 0:
            return f"<{self.text[-first:last]}"
        return f"^{self.text[first:-last]}" if last < 0 else " ".join(_WORD.findall(self.text[first:last]))


def hashed(titles, ngrams=1, stem=None, first_word=False, shape=False):
    """The Tokens of a list of titles, as `tokenise` makes them."""
    text, codes, ends = _joined([title.lower() for title in titles])  # one by one: ASCII is faster on its own
    most = codes.size // 2 + 1  # between two words stands something else
    starts, stops = np.empty(most, np.int64), np.empty(most, np.int64)
    words, rows = np.empty(ends.size + 1, np.int64), np.empty(ends.size + 1, np.int64)
    kinds, kind = character_kinds(), (ngrams, stem or 0, first_word, shape)
    hashing.find_words(codes, kinds, ends, *kind, starts, stops, words, rows)
    hashes, places = np.empty(rows[-1], np.uint64), np.empty((rows[-1], 2), np.int64)
    with np.errstate(over="ignore"):  # of interpreted kernels
        hashing.hash_tokens(codes, kinds, ends, starts, stops, words, rows, *kind, hashes, places)
    return Tokens(text, hashes, places, rows)


def hash_of(tokens):
    """The hashes of a list of tokens, uint64 (tokens,)."""
    _, codes, ends = _joined(tokens)
    hashes = np.empty(ends.size, np.uint64)
    with np.errstate(over="ignore"):  # of interpreted kernels
        hashing.hash_texts(codes, ends, hashes)
    return hashes


def _joined(texts):
    """The texts as one, between line ends; its code points; where in it each text ends."""
    text = "\n".join(["", *texts, ""])
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    return text, np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), ends


@lru_cache(maxsize=None)
def character_kinds():
    """uint8 (code points,): WORD, MARK or BLANK. Beyond the first four planes there are only marks."""
    planes = np.arange(0x40000, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
    table = np.full(0x110000, hashing.MARK)
    for kind, runs in (hashing.WORD, _WORD), (hashing.BLANK, _BLANK):
        for run in runs.finditer(planes):
            table[slice(*run.span())] = kind
    return table


class Table:
    """A map from hashes to positive int32: open addressing, as in `text_kernels`, at most half full."""

    def __init__(self, n_keys=0):
        n_slots = max(SMALLEST_TABLE, 1 << (2 * n_keys).bit_length())
        self.keys, self.values = np.zeros(n_slots, np.uint64), np.zeros(n_slots, np.int32)

    @classmethod
    def of(cls, keys, values, n_keys):
        """The table in the arrays of another one with n_keys keys. ValueError if a search in them might not end."""
        table = cls.__new__(cls)
        table.keys, table.values = keys.view(np.uint64), values
        n_slots = keys.size
        if n_slots < 1 or n_slots & (n_slots - 1) or keys.shape != values.shape or keys.ndim != 1:
            raise ValueError(f"want two arrays of 2^k slots, got {keys.shape} and {values.shape}")
        if values.min() < 0 or values.max() > n_keys or np.count_nonzero(values) != n_keys or n_keys >= n_slots:
            raise ValueError(f"want the numbers from 1 to {n_keys} in {n_slots} slots, got others")
        return table

    n_slots = property(lambda self: self.keys.size)

    def insert(self, hashes, values):
        """Map each hash to its value, but for values of 0."""
        hashing.insert(hashes, values, self.keys, self.values)

    def find(self, hashes):
        """What the hashes are mapped to, 0 for unknown ones: int32."""
        found = np.empty(hashes.size, np.int32)
        hashing.look_up(hashes, self.keys, self.values, found)
        return found


class TitleCounts:
    """In how many titles each token occurs. A token is known by its hash; from its min_count-th title on, by its text.

    n_titles, n_tokens: seen so far, the latter different ones    names: list of str, the tokens in min_count titles

    max_tokens: None or how many are counted at a time, but for those of one title. When there are more, those of which
    least has been seen are forgotten until half are left, so a count misses what came before its token was last
    forgotten. No count is too high, none is too low by more than `error`; a token that is not counted has been in
    `error` titles at most. And error < 2 N / max_tokens, where N counts every token once for each title that has it:
    to forget raises the error by 1 for each 1 that more than half of max_tokens counters could have been lowered by
    (Misra and Gries 1982). The test that decides, seen + missed <= error, is that of lossy counting (Manku and Motwani
    2002). A token that comes again counts as a different one.
    """

    def __init__(self, min_count, max_tokens=None):
        self.min_count, self.max_tokens = min_count, max_tokens
        self.n_titles, self.n_tokens, self.names, self.error = 0, 0, [], 0
        self.n_held = 0  # tokens in the table
        self.table, self.last_rows = Table(), np.empty(0, np.int32)
        self.missed = np.empty(0, np.int32)  # by slot, at most so many; empty while the error is 0

    def add(self, tokens):
        """Count the Tokens of some more titles."""
        row, n_rows = 0, tokens.rows.size - 1
        reached = np.empty(tokens.hashes.size, np.int64)
        while row < n_rows:
            n_next = int(tokens.rows[row + 1] - tokens.rows[row])
            if self.max_tokens and self.n_held + n_next > self.max_tokens:
                self._forget()
            self._make_room(self.n_held + n_next)
            free = self.table.n_slots // 2 - self.n_held
            if self.max_tokens:
                free = min(free, max(self.max_tokens - self.n_held, n_next))
            row, n_new, n_reached = hashing.count_rows(
                tokens.hashes, tokens.rows, row, free, self.table.keys, self.table.values, self.missed, self.error,
                self.last_rows, self.n_titles, self.min_count, reached)
            self.n_held += n_new
            self.n_tokens += n_new
            self.names += map(tokens.name, reached[:n_reached].tolist())
        self.n_titles += n_rows

    def _make_room(self, n_tokens):
        """Between two titles: a table that so many tokens fill half at most."""
        if n_tokens > self.table.n_slots // 2:
            self._move(np.flatnonzero(self.table.values), n_tokens)
        if self.last_rows.size < self.table.n_slots:
            self.last_rows = np.full(self.table.n_slots, -1, np.int32)

    def _move(self, slots, n_tokens):
        """A new table, for so many tokens, of those in the given slots alone."""
        old, missed = self.table, self.missed
        self.table = Table(n_tokens)
        self.table.insert(old.keys[slots], np.arange(1, slots.size + 1, dtype=np.int32))
        new = np.flatnonzero(self.table.values)
        came_from = slots[self.table.values[new] - 1]
        self.table.values[new] = old.values[came_from]
        if self.error:
            self.missed = np.zeros(self.table.n_slots, np.int32)
            self.missed[new] = missed[came_from] if missed.size else 0

    def _forget(self):
        """Between two titles: all but the half of max_tokens that were seen, or may have been, most often."""
        slots = np.flatnonzero(self.table.values)
        most = self.table.values[slots] + (self.missed[slots] if self.error else 0)
        half = self.max_tokens // 2
        if slots.size <= half:
            return
        self.error = int(np.partition(most, slots.size - half - 1)[slots.size - half - 1])
        slots = slots[most > self.error]
        self._move(slots, self.max_tokens)
        self.n_held, self.last_rows = slots.size, np.empty(0, np.int32)
        kept = self.table.find(hash_of(self.names)) >= self.min_count
        self.names = [name for name, is_kept in zip(self.names, kept.tolist()) if is_kept]

    def counts(self):
        """In how many titles each of `names` occurs, as a dict."""
        return dict(zip(self.names, self.table.find(hash_of(self.names)).tolist()))
