"""`awake`: within it, the threads of a team wait for each other without sleeping.

A thread that sleeps is woken in 0.05 ms, in a virtual machine sometimes in 1 ms. A part of a training step may take
0.2 ms. So threads first spin, as those of OpenMP do, unless other programs want the processor.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from nnlite.kernels import spinning
from nnlite.kernels.processor import interpreted
from nnlite.system.apart import Apart
from nnlite.system.threads import Asleep, Team, usable_cores

SPIN_SECONDS = 5e-4       # how long a thread spins: longer than what lies between two parts of a step
HAND_OVER_SECONDS = 2e-5  # how long after it has posted work a thread still holds the interpreter's lock
LOST_SECONDS = 1e-3       # a thread that another has kept from running for so long shares its processor;
SLEEP_SECONDS = 0.1       # no thread spins for so long after it


try:
    import resource
except ImportError:  # not on Windows
    resource: Any = None  # type: ignore[no-redef]
_never_told = count()


@contextmanager
def awake(team: Team) -> Iterator[None]:
    """Within it, threads of the team that wait for each other spin first, if there is a processor for each."""
    if interpreted() or not 1 < team.threads <= usable_cores():
        yield
        return
    team.waiting = waiting = SpinWait()
    try:
        yield
    finally:
        team.waiting = Asleep()
        waiting.apart.end()


class SpinWait(Asleep):
    """Spins for at most SPIN_SECONDS, and not at all for SLEEP_SECONDS after a thread has lost its processor."""

    def __init__(self) -> None:
        self.turns_per_second, self.crowded_until, self.apart = measured_turns(), 0.0, Apart()

    def begin(self, helpers: list) -> None:
        """As in Asleep."""
        if self.crowded():
            self.apart.end()
        else:
            self.apart.hold(helpers)

    def done(self) -> None:
        """As in Asleep."""
        self.apart.let_go()

    def clock(self) -> tuple[float, int]:
        """Seconds that go on while this thread does not run, and how often others have taken its processor."""
        return perf_counter() - thread_time(), preemptions()

    def until(self, count: np.ndarray, least: int, since: tuple[float, int]) -> None:
        """As in Asleep."""
        spinning.spin_until(count, least, self.turns(SPIN_SECONDS))
        self.notice(since)

    def leave_and_wait(self, left: np.ndarray, count: np.ndarray, least: int, since: tuple[float, int]) -> None:
        """As in Asleep.

        left[0] grows when this thread does not hold the interpreter's lock any more, and this returns when the thread
        that has raised the count has probably let go of it as well: waiting for that lock is sleeping.
        """
        spinning.leave_and_spin(left, count, least, self.turns(SPIN_SECONDS), self.turns(HAND_OVER_SECONDS))
        self.notice(since)

    def turns(self, seconds: float) -> int:
        """Of a spinning loop in this time; 0 while the processors are crowded."""
        return 0 if self.crowded() else int(seconds * self.turns_per_second)

    def crowded(self) -> bool:
        """Whether no thread spins for now."""
        return perf_counter() < self.crowded_until

    def notice(self, since: tuple[float, int]) -> None:
        """Notice that another thread of this system has taken this one's processor since clock() was `since`.

        A thread of a virtual machine also stops when the machine does. It is none the better for sleeping then.
        """
        (before, preempted_before), (now, preempted) = since, self.clock()
        if now - before > LOST_SECONDS and preempted != preempted_before:
            self.crowded_until = perf_counter() + SLEEP_SECONDS


def preemptions() -> int:
    """How often this thread had to give up its processor; a new number each time where the system does not tell."""
    if hasattr(resource, "RUSAGE_THREAD"):
        return resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
    return next(_never_told)


def measured_turns() -> float:
    """How often a spinning loop turns in a second: 7 million to 300 million times, as processors differ."""
    n, never, fastest = 1_000, np.zeros(1, np.int64), np.inf
    for _ in range(4):  # the first of them compiles it
        start = perf_counter()
        spinning.spin_until(never, 1, n)
        fastest = min(fastest, perf_counter() - start)
    return n / fastest
