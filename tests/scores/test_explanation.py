"""Claim: an explanation lists the likeliest categories and each different word of the title once, however it is cut."""

import numpy as np
import pytest
import scipy.sparse as sp
from problems import F32, random_dataset, random_model, small_pieces

from nnlite import MLP, Record, Vocabulary, mlp
from nnlite.scores.explanation import TOGETHER, explain, likeliest_true, unknown_share, unknown_words
from nnlite.system.threads import team

TITLE = "red blue red green new old big small sale shoe"


def trained(**settings):
    """A vocabulary of seven labels, a to g, and a model with random parameters."""
    vocabulary = Vocabulary.build([Record(TITLE, tuple("abcdefg"))], min_count=1, **settings)
    model, rng = MLP(vocabulary.n_words, 7, (5,)), np.random.default_rng(0)
    for p in model.params.values():
        p[:] = rng.standard_normal(p.shape)
    return vocabulary, model


def test_five_categories_are_explained_by_default_and_all_if_more_are_asked_for():
    vocabulary, model = trained()
    p = [explanation.probability for explanation in explain(vocabulary, model, TITLE)]
    assert len(p) == 5 and p == sorted(p, reverse=True)
    assert len(explain(vocabulary, model, TITLE, 7)) == len(explain(vocabulary, model, TITLE, 8)) == 7
    with pytest.raises(ValueError, match="want 1 to 7 labels, got k = 0"):
        explain(vocabulary, model, TITLE, 0)


def test_equally_likely_categories_stand_in_the_order_of_the_labels():
    vocabulary, model = trained()
    for p in model.params.values():
        p[:] = 0
    assert [explanation.category for explanation in explain(vocabulary, model, "red")] == list("abcde")


def test_every_word_stands_once_in_the_order_of_the_title_and_an_unknown_one_has_no_effect():
    first, *_ = explain(*trained(), "Shoe unheard red, shoe!")
    assert [effect.word for effect in first.effects] == ["shoe", "unheard", "red"]
    assert first.effects[1][1:] == (0, 0) and first.effects[0].logit and first.effects[2].logit


def test_the_share_of_unknown_words_counts_each_as_often_as_it_occurs_and_words_alone():
    """'shoes' begins as 'shoe' does, so it has an effect; but it is a new word, of which the share is to tell."""
    vocabulary, _ = trained(ngrams=2, stem=3, first_word=True, shape=True)
    titles = ["Red, RED unheard!", "", "shoes (blue)", "unheard of; ☃"]
    assert unknown_share(vocabulary, titles) == 4 / 7 and unknown_words(vocabulary, titles[2]) == []
    assert unknown_share(vocabulary, titles * TOGETHER) == 4 / 7 and unknown_share(vocabulary, [TITLE]) == 0
    assert unknown_share(vocabulary, []) == unknown_share(vocabulary, ["", "☃"]) == 0
    assert unknown_share(trained(hash_size=50)[0], titles) is None


@pytest.mark.parametrize("title", ["", "!", "unheard of"])
def test_a_title_without_known_words_has_no_effects(title):
    for explanation in explain(*trained(shape=True), title):
        assert all(effect[1:] == (0, 0) for effect in explanation.effects)


@pytest.mark.parametrize("settings", [dict(), dict(ngrams=2, stem=2, first_word=True, shape=True, tfidf=True)], ids=str)
def test_an_explanation_does_not_depend_on_blocks_and_tiles(settings, monkeypatch):
    """The nine different words make ten rows, which are two blocks; and the seven labels are four tiles."""
    vocabulary, model = trained(**settings)
    want = explain(vocabulary, model, TITLE, 7)
    small_pieces(monkeypatch)
    model.labels.tile_labels = 2
    got = explain(vocabulary, model, TITLE, 7)
    assert [explanation.category for explanation in got] == [explanation.category for explanation in want]
    for one, other in zip(got, want):
        assert [effect.word for effect in one.effects] == TITLE.split()[:2] + TITLE.split()[3:]
        for effect, wanted in zip(one.effects, other.effects):
            assert effect[1:] == pytest.approx(wanted[1:], abs=1e-5)


def test_the_number_of_threads_arrives(monkeypatch):
    asked, (vocabulary, model) = [], trained()
    monkeypatch.setattr(mlp, "team", lambda threads: asked.append(threads) or team(1))
    explain(vocabulary, model, TITLE, threads=3)
    assert asked == [3, 3]
    likeliest_true(model, vocabulary.encode_titles([TITLE]), sp.csr_array(np.ones((1, 7), F32)), threads=4)
    assert asked == [3, 3, 4]


def test_the_likeliest_true_label_where_rows_are_cut_into_blocks(monkeypatch):
    monkeypatch.setattr("nnlite.system.sizes.MIN_BLOCK_ROWS", 3)
    monkeypatch.setattr("nnlite.system.sizes.MIN_BLOCK_FLOPS", 1)
    data = random_dataset()
    rows = np.flatnonzero(np.diff(data.y.indptr))
    x, y, model = sp.csr_array(data.x[rows]), sp.csr_array(data.y[rows]), random_model(data)
    z = np.where(y.toarray() > 0, model.logits(x), -np.inf)
    assert np.array_equal(likeliest_true(model, x, y), z.argmax(axis=1))


def test_of_equally_likely_true_labels_the_first_is_taken():
    data = random_dataset()
    rows = np.flatnonzero(np.diff(data.y.indptr) > 1)
    x, y, model = sp.csr_array(data.x[rows]), sp.csr_array(data.y[rows]), random_model(data)
    model.params["labels.W"][:] = model.params["labels.b"][:] = 0
    assert np.array_equal(likeliest_true(model, x, y), (y.toarray() > 0).argmax(axis=1))
