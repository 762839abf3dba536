"""The compiled loops over activations and logits, float32; and the rules of all files of kernels:

- A kernel allocates nothing. It writes to `out`, or to what its docstring calls "in place".
- A kernel checks nothing. An index outside its array would read foreign memory: `Dataset` raises before.
- A kernel is serial and releases the GIL; `system.threads` runs it on blocks of rows.
- Kernels that call each other share a file: Numba's disk cache notices an edit only in the file that it compiled.
- Every kernel has a NumPy twin, its specification, in `network.reference` or in the tests. Numba finds its types.

Axis letters: N rows, D words, H and K hidden units, L labels, T labels in a tile. A sparse matrix comes as its three
csr arrays: the non-zeros of row i are `data[indptr[i]:indptr[i + 1]]`, in the columns `indices[...]`.
"""

import math

import numpy as np

from nnlite.kernels.compile import kernel, wide_vectors

f32, f64, i32, u64 = np.float32, np.float64, np.int32, np.uint64
ROUNDING = f32(2 ** -17)  # a bound on the relative error of two float32 sums of 64 terms of one sign, together


@kernel
def exp_neg(x):
    """e^x for float32 x <= 0, relative error below 2e-7 down to -30. Plain arithmetic, so loops around it vectorise.

    Write x = n ln2 + r with n an integer and |r| <= ln2 / 2; then e^x = 2^n e^r.
        ln2 is subtracted in two parts, 355/512 and the rest, so that n ln2 loses no digits;
        e^r is a polynomial of degree 5 (fitted to the smallest largest relative error, 9e-8, with e^0 = 1 exact);
        multiplying by 2^n is adding n to the exponent, the bits of a float32 from the 23rd on.
    Below -30 x is taken as -30, where e^x is 9e-14: matrix products take ten times as long with subnormal gradients.
    """
    x = f32(-30) if x < f32(-30) else x  # unlike max, keeps a NaN
    n = i32(x * f32(1.44269504) - f32(0.5))  # rounded to the nearest: x is not positive, the cast cuts towards 0
    r = (x - f32(n) * f32(355 / 512)) + f32(n) * f32(2.12194440e-4)
    p = f32(8.29027221e-3)
    p = p * r + f32(4.18981612e-2)
    p = p * r + f32(1.66676387e-1)
    p = p * r + f32(4.99991477e-1)
    p = p * r + f32(9.99999702e-1)
    p = p * r + f32(1)
    return i32(f32(p).view(i32) + i32(n << i32(23))).view(f32)


@kernel
def two_sigmoids(z0, z1, scale):
    """scale sigmoid(z0), scale sigmoid(z1), e^-|z0| and e^-|z1|, each with a relative error below 5e-7 (see `exp_neg`).

    sigmoid(z) is 1 / (1 + e) or, for z < 0, e / (1 + e) with e = e^-|z|: nothing overflows. Division is the slowest
    operation here, so one serves both: 1 / u0 = u1 (1 / (u0 u1)).
    """
    e0, e1 = exp_neg(-abs(z0)), exp_neg(-abs(z1))
    u0, u1 = f32(1) + e0, f32(1) + e1
    inverse = scale / (u0 * u1)
    return (e0 if z0 < 0 else f32(1)) * (u1 * inverse), (e1 if z1 < 0 else f32(1)) * (u0 * inverse), e0, e1


@kernel
def sigmoid(z):
    """In place: z becomes 1 / (1 + e^-z), error below 5e-7 relative or 1e-13."""
    wide_vectors()
    for i in range(z.shape[0]):
        half = z.shape[1] // 2
        left, right = z[i, :half], z[i, half:]
        for j in range(half):
            left[j], right[j], _, _ = two_sigmoids(left[j], right[j], f32(1))
        if right.size > half:
            right[half], _, _, _ = two_sigmoids(right[half], right[half], f32(1))


@kernel
def sigmoid_backward(dh, h, keep):
    """In place: h, what `dropout` left of a = sigmoid(z), becomes dz = dh a (1 - a), with a = h keep."""
    for i in range(h.shape[0]):
        row, dh_row = h[i], dh[i]
        for j in range(row.size):
            a = row[j] * keep
            row[j] = dh_row[j] * a * (f32(1) - a)


@kernel
def relu_backward(dh, h, keep):
    """In place: h, what `dropout` left of relu(z), becomes dz = dh where h > 0, else 0."""
    for i in range(h.shape[0]):
        row, dh_row = h[i], dh[i]
        for j in range(row.size):
            row[j] = dh_row[j] if row[j] > 0 else f32(0)


@kernel
def random_bits(x):
    """32 bits that look random, from the 32 low bits of x: a mixing function of two multiplications (Wellons 2018).

    Its constants were found by search; the bias of a flipped input bit is below 0.2 %. 64 bits: nothing overflows.
    """
    x = (x ^ (x >> u64(16))) * u64(0x7FEB352D) & u64(0xFFFFFFFF)
    x = (x ^ (x >> u64(15))) * u64(0x846CA68B) & u64(0xFFFFFFFF)
    return x ^ (x >> u64(16))


@kernel
def dropout(h, keep, stream, first_row):
    """In place: each entry stays with probability `keep`, divided by it, or becomes 0 (Srivastava et al. 2014).

    The chance of row i is that of number first_row + i in the stream (a number of 32 bits), whichever thread runs it.
    """
    scale, limit = f32(1) / keep, u64(keep * f64(2 ** 32))
    for i in range(h.shape[0]):
        row, key = h[i], random_bits(u64(stream) ^ random_bits(u64(first_row + i)))
        for j in range(row.size):
            row[j] = row[j] * scale if random_bits(key ^ u64(j)) < limit else f32(0)


@kernel
def drop_words(indptr, indices, data, keep, stream, first_row, out_indptr, out_indices, out_data):
    """out is x with each non-zero kept with probability `keep`, and then divided by it; chances as in `dropout`."""
    scale, limit, n = f32(1) / keep, u64(keep * f64(2 ** 32)), 0
    out_indptr[0] = 0
    for i in range(indptr.size - 1):
        key = random_bits(u64(stream) ^ random_bits(u64(first_row + i)))
        for k in range(indptr[i], indptr[i + 1]):
            if random_bits(key ^ u64(indices[k])) < limit:
                out_indices[n], out_data[n] = indices[k], data[k] * scale
                n += 1
        out_indptr[i + 1] = n


@kernel
def bce_with_logits(z, b, y_indptr, y_indices, first_label, scale, db, work):
    """In place: z (N, T), logits but for their bias b (T,), becomes dz = scale (sigmoid(z + b) - y).

    db (T,) becomes the sum of dz over the rows; work (3, T) is scratch. Returns the unscaled loss, summed over all
    logits; it is never negative.

    z holds the T labels from first_label on. Of the csr label matrix y only the ones are stored, so every label is
    first treated as a zero, then the ones are corrected:
        y = 0   loss log(1 + e^z)        gradient s(z)
        y = 1   loss log(1 + e^z) - z    gradient s(z) - 1
    With e = e^-|z|, log(1 + e^z) = max(z, 0) + log(1 + e), and sum log(1 + e) = log prod(1 + e): each label keeps its
    own sum and product over 64 rows, which stays below 2^64, and one logarithm serves 15 labels (2^960, in float64).
    The product less 1 is kept, q <- q (1 + e) + e, because an e of 1e-9 would be lost beside a 1. Rows go in pairs, for
    `two_sigmoids`.

    A true label with z > 0 adds z to its sum, which is subtracted again: what is left below 2^-17 of the sum is float32
    rounding of 64 terms, and counts as 0.
    """
    wide_vectors()
    n_rows, n_labels = z.shape
    linear, above_one, of_true = work[0], work[1], work[2]
    total = f64(0)
    db[:] = 0
    for start in range(0, n_rows, 64):
        work[:] = 0
        stop = min(start + 64, n_rows)
        for i in range(start, stop):
            for k in range(y_indptr[i], y_indptr[i + 1]):
                j = y_indices[k] - first_label
                if 0 <= j < n_labels:
                    true = z[i, j] + b[j]
                    if true > 0:
                        of_true[j] += true
                    else:
                        total -= true
        for i in range(start, stop - 1, 2):
            row0, row1 = z[i], z[i + 1]
            for j in range(n_labels):
                z0, z1 = row0[j] + b[j], row1[j] + b[j]
                row0[j], row1[j], e0, e1 = two_sigmoids(z0, z1, scale)
                linear[j] += (f32(0) if z0 < 0 else z0) + (f32(0) if z1 < 0 else z1)  # unlike max, keeps a NaN
                above_one[j] = above_one[j] * (f32(1) + e0) + e0
                above_one[j] = above_one[j] * (f32(1) + e1) + e1
                db[j] += row0[j] + row1[j]
        if (stop - start) % 2:
            row = z[stop - 1]
            for j in range(n_labels):
                last = row[j] + b[j]
                row[j], _, e, _ = two_sigmoids(last, f32(-30), scale)
                linear[j] += f32(0) if last < 0 else last
                above_one[j] = above_one[j] * (f32(1) + e) + e
                db[j] += row[j]
        for first in range(0, n_labels, 15):
            every = f64(1)
            for j in range(first, min(first + 15, n_labels)):
                false = linear[j] - of_true[j]
                total += f32(0) if false < linear[j] * ROUNDING else false  # an infinite or NaN one stays
                every *= f64(1) + above_one[j]
            total += math.log(every)

    for i in range(n_rows):
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_label
            if 0 <= j < n_labels:
                z[i, j] -= scale
                db[j] -= scale
    return total


@kernel
def softmax_ce(z, b, y_indptr, y_indices, scale, db):
    """In place: z (N, L), logits but for their bias b (L,), becomes dz = scale (n p - y) with p = softmax(z + b).

    n is the number of the row's labels, 1 or 0: a row without one has neither loss nor gradient. db (L,) becomes the
    sum of dz over the rows. Returns the unscaled loss, sum of -log p of the true labels, over the rows.

    With the row's largest logit m, p = e^(z - m) / s, s the sum of these, and -log p = log s - (z - m): nothing
    overflows, and a p below 1e-13 is not exact but not 0. Relative error of the others: 1e-6.
    m is found among the bits as integers, which LLVM vectorises: they have the order of the numbers once negative ones
    have all bits but the sign flipped. A NaN gets into s either way.
    """
    wide_vectors()
    total, low_bits = f64(0), i32(0x7FFFFFFF)
    db[:] = 0
    for i in range(z.shape[0]):
        row, n = z[i], y_indptr[i + 1] - y_indptr[i]
        largest = i32(-2 ** 31)
        for j in range(row.size):
            row[j] += b[j]
            bits = f32(row[j]).view(i32)
            largest = max(largest, bits ^ (bits >> i32(31) & low_bits))
        m = i32(largest ^ (largest >> i32(31) & low_bits)).view(f32)
        for k in range(y_indptr[i], y_indptr[i + 1]):
            total -= row[y_indices[k]] - m
        s = f32(0)
        for j in range(row.size):
            row[j] = exp_neg(row[j] - m)
            s += row[j]
        total += n * math.log(f64(s))
        factor = f32(n) * scale / s
        for j in range(row.size):
            row[j] *= factor
            db[j] += row[j]
        for k in range(y_indptr[i], y_indptr[i + 1]):
            row[y_indices[k]] -= scale
            db[y_indices[k]] -= scale
    return total


@kernel
def weigh(dz, y_indptr, y_indices, first_label, row_weights, label_weights, db):
    """In place: dz (N, T) is multiplied by its row's weight (N,) and, where the label is true, by the label's (T,).

    db (T,) becomes the sum of dz over the rows. dz and y are those of `bce_with_logits`.
    """
    db[:] = 0
    for i in range(dz.shape[0]):
        row, weight = dz[i], row_weights[i]
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_label
            if 0 <= j < row.size:
                row[j] *= label_weights[j]
        for j in range(row.size):
            row[j] *= weight
            db[j] += row[j]


@kernel
def busy_columns(dz, bound, largest, columns):
    """The columns of dz (N, T) with an entry above the bound in size, or a NaN, to columns (T,), int32; their number.

    largest (T,) is scratch.
    """
    largest[:] = 0
    for i in range(dz.shape[0]):
        row = dz[i]
        for j in range(row.size):
            size = abs(row[j])
            largest[j] = size if size > largest[j] or size != size else largest[j]  # which keeps a NaN
    n = 0
    for j in range(largest.size):
        if not largest[j] <= bound:
            columns[n] = j
            n += 1
    return n
