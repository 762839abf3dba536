"""A vocabulary of fewer words, and the few bytes that one takes: its texts and counts are deflated, its table is made.

`Vocabulary.to_files` stores what is quick to read. Here the table of the words is left out, which is made anew when the
vocabulary is read, with a new secret, at about 0.3 microseconds a word.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite.data.counting import Table
from nnlite.data.tokens import PUBLIC, hash_of, new_secret
from nnlite.data.vocabulary import SECRET, Vocabulary
from nnlite.system.array_files import lines_of, text_of

TEXTS, COUNTS = ("words", "labels"), ("word_counts", "label_counts")
INFLATED = "inflated"  # in the header: name -> bytes
MAX_INFLATED = 1 << 28  # bytes of each
LEVEL = 9  # of zlib


def of_words(vocabulary: Vocabulary, kept: np.ndarray) -> Vocabulary:
    """The vocabulary of some of its words, whose ids are `kept`, rising; the others count as dropped."""
    header, arrays, texts = vocabulary.to_files()
    counts = {"word_counts": arrays["word_counts"][kept], "label_counts": arrays["label_counts"]}
    words = [texts["words"][i] for i in kept.tolist()]
    n_dropped = header["n_dropped_words"] + len(texts["words"]) - len(words)
    return made(header | {"n_dropped_words": n_dropped}, counts, {**texts, "words": words})


def to_small_files(vocabulary: Vocabulary) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A dict that JSON can hold and arrays, uint8, by name: all that `from_small_files` needs."""
    header, arrays, texts = vocabulary.to_files()
    contents = {name: text_of(texts[name]) for name in TEXTS} | {name: arrays[name].tobytes() for name in COUNTS}
    header = {name: value for name, value in header.items() if name != SECRET}
    return header | {INFLATED: {name: len(content) for name, content in contents.items()}}, {
        f"{name}.deflated": np.frombuffer(zlib.compress(content, LEVEL), np.uint8)
        for name, content in contents.items()}


def from_small_files(header: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> Vocabulary:
    """The vocabulary that `to_small_files` took apart. ValueError if these do not fit together."""
    contents = {name: _inflated(header, arrays, name) for name in (*TEXTS, *COUNTS)}
    texts = {name: lines_of(contents[name])[:] for name in TEXTS}
    counts = {name: contents[name][:contents[name].size // 8 * 8].view(np.int64) for name in COUNTS}
    return made(header, counts, texts)


def made(header: dict[str, Any], counts: Mapping[str, np.ndarray], texts: dict[str, list[str]]) -> Vocabulary:
    """The vocabulary of these parts, which are as of `to_files`, and of a new table of the words."""
    words = texts["words"]
    secret, table = PUBLIC if header.get("hash_size") else new_secret(), Table(len(words))
    table.insert(hash_of(words, secret), np.arange(1, len(words) + 1, dtype=np.int32))
    slots = {"word_hashes": table.keys.view(np.int64), "word_ids": table.values}
    return Vocabulary.from_files(header | {SECRET: secret.tolist()}, {**counts, **slots}, texts, owned=True)


def _inflated(header, arrays, name):
    """The content of an array, uint8 (n,)."""
    try:
        size, content = header[INFLATED][name], arrays[f"{name}.deflated"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"Vocabulary: want what to_small_files makes, got: {error!r}") from None
    if type(size) is not int or not 0 <= size <= MAX_INFLATED or content.dtype != np.uint8:
        raise ValueError(f"Vocabulary: {name}: want at most {MAX_INFLATED:,} bytes, deflated, got {size!r:.40}")
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(content.tobytes(), size + 1)
    except zlib.error as error:
        raise ValueError(f"Vocabulary: {name}: {error}") from None
    if len(found) != size or not stream.eof or stream.unused_data:
        raise ValueError(f"Vocabulary: {name}: want {size:,} bytes, deflated, got others")
    return np.frombuffer(bytearray(found), np.uint8)
