"""Products of packed bfloat16 matrices on AMX, the matrix units of Intel's processors since Sapphire Rapids.

An AMX unit has eight registers that hold a tile each, and an instruction that adds the product of two bfloat16 tiles to
a tile of 16 x 16 float32 sums. Numba has no word for it; an `intrinsic` writes the call of LLVM's intrinsic of the same
name into the code that is being compiled. Numbers of registers are part of an instruction, so each has its own.

Two registers hold 16 x 32 sums while tiles of the matrices pass by in two others. All eight, with 32 x 32 sums, would
need a third fewer loads, but a core renames its registers from a small store that its two hardware threads share: the
more of them are in use, the fewer instructions are under way (benchmarks/matrix_units.md).

A process asks Linux once for the registers' memory (`allowed`); a thread configures them before and releases them after
each product. Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
"""

import ctypes
import sys
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from nnlite.kernels.compile import kernel

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
SUMS0, SUMS1, LEFT, RIGHT = range(4)  # registers
TILES = 8  # of a row of tiles, as many as are multiplied at once: two columns of right tiles are 16 KiB of 32 or more


def instruction(name: str, *registers: int, addresses: int = 0, strides: int = 0) -> Any:
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
def configure(typing_context, rows, columns):
    """The registers, for tiles of sums with so many rows and columns, 1 to 16 each.

    LDTILECFG reads 64 bytes: 1, the number of its only form, then from the 16th on the bytes of a row of each register,
    two bytes each, and from the 48th on their rows.
    """
    def codegen(context, builder, signature, arguments):
        rows, columns = arguments
        memory = cgutils.alloca_once(builder, ir.ArrayType(BYTE, 64), zfill=True)
        start = builder.bitcast(memory, ADDRESS)

        def put(value, offset, kind):
            place = builder.gep(start, [ir.IntType(32)(offset)])
            builder.store(builder.trunc(value, kind), builder.bitcast(place, kind.as_pointer()))

        put(WORD(1), 0, BYTE)
        sixteen = WORD(16)
        shapes = {SUMS0: (rows, columns), SUMS1: (rows, columns), LEFT: (rows, sixteen), RIGHT: (sixteen, columns)}
        for register, (n_rows, n_columns) in shapes.items():
            put(builder.mul(n_columns, WORD(4)), 16 + 2 * register, ir.IntType(16))
            put(n_rows, 48 + register, BYTE)
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(NOTHING, [ADDRESS]),
                                                  "llvm.x86.ldtilecfg")
        builder.call(function, [start])
        return context.get_dummy_value()

    return numba.void(*[numba.types.int64] * 2), codegen


release = instruction("tilerelease")
zero0, zero1 = (instruction("tilezero", sums) for sums in (SUMS0, SUMS1))
load0, load1, load_left, load_right = (
    instruction("tileloadd64", register, addresses=1, strides=1) for register in (SUMS0, SUMS1, LEFT, RIGHT))
store0, store1 = (instruction("tilestored64", sums, addresses=1, strides=1) for sums in (SUMS0, SUMS1))
add_product0, add_product1 = (instruction("tdpbf16ps", sums, LEFT, RIGHT) for sums in (SUMS0, SUMS1))


@kernel
def configured(rows, columns, before):
    """The number of a shape of sums, for which the registers are configured now, if they were not before."""
    shape = 32 * rows + columns
    if shape != before:
        configure(rows, columns)  # type: ignore[call-arg]
    return shape


@kernel
def one_block(left, right, n_tiles, place, stride, add):
    """16 x 16 sums, or fewer, at an address: (0 or themselves) + a row of tiles times a column of tiles."""
    if add:
        load0(place, stride)
    else:
        zero0()
    for k in range(n_tiles):
        load_left(left + 1024 * k, 64)
        load_right(right + 2048 * k, 128)
        add_product0()
    store0(place, stride)


@kernel
def two_blocks(left, right, n_tiles, place, stride, add):
    """As `one_block`, 32 columns of sums."""
    if add:
        load0(place, stride)
        load1(place + 64, stride)
    else:
        zero0()
        zero1()
    for k in range(n_tiles):
        load_left(left + 1024 * k, 64)
        load_right(right + 2048 * k, 128)
        add_product0()
        load_right(right + 2048 * k + 64, 128)
        add_product1()
    store0(place, stride)
    store1(place + 64, stride)


@kernel
def multiply(left, right, n_inner, out, add):
    """As `packing.multiply`. Tiles are multiplied whole, with their zeros, but for rows and columns beyond `out`."""
    n_rows, n_columns = out.shape
    n_tiles, stride, shape, in_pairs = left.shape[1], out.strides[0], 0, n_columns - n_columns % 32
    lefts, rights, outs = (  # unsigned and signed integers together would become float64
        i64(left.ctypes.data), i64(right.ctypes.data), i64(out.ctypes.data))
    for column in range(0, in_pairs, 32):
        for tile in range(0, n_tiles, TILES):
            for row in range(0, n_rows, 16):
                shape = configured(min(16, n_rows - row), 16, shape)
                two_blocks(lefts + 64 * n_tiles * row + 1024 * tile, rights + 64 * n_tiles * column + 2048 * tile,
                           min(TILES, n_tiles - tile), outs + row * stride + 4 * column, stride, add or tile > 0)
    for column in range(in_pairs, n_columns, 16):
        for row in range(0, n_rows, 16):
            shape = configured(min(16, n_rows - row), min(16, n_columns - column), shape)
            one_block(lefts + 64 * n_tiles * row, rights + 64 * n_tiles * in_pairs + 4 * (column - in_pairs), n_tiles,
                      outs + row * stride + 4 * column, stride, add)
    release()
