"""Products of packed bfloat16 matrices with AVX512-BF16: AMD since Zen 4, Intel since Cooper Lake.

`vdpbf16ps` adds the products of 16 pairs of bfloat16 to 16 float32 sums, two multiplications a lane. 8 rows times 48
columns of sums stay in registers, or 8 times 32 of the last, while pairs of a row of the left matrix are spread over a
register, and three registers of pairs of the right one pass by. Zeros that fill up the last tile of an inner product
are not multiplied, and sums beyond the last row or column are not stored.
"""

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nnlite.kernels.compile import kernel

i64 = np.int64


class BFloat(ir.Type):
    """LLVM's type of a bfloat16, which llvmlite lacks."""

    def _to_string(self):
        return "bfloat"

    def __eq__(self, other):
        return isinstance(other, BFloat)

    def __hash__(self):
        return hash("bfloat")


WORD, PAIR = ir.IntType(64), ir.IntType(32)
SUMS, PAIRS, CHOSEN = (ir.VectorType(kind, 16) for kind in (ir.FloatType(), PAIR, ir.IntType(1)))
OPERAND = ir.VectorType(BFloat(), 32) if binding.llvm_version_info >= (16,) else PAIRS  # as LLVM declares it


def block_product(registers):
    """The product of 8 rows of packed tiles and 16 columns of them for each of so many registers, as an intrinsic.

    It has the addresses of the left operand, of the right one and of the sums; the first 16 columns, counted in
    sixteens, and the bytes of 32 columns of the right operand; the bytes between two rows of sums; the pairs of the
    inner product; whether it adds to what is there; and the rows and columns that there are. Rows beyond are written to
    the last one, which itself is written after them.
    """
    def codegen(context, builder, signature, arguments):
        left, right, out, first, column_bytes, stride, n_pairs, is_added, n_rows, n_columns = arguments

        def function(name, result, *parameters):
            return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, parameters), f"llvm.{name}")

        def spread(vector, value):
            one = builder.insert_element(vector(ir.Undefined), value, PAIR(0))
            return builder.shuffle_vector(one, vector(ir.Undefined), PAIRS([0] * 16))

        def at(address, offset, kind):
            return builder.inttoptr(builder.add(address, WORD(offset)), kind.as_pointer())

        def load(address, offset, kind):
            value = builder.load(at(address, offset, kind))
            value.align = 4
            return value

        add = function("x86.avx512bf16.dpbf16ps.512", SUMS, SUMS, OPERAND, OPERAND)
        read = function("masked.load.v16f32.p0", SUMS, SUMS.as_pointer(), PAIR, CHOSEN, SUMS)
        write = function("masked.store.v16f32.p0", ir.VoidType(), SUMS, SUMS.as_pointer(), PAIR, CHOSEN)

        rights = []  # where the pairs of each register begin
        for i in range(registers):
            sixteen = builder.add(first, WORD(i))
            half = builder.mul(builder.and_(sixteen, WORD(1)), WORD(64))
            rights.append(builder.add(builder.add(right, half),
                                      builder.mul(builder.lshr(sixteen, WORD(1)), column_bytes)))
        columns = [builder.icmp_signed("<", PAIRS([*range(16 * i, 16 * i + 16)]),
                                       spread(PAIRS, builder.trunc(n_columns, PAIR))) for i in range(registers)]
        places = []  # of a register of sums: where it is stored, and which of it
        for row in range(8):
            exists = builder.icmp_signed("<", WORD(row), n_rows)
            place = builder.mul(stride, builder.select(exists, WORD(row), builder.sub(n_rows, WORD(1))))
            places += [(at(builder.add(out, place), 64 * i, SUMS), chosen) for i, chosen in enumerate(columns)]
        zeros, adds = SUMS([0.0] * 16), spread(CHOSEN, is_added)
        sums = [cgutils.alloca_once_value(builder, builder.call(read, [
            place, PAIR(4), builder.and_(chosen, adds), zeros])) for place, chosen in places]
        with cgutils.for_range(builder, n_pairs) as loop:
            tile, pair = builder.lshr(loop.index, WORD(4)), builder.and_(loop.index, WORD(15))
            lefts = builder.add(left, builder.add(builder.mul(tile, WORD(1024)), builder.mul(pair, WORD(4))))
            offset = builder.mul(loop.index, WORD(128))
            many = [builder.bitcast(load(builder.add(address, offset), 0, PAIRS), OPERAND) for address in rights]
            for row in range(8):
                one = builder.bitcast(spread(PAIRS, load(lefts, 64 * row, PAIR)), OPERAND)
                for total, other in zip(sums[registers * row:], many):
                    builder.store(builder.call(add, [builder.load(total), one, other]), total)
        for (place, chosen), total in reversed([*zip(places, sums)]):
            builder.call(write, [builder.load(total), place, PAIR(4), chosen])
        return context.get_dummy_value()

    given = [types.int64] * 7 + [types.boolean] + [types.int64] * 2
    return intrinsic(lambda typing_context, left, right, out, first, column_bytes, stride, n_pairs, add, n_rows,
                     n_columns: (types.void(*given), codegen))


product_of_32, product_of_48 = block_product(2), block_product(3)


@kernel
def multiply(left, right, n_inner, out, add):
    """As `packing.multiply`."""
    n_rows, n_columns = out.shape
    n_tiles, n_pairs, row_bytes = left.shape[1], (n_inner + 1) // 2, out.strides[0]
    # unsigned and signed integers together would become float64
    lefts, rights, outs = i64(left.ctypes.data), i64(right.ctypes.data), i64(out.ctypes.data)
    first, sixteens = 0, (n_columns + 15) >> 4
    while first < sixteens:
        wide = sixteens - first > 4 or sixteens - first == 3  # what is left over is 32 or 48 columns, never 16
        columns = n_columns - 16 * first
        for i in range(0, n_rows, 8):
            left0, place = lefts + 1024 * n_tiles * (i >> 4) + 64 * (i & 15), outs + i * row_bytes + 64 * first
            if wide:
                product_of_48(  # type: ignore[call-arg]
                    left0, rights, place, first, 2048 * n_tiles, row_bytes, n_pairs, add, n_rows - i, columns)
            else:
                product_of_32(  # type: ignore[call-arg]
                    left0, rights, place, first, 2048 * n_tiles, row_bytes, n_pairs, add, n_rows - i, columns)
        first += 3 if wide else 2
