"""Claim: what a vocabulary is made of is checked at just the documented limits, and each setting reaches it."""

from types import MappingProxyType

import numpy as np
import pytest
from some_records import RECORDS

from nnlite import Record, Vocabulary
from nnlite.data import counting
from nnlite.data.counting import LabelCounts, Table
from nnlite.data.vocabulary import SLICE_RECORDS, slices
from nnlite.data.vocabulary_checks import LARGEST, check_columns


class Text(str):
    """A text of a kind of its own."""


class Whole(int):
    """A whole number of a kind of its own."""


@pytest.mark.parametrize("rows, n_columns", [
    ([("a",)], 1), ([("a",), ("b",)], 1), ([["a", ["x"]], ("b", {"x"})], 2), ([(Text("a"), frozenset("x"))], 2),
    ([Record("a", ())], 2), ([("a", {"x": 1})], 2)])
def test_rows_of_titles_or_of_titles_and_collections_of_categories_are_taken(rows, n_columns):
    assert check_columns(rows) == tuple(zip(*rows)) and len(check_columns(rows)) == n_columns


@pytest.mark.parametrize("rows, message", [
    ([()], r"want pairs of a title and its categories, got \(\)"), ([("a", ("x",), 1)], "want pairs"),
    ([("a", ("x",)), ("b",)], "want pairs"), ([{"a": 1}], "want pairs"), (["a"], "want pairs"), ([3], "want pairs"),
    ([("a", ("x",)), "bc"], "want pairs"), ([(b"a", ("x",))], "want a title of type str, got bytes"),
    ([("a", ("x",)), (3, ("x",))], "want a title of type str, got int"), ([(None,)], "want a title of type str"),
    ([("a", "x")], "want a tuple of categories, got one of type str"),
    ([("a", ("x",)), ("b", Text("x"))], "want a tuple of categories, got one of type Text"),
    ([("a", b"x")], "want a tuple of categories, got one of type bytes"),
    ([("a", 3)], "want a tuple of categories, got one of type int"),
    ([("a", None)], "want a tuple of categories, got one of type None"),
    ([("a", iter("x"))], "want a tuple of categories, got one of type str_")])
def test_other_rows_are_refused(rows, message):
    with pytest.raises(TypeError, match=f"^records: {message}"):
        check_columns(rows)


@pytest.mark.parametrize("name", ["word_counts", "label_counts"])
@pytest.mark.parametrize("counts, error, message", [
    ([("a", 1)], TypeError, "want dict, got list"), (None, TypeError, "want dict"),
    (MappingProxyType({"a": 1}), TypeError, "want dict, got mappingproxy"),
    ({"a": 1, 3: 1}, TypeError, "want names of type str, got int"), ({b"a": 1}, TypeError, "want names of type str"),
    ({"a": True}, TypeError, "want integers, got bool"), ({"a": 1, "b": 1.0}, TypeError, "want integers, got float"),
    ({"a": None}, TypeError, "want integers, got NoneType"), ({"a": 1, "b": -1}, ValueError, "from 0 to 9,007,"),
    ({"a": 1, "b": LARGEST + 1}, ValueError, "from 0 to 9,007,199,254,740,992, got 9007199254740993")])
def test_other_counts_are_refused(name, counts, error, message):
    with pytest.raises(error, match=f"^Vocabulary: {name}: want .*{message.removeprefix('want ')}"):
        Vocabulary(**{"word_counts": {}, "label_counts": {}, "n_records": LARGEST} | {name: counts})


@pytest.mark.parametrize("count", [0, 1, LARGEST, np.int8(7), np.uint64(9), Whole(3)])
def test_any_whole_number_is_a_count_up_to_the_records(count):
    built = Vocabulary({Text("a"): count, "b": 1}, {Text("x"): count}, LARGEST, 1, label_min_count=1)
    assert built.words == (["a", "b"] if count else ["b"]) and built.n_dropped_words == (count == 0)
    assert built.label_counts.tolist() == [count][:int(count)] and built.n_dropped_labels == (count == 0)


@pytest.mark.parametrize("n, error", [
    (-1, ValueError), (LARGEST + 1, ValueError), (1.0, TypeError), (True, TypeError), (None, TypeError)])
def test_the_number_of_records_is_a_whole_number(n, error):
    for good in 0, LARGEST, np.int64(3):
        assert Vocabulary({}, {}, good).n_records == good
    with pytest.raises(error, match="^Vocabulary: n_records: want an integer"):
        Vocabulary({}, {}, n)


@pytest.mark.parametrize("counts, message", [
    ("ab", "want numbers"), ([-1], "want 0 to n_records, which is 4, got -1 to -1"),
    ([0, 5], "want 0 to n_records, which is 4, got 0 to 5")])
def test_counts_of_columns_are_numbers_of_records(counts, message):
    assert Vocabulary([0, 4], {}, 4, hash_size=2, tfidf=True).word_counts.tolist() == [0, 4]
    with pytest.raises((TypeError, ValueError), match=f"^Vocabulary: word_counts: {message}"):
        Vocabulary(counts, {}, 4, hash_size=2, tfidf=True)


@pytest.mark.parametrize("settings", [
    dict(min_count=2), dict(ngrams=2), dict(stem=2), dict(tfidf=True), dict(hash_size=7), dict(label_min_count=2),
    dict(first_word=True), dict(shape=True), dict(min_count=2, label_min_count=1)])
def test_a_setting_reaches_the_vocabulary_and_no_other_changes(settings):
    default = dict(min_count=1, ngrams=1, stem=None, tfidf=False, hash_size=None, first_word=False, shape=False)
    want = default | settings
    want = {"label_min_count": want["min_count"]} | want
    built = Vocabulary.build(RECORDS, **dict(min_count=1) | settings)
    assert built.settings == want
    counts = built.word_counts if built.hash_size else dict(zip(built.words, built.word_counts.tolist()))
    again = Vocabulary(counts, dict(zip(built.labels, built.label_counts.tolist())), 4, **want)
    assert again.settings == want and again.words == built.words
    assert Vocabulary.from_files(*built.to_files()).settings == want
    assert Vocabulary({}, {}, 0).settings == {"label_min_count": 10} | default | dict(min_count=10)


@pytest.mark.parametrize("settings, n_words, n_dropped", [
    (dict(), 6, 0), (dict(min_count=2, label_min_count=1), 3, 3), (dict(hash_size=5), 5, 0),
    (dict(hash_size=5, tfidf=True), 5, 0)])
def test_what_is_dropped_is_counted(settings, n_words, n_dropped):
    built = Vocabulary.build(RECORDS, **dict(min_count=1) | settings)
    assert (built.n_words, built.n_dropped_words, built.n_records) == (n_words, n_dropped, 4)
    assert (built.idf is None) != settings.get("tfidf", False)


@pytest.mark.parametrize("value, error", [(0, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError)])
def test_a_bound_of_the_counts_is_a_whole_number_from_one_on(value, error):
    with pytest.raises(error, match="^Vocabulary: .*max_counts"):
        Vocabulary.build(RECORDS, 1, max_counts=value)
    assert Vocabulary.build([Record("a", ("x",))], 1, max_counts=np.int8(1)).words == ["a"]


@pytest.mark.parametrize("n", [0, 1, SLICE_RECORDS - 1, SLICE_RECORDS, SLICE_RECORDS + 1])
def test_records_come_in_slices_of_so_many(n):
    records = [Record(str(i), ()) for i in range(n)]
    sizes = [len(titles) for titles, _ in slices(iter(records), 1)]
    assert sizes == [SLICE_RECORDS] * (n // SLICE_RECORDS) + [n % SLICE_RECORDS] * (n % SLICE_RECORDS > 0)


@pytest.mark.parametrize("n_keys", [0, 1, 511, 512, 513, 1023, 1024, 1025, 5000])
def test_a_table_is_at_most_half_full_and_at_least_an_eighth(n_keys):
    table = Table(n_keys)
    assert table.n_slots & (table.n_slots - 1) == 0 and table.n_slots >= counting.SMALLEST_TABLE
    assert 2 * n_keys <= table.n_slots and (table.n_slots <= 4 * n_keys or n_keys < counting.SMALLEST_TABLE // 2)
    assert (table.keys.dtype, table.values.dtype, table.values.size) == (np.uint64, np.int32, table.n_slots)


@pytest.mark.parametrize("n, kept, error", [(1, 1, 0), (5, 5, 0), (6, 1, 1), (7, 1, 1)])
def test_labels_are_forgotten_when_there_are_more_than_the_bound(n, kept, error):
    """Then at most half of the bound are kept; of equally frequent ones, none."""
    counts = LabelCounts(max_labels=5)
    counts.add([("often", f"L{i}", f"L{i}") for i in range(n - 1)] or [("often",)])
    assert (len(counts.counts), counts.error, counts.n_labels) == (kept, error, n)
    unbounded = LabelCounts()
    unbounded.add([(f"L{i}",) for i in range(n)])
    assert len(unbounded.counts) == n and unbounded.error == 0 and unbounded.missed == {}


@pytest.mark.parametrize("bound, kept, error", [(5, [6, 5], 4), (4, [6, 5], 4), (3, [6], 5), (2, [6], 5), (1, [], 6)])
def test_the_most_frequent_labels_are_kept(bound, kept, error):
    """Six labels in 1 to 6 records: half of the bound at most, and the error is the largest count that is forgotten."""
    counts = LabelCounts(max_labels=bound)
    counts.add([(f"L{i}",) for i in range(1, 7) for _ in range(i)])
    assert (counts.counts.most_common(), counts.error) == ([(f"L{i}", i) for i in kept], error)
