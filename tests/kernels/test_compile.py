"""Claim: kernels divide as NumPy does, keep NaN, run side by side, and have the instructions that they ask for."""

import platform
import threading
from functools import cache

import numba
import numpy as np
import pytest
from problems import F32, compiled

from nnlite.kernels import atomic, spinning
from nnlite.kernels.compile import SETTINGS, prefetch, prefetch_to_write, wide_vectors
from nnlite.kernels.processor import targets

ON_X86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of instructions of x86")

made = cache(numba.njit(**SETTINGS))


def divide(a, b):
    return a / b, a != a, a == np.inf


def wait_for(count, turns):
    atomic.take(count, 1)
    for _ in range(turns):
        if atomic.load(count) >= 2:
            return True
        spinning.pause()
    return False


def sum_of_rows(x, wide):
    if wide:
        wide_vectors()
    total = F32(0)
    for i in range(x.shape[0]):
        prefetch(x[i])
        for j in range(x.shape[1]):
            total += x[i, j]
    return total


def clear_rows(x):
    for i in range(x.shape[0]):
        prefetch_to_write(x[i])
        x[i, 0] = F32(0)


def add_wide(x):
    wide_vectors()
    for i in range(x.size):
        x[i] += F32(1)


def instructions(function, *arguments):
    """(what LLVM is given, the machine code) of a function that is compiled as kernels are."""
    one = made(function)
    one(*arguments)
    signature = one.signatures[0]
    return one.inspect_llvm(signature), one.inspect_asm(signature)


@compiled
@pytest.mark.parametrize("a, b, want", [(1, 0, np.inf), (-1, 0, -np.inf), (0, 0, np.nan), (np.nan, 1, np.nan),
                                        (np.inf, 1, np.inf)])
def test_a_division_by_zero_is_no_error_and_a_nan_is_one(a, b, want):
    quotient, is_nan, is_infinite = made(divide)(F32(a), F32(b))
    assert np.array_equal(quotient, want, equal_nan=True)
    assert is_nan == np.isnan(a) and is_infinite == (a == np.inf)


@compiled
def test_two_kernels_run_at_the_same_time():
    """Each waits for the other: in vain if one of them held the interpreter's lock."""
    count, found = np.zeros(1, np.int64), []
    made(wait_for)(np.full(1, 9), 1)  # compiled by now
    other = threading.Thread(target=lambda: found.append(made(wait_for)(count, 10**8)))
    other.start()
    found.append(made(wait_for)(count, 10**8))
    other.join()
    assert found == [True, True]


@compiled
@ON_X86
def test_a_row_that_is_asked_for_comes_into_the_second_cache():
    _, code = instructions(sum_of_rows, np.ones((3, 40), F32), False)
    assert "prefetcht1" in code and not {"prefetcht0", "prefetcht2", "prefetchnta", "prefetchw"} & set(code.split())


@compiled
@ON_X86
@pytest.mark.skipif(not targets("prfchw"), reason="not every processor has an instruction for it")
def test_a_row_that_is_to_be_written_is_asked_for_alone():
    _, code = instructions(clear_rows, np.ones((3, 40), F32))
    assert "prefetchw" in code.split()


@compiled
@ON_X86
def test_a_thread_that_waits_says_so_and_counts_as_one_operation():
    _, code = instructions(wait_for, np.full(1, 9), 1)
    assert "pause" in code.split() and "lock" in code


@compiled
def test_wide_vectors_are_asked_for_where_a_kernel_says_so():
    x = np.zeros(40, F32)
    text, _ = instructions(add_wide, x)
    assert '"prefer-vector-width"="512"' in text and (x == 1).all()
    assert '"prefer-vector-width"="512"' not in instructions(divide, F32(1), F32(2))[0]


@pytest.mark.parametrize("n_rows, n_columns", [(0, 5), (3, 0), (3, 1), (2, 40)])
@pytest.mark.parametrize("wide", [False, True])
def test_what_is_asked_for_changes_no_value(n_rows, n_columns, wide):
    assert made(sum_of_rows)(np.ones((n_rows, n_columns), F32), wide) == n_rows * n_columns
