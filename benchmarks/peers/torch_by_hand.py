"""PyTorch without autograd: the strongest training step found for its tensors and torch.compile.

A batch goes through the whole network, forward and backward, in blocks of rows, and through the label layer in tiles of
labels too, so that logits stay in cache. A tile's logits are written to a buffer and become gradients in place; there
is no dense target. Gradients are summed in place, product by product, and torch.optim's fused optimisers apply them.

The gradient of the table (features.W) is an embedding bag again: the bag of a word holds the batch's rows with that
word. The sparse forms compute and apply it for the words of the batch only. SciPy transposes x: once where one batch
holds all rows, else in each step, because a batch is known only at its step.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.peers import torch_optimizers

BLOCK_ROWS = 1024
TILE_LOGITS = 2**21  # of a block and a tile: 8 MiB
GROUP = 32  # factors 1 < u <= 2 that share one logarithm: 2**32 is far from overflow
ACTIVATIONS = {
    "sigmoid": (torch.sigmoid_, torch.ops.aten.sigmoid_backward),
    "relu": (torch.relu_, lambda dh, h: torch.ops.aten.threshold_backward(dh, h, 0)),
}


def bce_(z):
    """The loss where all labels are false, the sum of softplus(z); z becomes its gradient, sigmoid(z).

    softplus(z) = max(z, 0) + log u, u = 1 + exp(-|z|), with one logarithm for a product of many u.
    """
    x = z.float()
    e = torch.exp(-x.abs())
    u = 1 + e
    products = u.view(-1, math.gcd(z.shape[0], GROUP), z.shape[1]).prod(1)
    loss = x.relu().sum() + products.log().sum()
    z.copy_(torch.where(x >= 0, 1.0, e) / u)
    return loss


def sgd_rows_(table, sums, words, grad, lr, eps):
    table[words] = table[words] - lr * grad


def adagrad_rows_(table, sums, words, grad, lr, eps):
    s = sums[words] + grad * grad
    sums[words] = s
    table[words] = table[words] - lr * grad / (s.sqrt() + eps)


UPDATE_ROWS = {"sgd": sgd_rows_, "adagrad": adagrad_rows_}


def bags(matrix):
    """A compressed matrix as (starts, ids, weights): what bag_sums takes; weights is None where all are one."""
    weights = None if np.all(matrix.data == 1) else torch.from_numpy(matrix.data)
    return torch.from_numpy(matrix.indptr), torch.from_numpy(matrix.indices), weights


def bag_sums(table, starts, ids, weights):
    """The (weighted) sum of the table's rows in each bag."""
    return F.embedding_bag(ids, table, starts, mode="sum", per_sample_weights=weights, include_last_offset=True)


def cut(starts, ids, weights, rows):
    """The bags of some rows."""
    starts = starts[rows.start:rows.stop + 1]
    first, last = starts[0], starts[-1]
    return starts - first, ids[first:last], None if weights is None else weights[first:last]


def present(starts, ids, weights):
    """The numbers of the bags that are not empty, and these bags."""
    words = torch.nonzero(starts.diff()).squeeze(1)
    return words, (torch.cat([starts[words], starts[-1:]]), ids, weights)


def blocks(rows):
    """The blocks of a batch's rows."""
    return [slice(start, min(start + BLOCK_ROWS, rows.stop)) for start in range(rows.start, rows.stop, BLOCK_ROWS)]


class ByHand:
    comparable, note, logit_type = True, "", torch.float32

    def __init__(self, problem, form):
        self.sparse = form.startswith("sparse")
        if self.sparse and problem.optimizer not in UPDATE_ROWS:
            raise ValueError(f"{form}: want sgd or adagrad to update rows of the table, got {problem.optimizer}")
        self.problem, self.layers, self.batches = problem, problem.layers(), problem.batches()
        self.activate_, self.activation_backward = ACTIVATIONS[problem.activation]
        self.bce_ = torch.compile(bce_, dynamic=False)
        self.update_rows_ = torch.compile(UPDATE_ROWS[problem.optimizer]) if self.sparse else None

        batch_rows = min(problem.batch_rows, problem.x.shape[0])
        self.tensors = {name: torch.from_numpy(param.copy()) for name, param in problem.params.items()}
        self.dense = [name for name in self.tensors if not (self.sparse and name == "features.W")]
        for name in self.dense:
            self.tensors[name].grad = torch.zeros_like(self.tensors[name])
        self.dz0 = torch.empty(batch_rows, len(self.tensors["features.b"]))
        self.x = bags(problem.x)
        self.columns = self.transposed(slice(None)) if len(self.batches) == 1 else None
        block_rows, n_labels = min(BLOCK_ROWS, batch_rows), problem.y.shape[1]
        width = min(n_labels, max(1, TILE_LOGITS // block_rows))
        self.tiles = [slice(start, min(start + width, n_labels)) for start in range(0, n_labels, width)]
        self.z = torch.empty(block_rows * width, dtype=self.logit_type)
        self.truth = {(block.start, tile.start): self.places(block, tile)
                      for batch in self.batches for block in blocks(batch) for tile in self.tiles}
        self.minus_one = torch.full((max(map(len, self.truth.values())),), -1, dtype=self.logit_type)
        self.versions = {"torch": torch.__version__}
        self.reset()

    def places(self, block, tile):
        """Where the true labels of a block and a tile lie in its logits."""
        y = self.problem.y[block][:, tile].tocoo()
        return torch.from_numpy(y.row.astype(np.int64) * y.shape[1] + y.col)

    def reset(self) -> None:
        for name, tensor in self.tensors.items():
            tensor.copy_(torch.from_numpy(self.problem.params[name]))
        self.sums = torch.zeros_like(self.tensors["features.W"]) if self.problem.optimizer == "adagrad" else None
        self.optimizer = torch_optimizers.make(self.problem, [self.tensors[name] for name in self.dense])

    def params(self) -> dict:
        return {name: tensor.numpy() for name, tensor in self.tensors.items()}

    def transposed(self, rows):
        """The words of some rows of x and their bags of rows; words is None where all words count."""
        columns = bags(self.problem.x[rows].tocsc())
        return present(*columns) if self.sparse else (None, columns)

    # the products, which the bfloat16 form replaces

    def between(self, h, name):
        """A hidden layer's z."""
        return torch.addmm(self.tensors[f"{name}.b"], h, self.tensors[f"{name}.W"])

    def between_backward(self, name, inputs, dz):
        """Adds to w.grad; the gradient with respect to the inputs."""
        self.tensors[f"{name}.W"].grad.addmm_(inputs.t(), dz)
        return torch.mm(dz, self.tensors[f"{name}.W"].t())

    def logits(self, h, tile, z):
        return torch.addmm(self.tensors["labels.b"][tile], h, self.tensors["labels.W"][tile].t(), out=z)

    def labels_backward(self, z, h, tile, scale, dh):
        """Adds scale times the gradient to rows of w.grad, and the gradient without scale to dh."""
        self.tensors["labels.W"].grad[tile].addmm_(z.t(), h, alpha=scale)
        dh.addmm_(z, self.tensors["labels.W"][tile])

    # the step

    def forward(self, bag):
        """The hidden layers' outputs."""
        h = [self.activate_(bag_sums(self.tensors["features.W"], *bag).add_(self.tensors["features.b"]))]
        for name in self.layers[1:-1]:
            h.append(self.activate_(self.between(h[-1], name)))
        return h

    def label_layer(self, h, start, scale):
        """The loss of the block that begins at row `start`, and scale times its gradient with respect to h."""
        loss, dh = 0.0, torch.zeros_like(h)
        for tile in self.tiles:
            width = tile.stop - tile.start
            z = self.logits(h, tile, self.z[:len(h) * width].view(len(h), width))
            truth = self.truth[start, tile.start]
            loss -= z.view(-1).index_select(0, truth).float().sum()
            loss += self.bce_(z)
            z.view(-1).index_add_(0, truth, self.minus_one[:len(truth)])
            self.labels_backward(z, h, tile, scale, dh)
            self.tensors["labels.b"].grad[tile].add_(z.sum(0, dtype=torch.float32), alpha=scale)
        return loss, dh.mul_(scale)

    def backward(self, dh, h, dz0):
        """Fills dz0, the gradient with respect to the first layer's z, from that with respect to the last h."""
        for name, inputs, outputs in reversed(list(zip(self.layers[1:-1], h, h[1:]))):
            dz = self.activation_backward(dh, outputs)
            self.tensors[f"{name}.b"].grad.add_(dz.sum(0))
            dh = self.between_backward(name, inputs, dz)
        dz0.copy_(self.activation_backward(dh, h[0]))

    def step(self, rows):
        n_rows, n_labels = rows.stop - rows.start, self.problem.y.shape[1]
        mean = 1 / (n_rows * n_labels)
        for name in self.dense:
            if name != "features.W":
                self.tensors[name].grad.zero_()

        loss, dz0 = 0.0, self.dz0[:n_rows]
        for block in blocks(rows):
            h = self.forward(cut(*self.x, block))
            block_loss, dh = self.label_layer(h[-1], block.start, mean * self.problem.loss_factor())
            self.backward(dh, h, dz0[block.start - rows.start:block.stop - rows.start])
            loss += block_loss

        torch.sum(dz0, 0, out=self.tensors["features.b"].grad)
        words, columns = self.columns or self.transposed(rows)
        grad = bag_sums(dz0, *columns)
        if self.sparse:
            self.update_rows_(self.tensors["features.W"], self.sums, words, grad, self.problem.lr, self.problem.eps)
        else:
            self.tensors["features.W"].grad = grad
        self.optimizer.step()
        return loss * mean

    def unit(self) -> float:
        return torch.stack([self.step(rows) for rows in self.batches]).mean().item()
