"""Loops in which a thread waits for a count of another one, awake and without the interpreter's lock.

They compute nothing, so they have no twins.
"""

from llvmlite import ir
from llvmlite.binding import get_default_triple
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from nnlite.kernels.atomic import load, take
from nnlite.kernels.compile import kernel


@kernel
def spin_until(count, least, turns):
    """Whether count[0] reaches `least` within so many turns of a loop. count (1,) int64."""
    for _ in range(turns):
        if load(count) >= least:
            return True
        pause()
    return load(count) >= least


@kernel
def leave_and_spin(left, count, least, turns, more):
    """left[0] += 1, then as `spin_until`, and so many turns after it. left (1,) int64."""
    take(left, 1)
    found = spin_until(count, least, turns)
    if found:
        for _ in range(more):
            pause()
    return found


def pause() -> None:
    """In a kernel: tells the processor that this is such a loop, so that it leaves its units to the other threads."""


@overload(pause, inline="always")
def _compiled_pause():
    return lambda: _pause()  # type: ignore[call-arg]


@intrinsic
def _pause(typing_context):
    """The instruction for it, where LLVM has it under a name: x86."""
    def codegen(context, builder, signature, arguments):
        if get_default_triple().startswith(("x86_64", "i386", "i686")):
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), codegen
