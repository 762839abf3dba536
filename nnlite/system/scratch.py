"""Memory that a thread keeps and uses again: to ask the system for it takes longer than many a kernel."""

import threading
from math import prod

import numpy as np

LINE = 16  # numbers of 32 bits in a cache line

PerThread = threading.local  # an object whose attributes each thread has its own of

_own = PerThread()  # this thread's memory, by name


def scratch(name: str, *shape: int) -> np.ndarray:
    """This thread's own float32 array of `shape`, C-contiguous and not cleared; the same memory for the same name.

    It begins with a cache line. 64 bytes that a kernel or a matrix unit stores at once then lie in one line, not two.
    """
    memory, size = getattr(_own, name, None), prod(shape)
    if memory is None or memory.size < size:
        memory = np.empty(size + LINE, np.float32)
        memory = memory[-memory.ctypes.data // 4 % LINE:][:size]
        setattr(_own, name, memory)
    return memory[:size].reshape(shape)
