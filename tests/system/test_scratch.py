"""Claim: scratch memory is used again by its name, belongs to one thread and begins with a cache line."""

import threading

import numpy as np

from nnlite.system.scratch import scratch
from nnlite.system.threads import team


def test_scratch_is_reused_by_name_and_private_to_a_thread():
    first = scratch("test", 3, 4)
    assert np.shares_memory(first, scratch("test", 2, 2)) and not np.shares_memory(first, scratch("other", 3, 4))
    barrier = threading.Barrier(2)

    def job(_):
        barrier.wait(timeout=20)
        return scratch("test", 3)

    one, two = team(2).run(job, range(2))
    assert not np.shares_memory(one, two)


def test_scratch_begins_with_a_cache_line():
    for size in 1, 7, 1000, 100_001:
        assert scratch(f"begins {size}", size).ctypes.data % 64 == 0


def test_scratch_of_the_same_size_is_the_same_memory_and_grows_when_it_must():
    first = scratch("grows", 3, 4)
    assert scratch("grows", 12).ctypes.data == first.ctypes.data == scratch("grows", 1).ctypes.data
    larger = scratch("grows", 13)
    assert larger.shape == (13,) and larger.dtype == np.float32
    assert scratch("grows", 2, 6).ctypes.data == larger.ctypes.data and scratch("grows", 0, 6).shape == (0, 6)
