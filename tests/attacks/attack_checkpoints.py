"""Attacks by checkpoints: right checksums and wrong contents, moved folders, and trainings that only look the same."""

import json
import shutil
import warnings
from functools import lru_cache, partial
from pathlib import Path
from tempfile import mkdtemp

import attack
import numpy as np
from attack import Attack
from handmade import write_folder

import nnlite
from nnlite.system import array_folder

FORMAT = array_folder.FORMATS[-1]

ERRORS = ValueError, OSError


@lru_cache
def data():
    records = list(nnlite.make_catalogue(200))
    return nnlite.Vocabulary.build(records, 3).encode(records)


def train(folder, optimizer=nnlite.AdaGrad, dataset=None, on_step=None, **settings):
    """The model and the history of a training of 8 steps."""
    dataset = dataset or data()
    model = nnlite.MLP(dataset.n_words, dataset.n_labels, hidden=(4,), activation="relu")
    settings = dict(epochs=2, batch_rows=50, checkpoints=folder, checkpoint_seconds=1e9, threads=1) | settings
    return model, nnlite.Trainer(model, optimizer(0.1), **settings).fit(dataset, on_step=on_step)


def stop(folder, **settings):
    """The folder of the checkpoints, one after each step, of a training that ended after 4 of its 8 steps."""
    def end(step):
        if step.step == 5:
            raise KeyboardInterrupt
    try:
        train(folder, on_step=end, checkpoint_seconds=0, **settings)
    except KeyboardInterrupt:
        return folder
    raise AssertionError("the training was not stopped")


@lru_cache
def stopped():
    return stop(Path(mkdtemp()) / "checkpoints")


@lru_cache
def finished():
    """The parameters and the losses of a training that was not stopped."""
    model, history = train(None)
    return model.params, history.loss


def same_as_finished(model, history):
    params, losses = finished()
    assert history.loss == losses, "other losses than those of a training that was not stopped"
    assert all(np.array_equal(params[name], p) for name, p in model.params.items()), "other parameters"


def rewritten(change, resumed, case):
    """Resume after a change of the only checkpoint. resumed: what must hold if the training goes on."""
    newest = sorted(stopped().glob("step-*"))[-1]
    header, arrays, _ = array_folder.read(newest, "checkpoint")
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    arrays = {name: np.array(array) for name, array in arrays.items()}
    change(header, arrays)
    write_folder(case.folder / "c" / newest.name, "checkpoint", FORMAT, header, arrays, {})
    resumed(*train(case.folder / "c"))


def finite(model, history):
    assert len(history.loss) == 8, f"{len(history.loss)} losses of a training of 8 steps"
    assert np.isfinite(history.loss).all(), "a loss that is not a number"
    assert all(np.isfinite(p).all() for p in model.params.values()), "a parameter that is not a number"


def header(**entries):
    return lambda h, a: h.update(entries)


def array(name, value):
    return lambda h, a: a.update({name: value(a[name])})


W, STATE, LOSS, ROWS = "features.W", "features.W+s", "history+loss", "history+rows"
REFUSED = {
    **{f"no {name}": lambda h, a, name=name: a.pop(name) for name in (W, STATE, LOSS, ROWS, "labels.b")},
    **{f"no {name} in the header": lambda h, a, name=name: h.pop(name) for name in
       ("settings", "step", "seconds", "validation")},
    **{f"{name} {value!r:.20}": header(**{name: value}) for name, value in [
        ("settings", [1]), ("settings", {}), ("settings", "x"), ("step", "4"), ("step", -4), ("step", 10**30),
        ("step", 3), ("step", None), ("step", 4.5), ("seconds", "9"), ("seconds", float("nan")), ("seconds", -1e300),
        ("seconds", None), ("validation", "x"), ("validation", [1]), ("validation", None)]},
    **{f"{name} {kind}": array(name, value) for name in (W, STATE) for kind, value in {
        "of shape (1, 1)": lambda a: a[:1, :1], "of no axis": lambda a: a[0, 0].reshape(()),
        "of one row": lambda a: a[:1], "of NaN": lambda a: a * np.float32("nan"),
        "of 64 bits": lambda a: a.astype(float) * 1e200, "of whole numbers": lambda a: a.astype(np.int64),
        "transposed": lambda a: a.T.copy(), "with one more axis": lambda a: a[None],
        "of infinity": lambda a: a + np.float32("inf")}.items()},
    "a state below 0": array(STATE, lambda a: -1 - a),
    **{f"{name} {kind}": array(name, value) for name in (LOSS, ROWS) for kind, value in {
        "of 100,000 steps": lambda a: np.resize(a, 10**5), "of no step": lambda a: a[:0], "one short": lambda a: a[:-1],
        "in two columns": lambda a: np.stack([a, a], axis=1), "below 0": lambda a: -a - 1}.items()},
    "losses of NaN": array(LOSS, lambda a: a * np.nan),
    "losses of whole numbers": array(LOSS, lambda a: a.astype(np.int64)),
    "rows of floats": array(ROWS, lambda a: a.astype(float)),
    "an array more": lambda h, a: a.update({"hidden9.W": a[W]}),
    "a name that leads outside": lambda h, a: a.update({"..+..+x": a[W]}),
}


def other_training(first, then, case):
    """Resume with other settings than those of the training that was stopped."""
    train(stop(case.folder / "c", **first), **then)


def weights(place):
    found = np.ones(data().n_labels, np.float32)
    found[place] = 3
    return found


def twin():
    """Data of the same sizes and sums: two rows have exchanged their words."""
    order = np.arange(len(data()))
    order[[0, 1]] = order[[1, 0]]
    return nnlite.Dataset(data().take(order).x, data().y)


OTHER = {
    "label weights of the same sum": (dict(label_weights=weights(0)), dict(label_weights=weights(1))),
    "no label weights": (dict(label_weights=weights(0)), {}),
    "another function as schedule": (dict(schedule=lambda p: 1.0), dict(schedule=lambda p: 0.01)),
    "another seed": ({}, dict(seed=1)), "another batch": ({}, dict(batch_rows=49)), "more epochs": ({}, dict(epochs=3)),
    "another optimiser": ({}, dict(optimizer=nnlite.Adam)),
    "another rate": ({}, dict(optimizer=lambda lr: nnlite.AdaGrad(lr / 2))),
    "a state by row": ({}, dict(optimizer=lambda lr: nnlite.AdaGrad(lr, by_row=["features.W", "labels.W"]))),
    "another order": ({}, dict(order="chunks")), "dropout": ({}, dict(dropout=0.5)),
    "another reduction": ({}, dict(reduction="mean")), "other data": ({}, dict(dataset=twin())),
}


def moved(change, case):
    """Resume after a change of the folders, which a warning may tell: to the end of a training that was not stopped."""
    place = Path(shutil.copytree(stopped(), case.folder / "c"))
    change(place)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*resuming from the checkpoint before")
        same_as_finished(*train(place))


def steps(place):
    return sorted(place.glob("step-*"))


def link(place, target):
    steps(place)[-1].rename(place / "old")
    steps(place)[-1].with_name("step-00000009").symlink_to(target)


MOVED = {
    "unchanged": lambda place: None,
    "the newest damaged": lambda place: (steps(place)[-1] / "features.W.npy").write_bytes(b"x"),
    "the newest without JSON": lambda place: (steps(place)[-1] / "checkpoint.json").unlink(),
    "the newest empty": lambda place: (place / "step-00000005").mkdir(),
    "a file as the newest": lambda place: (place / "step-00000005").write_text("x"),
    "an older one under a newer number": lambda place: shutil.copytree(steps(place)[0], place / "step-00000007"),
    "a number of 30 digits": lambda place: shutil.copytree(steps(place)[0], place / f"step-{10**30}"),
    "a name that is not a number": lambda place: shutil.copytree(steps(place)[0], place / "step-x"),
    "a link to another": lambda place: (place / "step-00000009").symlink_to(steps(place)[0]),
    "a link to itself": lambda place: (place / "step-00000009").symlink_to(place / "step-00000009"),
    "other files": lambda place: (place / "notes.txt").write_text("x"),
    "JSON of another kind": lambda place: change_json(steps(place)[-1] / "checkpoint.json", kind="model"),
    "JSON of a later format": lambda place: change_json(steps(place)[-1] / "checkpoint.json", format=99),
    "all damaged": lambda place: [(step / "labels.b.npy").write_bytes(b"") for step in steps(place)],
}


def change_json(path, **entries):
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def foreign_files(case):
    """What stands beside the checkpoints and is not one of them is not removed."""
    place = Path(shutil.copytree(stopped(), case.folder / "c"))
    theirs = place / "step-by-step", place / ".step-mine", place / "step-notes.txt"
    for path in theirs[:2]:
        path.mkdir()
        (path / "thesis.tex").write_text("x")
    theirs[2].write_text("x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train(place)
    assert all(path.exists() for path in theirs), "a training has removed files that are not its own"


ATTACKS = {
    "contents unchanged": Attack(partial(rewritten, lambda h, a: None, same_as_finished), ()),
    **{name: Attack(partial(rewritten, change, finite), ERRORS, refused=True) for name, change in REFUSED.items()},
    **{f"resumed with {name}": Attack(partial(other_training, *settings), ERRORS, refused=True)
       for name, settings in OTHER.items()},
    **{name: Attack(partial(moved, change), ERRORS) for name, change in MOVED.items()},
    "other people's files": Attack(foreign_files, ERRORS),
}

if __name__ == "__main__":
    attack.main(ATTACKS)
