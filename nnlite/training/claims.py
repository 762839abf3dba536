"""What is being trained now. One training at a time may change a model, an optimiser or a classifier."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])

_holders: dict[int, object] = {}  # by the address of what is being trained; `setdefault` is atomic


@contextmanager
def claimed(what: str, *addresses: int) -> Iterator[None]:
    """Within it nobody else can claim one of these addresses in memory, neither another thread nor this one again.

    RuntimeError at once if one is claimed already; what: its name in the error
    """
    holder = object()
    try:
        for address in addresses:
            if _holders.setdefault(address, holder) is not holder:
                raise RuntimeError(f"{what}: want it for one training at a time, got one that is already training, in "
                                   "another thread or in the caller of on_step")
        yield
    finally:
        for address in addresses:
            if _holders.get(address) is holder:
                del _holders[address]


def one_at_a_time(method: Method) -> Method:
    """The method, which raises RuntimeError while it or another such method runs on the same object."""
    @wraps(method)
    def alone(self: object, *args: Any, **named: Any) -> Any:
        with claimed(type(self).__name__, id(self)):
            return method(self, *args, **named)

    return cast(Method, alone)
