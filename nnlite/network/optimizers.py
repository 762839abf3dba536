"""How the rows of one parameter are updated from the rows of its gradient.

A gradient is never stored whole. The owner of some rows of a parameter, a tile of labels or some of the words in the
batch, gives `update` what they are summed from: the gradient of rows[i] is row i of parts @ source, a csr matrix times
a dense one, and exists while that row is updated. Rows without a gradient (words absent from the batch) keep their
values and their state, as with torch's SparseAdam and sparse Adagrad.

Protocol: `start(params)`, `next_step(factor)` before each step, then `update(name, rows, parts, source)` for every
row, from any thread, each row at most once per step; threads that call it with the same rows share them out.
"""

from collections.abc import Sequence

import numpy as np

from nnlite.data.csr import Csr
from nnlite.kernels import sparse
from nnlite.system.named_arrays import check_array
from nnlite.system.ranges import number
from nnlite.system.scratch import scratch

f32 = np.float32


class Optimizer:
    """What the optimisers share: the parameters and their state as matrices with one row per id, and the step's rates.

    lr: learning rate > 0    labels_lr: that of the label layer, if another. ValueError otherwise.
    """

    state_names: tuple[str, ...] = ()  # of the arrays of state, each as large as its parameter
    numbers: tuple[str, ...] = ("lr", "labels_lr")
    limits: dict[str, tuple[float, float]] = {}  # of the other numbers: the least, and what they are below
    by_row: Sequence[str] = ()  # the parameters whose state is one number for each row

    def __init__(self, lr: float, labels_lr: float | None = None):
        self.lr, self.labels_lr = lr, lr if labels_lr is None else labels_lr
        self.check()

    def check(self) -> None:
        """TypeError or ValueError for a number out of its range, given or set later."""
        name = type(self).__name__
        for rate in self.lr, self.labels_lr:
            if not 0 < (rate := number(f"{name}: learning rate", rate)) < float("inf"):
                raise ValueError(f"{name}: want a learning rate above 0, got {rate:g}")
        for each, limits in self.limits.items():
            setattr(self, each, number(f"{name}: {each}", getattr(self, each), *limits))

    def settings(self) -> list:
        """The numbers that it was made with."""
        return [getattr(self, name) for name in self.numbers]

    def start(self, params: dict[str, np.ndarray]) -> None:
        """Begin to train `params` with a state of zeros, or go on with those it trains already.

        Errors as `check`; ValueError for other arrays than float32 that may be written.
        """
        self.check()
        for name, p in params.items():
            check_array(name, p, p.shape, write=True)
        if getattr(self, "params", None) is params:
            return
        if unknown := set(self.by_row) - params.keys():
            raise ValueError(f"{type(self).__name__}: by_row: want names of parameters, got {sorted(unknown)}")
        self.params, self.t, self.factor = params, 0, 1.0
        self.state = {f"{name}/{part}": np.zeros(self._state_shape(name, p), p.dtype)
                      for name, p in params.items() for part in self.state_names}

    def _state_shape(self, name, p):
        return (len(as_rows(name, p)), 1) if name in self.by_row else p.shape

    def state_bytes(self, params: dict[str, np.ndarray]) -> int:
        """The memory that `start` will take for the state: 0 if it is there."""
        is_there = getattr(self, "params", None) is params
        n_numbers = sum(int(np.prod(self._state_shape(name, p))) for name, p in params.items())
        return 0 if is_there else 4 * len(self.state_names) * n_numbers

    def next_step(self, factor: float = 1.0) -> None:
        """Begin step t + 1 with the learning rates times factor. ValueError for impossible rates, or other arrays."""
        for lr in self.lr, self.labels_lr:
            if np.ndim(factor * lr) or not 0 <= factor * lr <= 3.4e38:
                raise ValueError(f"{type(self).__name__}: want a learning rate of 0 to 3.4e38, got {lr} times {factor}")
        for name, p in self.params.items():
            check_array(name, p, p.shape, write=True)
            for part in self.state_names:
                check_array(f"{name}/{part}", self.state.get(f"{name}/{part}"), self._state_shape(name, p), write=True)
        self.rows = {name: as_rows(name, array) for name, array in (self.params | self.state).items()}
        self.t, self.factor = self.t + 1, factor

    def rate(self, name: str) -> np.float32:
        """The learning rate of parameter `name` in this step."""
        return f32(self.factor * (self.labels_lr if name.startswith("labels.") else self.lr))

    def update(self, name: str, rows: np.ndarray, parts: Csr, source: np.ndarray,
               taken: np.ndarray | None = None) -> None:
        """Update the given rows (ids, int32) of parameter `name`; their gradient is parts @ source.

        taken (1,) int64: 0 at first, and the same array in the calls of several threads that share out the rows
        """
        taken = np.zeros(1, np.int64) if taken is None else taken
        self._update(name, rows, taken, *parts, source, scratch("gradient row", source.shape[1]))

    def _update(self, name, *gradient):
        raise NotImplementedError


def as_rows(name: str, array: np.ndarray) -> np.ndarray:
    """The parameter as a matrix: labels.b (L,) has one row per label, the other biases are one row."""
    return array if array.ndim == 2 else array.reshape((-1, 1) if name.startswith("labels.b") else (1, -1))


class SGD(Optimizer):
    """w <- w - lr g"""

    def _update(self, name, *gradient):
        sparse.sgd(self.rows[name], *gradient, self.rate(name))


class AdaGrad(Optimizer):
    """s <- s + g^2;  w <- w - lr g / (sqrt(s) + eps)          (Duchi, Hazan and Singer 2011)

    A word seen twice still takes large steps when a word seen a million times takes small ones.

    by_row: names of parameters with one s for each row, the sum of the means of g^2 over the row, in the place of one
    for each entry: this state takes next to no memory. TypeError for anything else; `start`: ValueError for other names
    """

    state_names = ("s",)
    numbers = (*Optimizer.numbers, "eps", "by_row")
    limits = {"eps": (1e-38, np.inf)}

    def __init__(self, lr: float, labels_lr: float | None = None, eps: float = 1e-10,
                 by_row: Sequence[str] = ()):
        if not isinstance(by_row, (list, tuple)) or not all(isinstance(name, str) for name in by_row):
            raise TypeError(f"AdaGrad: by_row: want a list of names of parameters, got {by_row!r:.80}")
        self.eps, self.by_row = eps, tuple(by_row)
        super().__init__(lr, labels_lr)

    def _update(self, name, *gradient):
        adagrad = sparse.adagrad_by_row if name in self.by_row else sparse.adagrad
        adagrad(self.rows[name], self.rows[name + "/s"], *gradient, self.rate(name), f32(self.eps))


class Adam(Optimizer):
    """w <- w - lr m^ / (sqrt(v^) + eps), m^ and v^ the means of g and g^2 corrected for their start at 0

    (Kingma and Ba 2014, algorithm 1). t counts steps, not a row's own updates.
    """

    state_names = ("m", "v")
    numbers = (*Optimizer.numbers, "beta1", "beta2", "eps")
    limits = {"beta1": (0, 1), "beta2": (0, 1), "eps": (1e-38, np.inf)}

    def __init__(self, lr: float = 1e-3, labels_lr: float | None = None, beta1: float = 0.9, beta2: float = 0.999,
                 eps: float = 1e-8):
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        super().__init__(lr, labels_lr)

    def _update(self, name, *gradient):
        w, m, v = (self.rows[key] for key in (name, name + "/m", name + "/v"))
        sparse.adam(w, m, v, *gradient, self.t, float(self.rate(name)), self.beta1, self.beta2, self.eps)


class KeepGradients(Optimizer):
    """Updates nothing and keeps the rows of the gradient that it is given, by the names of the parameters."""

    def __init__(self, params: dict[str, np.ndarray]):
        self.gradients = {name: np.zeros_like(p) for name, p in params.items()}
        self.rows = {name: as_rows(name, gradient) for name, gradient in self.gradients.items()}

    def _update(self, name, *gradient):
        sparse.sgd(self.rows[name], *gradient, f32(-1))  # 0 + g
