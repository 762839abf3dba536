"""How the rows of one parameter are updated from the rows of its gradient.

A gradient is never stored whole. Whoever owns some rows of a parameter, a tile of labels or a share of the words in
the batch, hands `update` what they are summed from: the gradient of rows[i] is row i of parts @ source, a csr matrix
times a dense one, and exists for as long as that row is updated. Rows without a gradient (words absent from the batch)
are left as they are, with the state that belongs to them: so do torch's SparseAdam and sparse Adagrad.

Protocol: `start(params)`, `next_step(factor)` before each step, then `update(name, rows, parts, source)` for every
row, from any thread, each row at most once per step. The state lies in `state`, under "name of the parameter/letter".
"""

import numpy as np

from nnlite.kernels import sparse
from nnlite.system.threads import scratch

f32 = np.float32


class Optimizer:
    """What the optimisers share: the parameters and state as matrices with one row per id, and the step's rates.

    lr: learning rate > 0    labels_lr: that of the label layer, if another. ValueError otherwise.
    """

    letters: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ("lr", "labels_lr")
    by_row = False

    def __init__(self, lr, labels_lr=None):
        self.lr, self.labels_lr = lr, lr if labels_lr is None else labels_lr
        for rate in self.lr, self.labels_lr:
            if not 0 < rate < float("inf"):
                raise ValueError(f"{type(self).__name__}: want a learning rate above 0, got {rate}")

    def settings(self):
        """The numbers that it was made with, as a list."""
        return [getattr(self, name) for name in self.numbers]

    def start(self, params):
        """Take over `params` and begin with a fresh state, zeros; if it has these already, go on with its state."""
        if getattr(self, "params", None) is params:
            return
        self.params = params
        self.t, self.factor = 0, 1.0
        self.state = {f"{name}/{letter}": self.zeros(name, p) for name, p in params.items() for letter in self.letters}
        self.rows = {name: as_rows(name, array) for name, array in (params | self.state).items()}

    def zeros(self, name, p):
        """A letter of the state of parameter `name`, as it begins: unlike zeros_like, not written before it is used."""
        return np.zeros(p.shape, p.dtype)

    def state_bytes(self, params):
        """The memory that `start` will take for the state: 0 if it is there."""
        if getattr(self, "params", None) is params:
            return 0
        per_letter = sum(4 * len(as_rows(name, p)) if self.by_row else p.nbytes for name, p in params.items())
        return len(self.letters) * per_letter

    def next_step(self, factor=1.0):
        """Begin step t + 1 with the learning rates times factor."""
        self.t, self.factor = self.t + 1, factor

    def rate(self, name):
        """The learning rate of parameter `name` in this step."""
        return f32(self.factor * (self.labels_lr if name.startswith("labels.") else self.lr))


def as_rows(name, array):
    """The parameter as a matrix: labels.b (L,) has one row per label, the other biases are one row."""
    if array.ndim == 2:
        return array
    return array.reshape(-1, 1) if name.startswith("labels.b") else array.reshape(1, -1)


def one_row(source):
    """Scratch for one row of the gradient."""
    return scratch("gradient row", source.shape[1])


class SGD(Optimizer):
    """w <- w - lr g"""

    def update(self, name, rows, parts, source):
        """Update the given rows (ids, int32) of parameter `name`; their gradient is parts @ source."""
        sparse.sgd(self.rows[name], rows, *parts, source, one_row(source), self.rate(name))


class AdaGrad(Optimizer):
    """s <- s + g^2;  w <- w - lr g / (sqrt(s) + eps)          (Duchi, Hazan and Singer 2011)

    A word seen twice still takes large steps when a word seen a million times takes small ones.

    by_row: one s for each row of a parameter, the sum of the means of g^2 over the row: the state is as good as
    nothing, not as large as the parameters. It wants about half the learning rate and predicts nearly as well.
    """

    letters = ("s",)
    numbers = (*Optimizer.numbers, "eps", "by_row")

    def __init__(self, lr, labels_lr=None, eps=1e-10, by_row=False):
        super().__init__(lr, labels_lr)
        self.eps, self.by_row = eps, by_row

    def zeros(self, name, p):
        """The state of parameter `name`, as it begins."""
        return np.zeros((len(as_rows(name, p)), 1), f32) if self.by_row else super().zeros(name, p)

    def update(self, name, rows, parts, source):
        """Update the given rows (ids, int32) of parameter `name`; their gradient is parts @ source."""
        adagrad = sparse.adagrad_by_row if self.by_row else sparse.adagrad
        adagrad(self.rows[name], self.rows[name + "/s"], rows, *parts, source, one_row(source), self.rate(name),
                f32(self.eps))


class Adam(Optimizer):
    """w <- w - lr m^ / (sqrt(v^) + eps), m^ and v^ the means of g and g^2 corrected for their start at 0

    (Kingma and Ba 2014, algorithm 1). t counts steps, not a row's own updates.
    """

    letters = ("m", "v")
    numbers = (*Optimizer.numbers, "beta1", "beta2", "eps")

    def __init__(self, lr=1e-3, labels_lr=None, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(lr, labels_lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def update(self, name, rows, parts, source):
        """Update the given rows (ids, int32) of parameter `name`; their gradient is parts @ source."""
        sparse.adam(
            self.rows[name], self.rows[name + "/m"], self.rows[name + "/v"], rows, *parts, source, one_row(source),
            self.t, float(self.rate(name)), self.beta1, self.beta2, self.eps,
        )


class KeepGradients:
    """In the place of an optimiser: updates nothing and keeps the rows of the gradient that it is handed."""

    def __init__(self, params):
        self.gradients = {name: np.zeros_like(p) for name, p in params.items()}
        self.rows = {name: as_rows(name, gradient) for name, gradient in self.gradients.items()}

    def update(self, name, rows, parts, source):
        """Keep the given rows of the gradient of parameter `name`."""
        gradient = np.empty((rows.size, source.shape[1]), f32)
        sparse.csr_matmul(*parts, source, np.zeros(source.shape[1], f32), gradient)
        self.rows[name][rows] = gradient
