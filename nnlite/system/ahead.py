"""`ahead`: the next result is made on another thread while one is in use."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Result = TypeVar("Result")


def ahead(functions: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Yield what each function returns, in order; while one result is in use, a thread calls the next function.

    In a process that is forked meanwhile, the function whose thread is gone is called again.
    """
    calls = map(_Call, functions)
    call = next(calls, None)
    try:
        while call:
            result, call = call.result(), next(calls, None)
            yield result
            del result  # frees its memory before a third result is made
    finally:
        if call:
            call.thread.join()


class _Call:
    """A call of a function on a thread of its own."""

    def __init__(self, function):
        self.function, self.results, self.errors = function, [], []
        self.thread = threading.Thread(target=self._call, name="nnlite ahead")
        self.thread.start()

    def _call(self):
        try:
            self.results.append(self.function())
        except BaseException as error:  # raised again by `result`
            self.errors.append(error)

    def result(self):
        """What the function returns or raises."""
        self.thread.join()
        if self.errors:
            raise self.errors.pop()  # no name for it: its traceback has this frame, it would refer to itself
        return self.results.pop() if self.results else self.function()
