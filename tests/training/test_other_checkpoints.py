"""Claim: a training does not resume from the checkpoint of another training, and leaves that checkpoint as it is."""

import numpy as np
import pytest
from problems import random_dataset, trainer

import nnlite
from nnlite import SGD, AdaGrad, Dataset
from nnlite.system import array_folder
from nnlite.training.trainer import constant, linear_decay


@pytest.mark.parametrize("change, message", [
    (dict(batch_rows=15), "batch_rows: want 15, got 16"), (dict(epochs=4), "epochs: want 4, got 3"),
    (dict(seed=6), "seed: want 6, got 5"), (dict(dropout=0.0), r"dropout: want 0.0, got 0.25"),
    (dict(optimizer=AdaGrad(0.2)), r"optimizer: want \['AdaGrad', 0.2, 0.2, 1e-10, \[\]\]"),
    (dict(optimizer=AdaGrad(0.1, labels_lr=0.2)), r"optimizer: want \['AdaGrad', 0.1, 0.2, 1e-10, \[\]\]"),
    (dict(optimizer=AdaGrad(0.1, eps=1e-5)), r"optimizer: want \['AdaGrad', 0.1, 0.1, 1e-05, \[\]\]"),
    (dict(optimizer=AdaGrad(0.1, by_row=["labels.W"])),
     r"optimizer: want \['AdaGrad', 0.1, 0.1, 1e-10, \['labels.W'\]\]"),
    (dict(optimizer=SGD(0.1)), r"optimizer: want \['SGD', 0.1, 0.1\], got \['AdaGrad', 0.1, 0.1, 1e-10, \[\]\]"),
    (dict(order="chunks"), "order: want chunks, got shuffled"), (dict(reduction="mean"), "reduction: want mean, got"),
    (dict(word_dropout=0.5), "word_dropout: want 0.5, got 0.25"), (dict(negligible=0.1), "negligible: want 0.1, got"),
    (dict(schedule=constant), "schedule: want"),
    (dict(label_weights=np.ones(23)), "label_weights: want .+, got None"),
])
def test_the_checkpoint_of_another_training_is_refused(change, message, tmp_path):
    trainer(AdaGrad(0.1), tmp_path, seconds=1e9).fit(random_dataset())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(ValueError, match=f"checkpoint is of another training: {message}"):
        trainer(**dict(optimizer=AdaGrad(0.1), folder=tmp_path) | change).fit(random_dataset())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize("other", [np.full(23, 2), np.arange(23)[::-1], np.roll(np.arange(23), 1)])
def test_the_checkpoint_of_other_label_weights_is_refused(other, tmp_path):
    """Also of the same weights in another order, whose sum is the same."""
    trainer(AdaGrad(0.1), tmp_path, seconds=1e9, label_weights=np.arange(23)).fit(random_dataset())
    with pytest.raises(ValueError, match="another training: label_weights: want"):
        trainer(AdaGrad(0.1), tmp_path, label_weights=other).fit(random_dataset())


def test_the_checkpoint_of_another_nameless_schedule_is_refused(tmp_path):
    """A schedule is known by its values at all steps, not by its name; another name for the same values resumes."""
    trainer(AdaGrad(0.1), tmp_path, seconds=1e9, schedule=lambda progress: 1 - progress).fit(random_dataset())
    trainer(AdaGrad(0.1), tmp_path, seconds=1e9, schedule=linear_decay).fit(random_dataset())
    with pytest.raises(ValueError, match="another training: schedule: want"):
        trainer(AdaGrad(0.1), tmp_path, schedule=lambda progress: 1 - progress ** 2).fit(random_dataset())


@pytest.mark.parametrize("hidden, activation, output", [
    ((9,), "sigmoid", "sigmoid"), ((8,), "relu", "sigmoid"), ((9, 9), "relu", "sigmoid"), ((9,), "relu", "softmax")])
def test_the_checkpoint_of_another_network_is_refused(hidden, activation, output, tmp_path):
    trainer(AdaGrad(0.1), tmp_path, seconds=1e9).fit(random_dataset())
    other = trainer(AdaGrad(0.1), tmp_path)
    other.model = nnlite.MLP(40, 23, hidden, activation, output=output)
    with pytest.raises(ValueError, match="another training: network"):
        other.fit(random_dataset())


@pytest.mark.parametrize("as_chunks", [False, True])
@pytest.mark.parametrize("weights", [None, np.full(61, 2.0)])
def test_the_checkpoint_of_other_weights_of_the_rows_is_refused(weights, as_chunks, tmp_path):
    def data(weights):
        found = Dataset(random_dataset().x, random_dataset().y, weights)
        return found.chunks(61) if as_chunks else [found]

    trainer(AdaGrad(0.1), tmp_path, seconds=1e9).fit(data(np.ones(61)))
    with pytest.raises(ValueError, match="another training: data"):
        trainer(AdaGrad(0.1), tmp_path).fit(data(weights))


def test_the_checkpoint_of_a_longer_training_is_refused(tmp_path):
    """Of the same data in fewer, larger chunks, whose rows make fewer steps."""
    trainer(AdaGrad(0.1), tmp_path, seconds=1e9).fit(random_dataset().chunks(8))
    with pytest.raises(ValueError, match="the checkpoint is of another training: n_steps: want 12, got 24: "):
        trainer(AdaGrad(0.1), tmp_path).fit(random_dataset())


@pytest.mark.parametrize("change", [lambda settings: settings.pop("label_weights"),
                                    lambda settings: settings.update(more=1)])
def test_arrays_are_checked_where_settings_lack_a_none_or_have_an_entry_more(change, tmp_path):
    trainer(AdaGrad(0.1), tmp_path, seconds=1e9).fit(random_dataset())
    newest, = tmp_path.iterdir()
    header, arrays, _ = array_folder.read(newest, "checkpoint")
    change(header["settings"])
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    array_folder.write(newest, "checkpoint", header, {n: np.array(a) for n, a in arrays.items() if n != "labels.b"})
    with pytest.raises(ValueError, match="not a usable checkpoint: labels.b: want"):
        trainer(AdaGrad(0.1), tmp_path).fit(random_dataset())


@pytest.mark.parametrize("before, after", [(1, 2), (1, None), (None, 1)])
def test_scores_of_other_validation_data_are_not_mixed(before, after, tmp_path):
    def judged(seed):
        return None if seed is None else random_dataset(seed=seed)

    trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), judged(before))
    with pytest.raises(ValueError, match="the checkpoint is of a training with other validation data"):
        trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), judged(after))
    same = trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), judged(before))
    assert len(same.validation) == (0 if before is None else 3)


def test_a_checkpoint_that_does_not_name_its_validation_data_is_read(tmp_path):
    trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), random_dataset(seed=1))
    for path in tmp_path.iterdir():
        header, arrays, _ = array_folder.read(path, "checkpoint")
        header = {name: value for name, value in header.items() if name not in ("format", "kind", "validated_on")}
        array_folder.write(path, "checkpoint", header, {name: np.array(array) for name, array in arrays.items()})
    assert len(trainer(AdaGrad(0.1), tmp_path).fit(random_dataset(), random_dataset(seed=1)).validation) == 3
