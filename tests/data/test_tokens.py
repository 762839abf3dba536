"""Claim: the compiled way from titles to counted tokens gives what `tokenise` and a dict give, for any titles."""

import ast
import re
import unicodedata
from collections import Counter
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Vocabulary
from nnlite.data import counting, letters, tokens
from nnlite.data.counting import Table, TitleCounts
from nnlite.data.tokens import TokenRules, hash_of, hashed, tokenise
from nnlite.kernels import hashing
from nnlite.system.threads import blocks, team

# Letters whose lower case is longer, depends on what follows, or is of another plane; marks, digits of all kinds, NUL.
NASTY = "aB7_ \n\r\0\x85'-#<>İıΣςßǅŉ\u0301\u0345é²½Ⅷ٣漢\u200d\u2028\ufeff😀𝔸𐐀"
MARKS = ("ka\u0301\u0316ि्ँ\u0e31\u064e\u05b8\u0640Ａｂﾊﾞ"
         "I\u0307İ\ufe0f\u20e3\u180b\U000e0100\u1100\u1161 ")
titles = st.lists(st.one_of(st.text(NASTY, max_size=12), st.text(MARKS, max_size=9),
                            st.text("aB _", max_size=9), st.text(max_size=9)), max_size=5)
all_rules = st.builds(TokenRules, st.integers(1, 4), st.sampled_from([None, 1, 2, 4]), st.booleans(), st.booleans(),
                      st.sampled_from([1, 2]))
secrets = st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
hashes = st.lists(st.one_of(st.integers(0, 5), st.sampled_from([1 << 63, 2**64 - 1, 3 << 20, 5 << 20])), max_size=12)


# The twins, by the names of the kernels.

def feed(state, code, multiplier):
    state = (state ^ code) * multiplier % 2**64
    return state ^ state >> 32


def feed_all(state, text, multiplier):
    return reduce(lambda state, character: feed(state, ord(character), multiplier), text, state)


def hash_texts(texts, secret):
    return [feed_all(secret[0], text, secret[1]) for text in texts]


def find_words(titles):
    """Of every folded title the places of its words."""
    return [[match.span() for match in re.finditer("w[wj]*", "".join("-wmj"[kind_of(c)] for c in title))]
            for title in titles]


def kind_of(character, version=2):
    if character.isalnum():
        return 1
    if character.isspace() or character == "_":
        return 0
    is_selector = "\ufe00" <= character <= "\ufe0f"
    return 3 if version > 1 and unicodedata.category(character) in ("Mn", "Mc") and not is_selector else 2


def hash_tokens(titles, rules, secret):
    return [hash_texts(tokenise(title, rules), secret) for title in titles]


def slot_of(key, keys, values):
    slots = [(key + i) % len(keys) for i in range(len(keys))]
    return next(slot for slot in slots if not values[slot] or keys[slot] == key)


def insert(keys, values):
    return {key: value for key, value in zip(keys, values) if value}


def look_up(wanted, table):
    return [table.get(key, 0) for key in wanted]


def drop_lone_shapes(rows, shapes):
    """Of every row the ids of its words and of its shape."""
    return [words + shape if any(i >= 0 for i in words) else [-1] * len(words + shape)
            for words, shape in zip(rows, shapes)]


def count_rows(rows):
    return Counter(key for row in rows for key in set(row))


def weigh_rows(rows, weights):
    weighed = [{i: count * weights[i] for i, count in row.items()} for row in rows]
    return [{i: value / sum(v * v for v in row.values()) ** 0.5 for i, value in row.items()} for row in weighed]


def test_every_kernel_has_a_twin():
    source = ast.parse(Path(hashing.__file__).read_text(encoding="utf-8"))
    functions = [node for node in source.body if isinstance(node, ast.FunctionDef)]
    names = [f.name for f in functions if "kernel" in map(ast.unparse, f.decorator_list)]
    assert len(names) == 11 and all(callable(globals()[name]) for name in names)


def by_row(values, rows):
    return [values[start:stop] for start, stop in zip(rows[:-1], rows[1:])]


@given(st.integers(0, 2**64 - 1), st.integers(0, 0x10FFFF), st.integers(0, 2**64 - 1))
def test_feed(state, code, multiplier):
    with np.errstate(over="ignore"):
        got = hashing.feed(np.uint64(state), np.uint32(code), np.uint64(multiplier))
    assert int(got) == feed(state, code, multiplier)


@given(st.integers(0, 2**64 - 1), st.text("aZ9", min_size=3), st.integers(0, 2), st.integers(0, 2**64 - 1))
def test_feed_all(state, text, start, multiplier):
    codes = np.array(list(map(ord, text)), np.uint32)
    with np.errstate(over="ignore"):
        got = hashing.feed_all(np.uint64(state), codes, start, codes.size - 1, np.uint64(multiplier))
    assert int(got) == feed_all(state, text[start:-1], multiplier)


@given(titles, secrets)
def test_hash_texts(titles, secret):
    assert hash_of(titles, np.array(secret, np.uint64)).tolist() == hash_texts(titles, secret)


@given(titles)
def test_find_words(titles):
    titles = list(map(letters.folded, titles))
    _, codes, ends = tokens._joined(titles)
    starts, stops = np.full((2, codes.size // 2 + 1), -1)
    row_words, row_tokens = np.full((2, ends.size + 1), -1)
    hashing.find_words(codes, letters.character_kinds(), ends, 1, 0, False, False, starts, stops, row_words,
                       row_tokens)
    begins = ends - np.array(list(map(len, titles)), int)
    spans = by_row(list(zip(starts.tolist(), stops.tolist())), row_words)
    assert [[(a - b, z - b) for a, z in row] for row, b in zip(spans, begins)] == find_words(titles)
    assert (row_words == row_tokens).all() and (starts[row_words[-1]:] == -1).all()


@given(titles, all_rules, secrets)
def test_hash_tokens(titles, rules, secret):
    """All tokens of all titles in the order of `tokenise`: their hashes, and their texts from their places."""
    tokens = hashed(titles, rules, np.array(secret, np.uint64))
    assert by_row(tokens.hashes.tolist(), tokens.rows) == hash_tokens(titles, rules, secret)
    names = [tokens.name(k) for k in range(tokens.hashes.size)]
    assert by_row(names, tokens.rows) == [tokenise(title, rules) for title in titles]


@pytest.mark.parametrize("n_words", [1, 29, 30, 31, 32, 99])
def test_titles_of_30_words_and_more_have_the_same_shape_as_hashes(n_words):
    title, rules = "a " * n_words, TokenRules(shape=True)
    assert hashed([title], rules).hashes.tolist() == hash_of(tokenise(title, rules)).tolist()


def test_tokens_by_hand():
    assert tokenise("I Σ_a b", TokenRules(ngrams=2, stem=1)) == ["i", "σ", "a", "b", "i σ", "σ a", "a b"]
    assert tokenise("Shirts shoe s_hirt", TokenRules(stem=4)) == ["shirts", "shoe", "s", "hirt", "^shir"]
    assert tokenise("ΑΣΣ", TokenRules(ngrams=2, stem=1)) == ["ασς", "^α"]
    assert tokenise("- Red hat", TokenRules(2, 2, True)) == ["red", "hat", "red hat", "^re", "^ha", "<red"]
    assert tokenise("!", TokenRules(first_word=True, shape=True)) == []
    assert tokenise("İ! a_b, c!", TokenRules(shape=True)) == ["i", "a", "b", "c", "!", ",", "!", "#04"]
    old = TokenRules(shape=True, version=1)
    assert tokenise("İ! a_b, c!", old) == ["i", "a", "b", "c", "\u0307", "!", ",", "!", "#04"]
    lengths = [tokenise("a " * n, TokenRules(shape=True))[-1] for n in (1, 9, 10, 30, 99)]
    assert lengths == ["#00", "#08", "#10", "#30", "#30"]
    assert hash_of(["", "a"]).tolist() == [0x243F6A8885A308D3, 0x92BBCB0052B2259A]


def test_lone_surrogates_separate_words():
    tokens = hashed(["a\ud800b"], TokenRules(ngrams=2))
    assert [tokens.name(k) for k in range(3)] == ["a", "b", "a b"]


@pytest.mark.parametrize("version", [1, 2])
def test_kinds_of_characters(version):
    """Words are of letters, digits and combining marks; underscores and spaces make no token; all else is a mark.

    Above the third plane there are selectors only, which are left out before.
    """
    want = [kind_of(chr(code), version) for code in range(0xe0000)]
    kinds = letters.character_kinds(version)
    assert kinds[:0xe0000].tolist() == want and (kinds[0xe0000:] == 2).all()


@given(titles)
def test_however_a_letter_is_encoded_the_words_are_the_same(titles):
    for title in titles:
        words = {form: tokenise(unicodedata.normalize(form, title)) for form in ("NFC", "NFD")}
        assert words["NFC"] == words["NFD"] == tokenise(title)


def test_what_folding_may_change_is_known_by_its_code():
    """Titles without such a character are only lower-cased."""
    never = [c for c in map(chr, range(0x110000)) if not letters._MAY_CHANGE.match(c)]
    assert not set(never) & set(map(chr, np.flatnonzero(letters.character_kinds() == hashing.JOINS)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letters, "_MAY_CHANGE", re.compile(""))
        assert [c for c in never if letters.folded(c) != c.lower()] == []


@pytest.mark.parametrize("version", [0, 3, "2"])
def test_other_versions_of_the_rules_are_refused(version):
    with pytest.raises(ValueError, match="^TokenRules: version: want 1 to 2, got"):
        TokenRules(version=version)


@given(st.lists(st.tuples(st.lists(st.integers(-1, 1), max_size=3), st.lists(st.integers(-1, 1), max_size=3)),
                max_size=4))
def test_drop_lone_shapes(rows):
    of_shapes = [(4, 4), (8, -1), (0, -1)]
    places = [place for words, shape in rows for place in [(3, 5)] * len(words) + of_shapes[:len(shape)]]
    ids = np.array([i for words, shape in rows for i in words + shape], np.int32)
    row_tokens = np.cumsum([0, *(len(words + shape) for words, shape in rows)])
    hashing.drop_lone_shapes(np.array(places, np.int64).reshape(-1, 2), row_tokens, ids)
    assert by_row(ids.tolist(), row_tokens) == drop_lone_shapes(*zip(*rows) if rows else ((), ()))


@given(hashes, st.integers(0, 5))
def test_slot_of(keys, wanted):
    slots, taken = [0] * 32, [0] * 32
    for key in [*keys, wanted]:
        arrays = np.array(slots, np.uint64), np.array(taken, np.int32)
        assert hashing.slot_of(np.uint64(key), *arrays) == slot_of(key, slots, taken)
        slots[slot_of(key, slots, taken)], taken[slot_of(key, slots, taken)] = key, 1


@given(hashes, hashes)
def test_insert_and_look_up(keys, wanted):
    values = [i * 7 % 3 for i in range(len(keys))]  # 0 is not to be inserted
    table = Table(len(keys))
    table.insert(np.array(keys, np.uint64), np.array(values, np.int32))
    assert table.find(np.array(keys + wanted, np.uint64)).tolist() == look_up(keys + wanted, insert(keys, values))


@given(st.lists(hashes, max_size=6), st.integers(1, 3), st.integers(12, 20), st.integers(0, 2))
def test_count_rows(rows, min_count, free, error):
    """It stops before a row for which the free slots might not suffice, and resumes with a larger table."""
    row_tokens = np.cumsum([0, *map(len, rows)])
    keys = np.array([key for row in rows for key in row], np.uint64)
    table, last_rows, reached = Table(100), np.full(1024, -1, np.int32), np.full(keys.size, -1)
    row, seen, came, missed = 0, 0, [], np.full(1024 if error else 0, -1, np.int32)
    while row < len(rows):
        before = row
        row, n_new, n_reached = hashing.count_rows(
            keys, row_tokens, row, free, table.keys, table.values, missed, error, last_rows, 1000, min_count, reached)
        seen += n_new
        came += reached[:n_reached].tolist()
        assert before < row and n_new <= free
        assert row == len(rows) or n_new + len(rows[row]) > free
    want = count_rows(rows)
    assert table.find(keys).tolist() == look_up(keys.tolist(), want) and seen == len(want)
    assert not error or (np.where(table.values > 0, error, -1) == missed).all()
    place = {row_tokens[i] + rows[i].index(key): key for i, row in enumerate(rows) for key in row
             if count_rows(rows[:i + 1])[key] == min_count > count_rows(rows[:i])[key]}
    assert came == sorted(place)


@given(st.lists(st.dictionaries(st.integers(0, 3), st.integers(1, 5), max_size=4), max_size=5))
def test_weigh_rows(rows):
    weights = np.array([1, 0.5, 3, 1.7])
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.array([i for row in rows for i in row], np.int32)
    data = np.array([count for row in rows for count in row.values()], np.float32)
    hashing.weigh_rows(indptr, indices, weights, data)
    want = [value for row in weigh_rows(rows, weights) for value in row.values()]
    np.testing.assert_allclose(data, want, rtol=1e-6)


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
    for titles, error, held in (("aaabbccd", 0, "abcd"), ("bbbfg", 2, "abfg"), ("hij", 3, "bhij"), ("k", 4, "bk")):
        counts.add(hashed(list(titles)))
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


def test_a_table_is_not_changed_by_a_change_of_the_arrays_that_it_came_from():
    keys, values = np.array([0, 1, 0, 0], np.int64), np.array([1, 2, 0, 0], np.int32)
    table = Table.of(keys, values, 2)
    keys[:], values[:] = 5, 99
    assert table.find(np.arange(6, dtype=np.uint64)).tolist() == [1, 2, 0, 0, 0, 0]


def test_secrets_are_random_and_their_multipliers_odd():
    made = [tokens.new_secret().tolist() for _ in range(20)]
    assert len(set(np.ravel(made))) == 40 and all(multiplier % 2 for _, multiplier in made)


def test_words_that_collide_with_a_public_secret_do_not_with_a_random_one():
    """For two beginnings of words, one more character each that makes the same hash; a billion were tried."""
    words = ["𫟏ḉ䵋", "源𠶿㰽"]
    assert tokenise(" ".join(words)) == words
    hashes = [hash_of(words, tokens.new_secret()) for _ in range(20)]
    assert len(set(np.ravel(hashes))) == 40


def test_titles_that_would_take_much_memory_are_refused(monkeypatch):
    hashed(["a" * tokens.MAX_CHARS])
    with pytest.raises(ValueError, match=r"^title: too long: want at most 1,048,576 characters, got 1,048,577: 'bbb"):
        hashed(["a", "b" * (tokens.MAX_CHARS + 1)])
    monkeypatch.setattr(tokens, "MAX_TOKENS", 9)
    assert hashed(["a b c", "d e"], TokenRules(ngrams=3)).hashes.size == 9
    with pytest.raises(ValueError, match=r"^titles: too many tokens: want at most 9 at a time, got 10: the longest"):
        hashed(["a b c d"], TokenRules(ngrams=4))


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


@pytest.mark.parametrize("value", [1, 100])
def test_the_shortest_and_the_longest_ngrams_and_stems_are_taken(value):
    assert TokenRules(ngrams=value).ngrams == TokenRules(stem=value).stem == value
    for name, wrong in ("ngrams", 0), ("ngrams", 101), ("stem", 0), ("stem", 101):
        with pytest.raises(ValueError, match=f"^TokenRules: {name}: want 1 to 100, got {wrong}$"):
            TokenRules(**{name: wrong})


def test_labels_that_come_again_count_what_they_may_have_missed():
    """Of four at a time: c and d are forgotten at an error of 1, and d, which comes again, may have missed one."""
    counts = counting.LabelCounts(max_labels=4)
    for names in "aaabbcd", "e":
        counts.add([(name,) for name in names])
    assert (dict(counts.counts), counts.error, counts.n_labels, counts.missed) == ({"a": 3, "b": 2}, 1, 5, {})
    counts.add([("d",), ("d", "d")])
    assert (counts.counts["d"], counts.missed, counts.n_labels) == (2, {"d": 1}, 6)
