"""`kernel`, with which the kernel files have every one of their loops compiled."""

import numba
from numba.extending import intrinsic, overload

# nogil: threads run kernels side by side.  numpy error model: x / 0 is inf, as in NumPy; the check for a division by
# zero that Python wants would keep the loops scalar.
# fastmath: only re-association and fused multiply-add; NaN and infinity keep their meaning.
SETTINGS = dict(nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


def kernel(function):
    """The function compiled by these SETTINGS at its first call, and kept on disk for the next process."""
    try:
        return numba.njit(cache=True, **SETTINGS)(function)
    except RuntimeError:  # there is no folder that could be written to: neither the package's, nor the user's own
        return numba.njit(**SETTINGS)(function)


def wide_vectors():
    """In a kernel: loops may use vectors of 512 bits, where LLVM prefers 256 on many processors that have them.

    That preference spares code with few vector operations a lower clock, which the matrix products around these loops
    set anyway. `bce_with_logits` gains a fifth.
    """


@overload(wide_vectors, inline="always")
def _compiled_wide_vectors():
    return lambda: _prefer_512_bits()


@intrinsic
def _prefer_512_bits(typing_context):
    """An attribute of the function that is being compiled."""
    def codegen(context, builder, signature, arguments):
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')  # past llvmlite's own list of names
        return context.get_dummy_value()

    return numba.void(), codegen
