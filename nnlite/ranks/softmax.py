"""Softmax over the labels of all shards: the largest logit and the sum of a row come from every rank.

    log p_k = z_k - log sum_j e^(z_j),   log sum_j e^(z_j) = m + log sum over shards of e^(m_s - m) sum_j e^(z_j - m_s)

with m_s the largest logit of shard s and m the largest of these. Logits are computed twice: for the sums, and in the
step, which then is that of any label layer.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.data.csr_parts import columns_of_tile
from nnlite.kernels import dense
from nnlite.network.label_layer import LabelLayer
from nnlite.network.label_step import Step
from nnlite.network.products import Products
from nnlite.system.ranks import Shards
from nnlite.system.sizes import BLOCK_ROWS
from nnlite.system.slices import blocks, width
from nnlite.system.workers import Workers

LEAST = np.float32(-30)  # of log p: the products take ten times as long with subnormal gradients
f32 = np.float32


def log_sums(layer: LabelLayer, parts: Sequence[slice], h: np.ndarray, shards: Shards, products: Products,
             workers: Workers) -> np.ndarray:
    """log sum_j e^(z_j) (N,) over the labels of all shards; parts: the labels of each of this rank's shards."""
    largest = np.full((len(parts), len(h)), -np.inf, f32)
    sums = np.zeros_like(largest)

    def add(rows: slice) -> None:
        for i, part in enumerate(parts):
            if width(part):
                z = layer.logits(h[rows], part, products)
                largest[i, rows] = z.max(axis=1)
                z -= largest[i, rows, None]
                sums[i, rows] = np.exp(z, out=z).sum(axis=1)

    workers.run(add, blocks(len(h), BLOCK_ROWS))
    most = shards.total(list(largest.copy()), np.maximum)
    sums *= np.exp(largest - most)
    return most + np.log(shards.total(list(sums)))


class ClassStep(Step):
    """A step of a layer that holds some of a softmax's labels, once `log_sums` are known."""

    def __init__(self, log_sums: np.ndarray, *of_step: Any):
        super().__init__(*of_step)
        self.log_sums = log_sums

    def loss_and_gradient(self, z: np.ndarray, rows: slice, tile: slice, db: np.ndarray) -> float:
        """As in Step: dz = scale (n p - y), n 1 for a row with a label, else 0; the loss is the sum of -log p."""
        y = self.y.rows(rows)
        labelled, ones = np.diff(y.indptr) > 0, columns_of_tile(y, tile)
        labels, of_ones = np.repeat(np.arange(len(z)), np.diff(ones.indptr)), ones.indices[:ones.indptr[-1]]
        z += self.layer.b[tile, None]
        z -= self.log_sums[rows]
        loss = -np.minimum(z[labels, of_ones], 0).sum(dtype=float)
        np.exp(np.maximum(z, LEAST, out=z), out=z)
        z *= np.where(labelled, self.scale, f32(0))
        z[labels, of_ones] -= self.scale
        z.sum(axis=1, out=db)
        if self.weights:
            dense.weigh(z, *ones[:2], self.weights[0][rows], self.weights[1][tile], db)
        return float(loss)
