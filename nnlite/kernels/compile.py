"""`kernel`, the decorator that compiles every loop of the kernel files."""

import os
from typing import Any

import numba
from llvmlite import ir
from numba.core.compiler_lock import global_compiler_lock
from numba.extending import intrinsic, overload

keep_on_disk: Any = None  # a function of a compiled one, which the package of kernels sets before it makes any
CACHE_LINE = 64  # bytes

# nogil: threads run kernels side by side.
# error_model: x / 0 is inf, as in NumPy; Python's check for a division by zero would prevent vectorised loops.
# fastmath: only re-association and fused multiply-add; NaN and infinity keep their meaning.
SETTINGS: dict[str, Any] = dict(nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
compiled = numba.njit(**SETTINGS)  # a function that only kernels call
inlined = numba.njit(**SETTINGS, inline="always")  # a loop over a row, which kernels run so often that a call costs

if hasattr(os, "register_at_fork"):  # the child of a fork during a compilation would wait for its end for ever
    os.register_at_fork(before=global_compiler_lock.acquire, after_in_parent=global_compiler_lock.release,
                        after_in_child=global_compiler_lock.release)


def kernel(function: Any) -> Any:
    """The function, compiled with SETTINGS at its first call and cached on disk for the next process."""
    compiled = numba.njit(**SETTINGS)(function)
    if compiled is not function:  # as it is under NUMBA_DISABLE_JIT
        keep_on_disk(compiled)
    return compiled


def wide_vectors() -> None:
    """In a kernel: lets loops use 512-bit vectors, where LLVM prefers 256 bits on many processors that have both.

    LLVM avoids the lower clock that 512-bit vectors cause. The matrix products around these loops cause it anyway.
    """


@overload(wide_vectors, inline="always")
def _compiled_wide_vectors():
    return lambda: _prefer_512_bits()  # type: ignore[call-arg]


@intrinsic
def _prefer_512_bits(typing_context):
    """An attribute of the function that is being compiled."""
    def codegen(context, builder, signature, arguments):
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')  # past llvmlite's own list of names
        return context.get_dummy_value()

    return numba.void(), codegen


def prefetch(row: Any) -> None:
    """In a kernel: asks memory for all of a row, C-contiguous, that is used some rows later. Its values do not matter.

    A processor foresees the next line of a row, not the next row of a list: without this it waits for each in turn. The
    lines come into the second cache: the first one can wait for too few at a time.
    """


def prefetch_to_write(row: Any) -> None:
    """As `prefetch`, of a row that is then changed: another core that holds its lines gives them up at once."""


def _asking(for_writing):
    """What an overload of either returns."""
    def ask(row):
        for offset in range(0, row.size * row.itemsize, CACHE_LINE):
            prefetch_line(row.ctypes.data + offset, for_writing)  # type: ignore[call-arg]

    return lambda row: ask


overload(prefetch, inline="always")(_asking(0))
overload(prefetch_to_write, inline="always")(_asking(1))


@intrinsic(prefer_literal=True)
def prefetch_line(typing_context, address, for_writing):
    """Asks for the line of an address, to be read or, if for_writing is the constant 1 and not 0, to be written."""
    def codegen(context, builder, signature, arguments):
        pointer, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        flags = [flag(value) for value in (for_writing.literal_value, 2, 1)]  # from the second cache on, data
        builder.call(function, [builder.inttoptr(arguments[0], pointer), *flags])
        return context.get_dummy_value()

    return numba.void(numba.types.intp, for_writing), codegen
