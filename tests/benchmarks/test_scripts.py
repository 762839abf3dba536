"""Claim: every script of benchmarks/ starts, and an adapter imports only what its peer's environment has."""

import ast
import importlib
import re
import runpy
import sys
import types

import pytest

from benchmarks import process, run_all
from benchmarks.peers import steps
from benchmarks.process import ROOT
from benchmarks.quality import compare

FOLDER = ROOT / "benchmarks"
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8")
           for path in sorted(FOLDER.glob("[!.]*.py")) + sorted(FOLDER.glob("[!.]*/[!.]*.py"))
           if path.name != "__init__.py"}
FRAMEWORKS = {  # peer: what its environment has besides the standard library, NumPy and SciPy
    "fasttext": {"fasttext"}, "keras": {"keras", "tensorflow"}, "napkinxc": {"napkinxc"}, "omikuji": {"omikuji"},
    "sklearn": {"sklearn", "joblib", "threadpoolctl"}, "torch": {"torch"},
}
ADAPTERS = {name: name.split(".")[-1].split("_")[0] for name in MODULES if name.startswith("benchmarks.peers.")}
ADAPTERS = {name: peer for name, peer in ADAPTERS.items() if peer in FRAMEWORKS}
HERE = [name for name in MODULES if name not in ADAPTERS]  # what this environment can import


def imports(name):
    """What a module imports: full names of the benchmarks' modules, first names of all others."""
    for node in ast.walk(ast.parse(MODULES[name])):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for full in names:
            own = [module for module in (full, full.rpartition(".")[0]) if module in MODULES]
            yield own[0] if own else full.split(".")[0]


def reached(name):
    """The packages that a module imports, directly and through the benchmarks' modules."""
    seen, todo = set(), [name]
    while todo:
        new = set(imports(todo.pop())) - seen
        seen |= new
        todo += new & MODULES.keys()
    return seen - MODULES.keys()


@pytest.mark.parametrize("name", HERE)
def test_a_module_imports(name):
    assert importlib.import_module(name).__doc__, f"{name}: want a docstring that says what it measures"


@pytest.mark.parametrize("name", [name for name in HERE if '__name__ == "__main__"' in MODULES[name]])
def test_a_script_explains_itself(name, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    assert not end.value.code and "usage" in capsys.readouterr().out


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_imports_only_what_its_environment_has(name):
    assert reached(name) <= sys.stdlib_module_names | {"numpy", "scipy"} | FRAMEWORKS[ADAPTERS[name]]


def test_modules_that_are_started_by_name_exist():
    started = {f"benchmarks.{section.module}" for section in run_all.SECTIONS.values()}
    started |= {f"benchmarks.peers.{peer}_step" for peer in steps.FORMS}
    started |= {f"benchmarks.peers.{system.peer}_quality" for system in compare.SYSTEMS.values() if system.peer}
    assert started <= MODULES.keys()


def test_commands_that_are_quoted_exist():
    texts = [*MODULES.values(), *(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md"))]
    quoted = {name for text in texts for name in re.findall(r"\bbenchmarks(?:\.[a-z]\w*)+", text)}
    folders = {"benchmarks.speed", "benchmarks.quality", "benchmarks.peers"}
    for name in quoted - folders:
        assert name in MODULES or name.rpartition(".")[0] in MODULES, name


def test_results_open_with_their_days_and_minutes():
    parts = {name: f"## {name}\n\n2026-01-0{day}: x\n\nIt took {minutes} minutes.\n"
             for name, day, minutes in (("a", 2, 1.5), ("b", 3, 3.2))}
    assert f"Made on 2026-01-02 to 2026-01-03, in 5 minutes for 2 of {len(run_all.SECTIONS)} sections." in \
        run_all.opening(parts)


@pytest.mark.parametrize("printed, reason", [("**2 disagreements** (x):\n\n- why", False), ("half a table", True)])
def test_a_section_that_ended_early_says_why(printed, reason, monkeypatch):
    done = types.SimpleNamespace(stdout=printed, stderr="ValueError: no file", returncode=1)
    monkeypatch.setattr(run_all.subprocess, "run", lambda *args, **how: done)
    text = run_all.section("predict", False, {run_all.TITLES: []})
    assert ("**It ended with status 1**: ValueError: no file" in text) == reason and "It took 0.0 minutes." in text


def test_files_elsewhere_are_named_without_their_folders(monkeypatch):
    words = ["python", "-m", "x", "--titles", str(ROOT.parent / "a" / "b.csv"), "--quick"]
    monkeypatch.setattr(sys, "orig_argv", words)
    assert process.own_command() == "python -m x --titles b.csv --quick"


@pytest.mark.parametrize("name", run_all.SECTIONS)
def test_a_section_opens_with_a_question(name):
    assert run_all.question(f"benchmarks.{run_all.SECTIONS[name].module}").endswith("?")
