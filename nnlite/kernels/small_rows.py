"""The compiled loops over rows of few bits, as `classifier.small_rows` packs them, by the rules of `dense`."""

import numpy as np

from nnlite.kernels.compile import kernel, wide_vectors

f32, i32, i64 = np.float32, np.int32, np.int64


@kernel
def add_codes(codes, mask, shift, scale, rest, total):
    """total[j] += scale c - rest for the code c in the bits of codes[j] that begin at `shift`."""
    wide_vectors()
    for j in range(total.size):
        total[j] += scale * f32(i32((i32(codes[j]) >> shift) & mask)) - rest


@kernel
def add_small_row(codes, bits, scale, total):
    """total += scale (c - (2^b - 1) / 2) for the codes c of one row, in its bytes; nothing if b, its bits, is 0."""
    if bits == 0:
        return
    most, width = (1 << i64(bits)) - 1, codes.size
    for place in range(8 // i64(bits)):  # of a code within a byte
        add_codes(codes, i32(most), i32(place * bits), scale, scale * f32(most) / f32(2),
                  total[place * width:(place + 1) * width])


@kernel
def small_csr_matmul(indptr, indices, data, codes, ends, bits, scales, start, out):
    """out[i] = start + sum_k data[k] w[indices[k]] over the non-zeros k of row i, as `sparse.csr_matmul`.

    Row d of w is `add_small_row` of the bytes codes[ends[d]:ends[d + 1]], bits[d] and scales[d].
    """
    for i in range(out.shape[0]):
        row = out[i]
        for h in range(row.size):
            row[h] = start[h]
        for k in range(indptr[i], indptr[i + 1]):
            d = indices[k]
            add_small_row(codes[ends[d]:ends[d + 1]], bits[d], data[k] * scales[d], row)


@kernel
def expand_rows(rows, codes, ends, bits, scales, out):
    """out[i] = w[rows[i]], w as in `small_csr_matmul`."""
    for i in range(out.shape[0]):
        row, d = out[i], rows[i]
        for h in range(row.size):
            row[h] = 0
        add_small_row(codes[ends[d]:ends[d + 1]], bits[d], scales[d], row)
