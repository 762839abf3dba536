"""Claim: a vocabulary grows behind what it has: ids stay, counts and weights are those of all records."""

import numpy as np
import pytest
from problems import compiled

from nnlite import Record, Vocabulary
from nnlite.data.growing_vocabulary import grown

pytestmark = compiled
OLD = [Record(f"{color} dress {i}", ("Women", "Dresses")) for i, color in enumerate(("red", "blue") * 4)]
NEW = [Record("red coat", ("Women", "Coats")), Record("red coat", ("Coats", "Rare")), Record("green hat", ("Hats",)),
       Record("green hat dress", ("Hats",)), Record("lone word", ())]
HOW = dict(min_count=2, tfidf=True)


def test_ids_stay_and_new_ones_follow_most_frequent_first():
    before = Vocabulary.build(OLD, **HOW)
    found = grown(before, NEW)
    now = found.vocabulary
    assert now.words == [*before.words, "coat", "green", "hat"] and now.labels == [*before.labels, "Coats", "Hats"]
    assert (now.encode_titles(["red dress"]).indices == before.encode_titles(["red dress"]).indices).all()
    assert now.columns_of(["coat", "hat", "lone"]).tolist() == [len(before.words), len(before.words) + 2, -1]
    assert (found.words, found.labels) == (2, 1)


def test_counts_and_weights_are_those_of_all_records():
    before, every = Vocabulary.build(OLD, **HOW), Vocabulary.build(OLD + NEW, **HOW)
    now = grown(before, NEW).vocabulary
    assert now.n_records == every.n_records == 13
    for names, counts in ("words", "word_counts"), ("labels", "label_counts"):
        want = dict(zip(getattr(every, names), getattr(every, counts)))
        assert dict(zip(getattr(now, names), getattr(now, counts))) == want
    assert np.allclose(sorted(now.idf), sorted(every.idf), rtol=1e-15)
    assert now.n_dropped_words == before.n_dropped_words + 2 and now.n_dropped_labels == 1
    assert (now.word_error, now.label_error) == (1, 1)
    header, arrays, texts = now.to_files()
    assert Vocabulary.from_files(header, arrays, texts).words == now.words


@pytest.mark.parametrize("most, words, labels", [
    (-1, [], []), (0, [], []), (1, ["coat"], ["Coats"]), (9, ["coat", "green", "hat"], ["Coats", "Hats"])])
def test_it_grows_within_a_bound(most, words, labels):
    before = Vocabulary.build(OLD, **HOW)
    found = grown(before, NEW, before.n_words + most, len(before.labels) + most)
    assert found.vocabulary.words[before.n_words:] == words and found.vocabulary.labels[2:] == labels
    assert (found.words, found.labels) == (5 - len(words), 3 - len(labels))


def test_nothing_new_changes_the_counts_alone():
    before = Vocabulary.build(OLD, **HOW)
    for records in [], OLD[:3]:
        now = grown(before, records).vocabulary
        assert (now.words, now.labels, now.word_error) == (before.words, before.labels, 0)
        assert now.n_records == 8 + len(records)


@pytest.mark.parametrize("tfidf", [False, True])
def test_where_words_share_columns_only_labels_are_new(tfidf):
    before = Vocabulary.build(OLD, min_count=2, hash_size=50, tfidf=tfidf)
    found, every = grown(before, NEW), Vocabulary.build(OLD + NEW, min_count=2, hash_size=50, tfidf=tfidf)
    now, titles = found.vocabulary, ["red coat", "blue dress"]
    assert now.n_words == 50 and now.labels[2:] == ["Coats", "Hats"] and found.words == 0
    assert np.array_equal(now.word_counts, every.word_counts)
    assert np.array_equal(now.encode_titles(titles).toarray(), every.encode_titles(titles).toarray())


def test_the_rules_what_a_word_is_stay():
    header, arrays, texts = Vocabulary.build(OLD, **HOW).to_files()
    older = Vocabulary.from_files(header | {"tokens": 1}, arrays, texts)
    assert grown(older, NEW).vocabulary.rules.version == 1


@pytest.mark.parametrize("cuts, words, labels, errors", [
    ((2, 2), ["coat", "green", "hat"], ["Coats", "Hats"], (1, 1)), ((3, 2), [], ["Coats", "Hats"], (0, 1)),
    ((2, 3), ["coat", "green", "hat"], [], (1, 0)), ((1, 1), ["coat", "green", "hat", "lone", "word"],
                                                     ["Coats", "Hats", "Rare"], (0, 0))])
def test_words_and_labels_have_cuts_and_errors_of_their_own(cuts, words, labels, errors):
    """A count may miss those of the records before, of which there were fewer than the cut."""
    before = Vocabulary.build(OLD, min_count=cuts[0], label_min_count=cuts[1])
    found = grown(before, NEW)
    now = found.vocabulary
    assert now.words[before.n_words:] == words and now.labels[len(before.labels):] == labels
    assert (now.word_error, now.label_error) == errors
    assert (found.words, found.labels) == (5 - len(words), 3 - len(labels))
    assert now.n_dropped_words == before.n_dropped_words + found.words and now.n_dropped_labels == found.labels
