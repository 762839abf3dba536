"""Slices of a range, and the only threads of the project.

Results do not depend on the number of threads: a range is cut (`blocks`, `shares`) by sizes alone, results come in the
order of the slices, and BLAS has one thread (`one_blas_thread`), because with two threads OpenBLAS rounds differently.
"""

import itertools
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from math import prod
from typing import Any, TypeVar

import numpy as np
import threadpoolctl

Item = TypeVar("Item")
Result = TypeVar("Result")


def blocks(n: int, size: int) -> list[slice]:
    """Cut range(n) into slices of `size`; the last may be shorter.

    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def shares(n: int, parts: int) -> list[slice]:
    """Cut range(n) into `parts` slices whose sizes differ by at most one."""
    return [slice(i * n // parts, (i + 1) * n // parts) for i in range(parts)]


def width(part: slice) -> int:
    """The number of entries in a slice."""
    return part.stop - part.start


def usable_cores() -> int:
    """The number of processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=None)
def team(threads: int | None = None) -> "Team":
    """The team of so many threads, started once; None is one thread per usable core. ValueError for less than 1."""
    if threads is None:
        return team(usable_cores())
    if threads < 1:
        raise ValueError(f"threads: want at least 1, got {threads}")
    return Team(threads)


class Team:
    """The calling thread and `threads` - 1 helpers that sleep until there is work."""

    def __init__(self, threads: int):
        self.threads = threads
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        for _ in range(threads - 1):
            threading.Thread(target=self._help, name="nnlite", daemon=True).start()

    def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """[function(item) for item in items], on all threads. All items run; then the first one's error is raised."""
        work = _Work(function, items)
        for _ in range(min(self.threads, len(items)) - 1):
            self.inbox.put(work)
        work.do()
        return work.results()

    def call(self, jobs: Sequence[Callable[[], Result]]) -> list[Result]:
        """[job() for job in jobs], as `run`."""
        return self.run(lambda job: job(), jobs)

    def _help(self):
        while True:
            self.inbox.get().do()


class _Work:
    """One call of `Team.run`. A free thread takes the next item and stores its outcome in the item's place."""

    def __init__(self, function, items):
        self.function, self.items = function, items
        self.outcomes: list[Any] = [None] * len(items)
        self.next, self.done = itertools.count(), itertools.count(1)  # next() of a count is atomic
        self.finished = threading.Lock()  # held until the last item is finished: faster than an Event
        if items:
            self.finished.acquire()

    def do(self):
        """Take items until none is left."""
        for i in self.next:
            if i >= len(self.items):
                return
            try:
                self.outcomes[i] = self.function(self.items[i]), None
            except BaseException as error:  # raised again by `results`
                self.outcomes[i] = None, error
            if next(self.done) == len(self.items):
                self.finished.release()

    def results(self):
        """All results, once the last item is finished; or the first error."""
        self.finished.acquire()
        for _, error in self.outcomes:
            if error is not None:
                raise error
        return [result for result, _ in self.outcomes]


def ahead(functions: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Yield what each function returns, in order; while one result is in use, a thread calls the next function."""
    with ThreadPoolExecutor(1) as pool:
        calls = map(pool.submit, functions)
        call = next(calls, None)
        while call:
            result, call = call.result(), next(calls, None)
            yield result
            del result  # frees its memory before a third result is made


_own = threading.local()


def scratch(name: str, *shape: int) -> np.ndarray:
    """This thread's own float32 array of `shape`, C-contiguous and not cleared; the same memory for the same name."""
    memory = getattr(_own, name, None)
    if memory is None or memory.size < prod(shape):
        memory = np.empty(prod(shape), np.float32)
        setattr(_own, name, memory)
    return memory[:prod(shape)].reshape(shape)


@lru_cache(maxsize=None)
def blas_libraries() -> threadpoolctl.ThreadpoolController:
    """threadpoolctl's controller of the BLAS libraries that are loaded at the first call; NumPy's is among them."""
    return threadpoolctl.ThreadpoolController().select(user_api="blas")


_blas_lock = threading.Lock()
_blas_limits: list = []  # threadpoolctl's limit, once for each caller within `one_blas_thread`


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it, NumPy's matrix products run on the thread that calls them. Calls may nest and overlap."""
    with _blas_lock:
        _blas_limits.append(_blas_limits[0] if _blas_limits else blas_libraries().limit(limits=1))
    try:
        yield
    finally:
        with _blas_lock:
            limit = _blas_limits.pop()
            if not _blas_limits:
                limit.restore_original_limits()


@contextmanager
def interrupts_between_steps() -> Iterator[Callable[[], bool]]:
    """Within it, the first Ctrl-C is only noted; the second raises KeyboardInterrupt. Yields a function: was one noted?

    Nothing is changed where the program has its own handler of Ctrl-C, or on any thread but the main one.
    """
    if (threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield lambda: False
        return
    noted: list[int] = []

    def note(number, frame):
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(noted)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
