"""Claim: probabilities and weights are taken up to the ends of their range, and thresholds become those of logits."""

import numpy as np
import pytest

from nnlite.system.number_arrays import check_weights, finite, logit_thresholds, numbers, probabilities


@pytest.mark.parametrize("value, kind", [
    (True, "b"), (1, "i"), (np.uint8(1), "u"), (0.5, "f"), ([[1, 2]], "i"), ([], "f")])
def test_arrays_of_real_numbers(value, kind):
    assert numbers("a", value).dtype.kind == kind
    assert finite("a", value) is value


@pytest.mark.parametrize("value, is_one", [
    (0, True), (1, True), (0.5, True), ([0, 1], True), (np.float32([0.5, 1]), True), (-1e-9, False), (1 + 1e-9, False),
    (np.nan, False), ([0.5], False), ([0, 0, 0], False), ([[0, 1]], False), (True, False), ([True, False], False),
    ([0, 2], False), ([-1, 1], False)])
def test_one_probability_or_as_many_as_asked_for(value, is_one):
    if is_one:
        got = probabilities("p", value, 2)
        assert got.dtype == float and np.array_equal(got, value)
    else:
        with pytest.raises(ValueError, match="^p: want a probability, or 2, got "):
            probabilities("p", value, 2)


@pytest.mark.parametrize("value, word", [
    ([0, 1e38], None), ([False, True], None), ([0, -1e-9], "with others"), ([0, np.nan], "with others"),
    ([0, np.inf], "with others"), ([0, 1e39], "with others"), ([1], r"\(1,\)$"), ([1, 1, 1], r"\(3,\)$"),
    ([[1, 1]], r"\(1, 2\)$")])
def test_weights(value, word):
    if word is None:
        got = check_weights("w", value, 2)
        assert got.dtype == np.float32 and got.flags.c_contiguous and np.allclose(got, value)
    else:
        with pytest.raises(ValueError, match=f"^w: want 2 finite numbers of at least 0, got .*{word}"):
            check_weights("w", value, 2)


def test_thresholds_as_logits():
    got = logit_thresholds([0, 0.5, 0.75, 1], 4)
    assert got.dtype == np.float32 and np.allclose(got, [-np.inf, 0, np.log(3), np.inf])
    assert np.allclose(logit_thresholds(0.25, 3), [-np.log(3)] * 3)
    with pytest.raises(ValueError, match="^thresholds: want a probability, or 3"):
        logit_thresholds([0.5, 0.5], 3)
