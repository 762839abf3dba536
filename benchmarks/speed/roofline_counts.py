"""The operations and bytes of each kernel and layer of a training step, as formulas of a batch's sizes.

The docstring of roofline.py explains the letters.
"""

from typing import NamedTuple

import numpy as np

from nnlite import SGD, AdaGrad, Dataset


class Job(NamedTuple):
    """One kind of training step."""

    batch_rows: int
    n_batches: int  # different ones, so that the words of a batch are not in cache because it was the last one
    n_words: int
    per_title: int
    hidden: tuple
    activation: str
    n_labels: int
    optimizer: SGD | AdaGrad
    precision: str = "float32"  # of the operands of matrix products


def jobs(quick: bool, unit: str) -> dict[str, Job]:
    """The jobs by name. unit: the processor's matrix unit, or ""."""
    found = {
        "deck": Job(2_048 if quick else 20_000, 1, 6_000, 12, (200, 200), "sigmoid", 1_500, SGD(1e-3)),
        "mini": Job(512, 4 if quick else 32, 80_000, 24, (200,), "relu", 258, AdaGrad(1e-3)),
    }
    return found | ({f"deck in bfloat16, on {unit}": found["deck"]._replace(precision="bfloat16")} if unit else {})


class Count(NamedTuple):
    """What a kernel or layer does in a batch, as formulas of the sizes."""

    flops: str
    bytes: str  # that its loops read and write
    once: str  # of distinct bytes, each read once and written once
    arrays: str  # the bytes of the arrays it works on
    entries: str  # its time is given per entry
    entry: str


COUNTS = {
    # indices and values, read and written
    "take_rows": Count("0", "16*Z", "16*Z", "16*Z", "Z", "non-zero"),
    # rows of W and x read, z written; most words occur again
    "csr_matmul forward": Count("2*Z*H", "Z*(4*H + 8) + 4*N*H", "4*W*H + 8*Z + 4*N*H", "4*W*H + 8*Z + 4*N*H",
                                "Z", "non-zero"),
    "sigmoid": Count("20*N*H", "8*N*H", "8*N*H", "4*N*H", "N*H", "unit"),
    "relu": Count("N*H", "8*N*H", "8*N*H", "4*N*H", "N*H", "unit"),
    "Linear.forward": Count("2*N*H*K", "4*(N*H + H*K + N*K)", "4*(N*H + H*K + N*K)", "4*(N*H + H*K + N*K)",
                            "N", "row"),
    # h, W read; dh, dW written
    "label products": Count("6*N*K*L", "4*(2*N*K + 2*L*K)", "4*(2*N*K + 2*L*K)", "4*(2*N*K + 2*L*K)",
                            "N*L", "logit"),
    # the logits of each block and tile; without the logarithms: one per 15 labels of 64 rows
    "bce_with_logits": Count("25*N*L", "8*N*L", "8*N*L", "4*T", "N*L", "logit"),
    # as the products, but W and state written, no dW
    "LabelLayer": Count("6*N*K*L", "4*(2*N*K + U*L*K)", "4*(2*N*K + U*L*K)", "4*(2*N*K + U*L*K/2)", "N*L", "logit"),
    # dh and h read, dz written in the place of h
    "sigmoid_backward": Count("3*N*H", "12*N*H", "12*N*H", "8*N*H", "N*H", "unit"),
    "relu_backward": Count("N*H", "12*N*H", "12*N*H", "8*N*H", "N*H", "unit"),
    # h, dz, W read; dh, dW written
    "Linear.backward": Count("4*N*H*K", "4*(2*N*H + 2*H*K + N*K)", "4*(N*H + N*K + 2*H*K)", "4*(N*H + N*K + 2*H*K)",
                             "N", "row"),
    # indices read twice, values once; both written
    "csr_transpose": Count("0", "20*Z", "16*Z", "16*Z", "Z", "non-zero"),
    # rows of dz, x^T read; W and state read and written
    "SparseLinear backward": Count("(2*Z + O*W)*H", "Z*(4*H + 8) + 4*U*W*H", "4*N*H + 8*Z + 4*U*W*H",
                                   "4*N*H + 8*Z + 2*U*W*H", "Z", "non-zero"),
}


def counted(formula: str, sizes: dict[str, float]) -> float:
    """The value of a formula of the sizes."""
    return eval(formula, {}, sizes)


def sizes_of(job: Job, dataset: Dataset) -> dict[str, float]:
    """N, Z, W, ... of one batch; Z and W are means over the batches of the data set."""
    parts = dataset.chunks(job.batch_rows)
    arrays, operations = {SGD: (2, 2), AdaGrad: (4, 7)}[type(job.optimizer)]
    return {
        "N": job.batch_rows, "Z": dataset.x.nnz / len(parts),
        "W": float(np.mean([np.unique(part.x.indices).size for part in parts])),
        "H": job.hidden[0], "K": job.hidden[-1], "L": job.n_labels, "U": arrays, "O": operations,
    }


def layers_of_step(job: Job) -> list[str]:
    """The names of the parts of a step, each as often as the step runs it: their bounds add up to the step's."""
    act, n_between = job.activation, len(job.hidden) - 1
    return [
        "csr_matmul forward", "LabelLayer", "csr_transpose", "SparseLinear backward",
        *(["Linear.forward", "Linear.backward"] * n_between), *([act, act + "_backward"] * (n_between + 1)),
    ]
