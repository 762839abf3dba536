"""The compiled loop that finds the likeliest labels, by the rules of `dense`."""

from nnlite.kernels.compile import kernel


@kernel
def merge_top_k(z, first_label, ids, logits):
    """In place: merge the logits z (N, T) of a tile into ids and logits (N, k), the best so far, best first.

    Tiles must come in rising order of labels. Only a larger logit replaces one, so of equal ones the smaller id stays.
    Returns whether there is a NaN among the logits; it is passed over.
    """
    k, has_nan = ids.shape[1], False
    for i in range(z.shape[0]):
        row, best_ids, best = z[i], ids[i], logits[i]
        least = best[k - 1]
        for j in range(row.size):
            if not row[j] <= least:
                if not row[j] > least:
                    has_nan = True
                    continue
                logit, place = row[j], k - 1
                while place > 0 and logit > best[place - 1]:
                    best[place], best_ids[place] = best[place - 1], best_ids[place - 1]
                    place -= 1
                best[place], best_ids[place] = logit, first_label + j
                least = best[k - 1]
    return has_nan
