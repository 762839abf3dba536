"""Claim: a vocabulary comes back from its small files, with some of its words or all, and others are refused."""

import zlib

import numpy as np
import pytest

from nnlite import Record, Vocabulary, make_catalogue
from nnlite.data import small_vocabulary
from nnlite.data.small_vocabulary import MAX_INFLATED, from_small_files, of_words, to_small_files

RECORDS = list(make_catalogue(40)) + 3 * [Record("blue 鞋子 \ud800", ("a\nb", "\\", "\ud800", ""))]
TITLES = ["Classic blue dress, blue", "鞋子", ""]


@pytest.mark.parametrize("settings", [
    dict(), dict(ngrams=2, stem=4, tfidf=True, first_word=True, shape=True), dict(hash_size=9),
    dict(hash_size=9, tfidf=True)])
def test_a_vocabulary_comes_back(settings):
    one = Vocabulary.build(RECORDS, 2, **settings)
    header, arrays = to_small_files(one)
    other = from_small_files(header, arrays)
    assert (other.words, other.labels, other.settings) == (one.words, one.labels, one.settings)
    for got, want in zip(other.encode(RECORDS).arrays(), one.encode(RECORDS).arrays()):
        for a, b in zip(got, want):
            np.testing.assert_array_equal(a, b)
    assert all(array.dtype == np.uint8 for array in arrays.values())
    assert settings.get("hash_size") or (one.secret != other.secret).any()  # nobody can choose words that collide


def test_a_vocabulary_of_some_words_knows_no_others():
    one = Vocabulary.build(RECORDS, 2, tfidf=True)
    kept = np.flatnonzero(np.arange(one.n_words) % 3)
    other = of_words(one, kept)
    assert other.words == [one.words[i] for i in kept] and other.labels == one.labels
    np.testing.assert_array_equal(other.idf, one.idf[kept])
    assert other.n_dropped_words == one.n_dropped_words + one.n_words - kept.size
    got, want = other.encode_titles(TITLES).toarray(), one.encode_titles(TITLES).toarray()[:, kept]
    want /= np.maximum(np.linalg.norm(want, axis=1, keepdims=True), 1e-30)  # rows of the words that are known
    np.testing.assert_allclose(got, want, rtol=1e-6)


BOMB = np.frombuffer(zlib.compress(bytes(10**6)), np.uint8)


@pytest.mark.parametrize("changed", [
    {}, {"words.deflated": np.zeros(9, np.uint8)}, {"words.deflated": np.zeros(9)}, {"words.deflated": BOMB},
    {"words.deflated": None}, {"labels.deflated": lambda a: a[:-1]}, {"labels.deflated": lambda a: np.append(a, a)},
    {"word_counts.deflated": lambda a: np.frombuffer(zlib.compress(b"12345678"), np.uint8)},
    {"inflated": {"words": 10**9}}, {"inflated": {"words": MAX_INFLATED + 1}}, {"inflated": {"words": -1}},
    {"inflated": {"words": 3.0}}, {"inflated": None}, {"inflated": 7},
])
def test_other_files_are_refused(changed):
    header, arrays = to_small_files(Vocabulary.build(RECORDS, 2))
    for name, change in changed.items():
        if name == "inflated":
            header = header | {name: header[name] | change if isinstance(change, dict) else change}
        elif change is None:
            del arrays[name]
        else:
            arrays[name] = change(arrays[name]) if callable(change) else change
    if not changed:
        assert from_small_files(header, arrays)
        return
    with pytest.raises(ValueError, match="Vocabulary: "):
        from_small_files(header, arrays)


@pytest.mark.parametrize("name", ["words", "labels", "word_counts", "label_counts"])
def test_the_stated_bytes_are_those_that_are_found_and_have_a_bound(name, monkeypatch):
    one = Vocabulary.build(RECORDS, 2)
    header, arrays = to_small_files(one)
    size, largest = header["inflated"][name], max(header["inflated"].values())
    for wrong in size - 1, size + 1, float(size), True, None:
        with pytest.raises(ValueError, match=f"^Vocabulary: {name}: want "):
            from_small_files(header | {"inflated": header["inflated"] | {name: wrong}}, arrays)
    with pytest.raises(ValueError, match=f"^Vocabulary: {name}: want at most"):
        from_small_files(header, arrays | {f"{name}.deflated": arrays[f"{name}.deflated"].view(np.int8)})
    monkeypatch.setattr(small_vocabulary, "MAX_INFLATED", largest)
    assert from_small_files(header, arrays).words == one.words
    monkeypatch.setattr(small_vocabulary, "MAX_INFLATED", size - 1)
    with pytest.raises(ValueError, match=f"want at most {size - 1:,} bytes, deflated, got "):
        from_small_files(header, arrays)


def test_a_word_that_is_there_twice_is_refused():
    one = Vocabulary.build(RECORDS, 2)
    header, arrays = to_small_files(one)
    text = "\n".join(["dress", *one.words[1:-1], "dress", ""]).encode("utf-8", "surrogatepass")
    arrays["words.deflated"] = np.frombuffer(zlib.compress(text), np.uint8)
    with pytest.raises(ValueError, match="Vocabulary: want the numbers from 1 to"):
        from_small_files(header | {"inflated": header["inflated"] | {"words": len(text)}}, arrays)
