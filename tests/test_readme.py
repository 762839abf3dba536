"""Claim: what the README, the tour and examples/README.md say is so: one record's journey, examples, commands."""

import csv
import doctest
import json
import re
import shlex
from pathlib import Path

import numpy as np
from problems import compiled, take_step

import nnlite
from nnlite.data.tokens import tokenise
from nnlite.network.layers import SparseLinear
from nnlite.network.label_step import StepSettings
from nnlite.network.optimizers import KeepGradients
from nnlite.system.threads import team
from nnlite.tool.command_line import main

README = Path(__file__).parents[1] / "README.md"
TOUR = README.parent / "examples" / "lessons" / "reading_network.md"
SERVING = README.parent / "examples" / "README.md"


def show(values):
    return "[" + " ".join(f"{v:.3g}" for v in np.ravel(values)) + "]"


class Spy:
    """Stands before the optimiser and notes the rows of the gradient that it would update from."""

    def __init__(self, optimizer, params):
        self.optimizer, self.params, self.seen = optimizer, params, {}

    def update(self, name, rows, parts, source, taken=None):
        keep = KeepGradients(self.params)
        keep.update(name, rows, parts, source)
        self.seen.update({(name, int(row)): keep.rows[name][row] for row in rows})
        self.optimizer.update(name, rows, parts, source, taken)


def journey(folder):
    """The rows of the tour's table, each value computed by the package."""
    line = json.dumps({"title": "Blue cotton <b>dress</b>", "category": ["Dresses", "Cotton", "Dresses"]})
    path = folder / "one.jsonl"
    path.write_text(line)
    record, = nnlite.read_records(path)
    words, labels = ("dress", "cotton", "blue", "shoe"), ("Women", "Dresses", "Cotton", "Shoes", "Imported")
    counts = [dict(zip(names, range(9, 0, -1))) for names in (words, labels)]
    vocabulary = nnlite.Vocabulary(*counts, n_records=9, min_count=1)
    data = vocabulary.encode([record])
    x, y = data.arrays()

    model = nnlite.MLP(4, 5, hidden=(2,), activation="relu")
    model.params["features.W"][:] = [[1, 0], [0.5, 0.5], [0, 0.5], [-1, 1]]
    model.params["labels.W"][:] = [[1, 0], [1, -0.5], [0, 1], [-1, 0], [0, 0]]
    h = np.empty((1, 2), np.float32)
    SparseLinear.forward(model.features, x, h)
    z = model.logits(data.x)
    z_features = h.copy()
    model.act(h)

    sgd = nnlite.SGD(0.5)
    sgd.start(model.params)
    sgd.next_step()
    spy = Spy(sgd, model.params)
    loss = take_step(model, data, StepSettings(1.0), spy, team(1))
    dz = np.concatenate([spy.seen["labels.b", i] for i in range(5)])
    ids, p = model.top_k(data.x, 2)

    yield f"| raw line | your file | `{line}` |"
    yield f"| record | `read_records` | title {record.title!r}, categories {', '.join(record.categories)} |"
    yield (f"| tokens, ids | `Vocabulary.encode` | {' '.join(tokenise(record.title))}: words {show(x.indices)}, "
           f"labels {show(y.indices)} |")
    yield (f"| three rows of `features.W`, ReLU | `SparseLinear`, `ACTIVATIONS` | "
           f"[1 0] + [0.5 0.5] + [0 0.5] = {show(z_features)} = h |")
    np.testing.assert_array_equal(h, z_features)  # both are positive, so the row of the table holds for both
    yield f"| logits of the tile | `LabelLayer.logits` | z = {show(z)} |"
    yield f"| loss and its gradient | `dense.bce_with_logits` | {loss:.3f}, dz = {show(dz)} |"
    yield f"| gradient with respect to h | `LabelLayer`, dz W | dh = {show(spy.seen['features.W', 0])} |"
    yield f"| row of Dresses | `SGD.update` | [1 -0.5] becomes {show(model.params['labels.W'][1])} |"
    dress, _, _, shoe = map(show, model.params["features.W"])
    yield f"| rows of dress, shoe | `SparseLinear`, `SGD.update` | [1 0] becomes {dress}; absent, {shoe} stays |"
    best = ", ".join(f"{vocabulary.labels[i]} {q:.2f}" for i, q in zip(ids[0], p[0]))
    yield f"| top 2 after the step | `MLP.top_k` | {best} |"


def test_the_journey_of_one_record(tmp_path):
    text = TOUR.read_text(encoding="utf-8")
    for row in journey(tmp_path):
        assert row in text, row


@compiled
def test_the_examples_run():
    failed, tried = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert tried and not failed


@compiled
def test_the_weekly_training_of_the_examples_replaces_the_model(tmp_path, monkeypatch, capsys):
    """Its commands, and then its lines of Python, on a shop whose model was trained on less."""
    monkeypatch.chdir(tmp_path)
    records = list(nnlite.make_catalogue(900))
    for name, some in ("products", records[:600]), ("last_week", records[600:]):
        with open(f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("title", "categories"), *((t, "|".join(names)) for t, names in some)])
    nnlite.TitleClassifier(epochs=1).fit(*zip(*records[:200])).save("shop")
    text = SERVING.read_text(encoding="utf-8")
    commands = re.findall("^    nnlite (.*)", text, re.MULTILINE)
    assert [main(shlex.split(command)) for command in commands] == [0, 0, 0]
    said = capsys.readouterr().out
    assert said.count("unknown ") == 2 and "have no category that the model" in said
    failed, tried = doctest.testfile(str(SERVING), module_relative=False, encoding="utf-8")
    assert tried and not failed
    old, new = (nnlite.TitleClassifier.load(name).model_.params["labels.W"] for name in ("shop", "new"))
    np.testing.assert_array_equal(old, new)


def test_the_bounds_of_the_web_service_are_those_of_its_text():
    text = " ".join(SERVING.read_text(encoding="utf-8").split())
    code = (SERVING.parent / "serve.py").read_text(encoding="utf-8")
    assert "MOST_TITLES, MOST_CHARACTERS = 1_000, 2_000" in code
    assert "at most 1,000 titles of at most 2,000 characters" in text
    for line in re.findall("^    (?:python -m pip|NNLITE_MODEL|curl).*", code, re.MULTILINE):
        assert line in SERVING.read_text(encoding="utf-8")


def test_the_two_lines_install_all_that_is_used():
    text = README.read_text(encoding="utf-8")
    assert 'python -m pip install -e ".[examples]" && python examples/train_amazon.py' in text
    assert 'python -m pip install -e ".[test]" && python -m pytest' in text
