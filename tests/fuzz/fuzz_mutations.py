"""Valid input made hostile: bytes, JSON and arrays with some of their parts changed."""

import json
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parent.parent))  # `handmade` is there

CHARACTERS = [
    "\0", "\n", "\r", "\r\n", "\t", " ", '"', "'", "\\", "\\\\", "\\n", "\\ud800", "\\u0000", "{", "}", "[", "]", ",",
    ":", "#", "*", "-", "--", "|", ">", "<", "<b>", "<!--", "<script>", "</", "&", "&amp;amp;", "&#0;", "&#x110000;",
    "&lt;", "null", "true", "NaN", "-Infinity", "1e999", "-1", "0", "1_0", "٣", "9" * 30, "9" * 5_000, "1e-400", "a",
    '{"title": ', '["', "(", "{'", "u'", "\ufeff", "\u2028", "\x85", "\x1c", "\u200d", "\u202e", "e\u0301", "İ", "ß",
    "ΑΣ", "ﬁ", "²", "裙子", "حقيبة", "שָׁלוֹם", "हिन्दी", "👗", "👩\u200d🔬", "🇫🇷", "\U0010ffff", "Z", "_", "getTime",
]
RAW = [b"\xff", b"\xfe\xff", b"\xed\xa0\x80", b"\xc3", b"\xf4\x90\x80\x80", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0"]
LONG = [b"[" * 20_000, b'{"a":' * 9_000, b"-" * 40_000, b"+1" * 30_000, b"(" * 150, b"a" * (1 << 17), b"\0" * 70_000,
        b"<" * 40_000, b"\n" * 5_000, b'"\n' * 600, b"a\tb\n" * 2_000, b"1:1 " * 3_000, b"x" * ((1 << 20) + 5)]
NUMBERS = [b"0", b"1", b"4", b"5", b"-1", b" ", b"\n", b",", b":", b" 2:1", b"e5", b"9" * 10, b"inf", b"+", b"_", b"\t"]
PIECES = [character.encode() for character in CHARACTERS] + RAW
POINTERS = [0, 1, 2, 3, -1, 7, 2**31 - 1, -2**31, 2**32, 2**62, 2**63 - 1, -2**63, 10**9]
VALUES = [0.0, 1.0, -1.0, 0.5, 2.0, 1e-42, 3e38, np.nan, np.inf, -np.inf]
TYPES = ["i1", "i2", "i4", "i8", "u1", "u4", "u8", "f4", "f8", "f2", ">i4", ">i8", ">f4", "?", "c8", "O", "U9"]


def mutated(rng, content, pieces=PIECES):
    """Some bytes, changed in one to four places."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        start = rng.randrange(len(content) + 1)
        stop = min(len(content), start + rng.choice([0, 0, 1, 1, 2, 9, 60]))
        piece = rng.choice(pieces)
        match rng.randrange(100):
            case 0:
                piece = rng.choice(LONG)
            case n if n < 25 and start < stop:
                piece = bytes([content[start] ^ 1 << rng.randrange(8)]) + content[start + 1:stop]
            case n if n < 35:
                piece = b""
            case n if n < 45:
                piece = content[start:stop] * rng.choice([2, 3, 50])
            case n if n < 55:
                other = rng.randrange(len(content) + 1)
                piece = content[other:other + 60]
            case n if n < 62:
                stop = len(content)
        content = content[:start] + piece + content[stop:]
    return content


HOSTILE = [None, True, False, 0, 1, -1, 3, 0.5, -0.5, 1e308, float("nan"), float("inf"), 2**31, 2**62, 10**18, 10**30,
           10**400, "", "x", "0.5", "relu", "deck", "\ud800", "\0", "x" * 3_000, [], [[]], [1, "x"], {}, {"a": []}]


def altered(rng, value):
    """A copy of what JSON holds with one of its parts changed, gone, or doubled."""
    value = json.loads(json.dumps(value))
    part = value
    while True:
        key = rng.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if not isinstance(part[key], (dict, list)) or not part[key] or rng.random() < 0.3:
            break
        part = part[key]
    if rng.random() < 0.2:
        del part[key]
    elif isinstance(part, dict) and rng.random() < 0.1:
        part[rng.choice(CHARACTERS)] = rng.choice(HOSTILE)
    else:
        part[key] = rng.choice(HOSTILE)
    return value


@contextmanager
def any_parameters():
    """Within it the parameters of a model may be so large that a logit overflows: a FloatingPointError, in one line."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(overflow|invalid value) encountered", RuntimeWarning)
        try:
            yield
        except FloatingPointError as error:
            assert "\n" not in str(error), f"a poor message: {error!r}"


def refusal(function, *errors, where=""):
    """What the function returns, and whether it has refused: by one of these errors, in one line that tells `where`."""
    try:
        return function(), False
    except errors as error:
        assert "\n" not in str(error) and str(where) in str(error), f"a poor message: {error!r}"
        return None, True


def with_hostile(rng, array):
    """An array with one or two of its entries, its type or its shape changed."""
    values = VALUES if array.dtype.kind == "f" else POINTERS if array.dtype.kind == "i" else [0, 1]
    match rng.randrange(8):
        case 0 | 1 | 2 if array.size:
            places = rng.choices(range(array.size), k=rng.choice([1, 2]))
            entries = array.ravel().tolist()
            for place in places:
                entries[place] = rng.choice(values)
            return np.array(entries).astype(array.dtype).reshape(array.shape)
        case 3 if array.dtype.kind in "biuf":  # not every text or object has a number
            with np.errstate(all="ignore"):
                return array.astype(rng.choice(TYPES))
        case 4:
            array = np.atleast_1d(array)
            return rng.choice([array[:-1], array[1:], array[:0], np.append(array, array[-1:]), array[::-1]])
        case 5:
            return rng.choice([array[None], array.reshape(-1, 1),
                               array.reshape(-1)[:1].reshape(()) if array.size else array])
        case 6:
            return np.repeat(array, 2)[::2]  # strided
        case _:
            return np.array(rng.choices(values[:6], k=array.size)).astype(array.dtype)
