"""Claim: a vocabulary made from its parts or read from its files is the same, and parts that do not fit together are
refused."""

import json
import pickle

import numpy as np
import pytest
from some_records import KINDS, RECORDS

from nnlite import Record, Vocabulary
from nnlite.data import tokens, vocabulary


@pytest.mark.parametrize("hash_size", [None, 50])
def test_the_same_again_from_its_parts(hash_size):
    built = Vocabulary.build(RECORDS, 1, 2, stem=2, tfidf=True, hash_size=hash_size, label_min_count=2)
    counts = built.word_counts if hash_size else dict(zip(built.words, built.word_counts))
    again = Vocabulary(counts, dict(zip(built.labels, built.label_counts)), built.n_records, **built.settings)
    assert again.words == built.words and again.labels == built.labels and again.settings == built.settings
    assert again.idf.tolist() == built.idf.tolist()
    assert (again.encode(RECORDS).x != built.encode(RECORDS).x).nnz == 0


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


def test_a_vocabulary_is_not_changed_by_a_change_of_the_arrays_that_it_came_from():
    header, arrays, texts = Vocabulary.build(RECORDS, min_count=1).to_files()
    again = Vocabulary.from_files(header, arrays, texts)
    want = again.columns_of([*texts["words"], "no"]).tolist()
    arrays["word_hashes"][:], arrays["word_ids"][:] = 5, 99
    assert again.columns_of([*texts["words"], "no"]).tolist() == want == [*range(6), -1]


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


@pytest.mark.parametrize("name", ["word_counts", "label_counts"])
@pytest.mark.parametrize("least, most", [(-1, 2), (0, 5), (-3, 9)])
def test_counts_from_files_are_numbers_of_records(name, least, most):
    header, arrays, texts = Vocabulary.build([Record("a b", ("x", "y"))] * 4, min_count=1).to_files()
    Vocabulary.from_files(header, arrays | {name: np.array([0, 4])}, texts)
    with pytest.raises(ValueError, match=f"{name}: want 0 to n_records, which is 4, got {least} to {most}$"):
        Vocabulary.from_files(header, arrays | {name: np.array([least, most])}, texts)
