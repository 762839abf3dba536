"""Products of packed bfloat16 matrices with AVX512-BF16: AMD since Zen 4, Intel since Cooper Lake.

`vdpbf16ps` adds the products of 16 pairs of bfloat16 to 16 float32 sums, two multiplications a lane. 8 rows times 32
columns of sums stay in registers, while pairs of a row of the left matrix are spread over a register, and two registers
of pairs of the right one pass by.
"""

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nnlite.kernels.compile import kernel

i64 = np.int64
ROWS, COLUMNS = 8, 32  # of the sums in registers


class BFloat(ir.Type):
    """LLVM's type of a bfloat16, which llvmlite lacks."""

    def _to_string(self):
        return "bfloat"

    def __eq__(self, other):
        return isinstance(other, BFloat)

    def __hash__(self):
        return hash("bfloat")


WORD, PAIR = ir.IntType(64), ir.IntType(32)
SUMS, PAIRS = ir.VectorType(ir.FloatType(), 16), ir.VectorType(PAIR, 16)
OPERAND = ir.VectorType(BFloat(), 32) if binding.llvm_version_info >= (16,) else PAIRS  # as LLVM declares it


@intrinsic
def block_product(typing_context, left, right, out, stride, n_inner, add):
    """out (8, 32) (+)= 8 rows of packed tiles times two columns of them: three addresses, a stride in bytes."""
    def codegen(context, builder, signature, arguments):
        left, right, out, stride, n_inner, is_added = arguments
        add = cgutils.get_or_insert_function(builder.module, ir.FunctionType(SUMS, [SUMS, OPERAND, OPERAND]),
                                             "llvm.x86.avx512bf16.dpbf16ps.512")

        def load(address, offset, kind, align):
            value = builder.load(builder.inttoptr(builder.add(address, offset), kind.as_pointer()))
            value.align = align
            return value

        places = [(builder.add(out, builder.mul(stride, WORD(row))), WORD(64 * half))
                  for row in range(ROWS) for half in range(2)]
        sums = [cgutils.alloca_once_value(builder, builder.select(is_added, load(*place, SUMS, 4), SUMS([0.0] * 16)))
                for place in places]
        with cgutils.for_range(builder, n_inner) as loop:
            left_tile, right_tiles = (builder.mul(loop.index, WORD(size)) for size in (1024, 2048))
            for pair in range(16):
                rights = [builder.bitcast(load(builder.add(right, right_tiles), WORD(128 * pair + 64 * half), PAIRS, 4),
                                          OPERAND) for half in range(2)]
                for row in range(ROWS):
                    one = load(builder.add(left, left_tile), WORD(64 * row + 4 * pair), PAIR, 4)
                    many = builder.insert_element(PAIRS(ir.Undefined), one, PAIR(0))
                    many = builder.shuffle_vector(many, PAIRS(ir.Undefined), PAIRS([0] * 16))
                    for half in range(2):
                        place = sums[2 * row + half]
                        builder.store(builder.call(add, [
                            builder.load(place), builder.bitcast(many, OPERAND), rights[half]]), place)
        for place, total in zip(places, sums):
            stored = builder.store(builder.load(total), builder.inttoptr(builder.add(*place), SUMS.as_pointer()))
            stored.align = 4
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5, types.boolean), codegen


@kernel
def multiply(left, right, out, add, edge):
    """out (M, N) = left right, or out += left right, for packed matrices (`packing`); edge (8, 32) is scratch."""
    n_rows, n_columns = out.shape
    n_inner, row_bytes = left.shape[1], out.strides[0]
    lefts, rights, outs, aside = (  # unsigned and signed integers together would become float64
        i64(left.ctypes.data), i64(right.ctypes.data), i64(out.ctypes.data), i64(edge.ctypes.data))
    for j in range(right.shape[0]):
        for first_row in range(0, n_rows, 8):
            first_column = 32 * j
            left0 = lefts + 1024 * n_inner * (first_row >> 4) + 64 * (first_row & 15)
            inside = first_row + 8 <= n_rows and first_column + 32 <= n_columns
            place, stride = aside, i64(128)
            if inside:
                place, stride = outs + first_row * row_bytes + 4 * first_column, row_bytes
            block_product(  # type: ignore[call-arg]
                left0, rights + 2048 * n_inner * j, place, stride, n_inner, add and inside)
            if not inside:
                for row in range(first_row, min(first_row + 8, n_rows)):
                    for column in range(first_column, min(first_column + 32, n_columns)):
                        total = edge[row - first_row, column - first_column]
                        out[row, column] = out[row, column] + total if add else total
