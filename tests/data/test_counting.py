"""Claim: counts of words and labels within a bound keep it, and lose only what is rare."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from some_records import RECORDS, some_records

from nnlite import Record, Vocabulary
from nnlite.data import vocabulary
from nnlite.data.tokens import tokenise


def test_records_are_taken_in_slices(monkeypatch):
    sizes = []
    monkeypatch.setattr(vocabulary, "SLICE_RECORDS", 3)
    monkeypatch.setattr(vocabulary, "hashed", lambda titles, *rest, hashed=vocabulary.hashed: (
        sizes.append(len(titles)), hashed(titles, *rest))[1])
    Vocabulary.build(iter(RECORDS), min_count=1).encode(iter(RECORDS))
    assert sizes == [3, 1, 3, 1]


@pytest.mark.parametrize("ngrams, sizes", [(1, [3, 1, 2]), (2, [1, 1, 1, 1, 2])])
def test_slices_of_long_titles_have_fewer_records(monkeypatch, ngrams, sizes):
    monkeypatch.setattr(vocabulary, "SLICE_CHARS", 8)
    records = [Record(title, (title,)) for title in ("abc", "def", "gh", "", "a long title", "b")]
    records[3], records[4] = records[4], records[3]
    slices = list(vocabulary.slices(records, ngrams))
    assert [len(titles) for titles, _ in slices] == sizes
    assert [Record(*pair) for part in slices for pair in zip(*part)] == records


@given(some_records, st.integers(1, 8), st.integers(1, 3))
def test_bounded_counts_keep_their_bound(records, max_counts, slice_records):
    """Counts are too low by the error at most, and what is in min_count + error records is kept, words and labels."""
    records = records * 3 + [Record("a", ("X",))] * 99
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "SLICE_RECORDS", slice_records)
        try:
            built = Vocabulary.build(iter(records), min_count=2, ngrams=2, max_counts=max_counts)
        except ValueError as error:
            assert max_counts == 1 and "that occurs in at least 2 records" in str(error)
            return
    words = Counter(token for record in records for token in set(tokenise(record.title, built.rules)))
    labels = Counter(label for record in records for label in set(record.categories))
    for names, counts, error, want in ((built.words, built.word_counts, built.word_error, words),
                                       (built.labels, built.label_counts, built.label_error, labels)):
        got = dict(zip(names, counts))
        assert all(max(2, want[name] - error) <= n <= want[name] for name, n in got.items())
        assert {name for name, n in want.items() if n >= 2 + error} <= set(got)
        assert error * max_counts < 2 * want.total() or error == 0
        assert error or got == {name: n for name, n in want.items() if n >= 2}
    again = Vocabulary.from_files(*built.to_files())
    assert (again.word_error, again.label_error) == (built.word_error, built.label_error)


def test_bounded_counts_by_hand(monkeypatch):
    """Of four labels at a time. The b's that come again after having been forgotten outlive what is new."""
    monkeypatch.setattr(vocabulary, "SLICE_RECORDS", 1)
    for labels, error, held in ("aaabbccd", 0, "abcd"), ("e", 2, "a"), ("bbbfgh", 3, "b"), ("ijkl", 4, "b"):
        stream = "aaabbccdebbbfghijkl".partition(labels)
        built = Vocabulary.build([Record("t", (label,)) for label in stream[0] + stream[1]], min_count=1, max_counts=4)
        assert (sorted(built.labels), built.label_error) == (list(held), error)
    assert built.label_counts == [3] and built.n_dropped_labels == 12


def test_many_labels_that_come_once_are_forgotten():
    records = [Record("a", ("Often", f"Once {i}", f"Sixteen {i % 16}")) for i in range(3000)]
    exact, built = (Vocabulary.build(iter(records), max_counts=n) for n in (None, 100))
    assert built.labels == exact.labels and built.n_dropped_labels == 3000
    assert built.label_counts.tolist() == exact.label_counts.tolist()
    assert exact.label_error == 0 < built.label_error < 2 * 9000 / 100 and built.word_error == 0
