"""Claim: words and labels are counted once a record, cut at min_count, and records become the rows that they should."""

import json
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Record, Vocabulary
from nnlite.data import tokens, vocabulary
from nnlite.data.tokens import TokenRules, hash_of, tokenise

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


some_records = st.lists(st.builds(Record, st.text("ab C", max_size=9), st.lists(st.sampled_from("XYZ"), min_size=1)),
                        min_size=1)


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


@pytest.mark.parametrize("hash_size", [None, 50])
def test_the_same_again_from_its_parts(hash_size):
    built = Vocabulary.build(RECORDS, 1, 2, stem=2, tfidf=True, hash_size=hash_size, label_min_count=2)
    counts = built.word_counts if hash_size else dict(zip(built.words, built.word_counts))
    again = Vocabulary(counts, dict(zip(built.labels, built.label_counts)), built.n_records, **built.settings)
    assert again.words == built.words and again.labels == built.labels and again.settings == built.settings
    assert again.idf.tolist() == built.idf.tolist()
    assert (again.encode(RECORDS).x != built.encode(RECORDS).x).nnz == 0


def test_a_word_and_the_same_beginning_of_a_word_are_two():
    built = Vocabulary.build([Record("ab abc", ("X",))], min_count=1, stem=2)
    assert built.words == ["^ab", "ab", "abc"]


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
    slices = list(vocabulary._slices(records, ngrams))
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


KINDS = [dict(min_count=1), dict(min_count=2, ngrams=2, stem=3, first_word=True, shape=True, tfidf=True),
         dict(hash_size=50, tfidf=True, label_min_count=1), dict(hash_size=50)]


@pytest.mark.parametrize("settings", KINDS)
def test_a_vocabulary_from_its_files_is_the_same(settings):
    records = [Record("Blue dress, blue", ("Clothing", "Blue\nthings")), Record("", ()),
               Record("a dress", ("Clothing",)), Record("A Blue hat ' ", ("Hats", "Clothing"))] * 10
    one = Vocabulary.build(records, **settings)
    header, arrays, texts = one.to_files()
    other = Vocabulary.from_files(json.loads(json.dumps(header)), arrays, texts)
    for name, value in vars(one).items():
        if name not in ("_word_ids", "smaller_cuts"):  # what cuts would keep is known of the records only
            np.testing.assert_equal(getattr(other, name), value, err_msg=name)
    for got, want in zip(other.encode(records).arrays(), one.encode(records).arrays()):
        np.testing.assert_equal(got, want)


@pytest.mark.parametrize("change, message", [
    (lambda h, a, t: h.pop("stem"), "KeyError"), (lambda h, a, t: h.update(ngrams="2"), "ngrams: want int, got '2'"),
    (lambda h, a, t: h.update(ngrams=0), "ngrams: want 1 to 100, got 0"),
    (lambda h, a, t: h.update(min_count=0), "want a min_count of at least 1"),
    (lambda h, a, t: h.update(n_records=-1), "n_records: want a whole number of 0 to 2.53, got -1"),
    (lambda h, a, t: h.update(n_records=0), "word_counts: want 0 to n_records, which is 0, got 1 to 1"),
    (lambda h, a, t: h.update(hash_secret=[1, 2]), "hash_secret: want two whole numbers"),
    (lambda h, a, t: h.update(hash_secret=[1, 2**64 + 1]), "hash_secret: want two whole numbers"),
    (lambda h, a, t: h.update(hash_secret=[-1, 1]), "hash_secret: want two whole numbers"),
    (lambda h, a, t: h.update(hash_secret=[True, 1]), "hash_secret: want two whole numbers"),
    (lambda h, a, t: h.update(hash_secret=[1, 1, 1]), "hash_secret: want two whole numbers"),
    (lambda h, a, t: h.update(hash_secret=None), "hash_secret: want two whole numbers"),
    (lambda h, a, t: h.update(tfidf=1), "tfidf: want bool, got 1"), (lambda h, a, t: t["words"].pop(), "word_counts"),
    (lambda h, a, t: a.update(label_counts=a["label_counts"] - 99), "label_counts: want 0 to n_records, which is 1"),
    (lambda h, a, t: a.update(word_counts=a["word_counts"].astype(float)), "word_counts: want"),
    (lambda h, a, t: a.update(word_hashes=a["word_hashes"][:-1]), "2\\^k slots"),
    (lambda h, a, t: a.update(word_hashes=a["word_hashes"][:2], word_ids=a["word_ids"][:2]), "numbers from 1 to 2"),
    (lambda h, a, t: a.update(word_ids=a["word_ids"] * 9), "numbers from 1 to 2"),
    (lambda h, a, t: a.update(word_ids=a["word_ids"] * 0 + 1), "numbers from 1 to 2"),
    (lambda h, a, t: a.update(word_ids=a["word_ids"].astype(float)), "want int64 and int32"),
    (lambda h, a, t: t.update(labels=["C", "C"]), "labels: want different ones, got some twice"),
    (lambda h, a, t: t.clear(), "KeyError"),
])
def test_files_that_do_not_fit_together_are_refused(change, message):
    files = Vocabulary.build([Record("a b", ("C",))], min_count=1).to_files()
    change(*files)
    with pytest.raises(ValueError, match=f"^Vocabulary: .*{message}"):
        Vocabulary.from_files(*files)


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


@pytest.mark.parametrize("name", ["n_records", "n_dropped_words", "n_dropped_labels", "word_error", "label_error"])
def test_numbers_from_files_are_checked(name):
    header, *rest = Vocabulary.build(RECORDS, min_count=1).to_files()
    for value in 4 if name == "n_records" else 0, 2**53:
        assert getattr(Vocabulary.from_files(header | {name: value}, *rest), name) == value
    for value in -1, 2**53 + 1, True, 1.0, None:
        with pytest.raises(ValueError, match=f"^Vocabulary: {name}: want a whole number of 0 to 2.53, got {value}"):
            Vocabulary.from_files(header | {name: value}, *rest)


@pytest.mark.parametrize("change, message", [
    (dict(label_min_count=0), "want a label_min_count of at least 1 and below 2.31, got 0"),
    (dict(min_count=2**31), "want a min_count of at least 1 and below 2.31, got 2147483648"),
    (dict(hash_size=49), r"word_counts: want 49 counts, int64, got int64 \(50,\)"),
    (dict(tfidf=False), "word_counts: want 0 counts"), (dict(hash_size="50"), "hash_size: want int, got '50'"),
    (dict(label_min_count=None), "label_min_count: want int, got None"), (dict(min_count=True), "min_count: want int"),
    (dict(stem=101), "TokenRules: stem: want 1 to 100, got 101"), (dict(shape=None), "shape: want bool, got None"),
    (dict(first_word=0), "first_word: want bool, got 0"),
])
def test_settings_from_files_are_checked(change, message):
    header, *rest = Vocabulary.build(RECORDS, hash_size=50, tfidf=True, label_min_count=1).to_files()
    Vocabulary.from_files(header, *rest)
    with pytest.raises(ValueError, match=f"^Vocabulary: {message}"):
        Vocabulary.from_files(header | change, *rest)


SECRETS = [[0, 0x9E3779B97F4A7C15], [2**64 - 1, 0xD6E8FEB86659FD93], [123, 0x9E3779B97F4A7C15]]


@pytest.mark.parametrize("settings", [*KINDS, dict(min_count=1, max_counts=3)])
def test_nothing_but_hashes_depends_on_the_secret(settings, monkeypatch):
    def made(secret):
        if secret:
            monkeypatch.setattr(vocabulary, "new_secret", lambda: np.array(secret, np.uint64))
        built = Vocabulary.build(RECORDS * 9, **settings)
        (header, arrays, texts), data = built.to_files(), built.encode(RECORDS)
        used = header.pop("hash_secret"), arrays.pop("word_hashes").tolist(), arrays.pop("word_ids").tolist()
        arrays = {name: array.tolist() for name, array in arrays.items()}
        return used, (header, arrays, texts, [part.tolist() for matrix in data.arrays()[:2] for part in matrix[:3]])

    found = [made(secret) for secret in [None, None, *SECRETS]]
    assert all(results == found[0][1] for _, results in found)
    tables = {repr(used) for used, _ in found}
    assert len(tables) == (1 if settings.get("hash_size") else 5)  # of columns by hash, the secret is public


def test_files_of_before_there_were_secrets_were_hashed_with_the_public_one(monkeypatch):
    monkeypatch.setattr(vocabulary, "new_secret", lambda: tokens.PUBLIC)
    header, *rest = Vocabulary.build(RECORDS, min_count=1).to_files()
    del header["hash_secret"]
    again = Vocabulary.from_files(header, *rest)
    assert again.columns_of(again.words).tolist() == list(range(6))
    assert again.to_files()[0]["hash_secret"] == tokens.PUBLIC.tolist()


def test_a_secret_is_kept_in_files_and_copies():
    built = Vocabulary.build(RECORDS, min_count=1)
    others = [Vocabulary.from_files(*built.to_files()), pickle.loads(pickle.dumps(built)),
              Vocabulary.build(RECORDS, min_count=1).with_secret_of(built.to_files()[0])]
    for other in others:
        assert other.secret.tolist() == built.secret.tolist()
        assert other.columns_of([*built.words, "no"]).tolist() == [*range(6), -1]
        assert np.array_equal(other.to_files()[1]["word_hashes"], built.to_files()[1]["word_hashes"])


def test_a_word_that_is_stored_twice_is_refused_where_words_are_read():
    header, arrays, texts = Vocabulary.build(RECORDS, min_count=1).to_files()
    other = Vocabulary.from_files(header, arrays, texts | {"words": ["blue"] * 6})
    with pytest.raises(ValueError, match="^Vocabulary: words: want different ones, got some twice$"):
        other.words


def test_counts_of_more_records_than_there_are_refused():
    assert Vocabulary({"a": 3}, {"b": 3}, 3, min_count=1).words == ["a"]
    for counts in ({"a": 3}, {"b": 4}), ({"a": 4}, {"b": 3}):
        with pytest.raises(ValueError, match="_counts: want 0 to n_records, which is 3, got 4 to 4"):
            Vocabulary(*counts, 3, min_count=1)


def test_files_of_before_there_were_versions_keep_their_words():
    """The version of the rules is stored; without it, as in files of before, a word is what it was then."""
    vocabulary = Vocabulary.build([Record("TİŞÖRT हिन्दी", ("C",))] * 2, min_count=1)
    header, arrays, texts = vocabulary.to_files()
    assert sorted(vocabulary.words) == sorted(["tişört", "हिन्दी"])
    assert header["tokens"] == Vocabulary.from_files(header, arrays, texts).rules.version == 2
    old = Vocabulary.from_files({name: header[name] for name in header if name != "tokens"}, arrays, texts)
    assert old.rules.version == 1 and old.encode_titles(["TİŞÖRT", "tişört"]).sum(axis=1).tolist() == [0, 1]
    assert vocabulary.encode_titles(["TİŞÖRT", "tişört"]).sum(axis=1).tolist() == [1, 1]
    assert old.to_files()[0]["tokens"] == 1  # and they do so when they are saved again
    for wrong in 0, 3, True, "2", None:
        with pytest.raises(ValueError, match="^Vocabulary: (tokens: want a whole number|TokenRules: version: want)"):
            Vocabulary.from_files(header | {"tokens": wrong}, arrays, texts)


def test_files_of_before_there_were_shapes_have_none_and_lack_nothing_else():
    header, *rest = Vocabulary.build(RECORDS, min_count=1).to_files()
    del header["hash_secret"]
    assert Vocabulary.from_files({n: v for n, v in header.items() if n != "shape"}, *rest).settings["shape"] is False
    for name in set(header) - {"shape", "tokens"}:
        with pytest.raises(ValueError, match=f"^Vocabulary: want what to_files makes, got: KeyError.'{name}'"):
            Vocabulary.from_files({n: v for n, v in header.items() if n != name}, *rest)
