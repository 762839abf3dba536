"""Hypothesis without a deadline: a first call compiles. Its examples are the same in every run.

Temporary folders are in memory where there is room: nnlite syncs what it writes, and a disk takes most of the time.
"""

import gc
import os
import shutil
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

settings.register_profile("nnlite", deadline=None, derandomize=True, max_examples=60, database=None)
settings.load_profile("nnlite")

MEMORY, ROOM = "/dev/shm", 2**30  # ROOM: bytes; a run needs about 50 MB
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)

MANY = 1_000  # tests, which will call most kernels


def pytest_ignore_collect(collection_path):
    """What tests share holds no examples: it is not imported to look for them, which may compile much."""
    if collection_path.suffix == ".py" and not collection_path.name.startswith("test_"):
        return True


def pytest_collection_finish(session):
    """Each process of a long run compiles a share of the kernels first; its garbage collections pass over the tests."""
    given(st.none())(lambda _: None)()  # Hypothesis looks once who refers to NumPy's generator: not when frozen
    gc.freeze()
    worker = getattr(session.config, "workerinput", None)
    if worker and len(session.items) > MANY and os.environ.get("NUMBA_DISABLE_JIT") != "1":
        from compiling import compile_share

        compile_share(int(worker["workerid"].removeprefix("gw")), worker["workercount"])


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Where a test names no number of threads it has one: each core has a process of a whole run already."""
    import nnlite.tool.doctor  # noqa: F401, and with it all else that counts cores for itself

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlite.system.threads.usable_cores", lambda: 1)
        patch.setattr("nnlite.system.ranks.usable_cores", lambda: 1)
        yield


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises KeyboardInterrupt, in this process and those that it starts, also where SIGINT was ignored, as it
    is by what a shell has started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
