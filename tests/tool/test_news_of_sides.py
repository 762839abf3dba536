"""Claim: `train` says which products it holds out and why there are none."""

from argparse import Namespace

import pytest

from nnlite.data import holdout
from nnlite.tool.train_command import Sides


def news(titles, validation=None, share=None):
    """What is said of some titles."""
    data = tuple(titles), (("X",),) * len(titles)
    return list(Sides(Namespace(holdout=share, seed=None), {}, data, validation).news())


WORDS = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcd"]
LEAST = round(holdout.LEAST / holdout.SHARE)  # products of which some are held out without being asked for


@pytest.mark.parametrize("titles, share, said", [
    (WORDS[:LEAST], None, f"holds out {holdout.LEAST} of {LEAST} products, with their near-duplicates, to score the "
                          "model on what it has not seen"),
    (WORDS, 0.2, "holds out 200 of 1,000 products, with their near-duplicates, to score the model on what it has not "
                 "seen"),
    (WORDS, 0, "holds out no products, as --holdout 0 says: there will be no score"),
    (WORDS[:LEAST - 1], None, f"holds out no products, so that there will be no score: 10 % of {LEAST - 1} are fewer "
                              f"than {holdout.LEAST}; --holdout 0.2 holds out about 100, --validation FILE scores "
                              "others"),
    (["one", "two"], None, "holds out no products, so that there will be no score: 10 % of 2 are fewer than "
                           f"{holdout.LEAST}; --holdout 0.2 holds out about 1, --validation FILE scores others"),
    ([f"dress {i}" for i in range(LEAST)], None, "holds out no products, so that there will be no score: nearly all "
                                                 "titles differ in numbers and sizes only; --validation FILE scores "
                                                 "others")])
def test_what_is_held_out_is_one_line(titles, share, said):
    assert news(titles, share=share) == [said]
    assert news(titles, validation=(("a",), (("X",),))) == []
