"""Keeps the thread that calls a team off the processors of its helpers.

Linux may wake a thread on the processor of the one that wakes it although another is idle, and moves it away tens of
milliseconds later. Until then two threads are as slow as one. So while threads hand work to each other, the calling
thread stays on one processor, and the helpers may use all others.
"""

import ctypes
import os
import threading
from contextlib import suppress

_sched_getcpu = getattr(ctypes.PyDLL(None), "sched_getcpu", None) if hasattr(os, "sched_setaffinity") else None


class Apart:
    """For the helpers of one team, and the thread that has made this object and calls them.

    Nothing is changed for other threads, on one processor, and where the system has no calls for it (not Linux). If
    somebody else places a thread meanwhile (taskset), that is what holds, and nothing is changed any more.
    """

    def __init__(self) -> None:
        self.caller, self.processor = threading.get_native_id(), -1  # its processor while the helpers are kept off it
        self.allowed = os.sched_getaffinity(0) if _sched_getcpu else set()
        self.kept_off: list[int] = []  # the system's numbers of helpers
        self.held = False

    def hold(self, helpers: list[threading.Thread]) -> None:
        """The calling thread stays on its processor until `let_go`, and the helpers stay off it until `end`."""
        if self.applies() and _sched_getcpu:
            if self.processor < 0:
                self.processor = _sched_getcpu()
            for helper in helpers[len(self.kept_off):]:
                if helper.native_id:
                    self.kept_off.append(helper.native_id)
                    _move(helper.native_id, self.allowed, self.allowed - {self.processor})
            if not self.held:
                self.held = _move(0, self.allowed, {self.processor})
                if not self.held:
                    self.give_up()

    def let_go(self) -> None:
        """The calling thread may run anywhere again."""
        if self.held and self.applies():
            self.held = False
            if not _move(0, {self.processor}, self.allowed):
                self.give_up()

    def end(self) -> None:
        """All threads may run anywhere again."""
        if self.applies():
            _move(0, {self.processor}, self.allowed)
            while self.kept_off:
                _move(self.kept_off.pop(), self.allowed - {self.processor}, self.allowed)
            self.processor, self.held = -1, False

    def give_up(self) -> None:
        """`end`, and change nothing from now on."""
        self.end()
        self.allowed = set()

    def applies(self) -> bool:
        """Whether this thread is the caller, and has a choice of processors."""
        return len(self.allowed) > 1 and threading.get_native_id() == self.caller


def _move(thread: int, before: set[int], after: set[int]) -> bool:
    """Move a thread from some processors to others. False if it was not on these, or the system refuses it."""
    with suppress(OSError):
        if os.sched_getaffinity(thread) == before:
            os.sched_setaffinity(thread, after)
            return True
    return False
