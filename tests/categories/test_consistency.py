"""Claim: titles with different categories, and labels of the same rows, are found exactly."""

import numpy as np
import pytest
import scipy.sparse as sp

from nnlite import Record
from nnlite.categories import consistency
from nnlite.categories.consistency import contradictions, same_products
from nnlite.data import holdout


def test_titles_of_the_same_words_with_other_categories_are_contradictions():
    records = [Record(title, tuple(names.split())) for title, names in (
        ("Blue dress", "a b"), ("red shoe", "a"), ("BLUE, dress!", "b a"), ("blue dress", "a"), ("dress blue", "c"),
        ("Red shoe", "c"), ("!", "a"), ("?", "b"), ("pan", "a"), ("pan", "a"))]
    found = contradictions(records)
    assert [(one.title, one.rows) for one in found] == [("Blue dress", (0, 2, 3)), ("red shoe", (1, 5))]
    assert found[0].categories == (("a", "b"), ("b", "a"), ("a",))


def test_a_contradiction_is_found_across_slices_and_those_of_most_products_come_first(monkeypatch):
    """Of as many products, in the order of the records."""
    monkeypatch.setattr(holdout, "SLICE", 2)
    records = [Record(title, (name,)) for title, name in zip("pan cup hat pan cup hat pot hat pan! cup".split(),
                                                             "abcabdzeag")]
    assert [(one.title, one.rows) for one in contradictions(records)] == [("cup", (1, 4, 9)), ("hat", (2, 5, 7))]
    assert contradictions([]) == contradictions(records[:5]) == []


@pytest.mark.parametrize("n_both, n_one, want", [(9, 1, [(0, 1, 9)]), (8, 1, []), (90, 10, [(0, 1, 90)]), (89, 10, []),
                                                 (1, 0, [(0, 1, 1)])])
def test_labels_of_nine_in_ten_rows_are_the_same(n_both, n_one, want):
    for one in [1, 0], [0, 1]:
        assert same_products(sp.csr_array(np.float32([[1, 1]] * n_both + [one] * n_one))) == want


@pytest.mark.parametrize("rows, labels", [(2, 9), (9, 2)])
def test_of_labels_of_the_same_rows_the_first_come_first_and_all_are_looked_at(rows, labels, monkeypatch):
    monkeypatch.setattr(consistency, "TILE_LABELS", 4)
    found = same_products(sp.csr_array(np.ones((rows, labels), np.float32)))
    assert found == [(a, b, rows) for a in range(labels) for b in range(a + 1, labels)]


def test_labels_of_more_rows_come_first():
    y = np.float32([[1, 1, 0, 0]] + [[0, 0, 1, 1]] * 2)
    assert same_products(sp.csr_array(y)) == [(2, 3, 2), (0, 1, 1)]
    with pytest.raises(ValueError, match="y: want ones only"):
        same_products(sp.csr_array(2 * y))


@pytest.mark.parametrize("tile", [1, 3, 512])
def test_labels_of_nearly_the_same_rows_are_those_of_a_brute_force_search(tile, monkeypatch):
    monkeypatch.setattr(consistency, "TILE_LABELS", tile)
    rng = np.random.default_rng(0)
    y = rng.random((60, 7)) < 0.3
    y[:, 4], y[:, 6], y[0] = y[:, 1], y[:, 2], False
    y[5, 6] ^= True
    both = y.T.astype(int) @ y.astype(int)
    counts = np.diag(both)
    want = [(a, b, both[a, b]) for a in range(7) for b in range(a + 1, 7)
            if both[a, b] >= 0.9 * (counts[a] + counts[b] - both[a, b])]
    assert sorted(same_products(sp.csr_array(y.astype(np.float32)))) == want and len(want) >= 2
