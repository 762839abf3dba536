"""How far long work is, apart from the steps of a training: the work says it, and a program that shows it listens.

    with listening(show):
        ...                    # show("reading", 4096, 100_000), as 4,096 of 100,000 bytes more are done

Stages are "reading" (bytes; records where they are unknown), "counting words" and "encoding" (records of a list),
"predicting" (as reading), "evaluating" and "judging" (records x labels). The total is None where it is unknown.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

Listener = Callable[[str, int, int | None], None]  # stage, how much more is done, total; on the thread of the work

_listeners: list[Listener] = []
_one_at_a_time = Lock()  # several threads of one work may tell at once


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within it, the listener is called with what is done on any thread, one call after the other."""
    with _one_at_a_time:
        _listeners.append(listener)
    try:
        yield
    finally:
        with _one_at_a_time:
            _listeners.remove(listener)


def done(stage: str, n_more: int, total: int | None) -> None:
    """Tell the listeners, if there are any."""
    if _listeners:
        with _one_at_a_time:
            for listener in _listeners:
                listener(stage, n_more, total)


def sizes_of(paths: Iterable[Path]) -> list[int] | None:
    """The bytes of each file, None unless all are regular ones; "-" is standard input. OSError for a missing file."""
    found = [None if str(path) == "-" else path.stat() for path in paths]
    sizes = [one.st_size for one in found if one and stat.S_ISREG(one.st_mode)]
    return sizes if len(sizes) == len(found) else None


class Position:
    """How far the reading of a stream of files is; `stage`: what it is part of; sizes: their bytes, None if unknown."""

    def __init__(self, stage: str, sizes: list[int] | None):
        self.stage, self.sizes, self.said = stage, sizes, 0

    def say(self, n_records: int, n_files: int, n_bytes: int) -> None:
        """n_records: read so far    n_files: read to their end    n_bytes: read of the next one"""
        if _listeners:
            now = n_records if self.sizes is None else sum(self.sizes[:n_files]) + n_bytes
            done(self.stage, now - self.said, sum(self.sizes) if self.sizes else None)
            self.said = now
