"""The compiled loops that count predictions and labels, by the rules of `dense`.

Logits z (N, T), bias included, are those of a block of rows and a tile of labels. Column j of the tile is the label
first_label + j. The true labels are the block's rows of the csr label matrix, y_indptr and y_indices.
"""

import math

import numpy as np

from nnlite.kernels.compile import kernel

f32, i32 = np.float32, np.int32


@kernel
def count_predictions(z, thresholds, y_indptr, y_indices, first_label,
                      label_positive, label_both, row_positive, row_both):
    """In place: add counts of each label (T,) and each row (N,) to four arrays of int32.

    *_positive counts the logits above their label's threshold, thresholds (T,); *_both those of them that are true.
    """
    for i in range(z.shape[0]):
        row, positive = z[i], 0
        for j in range(row.size):
            above = row[j] > thresholds[j]
            positive += above
            label_positive[j] += above
        row_positive[i] += positive
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_label
            if 0 <= j < row.size and row[j] > thresholds[j]:
                label_both[j] += 1
                row_both[i] += 1


@kernel
def calibration_bins(z, groups, y_indptr, y_indices, first_label, count, p_sum, n_true):
    """In place: z becomes p = sigmoid(z) (N, T), and p is counted in tables of groups x M bins.

    Label j of the tile belongs to groups[j], and p to the column `equal_bin`. count (int64) is the number of
    probabilities, p_sum (float64) their sum, n_true (int64) the number of true labels among them; all (groups, M).
    """
    bins = f32(count.shape[1])
    for i in range(z.shape[0]):
        row = z[i]
        for j in range(row.size):
            row[j] = probability(row[j])
        for j in range(row.size):
            group, place = groups[j], equal_bin(row[j], bins)
            count[group, place] += 1
            p_sum[group, place] += row[j]
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_label
            if 0 <= j < row.size:
                n_true[groups[j], equal_bin(row[j], bins)] += 1


@kernel
def probability(z):
    """sigmoid(z) of one float32, with a relative error below 5e-7."""
    e = math.exp(-abs(z))
    return f32((e if z < 0 else 1) / (1 + e))


@kernel
def equal_bin(p, bins):
    """ceil(bins p) - 1 for p in 0 .. 1, at least 0; a NaN is in bin 0."""
    scaled = np.ceil(p * bins) - f32(1)
    return i32(scaled if scaled > 0 else f32(0))


@kernel
def associate(rows, labels, instead, y_indptr, y_indices, both_indptr, both_indices, both, counts, n_rows,
              smoothing, out):
    """out[k]: how well labels[k] goes with the other labels of row rows[k], of which instead[k] does not count.

    out (K, 2): the smallest and the largest log(P(labels[k] | c) / P(labels[k])) over the row's labels c; 0 if there
    are none. Probabilities are counted in the other rows: `both`, csr (L, L) with sorted rows, has the rows with two
    labels, counts (L,) those with one, of n_rows. To those with c, `smoothing` rows are added that have labels[k] as
    often as all rows.
    """
    for k in range(rows.size):
        label, least, most = labels[k], np.inf, -np.inf
        is_own, share = label == instead[k], counts[label] / n_rows
        start, stop = both_indptr[label], both_indptr[label + 1]
        for j in range(y_indptr[rows[k]], y_indptr[rows[k] + 1]):
            other = y_indices[j]
            if other != label and other != instead[k]:
                place = start + np.searchsorted(both_indices[start:stop], other)
                n_both = both[place] if place < stop and both_indices[place] == other else 0
                p = (n_both - is_own + smoothing * share) / (counts[other] - 1 + smoothing)
                value = math.log(p / share)
                least, most = min(least, value), max(most, value)
        out[k, 0] = least if least < np.inf else 0
        out[k, 1] = most if most > -np.inf else 0
