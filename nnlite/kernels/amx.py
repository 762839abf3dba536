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

from nnlite.kernels.compile import kernel, prefetch_line

i64 = np.int64

ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA = 158, 0x1023, 18  # of Linux on x86-64


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
    if given:
        return intrinsic(lambda typing_context, address, stride: (numba.void(*given), codegen))
    return intrinsic(lambda typing_context: (numba.void(), codegen))


@intrinsic
def configure(typing_context, rows0, rows1, columns0, columns1):
    """The registers, for two rows of tiles with so many rows, 1 to 16, and two columns of tiles with so many columns.

    LDTILECFG reads 64 bytes: 1, the number of its only form, then from the 16th on the bytes of a row of each register,
    two bytes each, and from the 48th on their rows.
    """
    def codegen(context, builder, signature, arguments):
        rows0, rows1, columns0, columns1 = arguments
        memory = cgutils.alloca_once(builder, ir.ArrayType(BYTE, 64), zfill=True)
        start = builder.bitcast(memory, ADDRESS)

        def put(value, offset, kind):
            place = builder.gep(start, [ir.IntType(32)(offset)])
            builder.store(builder.trunc(value, kind), builder.bitcast(place, kind.as_pointer()))

        put(WORD(1), 0, BYTE)
        sixteen = WORD(16)
        sums = [(rows, columns) for rows in (rows0, rows1) for columns in (columns0, columns1)]
        operands = [(rows0, sixteen), (rows1, sixteen), (sixteen, columns0), (sixteen, columns1)]
        for register, (rows, columns) in enumerate(sums + operands):
            put(builder.mul(columns, WORD(4)), 16 + 2 * register, ir.IntType(16))
            put(rows, 48 + register, BYTE)
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(NOTHING, [ADDRESS]),
                                                  "llvm.x86.ldtilecfg")
        builder.call(function, [start])
        return context.get_dummy_value()

    return numba.void(*[numba.types.int64] * 4), codegen


release = instruction("tilerelease")
zero0, zero1, zero2, zero3 = (instruction("tilezero", n) for n in range(4))
load0, load1, load2, load3, load4, load5, load6, load7 = (
    instruction("tileloadd64", n, addresses=1, strides=1) for n in range(8))
store0, store1, store2, store3 = (instruction("tilestored64", n, addresses=1, strides=1) for n in range(4))
add_product0, add_product1, add_product2, add_product3 = (
    instruction("tdpbf16ps", sums, a, b) for sums, a, b in ((0, 4, 6), (1, 4, 7), (2, 5, 6), (3, 5, 7)))


@kernel
def add_tiles(left0, left1, right, n_tiles):
    """Registers 0 to 3, 32 x 32 sums, += two rows of tiles times two columns of tiles, at these addresses."""
    for k in range(n_tiles):
        load6(right + 2048 * k, 128)
        load4(left0 + 1024 * k, 64)
        load7(right + 2048 * k + 64, 128)
        load5(left1 + 1024 * k, 64)
        add_product0()
        add_product1()
        add_product2()
        add_product3()


@kernel
def multiply(left, right, n_inner, out, add):
    """As `packing.multiply`. Tiles are multiplied whole, with their zeros, but for rows and columns beyond `out`."""
    n_rows, n_columns = out.shape
    n_tiles, stride, shape = left.shape[1], out.strides[0], 0
    lefts, rights, outs = (  # unsigned and signed integers together would become float64
        i64(left.ctypes.data), i64(right.ctypes.data), i64(out.ctypes.data))
    for first_column in range(0, n_columns, 32):
        for first_row in range(0, n_rows, 32):
            rows, columns = min(32, n_rows - first_row), min(32, n_columns - first_column)
            lower, right_half = rows > 16, columns > 16  # do the registers there have a place? They are used anyway
            if shape != 64 * rows + columns:
                shape = 64 * rows + columns
                configure(  # type: ignore[call-arg]
                    min(rows, 16), max(rows - 16, 1), min(columns, 16), max(columns - 16, 1))
            left0 = lefts + 64 * n_tiles * first_row
            place0 = outs + first_row * stride + 4 * first_column
            place2 = place0 + 16 * stride
            for row in range(rows):  # a store waits for its line, and other stores wait for it
                prefetch_line(place0 + row * stride, 1)  # type: ignore[call-arg]
                prefetch_line(place0 + row * stride + 64, 1)  # type: ignore[call-arg]
            zero0()
            zero1()
            zero2()
            zero3()
            if add:
                load0(place0, stride)
                if right_half:
                    load1(place0 + 64, stride)
                if lower:
                    load2(place2, stride)
                if lower and right_half:
                    load3(place2 + 64, stride)
            add_tiles(left0, left0 + 1024 * n_tiles, rights + 64 * n_tiles * first_column, n_tiles)
            store0(place0, stride)
            if right_half:
                store1(place0 + 64, stride)
            if lower:
                store2(place2, stride)
            if lower and right_half:
                store3(place2 + 64, stride)
    release()
