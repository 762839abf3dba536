"""Claim: a checkpoint with right sums but wrong contents is not resumed from; the error names what is wrong."""

import json
import shutil
from unittest import mock

import numpy as np
import pytest
from problems import bits, random_dataset, trainer

from nnlite import AdaGrad
from nnlite.system import array_folder
from nnlite.training import checkpoints

F32 = np.float32


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    trainer(AdaGrad(0.1), folder).fit(random_dataset())
    return folder


def set_to(name, value):
    """A change of a checkpoint's arrays or header."""
    def change(header, arrays):
        (arrays if name in arrays or isinstance(value, np.ndarray) else header)[name] = value
    return change


def without(name):
    def change(header, arrays):
        del (arrays if name in arrays else header)[name]
    return change


def nan_in(name):
    def change(header, arrays):
        arrays[name].flat[0] = np.nan
    return change


WRONG = [
    ("features.W", without("features.W")), ("labels.b/s", without("labels.b/s")),
    ("history/loss", without("history/loss")), ("history/rows", without("history/rows")),
    ("more", set_to("more", np.zeros(1))),
    ("features.W", set_to("features.W", np.zeros((1, 1), F32))),
    ("features.b", set_to("features.b", np.zeros((), F32))),
    ("features.W", set_to("features.W", np.zeros((3, 8), F32))),
    ("labels.b", set_to("labels.b", np.zeros((23, 1), F32))),
    ("features.W", set_to("features.W", np.zeros((40, 9)))),
    ("features.W", set_to("features.W", np.zeros((40, 9), np.int64))),
    ("labels.W/s", set_to("labels.W/s", -np.ones((23, 9), F32))),
    ("labels.W", nan_in("labels.W")), ("labels.W/s", nan_in("labels.W/s")), ("history/loss", nan_in("history/loss")),
    ("history/loss", set_to("history/loss", np.ones(99999))), ("history/loss", set_to("history/loss", np.ones(11))),
    ("history/loss", set_to("history/loss", np.ones((12, 1)))), ("history/loss", set_to("history/loss", np.empty(0))),
    ("history/loss", set_to("history/loss", -np.ones(12))),
    ("history/rows", set_to("history/rows", np.zeros(12, np.int64))),
    ("history/rows", set_to("history/rows", np.full(12, 17))), ("history/rows", set_to("history/rows", np.ones(12))),
    ("settings", without("settings")), ("settings", set_to("settings", [1])), ("settings", set_to("settings", "a")),
    *(("step", set_to("step", value)) for value in ("12", -9, 10**400, 11, 12.0, True, None, [12])),
    ("step", without("step")), ("validation", without("validation")), ("seconds", without("seconds")),
    *(("seconds", set_to("seconds", value)) for value in ("9", -1, float("nan"), float("inf"), 10**400, None, True)),
    *(("validation", set_to("validation", value)) for value in (
        "a", {}, [1], [{"bce": "a"}], [{"bce": float("nan")}], [{}] * 13)),
]


def damage(folder, change):
    """Change the content of a checkpoint, so that its sums are right."""
    header, arrays, _ = array_folder.read(folder, "checkpoint")
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    arrays = {name.replace("+", "/"): np.array(array) for name, array in arrays.items()}
    good = dict(header)
    change(header, arrays)
    shutil.rmtree(folder)
    with mock.patch.object(array_folder, "_check_finite"):  # as another program would write it
        array_folder.write(folder, "checkpoint", good, {name.replace("/", "+"): a for name, a in arrays.items()})
    path = folder / "checkpoint.json"
    written = json.loads(path.read_text())
    own = {name: value for name, value in written.items() if name not in good}
    path.write_text(json.dumps(own | header))


@pytest.mark.parametrize("entry, change", WRONG)
def test_wrong_contents_are_an_error_that_names_them(entry, change, saved, tmp_path):
    last = tmp_path / "step-00000012"
    shutil.copytree(saved / last.name, last)
    damage(last, change)
    one = trainer(AdaGrad(0.1), tmp_path)
    before = bits(one.model)
    with pytest.raises(ValueError) as caught:
        one.fit(random_dataset())
    no_reader = f"{last}/{entry.replace('/', '+')}.npy: want finite", f"{last}/checkpoint.json: "  # takes such contents
    assert str(caught.value).startswith((f"{last}: not a usable checkpoint: {entry}: want ", *no_reader))
    assert " got" in str(caught.value) and len(str(caught.value)) < 500
    assert bits(one.model) == before


def test_an_older_checkpoint_is_used_where_the_contents_of_the_newest_are_wrong(saved, tmp_path):
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    damage(tmp_path / "step-00000012", nan_in("labels.W"))
    one, other = trainer(AdaGrad(0.1), tmp_path), trainer(AdaGrad(0.1), saved)
    with pytest.warns(UserWarning, match="step-00000012/labels.W.npy: want finite .* from the checkpoint before"):
        one.fit(random_dataset())
    other.fit(random_dataset())
    assert bits(one.model) == bits(other.model)


def test_checkpoints_are_in_the_order_of_their_steps(tmp_path):
    """Also with more digits than eight."""
    for step in 99_999_999, 100_000_000, 100_000_001:
        checkpoints.save(tmp_path, step, {}, {})
        checkpoints.keep_newest(tmp_path)
    assert checkpoints.load(tmp_path)[0]["step"] == 100_000_001
    assert {path.name for path in tmp_path.iterdir()} == {"step-100000000", "step-100000001"}


def test_other_files_in_the_folder_stay(tmp_path):
    others = [tmp_path / name for name in ("step-notes", ".step-notes", "step-1", "step-00000001.txt")]
    for path in others:
        path.mkdir()
    for step in 1, 2, 3:
        checkpoints.save(tmp_path, step, {}, {})
        checkpoints.keep_newest(tmp_path)
    assert all(path.exists() for path in others) and checkpoints.load(tmp_path)[0]["step"] == 3


@pytest.mark.parametrize("change", [
    set_to("seconds", 0), set_to("seconds", 1e12), set_to("validation", [{}] * 12), set_to("validation", []),
    set_to("validation", [{"bce": -1e308, "p": 0}]), set_to("history/loss", np.zeros(12)),
    set_to("history/rows", np.ones(12, np.int64)), set_to("history/rows", np.full(12, 16)),
    set_to("labels.W/s", np.zeros((23, 9), F32)), set_to("labels.W", -np.ones((23, 9), F32))])
def test_contents_at_the_ends_of_their_ranges_are_resumed_from(change, saved, tmp_path):
    last = tmp_path / "step-00000012"
    shutil.copytree(saved / last.name, last)
    damage(last, change)
    one = trainer(AdaGrad(0.1), tmp_path)
    one.fit(random_dataset(), on_step=lambda step: pytest.fail("all steps are done"))
    assert len(one.history.loss) == 12


@pytest.mark.parametrize("n_steps, is_usable", [(12, True), (11, False), (None, True)])
def test_no_checkpoint_is_beyond_the_last_step(n_steps, is_usable, saved):
    header, arrays = checkpoints.load(saved)
    params = {name: array for name, array in arrays.items() if not name.startswith("history")}
    wanted = checkpoints.Wanted(header["settings"], params, n_steps, 16)
    if is_usable:
        assert checkpoints.load(saved, wanted)[0]["step"] == 12
    else:
        with pytest.warns(UserWarning, match="step: want 1 to 11, got 12; resuming from the checkpoint before"):
            assert checkpoints.load(saved, wanted)[0]["step"] == 11
    assert checkpoints.load(saved, wanted, 11)[0]["step"] == 11 and checkpoints.load(saved, wanted, 10) is None
