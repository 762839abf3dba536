"""Claim: a folder imports only from lower folders, without circles, and each tool is used in one folder only."""

import ast
from functools import cache
from pathlib import Path

import pytest

import nnlite

ROOT = Path(nnlite.__file__).parent
LEVELS = [  # from the lowest: folders of one level do not import from each other
    {"kernels", "version"},
    {"system"},
    {"data"},
    {"network", "categories"},
    {"mlp"},
    {"scores", "precision"},
    {"ranks"},
    {"training"},
    {"classifier"},
    {"tool"},
    {"__main__"},
]
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in ROOT.rglob("*.py")
           if path.name != "__init__.py"}


@cache
def imported(path):
    """The full name of every module, or name in a module, that a file imports, for types alone too."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def own_imports(name):
    """The modules of nnlite that a module imports, by their names within the package."""
    for full in imported(MODULES[name]):
        first, *parts = full.split(".")
        if first == "nnlite":
            found = [".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in MODULES]
            yield found[0] if found else ".".join(parts)


def level(name):
    """The index in LEVELS of a module's folder."""
    return next(i for i, folders in enumerate(LEVELS) if name.split(".")[0] in folders)


def test_every_folder_has_a_level():
    assert {name.split(".")[0] for name in MODULES} == set().union(*LEVELS)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name):
    folder = name.split(".")[0]
    for other in own_imports(name):
        assert other in MODULES, f"{name} imports {other}, want it from the module that defines it"
        assert other.split(".")[0] == folder or level(other) < level(name), f"{name} imports {other}"


def test_no_module_imports_itself_through_others():
    below = {name: set(own_imports(name)) for name in MODULES}
    free = set()
    while next_free := {name for name, others in below.items() if name not in free and others <= free}:
        free |= next_free
    assert not below.keys() - free


@pytest.mark.parametrize("name", sorted(MODULES))
def test_tools_stay_in_their_folder(name):
    modules = {full.split(".")[0] for full in imported(MODULES[name])}
    assert "numba" not in modules or name.startswith("kernels.")
    assert not modules & {"threading", "threadpoolctl", "concurrent"} or name in (
        "system.threads", "system.scratch", "system.apart", "system.blas", "system.ahead", "system.stages",
        "kernels.atomic")
    assert not modules & {"torch", "tensorflow", "keras", "jax", "sklearn", "pickle"}


def test_only_the_gradient_check_uses_the_reference():
    assert [name for name in MODULES if "network.reference" in own_imports(name)] == ["training.gradients"]


def test_the_network_is_an_afternoon():
    """network/ is what a student reads: it and what it imports stay within what an afternoon allows."""
    seen, todo = set(), [name for name in MODULES if name.startswith("network.")]
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert sum(lines[name] for name in todo) <= 1_000
    while todo:
        name = todo.pop()
        seen.add(name)
        todo += [other for other in own_imports(name) if other not in seen | set(todo)]
    assert sum(lines[name] for name in seen) <= 2_000


def test_a_file_is_one_idea_on_a_few_pages():
    assert not [name for name, path in MODULES.items() if len(path.read_text(encoding="utf-8").splitlines()) > 300]


def test_the_public_names_are_there():
    for name in nnlite.__all__:
        assert getattr(nnlite, name).__doc__, name
