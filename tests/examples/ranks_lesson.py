"""What lesson 15 says of its numbers."""

import numpy as np


def check_15(one):
    n_owners = sum(n <= one.SHARDS for n in one.OWNERS)
    assert f"{n_owners} numbers of ranks have {one.left_to_right} results; along the tree, 1." in one.said
    exact = one.x.toarray().astype(float) @ one.w
    for add in one.by_ranks, one.by_tree:
        for n in one.OWNERS[:n_owners]:
            np.testing.assert_allclose(add(one.parts, n), exact, atol=1e-4)
    assert ("have the same order either way" in one.said) == (one.left_to_right == 1)
    assert ("No ranks were started" in one.said) == (not one.several)
    if one.several:
        assert f"end in the same bits as one process, and rank 0 holds {100 * one.held / one.parameters:.0f} %" in (
            one.said)
        assert one.several == one.one
