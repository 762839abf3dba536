"""Claim: digests tell which titles are known, also with half the bits, and digests of both kinds are merged."""

import numpy as np
import pytest

from nnlite.data.digests import digests, merged, repeated, short

TITLES = [f"title {i}" for i in range(300)]


@pytest.mark.parametrize("n_short", [0, 1, 2])
def test_known_titles_are_told_from_others(n_short):
    parts = merged(digests(TITLES[:100])), merged(digests(TITLES[50:200]))
    known = merged(*map(short, parts[:n_short]), *parts[n_short:])
    assert known.dtype == ("int32" if n_short else "int64") and (np.diff(known) > 0).all()
    assert repeated([title.upper() for title in TITLES], known).tolist() == [True] * 200 + [False] * 100
    np.testing.assert_array_equal(short(known), short(short(known)))


def test_nothing_is_known_of_no_digests():
    none = np.zeros(0, np.int64)
    assert merged().size == merged(none, digests(TITLES)).size == 0
    assert repeated(TITLES, short(none)) is None
