"""Claim: of which products scores are is decided by the titles a model was trained on, and said with their numbers."""

import copy

import numpy as np
import pytest
from shops import SMALL

from nnlite import Record
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.digests import MOST
from nnlite.tool.overlap import Judged, held_out_score, judged, sentence

SEEN = [Record(f"{colour} {word}", (name,)) for colour in ("red", "blue") for word, name in
        (("dress", "Women"), ("shoe", "Men"), ("bag", "Gifts"))]
NEW, ODD = Record("green dress", ("Women",)), Record("green thing", ("Gifts",))  # Gifts are none of the categories


@pytest.fixture(scope="module")
def one():
    """A model of two major categories that has seen all titles of SEEN."""
    return TitleClassifier(**SMALL | dict(epochs=1, major=["Women", "Men"])).fit(*zip(*SEEN))


@pytest.mark.parametrize("records, left, is_new, n_seen", [
    ([NEW], [NEW], True, 0), ([NEW, ODD], [NEW, ODD], True, 0), ([ODD], [ODD], True, 0), ([], [], True, 0),
    (SEEN, SEEN, False, 4), ([*SEEN, ODD], [*SEEN, ODD], False, 4),
    ([*SEEN, ODD, NEW], [SEEN[2], SEEN[5], ODD, NEW], True, 4),
    ([SEEN[0], SEEN[0], NEW], [NEW], True, 2), ([Record("RED Dress", ("Women",)), NEW], [NEW], True, 1)])
def test_new_products_are_left_if_one_of_them_counts_else_all(one, records, left, is_new, n_seen):
    assert judged(one, iter(records)) == Judged(left, is_new, n_seen)


def test_without_digests_it_is_not_known(one):
    old = copy.copy(one)
    old.title_digests_ = np.zeros(0, np.int64)
    assert judged(old, iter(SEEN)) == Judged(SEEN, None, 0)


@pytest.mark.parametrize("n, is_new, n_seen, said", [
    (1_000, None, 0, "whether the model was trained on these 1,000 titles cannot be known: an older version made it, "
                     f"or it learnt from more than {MOST:,} titles"),
    (1_000, False, 9, "all 1,000 titles are also in the training data: the scores tell how well it remembers them"),
    (1_000, True, 0, "the scores are of 1,000 titles that the model was not trained on"),
    (1_000, True, 1, "1 of 1,001 titles are also in the training data: the scores are of the 1,000 others"),
    (2, True, 1_234, "1,234 of 1,236 titles are also in the training data: the scores are of the 2 others")])
def test_what_scores_are_of_is_one_sentence(n, is_new, n_seen, said):
    assert sentence(Judged([NEW] * n, is_new, n_seen)) == said


@pytest.mark.parametrize("training, said", [
    ({}, ""), ({"counts": {}, "validation": [{"P@1": 0.5}]}, ""), ({"counts": {"held_out": 7}}, ""),
    ({"counts": {"held_out": 0}, "validation": [{"P@1": 0.5}]}, ""),
    ({"counts": {"held_out": 7}, "validation": []}, ""),
    ({"counts": {"held_out": 7}, "validation": [{"R@1": 1.0}]}, ""),
    ({"counts": {"held_out": 1_000}, "validation": [{"P@1": 0.1}, {"P@1": 0.5678}]},
     "on 1,000 products held out in its training the first category named was true for 56.8 %")])
def test_the_score_of_the_training_is_the_last_on_products_held_out(one, training, said):
    for model, before in (one, ""), (one.shrink(1), " before it was shrunk"):
        model = copy.copy(model)
        model.training_ = training
        assert held_out_score(model) == said + before * bool(said)
