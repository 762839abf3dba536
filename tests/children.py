"""Child processes: for tests of what once crashed, and for what is killed, limited or changed.

`call` starts Python. `started` and `called` copy a process that has imported and compiled what a training needs
(`warm`), which takes seconds; where the system cannot fork, they start Python too.
"""

import multiprocessing
import os
import subprocess
import sys
from contextlib import contextmanager
from multiprocessing import forkserver

import pytest

CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()
context = multiprocessing.get_context("forkserver" if CAN_FORK else "spawn")
context.set_forkserver_preload(["warm"])


def call(module, function, *args):
    """What module.function(*args) printed in a process of its own, which must end normally."""
    code = f"import {module}; {module}.{function}(*{args!r})"
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", code], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def start(function, *args):
    """A process that calls function(*args)."""
    if CAN_FORK:
        with pytest.MonkeyPatch.context() as patch:  # before Python 3.12.4 sys.path does not reach the server
            patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
            forkserver.ensure_running()
    process = context.Process(target=function, args=args, daemon=True)
    process.start()
    return process


@contextmanager
def started(function, *args):
    """A process that calls function(pipe, *args), and the other end of the pipe. It is killed at the end."""
    ours, theirs = context.Pipe()
    process = start(function, theirs, *args)
    theirs.close()
    with ours:
        try:
            yield process, ours
        finally:
            process.kill()
            process.join()


def called(function, *args):
    """The result of function(*args) in a process of its own; EOFError if it crashes or raises."""
    with started(_send_result, function, args) as (_, pipe):
        return pipe.recv()


def _send_result(pipe, function, args):
    pipe.send(function(*args))
