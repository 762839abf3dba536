"""Matrices packed as bfloat16 for the processor's matrix units, and their product in plain loops; rules as in `dense`.

A unit multiplies tiles of 1 KiB: 16 rows of the left matrix times 32 columns of it, by 32 rows times 16 columns of the
right one, where two rows lie together as pairs, one uint32 each. Two right tiles lie side by side:

    left  (M, K):  tiles (M / 16, K / 32), each (16 rows, 32 k)
    right (K, N):  pairs of tiles (N / 32, K / 32), each (16 pairs of k, 32 columns)

Numbers of tiles are rounded up, those of the rows of the left matrix to an even number; what lies beyond is zero.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from nnlite.kernels.compile import kernel, wide_vectors
from nnlite.kernels.processor import interpreted

f32, i64, u16, u32 = np.float32, np.int64, np.uint16, np.uint32
IS_COMPILED = not interpreted()


def left_shape(n_rows: int, n_inner: int) -> tuple[int, int, int, int]:
    """The shape of a packed left matrix."""
    return 2 * -(-n_rows // 32), -(-n_inner // 32), 16, 32


def right_shape(n_inner: int, n_columns: int) -> tuple[int, int, int, int]:
    """The shape of a packed right matrix."""
    return -(-n_columns // 32), -(-n_inner // 32), 16, 32


@kernel
def bfloat16(x):
    """x, a float32, rounded to the nearest bfloat16, ties to the one whose last bit is 0: its 16 bits, as a uint32.

    Half of the last place that is kept, less one bit, and that place's own bit are added: the carry rounds up. What is
    larger than the largest bfloat16 becomes infinite, as in IEEE 754. The carry would change a NaN into a number, or
    have no place: each NaN is taken for the usual one.
    """
    bits = f32(x).view(u32) if x == x else u32(0x7FC00000)
    return u32(u32(u32(bits + u32(0x7FFF)) + u32(u32(bits >> u32(16)) & u32(1))) >> u32(16))


@kernel
def pair(low, high):
    """Two float32 as bfloat16 in one uint32."""
    return u32(bfloat16(low) | u32(bfloat16(high) << u32(16)))


@kernel
def to_bfloat16(x, out):
    """out (n, m) becomes x, rounded to bfloat16 and still float32; out may be x."""
    for i in range(x.shape[0]):
        row, out_row = x[i], out[i]
        for j in range(row.size):
            out_row[j] = u32(bfloat16(row[j]) << u32(16)).view(f32)


@kernel
def pack_left(x, out):
    """The left matrix x (M, K)."""
    wide_vectors()
    n_rows, n_inner = x.shape
    for i in range(16 * out.shape[0]):
        for q in range(out.shape[1]):
            packed, first = out[i >> 4, q, i & 15], 32 * q
            if i < n_rows and first + 32 <= n_inner:
                row = x[i, first:first + 32]
                for k in range(32):
                    packed[k] = u16(bfloat16(row[k]))
            else:
                for k in range(32):
                    packed[k] = u16(bfloat16(x[i, first + k])) if i < n_rows and first + k < n_inner else u16(0)


@kernel
def pack_right(x, out):
    """The right matrix x (K, N)."""
    wide_vectors()
    n_inner, n_columns = x.shape
    for q in range(out.shape[1]):
        for p in range(16):
            k = 32 * q + 2 * p
            for n in range(out.shape[0]):
                packed, first = out[n, q, p], 32 * n
                if k + 1 < n_inner and first + 32 <= n_columns:
                    row0, row1 = x[k, first:first + 32], x[k + 1, first:first + 32]
                    for j in range(32):
                        packed[j] = pair(row0[j], row1[j])
                else:
                    for j in range(32):
                        inside = first + j < n_columns
                        packed[j] = pair(x[k, first + j] if inside and k < n_inner else f32(0),
                                         x[k + 1, first + j] if inside and k + 1 < n_inner else f32(0))


@intrinsic
def pack_32_pairs(typing_context, row0, row1, n, left0, left1, pairs):
    """`pair` of 32 numbers of two rows, and the bfloat16 of each row, all at addresses; 0 after the first n.

    LLVM does not vectorise such loops: it cannot know that the rows of the left matrix, which alternate, lie apart.
    """
    def codegen(context, builder, signature, arguments):
        numbers, words, halves = (ir.VectorType(kind, 32) for kind in (ir.FloatType(), ir.IntType(32), ir.IntType(16)))

        def every(number):
            return words([number] * 32)

        def rounded(address):  # as `bfloat16`
            x = builder.load(builder.inttoptr(address, numbers.as_pointer()))
            x.align = 4
            bits = builder.bitcast(x, words)
            odd = builder.and_(builder.lshr(bits, every(16)), every(1))
            up = builder.lshr(builder.add(builder.add(bits, every(0x7FFF)), odd), every(16))
            number = builder.select(builder.fcmp_ordered("ord", x, x), up, every(0x7FC0))
            return builder.select(inside, number, every(0))

        count = builder.insert_element(every(0), builder.trunc(arguments[2], words.element), words.element(0))
        inside = builder.icmp_signed("<", words([*range(32)]), builder.shuffle_vector(count, count, every(0)))
        low, high = map(rounded, arguments[:2])
        both = builder.or_(low, builder.shl(high, every(16)))
        for value, place in zip([builder.trunc(low, halves), builder.trunc(high, halves), both], arguments[3:]):
            builder.store(value, builder.inttoptr(place, value.type.as_pointer())).align = 4
        return context.get_dummy_value()

    return numba.void(*[numba.types.int64] * 6), codegen


@kernel
def pack_both(x, first, left, right):
    """x (n, m) as a left matrix, and as rows of a right one, from row `first`, a multiple of 32, on."""
    wide_vectors()
    n_rows, n_columns = x.shape
    row_bytes, n_tiles, n_pairs = x.strides[0], left.shape[1], right.shape[1]
    rows, lefts, rights = i64(x.ctypes.data), i64(left.ctypes.data), i64(right.ctypes.data)
    end = rows + n_rows * row_bytes
    for i in range(0, 16 * left.shape[0], 2):
        place = first + i
        for q in range(n_tiles):
            row0, left0 = rows + i * row_bytes + 128 * q, lefts + 1024 * ((i >> 4) * n_tiles + q) + 64 * (i & 15)
            pairs = rights + 2048 * (q * n_pairs + (place >> 5)) + 64 * (place & 31)
            if IS_COMPILED and i + 1 < n_rows and 32 * q + 32 <= n_columns:
                pack_32_pairs(row0, row0 + row_bytes, 32, left0, left0 + 64, pairs)  # type: ignore[call-arg]
            elif IS_COMPILED and row0 + row_bytes + 128 <= end:
                pack_32_pairs(  # type: ignore[call-arg]
                    row0, row0 + row_bytes, n_columns - 32 * q, left0, left0 + 64, pairs)
            else:
                tile, pairs_here = left[i >> 4, q], right[q, place >> 5, (place & 31) >> 1]
                for k in range(32):
                    column = 32 * q + k
                    low = bfloat16(x[i, column]) if i < n_rows and column < n_columns else u32(0)
                    high = bfloat16(x[i + 1, column]) if i + 1 < n_rows and column < n_columns else u32(0)
                    tile[i & 15, k], tile[(i & 15) + 1, k] = u16(low), u16(high)
                    pairs_here[k] = u32(low | u32(high << u32(16)))


@intrinsic
def transpose_16(typing_context, source, source_bytes, target, target_bytes):
    """16 rows of 16 uint32 to 16 columns, at addresses, with so many bytes from a row to the next.

    Four times the rows i and i + 8 become rows 2 i and 2 i + 1, number by number in turn. Each time the 8 bits of a
    place, 4 of its row and 4 of its column, are rotated by one: then row and column have changed places.
    """
    def codegen(context, builder, signature, arguments):
        source, source_bytes, target, target_bytes = arguments
        kind = ir.VectorType(ir.IntType(32), 16)

        def rows(start, row_bytes):
            return [builder.inttoptr(builder.add(start, builder.mul(row_bytes, row_bytes.type(i))), kind.as_pointer())
                    for i in range(16)]

        vectors = [builder.load(place, align=4) for place in rows(source, source_bytes)]
        in_turn = [ir.Constant(kind, [first + i // 2 + 16 * (i % 2) for i in range(16)]) for first in (0, 8)]
        for _ in range(4):
            vectors = [builder.shuffle_vector(vectors[i], vectors[i + 8], half) for i in range(8) for half in in_turn]
        for vector, place in zip(vectors, rows(target, target_bytes)):
            builder.store(vector, place, align=4)
        return context.get_dummy_value()

    return numba.void(*[numba.types.int64] * 4), codegen


@kernel
def left_to_right(left, right):
    """right becomes the packed transpose of what `left` is packed from: pairs in its rows are pairs of rows of that."""
    lefts, rights = i64(left.ctypes.data), i64(right.ctypes.data)
    for m in range(left.shape[0]):
        for q in range(left.shape[1]):
            if IS_COMPILED:
                transpose_16(  # type: ignore[call-arg]
                    lefts + 1024 * (m * left.shape[1] + q), 64,
                    rights + 2048 * ((m >> 1) * right.shape[1] + q) + 64 * (m & 1), 128)
            else:
                right[m >> 1, q, :, 16 * (m & 1):][:, :16] = left[m, q].view(u32).T


@kernel
def right_to_left(right, left):
    """left becomes the packed transpose of what `right` is packed from."""
    lefts, rights = i64(left.ctypes.data), i64(right.ctypes.data)
    for m in range(left.shape[0]):
        for q in range(left.shape[1]):
            if IS_COMPILED:
                transpose_16(  # type: ignore[call-arg]
                    rights + 2048 * ((m >> 1) * right.shape[1] + q) + 64 * (m & 1), 128,
                    lefts + 1024 * (m * left.shape[1] + q), 64)
            else:
                left[m, q].view(u32)[:] = right[m >> 1, q, :, 16 * (m & 1):][:, :16].T


@kernel
def pack_rows(h, left, right, transposed):
    """h (N, H) as a left matrix, as a right one, and its transpose as a right one."""
    pack_both(h, 0, left, right)
    left_to_right(left, transposed)


@kernel
def pack_labels(w, left, right, transposed):
    """W (T, H) as a left matrix, as a right one, and its transpose as a left one."""
    pack_both(w, 0, left, right)
    right_to_left(right, transposed)


@kernel
def multiply(left, right, n_inner, out, add):
    """out (M, N) = left right, or out += left right: what `amx` and `avx512` do on their units, in plain loops.

    n_inner: the columns of the left matrix, and rows of the right one, before they were packed
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            total = out[i, j] if add else f32(0)
            for p in range((n_inner + 1) // 2):
                a, two = left[i >> 4, p >> 4, i & 15], right[j >> 5, p >> 4, p & 15, j & 31]
                k = 2 * (p & 15)
                total += u32(u32(a[k]) << u32(16)).view(f32) * u32(two << u32(16)).view(f32)
                total += u32(u32(a[k + 1]) << u32(16)).view(f32) * u32(two & u32(0xFFFF0000)).view(f32)
            out[i, j] = total


@kernel
def add_transposed(parts, start, stop, out):
    """out (n, H) = the sum of parts (S, H, N), part by part, transposed, in their columns from start to stop.

    These of parts[0] become the sum. A view of the columns would not do: its loops are not vectorised.
    """
    n_parts, n_units, _ = parts.shape
    n, sums, outs = stop - start, i64(parts.ctypes.data) + 4 * start, i64(out.ctypes.data)
    for unit in range(0, n_units, 16):
        for j in range(unit, min(unit + 16, n_units)):
            total = parts[0, j, start:stop]
            for part in range(1, n_parts):
                other = parts[part, j, start:stop]
                for i in range(n):
                    total[i] += other[i]
        for first in range(0, n, 16):
            if IS_COMPILED and unit + 16 <= n_units and first + 16 <= n:
                transpose_16(  # type: ignore[call-arg]
                    sums + unit * parts.strides[1] + 4 * first, parts.strides[1],
                    outs + first * out.strides[0] + 4 * unit, out.strides[0])
            else:
                for j in range(unit, min(unit + 16, n_units)):
                    for i in range(first, min(first + 16, n)):
                        out[i, j] = parts[0, j, start + i]
