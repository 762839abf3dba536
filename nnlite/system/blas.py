"""How many threads a matrix product of NumPy has: one within `one_blas_thread`. With two, OpenBLAS rounds differently.

Threads of `Team` call products side by side.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import threadpoolctl

_lock = threading.RLock()
_callers: dict[object, int] = {}  # callers within `one_blas_thread`, and their threads
_threads: dict[Any, int] = {}  # of each BLAS library before the first of them came


@cache
def blas_libraries() -> threadpoolctl.ThreadpoolController:
    """threadpoolctl's controller of the BLAS libraries that are loaded at the first call; NumPy's is among them."""
    return threadpoolctl.ThreadpoolController().select(user_api="blas")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it, NumPy's matrix products run on the thread that calls them. Calls may nest and overlap."""
    caller = object()
    try:
        with _lock:
            _callers[caller] = threading.get_ident()
            if not _threads:
                _threads.update({one: one.num_threads for one in blas_libraries().lib_controllers})
            _set_threads()
        yield
    finally:
        with _lock:
            _callers.pop(caller, None)
            _set_threads()


def _set_threads():
    """One within `one_blas_thread`, else as many as before. If Ctrl-C ends it, the next caller completes it."""
    for library, n_threads in _threads.items():
        library.set_num_threads(1 if _callers else n_threads)
    if not _callers:
        _threads.clear()


def _after_fork():
    """In the child: callers in other threads of the parent are not there."""
    for caller, thread in list(_callers.items()):
        if thread != threading.get_ident():
            del _callers[caller]
    _set_threads()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_after_fork)
