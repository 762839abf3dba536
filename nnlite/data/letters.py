"""How a title is spelt before it is cut into words, and which characters words are made of.

VERSION counts the rules, so that a model which is stored keeps the tokens that it was trained with:

1   The title is lower-cased. Words are runs of letters and digits; combining marks and joiners separate them.
2   Spellings that look alike become one: composed and decomposed letters (NFC), letters and digits of full
    width, katakana of half width, the Turkish dotted İ. Combining marks, such as accents and the vowel signs of Hindi,
    Tamil and Thai, belong to the word. What a script may leave out is left out: the vowel points of Arabic and Hebrew,
    cantillation, the stretching tatweel; and so are joiners and the selectors of a letter's shape, which are invisible.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, normalize

import numpy as np

from nnlite.kernels import hashing

VERSION = 2  # of the rules, the newest
_COMBINING = "Mn", "Mc"  # Unicode's categories of marks; those of "Me" enclose a character
MARKED = 0x300, 0x1E950  # between these code points are all combining marks but selectors

# Scripts and characters that `folded` may change further than lower() does: it is slower, and most titles have none
_MAY_CHANGE = re.compile(
    "[\u0130\u0300-\u0387\u0483-\u0489\u0590-\u2001\u200c\u200d\u20d0-\u20f0\u2126-\u212b\u2329\u232a\u2adc"
    "\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\uabff\uf900-\ufaff\ufb1d-\ufb4e\ufe20-\ufe2f"
    "\uff01-\uffee\U000101fd-\U0001efff\U0002f800-\U0002fa1f\U000e0100-\U000e01ef]")
_FULL_OR_HALF_WIDTH = re.compile("[\uff01-\uffee]+")
_LEFT_OUT = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points and accents
    "\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"  # tatweel, Arabic
    "\u180b-\u180d\u180f\u200c\u200d\U000e0100-\U000e01ef]+")  # selectors of Mongolian and Chinese letters; joiners


def folded(title: str, version: int = VERSION) -> str:
    """The title as its words are taken from it: lower case and, from version 2 on, one spelling of what looks alike."""
    if version == 1 or title.isascii() or not _MAY_CHANGE.search(title):
        return title.lower()
    title = _FULL_OR_HALF_WIDTH.sub(lambda run: normalize("NFKC", run[0]), normalize("NFC", title))
    return normalize("NFC", _LEFT_OUT.sub("", title.lower().replace("i\u0307", "i")))


class Patterns(NamedTuple):
    """What `tokenise` looks for in a folded title."""

    word: re.Pattern[str]
    mark: re.Pattern[str]  # a character that is a token of the title's shape


@lru_cache(maxsize=None)
def patterns(version: int = VERSION) -> Patterns:
    """The Patterns of a version."""
    joins = "".join(map(chr, np.flatnonzero(character_kinds(version) == hashing.JOINS)))
    return Patterns(re.compile(rf"[^\W_]+(?:[{joins}][^\W_]*)*" if joins else r"[^\W_]+"),
                    re.compile(rf"[^\w\s{joins}]"))


@lru_cache(maxsize=None)
def character_kinds(version: int = VERSION) -> np.ndarray:
    """uint8 (code points,): WORD, MARK, SEPARATOR or JOINS. Beyond the first four planes there are only marks.

    From version 2 on combining marks are of the kind JOINS, but for those that enclose a character and the selectors
    that stand after emoji.
    """
    planes = np.arange(0x40000, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
    table = np.full(0x110000, hashing.MARK)
    for kind, runs in (hashing.WORD, r"[^\W_]+"), (hashing.SEPARATOR, r"[\s_]+"):
        for run in re.finditer(runs, planes):
            table[slice(*run.span())] = kind
    if version > 1:
        codes = (MARKED[0] + np.flatnonzero(table[slice(*MARKED)] == hashing.MARK)).tolist()
        kinds = map(category, map(chr, codes))
        table[[code for code, kind in zip(codes, kinds) if kind in _COMBINING]] = hashing.JOINS
        table[0xfe00:0xfe10] = hashing.MARK
    return table
