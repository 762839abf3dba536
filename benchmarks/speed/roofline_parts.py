"""The parts of a training step, each as a function that roofline.py can time alone."""

import functools

import numpy as np

from benchmarks.speed.roofline_counts import Job
from benchmarks.speed.step_problems import zipf_rows
from nnlite import MLP, Dataset
from nnlite.kernels import dense
from nnlite.network.mlp import StepSettings
from nnlite.network.sizes import BLOCK_ROWS
from nnlite.system.threads import blocks, scratch, team, width

f32 = np.float32


class Bench:
    """A job's data and model, and the parts of its step: each is a method that goes through all batches."""

    def __init__(self, job: Job, threads: int):
        rng, n_rows = np.random.default_rng(0), job.batch_rows * job.n_batches
        self.job, self.workers, self.optimizer = job, team(threads), job.optimizer
        self.dataset = Dataset(zipf_rows(rng, n_rows, job.n_words, job.per_title),
                               zipf_rows(rng, n_rows, job.n_labels, 5))
        self.model = MLP(job.n_words, job.n_labels, job.hidden, job.activation)
        self.optimizer.start(self.model.params)
        self.optimizer.next_step()
        self.batches = [part.arrays() for part in self.dataset.chunks(job.batch_rows)]
        self.transposed = [self.model.features.transpose(x) for x, _ in self.batches]
        self.blocks = blocks(job.batch_rows, BLOCK_ROWS)
        self.hs = [np.empty((job.batch_rows, units), f32) for units in job.hidden]
        self.ones = np.ones_like(self.hs[0])

    def fresh(self) -> None:
        """Fill the activations as a step does, for the parts that begin after the forward pass."""
        self.model.forward(self.batches[0][0], self.hs)

    def each_block(self, function):
        """Call function(block) for every block of rows of a batch, once for each batch."""
        for _ in self.batches:
            self.workers.run(function, self.blocks)

    def take_rows(self) -> None:
        x, _ = self.dataset.arrays()
        for rows in np.random.default_rng(0).permutation(len(self.dataset)).reshape(len(self.batches), -1):
            x.take(rows)

    def features_forward(self) -> None:
        for x, _ in self.batches:
            self.workers.run(lambda block: self.model.features.forward(x.rows(block), self.hs[0][block]), self.blocks)

    def activation(self) -> None:
        self.each_block(lambda block: self.model.act(self.hs[0][block]))

    def activation_backward(self) -> None:
        self.each_block(lambda block: self.model.act_backward(self.ones[block], self.hs[0][block], f32(1)))

    def linear_forward(self) -> None:
        self.each_block(lambda block: self.model.between[0].forward(self.hs[0][block], self.hs[1][block]))

    def linear_backward(self) -> None:
        self.each_block(lambda block: self.model.between[0].backward(self.hs[0][block], self.hs[1][block]))

    def products(self, y, rows, tile, z):
        """The three products of a block and a tile."""
        h, w = self.hs[-1], self.model.params["labels.W"]
        np.matmul(h[rows], w[tile].T, out=z)
        np.matmul(z.T, h[rows], out=scratch("dw", width(tile), w.shape[1]))
        np.matmul(z, w[tile], out=scratch("dh", width(rows), w.shape[1]))

    def bce(self, y, rows, tile, z):
        """The loss of a block and a tile."""
        b, work = self.model.params["labels.b"], scratch("bce", 4, width(tile))
        dense.bce_with_logits(z, b[tile], *y.rows(rows)[:2], tile.start, f32(1), work[3], work[:3])

    def labels(self) -> None:
        for _, y in self.batches:
            self.model.labels.backward_and_update(self.hs[-1], y, f32(1e-3), self.optimizer, self.workers)

    def transpose(self) -> None:
        for x, _ in self.batches:
            self.model.features.transpose(x)

    def features_backward(self) -> None:
        for words, xt in self.transposed:
            self.model.features.backward_and_update(words, xt, self.ones, self.optimizer, self.workers)

    def step(self) -> None:
        for x, y in self.batches:
            self.optimizer.next_step()
            self.model.step(x, y, StepSettings(1 / x.n_rows), self.optimizer, self.workers)

    def logits_at_once(self) -> int:
        """The largest block times the largest tile, of each thread."""
        row_parts, tiles, _ = self.model.labels.pieces(self.job.batch_rows)
        return self.workers.threads * max(map(width, row_parts)) * max(map(width, tiles))

    def pieces(self):
        """(name, threads, function)"""
        n, act = self.workers.threads, self.job.activation
        between = [("Linear.forward", n, self.linear_forward), ("Linear.backward", n, self.linear_backward)]
        return [
            ("take_rows", 1, self.take_rows),
            ("csr_matmul forward", n, self.features_forward),
            (act, n, self.activation),
            *(between if self.model.between else []),
            ("label products", n, EachLogit(self, self.products)),
            ("bce_with_logits", n, EachLogit(self, self.bce)),
            ("LabelLayer", n, self.labels),
            (act + "_backward", n, self.activation_backward),
            ("csr_transpose", 1, self.transpose),
            ("SparseLinear backward", n, self.features_backward),
        ]


class EachLogit:
    """Calls function(y, rows, tile, z) for all blocks and tiles of the label layer; each thread has a z of its own."""

    def __init__(self, bench, function):
        self.function, self.workers, self.ys = function, bench.workers, [y for _, y in bench.batches]
        row_parts, tiles, _ = bench.model.labels.pieces(bench.job.batch_rows)
        self.pairs = [(rows, tile) for tile in tiles for rows in row_parts]
        largest = max(map(width, row_parts)) * max(map(width, tiles))
        self.zs = [np.zeros(largest, f32) for _ in range(self.workers.threads)]

    def __call__(self):
        for y in self.ys:
            self.workers.run(functools.partial(self.share, y), range(len(self.zs)))

    def share(self, y, i):
        """The share of thread i."""
        for rows, tile in self.pairs[i::len(self.zs)]:
            self.function(y, rows, tile, self.zs[i][:width(rows) * width(tile)].reshape(width(rows), width(tile)))
