"""Claim: a folder of checkpoints is tried before a training, used by one alone, and no reason to lose a training."""

import signal
from pathlib import Path

import numpy as np
import pytest
from problems import bits, random_dataset, trainer

from nnlite import SGD, AdaGrad
from nnlite.training import checkpoints
from nnlite.training.trainer import constant


def test_one_training_at_a_time_uses_a_folder(tmp_path):
    one, errors = trainer(AdaGrad(0.1), tmp_path), []

    def again(step):
        with pytest.raises(BlockingIOError, match=f"another process trains with these checkpoints.*{tmp_path}"):
            trainer(AdaGrad(0.1), tmp_path).fit(random_dataset())
        errors.append(step.step)

    one.fit(random_dataset(), on_step=again)
    assert len(errors) == 12 and not (tmp_path / ".lock").exists()
    trainer(AdaGrad(0.1), tmp_path).fit(random_dataset())


def test_a_place_that_cannot_be_a_folder_is_an_error_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("mine")
    for place in tmp_path / "file", tmp_path / "file" / "checkpoints":
        with pytest.raises(OSError):
            trainer(AdaGrad(0.1), place).fit(random_dataset(), on_step=lambda step: pytest.fail("a step"))


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_training(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    unbroken, one = trainer(AdaGrad(0.1)), trainer(AdaGrad(0.1), tmp_path, seconds=1e9)
    unbroken.fit(random_dataset())
    monkeypatch.setattr(checkpoints, "save", fail)
    with pytest.warns(UserWarning, match="No space left.*; the training continues without the checkpoint of step 12"):
        one.fit(random_dataset())
    assert bits(one.model) == bits(unbroken.model)


def test_a_warning_says_so_if_an_older_checkpoint_cannot_be_removed(tmp_path, monkeypatch):
    one, rename = trainer(AdaGrad(0.1), tmp_path), Path.rename

    def fail(self, target):
        if self.name == "step-00000004":
            raise PermissionError(1, "Operation not permitted", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.warns(UserWarning) as said:
        one.fit(random_dataset())
    stay = f"step-00000004'; more than the {checkpoints.KEPT} newest checkpoints stay in {tmp_path}"
    assert all(str(warning.message).endswith(stay) for warning in said)
    assert checkpoints.load(tmp_path)[0]["step"] == 12


def test_settings_may_be_numbers_of_numpy(tmp_path):
    settings = dict(batch_rows=np.int64(16), epochs=np.int32(3), seed=np.int64(5), dropout=np.float32(0.25),
                    word_dropout=np.float64(0.25))
    trainer(AdaGrad(np.float64(0.1)), tmp_path, **settings).fit(random_dataset())
    trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), on_step=lambda step: pytest.fail("a step"))


def test_the_identity_of_a_training_of_many_epochs_takes_no_list_of_them(tmp_path):
    def stop(step):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        trainer(SGD(0.1), tmp_path, epochs=10**12, schedule=constant).fit(random_dataset(), on_step=stop)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize("with_checkpoints", [False, True])
def test_parameters_that_are_not_finite_after_the_last_step_are_noticed(with_checkpoints, interrupted, tmp_path):
    """The loss, which is that before the step, is still finite."""
    one = trainer(AdaGrad(0.1), tmp_path if with_checkpoints else None, seconds=1e9)

    def spoil(step):
        if step.step == (5 if interrupted else 12):
            one.model.params["features.W"][3, 0] = np.inf
            if interrupted:
                signal.raise_signal(signal.SIGINT)

    message = "Trainer: after (5|12) steps: features.W: want finite numbers, got NaN or inf.*Want a smaller"
    with pytest.raises(FloatingPointError, match=message):
        one.fit(random_dataset(), on_step=spoil)
    assert checkpoints.load(tmp_path) is None
