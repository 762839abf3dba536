"""What a training step asks of the threads that compute it; `threads.Team` is them."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers(Protocol):
    """Threads that share out items of work. Results never depend on their number."""

    threads: int

    def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """[function(item) for item in items], on all threads. Items begin in order, and none after an error."""

    def call(self, jobs: Sequence[Callable[[], Result]]) -> list[Result]:
        """[job() for job in jobs], as `run`."""

    def wait_for_first(self, n: int) -> None:
        """Within an item: wait until the first n items of the same run, this one not among them, have ended."""
