"""The compiled loops over activations and logits, float32; and the rules of all files of kernels:

- A kernel allocates nothing. It writes to `out`, or to what its docstring calls "in place".
- A kernel checks nothing. An index outside its array would read foreign memory: `Dataset` raises before.
- A kernel is serial and releases the GIL; `system.threads` runs it on blocks of rows.
- Every kernel that computes has a NumPy twin, in `network.reference` or in the tests. Numba finds its types.

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
            out_indices[n], out_data[n] = indices[k], data[k] * scale  # the next one takes its place if dropped
            n += random_bits(key ^ u64(indices[k])) < limit
        out_indptr[i + 1] = n


@kernel
def bce_with_logits(z, b, y_indptr, y_indices, first_column, scale, db, work):
    """In place: z (R, C), logits but for the bias b (R,) of a row, becomes dz = scale (sigmoid(z + b) - y).

    A row is a label in training, so that its bias is one number; then C are rows of the batch. db (R,) becomes the sum
    of dz over a row; work (3, C) is scratch. Returns the unscaled loss, summed over all logits; it is never negative.

    z holds the columns of y from first_column on. Of the csr matrix y only the ones are stored, so every entry is first
    treated as a zero, loss log(1 + e^z) and gradient s(z), then the ones are corrected, by -z and -1.
    With e = e^-|z|, log(1 + e^z) = max(z, 0) + log(1 + e), and sum log(1 + e) = log prod(1 + e): each column keeps its
    own sum and product over 64 rows, which stays below 2^64, and one logarithm serves 15 columns (2^960, in float64).
    The product less 1 is kept, q <- q (1 + e) + e, because an e of 1e-9 would be lost beside a 1. Rows go in pairs, for
    `two_sigmoids`.

    A one with z > 0 adds z to its sum, which is subtracted again: what is left below 2^-17 of the sum is float32
    rounding of 64 terms, and counts as 0.
    """
    wide_vectors()
    n_rows, n_columns = z.shape
    linear, above_one, of_true = work[0], work[1], work[2]
    total = f64(0)
    for start in range(0, n_rows, 64):
        work[:] = 0
        stop = min(start + 64, n_rows)
        for i in range(start, stop):
            for k in range(y_indptr[i], y_indptr[i + 1]):
                j = y_indices[k] - first_column
                if 0 <= j < n_columns:
                    true = z[i, j] + b[i]
                    if true > 0:
                        of_true[j] += true
                    else:
                        total -= true
        for i in range(start, stop - 1, 2):
            row0, row1, b0, b1 = z[i], z[i + 1], b[i], b[i + 1]
            sum0, sum1 = f32(0), f32(0)
            for j in range(n_columns):
                z0, z1 = row0[j] + b0, row1[j] + b1
                row0[j], row1[j], e0, e1 = two_sigmoids(z0, z1, scale)
                linear[j] += (f32(0) if z0 < 0 else z0) + (f32(0) if z1 < 0 else z1)  # unlike max, keeps a NaN
                above_one[j] = above_one[j] * (f32(1) + e0) + e0
                above_one[j] = above_one[j] * (f32(1) + e1) + e1
                sum0 += row0[j]
                sum1 += row1[j]
            db[i], db[i + 1] = sum0, sum1
        if (stop - start) % 2:
            row, b0, sum0 = z[stop - 1], b[stop - 1], f32(0)
            for j in range(n_columns):
                last = row[j] + b0
                row[j], _, e, _ = two_sigmoids(last, f32(-30), scale)
                linear[j] += f32(0) if last < 0 else last
                above_one[j] = above_one[j] * (f32(1) + e) + e
                sum0 += row[j]
            db[stop - 1] = sum0
        for first in range(0, n_columns, 15):
            every = f64(1)
            for j in range(first, min(first + 15, n_columns)):
                false = linear[j] - of_true[j]
                total += f32(0) if false < linear[j] * ROUNDING else false  # an infinite or NaN one stays
                every *= f64(1) + above_one[j]
            total += math.log(every)

    for i in range(n_rows):
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_column
            if 0 <= j < n_columns:
                z[i, j] -= scale
                db[i] -= scale
    return total


@kernel
def softmax_ce(z, b, y_indptr, y_rows, scale, db, work):
    """In place: z (L, N), logits but for their bias b (L,), becomes dz = scale (n p - y) with p = softmax(z + b).

    The softmax is that of a column, over the labels. y comes label by label as from `sparse.ones_of_tile`; n is the
    number of a column's labels, 1 or 0: one without has neither loss nor gradient. db (L,) becomes the sum of dz over a
    row; work (3, N) is scratch. Returns the unscaled loss, sum of -log p of the true labels.

    With the column's largest logit m, p = e^(z - m) / s, s the sum of these, and -log p = log s - (z - m): nothing
    overflows, and a p below 1e-13 is not exact but not 0. Relative error of the others: 1e-6.
    """
    wide_vectors()
    n_labels, n_columns = z.shape
    largest, sums, factors = work[0], work[1], work[2]
    total = f64(0)
    largest[:] = -np.inf
    sums[:] = 0
    factors[:] = 0
    for i in range(n_labels):
        row, bias = z[i], b[i]
        for j in range(n_columns):
            row[j] += bias
            largest[j] = largest[j] if row[j] < largest[j] else row[j]  # keeps a NaN
    for i in range(n_labels):
        for k in range(y_indptr[i], y_indptr[i + 1]):
            total -= z[i, y_rows[k]] - largest[y_rows[k]]
            factors[y_rows[k]] += scale
    for i in range(n_labels):
        row = z[i]
        for j in range(n_columns):
            row[j] = exp_neg(row[j] - largest[j])
            sums[j] += row[j]
    for j in range(n_columns):
        total += (f64(1) if factors[j] > 0 else f64(0)) * math.log(f64(sums[j]))  # a NaN stays
        factors[j] /= sums[j]
    for i in range(n_labels):
        row, sum_of_row = z[i], f32(0)
        for j in range(n_columns):
            row[j] *= factors[j]
            sum_of_row += row[j]
        db[i] = sum_of_row
        for k in range(y_indptr[i], y_indptr[i + 1]):
            row[y_rows[k]] -= scale
            db[i] -= scale
    return total


@kernel
def weigh(dz, y_indptr, y_rows, row_weights, label_weights, db):
    """In place: dz (T, N) times its column's weight (N,), a row of the batch, and, where the label is true, its (T,).

    db (T,) becomes the sum of dz over the batch. y comes label by label, as from `sparse.ones_of_tile`.
    """
    for i in range(dz.shape[0]):
        row, total = dz[i], f32(0)
        for k in range(y_indptr[i], y_indptr[i + 1]):
            row[y_rows[k]] *= label_weights[i]
        for j in range(row.size):
            row[j] *= row_weights[j]
            total += row[j]
        db[i] = total


@kernel
def busy_rows(dz, bound, rows):
    """The rows of dz (T, N) with an entry above the bound in size, or a NaN, to rows (T,), int32; their number."""
    n, limit = 0, f32(bound).view(i32)  # as integers, the bits of sizes have their order, those of a NaN come last
    for i in range(dz.shape[0]):
        row, largest = dz[i], i32(0)
        for j in range(row.size):
            largest = max(largest, f32(abs(row[j])).view(i32))
        if largest > limit:
            rows[n] = i
            n += 1
    return n
