"""Ctrl-C and SIGTERM: they are noted while a step runs, so that it ends in an orderly way."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Within it, SIGTERM raises KeyboardInterrupt. For programs; also a decorator.

    Nothing is changed where the program handles or ignores the signal, or on any thread but the main one.
    """
    changed = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and _set([signal.SIGTERM], signal.default_int_handler)
    try:
        yield
    finally:
        if changed:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def interrupts_between_steps() -> Iterator[Callable[[], bool]]:
    """Within it, the first Ctrl-C is only noted; the second raises KeyboardInterrupt. Yields a function: was one noted?

    The same for SIGTERM within `sigterm_as_ctrl_c`. Nothing is changed where the program has its own handler of a
    signal, or on any thread but the main one.
    """
    noted: list[int] = []

    def note(number, frame):
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    ours = [number for number in (signal.SIGINT, signal.SIGTERM)
            if signal.getsignal(number) is signal.default_int_handler]
    ours = ours if _set(ours, note) else []
    try:
        yield lambda: bool(noted)
    finally:
        _set(ours, signal.default_int_handler)


def _set(signals, handler):
    """Handle some signals so. False, and nothing is changed, on any thread but the main one."""
    try:
        for number in signals:
            signal.signal(number, handler)
    except ValueError:
        return False
    return True
