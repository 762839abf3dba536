"""Claim: a shrunken model is no larger than asked for, keeps what matters most, says what it lost, and works as any."""

import logging
import pickle
import re

import numpy as np
import pytest
from problems import change_json
from shops import SMALL, shop

import nnlite
from nnlite.classifier import shrinking
from nnlite.classifier.small_model import SmallMLP
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.system import array_folder

TITLES, CATEGORIES = shop()
TITLES = [f"{title} word{i} word{i // 2}" for i, title in enumerate(TITLES)]
WIDE = SMALL | dict(hidden=(64,), min_count=1, epochs=10)  # most of a model are the rows of words


def size_of(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


@pytest.fixture(scope="module")
def wide():
    return TitleClassifier(**WIDE).fit(TITLES, CATEGORIES)


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING, "nnlite")
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("kilobytes", [10, 11.5, 14, 17, 21, 10**6])
def test_the_folder_is_no_larger_than_asked_for(kilobytes, wide, tmp_path, said):
    small = wide.shrink(kilobytes / 1000)
    small.save(tmp_path / "small")
    assert size_of(tmp_path / "small") <= 1000 * kilobytes
    assert size_of(tmp_path / "small") > 900 * min(kilobytes, 20)
    assert (small.vocabulary_.n_words < wide.vocabulary_.n_words) == (kilobytes < 11)
    assert (small.model_.features.w.bits == 8).all() == (kilobytes > 20)
    assert re.match(f"shrink: keeps {small.vocabulary_.n_words:,} of {wide.vocabulary_.n_words:,} words, ", said()[0])
    other = TitleClassifier.load(tmp_path / "small")
    for method in "predict", "predict_above", "predict_top_k", "n_trained_on":
        assert getattr(other, method)(TITLES) == getattr(small, method)(TITLES)
    assert other.explain(TITLES[0]) == small.explain(TITLES[0])
    assert np.mean([a == b for a, b in zip(small.predict(TITLES), wide.predict(TITLES))]) > 0.8


def test_words_that_tell_the_categories_are_kept(wide):
    small = wide.shrink(0.010)
    assert {"dress", "shoe", "鞋子", "حقيبة"} <= set(small.vocabulary_.words)


@pytest.mark.parametrize("megabytes, error, message", [
    (0.002, ValueError, "want at least 0.01.* MB, which this model takes with one word, got 0.002"),
    (0, ValueError, "want at least 0.01.* MB, which this model takes with one word, got 0"),
    (-1, ValueError, "megabytes: want at least 0"),
    (float("nan"), ValueError, "megabytes: want at least 0"), (float("inf"), ValueError, "megabytes: want at least 0"),
    ("10", TypeError, "megabytes: want a number"), (None, TypeError, "megabytes: want a number")])
def test_sizes_that_cannot_be_are_refused(megabytes, error, message, trained):
    with pytest.raises(error, match=f"shrink: {message}"):
        trained.shrink(megabytes)


@pytest.mark.parametrize("hash_size", [None, 64])
def test_the_least_size_that_an_error_names_is_enough(hash_size, tmp_path):
    one = TitleClassifier(**SMALL, hash_size=hash_size).fit(*shop())
    with pytest.raises(ValueError) as refused:
        one.shrink(0)
    least = float(re.search(r"at least ([\d.]+) MB", str(refused.value))[1])
    small = one.shrink(least)
    small.save(tmp_path / "m")
    assert sum(path.stat().st_size for path in (tmp_path / "m").iterdir()) <= least * 1e6
    assert np.count_nonzero(small.model_.params["features.W.bits"]) >= 1
    for n_bytes in range(1, 2_000, 97):
        one.shrink(least + n_bytes / 1e6)
    with pytest.raises(ValueError, match=f"want at least {least:.6f} MB"):
        one.shrink(least - 3e-6)


def test_a_classifier_that_was_not_trained_is_not_shrunk():
    with pytest.raises(ValueError, match="want a trained one"):
        TitleClassifier().shrink(10)


@pytest.mark.parametrize("settings, categories", [
    (dict(hash_size=500), CATEGORIES), (dict(hash_size=500, tfidf=False), CATEGORIES), (dict(tfidf=False), CATEGORIES),
    (dict(output="softmax"), [names[1] for names in CATEGORIES]),
    (dict(hidden=(64, 5)), np.array([[name in names for name in ("Men", "Shoes")] for names in CATEGORIES], int)),
], ids=["hashed", "hashed, no weights", "no weights", "one category", "a matrix"])
def test_every_kind_of_model_is_shrunk(settings, categories, tmp_path):
    one = TitleClassifier(**WIDE | settings).fit(TITLES, categories)
    one.shrink(1).save(tmp_path / "large")
    megabytes = 0.85 * size_of(tmp_path / "large") / 1e6
    small = one.shrink(megabytes)
    small.save(tmp_path / "small")
    assert size_of(tmp_path / "small") <= 1e6 * megabytes
    other = TitleClassifier.load(tmp_path / "small")
    assert other.predict_top_k(TITLES) == small.predict_top_k(TITLES)
    assert other.score(TITLES, categories) > 0.9 and len(other.classes_) == len(one.classes_)


def test_it_is_shrunk_again_copied_and_pickled(wide):
    small = wide.shrink(0.014)
    again = small.shrink(0.0095)
    assert again.vocabulary_.n_words < small.vocabulary_.n_words and isinstance(again.model_, SmallMLP)
    assert pickle.loads(pickle.dumps(again)).predict_top_k(TITLES) == again.predict_top_k(TITLES)


def test_it_learns_more_as_float32_and_says_so(wide, said):
    small = wide.shrink(0.014)
    before = small.predict_top_k(TITLES), wide.predict_top_k(TITLES)
    n_words = small.vocabulary_.n_words
    other = pickle.loads(pickle.dumps(small)).partial_fit(["purple dress", "purple shoe"], [("Women",), ("Men",)])
    assert type(other.model_) is nnlite.MLP and other.model_.n_words == n_words
    assert "become float32" in said()[-1]
    assert other.n_trained_on(["purple dress", "green dress"]) == 1
    assert (small.predict_top_k(TITLES), wide.predict_top_k(TITLES)) == before


def test_titles_trained_on_are_known_unless_they_take_too_much(wide, monkeypatch, said):
    small = wide.shrink(1)
    assert small.title_digests_.dtype == np.int32 and small.n_trained_on([*TITLES, "new"]) == len(TITLES)
    monkeypatch.setattr("nnlite.classifier.shrinking.DIGESTS", 0)
    assert wide.shrink(1).n_trained_on(TITLES) is None
    assert said()[-1].endswith("; it no longer knows which titles it was trained on")


@pytest.mark.parametrize("share, bits", [(0.03, 8), (0.02, 4), (0.01, 2)])
def test_labels_get_as_many_bits_as_there_is_room_for(share, bits, wide, monkeypatch):
    monkeypatch.setattr("nnlite.classifier.shrinking.LABELS", share)
    small = wide.shrink(0.0125)
    assert wide.shrink(0.02).model_.labels.w.bits[0] == 8  # the words leave room
    assert (small.model_.labels.w.bits == bits).all()


def test_an_older_version_says_that_another_one_wrote_it(wide, tmp_path, monkeypatch):
    wide.shrink(1).save(tmp_path / "m")
    monkeypatch.setattr(array_folder, "FORMATS", (1, 2, 3, 4))
    with pytest.raises(ValueError, match="want format 1 or 2 or 3 or 4, got 5: another version wrote it"):
        TitleClassifier.load(tmp_path / "m")
    wide.save(tmp_path / "plain")  # which is as it was
    assert TitleClassifier.load(tmp_path / "plain").predict(TITLES) == wide.predict(TITLES)


def test_a_vocabulary_of_another_size_is_refused(wide, tmp_path):
    wide.shrink(1).save(tmp_path / "m")
    header, arrays, texts = array_folder.read(tmp_path / "m", "model")
    wide.shrink(0.010).save(tmp_path / "s")
    words, small, _ = array_folder.read(tmp_path / "s", "model")
    header["vocabulary"] = words["vocabulary"]
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    arrays |= {name: array for name, array in small.items() if name.endswith(".deflated")}
    array_folder.write(tmp_path / "m", "model", header, arrays, texts)
    with pytest.raises(ValueError, match="want a network for .* words and .* labels, got one for"):
        TitleClassifier.load(tmp_path / "m")
    change_json(tmp_path / "s" / "model.json", vocabulary={})
    with pytest.raises(ValueError, match="not a whole model: ValueError: Vocabulary: want what"):
        TitleClassifier.load(tmp_path / "s")


def test_a_model_that_fits_whole_is_measured_once(wide, monkeypatch):
    measured = []
    size = shrinking.model_folder.bytes_at_most
    monkeypatch.setattr(shrinking.model_folder, "bytes_at_most", lambda stored: measured.append(1) or size(stored))
    wide.shrink(100)
    assert len(measured) == 1
    wide.shrink(0.014)
    assert 1 < len(measured) <= 1 + shrinking.TRIES
