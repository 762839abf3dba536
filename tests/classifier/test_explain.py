"""Claim: the effect of a word is the difference that leaving it out of the title makes."""

import re

import numpy as np
import pytest
from shops import shop

import nnlite
from nnlite.scores.explanation import left_out


@pytest.mark.parametrize("features", [
    dict(), dict(tfidf=True), dict(ngrams=2, stem=3, tfidf=True), dict(ngrams=3, hash_size=50, tfidf=True),
    dict(ngrams=2, stem=1, hash_size=7), dict(ngrams=2, first_word=True, hash_size=50), dict(first_word=True),
    dict(shape=True), dict(ngrams=2, shape=True, tfidf=True), dict(shape=True, hash_size=50),
])
def test_a_word_that_is_left_out_is_out(features):
    """Where no pairs are made, a title without a word is that title; else a word that nobody knows stands for it."""
    titles, categories = shop()
    vocabulary = nnlite.Vocabulary.build(map(nnlite.Record, titles, categories), min_count=2, **features)
    for title in [*titles[:9], "blue blue dress blue", "dress", "unknown DRESS", "", "!", "blue " * 40,
                  "Blue (dress), 1!"]:
        words, x = left_out(vocabulary, title)
        assert x.shape == (1 + len(words), vocabulary.n_words)
        assert words == list(dict.fromkeys(re.findall(r"\w+", title.lower())))
        assert np.array_equal(x[[0]].toarray(), vocabulary.encode_titles([title]).toarray())
        if vocabulary.hash_size:
            continue
        for i, word in enumerate(words, start=1):
            without = re.sub(rf"\b{word}\b", "q9q9" if vocabulary.rules.ngrams > 1 else "⁰", title.lower())
            assert np.array_equal(x[[i]].toarray(), vocabulary.encode_titles([without]).toarray()), (title, word)


def test_effects_are_differences(trained):
    title = "blue dress 1"
    (first, second), words = trained.explain(title, 2), ["blue", "dress", "1"]
    assert [(first.category, pytest.approx(first.probability)), (second.category, pytest.approx(second.probability))] \
        == trained.predict_top_k([title], 2)[0]
    assert [effect.word for effect in first.effects] == words
    _, x = left_out(trained.vocabulary_, title)
    z = trained.model_.logits(x)
    j = trained.classes_.index(first.category)
    np.testing.assert_allclose([e.logit for e in first.effects], z[0, j] - z[1:, j], atol=1e-5)
    p = 1 / (1 + np.exp(-z.astype(float)))
    np.testing.assert_allclose([e.probability for e in first.effects], p[0, j] - p[1:, j], atol=1e-6)
    assert max(first.effects, key=lambda effect: effect.logit).word == "dress"


def test_a_title_is_cleaned_before_it_is_explained(trained):
    assert trained.explain("<b class=shoe>blue</b> dress") == trained.explain("blue dress")


def test_titles_that_cannot_be_explained(trained):
    with pytest.raises(TypeError, match="want one title"):
        trained.explain(["dress"])
    with pytest.raises(ValueError, match="at most 1,000 words"):
        trained.explain("a " * 1001)
    assert len(trained.explain("a " * 1000)[0].effects) == 1
