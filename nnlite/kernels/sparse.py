"""The compiled loops over sparse rows and over rows of parameters, by the rules and in the letters of `dense`."""

import numpy as np

from nnlite.kernels.atomic import take
from nnlite.kernels.compile import compiled, inlined, kernel, prefetch, prefetch_to_write

f32 = np.float32
TAKEN = 64  # rows that a thread takes at a time, to update them: 10 us of work
AHEAD = 4  # rows of parameters whose memory is asked for before they are updated; rows of x are shorter


@inlined
def product_row(indptr, indices, data, i, source, out):
    """out (H,) = sum_k data[k] source[indices[k]] over the non-zeros k of row i, most of them four in each pass."""
    k, stop = indptr[i], indptr[i + 1]
    fours = k + (stop - k) % 4
    if k < fours:
        value, row = data[k], source[indices[k]]
        for h in range(out.size):
            out[h] = value * row[h]
    else:
        for h in range(out.size):  # a loop: `out[:] = 0` takes long to compile, because of its error message
            out[h] = 0
    for j in range(k + 1, fours):
        value, row = data[j], source[indices[j]]
        for h in range(out.size):
            out[h] += value * row[h]
    for j in range(fours, stop, 4):
        v0, v1, v2, v3 = data[j], data[j + 1], data[j + 2], data[j + 3]
        s0, s1, s2, s3 = source[indices[j]], source[indices[j + 1]], source[indices[j + 2]], source[indices[j + 3]]
        for h in range(out.size):
            out[h] += v0 * s0[h] + v1 * s1[h] + v2 * s2[h] + v3 * s3[h]


@kernel
def csr_matmul(indptr, indices, data, w, b, out):
    """out[i] = sum_k data[k] w[indices[k]] + b over the non-zeros k of row i: x (N, D) @ W (D, H) + b."""
    for i in range(out.shape[0]):
        row = out[i]
        if i + 1 < out.shape[0]:
            for k in range(indptr[i + 1], indptr[i + 2]):
                prefetch(w[indices[k]])
        product_row(indptr, indices, data, i, w, row)
        for h in range(row.size):
            row[h] += b[h]


@kernel
def csr_transpose(indptr, indices, data, places, words, out_indptr, out_rows, out_data):
    """The columns of x that hold a non-zero, as the rows of x^T; returns their number n.

    words[:n] are these columns in the order of their first non-zero. The non-zeros of words[i] are out_rows and
    out_data from out_indptr[i] to out_indptr[i + 1], by rising row. The time depends on the non-zeros, not on D: places
    (D,), zero before and after, first counts the non-zeros of each column, then holds the place of its next one.
    """
    n_words = 0
    for k in range(indptr[0], indptr[-1]):
        word = indices[k]
        words[n_words] = word  # the next one takes its place if it is not new: a branch would be foreseen wrong
        n_words += places[word] == 0
        places[word] += 1
    out_indptr[0] = 0
    for i in range(n_words):
        count = places[words[i]]
        places[words[i]] = out_indptr[i]
        out_indptr[i + 1] = out_indptr[i] + count
    for row in range(indptr.size - 1):
        for k in range(indptr[row], indptr[row + 1]):
            place = places[indices[k]]
            out_rows[place], out_data[place] = row, data[k]
            places[indices[k]] = place + 1
    for i in range(n_words):
        places[words[i]] = 0
    return n_words


@kernel
def take_rows(indptr, indices, data, rows, out_indptr, out_indices, out_data):
    """Copy the given rows of a csr matrix, in their order, to out_indices and out_data; out_indptr is an input."""
    for i in range(rows.size):
        if i + 2 * AHEAD < rows.size:
            later = rows[i + 2 * AHEAD]
            prefetch(indices[indptr[later]:indptr[later + 1]])
            prefetch(data[indptr[later]:indptr[later + 1]])
        source, target = indptr[rows[i]], out_indptr[i]
        for k in range(out_indptr[i + 1] - target):
            out_indices[target + k] = indices[source + k]
            out_data[target + k] = data[source + k]


# The optimisers.  The gradient g of w[rows[i]] is row i of a product, the csr matrix (indptr, indices, data) @ source:
# of x^T dz for words, of a sum over blocks for other parameters.  `g` (H,) is scratch and holds one row at a time.
# Threads that call with the same rows share them out by `taken`.

@compiled
def untaken(n, taken):
    """The numbers below n that this thread takes, some at a time. taken (1,) int64, 0 at first, is of all threads."""
    start = take(taken, TAKEN)
    while start < n:
        for i in range(start, min(start + TAKEN, n)):
            yield i
        start = take(taken, TAKEN)


@kernel
def sgd(w, rows, taken, indptr, indices, data, source, g, lr):
    """In place, for the given rows: w -= lr g"""
    for i in untaken(rows.size, taken):
        if i + AHEAD < rows.size:
            prefetch_to_write(w[rows[i + AHEAD]])
        product_row(indptr, indices, data, i, source, g)
        w_row = w[rows[i]]
        for j in range(g.size):
            w_row[j] -= lr * g[j]


@kernel
def adagrad(w, s, rows, taken, indptr, indices, data, source, g, lr, eps):
    """In place, for the given rows: s += g^2;  w -= lr g / (sqrt(s) + eps)"""
    for i in untaken(rows.size, taken):
        if i + AHEAD < rows.size:
            prefetch_to_write(w[rows[i + AHEAD]])
            prefetch_to_write(s[rows[i + AHEAD]])
        product_row(indptr, indices, data, i, source, g)
        w_row, s_row = w[rows[i]], s[rows[i]]
        for j in range(g.size):
            s_row[j] += g[j] * g[j]
            w_row[j] -= lr * g[j] / (np.sqrt(s_row[j]) + eps)


@kernel
def adagrad_by_row(w, s, rows, taken, indptr, indices, data, source, g, lr, eps):
    """In place, for the given rows, with one s (D, 1) for each: s += mean(g^2);  w -= lr g / (sqrt(s) + eps)"""
    for i in untaken(rows.size, taken):
        if i + AHEAD < rows.size:
            prefetch_to_write(w[rows[i + AHEAD]])
            prefetch_to_write(s[rows[i + AHEAD]])
        product_row(indptr, indices, data, i, source, g)
        w_row, squares = w[rows[i]], f32(0)
        for j in range(g.size):
            squares += g[j] * g[j]
        s[rows[i], 0] += squares / f32(g.size)
        rate = lr / (np.sqrt(s[rows[i], 0]) + eps)
        for j in range(g.size):
            w_row[j] -= rate * g[j]


@kernel
def adam(w, m, v, rows, taken, indptr, indices, data, source, g, t, lr, beta1, beta2, eps):
    """In place, for the given rows: m and v, the means of g and g^2, then w -= lr m^ / (sqrt(v^) + eps).

    m^ = m / (1 - beta1^t), v^ likewise. The constants are float64, since 1 - beta2 would lose digits in float32.
    """
    new1, new2, old1, old2 = f32(1 - beta1), f32(1 - beta2), f32(beta1), f32(beta2)
    rate, correction2, small = f32(lr / (1 - beta1 ** t)), f32(1 / (1 - beta2 ** t)), f32(eps)
    for i in untaken(rows.size, taken):
        if i + AHEAD < rows.size:
            prefetch_to_write(w[rows[i + AHEAD]])
            prefetch_to_write(m[rows[i + AHEAD]])
            prefetch_to_write(v[rows[i + AHEAD]])
        product_row(indptr, indices, data, i, source, g)
        w_row, m_row, v_row = w[rows[i]], m[rows[i]], v[rows[i]]
        for j in range(g.size):
            m_row[j] = old1 * m_row[j] + new1 * g[j]
            v_row[j] = old2 * v_row[j] + new2 * (g[j] * g[j])
            w_row[j] -= rate * m_row[j] / (np.sqrt(v_row[j] * correction2) + small)


@kernel
def ones_of_tile(y_indptr, y_indices, first_label, indptr, rows):
    """The transpose of some columns of y, a csr matrix of ones: rows (nnz of y,) that hold a one, label by label.

    Those of label first_label + j are rows[indptr[j]:indptr[j + 1]], rising; indptr (T + 1,) int64 has a place for each
    label of the tile and one more.
    """
    n_labels = indptr.size - 1
    indptr[:] = 0
    for k in range(y_indptr[0], y_indptr[-1]):
        j = y_indices[k] - first_label
        if 0 <= j < n_labels:
            indptr[j + 1] += 1
    for j in range(n_labels):
        indptr[j + 1] += indptr[j]
    for i in range(y_indptr.size - 1):
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_label
            if 0 <= j < n_labels:
                rows[indptr[j]] = i
                indptr[j] += 1  # which makes it the end of label j, where the next one begins
    for j in range(n_labels, 0, -1):
        indptr[j] = indptr[j - 1]
    indptr[0] = 0
