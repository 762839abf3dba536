"""Claim: the README's numbers are the program's: the journey of one record, the line counts, the examples."""

import doctest
import json
from pathlib import Path

import numpy as np
from problems import compiled

import nnlite
from nnlite.layers import SparseLinear
from nnlite.optimizers import KeepGradients
from nnlite.threads import team
from nnlite.vocabulary import tokenise

README = Path(__file__).parents[1] / "README.md"
ROOMS = {
    "records": "raw files become `Record(title, categories)`, one at a time, whatever the file holds",
    "vocabulary": "words and labels: tokenise, count, cut, encode",
    "dataset": "`Dataset`, a validated pair of csr matrices, and `Csr`, their bare arrays",
    "reference": "the network on one page and the twin of every kernel, in plain NumPy",
    "layers": "sparse words in, hidden layers, the fused label layer; who owns which rows",
    "softmax": "a label layer for labels that exclude each other",
    "model": "`MLP`: parameters by name, the way up, one training step, top k",
    "optimizers": "SGD, AdaGrad, Adam: rows of a parameter from rows of its gradient",
    "trainer": "epochs, chunks, batches, schedules, checkpoints, history",
    "recipes": "the recipe that fails and the one that learns, side by side",
    "metrics": "P@k, R@k, nDCG@k, PSP@k, F1, calibration, the floor to beat",
    "evaluation": "`evaluate` and `check_gradients`",
    "threads": "fixed shards of a range, and the only threads of the project",
    "kernels": "the compiled loops over activations and logits",
    "sparse_kernels": "those over sparse rows, and the optimisers",
    "compiled_kernels": "how every loop is compiled",
    "counting_kernels": "the loops that count and rank predictions",
    "text": "titles become tokens, many at a time as hashes, which are counted in a table",
    "text_kernels": "the compiled loops over text",
    "lines": "the lines of a file, numbered, and what is wrong with the bad ones",
    "catalogue": "a made-up catalogue, for a machine without data",
    "xmc": "the text format of the Extreme Classification Repository",
    "chunks": "data larger than memory, in a folder, in random order, read ahead",
    "checkpoints": "a training between two steps, as folders of which the newest are kept",
    "folders": "folders of arrays and texts, written whole or not at all, checked when read",
    "files": "packed files, and files written whole or not at all",
    "calibration": "what a probability is worth, and thresholds",
    "model_folder": "a trained model as a folder: what predicting needs, nothing that executes",
    "classifier": "`TitleClassifier`: titles in, category names out",
    "arguments": "titles and categories as people pass them, checked",
    "categories": "what a model takes for the categories of a record",
    "mapping": "raw category -> category, a plain file for a person to edit",
    "proposal": "what such a file should say, from the data",
    "major": "a few major categories, one for each record",
    "explanation": "the effect of each word of a title, by leaving it out",
    "planning": "what a training will take, before it starts",
    "machine": "what this machine can do, and what slows it down",
    "html_report": "a page on what a model makes of some records",
    "html_samples": "its examples: what is taken for what, and which words caused it",
    "html_page": "its skeleton, style and tables",
    "charts": "its charts, as SVG",
    "commands": "what the commands of the command line do",
    "__main__": "their options and help",
}


def room_rows():
    folder = Path(nnlite.__file__).parent
    for name, what in ROOMS.items():
        yield f"| `{name}` | {len((folder / f'{name}.py').read_text(encoding='utf-8').splitlines())} | {what} |"


def show(values):
    return "[" + " ".join(f"{v:.3g}" for v in np.ravel(values)) + "]"


class Spy:
    """Stands before the optimiser and notes the rows of the gradient that it would update from."""

    def __init__(self, optimizer, params):
        self.optimizer, self.params, self.seen = optimizer, params, {}

    def update(self, name, rows, parts, source):
        keep = KeepGradients(self.params)
        keep.update(name, rows, parts, source)
        self.seen.update({(name, int(row)): keep.rows[name][row] for row in rows})
        self.optimizer.update(name, rows, parts, source)


def journey(folder):
    """The rows of the README's table, each value computed by the package."""
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
    active = h.copy()
    model.act.forward(active)

    sgd = nnlite.SGD(0.5)
    sgd.start(model.params)
    sgd.next_step()
    spy = Spy(sgd, model.params)
    loss = model.step(x, y, 1.0, spy, team(1))
    dz = np.concatenate([spy.seen["labels.b", i] for i in range(5)])
    ids, p = model.top_k(data.x, 2)

    yield f"| a raw line | your file | `{line}` |"
    yield f"| is cleaned | `records` | title {record.title!r}, categories {', '.join(record.categories)} |"
    yield f"| tokens | `vocabulary.tokenise` | {' '.join(tokenise(record.title))} |"
    yield f"| ids | `Vocabulary.encode` | words {show(x.indices)}, labels {show(y.indices)} |"
    yield f"| add up three rows of `features.W` | `SparseLinear.forward` | [1 0] + [0.5 0.5] + [0 0.5] = {show(h)} |"
    yield f"| activation | `Activation.forward` | h = {show(active)} |"
    yield f"| logits of the tile | `LabelLayer.logits` | z = {show(z)} |"
    yield f"| loss | `kernels.bce_with_logits` | {loss:.3f}, summed over the five labels |"
    yield f"| logits become gradients | `kernels.bce_with_logits` | dz = {show(dz)} |"
    yield f"| gradient of h | `LabelLayer`, dz W | dh = {show(spy.seen['features.W', 0])} |"
    yield f"| row of Dresses | `SGD.update` | [1 -0.5] becomes {show(model.params['labels.W'][1])} |"
    yield f"| row of dress | `SparseLinear`, `SGD.update` | [1 0] becomes {show(model.params['features.W'][0])} |"
    yield f"| row of shoe, absent | nobody | stays {show(model.params['features.W'][3])} |"
    best = ", ".join(f"{vocabulary.labels[i]} {q:.2f}" for i, q in zip(ids[0], p[0]))
    yield f"| top 2 after the step | `MLP.top_k` | {best} |"


def test_the_journey_of_one_record(tmp_path):
    text = README.read_text(encoding="utf-8")
    for row in journey(tmp_path):
        assert row in text, row


def test_the_rooms_have_these_many_lines():
    text = README.read_text(encoding="utf-8")
    for row in room_rows():
        assert row in text, row
    assert set(ROOMS) == {path.stem for path in Path(nnlite.__file__).parent.glob("*.py")} - {"__init__"}


@compiled
def test_the_examples_run():
    failed, tried = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert tried and not failed


def test_the_two_lines_install_all_that_is_used():
    text = README.read_text(encoding="utf-8")
    assert 'python -m pip install -e ".[examples]" && python examples/train_amazon.py' in text
    assert 'python -m pip install -e ".[test]" && python -m pytest' in text
