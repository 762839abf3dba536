"""PyTorch without autograd: the strongest training step found for its tensors and, in some forms, torch.compile.

A batch goes through the whole network, forward and backward, in blocks of rows that stay in cache. A block's logits are
written to a buffer and become gradients in place; there is no dense target. Gradients are summed in place, product by
product, and torch.optim's fused optimisers apply them.

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
TINY = 1e-30  # its root is far below any eps; torch's square root is ten times slower at zero
GROUP = 32  # factors 1 < u <= 2 that share one logarithm: 2**32 is far from overflow
ACTIVATIONS = {
    "sigmoid": (torch.sigmoid_, torch.ops.aten.sigmoid_backward),
    "relu": (torch.relu_, lambda dh, h: torch.ops.aten.threshold_backward(dh, h, 0)),
}


def bce_(z):
    """The loss where all labels are false, the sum of softplus(z); z becomes its gradient, sigmoid(z)."""
    loss = F.softplus(z).sum()
    z.sigmoid_()
    return loss


def bce_fused_(z):
    """The same by softplus(z) = max(z, 0) + log u, u = 1 + exp(-|z|), with one logarithm for a product of many u."""
    e = torch.exp(-z.abs())
    u = 1 + e
    products = u.view(-1, math.gcd(z.shape[0], GROUP), z.shape[1]).prod(1)
    loss = z.relu().sum() + products.log().sum()
    z.copy_(torch.where(z >= 0, 1.0, e) / u)
    return loss


def sgd_rows_(table, sums, words, grad, lr, eps):
    table.scatter_add_(0, words.unsqueeze(1).expand_as(grad), grad.mul_(-lr))


def adagrad_rows_(table, sums, words, grad, lr, eps):
    s = sums.index_select(0, words).addcmul_(grad, grad)
    sums.index_copy_(0, words, s)
    s.clamp_min_(TINY)
    sgd_rows_(table, sums, words, grad.div_(s.sqrt_().add_(eps)), lr, eps)


def sgd_rows_fused_(table, sums, words, grad, lr, eps):
    table[words] = table[words] - lr * grad


def adagrad_rows_fused_(table, sums, words, grad, lr, eps):
    s = sums[words] + grad * grad
    sums[words] = s
    table[words] = table[words] - lr * grad / (s.sqrt() + eps)


UPDATE_ROWS = {
    ("sgd", False): sgd_rows_,
    ("sgd", True): sgd_rows_fused_,
    ("adagrad", False): adagrad_rows_,
    ("adagrad", True): adagrad_rows_fused_,
}


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


class ByHand:
    def __init__(self, problem, form):
        self.sparse, compiled = form.startswith("sparse"), form.endswith("compile")
        if self.sparse and problem.optimizer == "adam":
            raise ValueError(f"{form}: want sgd or adagrad to update rows of the table, got adam")
        self.problem, self.layers, self.batches = problem, problem.layers(), problem.batches()
        self.activate_, self.activation_backward = ACTIVATIONS[problem.activation]
        self.bce_ = torch.compile(bce_fused_, dynamic=False) if compiled else bce_
        self.update_rows_ = UPDATE_ROWS.get((problem.optimizer, compiled))
        if self.sparse and compiled:
            self.update_rows_ = torch.compile(self.update_rows_)

        n_labels = problem.y.shape[1]
        batch_rows = min(problem.batch_rows, problem.x.shape[0])
        self.tensors = {name: torch.from_numpy(param.copy()) for name, param in problem.params.items()}
        self.dense = [name for name in self.tensors if not (self.sparse and name == "features.W")]
        for name in self.dense:
            self.tensors[name].grad = torch.zeros_like(self.tensors[name])
        self.dz0 = torch.empty(batch_rows, len(self.tensors["features.b"]))
        self.logits = torch.empty(min(BLOCK_ROWS, batch_rows), n_labels)
        self.x = bags(problem.x)
        self.columns = self.transposed(slice(None)) if len(self.batches) == 1 else None
        self.y_starts = problem.y.indptr
        y_rows = np.repeat(np.arange(problem.y.shape[0]), np.diff(self.y_starts))
        self.truth = torch.from_numpy(y_rows * n_labels + problem.y.indices)
        self.minus_one = torch.full((len(self.truth),), -1.0)
        self.note, self.comparable, self.versions = "", True, {"torch": torch.__version__}
        self.reset()

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

    def forward(self, bag):
        """The hidden layers' outputs."""
        h = [self.activate_(bag_sums(self.tensors["features.W"], *bag).add_(self.tensors["features.b"]))]
        for name in self.layers[1:-1]:
            z = torch.addmm(self.tensors[f"{name}.b"], h[-1], self.tensors[f"{name}.W"])
            h.append(self.activate_(z))
        return h

    def label_layer(self, h, rows, scale):
        """The loss of a block of rows, and scale times its gradient with respect to h; adds to w.grad and b.grad."""
        w, b = self.tensors["labels.W"], self.tensors["labels.b"]
        first, last = self.y_starts[rows.start], self.y_starts[rows.stop]
        z = torch.addmm(b, h, w.t(), out=self.logits[: len(h)])
        truth = self.truth[first:last] - rows.start * len(b)
        loss = -z.view(-1).index_select(0, truth).sum()
        loss += self.bce_(z)
        z.view(-1).index_add_(0, truth, self.minus_one[first:last])
        w.grad.addmm_(z.t(), h, alpha=scale)
        b.grad.add_(z.sum(0), alpha=scale)
        return loss, torch.mm(z, w).mul_(scale)

    def backward(self, dh, h, dz0):
        """Fills dz0, the gradient with respect to the first layer's z, from that with respect to the last h."""
        for name, inputs, outputs in reversed(list(zip(self.layers[1:-1], h, h[1:]))):
            w, b = self.tensors[f"{name}.W"], self.tensors[f"{name}.b"]
            dz = self.activation_backward(dh, outputs)
            w.grad.addmm_(inputs.t(), dz)
            b.grad.add_(dz.sum(0))
            dh = torch.mm(dz, w.t())
        dz0.copy_(self.activation_backward(dh, h[0]))

    def step(self, rows):
        n_rows, n_labels = rows.stop - rows.start, self.problem.y.shape[1]
        mean = 1 / (n_rows * n_labels)
        for name in self.dense:
            if name != "features.W":
                self.tensors[name].grad.zero_()

        loss, dz0 = 0.0, self.dz0[:n_rows]
        for start in range(rows.start, rows.stop, BLOCK_ROWS):
            block = slice(start, min(start + BLOCK_ROWS, rows.stop))
            h = self.forward(cut(*self.x, block))
            block_loss, dh = self.label_layer(h[-1], block, mean * self.problem.loss_factor())
            self.backward(dh, h, dz0[start - rows.start:block.stop - rows.start])
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
