"""The compiled loop that keeps the parts of a sum apart by the shard of a word, by the rules of `dense`."""

from nnlite.kernels.compile import kernel, prefetch


@kernel
def csr_matmul_by_shard(indptr, indices, data, w, n, out):
    """out[i, s] = sum_k data[k] w[indices[k]] over the non-zeros k of row i whose indices[k] is s modulo n.

    out (N, n, H): the parts of x W that n shards make, each in the order of its non-zeros.
    """
    for i in range(out.shape[0]):
        for s in range(n):
            total = out[i, s]
            for h in range(total.size):
                total[h] = 0
        if i + 1 < out.shape[0]:
            for k in range(indptr[i + 1], indptr[i + 2]):
                prefetch(w[indices[k]])
        for k in range(indptr[i], indptr[i + 1]):
            value, row, total = data[k], w[indices[k]], out[i, indices[k] % n]
            for h in range(total.size):
                total[h] += value * row[h]
