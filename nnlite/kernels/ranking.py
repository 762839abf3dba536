"""The compiled loops that count and rank predictions, by the rules of `kernels`, of which they call none.

Logits come as one tile for a block of rows, z (N, T), bias included; the labels of the tile are those from first_label
on, and the truth is the label matrix in csr form.
"""

import math

import numpy as np

from nnlite.kernels.compile import kernel

f32, i32 = np.float32, np.int32


@kernel
def count_predictions(z, thresholds, y_indptr, y_indices, first_label,
                      label_positive, label_both, row_positive, row_both):
    """In place: of each label (T,) and each row (N,), how many logits z (N, T) are above their label's threshold,
    and how many of these are true labels, are added to these four arrays of int32. thresholds (T,)."""
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
    """In place: logits z become probabilities p = sigmoid(z) (N, T), which are added up in the group of their label,
    groups (T,), and one of M bins of equal width.

    count, p_sum and n_true, the number of true labels, are (groups, M), in int64, float64 and int64. A probability is
    in bin ceil(M p) - 1, and 0 in bin 0: a bin has its upper bound, not its lower one.
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
    """sigmoid(z) of one float32, to its last digit but one."""
    e = math.exp(-abs(z))
    return f32((e if z < 0 else 1) / (1 + e))


@kernel
def equal_bin(p, bins):
    """ceil(bins p) - 1 for p in 0 .. 1, at least 0; a NaN is in bin 0."""
    scaled = np.ceil(p * bins) - f32(1)
    return i32(scaled if scaled > 0 else f32(0))


@kernel
def merge_top_k(z, first_label, ids, logits):
    """In place: ids and logits (N, k), best first, take in the logits z (N, T) of the labels from first_label on.

    Tiles come in rising order of labels and only a larger logit displaces one: of equal ones the smaller id is kept.
    """
    k = ids.shape[1]
    for i in range(z.shape[0]):
        row, best_ids, best = z[i], ids[i], logits[i]
        for j in range(row.size):
            logit = row[j]
            if logit > best[k - 1]:
                place = k - 1
                while place > 0 and logit > best[place - 1]:
                    best[place], best_ids[place] = best[place - 1], best_ids[place - 1]
                    place -= 1
                best[place], best_ids[place] = logit, first_label + j
