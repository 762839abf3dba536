"""What a page carries: the words, the categories and the parameters of a model, as one packed text.

The bytes are what network.js unpacks: 4 bytes, the size of the JSON, the lowest first; the JSON; the arrays, one after
the other, whose names, types and lengths are `arrays` in the JSON. All are deflated, without a header, and written as
base64.
"""

import base64
import json
import zlib
from functools import cache
from html.entities import html5
from typing import Any, NamedTuple
from unicodedata import category

import numpy as np

from nnlite.classifier.small_model import SmallRows
from nnlite.classifier.small_rows import BITS, ROWS, packed, rounded, width
from nnlite.data.letters import character_kinds, folded
from nnlite.data.vocabulary import Vocabulary
from nnlite.kernels import hashing
from nnlite.mlp import MLP
from nnlite.system.slices import blocks

PARTS = "codes", "scales", "bits"  # the arrays of Rows
EXACT = 32  # bits of a number that is not rounded
UNASSIGNED = 4  # a kind of characters beside those of `kernels.hashing`: unknown to this Python's version of Unicode
LEVEL = 9  # of zlib

f32 = np.float32


class Rows(NamedTuple):
    """A matrix (n, H) whose row i has bits[i] for each number: EXACT is float32, others are as in `small_rows`.

    codes: uint8, the bytes of all rows, one after the other    scales: float32 (n,)    bits: uint8 (n,)    width: H
    """

    codes: np.ndarray
    scales: np.ndarray
    bits: np.ndarray
    width: int


def exact_bytes(w: np.ndarray | SmallRows) -> int:
    """The bytes of the codes of `exact_rows`."""
    return w.codes.size if isinstance(w, SmallRows) else w.nbytes


def exact_rows(w: np.ndarray | SmallRows) -> Rows:
    """The Rows of w (n, H) as it is."""
    if isinstance(w, SmallRows):
        return Rows(w.codes, w.scales, w.bits, w.shape[1])
    codes, bits = np.frombuffer(w.tobytes(), np.uint8), np.full(len(w), EXACT, np.uint8)
    return Rows(codes, np.ones(len(w), f32), bits, w.shape[1])


def rounded_rows(w: np.ndarray | SmallRows, bits: np.ndarray) -> Rows:
    """The Rows of w (n, H), rounded to so many bits each, uint8 (n,); 0 is a row of zeros."""
    ends = np.zeros(len(w) + 1, np.int64)
    np.cumsum([width(w.shape[1], b) for b in bits.tolist()], out=ends[1:])
    codes, scales = np.zeros(ends[-1], np.uint8), np.zeros(len(w), f32)
    for part in blocks(len(w), ROWS):
        for b in BITS:
            here = part.start + np.flatnonzero(bits[part] == b)
            found, scales[here] = rounded(w[here], b)
            codes[ends[here, None] + np.arange(width(w.shape[1], b))] = packed(found, b)
    return Rows(codes, scales, bits, w.shape[1])


def about(vocabulary: Vocabulary, model: MLP) -> dict[str, Any]:
    """The part of the JSON that no choice of words changes."""
    rules = vocabulary.rules
    return {
        "rules": {name: getattr(rules, name) for name in ("ngrams", "stem", "first_word", "shape", "version")},
        "tfidf": vocabulary.tfidf, "hash_size": vocabulary.hash_size, "n_records": vocabulary.n_records,
        "n_words": vocabulary.n_words, "labels": vocabulary.labels,
        "activation": model.activation, "output": model.output,
        "kinds": kind_runs(rules.version), "entities": html5,
    }


@cache
def kind_runs(version: int) -> list[int]:
    """The kinds of all code points in order, as runs: [kind, length, kind, length, ...].

    Beyond the first four planes folding changes nothing, so that it does not matter what is assigned there.
    """
    kinds = character_kinds(version).copy()
    codes = np.flatnonzero(kinds[:0x40000] == hashing.MARK)
    unknown = [category(chr(code)) == "Cn" and folded(chr(code), version) != "" for code in codes.tolist()]
    kinds[codes[unknown]] = UNASSIGNED
    starts = np.flatnonzero(np.diff(kinds, prepend=-1))
    return np.stack([kinds[starts], np.diff(starts, append=kinds.size)], axis=1).ravel().tolist()


def packed_text(header: dict[str, Any], layers: dict[str, tuple[Rows, np.ndarray]]) -> str:
    """All that a page carries as base64. layers: W and b of each by its name, in forward order."""
    arrays = {f"{name}.b": b for name, (_, b) in layers.items()}
    arrays |= {f"{name}.{part}": getattr(w, part) for name, (w, _) in layers.items() for part in PARTS}
    header = header | {"layers": [(name, (len(w.bits), w.width)) for name, (w, _) in layers.items()],
                       "arrays": [(name, str(array.dtype), array.size) for name, array in arrays.items()]}
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    content = b"".join([len(text).to_bytes(4, "little"), text, *(a.tobytes() for a in arrays.values())])
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(content) + deflate.flush()).decode()
