"""Programs started by `mpiexec`; the tests that need it skip where mpi4py or mpiexec is not installed."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
needs_mpi = pytest.mark.skipif(not (find_spec("mpi4py") and MPIEXEC), reason="needs mpi4py and mpiexec: nnlite[mpi]")


def command(n_ranks, *words):
    """The command line of `n_ranks` processes of Python."""
    return [str(MPIEXEC), "-n", str(n_ranks), sys.executable, *map(str, words)]


def environment():
    """The variables of such a process: it finds what the tests find."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def on_mpi(n_ranks, *words, timeout=300):
    """The CompletedProcess of `mpiexec -n n_ranks python words`."""
    return subprocess.run(command(n_ranks, *words), capture_output=True, text=True, env=environment(), timeout=timeout)


def wait_for(condition, seconds=120):
    """Return when the condition, a function, holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def watchers_of(mpiexec):
    """The processes that mpiexec's proxy has started."""
    return [child for proxy in _children_of(mpiexec) for child in _children_of(proxy)]


def workers_of(mpiexec):
    """The processes that work: a child of each that watches."""
    return [child for watcher in watchers_of(mpiexec) for child in _children_of(watcher)]


def _children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return list(map(int, file.read().split()))
