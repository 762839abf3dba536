"""Claim: the rows of a tile's labels are found, and those of several blocks add up in the order of the blocks."""

import numpy as np
import pytest
import scipy.sparse as sp

from nnlite.data.csr import Csr
from nnlite.data.csr_parts import columns_of_tile, one_of_each, sums_of

STRIDE = 5  # rows of a block


@pytest.mark.parametrize("places", [
    [[]], [[4, 7]], [[], []], [[1, 4], []], [[], [1, 4]], [[1, 4, 9], [0, 4]], [[2], [2], [2]],
    [[7, 8], [0], [8, 9], [7]]])
def test_rows_of_the_labels_of_any_number_of_blocks_add_up(places):
    labels, csr = sums_of([np.array(some, np.int32) for some in places], STRIDE)
    want = {label: [STRIDE * i + some.index(label) for i, some in enumerate(places) if label in some]
            for label in sorted(set(sum(places, [])))}
    assert labels.tolist() == list(want) and csr.n_rows == len(want)
    assert [csr.indices[a:b].tolist() for a, b in zip(csr.indptr, csr.indptr[1:])] == list(want.values())
    assert (csr.data == 1).all() and csr.data.size == csr.indices.size == csr.indptr[-1]
    assert (csr.indices.dtype, csr.data.dtype) == (np.int32, np.float32)


@pytest.mark.parametrize("blocks, n, want", [
    (1, 3, [[0], [1], [2]]), (3, 2, [[0, 5, 10], [1, 6, 11]]), (2, 0, []), (2, 5, [[i, i + 5] for i in range(5)])])
def test_an_entry_of_every_block_adds_up(blocks, n, want):
    csr = one_of_each(blocks, n, STRIDE)
    assert [csr.indices[a:b].tolist() for a, b in zip(csr.indptr, csr.indptr[1:])] == want
    assert csr.indptr[0] == 0 and csr.indptr[-1] == csr.indices.size == csr.data.size and (csr.data == 1).all()


@pytest.mark.parametrize("rows", [slice(0, 9), slice(4, 9), slice(3, 3)])
@pytest.mark.parametrize("tile", [slice(0, 7), slice(2, 5), slice(6, 7)])
def test_the_rows_where_the_labels_of_a_tile_are_true(rows, tile):
    dense = np.random.default_rng(0).random((9, 7)) < 0.5
    whole = sp.csr_array(dense, dtype=np.float32)
    y = Csr(whole.indptr[rows.start:rows.stop + 1].astype(np.int64), whole.indices, whole.data)
    ones, want = columns_of_tile(y, tile), dense[rows, tile].T
    assert ones.indices.size == dense[rows].sum() and ones.indptr.tolist() == [0, *np.cumsum(want.sum(axis=1))]
    assert [ones.indices[a:b].tolist() for a, b in zip(ones.indptr, ones.indptr[1:])] == [
        np.flatnonzero(column).tolist() for column in want]
