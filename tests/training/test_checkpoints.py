"""Claim: a training that was stopped or interrupted resumes from its checkpoint to the very bits of an unbroken one."""

import json
import signal
from contextlib import nullcontext

import numpy as np
import pytest
from problems import Clock, bits, random_dataset, random_model, trainer

import nnlite
from nnlite import SGD, AdaGrad, Adam, Trainer
from nnlite.system import array_folder
from nnlite.training import checkpoints
from nnlite.training.trainer import constant

OPTIMISERS = {"sgd": lambda: SGD(0.5), "adagrad": lambda: AdaGrad(0.1, labels_lr=0.05), "adam": lambda: Adam(0.02)}


class Stopped(Exception):
    """In the place of a crash."""


@pytest.mark.parametrize("order", ["shuffled", "chunks"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_training_that_stops_after_every_step_ends_in_the_same_bits(name, order, tmp_path):
    data = random_dataset()
    unbroken = trainer(OPTIMISERS[name](), order=order)
    want = unbroken.fit(data, validation=data)

    def stop(step):
        seen.append(step.step)
        if len(seen) == 2:  # the first of these is saved, the second is lost
            raise Stopped

    for _ in range(11):
        seen, again = [], trainer(OPTIMISERS[name](), tmp_path, order=order)
        with pytest.raises(Stopped):
            again.fit(data, validation=data, on_step=stop)
    last = trainer(OPTIMISERS[name](), tmp_path, order=order)
    history = last.fit(data, validation=data)
    assert bits(last.model) == bits(unbroken.model)
    assert (history.loss, history.rows, history.validation) == (want.loss, want.rows, want.validation)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000011", "step-00000012"]


def test_chunks_in_random_order_go_on_as_well(tmp_path):
    chunks = random_dataset().chunks(17)
    unbroken = trainer(AdaGrad(0.1))
    want = unbroken.fit(chunks)

    def stop(step):
        if step.step in (4, 9, 10):
            raise Stopped  # before this step is saved: the next one to come here is the same

    with pytest.raises(Stopped):
        trainer(AdaGrad(0.1), tmp_path).fit(chunks, on_step=stop)
    last = trainer(AdaGrad(0.1), tmp_path)
    assert last.fit(chunks).loss == want.loss and bits(last.model) == bits(unbroken.model)
    with pytest.raises(ValueError, match="data: want "):
        trainer(AdaGrad(0.1), tmp_path).fit(chunks[::-1])


def test_a_finished_training_is_not_trained_again(tmp_path):
    data, first, second = random_dataset(), trainer(AdaGrad(0.1), tmp_path), trainer(AdaGrad(0.1), tmp_path)
    history = first.fit(data)
    assert second.fit(data, on_step=lambda step: pytest.fail("a step too many")) == history
    assert bits(first.model) == bits(second.model)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_waits_for_the_step_and_saves_it(tmp_path):
    data, unbroken = random_dataset(), trainer(AdaGrad(0.1))
    unbroken.fit(data)
    first, steps = trainer(AdaGrad(0.1), tmp_path, seconds=1e9), []

    def interrupt(step):
        steps.append(step.step)
        if step.step == 5:
            signal.raise_signal(signal.SIGINT)
            steps.append("still here")

    with pytest.raises(KeyboardInterrupt):
        first.fit(data, on_step=interrupt)
    assert steps == [1, 2, 3, 4, 5, "still here"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000005"]
    second = trainer(AdaGrad(0.1), tmp_path)
    assert len(second.fit(data).loss) == 12 and bits(second.model) == bits(unbroken.model)


@pytest.mark.usefixtures("ctrl_c")
def test_a_second_ctrl_c_does_not_wait():
    def interrupt(step):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("still here")

    with pytest.raises(KeyboardInterrupt):
        trainer(SGD(0.1)).fit(random_dataset(), on_step=interrupt)


def test_seconds_of_interrupted_calls_add_up(tmp_path, monkeypatch):
    """Every step takes 10 seconds, and the first six are of a call that stopped."""
    clock = Clock()
    monkeypatch.setattr(nnlite.training.trainer, "time", clock)

    def wait(step):
        clock.now += 10
        if step.step == stop_at:
            raise Stopped

    stop_at = 7
    with pytest.raises(Stopped):
        trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), on_step=wait)
    clock.now, stop_at = 1e6, None
    assert trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), on_step=wait).seconds == 50 + 50


@pytest.mark.parametrize("seconds, want", [(35.0, [4, 8, 12]), (1e9, [12]), (0.0, list(range(1, 13)))])
def test_a_checkpoint_is_written_whenever_its_time_has_come_and_at_the_end(seconds, want, tmp_path, monkeypatch):
    clock, saved = Clock(), []
    monkeypatch.setattr(nnlite.training.trainer, "time", clock)
    monkeypatch.setattr(checkpoints, "save", lambda folder, step, *_: saved.append(step))

    def wait(step):
        clock.now += 10

    trainer(AdaGrad(0.1), tmp_path, seconds=seconds).fit(random_dataset(), on_step=wait)
    assert saved == want


@pytest.mark.parametrize("name", ["labels.b", "features.W"])
def test_parameters_that_are_no_numbers_are_not_saved(name, tmp_path):
    broken = trainer(SGD(0.1), tmp_path)

    def spoil(step):
        if step.step == 3:
            broken.model.params[name].flat[0] = np.nan

    with pytest.raises(FloatingPointError):
        broken.fit(random_dataset(), on_step=spoil)
    assert checkpoints.load(tmp_path)[0]["step"] == 2


def test_a_state_that_is_no_number_is_not_saved(tmp_path):
    broken = trainer(AdaGrad(0.1), tmp_path)

    def spoil(step):
        if step.step == 3:
            broken.optimizer.state["labels.b/s"][0] = np.inf

    with pytest.raises(FloatingPointError, match="Trainer: after 3 steps: labels.b/s: want finite numbers"):
        broken.fit(random_dataset(), on_step=spoil)
    assert checkpoints.load(tmp_path)[0]["step"] == 2


def test_old_checkpoints_stay_until_the_new_one_is_there(tmp_path, monkeypatch):
    trainer(AdaGrad(0.1), tmp_path).fit(random_dataset())
    before = sorted(tmp_path.iterdir())

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(array_folder, "write", fail)
    with pytest.raises(OSError):
        checkpoints.save(tmp_path, 13, {}, {})
    assert sorted(tmp_path.iterdir()) == before and len(before) == checkpoints.KEPT


@pytest.mark.parametrize("lr, message", [
    (1e30, r"step \d+ \(epoch 1\): the loss is (nan|inf); the largest entry is in .*: (nan|inf)"),
    (100, r"for 8 steps the loss has been above 2 times its first value, 0.\d+; the largest entry is in .*: \d+"),
])
def test_a_learning_rate_that_explodes_is_noticed_within_an_epoch(lr, message, tmp_path):
    exploding = trainer(SGD(lr), tmp_path, batch_rows=4, dropout=0.0)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=message):
        exploding.fit(random_dataset())
    header, arrays = checkpoints.load(tmp_path)
    assert header["step"] <= 16 and all(np.isfinite(array).all() for array in arrays.values())
    assert json.dumps(header["settings"])


def test_a_second_fit_goes_on_with_the_state_of_the_optimiser():
    data, one = random_dataset(), trainer(AdaGrad(0.1), epochs=1)
    one.fit(data)
    sums = one.optimizer.state["labels.W/s"].copy()
    one.fit(data)
    assert (one.optimizer.state["labels.W/s"] >= sums).all() and one.optimizer.t == 8
    other = random_model(data, (9,), "relu")
    Trainer(other, one.optimizer, batch_rows=61, epochs=1).fit(data)
    assert one.optimizer.t == 1


def test_checkpoints_that_a_crash_left_half_removed_are_removed(tmp_path):
    left = tmp_path / ".step-00000001"
    left.mkdir()
    with checkpoints.opened(tmp_path):
        assert not left.exists()
    left.mkdir()
    (left / "a.npy").write_text("")
    (tmp_path / "notes.txt").write_text("mine")
    for step in 9, 10, 11:
        checkpoints.save(tmp_path, step, {}, {"a/b": np.arange(step)})
        checkpoints.keep_newest(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "step-00000010", "step-00000011"]
    header, arrays = checkpoints.load(tmp_path)
    assert header["step"] == 11 and arrays["a/b"].tolist() == list(range(11))


def test_there_is_no_checkpoint_in_a_folder_that_is_empty_or_not_there(tmp_path):
    assert checkpoints.load(tmp_path) is None and checkpoints.load(tmp_path / "none") is None


class Stream:
    """Chunks that can be gone through again, without their length."""

    def __iter__(self):
        return iter(random_dataset().chunks(32))


@pytest.mark.parametrize("order", ["shuffled", "chunks"])
@pytest.mark.parametrize("data", [Stream(), random_dataset()], ids=["stream", "dataset"])
def test_a_resumed_training_continues_with_the_next_step_of_its_epoch(data, order, tmp_path):
    def steps_of(one, last=None):
        def note(step):
            seen.append((step.step, step.epoch, step.rows, step.loss))
            if step.step == last:
                raise Stopped  # before this step is saved

        seen = []
        with pytest.raises(Stopped) if last else nullcontext():
            one.fit(data, on_step=note)
        return seen

    settings = dict(order=order, schedule=constant)
    unbroken = steps_of(trainer(AdaGrad(0.1), **settings))
    assert len(unbroken) == 12
    assert steps_of(trainer(AdaGrad(0.1), tmp_path, **settings), 7) == unbroken[:7]
    assert steps_of(trainer(AdaGrad(0.1), tmp_path, **settings)) == unbroken[6:]


def test_a_checkpoint_is_written_when_more_than_its_seconds_have_passed_since_the_last(tmp_path, monkeypatch):
    """Steps take 10 s: after 40 s, which is not more than 40, none is written, after 50 s one is."""
    clock, saved = Clock(), []
    monkeypatch.setattr(nnlite.training.trainer, "time", clock)
    monkeypatch.setattr(checkpoints, "save", lambda folder, step, *_: saved.append(step))

    def wait(step):
        clock.now += 10

    trainer(AdaGrad(0.1), tmp_path, seconds=40.0).fit(random_dataset(), on_step=wait)
    assert saved == [5, 10, 12]
