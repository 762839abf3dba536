"""The threads of all computation.

Results do not depend on their number: work is cut by sizes alone (`system.sizes`), results come in the order of the
items, and BLAS has one thread within each (`system.blas`).
"""

import itertools
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any, TypeVar

import numpy as np

from nnlite.system.ranges import integer

Item = TypeVar("Item")
Result = TypeVar("Result")

WAIT_SECONDS = 1e-4  # how long a thread sleeps at a time until an item has ended
_teams: dict[int, "Team"] = {}
_current = threading.local()  # .work: of which this thread does an item


def usable_cores() -> int:
    """The number of processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def team(threads: int | None = None) -> "Team":
    """The team of so many threads, the same for all callers; None is one per usable core. ValueError below 1."""
    threads = usable_cores() if threads is None else integer("threads", threads)
    if threads < 1:
        raise ValueError(f"threads: want at least 1, got {threads}")
    return _teams.get(threads) or _teams.setdefault(threads, Team(threads))


class Asleep:
    """How threads wait for each other. `spinning.SpinWait` waits awake before they sleep."""

    def begin(self, helpers: list[threading.Thread]) -> None:
        """The calling thread is about to call helpers."""

    def done(self) -> None:
        """It has called them, and they are done."""

    def clock(self) -> Any:
        """For `since` below: the threads do not sleep from then on."""
        return None

    def until(self, count: np.ndarray, least: int, since: Any) -> None:
        """Wait a little until count[0], an int64, is at least this."""

    def leave_and_wait(self, left: np.ndarray, count: np.ndarray, least: int, since: Any) -> None:
        """Add 1 to left[0] for those that wait with `until`, then as this."""


class Team:
    """The calling thread and `threads` - 1 helpers that wait until there is work. Work starts the helpers it needs."""

    def __init__(self, threads: int):
        self.threads, self.waiting = threads, Asleep()
        self.forget_helpers()

    def forget_helpers(self) -> None:
        """For a process that was forked: it has the memory of its parent, but none of its other threads."""
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        self.n_posted = np.zeros(1, np.int64)  # grows after work has come into the inbox
        self.helpers: list[threading.Thread] = []
        self.starting = threading.Lock()

    def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """[function(item) for item in items], on all threads. Items begin in order, and none after an error.

        Those that have begun end before the error is raised. Of several errors it is that of the first item in order,
        whatever the number of threads. Ctrl-C comes before all other errors, and also ends `until_interrupted`.
        """
        work = _Work(function, items, self.waiting)
        try:
            n_helpers = min(self.threads, len(items)) - 1
            if n_helpers > len(self.helpers):
                work.waiting.done()  # helpers inherit where this thread may run
                self._start_helpers(n_helpers)
            if n_helpers > 0:
                work.waiting.begin(self.helpers)
            for _ in range(n_helpers):
                self.inbox.put(work)
            self.n_posted[0] += n_helpers > 0
            work.do()
            work.wait()
        except BaseException:  # Ctrl-C between two items or while waiting
            work.interrupted = waiting = True
            while waiting:
                with suppress(BaseException):  # Ctrl-C once more
                    work.wait()
                    waiting = False
            work.errors.clear()  # as in `outcome`
            raise
        finally:
            work.waiting.done()
        return work.outcome()

    def call(self, jobs: Sequence[Callable[[], Result]]) -> list[Result]:
        """[job() for job in jobs], as `run`."""
        return self.run(lambda job: job(), jobs)

    def wait_for_first(self, n: int) -> None:
        """Within an item: wait until the first n items of the same run, this one not among them, have ended.

        They have begun before this one, so that the wait ends. If one of them fails this item ends here.
        """
        work = _current.work
        since = work.waiting.clock()
        for i in range(n):
            while not work.ended[i]:
                work.waiting.until(work.ended[i:i + 1], 1, since)
                if work.errors or work.is_interrupted():
                    raise _Interrupted
                if not work.ended[i]:
                    time.sleep(WAIT_SECONDS)

    def __reduce__(self) -> tuple:
        return team, (self.threads,)

    def _start_helpers(self, n):
        with self.starting:
            while len(self.helpers) < n:
                helper = threading.Thread(target=_help, args=(self.inbox, self.n_posted), name="nnlite", daemon=True)
                helper.start()
                self.helpers.append(helper)


def _help(inbox, n_posted):
    np.seterr(over="ignore", invalid="ignore")  # a thread's own setting; callers check what they get
    for work in iter(inbox.get, None):  # without end
        waiting, n_left, since = work.waiting, work.n_left, work.waiting.clock()
        work.help()
        del work  # and with it what its function has used
        n = int(n_posted[0])  # before the look into the inbox: what comes after that ends the wait
        waiting.leave_and_wait(n_left, n_posted, n + inbox.empty(), since)


class _Interrupted(BaseException):
    """Ends an item of a work that is interrupted."""


class _Work:
    """One call of `Team.run`. A free thread takes the next item and stores its result in the item's place.

    It is over when the caller takes no more items and as many helpers have left it as have joined it. These are lists
    and a queue, not numbers under a lock: Ctrl-C may end any method of the calling thread at any line.
    """

    def __init__(self, function, items, waiting):
        self.function, self.items, self.waiting = function, items, waiting
        self.next = itertools.count()  # next() of a count is atomic
        self.results: list[Any] = [None] * len(items)
        self.ended = np.zeros(len(items), np.int64)  # 1 for each whose result is there
        self.errors: list[tuple] = []
        self.closed = self.interrupted = False  # closed: no item begins any more
        self.outer: _Work | None = getattr(_current, "work", None)  # of which an item has started this work
        self.joined: list[None] = []
        self.left: list[None] = []
        self.leaving: queue.SimpleQueue = queue.SimpleQueue()
        self.n_left = np.zeros(1, np.int64)  # those that have left and do not hold the interpreter's lock
        self.since = waiting.clock()
        self.process = os.getpid()

    def do(self):
        """Take items until none is left."""
        _current.work = self
        for i in self.next:
            if i >= len(self.items) or self.closed or self.outer and self.outer.is_interrupted():
                return
            try:
                self.results[i] = self.function(self.items[i])
                self.ended[i] = 1
            except _Interrupted:
                return
            except BaseException as error:  # raised again by `outcome`
                ordinary = isinstance(error, Exception)
                self.errors.append((ordinary, i, error))
                self.closed, self.interrupted = True, self.interrupted or not ordinary

    def help(self):
        """`do`, on another thread than the caller's."""
        self.joined.append(None)
        if not self.closed:
            self.do()
            _current.work = None
        self.left.append(None)
        self.leaving.put(None)

    def wait(self):
        """Let no item begin, and wait until no helper is within one. After an exception it can be called again."""
        _current.work, self.closed = self.outer, True
        if len(self.left) < len(self.joined):
            self.waiting.until(self.n_left, len(self.joined), self.since)
        while len(self.left) < len(self.joined) and os.getpid() == self.process:
            self.leaving.get()

    def is_interrupted(self):
        """Whether Ctrl-C has ended this work, or the one that it is part of."""
        return self.interrupted or self.outer is not None and self.outer.is_interrupted()

    def outcome(self):
        """All results, or the first error."""
        try:
            if self.errors:
                raise min(self.errors, key=itemgetter(0, 1))[2]
        finally:
            self.errors.clear()  # the error refers to this work by its traceback: no cycle, see `ahead`
        if self.is_interrupted():
            raise _Interrupted
        if len(self.left) < len(self.joined):
            raise RuntimeError("threads: want a fork between two calls of nnlite, got one within a call that continues")
        return self.results


def until_interrupted(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; within an item of `Team.run` that takes long. It raises when Ctrl-C has ended that run."""
    work = getattr(_current, "work", None)
    for item in items:
        if work is not None and work.is_interrupted():
            raise _Interrupted
        yield item


def _after_fork():
    """In the child: it has one thread, the one that has forked."""
    for each in _teams.values():
        each.forget_helpers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
