"""Products of packed bfloat16 matrices on AMX, the matrix units of Intel's processors since Sapphire Rapids.

An AMX unit has eight registers that hold a tile each, and an instruction that adds the product of two bfloat16 tiles to
a tile of 16 x 16 float32 sums. Numba has no word for it; an `intrinsic` writes the call of LLVM's intrinsic of the same
name into the code that is being compiled. Numbers of registers are part of an instruction, so each has its own.
Four registers hold 32 x 32 sums while two tiles of either matrix pass by: each tile that is loaded is used twice.

A process asks Linux once for the registers' memory (`allowed`); a thread configures them before and releases them after
each product. Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
"""

import ctypes
import sys
from functools import cache

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from nnlite.kernels.compile import kernel

i64 = np.int64

ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA = 158, 0x1023, 18  # of Linux on x86-64

CONFIGURATION = np.zeros(64, np.uint8)  # as LDTILECFG reads it
CONFIGURATION[0] = 1  # the palette
CONFIGURATION[16:32:2] = 64  # bytes of a row of each register
CONFIGURATION[48:56] = 16  # rows of each register


@cache
def allowed() -> bool:
    """Whether the operating system gives this process, and all its threads, the registers. Asks once."""
    if not sys.platform.startswith("linux"):
        return False
    return ctypes.CDLL(None).syscall(ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0


BYTE, WORD, NOTHING = ir.IntType(8), ir.IntType(64), ir.VoidType()
ADDRESS = BYTE.as_pointer()


def instruction(name, *registers, addresses=0, strides=0):
    """A function of addresses and of strides, in bytes, that is one instruction on these registers."""
    def codegen(context, builder, signature, arguments):
        types = [BYTE] * len(registers) + [ADDRESS] * addresses + [WORD] * strides
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(NOTHING, types), f"llvm.x86.{name}")
        values = [builder.inttoptr(value, ADDRESS) for value in arguments[:addresses]] + list(arguments[addresses:])
        builder.call(function, [ir.Constant(BYTE, register) for register in registers] + values)
        return context.get_dummy_value()

    given = [numba.types.int64] * (addresses + strides)
    if len(given) == 2:
        return intrinsic(lambda typing_context, address, stride: (numba.void(*given), codegen))
    if given:
        return intrinsic(lambda typing_context, address: (numba.void(*given), codegen))
    return intrinsic(lambda typing_context: (numba.void(), codegen))


configure = instruction("ldtilecfg", addresses=1)
release = instruction("tilerelease")
zero0, zero1, zero2, zero3 = (instruction("tilezero", n) for n in range(4))
load0, load1, load2, load3, load4, load5, load6, load7 = (
    instruction("tileloadd64", n, addresses=1, strides=1) for n in range(8))
store0, store1, store2, store3 = (instruction("tilestored64", n, addresses=1, strides=1) for n in range(4))
add_product0, add_product1, add_product2, add_product3 = (
    instruction("tdpbf16ps", sums, a, b) for sums, a, b in ((0, 4, 6), (1, 4, 7), (2, 5, 6), (3, 5, 7)))


@kernel
def add_tiles(left0, left1, right, n_inner):
    """Registers 0 to 3, 32 x 32 sums, += two rows of tiles times two columns of tiles, at these addresses."""
    for k in range(n_inner):
        load6(right + 2048 * k, 128)
        load4(left0 + 1024 * k, 64)
        load7(right + 2048 * k + 64, 128)
        load5(left1 + 1024 * k, 64)
        add_product0()
        add_product1()
        add_product2()
        add_product3()


@kernel
def multiply(left, right, out, add, configuration, edge):
    """out (M, N) = left right, or out += left right, for packed matrices (`packing`); edge (32, 32) is scratch."""
    n_rows, n_columns = out.shape
    n_inner, row_bytes = left.shape[1], out.strides[0]
    lefts, rights, outs, aside = (  # unsigned and signed integers together would become float64
        i64(left.ctypes.data), i64(right.ctypes.data), i64(out.ctypes.data), i64(edge.ctypes.data))
    configure(i64(configuration.ctypes.data))
    for j in range(right.shape[0]):
        for i in range(0, left.shape[0], 2):
            left0, first_row, first_column = lefts + 1024 * n_inner * i, 16 * i, 32 * j
            inside = first_row + 32 <= n_rows and first_column + 32 <= n_columns
            place, stride = aside, i64(128)
            if inside:
                place, stride = outs + first_row * row_bytes + 4 * first_column, row_bytes
            if add and inside:
                load0(place, stride)
                load1(place + 64, stride)
                load2(place + 16 * stride, stride)
                load3(place + 16 * stride + 64, stride)
            else:
                zero0()
                zero1()
                zero2()
                zero3()
            add_tiles(left0, left0 + 1024 * n_inner, rights + 2048 * n_inner * j, n_inner)
            store0(place, stride)
            store1(place + 64, stride)
            store2(place + 16 * stride, stride)
            store3(place + 16 * stride + 64, stride)
            if not inside:
                for row in range(first_row, min(first_row + 32, n_rows)):
                    for column in range(first_column, min(first_column + 32, n_columns)):
                        sum_here = edge[row - first_row, column - first_column]
                        out[row, column] = out[row, column] + sum_here if add else sum_here
    release()
