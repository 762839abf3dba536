"""Claim: what a shrunken model keeps, and the bits that it gives, are those of its rules, up to their limits."""

import numpy as np
import pytest
from problems import F32, random_dataset, random_model
from shops import SMALL, shop

from nnlite import MLP, Record, Vocabulary
from nnlite.classifier import model_folder, shrinking
from nnlite.classifier.shrinking import MB, Shrinking, shrunk, summary, usefulness
from nnlite.classifier.small_model import SMALL as NAMES
from nnlite.classifier.small_model import SmallMLP, SmallRows
from nnlite.classifier.small_rows import width
from nnlite.classifier.title_classifier import TitleClassifier


@pytest.fixture(scope="module")
def stored():
    """A model of 300 words, each of a few titles, and some labels."""
    titles = [f"{title} word{i // 2} other{i % 97} more{i % 89}" for i, title in enumerate(shop(300)[0])]
    one = TitleClassifier(**SMALL | dict(hidden=(40,), epochs=1)).fit(titles, shop(300)[1])
    return one._stored()


def bits_of(found):
    return [found.model.params[f"{name}.bits"] for name in NAMES]


@pytest.mark.parametrize("settings, want", [
    (dict(), [2, 1]), (dict(tfidf=True), [2 * 1, 1 * (np.log(5 / 2) + 1) ** 2]), (dict(hash_size=3), [1, 1, 1])])
def test_the_use_of_a_word_is_the_root_of_its_count_times_its_squared_weight(settings, want):
    vocabulary = Vocabulary.build([Record(title, ("x",)) for title in ["a b", "a", "a", "a"]], min_count=1, **settings)
    np.testing.assert_allclose(usefulness(vocabulary), want)


def test_columns_of_hashes_have_a_use_if_they_have_counts():
    vocabulary = Vocabulary.build([Record("a b", ("x",))] * 4, min_count=1, hash_size=50, tfidf=True)
    n = np.asarray(vocabulary.word_counts)
    np.testing.assert_allclose(usefulness(vocabulary), np.sqrt(n) * vocabulary.idf ** 2)
    assert sorted(set(n.tolist())) == [0, 4]


@pytest.mark.parametrize("n_digests, known", [(100, True), (101, False)])
def test_digests_of_titles_take_at_most_a_tenth(n_digests, known, stored):
    some = stored._replace(title_digests=np.arange(n_digests, dtype=np.int64) << 32)
    assert (Shrinking(some, 4_000).seen.size == n_digests) == known
    assert Shrinking(some, 4_000).seen.dtype == np.int32


@pytest.mark.parametrize("of, bits, less", [(8, 8, 0), (8, 4, 4), (4, 4, 0), (4, 2, 4), (2, 2, 0), (2, 2, 4)])
def test_labels_get_the_most_bits_with_which_they_take_a_quarter_of_the_size(of, bits, less, stored):
    labels = stored.model.params["labels.W"]
    n_bytes = 4 * len(labels) * width(labels.shape[1], of) - less
    assert Shrinking(stored, n_bytes).label_bits == bits


@pytest.mark.parametrize("more, bits", [(1, 8), (-1, 4)])
def test_or_what_words_of_8_bits_leave_of_nine_tenths(more, bits, stored, monkeypatch):
    labels, words = (stored.model.params[name] for name in ("labels.W", "features.W"))
    texts = sum(len(word.encode()) for word in stored.vocabulary.words)
    of_words = words.size + 5 * len(words) + 0.5 * texts  # a byte a number, a scale, the number of bits, half a text
    np.testing.assert_allclose(Shrinking(stored, 1).sizes[:, [0, 3]].sum(axis=0), [0, of_words])
    monkeypatch.setattr(shrinking, "LABELS", 0)
    assert Shrinking(stored, int((of_words + labels.size) / 0.9) + more).label_bits == bits


def test_the_smallest_model_keeps_the_word_that_is_worth_most(stored):
    with pytest.raises(ValueError, match="want at least") as refused:
        shrunk(stored, 0)
    least = float(str(refused.value).split("at least ")[1].split(" MB")[0])
    found = shrunk(stored, least)
    words, labels = bits_of(found)
    costs = Shrinking(stored, 1).costs
    best = stored.vocabulary.words[np.argmax(costs[:, 0] - costs[:, 1])]
    assert found.vocabulary.words == [best] and words.tolist() == [2] and set(labels.tolist()) == {2}
    assert not found.title_digests.size and model_folder.bytes_at_most(found) <= least * MB


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9])
def test_the_size_is_nearly_used_up(share, stored):
    whole = model_folder.bytes_at_most(shrunk(stored, 1))
    found = model_folder.bytes_at_most(shrunk(stored, share * whole / MB))
    assert 0.97 * share * whole < found <= share * whole


def test_words_of_equal_use_per_byte_get_bits_by_what_they_are_worth(stored):
    """A word that counts a hundred times more has no fewer bits."""
    before = stored.vocabulary
    model = MLP.from_params({name: p.copy() for name, p in stored.model.params.items()}, "relu")
    w, n = model.params["features.W"], before.n_words
    w[:] = w[0]
    w *= (np.geomspace(1, 1e-4, n) / np.sqrt(usefulness(before)))[:, None]
    whole = model_folder.bytes_at_most(shrunk(stored, 1))
    found = shrunk(stored._replace(model=model), 0.4 * whole / MB)
    places = [before.words.index(word) for word in found.vocabulary.words]
    bits = np.zeros(n, int)
    bits[places] = bits_of(found)[0]
    assert {0, 2, 4, 8} >= set(bits.tolist()) >= {0, 4} and (bits[n // 2:] <= 4).all() and (bits[:n // 4] >= 2).all()


@pytest.mark.parametrize("hash_size, kind", [(None, "words"), (1_200, "columns of words")])
@pytest.mark.parametrize("before, after, end", [(3, 3, ""), (0, 0, ""), (
    3, 0, "; it no longer knows which titles it was trained on")])
def test_a_summary_has_all_figures(hash_size, kind, before, after, end, stored):
    model = MLP(1_200, 1_001, (4,))
    bits = np.repeat(np.array([8, 4, 0], np.uint8), [1_000, 1, 199])
    rows = {"features.W": SmallRows.of(model.params["features.W"], bits),
            "labels.W": SmallRows.of(model.params["labels.W"], np.full(1_001, 2, np.uint8))}
    vocabulary = Vocabulary.build([Record(" ".join(f"w{i}" for i in range(1_200)), ("x",))], min_count=1,
                                  hash_size=hash_size)
    first = stored._replace(vocabulary=vocabulary, title_digests=np.zeros(before, np.int64))
    second = first._replace(model=SmallMLP.of(model.params | rows, "relu", "sigmoid"),
                            title_digests=np.zeros(after, np.int32))
    assert summary(first, second) == (f"keeps 1,001 of 1,200 {kind}, 1,000 with 8, 1 with 4 bits each; 1,001 "
                                      f"categories with 2{end}")


def test_an_expanded_network_and_small_rows_own_their_arrays():
    data = random_dataset()
    model = random_model(data, (16, 11), "relu")
    rows = {name: SmallRows.of(model.params[name], np.full(len(model.params[name]), 8, np.uint8)) for name in NAMES}
    small = SmallMLP.of(model.params | rows, "relu", "sigmoid")
    want = small.logits(data.x)
    full = small.expanded()
    for p in full.params.values():
        p[:] = 0
    bits = np.full(3, 8, np.uint8)
    one = SmallRows.of(np.ones((3, 2), F32), bits)
    bits[:] = 0
    assert one.bits.tolist() == [8] * 3 and np.array_equal(small.logits(data.x), want)
    assert (full.activation, full.output, full.hidden) == ("relu", "sigmoid", (16, 11))


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_rows_are_the_same_however_many_are_rounded_at_a_time(rows, monkeypatch):
    w = np.random.default_rng(0).standard_normal((11, 6)).astype(F32)
    bits = np.resize(np.array([4, 0, 8, 2, 8], np.uint8), 11)
    want = SmallRows.of(w, bits)
    blank = SmallRows.blank(w, bits)
    assert (blank.codes.size, blank.shape, blank[:].any()) == (want.codes.size, (11, 6), False)
    monkeypatch.setattr("nnlite.classifier.small_model.ROWS", rows)
    got = SmallRows.of(w, bits)
    np.testing.assert_array_equal(got.codes, want.codes)
    np.testing.assert_array_equal(got.scales, want.scales)
