"""Fixed shards of a range, and the only threads of the project.

Two rules make every result independent of the number of threads:

- shards (`blocks`, `shares`) are cut from sizes, never from the number of threads; results come in their order;
- BLAS runs on one thread (`one_blas_thread`): OpenBLAS rounds otherwise with two threads than with one.
"""

import itertools
import os
import queue
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from math import prod

import numpy as np
import threadpoolctl


def blocks(n, size):
    """Cut range(n) into slices of `size`; the last may be shorter.

    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def shares(n, pieces):
    """Cut range(n) into `pieces` slices whose sizes differ by one at most.

    >>> shares(5, 2)
    [slice(0, 2, None), slice(2, 5, None)]
    """
    return [slice(i * n // pieces, (i + 1) * n // pieces) for i in range(pieces)]


def width(part):
    """The number of entries in a slice."""
    return part.stop - part.start


def usable_cores():
    """The number of processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=None)
def team(threads=None):
    """The team of so many threads, started once; None is one per usable core."""
    if threads is None:
        return team(usable_cores())
    if threads < 1:
        raise ValueError(f"threads: want at least 1, got {threads}")
    return Team(threads)


class Team:
    """The calling thread and `threads` - 1 helpers that sleep until there is work."""

    def __init__(self, threads):
        self.threads = threads
        self.inbox = queue.SimpleQueue()
        for _ in range(threads - 1):
            threading.Thread(target=self._help, name="nnlite", daemon=True).start()

    def run(self, function, items):
        """[function(item) for item in items], on all threads, in the order of `items`.

        If calls raise, the others still run and the error of the first such item is raised.
        """
        job = _Job(function, items)
        for _ in range(min(self.threads, len(items)) - 1):
            self.inbox.put(job)
        job.work()
        return job.results()

    def call(self, jobs: list) -> list:
        """[job() for job in jobs], as `run`."""
        return self.run(lambda job: job(), jobs)

    def _help(self):
        while True:
            self.inbox.get().work()


class _Job:
    """One call of `Team.run`. Whoever is free takes the next item; its place decides where the result goes."""

    def __init__(self, function, items):
        self.function, self.items = function, items
        self.outcomes = [None] * len(items)
        self.next, self.done = itertools.count(), itertools.count(1)  # next() of a count is atomic
        self.finished = threading.Lock()
        self.finished.acquire()
        if not items:
            self.finished.release()

    def work(self):
        """Take items until none is left."""
        for i in self.next:
            if i >= len(self.items):
                return
            try:
                self.outcomes[i] = self.function(self.items[i]), None
            except BaseException as error:  # handed to the caller of run
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


def ahead(functions):
    """Yield what each function returns, in order; while one result is in use, a thread calls the next function."""
    with ThreadPoolExecutor(1) as pool:
        calls = map(pool.submit, functions)
        call = next(calls, None)
        while call:
            result, call = call.result(), next(calls, None)
            yield result
            del result  # a third one is about to be made


_own = threading.local()


def scratch(name, *shape):
    """This thread's own float32 array of `shape`, C-contiguous and not cleared; the same memory for the same name."""
    memory = getattr(_own, name, None)
    if memory is None or memory.size < prod(shape):
        memory = np.empty(prod(shape), np.float32)
        setattr(_own, name, memory)
    return memory[:prod(shape)].reshape(shape)


@lru_cache(maxsize=None)
def blas_libraries():
    """threadpoolctl's controller of the BLAS libraries that are loaded at the first call: NumPy's is among them."""
    return threadpoolctl.ThreadpoolController().select(user_api="blas")


_holders, _holders_lock, _limit = 0, threading.Lock(), None


@contextmanager
def one_blas_thread():
    """Within it NumPy's matrix products run on the thread that calls them. Calls may nest and overlap."""
    global _holders, _limit
    with _holders_lock:
        if _holders == 0:
            _limit = blas_libraries().limit(limits=1)
        _holders += 1
    try:
        yield
    finally:
        with _holders_lock:
            _holders -= 1
            if _holders == 0:
                _limit.restore_original_limits()


@contextmanager
def interrupts_between_steps():
    """Within it Ctrl-C is only noted, a second one raises KeyboardInterrupt. Yields a function: has one been noted?

    Where a program has a handler of its own, or on another than the main thread, nothing is changed.
    """
    if (threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield lambda: False
        return
    noted = []

    def note(number, frame):
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(noted)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
