"""Claim: slices cover a range once."""

from hypothesis import given
from hypothesis import strategies as st

from nnlite.system.slices import blocks, shares


@given(n=st.integers(0, 50), size=st.integers(1, 60))
def test_blocks_and_shares_cover_the_range_once(n, size):
    for parts in blocks(n, size), shares(n, size):
        assert [i for part in parts for i in range(n)[part]] == list(range(n))
        assert all(part.stop - part.start <= size for part in blocks(n, size))
    lengths = [part.stop - part.start for part in shares(n, size)]
    assert len(lengths) == size and max(lengths) - min(lengths) <= 1
