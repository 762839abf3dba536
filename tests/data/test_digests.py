"""Claim: digests tell which titles are known, also with half the bits, and digests of both kinds are merged."""

import numpy as np
import pytest

from nnlite import Record
from nnlite.data import digests as module
from nnlite.data.digests import TitleDigests, digests, from_array, merged, repeated, short, to_array

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


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 20, 21])
def test_titles_are_noted_up_to_a_bound_while_records_pass(monkeypatch, n):
    """Ten at a time; of more than twenty, nothing is kept."""
    monkeypatch.setattr(module, "SLICE", 10)
    monkeypatch.setattr(module, "MOST", 20)
    noted, records = TitleDigests(), [Record(f"Title {i}", ("c",)) for i in range(n)]
    assert list(noted.noting(iter(records))) == records and noted.n_titles == n
    want = np.unique(digests([title for title, _ in records])) if n <= 20 else np.zeros(0, np.int64)
    assert noted.result().dtype == np.int64 and noted.result().tolist() == want.tolist()
    assert sum(part.size for part in noted.parts) <= 20


@pytest.mark.parametrize("n", [20, 21])
@pytest.mark.parametrize("kind", [np.copy, short])
def test_of_more_than_so_many_different_digests_none_are_known(monkeypatch, n, kind):
    monkeypatch.setattr(module, "MOST", 20)
    parts = [kind(merged(digests(TITLES[first:last]))) for first, last in ((0, 15), (5, n))]
    assert merged(*parts).size == (20 if n == 20 else 0)


def test_short_digests_are_the_upper_halves_with_their_sign():
    known = np.array([-2**63, -1, 0, 2**32 - 1, 2**32, 2**63 - 1])
    assert short(known).tolist() == [-2**31, -1, 0, 1, 2**31 - 1] and short(known).dtype == np.int32
    assert repeated(TITLES, np.zeros(0, np.int64)) is None


@pytest.mark.parametrize("kind, dtype", [(merged, np.int64), (short, np.uint8)])
def test_digests_come_back_from_the_array_of_a_folder(kind, dtype):
    for titles in [], TITLES[:1], TITLES:
        known = kind(np.unique(digests(titles)))
        array = to_array(known)
        again = from_array("titles", array)
        assert array.dtype == dtype and again.dtype == known.dtype and again.tolist() == known.tolist()


@pytest.mark.parametrize("array", [
    np.array([1, 1]), np.array([2, 1]), np.array([[1, 2]]), np.zeros((4, 4), np.uint8), np.zeros(3, np.uint8),
    np.zeros(5, np.uint8), np.zeros(8, np.uint8), np.array([1, 2], np.int32), np.array([1.0, 2.0]),
    np.zeros(4, np.int8)])
def test_an_array_that_holds_no_digests_is_refused(array):
    with pytest.raises(ValueError, match="^titles: want rising numbers, int64 or the bytes of int32, got others$"):
        from_array("titles", array)
