"""Every compiled loop over text: code points become words, words hashes of tokens, hashes are counted.

The rules are those of `dense`; the twins, in plain Python, are in `tests/data/hash_twins.py`.

A text is an array of code points, uint32. A row is a title; words are numbered through all rows, and those of row i go
from row_words[i] to row_words[i + 1]; tokens likewise, from row_tokens[i] to row_tokens[i + 1].
The secret of a hash is uint64 (2,): the hash of the empty text, and the odd number that every step multiplies by.
A table is two arrays of 2^k slots, keys and values, searched from the slot that the key's low bits name; value 0 marks
a free slot. A table must never be full, or a search would not end: `counting.Table` sees to it.
"""

import numpy as np

from nnlite.kernels.compile import kernel

i64, u64 = np.int64, np.uint64

HALF = u64(32)  # bits
SPACE, CARET, LESS, HASH, ZERO = map(np.uint32, map(ord, " ^<#0"))
# Kinds of characters: in no token; in words; a token of its own; in a word if one is before it, else in no token
SEPARATOR, WORD, MARK, JOINS = map(np.uint8, range(4))
LONGEST_SHAPE = 30  # words, from which on titles count as equally long


@kernel
def feed(state, code, multiplier):
    """The hash of a text from the hash of all but its last code point: xor, multiply, fold the upper half down."""
    state = (state ^ u64(code)) * multiplier
    return state ^ (state >> HALF)


@kernel
def feed_all(state, codes, start, stop, multiplier):
    """The hash of a text from the hash of its beginning, which codes[start:stop] continue."""
    for i in range(start, stop):
        state = feed(state, codes[i], multiplier)
    return state


@kernel
def hash_texts(codes, ends, secret, hashes):
    """hashes[i] of text i, which begins after the end of the one before, at ends[i - 1] + 1, the first at 1."""
    begin, empty, multiplier = 1, secret[0], secret[1]
    for i in range(ends.size):
        hashes[i] = feed_all(empty, codes, begin, ends[i], multiplier)
        begin = ends[i] + 1


@kernel
def find_words(codes, kinds, ends, ngrams, stem, first_word, shape, starts, stops, row_words, row_tokens):
    """Word w is codes[starts[w]:stops[w]], a longest run of code points of the kinds WORD and JOINS that begins with
    a WORD; texts lie as in `hash_texts`.

    Fills row_words, and row_tokens with the numbers of tokens that `hash_tokens` will make of them.
    """
    begin, n_words, n_tokens = 1, 0, 0
    row_words[0] = row_tokens[0] = 0
    for row in range(ends.size):
        inside, n_marks = False, 0
        for i in range(begin, ends[row]):
            kind = kinds[codes[i]]
            n_marks += kind == MARK
            if (kind == WORD) != inside and kind != JOINS:
                inside = not inside
                if inside:
                    starts[n_words] = i
                else:
                    stops[n_words] = i
                    n_words += 1
        if inside:
            stops[n_words] = ends[row]
            n_words += 1
        for n in range(1, ngrams + 1):
            n_tokens += max(0, n_words - row_words[row] - n + 1)
        for word in range(row_words[row], n_words):
            n_tokens += 0 < stem < stops[word] - starts[word]
        if n_words > row_words[row]:
            n_tokens += first_word + shape * (n_marks + 1)
        row_words[row + 1], row_tokens[row + 1] = n_words, n_tokens
        begin = ends[row] + 1


@kernel
def hash_tokens(codes, kinds, ends, starts, stops, row_words, row_tokens, ngrams, stem, first_word, shape, secret,
                hashes, places):
    """The hash of every token of every row, in the order of `tokens.tokenise`, and where the text of each is found.

    places (tokens, 2), (first, last): words and what is between them as codes[first:last]; the beginning of a word as
    codes[first:-last]; a row's first word as codes[-first:last]; a mark as its place, twice; a length as words and -1.
    """
    begin, empty, multiplier = 1, secret[0], secret[1]
    for row in range(row_words.size - 1):
        first, last, k = row_words[row], row_words[row + 1], row_tokens[row]
        for word in range(first, last):
            state = feed_all(empty, codes, starts[word], stops[word], multiplier)
            hashes[k], places[k, 0], places[k, 1] = state, starts[word], stops[word]
            k += 1
        for n in range(2, ngrams + 1):
            shorter = last - first - n + 2  # the number of n-grams of n - 1 words: one of them begins each of n words
            for word in range(first, last - n + 1):
                state = feed(hashes[k - shorter], SPACE, multiplier)
                state = feed_all(state, codes, starts[word + n - 1], stops[word + n - 1], multiplier)
                hashes[k], places[k, 0], places[k, 1] = state, starts[word], stops[word + n - 1]
                k += 1
        for word in range(first, last):
            if 0 < stem < stops[word] - starts[word]:
                state = feed_all(feed(empty, CARET, multiplier), codes, starts[word], starts[word] + stem, multiplier)
                hashes[k], places[k, 0], places[k, 1] = state, starts[word], -(starts[word] + stem)
                k += 1
        if first_word and first < last:
            state = feed_all(feed(empty, LESS, multiplier), codes, starts[first], stops[first], multiplier)
            hashes[k], places[k, 0], places[k, 1] = state, -starts[first], stops[first]
            k += 1
        if shape and first < last:
            for i in range(begin, ends[row]):
                if kinds[codes[i]] == MARK:
                    hashes[k], places[k, 0], places[k, 1] = feed(empty, codes[i], multiplier), i, i
                    k += 1
            length = min(last - first, LONGEST_SHAPE) // 2 * 2
            state = feed(feed(empty, HASH, multiplier), ZERO + length // 10, multiplier)
            state = feed(state, ZERO + length % 10, multiplier)
            hashes[k], places[k, 0], places[k, 1] = state, length, -1
        begin = ends[row] + 1


@kernel
def slot_of(key, keys, values):
    """The slot that holds the key, or the free one where it belongs."""
    mask = keys.size - 1
    slot = i64(key & u64(mask))
    while values[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@kernel
def insert(keys, values, table_keys, table_values):
    """Put the keys whose value is not 0 into a table: those of a smaller table, for instance."""
    for i in range(keys.size):
        if values[i] != 0:
            slot = slot_of(keys[i], table_keys, table_values)
            table_keys[slot], table_values[slot] = keys[i], values[i]


@kernel
def look_up(wanted, keys, values, found):
    """found[i] is the value of the key wanted[i], or 0."""
    for i in range(wanted.size):
        found[i] = values[slot_of(wanted[i], keys, values)]


@kernel
def longest_run(values, seen):
    """How many slots in use lie side by side at most, where a run across the end counts as two.

    seen: bool (n + 1,), all False, which n keys fill. -1 if their values are not the numbers from 1 to n, once each.
    """
    n_used, run, longest = 0, 0, 0
    for value in values:
        if value == 0:
            run = 0
            continue
        if not 0 < value < seen.size or seen[value]:
            return -1
        seen[value] = True
        n_used, run = n_used + 1, run + 1
        longest = max(longest, run)
    return longest if n_used == seen.size - 1 else -1


@kernel
def drop_lone_shapes(places, row_tokens, ids):
    """In place: all ids of a row become -1 if only tokens of its shape have an id of at least 0. places: see above."""
    for row in range(row_tokens.size - 1):
        is_known = False
        for k in range(row_tokens[row], row_tokens[row + 1]):
            is_shape = places[k, 0] == places[k, 1] or places[k, 1] == -1
            is_known |= ids[k] >= 0 and not is_shape
        if not is_known:
            ids[row_tokens[row]:row_tokens[row + 1]] = -1


@kernel
def count_rows(hashes, row_tokens, row, free, keys, values, missed, error, last_rows, first_row, min_count, reached):
    """In place: values counts the rows that contain a key, from the given row on, until `free` slots might not suffice.

    Returns the row to resume from, the number of new keys, and the number n of tokens with which a key reached
    min_count rows: reached[:n] are the numbers of these tokens. last_rows: the row that counted each slot last; rows
    are numbered from first_row on. missed becomes `error` where a key is new; it may be empty if the error is 0.
    """
    n_new, n_reached = 0, 0
    while row < row_tokens.size - 1 and n_new + row_tokens[row + 1] - row_tokens[row] <= free:
        for k in range(row_tokens[row], row_tokens[row + 1]):
            slot = slot_of(hashes[k], keys, values)
            if values[slot] == 0:
                keys[slot] = hashes[k]
                n_new += 1
                if error:
                    missed[slot] = error
            elif last_rows[slot] == first_row + row:
                continue
            last_rows[slot] = first_row + row
            values[slot] += 1
            if values[slot] == min_count:
                reached[n_reached] = k
                n_reached += 1
        row += 1
    return row, n_new, n_reached


@kernel
def weigh_rows(indptr, indices, weights, data):
    """In place: data, counts, are multiplied by the weights of their columns, and each row is scaled to length 1."""
    for row in range(indptr.size - 1):
        squares = 0.0
        for k in range(indptr[row], indptr[row + 1]):
            data[k] *= weights[indices[k]]
            squares += data[k] * data[k]
        for k in range(indptr[row], indptr[row + 1]):
            data[k] /= np.sqrt(squares)
