"""Processes that may be killed, limited or changed. Where the system can fork, each is a copy of one that has imported
nnlite and compiled what a training needs (`warm`), which takes seconds; elsewhere each begins from nothing."""

import multiprocessing
import os
import sys
from contextlib import contextmanager
from multiprocessing import forkserver

import pytest

METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
context = multiprocessing.get_context(METHOD)
context.set_forkserver_preload(["warm"])


@contextmanager
def started(function, *args):
    """A process that calls function(pipe, *args), and the other end of the pipe. It is killed at the end."""
    if METHOD == "forkserver":
        with pytest.MonkeyPatch.context() as patch:  # before Python 3.12.4 the server does not get sys.path
            patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
            forkserver.ensure_running()
    ours, theirs = context.Pipe()
    process = context.Process(target=function, args=(theirs, *args), daemon=True)
    process.start()
    theirs.close()
    with ours:
        try:
            yield process, ours
        finally:
            process.kill()
            process.join()


def called(function, *args):
    """The result of function(*args) in a process of its own; EOFError if it raises, and its traceback is printed."""
    with started(_send_result, function, args) as (_, pipe):
        return pipe.recv()


def _send_result(pipe, function, args):
    pipe.send(function(*args))
