"""Claim: the reasons for a category are the words that make it likelier than another, the strongest first."""

import numpy as np
import pytest
from problems import random_dataset, random_model, small_pieces

from nnlite import MLP, Record, Vocabulary
from nnlite.data import tokens
from nnlite.scores import explanation
from nnlite.scores.explanation import MAX_WORDS, TOGETHER, explain, left_out, likeliest_true, reasons, unknown_words

WEIGHTS = dict(a=1.0, b=0.5, c=0.4990234375, d=2.0, e=4.0, f=8.0, g=16.0, h=-1.0)


@pytest.fixture(scope="module")
def linear():
    """A vocabulary of single words and a network whose logit of label 1 is the sum of their weights, or 0; the others
    are 0."""
    vocabulary = Vocabulary.build([Record(" ".join(WEIGHTS), ("x", "y", "z"))], min_count=1)
    model = MLP(len(WEIGHTS), 3, (1,), activation="relu")
    for p in model.params.values():
        p[:] = 0
    model.params["features.W"][:, 0] = [WEIGHTS[word] for word in vocabulary.words]
    model.params["labels.W"][1] = 1
    return vocabulary, model


@pytest.mark.parametrize("title, want", [
    ("a", "a"), ("b c", "b"), ("c", ""), ("h", ""), ("", ""), ("unheard a!", "a"), ("a d e", "eda"),
    ("b A a d e f g", "gfeda"),  # five at most
    ("b a a", "ab"), ("h d", "d")])
@pytest.mark.parametrize("label", [-1, 0, 2])
def test_words_of_an_effect_of_one_half_or_more_are_named(title, want, label, linear):
    assert reasons(*linear, [title], np.array([label]), np.array([1])) == [tuple(want)]


def test_words_that_speak_for_the_label_are_no_reasons_for_another(linear):
    assert reasons(*linear, ["a d", "a d"], np.array([1, 1]), np.array([0, 1])) == [(), ()]
    assert reasons(*linear, ["h a d"], np.array([1]), np.array([2])) == [("h",)]


def test_words_of_equal_effects_stand_in_the_order_of_the_title():
    words = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"]
    vocabulary = Vocabulary.build([Record(" ".join(words), ("x", "y"))], min_count=1)
    model = MLP(64, 2, (1,), activation="relu")
    for p in model.params.values():
        p[:] = 1
    model.params["labels.W"][0] = 0
    title, effects = words[::-1], np.random.default_rng(0).integers(1, 3, 64)
    model.params["features.W"][[vocabulary.words.index(word) for word in title], 0] = effects
    want = tuple(word for word, effect in zip(title, effects) if effect == 2)[:5]
    assert reasons(vocabulary, model, [" ".join(title)], np.array([0]), np.array([1])) == [want]


def test_many_titles_have_the_reasons_of_each_alone(monkeypatch):
    """Whatever the pieces and the threads: reasons are the differences of logits of `left_out`."""
    words = "red blue green new old big small sale shoe hat".split()
    vocabulary = Vocabulary.build([Record(" ".join(words), tuple("abcdefg"))], min_count=1, ngrams=2, tfidf=True)
    model, rng = MLP(vocabulary.n_words, 7, (5, 4)), np.random.default_rng(0)
    for p in model.params.values():
        p[:] = 2 * rng.standard_normal(p.shape)
    n = 2 * TOGETHER + 3
    titles = [" ".join(rng.choice(words, rng.integers(0, 7))) for _ in range(n)]
    labels, others = rng.integers(-1, 7, n), rng.integers(0, 7, n)
    want = []
    for title, label, other in zip(titles, labels, others):
        own, x = left_out(vocabulary, title)
        z = model.logits(x)
        margin = z[:, other] - (z[:, label] if label >= 0 else 0)
        effects = margin[0] - margin[1:]
        want.append(tuple(own[i] for i in np.argsort(-effects)[:5] if effects[i] >= 0.5))
    assert reasons(vocabulary, model, titles, labels, others) == want and sum(map(bool, want)) > 50
    small_pieces(monkeypatch)
    monkeypatch.setattr(explanation, "TOGETHER", 7)
    for threads in 1, 3:
        assert reasons(vocabulary, model, titles[:20], labels[:20], others[:20], threads) == want[:20]


def test_a_title_of_more_than_1000_words_has_no_reasons(linear):
    titles = ["a " * MAX_WORDS, "a " * (MAX_WORDS + 1), "a"]
    assert reasons(*linear, titles, np.full(3, -1), np.ones(3, int)) == [("a",), (), ("a",)]
    assert reasons(*linear, [], np.zeros(0, int), np.zeros(0, int)) == []


@pytest.mark.parametrize("labels, others, what", [
    ([-2, 0], [0, 0], "labels: want 2 integers from -1 to 2"), ([0, 3], [0, 0], "labels: want 2 integers from -1 to 2"),
    ([0, 0], [-1, 0], "others: want 2 integers from 0 to 2"), ([0, 0], [0, 3], "others: want 2 integers from 0 to 2"),
    ([0], [0, 0], "labels: want 2"), ([0, 0, 0], [0, 0], "labels: want 2"), ([[0, 0]], [0, 0], "labels: want 2"),
    ([0, 0], [0.0, 0.0], "others: want 2"), ([False, True], [0, 0], "labels: want 2"), ([], [], "labels: want 2")])
def test_ids_of_labels_are_checked(labels, others, what, linear):
    assert reasons(*linear, ["a", "b"], np.array([-1, 2]), np.array([0, 2], np.uint8)) == [(), ()]
    with pytest.raises(ValueError, match=f"^reasons: {what}"):
        reasons(*linear, ["a", "b"], np.array(labels), np.array(others))


@pytest.mark.parametrize("titles, came", [
    ("ab", "want a sequence of str, got str"), (iter("ab"), "want a sequence of str, got str_"),
    (["a", 3], "title: want str, got int"), (3, "want a sequence of str, got int")])
def test_titles_are_texts(titles, came, linear):
    with pytest.raises(TypeError, match=came):
        reasons(*linear, titles, np.zeros(2, int), np.zeros(2, int))


def test_a_model_of_other_labels_explains_nothing(linear):
    vocabulary, model = linear
    with pytest.raises(ValueError, match="explain: the model has 2 labels, the vocabulary 3"):
        explain(vocabulary, MLP(8, 2, (1,)), "a")
    with pytest.raises(TypeError, match="explain: model: want MLP"):
        explain(vocabulary, None, "a")
    for k in 1, 3:
        assert len(explain(vocabulary, model, "a", k)) == k
    effect = explain(vocabulary, model, "a d", 1)[0].effects[1]
    assert (effect.word, effect.logit) == ("d", 2) and effect.probability == pytest.approx(
        1 / (1 + np.exp(-3)) - 1 / (1 + np.exp(-1)))


@pytest.mark.parametrize("settings, title, want", [
    (dict(), "red redo oh red", ["redo", "oh"]), (dict(stem=3), "red redo oh", ["oh"]),
    (dict(stem=3), "re redden reddens", ["re"]),
    (dict(ngrams=2, first_word=True, shape=True), "blue oh red!", ["oh"]), (dict(hash_size=64), "oh", []),
    (dict(first_word=True), "", [])])
def test_words_are_unknown_if_no_token_made_of_them_is_known(settings, title, want):
    vocabulary = Vocabulary.build([Record("red blue redden", ("x",))], min_count=1, **settings)
    assert unknown_words(vocabulary, title) == want
    assert all(tokens.tokenise(word) == [word] for word in want)


def test_true_labels_are_given_for_each_row():
    data = random_dataset()
    rows = np.flatnonzero(np.diff(data.y.indptr))
    x, y, model = data.x[rows], data.y[rows], random_model(data)
    assert likeliest_true(model, x[:0], y[:0]).tolist() == [] and likeliest_true(model, x, y).dtype == np.int32
    for some in y[:-1], y[:, :-1], data.y[[*rows[1:], 0]], data.y[[0, *rows[1:]]]:
        with pytest.raises(ValueError, match="likeliest_true: want 23 labels and one at least in each of"):
            likeliest_true(model, x, some)
