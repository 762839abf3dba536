"""Claim: a checkpoint that is damaged or cannot be read is passed over with a warning, and the only one is an error."""

import errno
import os

import numpy as np
import pytest
from problems import bits, random_dataset, trainer

from nnlite import AdaGrad
from nnlite.system import array_folder
from nnlite.training import checkpoints


def test_a_damaged_checkpoint_is_passed_over(tmp_path):
    data, first = random_dataset(), trainer(AdaGrad(0.1), tmp_path)
    first.fit(data)
    newest, before = tmp_path / "step-00000012", tmp_path / "step-00000011"
    content = bytearray((newest / "labels.W.npy").read_bytes())
    content[-3] ^= 1
    (newest / "labels.W.npy").write_bytes(content)
    second = trainer(AdaGrad(0.1), tmp_path)
    with pytest.warns(UserWarning, match="labels.W.npy: damaged: want CRC-32 .* resuming from the checkpoint before"):
        second.fit(data)
    assert bits(first.model) == bits(second.model)
    for path in newest, before:
        os.truncate(path / "features.b.npy", 10)
    with pytest.raises(ValueError, match="step-00000011/features.b.npy: damaged"), pytest.warns(UserWarning):
        trainer(AdaGrad(0.1), tmp_path).fit(data)


@pytest.mark.parametrize("name", ["checkpoint.json", "labels.W.npy", None])
@pytest.mark.parametrize("change", ["removed", "damaged"])
def test_a_checkpoint_without_one_of_its_files_is_passed_over_and_written_again(name, change, tmp_path):
    data, first = random_dataset(), trainer(AdaGrad(0.1), tmp_path)
    first.fit(data)
    newest = tmp_path / "step-00000012"
    for path in newest.iterdir():
        if name in (None, path.name):
            path.unlink() if change == "removed" else path.write_bytes(b"damaged")
    second, third = trainer(AdaGrad(0.1), tmp_path), trainer(AdaGrad(0.1), tmp_path)
    with pytest.warns(UserWarning, match="step-00000012.*; resuming from the checkpoint before"):
        second.fit(data)
    third.fit(data, on_step=lambda step: pytest.fail("the step is there again"))
    assert bits(first.model) == bits(second.model) == bits(third.model)


def test_a_checkpoint_that_cannot_be_read_is_passed_over_and_the_only_one_is_an_error(tmp_path, monkeypatch):
    for step in 3, 4:
        checkpoints.save(tmp_path, step, {}, {"a": np.arange(3)})
    read = array_folder.read

    def fail(path, kind):
        if path.name in unreadable:
            raise OSError(errno.EIO, "Input/output error", str(path / "a.npy"))
        return read(path, kind)

    monkeypatch.setattr(array_folder, "read", fail)
    unreadable = {"step-00000004"}
    with pytest.warns(UserWarning, match="Input/output error: .*step-00000004/a.npy'; resuming from the checkpoint"):
        assert checkpoints.load(tmp_path)[0]["step"] == 3
    unreadable.add("step-00000003")
    with pytest.raises(OSError, match="step-00000003"), pytest.warns(UserWarning):
        checkpoints.load(tmp_path)


@pytest.mark.parametrize("steps, warnings", [((3,), 0), ((3, 4), 1), ((3, 4, 5), 2)])
def test_where_all_checkpoints_are_damaged_the_oldest_is_the_error_and_the_newer_ones_are_warned_of(
        steps, warnings, tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(checkpoints, "KEPT", 3)
    for step in steps:
        checkpoints.save(tmp_path, step, {}, {"a": np.arange(3)})
        os.truncate(tmp_path / f"step-{step:08}" / "a.npy", 10)
    with pytest.raises(ValueError, match="step-00000003/a.npy: damaged"):
        checkpoints.load(tmp_path)
    assert len(recwarn) == warnings
    for warning, step in zip(recwarn, reversed(steps)):
        assert f"step-{step:08}/a.npy: damaged" in str(warning.message)
        assert str(warning.message).endswith("; resuming from the checkpoint before")
