"""Claim: the tour of the network names what is there, and the solutions of its exercises are right."""

import re
from importlib import import_module
from pathlib import Path

import numpy as np
from problems import assert_close, compiled, exact, random_dataset, random_model

import nnlite
from nnlite.kernels import sparse
from nnlite.network import layers, network, reference

ROOT = Path(nnlite.__file__).parents[1]
TOUR = (ROOT / "examples" / "lessons" / "reading_network.md").read_text(encoding="utf-8")


def solution(file, n=1):
    """What the n-th block of code for a file defines, by name, in a copy of the file's module."""
    block = re.findall(rf"^(?:In|The twin, in) `{file}`[^\n]*:\n```python\n(.*?)```", TOUR, re.DOTALL | re.M)[n - 1]
    names = {} if file.startswith("tests") else dict(vars(import_module(f"nnlite.{file[:-3].replace('/', '.')}")))
    names["np"] = np
    exec(block, names)
    return names


def test_the_tour_names_what_is_there():
    places = re.findall(r"`((?:network|layers|label_layer|label_step|products|optimizers)\.[\w.]+)`", TOUR)
    assert len(places) > 15
    for place in places:
        module, *names = place.split(".")
        found = import_module(f"nnlite.network.{module}")
        for name in names:
            assert hasattr(found, name), place
            found = getattr(found, name)


def test_the_tour_and_the_readme_name_the_same_places():
    changes = [(ROOT / file).read_text(encoding="utf-8").split(heading)[1].split("\n- ")[1:n] for file, heading, n in (
        ("README.md", "## To change something", 2), ("tests/README.md", "## What a change needs", 3))]
    for change in sum(changes, []):
        for file in re.findall(r"`((?:network|kernels|tests)/[\w/]+\.py)`", change):
            assert f"`{file}`" in TOUR, file


@compiled
def test_tanh(monkeypatch):
    backward = solution("network/reference.py")["tanh_backward"]
    monkeypatch.setitem(reference.ACTIVATIONS, "tanh", (np.tanh, backward))
    monkeypatch.setitem(layers.ACTIVATIONS, "tanh", (
        solution("network/layers.py")["tanh"], solution("kernels/dense.py")["tanh_backward"], "tanh(z)"))
    h = np.linspace(-2, 2, 9)
    assert_close(backward(np.ones(9), np.tanh(h)), (np.tanh(h + 1e-6) - np.tanh(h - 1e-6)) / 2e-6, largest=1e-8)
    data = random_dataset()
    assert max(nnlite.check_gradients(random_model(data, activation="tanh"), data).values()) < 1e-5


@compiled
def test_momentum(monkeypatch):
    monkeypatch.setattr(sparse, "momentum", solution("kernels/sparse.py")["momentum"], raising=False)
    twin, data = solution("tests/twins.py")["momentum"], random_dataset()
    model = random_model(data, (9,))
    params, moments = exact(model.params), {name: np.zeros(p.shape) for name, p in model.params.items()}
    for _ in range(3):
        _, grads = reference.loss_and_grads(params, data.x.toarray(), data.y.toarray())
        for name, g in grads.items():
            params[name], moments[name] = twin(params[name], g, moments[name], 0.1, 0.9)
    optimizer = solution("network/optimizers.py")["Momentum"](0.1)
    nnlite.Trainer(model, optimizer, batch_rows=len(data), epochs=3, order="chunks").fit(data)
    for name, p in params.items():
        assert_close(model.params[name], p, largest=1e-5, name=name)


def test_squared_hinge(monkeypatch):
    squared_hinge, data = solution("network/reference.py", 2)["squared_hinge"], random_dataset()
    loss, dz = squared_hinge(np.array([0.5, 2.0, -0.5]), np.array([1, 1, 0]))
    assert loss == 0.5 and dz.tolist() == [-1, 0, 1]
    monkeypatch.setitem(network.OUTPUTS, "hinge", solution("network/label_layer.py")["HingeLayer"])
    monkeypatch.setattr(reference, "softmax_ce", squared_hinge)  # where the solution has a third case
    model = nnlite.MLP(data.n_words, data.n_labels, hidden=(9,), output="hinge")
    assert max(nnlite.check_gradients(model, data).values()) < 1e-5
