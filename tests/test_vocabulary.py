"""Claim: words and labels are counted once a record, cut at min_count, and records become the rows that they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Record, Vocabulary
from nnlite.vocabulary import tokenise

RECORDS = [
    Record("Red shoe, red sole", ("Shoes", "Red")),
    Record("Blue SHOE", ("Shoes",)),
    Record("blue hat", ("Hats", "Shoes")),
    Record("a hat!", ("Hats",)),
]


@pytest.mark.parametrize("title, tokens", [
    ("Levi's 501(TM) Jeans", ["levi", "s", "501", "tm", "jeans"]),
    ("snake_case  and-dash", ["snake", "case", "and", "dash"]),
    ("Größe Ünïcode 100%", ["größe", "ünïcode", "100"]),
    ("!? - ...", []),
])
def test_words_are_runs_of_letters_and_digits(title, tokens):
    assert tokenise(title) == tokens


def test_ngrams():
    assert tokenise("a b c", ngrams=3) == ["a", "b", "c", "a b", "b c", "a b c"]
    assert tokenise("a", ngrams=3) == ["a"]


def test_counts_are_of_records_and_the_most_frequent_come_first():
    vocabulary = Vocabulary.build(RECORDS, min_count=1)
    assert vocabulary.words == ["blue", "hat", "shoe", "a", "red", "sole"]
    assert vocabulary.word_counts == [2, 2, 2, 1, 1, 1]
    assert vocabulary.labels == ["Shoes", "Hats", "Red"] and vocabulary.label_counts == [3, 2, 1]


def test_the_cut_keeps_what_is_seen_min_count_times():
    vocabulary = Vocabulary.build(iter(RECORDS), min_count=2)
    assert vocabulary.words == ["blue", "hat", "shoe"] and vocabulary.labels == ["Shoes", "Hats"]
    assert (vocabulary.n_dropped_words, vocabulary.n_dropped_labels, vocabulary.n_records) == (3, 1, 4)


def test_encode():
    vocabulary = Vocabulary.build(RECORDS, min_count=2)
    unknown = Record("green sock", ("Socks",))
    data = vocabulary.encode([*RECORDS, unknown])
    np.testing.assert_array_equal(data.x.toarray(), [[0, 0, 1], [1, 0, 1], [1, 1, 0], [0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(data.y.toarray(), [[1, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    titles = [record.title for record in [*RECORDS, unknown]]
    np.testing.assert_array_equal(vocabulary.encode_titles(titles).toarray(), data.x.toarray())


def test_nothing_to_encode():
    vocabulary = Vocabulary.build(RECORDS, min_count=2)
    assert vocabulary.encode([]).x.shape == (0, 3) and vocabulary.encode_titles([]).shape == (0, 3)


@given(st.lists(st.tuples(st.text("ab c", max_size=9), st.sets(st.sampled_from("XYZ"), min_size=1)), min_size=1),
       st.integers(1, 3), st.integers(1, 2))
def test_for_any_records(records, min_count, ngrams):
    """What is encoded is what was counted: the columns of x and y sum to the counts."""
    records = [Record(title, tuple(labels)) for title, labels in records]
    try:
        vocabulary = Vocabulary.build(records, min_count, ngrams)
    except ValueError as error:
        assert "that occurs in at least" in str(error)
        return
    data = vocabulary.encode(records)
    assert data.x.sum(axis=0).tolist() == vocabulary.word_counts
    assert data.y.sum(axis=0).tolist() == vocabulary.label_counts
    assert min(vocabulary.word_counts + vocabulary.label_counts) >= min_count


def test_nothing_left_is_an_error():
    with pytest.raises(ValueError, match="want a word that occurs in at least 5 records, got 4 records with 6 rarer"):
        Vocabulary.build(RECORDS, min_count=5)
    with pytest.raises(ValueError, match="want a word .* got 0 records"):
        Vocabulary.build([])
    with pytest.raises(ValueError, match="want min_count and ngrams of at least 1, got 0 and 1"):
        Vocabulary.build(RECORDS, min_count=0)
