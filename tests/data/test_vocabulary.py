"""Claim: words and labels are counted once a record, cut at min_count, and records become the rows that they should."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from some_records import RECORDS, some_records

from nnlite import Record, Vocabulary
from nnlite.data import vocabulary
from nnlite.data.tokens import TokenRules, hash_of, tokenise


@pytest.mark.parametrize("title, tokens", [
    ("Levi's 501(TM) Jeans", ["levi", "s", "501", "tm", "jeans"]),
    ("snake_case  and-dash", ["snake", "case", "and", "dash"]),
    ("Größe Ünïcode 100%", ["größe", "ünïcode", "100"]),
    ("!? - ...", []),
])
def test_words_are_runs_of_letters_and_digits(title, tokens):
    assert tokenise(title) == tokens


def test_ngrams():
    assert tokenise("a b c", TokenRules(ngrams=3)) == ["a", "b", "c", "a b", "b c", "a b c"]
    assert tokenise("a", TokenRules(ngrams=3)) == ["a"]


def test_counts_are_of_records_and_the_most_frequent_come_first():
    vocabulary = Vocabulary.build(RECORDS, min_count=1)
    assert vocabulary.words == ["blue", "hat", "shoe", "a", "red", "sole"]
    assert vocabulary.word_counts.tolist() == [2, 2, 2, 1, 1, 1]
    assert vocabulary.labels == ["Shoes", "Hats", "Red"] and vocabulary.label_counts.tolist() == [3, 2, 1]


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


@given(some_records, st.integers(1, 3), st.integers(1, 2))
def test_for_any_records(records, min_count, ngrams):
    """What is encoded is what was counted: the columns of x and y sum to the counts."""
    try:
        vocabulary = Vocabulary.build(records, min_count, ngrams)
    except ValueError as error:
        assert "that occurs in at least" in str(error)
        return
    data = vocabulary.encode(records)
    assert data.x.sum(axis=0).tolist() == vocabulary.word_counts.tolist()
    assert data.y.sum(axis=0).tolist() == vocabulary.label_counts.tolist()
    assert min(*vocabulary.word_counts, *vocabulary.label_counts) >= min_count


def test_nothing_left_is_an_error():
    with pytest.raises(ValueError, match="want a word that occurs in at least 5 records, got 4 records with 6 rarer"):
        Vocabulary.build(RECORDS, min_count=5)
    with pytest.raises(ValueError, match="want a word .* got 0 records"):
        Vocabulary.build([])
    with pytest.raises(ValueError, match="want a min_count of at least 1 .* got 0"):
        Vocabulary.build(RECORDS, min_count=0)


def tokens_of(record, built):
    return Counter(tokenise(record.title, built.rules))


def weighed(columns, built):
    """One row of x as the formulas say it, from how often each column occurs in the title."""
    row = np.zeros(built.n_words)
    for column, count in columns.items():
        row[column] += count
    if not built.tfidf:
        return row > 0
    row *= np.log((1 + built.n_records) / (1 + built.word_counts)) + 1
    return row / max(np.sqrt((row ** 2).sum()), 1e-300)


@given(some_records, some_records, st.integers(1, 2), st.integers(1, 2), st.booleans(),
       st.sampled_from([None, 1, 2]), st.integers(1, 4))
def test_rows_are_those_of_the_definition(records, others, label_min_count, ngrams, tfidf, stem, slice_records):
    """In slices of any size, for the records that were counted and for others."""
    records.append(Record("a b", ("X",) * 2))
    records.append(Record("b", ("X",)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "SLICE_RECORDS", slice_records)
        built = Vocabulary.build(iter(records), 1, ngrams, stem, tfidf, label_min_count=label_min_count)
        data = built.encode(iter(records + others))
        x = built.encode_titles(record.title for record in records + others)
    words, labels = Counter(), Counter()
    for record in records:
        words.update(set(tokens_of(record, built)))
        labels.update(set(record.categories))
    assert dict(zip(built.words, built.word_counts)) == words and built.n_words == len(words)
    assert dict(zip(built.labels, built.label_counts)) == {k: n for k, n in labels.items() if n >= label_min_count}
    assert built.n_dropped_labels == len(labels) - len(built.labels) and built.n_dropped_words == 0
    for row, label_row, record in zip(data.x.toarray(), data.y.toarray(), records + others):
        columns = {built.words.index(w): n for w, n in tokens_of(record, built).items() if w in words}
        np.testing.assert_allclose(row, weighed(columns, built), rtol=1e-6)
        assert label_row.tolist() == [label in record.categories for label in built.labels]
    assert data.x.has_canonical_format and (data.x.data > 0).all()
    for name in "indptr", "indices", "data":
        assert np.array_equal(getattr(data.x, name), getattr(x, name))


@given(some_records, st.booleans(), st.sampled_from([1, 3, 1000]))
def test_columns_by_hash(records, tfidf, hash_size):
    """No word is kept; what shares a column counts as one."""
    def columns_of(record):
        columns = Counter()
        for token, n in tokens_of(record, built).items():
            columns[int(hash_of([token])[0]) % hash_size] += n
        return columns

    built = Vocabulary.build(iter(records), 1, 2, 2, tfidf, hash_size)
    assert built.words == [] and built.n_words == hash_size and len(built.labels)
    counts = Counter(column for record in records for column in columns_of(record))
    assert built.word_counts.tolist() == ([counts[i] for i in range(hash_size)] if tfidf else [])
    for row, record in zip(built.encode(records).x.toarray(), records):
        np.testing.assert_allclose(row, weighed(columns_of(record), built), rtol=1e-6)


def test_tfidf_by_hand():
    built = Vocabulary.build(RECORDS, min_count=1, tfidf=True)
    assert built.words[2] == "shoe" and built.words[4:] == ["red", "sole"]
    np.testing.assert_allclose(built.idf[[2, 4, 5]], [np.log(5 / 3) + 1, np.log(5 / 2) + 1, np.log(5 / 2) + 1])
    once, twice, length = 1.510826, 2 * 1.916291, np.sqrt(1.510826**2 + 5 * 1.916291**2)
    np.testing.assert_allclose(built.encode(RECORDS).x.toarray()[0],
                               np.array([0, 0, once, 0, twice, twice / 2]) / length, rtol=1e-6)


def test_words_and_labels_have_their_own_cuts():
    built = Vocabulary.build(RECORDS, min_count=1, label_min_count=3)
    assert len(built.words) == 6 and built.labels == ["Shoes"] and built.n_dropped_labels == 2
    with pytest.raises(ValueError, match="want a label that occurs in at least 4 records, got 4 records with 3 rarer"):
        Vocabulary.build(RECORDS, min_count=1, label_min_count=4)


def test_a_word_and_the_same_beginning_of_a_word_are_two():
    built = Vocabulary.build([Record("ab abc", ("X",))], min_count=1, stem=2)
    assert built.words == ["^ab", "ab", "abc"]


@pytest.mark.parametrize("settings, message", [
    (dict(max_counts=0), "want max_counts of at least 1, got 0"),
    (dict(min_count=0), "want a min_count of at least 1 and below 2.31, got 0"),
    (dict(ngrams=0), "ngrams: want 1 to 100, got 0"), (dict(ngrams=101), "ngrams: want 1 to 100, got 101"),
    (dict(label_min_count=0), "want a label_min_count of at least 1 and below 2.31, got 0"),
    (dict(stem=0), "stem: want 1 to 100, got 0"), (dict(stem=101), "TokenRules: stem: want 1 to 100, got 101"),
    (dict(hash_size=0), r"want a hash_size of at least 1 and below 2\^31, got 0"),
    (dict(hash_size=2**31), "got 2147483648"),
])
def test_settings_are_checked_before_records_are_read(settings, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary.build(iter([None]), **settings)


@pytest.mark.parametrize("name", ["min_count", "label_min_count", "hash_size"])
def test_bounds_of_settings(name):
    for value in 1, 2**31 - 1:
        assert Vocabulary([] if name == "hash_size" else {}, {}, 0, **{name: value}).settings[name] == value
    for value in 0, 2**31:
        with pytest.raises(ValueError, match=rf"^Vocabulary: want a {name} of at least 1 and below 2.31, got {value}$"):
            Vocabulary({}, {}, 0, **{name: value})


@pytest.mark.parametrize("settings, words", [
    (dict(first_word=True), ["<red", "hat", "red"]), (dict(shape=True), ["!", "#02", "hat", "red"]),
    (dict(stem=2), ["^ha", "^re", "hat", "red"]), (dict(ngrams=2), ["hat", "red", "red hat"])])
def test_each_kind_of_token_is_counted_where_it_is_asked_for(settings, words):
    built = Vocabulary.build([Record("Red hat!", ("X",))], min_count=1, **settings)
    assert built.words == words and built.encode_titles(["red HAT!"]).toarray().tolist() == [[1] * len(words)]


def test_the_shape_of_a_title_without_a_known_word_counts_for_nothing():
    built = Vocabulary.build([Record("Red hat!", ("X",))], min_count=1, shape=True)
    assert built.encode_titles(["old shoe!", "red shoe!"]).sum(axis=1).tolist() == [0, 3]


def test_labels_of_the_same_count_are_sorted_by_name_and_no_record_counts_one_twice():
    built = Vocabulary.build([Record("a", tuple("cab")), Record("a", tuple("ddd")), Record("a", ("d",))], min_count=1)
    assert built.labels == list("dabc") and built.label_counts.tolist() == [2, 1, 1, 1]


def test_columns_of_tokens():
    built = Vocabulary.build(RECORDS, min_count=2)
    columns = built.columns_of(["shoe", "unknown", "blue"])
    assert columns.tolist() == [2, -1, 0] and columns.dtype == np.int32
    columns = Vocabulary.build(RECORDS, hash_size=7, label_min_count=1).columns_of(["shoe", "unknown"])
    assert columns.tolist() == [int(h) % 7 for h in hash_of(["shoe", "unknown"])] and columns.dtype == np.int32


@pytest.mark.parametrize("records, message", [
    ([("Mug", "Kitchen")], "want a tuple of categories, got one of type str"), ([(None, ("a",))], "want a title"),
    ([("Mug",), ("Mug", ("a",))], "want pairs"), ([("Mug", ("a",), 3)], "want pairs"), (["ab"], "want pairs"),
    (None, "want Iterable, got NoneType"), ([("Mug", (None,))] * 2, "want names of type str, got NoneType"),
])
def test_what_is_not_a_record_does_not_become_letters(records, message):
    with pytest.raises(TypeError, match=message):
        Vocabulary.build(records, 1)


def test_one_title_does_not_become_letters():
    vocabulary = Vocabulary({"mug": 2}, {"kitchen": 2}, 2, min_count=1)
    for titles in "mug", None, 3:
        with pytest.raises(TypeError, match="encode_titles: want titles of type str, got one "):
            vocabulary.encode_titles(titles)


@pytest.mark.parametrize("name", ["tfidf", "shape", "first_word"])
@pytest.mark.parametrize("value", [1, "no", None])
def test_a_flag_is_true_or_false(name, value):
    with pytest.raises(TypeError, match=f"{name}: want True or False, got {value!r}"):
        Vocabulary({"mug": 2}, {"kitchen": 2}, 2, **{name: value})


def test_numbers_of_numpy_become_those_of_json():
    settings = dict(min_count=np.int8(1), ngrams=np.uint8(2), stem=np.int16(4), hash_size=None, tfidf=np.True_)
    header, _, _ = Vocabulary({"mug": 2}, {"kitchen": 2}, np.int64(2), **settings).to_files()
    assert json.loads(json.dumps(header)) == header
