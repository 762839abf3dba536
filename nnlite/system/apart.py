"""Keeps the thread that calls a team off the processors of its helpers.

Linux may wake a thread on the processor of the one that wakes it although another is idle, and moves it away tens of
milliseconds later. Until then two threads are as slow as one. So while threads hand work to each other, the calling
thread stays on one processor, and the helpers may use all others.
"""

import ctypes
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress

_sched_getcpu = getattr(ctypes.PyDLL(None), "sched_getcpu", None) if hasattr(os, "sched_setaffinity") else None


class Apart:
    """For the helpers of one team, and the thread that has made this object and calls them.

    Nothing is changed for other threads, on one processor, and where the system has no calls for it (not Linux).
    """

    def __init__(self) -> None:
        self.caller, self.processor = threading.get_native_id(), -1  # its processor while the helpers are kept off it
        self.allowed = os.sched_getaffinity(0) if _sched_getcpu else set()
        self.kept_off: list[int] = []  # the system's numbers of helpers

    def hold(self, helpers: Sequence[threading.Thread]) -> None:
        """The calling thread stays on its processor until `let_go`, and the helpers stay off it until `end`."""
        if self.applies() and _sched_getcpu:
            if self.processor < 0:
                self.processor = _sched_getcpu()
            for helper in helpers[len(self.kept_off):]:
                if helper.native_id:
                    self.kept_off.append(helper.native_id)
                    _place(helper.native_id, self.allowed - {self.processor})
            _place(0, {self.processor})

    def let_go(self) -> None:
        """The calling thread may run anywhere again."""
        if self.applies():
            _place(0, self.allowed)

    def end(self) -> None:
        """All threads may run anywhere again."""
        if self.applies():
            _place(0, self.allowed)
            while self.kept_off:
                _place(self.kept_off.pop(), self.allowed)
            self.processor = -1

    def applies(self) -> bool:
        """Whether this thread is the caller, and has a choice of processors."""
        return len(self.allowed) > 1 and threading.get_native_id() == self.caller


def _place(thread: int, processors: Iterable[int]) -> None:
    with suppress(OSError):  # they were taken from this process meanwhile
        os.sched_setaffinity(thread, processors)
