"""The compiled loops that count and rank predictions, by the rules of `kernels`, of which they call none.

Logits come as one tile for a block of rows, z (N, T), still without their bias b (T,); the labels of the tile are those
from first_label on, and the truth is the label matrix in csr form.
"""

import math

import numpy as np

from nnlite.kernels.compile import kernel

f32, i32 = np.float32, np.int32


@kernel
def count_predictions(z, b, thresholds, y_indptr, y_indices, first_label,
                      label_positive, label_both, row_positive, row_both):
    """In place: of each label (T,) and each row (N,), how many logits z + b (N, T) are above their label's threshold,
    and how many of these are true labels, are added to these four arrays of int32. thresholds (T,)."""
    for i in range(z.shape[0]):
        row, positive = z[i], 0
        for j in range(row.size):
            above = row[j] + b[j] > thresholds[j]
            positive += above
            label_positive[j] += above
        row_positive[i] += positive
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_label
            if 0 <= j < row.size and row[j] + b[j] > thresholds[j]:
                label_both[j] += 1
                row_both[i] += 1


@kernel
def calibration_bins(z, b, groups, y_indptr, y_indices, first_label, count, p_sum, n_true):
    """In place: logits z but for their bias b become probabilities p = sigmoid(z + b) (N, T), which are added up in
    the group of their label, groups (T,), and one of M bins of equal width.

    count, p_sum and n_true, the number of true labels, are (groups, M), in int64, float64 and int64. A probability is
    in bin ceil(M p) - 1, and 0 in bin 0: a bin has its upper bound, not its lower one.
    """
    bins = f32(count.shape[1])
    for i in range(z.shape[0]):
        row = z[i]
        for j in range(row.size):
            row[j] = probability(row[j] + b[j])
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
def logit_histogram(z, b, y_indptr, y_indices, first_label, everyone, true):
    """In place: for each label (T,), its logits z + b (N, T), and those of its true rows, are counted in M bins.

    everyone and true are (T, M), int32. A bin is 1/8 wide, without its lower and with its upper bound, and bin M / 2
    ends at 0; the first and the last are open. Multiplying by 8 rounds nothing, so bounds are exact.
    """
    last = f32(everyone.shape[1] - 1)
    for i in range(z.shape[0]):
        row = z[i]
        for j in range(row.size):
            everyone[j, logit_bin(row[j] + b[j], last)] += 1
        for k in range(y_indptr[i], y_indptr[i + 1]):
            j = y_indices[k] - first_label
            if 0 <= j < row.size:
                true[j, logit_bin(row[j] + b[j], last)] += 1


@kernel
def logit_bin(z, last):
    """ceil(8 z) + M / 2, cut to 0 .. M - 1 = last, with M even; a NaN is in bin 0."""
    bound = (last + f32(1)) / f32(16)
    z = z if z > -bound else -bound
    place = np.ceil(f32(8) * (z if z < bound else bound)) + f32(8) * bound
    return i32(place if place < last else last)


@kernel
def merge_top_k(z, b, first_label, ids, logits):
    """In place: ids and logits (N, k), best first, take in the logits z + b (N, T) of the labels from first_label on.

    Tiles come in rising order of labels and only a larger logit displaces one: of equal ones the smaller id is kept.
    """
    k = ids.shape[1]
    for i in range(z.shape[0]):
        row, best_ids, best = z[i], ids[i], logits[i]
        for j in range(row.size):
            logit = row[j] + b[j]
            if logit > best[k - 1]:
                place = k - 1
                while place > 0 and logit > best[place - 1]:
                    best[place], best_ids[place] = best[place - 1], best_ids[place - 1]
                    place -= 1
                best[place], best_ids[place] = logit, first_label + j
