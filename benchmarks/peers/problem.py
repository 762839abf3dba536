"""The problem that every system of the speed benchmark gets: the data, the first parameters, and what a step does.

This module needs the standard library, NumPy and SciPy alone, so any system's process can import it.
"""

import dataclasses
from pathlib import Path

import numpy as np
import scipy.sparse as sp

DENSE_LIMIT = 4 * 2**30  # bytes: a system makes a dense matrix once up to this size, and batch by batch above it
SCALARS = ("activation", "optimizer", "lr", "eps", "reduction", "batch_rows")
CSR_PARTS = ("indptr", "indices", "data", "shape")


@dataclasses.dataclass
class Problem:
    """One training job: x (N, D) and y (N, L) csr float32, y all ones; parameters by name; what a step does.

    sgd:      p -= lr g
    adagrad:  G += g^2,  p -= lr g / (sqrt(G) + eps),  G = 0 at first
    adam:     Kingma & Ba with beta1 = 0.9, beta2 = 0.999
    reduction "sum": the loss is summed over labels and averaged over rows; "mean": averaged over both.
    """

    x: sp.csr_array
    y: sp.csr_array
    params: dict
    activation: str = "sigmoid"
    optimizer: str = "sgd"
    lr: float = 0.05
    eps: float = 1e-8
    reduction: str = "sum"
    batch_rows: int = 512

    def __post_init__(self):
        self.lr, self.eps = float(self.lr), float(self.eps)

    def batches(self) -> list[slice]:
        """The rows of each batch, in order; the last one may be short."""
        n_rows = self.x.shape[0]
        return [slice(start, min(start + self.batch_rows, n_rows)) for start in range(0, n_rows, self.batch_rows)]

    def layers(self) -> list[str]:
        """Layer names in forward order: features, hidden1, ..., labels."""
        n_hidden = sum(name.startswith("hidden") and name.endswith(".W") for name in self.params)
        return ["features", *(f"hidden{i}" for i in range(1, n_hidden + 1)), "labels"]

    def loss_factor(self) -> int:
        """The training loss divided by the mean over rows and labels: L for "sum", 1 for "mean"."""
        return {"sum": self.y.shape[1], "mean": 1}[self.reduction]

    def write(self, path: str | Path) -> None:
        """Write the npz file."""
        arrays = {name: getattr(self, name) for name in SCALARS}
        for name, matrix in (("x", self.x), ("y", self.y)):
            arrays |= {f"{name}_{part}": getattr(matrix, part) for part in CSR_PARTS}
        np.savez(path, **arrays, **self.params)

    @staticmethod
    def read(path: str | Path) -> "Problem":
        """The problem in an npz file."""
        with np.load(path) as file:
            x, y = ({part: file[f"{name}_{part}"] for part in CSR_PARTS} for name in ("x", "y"))
            params = {name: file[name] for name in file.files if "." in name}
            return Problem(as_csr(**x), as_csr(**y), params, **{name: file[name].item() for name in SCALARS})


def as_csr(indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, shape: np.ndarray) -> sp.csr_array:
    """The csr array of these parts; shape (2,)."""
    return sp.csr_array((data, indices, indptr), tuple(shape))


def fits_dense(matrix: sp.csr_array) -> bool:
    """Is a csr matrix, as a dense float32 one, within DENSE_LIMIT?"""
    return 4 * matrix.shape[0] * matrix.shape[1] <= DENSE_LIMIT
