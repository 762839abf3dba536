"""The NumPy twins of the kernels that are not part of the network itself: each is the specification of its kernel."""

import numpy as np

from nnlite.network.reference import sigmoid
from nnlite.scores.metrics import bin_of as equal_bin


def busy_rows(dz, bound):
    """The rows of dz with an entry above the bound in size, or a NaN."""
    return np.flatnonzero(~np.all(np.abs(dz) <= bound, axis=1))


def ones_of_tile(y, tile):
    """The columns of a dense y in a tile, as rows."""
    return y[:, tile].T


def random_bits(x):
    """32 bits from the 32 low bits of x: a mixing function of two multiplications, in Python's integers."""
    for shift, factor in (16, 0x7FEB352D), (15, 0x846CA68B):
        x = (x ^ x >> shift) * factor % 2 ** 32
    return x ^ x >> 16


def dropout(shape, keep, stream, first_row):
    """What multiplies h: 1 / keep where the random bits of (row, unit) are below keep 2^32, else 0."""
    keys = [random_bits(stream ^ random_bits(first_row + i)) for i in range(shape[0])]
    bits = np.array([[random_bits(key ^ j) for j in range(shape[1])] for key in keys])
    return (bits < keep * 2 ** 32) / keep


def drop_words(x, keep, stream, first_row):
    """A sparse x (N, D) times the mask of `dropout` for its rows and words, as a dense matrix."""
    return x.toarray() * dropout(x.shape, keep, stream, first_row)


def exp_neg(x):
    """e^x for x <= 0"""
    return np.exp(x)


def two_sigmoids(z0, z1, scale):
    """scale sigmoid(z0), scale sigmoid(z1), e^-|z0|, e^-|z1|"""
    return scale * sigmoid(z0), scale * sigmoid(z1), np.exp(-abs(z0)), np.exp(-abs(z1))


def product_row(x, i, source):
    """x[i] source for a sparse x"""
    return x.toarray()[i] @ source


def csr_matmul(x, w, b):
    """x w + b for a sparse x"""
    return x.toarray() @ w + b


def csr_matmul_by_shard(x, w, n):
    """(N, n, H): x w for a sparse x, of the words that are s modulo n"""
    shard = np.arange(len(w)) % n
    return np.stack([x.toarray() @ (w * (shard == s)[:, None]) for s in range(n)], axis=1)


def add_codes(codes, mask, shift, scale, rest, total):
    """total + scale c - rest for the codes c that begin at bit `shift` of each byte"""
    return total + scale * (codes.astype(int) >> shift & mask) - rest


def add_small_row(codes, bits, scale, total):
    """total + w for the row w that these bytes hold, H = total.size codes of so many bits"""
    if not bits:
        return total
    every = np.concatenate([codes.astype(int) >> shift & 2 ** bits - 1 for shift in range(0, 8, bits)])
    return total + scale * (every[:total.size] - (2 ** bits - 1) / 2)


def expand_rows(rows, codes, ends, bits, scales, n_units):
    """w[rows] (n, n_units) of rows of few bits"""
    return np.array([add_small_row(codes[ends[d]:ends[d + 1]], int(bits[d]), float(scales[d]), np.zeros(n_units))
                     for d in rows]).reshape(len(rows), n_units)


def small_csr_matmul(x, codes, ends, bits, scales, start):
    """start + x w for a sparse x and rows w of few bits"""
    return csr_matmul(x, expand_rows(range(len(bits)), codes, ends, bits, scales, len(start)), start)


def csr_transpose(x):
    """The columns of x that hold a non-zero, and for each of them its (row, value) pairs with rising rows."""
    dense = x.toarray()
    return {d: [(n, dense[n, d]) for n in np.flatnonzero(dense[:, d])] for d in np.flatnonzero(dense.any(axis=0))}


def take_rows(x, rows):
    """The given rows of x, in their order."""
    return x.toarray()[rows]


def merge_top_k(z, k):
    """ids and logits (N, k) of the k largest entries of each row, best first; of equal ones the smaller id first."""
    ids = np.argsort(-z, axis=1, kind="stable")[:, :k]
    return ids, np.take_along_axis(z, ids, axis=1)


def count_predictions(z, y, thresholds):
    """Of each label and each row: how many logits are above the label's threshold, and how many of these are true."""
    above = z > thresholds
    both = above & (y > 0)
    return above.sum(axis=0), both.sum(axis=0), above.sum(axis=1), both.sum(axis=1)


def probability(z):
    """sigmoid(z)"""
    return sigmoid(z)


def calibration_bins(z, y, groups, n_groups, bins):
    """count, sum of probabilities and number of true ones, (n_groups, bins), of the logits of each group and bin."""
    p = sigmoid(z)
    places = np.broadcast_to(groups, z.shape), equal_bin(p, bins)
    tables = np.zeros((3, n_groups, bins))
    for table, what in zip(tables, (1, p, y)):
        np.add.at(table, places, what)
    return tables


def associate(rows, labels, instead, y, smoothing):
    """The smallest and the largest log(P(label | c) / P(label)) over the other labels c of each row."""
    counts, out = y.sum(axis=0), []
    for row, label, without in zip(rows, labels, instead):
        share, values = counts[label] / len(y), []
        rest = np.delete(y, row, axis=0)
        for c in np.flatnonzero(y[row]):
            if c not in (label, without):
                n_both = (rest[:, c] * rest[:, label]).sum() + y[row, c] * y[row, label] * (label != without)
                values.append(np.log((n_both + smoothing * share) / (rest[:, c].sum() + smoothing) / share))
        out.append((min(values, default=0), max(values, default=0)))
    return np.array(out)


def sgd(p, g, lr):
    """p - lr g"""
    return p - lr * g


def adagrad(p, g, s, lr, eps):
    """s' = s + g^2;  p - lr g / (sqrt(s') + eps)          (Duchi, Hazan and Singer 2011)"""
    s = s + g * g
    return p - lr * g / (np.sqrt(s) + eps), s


def adagrad_by_row(p, g, s, lr, eps):
    """s' = s + mean of g^2 over each row, (rows, 1);  p - lr g / (sqrt(s') + eps)"""
    s = s + np.mean(g * g, axis=-1, keepdims=True)
    return p - lr * g / (np.sqrt(s) + eps), s


def adam(p, g, m, v, t, lr, beta1, beta2, eps):
    """m and v are running means of g and g^2, corrected for their start at 0      (Kingma and Ba 2014, algorithm 1)"""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat, v_hat = m / (1 - beta1 ** t), v / (1 - beta2 ** t)
    return p - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def exact_bfloat16(x):
    """x rounded to the nearest bfloat16, which has 8 bits of mantissa, ties to even; subnormal numbers are not."""
    mantissa, exponent = np.frexp(x)
    return np.ldexp(np.rint(mantissa * 256) / 256, exponent)


def to_bfloat16(x):
    """x rounded to the nearest bfloat16, ties to even: half of the place that is kept is added to the bits."""
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return np.where(np.isnan(x), np.float32(np.nan), rounded)


bfloat16 = to_bfloat16


def pack_left(a, shape):
    """The rounded matrix (M, K) in tiles (M / 16, K / 32, 16, 32); zeros beyond it."""
    whole = np.zeros((16 * shape[0], 32 * shape[1]), np.float32)
    whole[:a.shape[0], :a.shape[1]] = to_bfloat16(a)
    return whole.reshape(shape[0], 16, shape[1], 32).transpose(0, 2, 1, 3)


def pack_right(b, shape):
    """The rounded matrix (K, N) in pairs of tiles (N / 32, K / 32, 16 pairs of rows, 32 columns, 2), then zeros."""
    whole = np.zeros((32 * shape[1], 32 * shape[0]), np.float32)
    whole[:b.shape[0], :b.shape[1]] = to_bfloat16(b)
    return whole.reshape(shape[1], 16, 2, shape[0], 32).transpose(3, 0, 1, 4, 2)


def pair(low, high):
    """Two numbers as bfloat16 in one uint32."""
    low, high = (np.asarray(to_bfloat16(x), np.float32).view(np.uint32) for x in (low, high))
    return low >> 16 | high


def pack_both(dz, first, left_shape, right_shape):
    """As pack_left, and as pack_right of a matrix in which other rows, here zeros, come before."""
    return pack_left(dz, left_shape), pack_right(np.concatenate([np.zeros((first, dz.shape[1])), dz]), right_shape)


def left_to_right(a):
    """The transpose."""
    return a.T


right_to_left = left_to_right


def pack_rows(h, left_shape, right_shape, transposed_shape):
    """h as both operands, and its transpose as a right one."""
    return pack_left(h, left_shape), pack_right(h, right_shape), pack_right(h.T, transposed_shape)


def pack_labels(w, left_shape, right_shape, transposed_shape):
    """W as both operands, and its transpose as a left one."""
    return pack_left(w, left_shape), pack_right(w, right_shape), pack_left(w.T, transposed_shape)


def multiply(a, b):
    """The product of two matrices that are rounded to bfloat16."""
    return to_bfloat16(a).astype(float) @ to_bfloat16(b).astype(float)


def add_transposed(parts):
    """The sum of the parts, transposed."""
    return parts.sum(axis=0).T
