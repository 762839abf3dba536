"""nnlite as a system of the speed benchmark; it follows benchmarks/peers/protocol.py.

Forms: `step` is the training step as `Trainer` takes it; `bfloat16` the same with operands of products rounded to
bfloat16; `negligible` leaves out gradients up to 0.001, so its parameters differ; `products` computes only the matrix
products of the steps, on the same blocks and tiles: a lower bound for the time of a step.
"""

from functools import partial

import numba
import numpy as np
import scipy.sparse as sp

import nnlite
from benchmarks.peers import protocol
from benchmarks.speed.steps import Steps
from nnlite.data.csr import Csr
from nnlite.network.label_step import StepSettings
from nnlite.system.sizes import BLOCK_ROWS
from nnlite.precision.choice import products_of
from nnlite.system.spinning import awake
from nnlite.system.blas import one_blas_thread
from nnlite.system.scratch import scratch
from nnlite.system.slices import blocks, width
from nnlite.system.threads import team

FORMS = {"step": "the whole step", "bfloat16": "the step with operands of products rounded to bfloat16",
         "negligible": "the step without gradients up to 0.001",
         "products": "the matrix products of the step alone"}
OPTIMIZERS = {"sgd": nnlite.SGD, "adagrad": nnlite.AdaGrad, "adam": nnlite.Adam}


class Nnlite:
    """The training step of a problem."""

    versions = {"nnlite": nnlite.__version__, "numba": numba.__version__}
    negligible, precision = 0.0, "float32"

    def __init__(self, problem, form, threads):
        self.problem, self.batches, self.workers = problem, problem.batches(), team(threads)
        self.data = nnlite.Dataset(problem.x, problem.y)
        hidden = [problem.params[f"{name}.b"].size for name in problem.layers()[:-1]]
        self.model = nnlite.MLP(self.data.n_words, self.data.n_labels, hidden, problem.activation)
        self.products = products_of(self.precision)
        self.steps = Steps(self.model, [self.batch(rows) for rows in self.batches])
        self.reset()
        load_kernels(self.model, self.optimizer, self.products)
        self.reset()

    def reset(self) -> None:
        for name, values in self.model.params.items():
            values[:] = self.problem.params[name]
        options = {} if self.problem.optimizer == "sgd" else {"eps": self.problem.eps}
        self.optimizer = OPTIMIZERS[self.problem.optimizer](self.problem.lr, **options)
        self.optimizer.start(self.model.params)

    def params(self) -> dict:
        return self.model.params

    def batch(self, rows: slice) -> tuple[Csr, Csr, StepSettings]:
        """Some rows, and how a step takes them."""
        x, y = self.data.arrays()
        scale = self.problem.loss_factor() / (width(rows) * self.data.n_labels)
        return x.rows(rows), y.rows(rows), StepSettings(scale, negligible=self.negligible, products=self.products)

    def unit(self) -> float:
        with one_blas_thread(), awake(self.workers):
            losses = list(self.steps.epoch(self.optimizer, self.workers, len(self.batches)))
        return np.mean([loss / (width(rows) * self.data.n_labels) for loss, rows in zip(losses, self.batches)])


def load_kernels(model, optimizer, products):
    """One step on two empty rows, so that the compiled code is in memory before the first unit."""
    empty = nnlite.Dataset(*(sp.csr_array((2, n), dtype=np.float32) for n in (model.n_words, model.n_labels)))
    with one_blas_thread():
        list(Steps(model, [(*empty.arrays(), StepSettings(1.0, products=products))]).epoch(optimizer, team(1)))


class Bfloat16(Nnlite):
    """The training step with products of operands that are rounded to bfloat16."""

    comparable, note, precision = False, "operands of products rounded to bfloat16", "bfloat16"


class Negligible(Nnlite):
    """The training step without the smallest gradients."""

    comparable, note, negligible = False, "less work", 0.001


class Products(Nnlite):
    """The matrix products of the steps; activations and gradients are all ones."""

    comparable, note = False, "no training"

    def reset(self) -> None:
        super().reset()
        self.ones = [np.ones((self.problem.batch_rows, units), np.float32) for units in self.model.hidden]

    def unit(self) -> float:
        """Each thread has its own part of the products of all batches, so that threads meet once."""
        with one_blas_thread(), awake(self.workers):
            self.workers.run(self._part, range(self.workers.threads))
        return 0.0

    def _part(self, i):
        jobs = []
        for rows in self.batches:
            n = rows.stop - rows.start
            row_parts, tiles, _ = self.model.labels.pieces(n)
            jobs += [partial(self._hidden, block) for block in blocks(n, BLOCK_ROWS)]
            jobs += [partial(self._labels, (tile, block)) for tile in tiles for block in row_parts]
        for job in jobs[i::self.workers.threads]:
            job()

    def _hidden(self, block):
        for layer, h, dz in zip(self.model.between, self.ones, self.ones[1:]):
            h, dz = h[block], dz[block]
            np.matmul(h, layer.w, out=scratch("z", *dz.shape))
            np.matmul(dz, layer.w.T, out=scratch("dh", *h.shape))
            np.matmul(h.T, dz, out=scratch("dw", *layer.w.shape))

    def _labels(self, item):
        tile, block = item
        w, h = self.model.labels.w[tile], self.ones[-1][block]
        z = np.matmul(w, h.T, out=scratch("z", len(w), len(h)))
        np.matmul(z, h, out=scratch("dw", *w.shape))
        np.matmul(z.T, w, out=scratch("dh", *h.shape))


if __name__ == "__main__":
    classes = dict(zip(FORMS, (Nnlite, Bfloat16, Negligible, Products)))
    protocol.serve(lambda problem, form, threads: classes[form](problem, form, threads), FORMS)
