"""Claim: every kernel of `nnlite/kernels/hashing.py` computes what its twin in plain Python says."""

import ast
from pathlib import Path

import numpy as np
from hash_twins import (
    all_rules, by_row, count_rows, drop_lone_shapes, feed, feed_all, find_words, hash_texts, hash_tokens, hashes,
    insert, longest_run, look_up, secrets, slot_of, titles, weigh_rows)
from hypothesis import given
from hypothesis import strategies as st

from nnlite.data import letters, tokens
from nnlite.data.counting import Table
from nnlite.data.tokens import hash_of, hashed, tokenise
from nnlite.kernels import hashing


def test_every_kernel_has_a_twin():
    source = ast.parse(Path(hashing.__file__).read_text(encoding="utf-8"))
    functions = [node for node in source.body if isinstance(node, ast.FunctionDef)]
    names = [f.name for f in functions if "kernel" in map(ast.unparse, f.decorator_list)]
    assert len(names) == 12 and all(callable(globals()[name]) for name in names)


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


@given(st.permutations(range(1, 8)), st.lists(st.integers(0, 20), max_size=7), st.lists(st.integers(-2, 9), max_size=2))
def test_longest_run(used, free, more):
    """Of the numbers from 1 to 7 with free slots between them; also with others behind them."""
    for slot in free:
        used.insert(slot, 0)
    for values in used, used + more:
        for n_keys in 7, 8, 9:
            got = hashing.longest_run(np.array(values, np.int32), np.zeros(n_keys + 1, bool))
            assert got == longest_run(values, n_keys)
    assert longest_run(used, 7) > 0


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
