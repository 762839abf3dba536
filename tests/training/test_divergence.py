"""Claim: a training whose loss diverges is given up with the step and the parameter that show it."""

import warnings

import numpy as np
import pytest
from problems import random_dataset, random_model

from nnlite import MLP, SGD, Trainer
from nnlite.data.chunked import chunked
from nnlite.training.batches import Batch
from nnlite.training.divergence import DIVERGED, DIVERGED_STEPS, LEAST, check_finite, not_finite
from nnlite.training.history import History
from nnlite.training.trainer import _Run


def is_diverged(n_bad, n_steps, epochs=1, loss=1.0):
    """Whether a training is given up after some good steps of this loss, and so many bad ones, as its last losses."""
    trainer = Trainer(MLP(3, 2, (2,)), SGD(0.1), epochs=epochs)
    run = _Run(trainer, chunked([]), None, None)
    run.history, run.n_steps = History(loss=[loss] * 20 + [1.01 * DIVERGED * loss] * n_bad), n_steps
    try:
        run.check_loss(Batch(1, None, slice(0, 0)))
    except FloatingPointError as error:
        assert f"step {20 + n_bad} (epoch 1): for {n_bad} steps the loss has been above" in str(error)
        return True
    return False


@pytest.mark.parametrize("n_steps, epochs, patience", [
    (21, 1, 10), (4, 1, DIVERGED_STEPS[0]), (None, 3, DIVERGED_STEPS[0]), (300, 3, 50), (10_000, 1, DIVERGED_STEPS[1])])
def test_a_training_is_given_up_when_the_loss_stays_high_for_half_an_epoch(n_steps, epochs, patience):
    """But for 8 steps at least and 200 at most: neither one bad step nor one less than these is enough."""
    assert not is_diverged(1, n_steps, epochs) and not is_diverged(patience - 1, n_steps, epochs)
    assert is_diverged(patience, n_steps, epochs)


@pytest.mark.parametrize("loss, diverges", [(0.0, False), (1e-9, False), (0.9 * LEAST / 2, False), (LEAST / 2, True)])
def test_a_loss_of_next_to_nothing_does_not_diverge(loss, diverges):
    """Twice next to nothing is next to nothing. The losses are means over two labels, the bound is of a row."""
    assert is_diverged(10, 21, loss=loss) == diverges


def a_run(losses):
    """A run of a training of a small network whose parameters are 1, and the losses that it has had."""
    model = MLP(3, 2, (2,))
    for p in model.params.values():
        p[:] = 1
    run = _Run(Trainer(model, SGD(0.125), epochs=1), chunked([]), None, None)
    run.history, run.n_steps = History(loss=losses), None
    return run


def error_of(run, epoch=1):
    with pytest.raises(FloatingPointError) as caught:
        run.check_loss(Batch(epoch, None, slice(0, 0)))
    return str(caught.value)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_reported_with_its_step_and_the_parameter_that_is_not_finite(loss):
    run = a_run([1.0, 1.0, loss])
    run.model.params["labels.W"][0, 0] = 1e9
    run.model.params["features.b"][1] = np.nan
    assert error_of(run, epoch=4) == (f"Trainer: step 3 (epoch 4): the loss is {loss}; the largest entry is in "
                                      "features.b: nan. Want a smaller learning rate than 0.125")


def test_a_loss_that_stays_high_is_reported_with_the_largest_parameter_by_size():
    run = a_run([0.25] + [0.75] * 8)
    run.model.params["labels.b"][1], run.model.params["features.W"][0, 0] = -7, 5
    assert error_of(run) == ("Trainer: step 9 (epoch 1): for 8 steps the loss has been above 2 times its first value, "
                             "0.25; the largest entry is in labels.b: 7. Want a smaller learning rate than 0.125")


@pytest.mark.parametrize("losses", [[1.0] + [2.0] * 20, [1.0] + [3.0] * 7, [1.0] + [3.0] * 20 + [2.0] + [3.0] * 7])
def test_a_loss_of_twice_the_first_or_one_that_comes_down_in_between_is_no_divergence(losses):
    assert a_run(losses).check_loss(Batch(1, None, slice(0, 0))) is None  # nothing is raised


@pytest.mark.parametrize("entries", [[np.inf, -np.inf], [np.nan, 1], [np.inf, 1], [-np.inf, np.nan]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_is_found_without_a_warning(entries, dtype, recwarn):
    large = np.full(9, np.finfo(np.float32).max, dtype)
    assert not_finite({"a": large, "b": np.array(entries, dtype), "c": large}) == "b"
    assert not_finite({"a": large}) is None
    with pytest.raises(FloatingPointError, match="here: b: want finite numbers"):
        check_finite("here", {"b": np.array(entries, dtype)})
    assert not recwarn.list


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("threads", [1, 2])
def test_products_beyond_float32_end_the_training_without_a_warning(threads, precision):
    data = random_dataset(n_rows=600)
    model = random_model(data)
    for name in "features.W", "labels.W":
        model.params[name][:] = 1e38
    with warnings.catch_warnings(), pytest.raises(FloatingPointError):
        warnings.simplefilter("error")
        Trainer(model, SGD(0.1), batch_rows=300, epochs=1, threads=threads, precision=precision).fit(data)
