"""Claim: titles become the tokens that the rules say, however their letters are encoded."""

import re
import unicodedata

import numpy as np
import pytest
from hash_twins import kind_of, titles
from hypothesis import given

from nnlite.data import letters, tokens
from nnlite.data.tokens import TokenRules, hash_of, hashed, tokenise
from nnlite.kernels import hashing


@pytest.mark.parametrize("n_words", [1, 29, 30, 31, 32, 99])
def test_titles_of_30_words_and_more_have_the_same_shape_as_hashes(n_words):
    title, rules = "a " * n_words, TokenRules(shape=True)
    assert hashed([title], rules).hashes.tolist() == hash_of(tokenise(title, rules)).tolist()


def test_tokens_by_hand():
    assert tokenise("I Σ_a b", TokenRules(ngrams=2, stem=1)) == ["i", "σ", "a", "b", "i σ", "σ a", "a b"]
    assert tokenise("Shirts shoe s_hirt", TokenRules(stem=4)) == ["shirts", "shoe", "s", "hirt", "^shir"]
    assert tokenise("ΑΣΣ", TokenRules(ngrams=2, stem=1)) == ["ασς", "^α"]
    assert tokenise("- Red hat", TokenRules(2, 2, True)) == ["red", "hat", "red hat", "^re", "^ha", "<red"]
    assert tokenise("!", TokenRules(first_word=True, shape=True)) == []
    assert tokenise("İ! a_b, c!", TokenRules(shape=True)) == ["i", "a", "b", "c", "!", ",", "!", "#04"]
    old = TokenRules(shape=True, version=1)
    assert tokenise("İ! a_b, c!", old) == ["i", "a", "b", "c", "\u0307", "!", ",", "!", "#04"]
    lengths = [tokenise("a " * n, TokenRules(shape=True))[-1] for n in (1, 9, 10, 30, 99)]
    assert lengths == ["#00", "#08", "#10", "#30", "#30"]
    assert hash_of(["", "a"]).tolist() == [0x243F6A8885A308D3, 0x92BBCB0052B2259A]


def test_lone_surrogates_separate_words():
    tokens = hashed(["a\ud800b"], TokenRules(ngrams=2))
    assert [tokens.name(k) for k in range(3)] == ["a", "b", "a b"]


@pytest.mark.parametrize("version", [1, 2])
def test_kinds_of_characters(version):
    """Words are of letters, digits and combining marks; underscores and spaces make no token; all else is a mark.

    Above the third plane there are selectors only, which are left out before.
    """
    want = [kind_of(chr(code), version) for code in range(0xe0000)]
    kinds = letters.character_kinds(version)
    assert kinds[:0xe0000].tolist() == want and (kinds[0xe0000:] == 2).all()


@given(titles)
def test_however_a_letter_is_encoded_the_words_are_the_same(titles):
    for title in titles:
        words = {form: tokenise(unicodedata.normalize(form, title)) for form in ("NFC", "NFD")}
        assert words["NFC"] == words["NFD"] == tokenise(title)


def test_what_folding_may_change_is_known_by_its_code():
    """Titles without such a character are only lower-cased."""
    never = [c for c in map(chr, range(0x110000)) if not letters._MAY_CHANGE.match(c)]
    assert not set(never) & set(map(chr, np.flatnonzero(letters.character_kinds() == hashing.JOINS)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letters, "_MAY_CHANGE", re.compile(""))
        assert [c for c in never if letters.folded(c) != c.lower()] == []


@pytest.mark.parametrize("version", [0, 3, "2"])
def test_other_versions_of_the_rules_are_refused(version):
    with pytest.raises(ValueError, match="^TokenRules: version: want 1 to 2, got"):
        TokenRules(version=version)


def test_titles_that_would_take_much_memory_are_refused(monkeypatch):
    hashed(["a" * tokens.MAX_CHARS])
    with pytest.raises(ValueError, match=r"^title: too long: want at most 1,048,576 characters, got 1,048,577: 'bbb"):
        hashed(["a", "b" * (tokens.MAX_CHARS + 1)])
    monkeypatch.setattr(tokens, "MAX_TOKENS", 9)
    assert hashed(["a b c", "d e"], TokenRules(ngrams=3)).hashes.size == 9
    with pytest.raises(ValueError, match=r"^titles: too many tokens: want at most 9 at a time, got 10: the longest"):
        hashed(["a b c d"], TokenRules(ngrams=4))


@pytest.mark.parametrize("value", [1, 100])
def test_the_shortest_and_the_longest_ngrams_and_stems_are_taken(value):
    assert TokenRules(ngrams=value).ngrams == TokenRules(stem=value).stem == value
    for name, wrong in ("ngrams", 0), ("ngrams", 101), ("stem", 0), ("stem", 101):
        with pytest.raises(ValueError, match=f"^TokenRules: {name}: want 1 to 100, got {wrong}$"):
            TokenRules(**{name: wrong})
