"""Claim: titles with different categories, and labels of the same rows, are found exactly."""

import numpy as np
import pytest
import scipy.sparse as sp

from nnlite import Record
from nnlite.categories import consistency
from nnlite.categories.consistency import contradictions, same_products


def test_titles_of_the_same_words_with_other_categories_are_contradictions():
    records = [Record(title, tuple(names.split())) for title, names in (
        ("Blue dress", "a b"), ("red shoe", "a"), ("BLUE, dress!", "b a"), ("blue dress", "a"), ("dress blue", "c"),
        ("Red shoe", "c"), ("!", "a"), ("?", "b"), ("pan", "a"), ("pan", "a"))]
    found = contradictions(records)
    assert [(one.title, one.rows) for one in found] == [("Blue dress", (0, 2, 3)), ("red shoe", (1, 5))]
    assert found[0].categories == (("a", "b"), ("b", "a"), ("a",))


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
