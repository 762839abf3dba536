"""`kernel`, with which the kernel files have every one of their loops compiled."""

import numba

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
