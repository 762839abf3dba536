"""Claim: the wheel holds the whole package and runs without its sources; every public function has type hints."""

import ast
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib import metadata, util
from pathlib import Path

import pytest

import nnlite

ROOT = Path(nnlite.__file__).parent
REQUIRED = "numpy", "scipy", "numba", "llvmlite", "threadpoolctl"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"


def run(*words, **options):
    """The standard output of a process that sees no other nnlite than its environment's, with interpreted kernels."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["NUMBA_DISABLE_JIT"] = "1"  # compiling them for a new folder would take most of the test's time
    done = subprocess.run([*map(str, words)], env=environment, capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built offline from a copy, because a build leaves files beside its sources."""
    have = util.find_spec("pip") and util.find_spec("setuptools") and metadata.version("setuptools")
    if not have or tuple(map(int, have.split(".")[:2])) < (70, 1):
        pytest.skip(f"a wheel takes pip and setuptools >= 70.1, as in the extra `test`; got setuptools {have}")
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source" / "nnlite", ignore=shutil.ignore_patterns("__pycache__"))
    for name in "setup.cfg", "pyproject.toml", "README.md", "LICENSE":
        shutil.copy(ROOT.parent / name, folder / "source")
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(folder)!r})"  # as pip calls it
    run(sys.executable, "-c", build, cwd=folder / "source")
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory):
    """The folder of programs of a new environment with this wheel; all that it requires comes from the present one."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=os.name != "nt")
    [pip] = util.find_spec("pip").submodule_search_locations
    run(environment / SCRIPTS / "python", pip, "--disable-pip-version-check", "--quiet",
        "install", "--no-deps", "--no-index", "--no-compile", wheel)
    present = {str(metadata.distribution(name).locate_file("")) for name in REQUIRED}
    site = next(environment.rglob("site-packages"))
    (site / "present.pth").write_text("\n".join(present), encoding="utf-8")
    return environment / SCRIPTS


def test_a_command_starts_without_what_few_commands_use():
    """scipy.optimize alone takes a third of the time in which the rest is imported."""
    seldom = {"scipy.optimize", "scipy.special", "scipy.stats", "matplotlib", "pandas", "pyarrow", "sklearn", "tqdm"}
    code = f"import sys, nnlite.tool.command_line; print(*{seldom} & sys.modules.keys())"
    assert run(sys.executable, "-c", code, cwd=ROOT.parent).split() == []


def test_the_wheel_holds_every_file(wheel):
    source = wheel.parent / "source"
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("nnlite/")}
    assert packed == {path.relative_to(source).as_posix() for path in (source / "nnlite").rglob("*") if path.is_file()}
    assert {"nnlite/py.typed", "nnlite/__main__.py"} <= packed
    assert wheel.name.startswith(f"nnlite-{nnlite.__version__}-py3")


def test_the_wheel_runs_without_its_sources(scripts, tmp_path):
    lines = (json.dumps({"title": r.title, "category": r.categories}) for r in nnlite.make_catalogue(60))
    (tmp_path / "products.jsonl").write_text("\n".join(lines), encoding="utf-8")

    def installed(*words):
        return run(*words, cwd=tmp_path)

    assert installed(scripts / "nnlite", "--version") == f"nnlite {nnlite.__version__}\n"
    where = installed(scripts / "python", "-c", "from importlib import util; print(util.find_spec('nnlite').origin)")
    assert Path(where).is_relative_to(scripts.parent)
    installed(scripts / "nnlite", "train", "products.jsonl", "--model", "shop", "--report", "page.html", "--quiet",
              "--epochs", 1, "--hidden", 4, "--min-count", 1, "--label-min-count", 1)
    assert "<style>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert installed(scripts / "nnlite", "predict", "shop", "Blue cotton dress").startswith("Blue cotton dress\t")


def public_functions(node, prefix):
    """(name, node) of every public function and method below a module or class; not of functions within functions."""
    for child in node.body:
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from public_functions(child, f"{prefix}.{child.name}")
        elif isinstance(child, ast.FunctionDef) and (not child.name.startswith("_") or child.name == "__init__"):
            yield f"{prefix}.{child.name}", child


def lacks_hints(function):
    """The names of the arguments without a type hint, and "return" if the result has none."""
    a = function.args
    arguments = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    lacking = [each.arg for each in arguments if not each.annotation and each.arg not in ("self", "cls")]
    return lacking + ["return"] * (not function.returns and function.name != "__init__")


@pytest.mark.parametrize("path", [path for path in sorted(ROOT.rglob("*.py")) if path.parent.name != "kernels"],
                         ids=lambda path: path.relative_to(ROOT).as_posix())
def test_public_functions_have_type_hints(path):
    """Of private functions, and of kernels, whose types Numba finds, none are wanted."""
    functions = public_functions(ast.parse(path.read_text(encoding="utf-8")), path.stem)
    assert not {name: lacking for name, function in functions if (lacking := lacks_hints(function))}
