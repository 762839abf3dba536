"""What several threads do to one number without a lock, in kernels.

They compute nothing, so they have no twins.
"""

from threading import Lock
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

WORD = ir.IntType(64)

_one_at_a_time = Lock()  # where kernels are interpreted


def load(count: Any) -> int:
    """In a kernel: count[0], as another thread has left it. count (1,) int64."""
    return count[0]


def take(count: Any, n: int) -> int:
    """In a kernel: count[0], which then grows by n, in one operation for all threads. count (1,) int64."""
    with _one_at_a_time:
        count[0] += n
        return count[0] - n


@overload(load, inline="always")
def _compiled_load(count):
    return lambda count: _atomic_load(count.ctypes.data)  # type: ignore[call-arg]


@overload(take, inline="always")
def _compiled_take(count, n):
    return lambda count, n: _atomic_add(count.ctypes.data, n)  # type: ignore[call-arg]


@intrinsic
def _atomic_load(typing_context, address):
    """The integer at an address."""
    def codegen(context, builder, signature, arguments):
        return builder.load_atomic(builder.inttoptr(arguments[0], WORD.as_pointer()), "acquire", 8)

    return types.int64(types.intp), codegen


@intrinsic
def _atomic_add(typing_context, address, n):
    """The integer at an address, before it grows by n."""
    def codegen(context, builder, signature, arguments):
        return builder.atomic_rmw("add", builder.inttoptr(arguments[0], WORD.as_pointer()), arguments[1], "acq_rel")

    return types.int64(types.intp, types.int64), codegen
