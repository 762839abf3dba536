"""The parts of a training step, each as a function that roofline.py can time alone."""

import functools

import numpy as np

from benchmarks.speed.roofline_counts import Job
from benchmarks.speed.step_problems import zipf_rows
from benchmarks.speed.steps import Steps
from nnlite import MLP, Dataset
from nnlite.data.csr_parts import columns_of_tile
from nnlite.network.label_step import StepSettings
from nnlite.precision.choice import products_of
from nnlite.system.sizes import BLOCK_ROWS, strip_rows, strips
from nnlite.system.scratch import PerThread, scratch
from nnlite.system.slices import blocks, width
from nnlite.system.threads import team

f32 = np.float32


class Bench:
    """A job's data and model, and the parts of its step: each is a method that goes through all batches."""

    def __init__(self, job: Job, threads: int):
        rng, n_rows = np.random.default_rng(0), job.batch_rows * job.n_batches
        self.job, self.workers, self.optimizer = job, team(threads), job.optimizer
        self.kind = products_of(job.precision)
        self.dataset = Dataset(zipf_rows(rng, n_rows, job.n_words, job.per_title),
                               zipf_rows(rng, n_rows, job.n_labels, 5))
        self.model = MLP(job.n_words, job.n_labels, job.hidden, job.activation)
        self.optimizer.start(self.model.params)
        self.optimizer.next_step()
        self.batches = [part.arrays() for part in self.dataset.chunks(job.batch_rows)]
        self.steps = Steps(self.model, [(x, y, StepSettings(1 / x.n_rows, products=self.kind))
                                        for x, y in self.batches])
        self.transposed = [self.model.features.transpose(x) for x, _ in self.batches]
        self.blocks = blocks(job.batch_rows, BLOCK_ROWS)
        self.hs = [np.empty((job.batch_rows, units), f32) for units in job.hidden]
        self.ones = np.ones_like(self.hs[0])
        self.own = PerThread()  # operands of the label layer's products, and their sizes

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
        self.each_block(lambda block: self.model.between[0].forward(self.hs[0][block], self.hs[1][block], self.kind))

    def linear_backward(self) -> None:
        self.each_block(lambda block: self.model.between[0].backward(self.hs[0][block], self.hs[1][block], self.kind))

    def products(self, y, rows, tile, z):
        """The three products of a strip of rows and a tile, of operands that are packed already."""
        n_units, all_rows = self.model.hidden[-1], [slice(0, width(rows))]
        if getattr(self.own, "sizes", None) != z.shape:  # the numbers do not matter, so one of each size will do
            [h], w = self.kind.rows(self.hs[-1][rows], all_rows, team(1)), self.kind.labels(self.model.labels.w[tile])
            self.own.sizes, self.own.operands = z.shape, (h, w, self.kind.gradient(z))
        h, w, dz = self.own.operands
        self.kind.logits(w, h, z)
        self.kind.dw(dz, h, scratch("dw", width(tile), n_units), True)
        self.kind.dh(dz, w, self.kind.sums(1, all_rows, n_units).part(0, 0), True)

    def bce(self, y, rows, tile, z):
        """The loss of a block and a tile, in one call: a step's panels are in one call as well."""
        ones = columns_of_tile(y.rows(rows), tile)
        self.model.labels.loss(z, tile, ones, f32(1), scratch("db", width(tile)))

    def labels(self) -> None:
        settings = StepSettings(1e-3, products=self.kind)
        for _, y in self.batches:
            _, dh = self.model.labels.backward_and_update(self.hs[-1], y, settings, self.optimizer, self.workers)
            self.workers.run(dh, self.blocks)

    def transpose(self) -> None:
        for x, _ in self.batches:
            self.model.features.transpose(x)

    def features_backward(self) -> None:
        for words in self.transposed:
            self.workers.call(self.model.features.updates(words, self.ones, self.optimizer, self.workers.threads))

    def step(self) -> None:
        list(self.steps.epoch(self.optimizer, self.workers))

    def logits_at_once(self) -> int:
        """The largest strip of rows times the largest tile, of each thread."""
        row_parts, tiles = self.label_pieces()
        return self.workers.threads * max(map(width, row_parts)) * max(map(width, tiles))

    def label_pieces(self) -> tuple[list[slice], list[slice]]:
        """The strips of rows and the tiles of a step."""
        row_parts, tiles, _ = self.model.labels.pieces(self.job.batch_rows, self.kind)
        return strips(row_parts, strip_rows(self.kind.strip_logits, max(map(width, tiles))))[0], tiles

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
    """Calls function(y, rows, tile, z) for all blocks and tiles of the label layer; each thread has its own z^T."""

    def __init__(self, bench, function):
        self.function, self.workers, self.ys = function, bench.workers, [y for _, y in bench.batches]
        row_parts, tiles = bench.label_pieces()
        self.pairs = [(rows, tile) for tile in tiles for rows in row_parts]
        largest = max(map(width, row_parts)) * max(map(width, tiles))
        self.zs = [np.zeros(largest, f32) for _ in range(self.workers.threads)]

    def __call__(self):
        for y in self.ys:
            self.workers.run(functools.partial(self.share, y), range(len(self.zs)))

    def share(self, y, i):
        """The share of thread i."""
        for rows, tile in self.pairs[i::len(self.zs)]:
            self.function(y, rows, tile, self.zs[i][:width(rows) * width(tile)].reshape(width(tile), width(rows)))
