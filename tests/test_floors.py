"""Claim: a room imports only from the floors below it, compiled loops live in kernels, threads in `threads`."""

import ast
from pathlib import Path

import pytest

import nnlite

FLOORS = [
    {"compiled_kernels", "reference", "threads", "metrics", "files", "lines", "proposal", "charts", "html_page"},
    {"kernels", "sparse_kernels", "counting_kernels", "text_kernels"},
    {"records", "text", "dataset", "optimizers", "machine", "folders"},
    {"catalogue", "vocabulary", "xmc", "layers", "checkpoints", "mapping", "major"},
    {"softmax", "chunks", "categories", "arguments"},
    {"model"},
    {"evaluation", "explanation"},
    {"trainer", "calibration"},
    {"recipes", "html_samples"},
    {"model_folder", "planning"},
    {"classifier"},
    {"html_report"},
    {"commands"},
    {"__main__"},
]
FILES = {path.stem: path for path in Path(nnlite.__file__).parent.glob("*.py") if path.stem != "__init__"}


def imported(path):
    """(room of nnlite, or None, and the module's full name) of every import in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((None, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = node.module.split(".")
            rooms = (parts[1:2] or [alias.name for alias in node.names]) if parts[0] == "nnlite" else [None]
            yield from ((room, node.module) for room in rooms)


def test_every_room_has_a_floor():
    assert set(FILES) == set().union(*FLOORS)


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_point_down(name):
    floor = next(i for i, rooms in enumerate(FLOORS) if name in rooms)
    below = set().union(*FLOORS[:floor])
    if name != "evaluation":  # check_gradients holds the compiled network against the reference
        below -= {"reference"}
    assert {room for room, _ in imported(FILES[name]) if room} <= below


@pytest.mark.parametrize("name", sorted(FILES))
def test_tools_stay_in_their_room(name):
    modules = {module.split(".")[0] for _, module in imported(FILES[name])}
    assert "numba" not in modules or name.endswith("kernels")
    assert not modules & {"threading", "threadpoolctl", "concurrent"} or name == "threads"
    assert not modules & {"torch", "tensorflow", "keras", "jax", "sklearn", "pickle"}


def test_the_public_names_are_there():
    for name in nnlite.__all__:
        assert getattr(nnlite, name).__doc__, name
