"""Claim: counts by hash are those of the words, within their bound, and a table that would be wrong or slow is
refused."""

import numpy as np
import pytest
from hash_twins import all_rules, count_rows, titles
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Vocabulary
from nnlite.data import counting, tokens
from nnlite.data.counting import Table, TitleCounts
from nnlite.data.tokens import hash_of, hashed, tokenise
from nnlite.system.slices import blocks
from nnlite.system.threads import team


@given(titles, all_rules, st.integers(1, 3), st.integers(1, 3))
def test_counts_of_titles(titles, rules, min_count, slice_titles):
    """A table that begins with two slots grows between titles; a token is named where it reaches the cut."""
    titles = titles + titles[::2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "SMALLEST_TABLE", 2)
        counts = TitleCounts(min_count)
        for part in blocks(len(titles), slice_titles):
            counts.add(hashed(titles[part], rules))
    want = count_rows(tokenise(title, rules) for title in titles)
    assert counts.counts() == {token: n for token, n in want.items() if n >= min_count}
    assert counts.n_tokens == len(want) and counts.n_titles == len(titles)
    assert counts.table.n_slots >= 2 * len(want)


@given(st.lists(st.text("abcdefghij ", max_size=9).map(" ".join), max_size=40), st.integers(1, 3), st.integers(1, 9),
       st.integers(1, 5))
def test_bounded_counts_keep_their_bound(titles, min_count, max_tokens, slice_titles):
    """Against exact counts: none too high, none too low by more than the error, none lost that is above it."""
    counts = TitleCounts(min_count, max_tokens)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "SMALLEST_TABLE", 2)
        for part in blocks(len(titles), slice_titles):
            counts.add(hashed(titles[part]))
            longest = max((len(set(tokenise(title))) for title in titles[:part.stop]), default=0)
            assert counts.n_held == (counts.table.values > 0).sum() <= max_tokens + longest
    want, got = count_rows(tokenise(title) for title in titles), counts.counts()
    assert len(set(counts.names)) == len(counts.names) and set(got) <= set(want)
    for token, n in want.items():
        held = int(counts.table.find(hash_of([token]))[0])
        assert n - counts.error <= held <= n
        assert (token in got) == (held >= min_count) and got.get(token, held) == held
    assert counts.error * max_tokens < 2 * want.total() or counts.error == 0
    assert counts.n_tokens >= len(want)
    if len(want) + max((len(tokenise(title)) for title in titles), default=0) <= max_tokens:
        assert counts.error == 0 and counts.n_tokens == len(want)


def test_bounded_counts_by_hand():
    """Of four at a time, one a title. The b's that come again after having been forgotten outlive what is new."""
    counts = TitleCounts(min_count=1, max_tokens=4)
    for letters, error, held in (("aaabbccd", 0, "abcd"), ("bbbfg", 2, "abfg"), ("hij", 3, "bhij"), ("k", 4, "bk")):
        counts.add(hashed(list(letters)))
        assert counts.error == error and sorted(counts.names) == list(held)
    assert counts.counts() == {"b": 3, "k": 1} and counts.n_tokens == 11


def test_few_words_that_make_most_of_the_text_are_counted_exactly():
    """1,000 titles of a word of ten and one that never comes again, 60 tokens at a time: only these are forgotten."""
    counts = TitleCounts(min_count=2, max_tokens=60)
    for start in range(0, 1000, 50):
        counts.add(hashed([f"w{i % 10} once{i}" for i in range(start, start + 50)]))
    assert counts.counts() == {f"w{i}": 100 for i in range(10)} and counts.n_tokens == 1010
    assert 0 < counts.error < 2 * 2000 / 60 and counts.table.n_slots == counting.SMALLEST_TABLE


def test_a_table_grows_with_what_it_holds():
    counts = TitleCounts(min_count=2)
    sizes = set()
    for i in range(8):
        counts.add(hashed([" ".join(f"{k}" for k in range(100 * i, 100 * i + 200))]))
        sizes.add(counts.table.n_slots)
    assert sizes == {1024, 2048} and counts.n_tokens == 900 and len(counts.names) == 700


def test_threads_that_share_a_vocabulary_get_the_same_bits():
    rng = np.random.default_rng(0)
    titles = [" ".join(rng.choice(list("abcdefgh"), 7)) for _ in range(60)]
    records = [(title, (title[0],)) for title in titles]
    vocabulary = Vocabulary.build(records, min_count=1, ngrams=2, stem=3, tfidf=True)
    whole = vocabulary.encode_titles(titles)
    for threads in 1, 2, 3:
        parts = team(threads).run(vocabulary.encode_titles, [titles[part] for part in blocks(60, 7)])
        for name in "indices", "data":
            assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))


@pytest.mark.parametrize("run, refused", [(counting.LONGEST_RUN, False), (counting.LONGEST_RUN + 1, True)])
def test_a_table_with_a_long_run_is_refused(run, refused):
    keys, values = np.arange(1 << 14, dtype=np.int64), np.zeros(1 << 14, np.int32)
    values[7:7 + run] = np.arange(1, run + 1)
    values[9000] = run + 1
    if not refused:
        assert Table.of(keys, values, run + 1).find(np.array([7, 6], np.uint64)).tolist() == [1, 0]
        return
    with pytest.raises(ValueError, match="want runs of at most 4096 slots in use, got one of 4097"):
        Table.of(keys, values, run + 1)


def test_secrets_are_random_and_their_multipliers_odd():
    made = [tokens.new_secret().tolist() for _ in range(20)]
    assert len(set(np.ravel(made))) == 40 and all(multiplier % 2 for _, multiplier in made)


def test_words_that_collide_with_a_public_secret_do_not_with_a_random_one():
    """For two beginnings of words, one more character each that makes the same hash; a billion were tried."""
    words = ["𫟏ḉ䵋", "源𠶿㰽"]
    assert tokenise(" ".join(words)) == words
    hashes = [hash_of(words, tokens.new_secret()) for _ in range(20)]
    assert len(set(np.ravel(hashes))) == 40


@pytest.mark.parametrize("n_keys, refused", [(3, False), (4, True)])
def test_a_table_without_a_free_slot_is_refused(n_keys, refused):
    """A search for what is not in it would never end."""
    keys, values = np.arange(4, dtype=np.int64), np.array([1, 2, 3, 4 if n_keys == 4 else 0], np.int32)
    if not refused:
        assert Table.of(keys, values, n_keys).find(np.array([9], np.uint64)).tolist() == [0]
        return
    with pytest.raises(ValueError, match="want the numbers from 1 to 4 in 4 slots, got others"):
        Table.of(keys, values, n_keys)


@pytest.mark.parametrize("keys, values, n_keys, message", [
    ([0, 1, 2, 3], [-1, 1, 0, 0], 2, "numbers from 1 to 2 in 4 slots"), ([0, 1, 2, 3], [1, 3, 0, 0], 2, "1 to 2"),
    ([0, 1, 2, 3], [1, 2, 0, 0], 3, "from 1 to 3"),
    ([], [], 0, r"want two arrays of 2\^k slots, got \(0,\) and \(0,\)"),
    ([0, 1, 2], [1, 0, 0], 1, r"2\^k slots, got \(3,\) and \(3,\)"),
    ([0, 1, 2, 3], [1, 0], 1, r"2\^k slots, got \(4,\) and \(2,\)"),
    ([[0, 1]], [[1, 0]], 1, r"2\^k slots, got \(1, 2\) and \(1, 2\)"),
])
def test_arrays_that_are_no_table_are_refused(keys, values, n_keys, message):
    with pytest.raises(ValueError, match=message):
        Table.of(np.array(keys, np.int64), np.array(values, np.int32), n_keys)


def test_a_title_that_comes_when_half_of_the_tokens_are_held_forgets_none():
    counts = TitleCounts(min_count=1, max_tokens=4)
    counts.add(hashed(["a b", "c d e"]))
    assert counts.counts() == dict.fromkeys("abcde", 1) and counts.error == 0 and counts.n_tokens == 5


def test_labels_that_come_again_count_what_they_may_have_missed():
    """Of four at a time: c and d are forgotten at an error of 1, and d, which comes again, may have missed one."""
    counts = counting.LabelCounts(max_labels=4)
    for names in "aaabbcd", "e":
        counts.add([(name,) for name in names])
    assert (dict(counts.counts), counts.error, counts.n_labels, counts.missed) == ({"a": 3, "b": 2}, 1, 5, {})
    counts.add([("d",), ("d", "d")])
    assert (counts.counts["d"], counts.missed, counts.n_labels) == (2, {"d": 1}, 6)
