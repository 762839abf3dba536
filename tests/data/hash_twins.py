"""The kernels of `nnlite/kernels/hashing.py` in plain Python, and random titles, secrets and hashes."""

import re
import unicodedata
from collections import Counter
from functools import reduce
from itertools import groupby

from hypothesis import strategies as st

from nnlite.data.tokens import TokenRules, tokenise

# Letters whose lower case is longer, depends on what follows, or is of another plane; marks, digits of all kinds, NUL.
NASTY = "aB7_ \n\r\0\x85'-#<>İıΣςßǅŉ\u0301\u0345é²½Ⅷ٣漢\u200d\u2028\ufeff😀𝔸𐐀"
MARKS = ("ka\u0301\u0316ि्ँ\u0e31\u064e\u05b8\u0640Ａｂﾊﾞ"
         "I\u0307İ\ufe0f\u20e3\u180b\U000e0100\u1100\u1161 ")
titles = st.lists(st.one_of(st.text(NASTY, max_size=12), st.text(MARKS, max_size=9),
                            st.text("aB _", max_size=9), st.text(max_size=9)), max_size=5)
all_rules = st.builds(TokenRules, st.integers(1, 4), st.sampled_from([None, 1, 2, 4]), st.booleans(), st.booleans(),
                      st.sampled_from([1, 2]))
secrets = st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
hashes = st.lists(st.one_of(st.integers(0, 5), st.sampled_from([1 << 63, 2**64 - 1, 3 << 20, 5 << 20])), max_size=12)


# The twins, by the names of the kernels.

def feed(state, code, multiplier):
    state = (state ^ code) * multiplier % 2**64
    return state ^ state >> 32


def feed_all(state, text, multiplier):
    return reduce(lambda state, character: feed(state, ord(character), multiplier), text, state)


def hash_texts(texts, secret):
    return [feed_all(secret[0], text, secret[1]) for text in texts]


def find_words(titles):
    """Of every folded title the places of its words."""
    return [[match.span() for match in re.finditer("w[wj]*", "".join("-wmj"[kind_of(c)] for c in title))]
            for title in titles]


def kind_of(character, version=2):
    if character.isalnum():
        return 1
    if character.isspace() or character == "_":
        return 0
    is_selector = "\ufe00" <= character <= "\ufe0f"
    return 3 if version > 1 and unicodedata.category(character) in ("Mn", "Mc") and not is_selector else 2


def hash_tokens(titles, rules, secret):
    return [hash_texts(tokenise(title, rules), secret) for title in titles]


def slot_of(key, keys, values):
    slots = [(key + i) % len(keys) for i in range(len(keys))]
    return next(slot for slot in slots if not values[slot] or keys[slot] == key)


def insert(keys, values):
    return {key: value for key, value in zip(keys, values) if value}


def look_up(wanted, table):
    return [table.get(key, 0) for key in wanted]


def longest_run(values, n_keys):
    if sorted(value for value in values if value) != list(range(1, n_keys + 1)):
        return -1
    return max((len(list(run)) for is_used, run in groupby(values, bool) if is_used), default=0)


def drop_lone_shapes(rows, shapes):
    """Of every row the ids of its words and of its shape."""
    return [words + shape if any(i >= 0 for i in words) else [-1] * len(words + shape)
            for words, shape in zip(rows, shapes)]


def count_rows(rows):
    return Counter(key for row in rows for key in set(row))


def weigh_rows(rows, weights):
    weighed = [{i: count * weights[i] for i, count in row.items()} for row in rows]
    return [{i: value / sum(v * v for v in row.values()) ** 0.5 for i, value in row.items()} for row in weighed]


def by_row(values, rows):
    return [values[start:stop] for start, stop in zip(rows[:-1], rows[1:])]
