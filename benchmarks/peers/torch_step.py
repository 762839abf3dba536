"""PyTorch on the CPU as a system of the speed benchmark: the forms with autograd, and the choice between all forms.

Parameters keep nnlite's names and shapes: features.W (D, H) is the table of an embedding bag, a hidden layer computes
h W, and the label layer h W^T with labels.W (L, K). The words of a row are a bag (`embedding_bag`, mode "sum") unless
the form is dense. The target is a dense float32 matrix, as binary_cross_entropy_with_logits needs it: made once if it
takes at most 4 GiB, else in every step. The forms without autograd are in torch_by_hand.py.
"""

import contextlib
import functools

import torch
import torch.nn.functional as F

from benchmarks.peers import protocol, steps, torch_by_hand, torch_optimizers
from benchmarks.peers.problem import Problem, fits_dense

ACTIVATIONS = {"sigmoid": torch.sigmoid, "relu": torch.relu}


def loss_of(multiply_x, problem, params, x, y):
    """Mean BCE over rows and labels; multiply_x(x, table) is x's product with features.W."""
    activation = ACTIVATIONS[problem.activation]
    _, *hidden, _ = problem.layers()
    z = multiply_x(x, params["features.W"]) + params["features.b"]
    for name in hidden:
        z = torch.addmm(params[f"{name}.b"], activation(z), params[f"{name}.W"])
    z = F.linear(activation(z), params["labels.W"], params["labels.b"])
    return F.binary_cross_entropy_with_logits(z, y)


def multiply_bags(x, table, sparse):
    starts, words, weights = x
    how = {"mode": "sum", "include_last_offset": True, "sparse": sparse}
    return F.embedding_bag(words, table, starts, per_sample_weights=weights, **how)


class DenseRows:
    """Rows of a csr matrix as dense float32 tensors: views of one matrix where that fits, else made at each access."""

    def __init__(self, matrix):
        self.matrix, self.whole = matrix, None
        if fits_dense(matrix):
            self.whole = torch.from_numpy(matrix.toarray())

    def __getitem__(self, rows):
        return torch.from_numpy(self.matrix[rows].toarray()) if self.whole is None else self.whole[rows]


class BagRows:
    """Rows of a csr matrix as bags: starts, word ids, weights or None."""

    def __init__(self, matrix):
        self.bags = torch_by_hand.bags(matrix)

    def __getitem__(self, rows):
        return torch_by_hand.cut(*self.bags, rows)


class Autograd:
    def __init__(self, problem, form):
        self.problem, self.batches = problem, problem.batches()
        self.params_ = {name: torch.nn.Parameter(torch.from_numpy(p.copy())) for name, p in problem.params.items()}
        self.sparse = form.startswith("sparse")
        multiply_x = torch.matmul if form == "dense" else functools.partial(multiply_bags, sparse=self.sparse)
        self.x = DenseRows(problem.x) if form == "dense" else BagRows(problem.x)
        self.y = DenseRows(problem.y)
        self.loss = functools.partial(loss_of, multiply_x, problem)
        if "compile" in form:
            mode = "max-autotune-no-cudagraphs" if form.endswith("autotune") else None
            self.loss = torch.compile(self.loss, mode=mode)
        self.cast = torch.autocast("cpu", torch.bfloat16) if form == "bfloat16" else contextlib.nullcontext()
        notes = ["products in bfloat16"] * (form == "bfloat16")
        notes += ["SparseAdam leaves absent words alone"] * (self.sparse and problem.optimizer == "adam")
        self.note, self.comparable = "; ".join(notes), not notes
        self.versions = {"torch": torch.__version__}
        self.optimizers = self.make_optimizers()

    def make_optimizers(self):
        table, *rest = self.params_.values()
        if not self.sparse:
            return [torch_optimizers.make(self.problem, [table, *rest])]
        return [torch_optimizers.make(self.problem, [table], sparse=True), torch_optimizers.make(self.problem, rest)]

    def reset(self) -> None:
        with torch.no_grad():
            for name, param in self.params_.items():
                param.copy_(torch.from_numpy(self.problem.params[name]))
        self.optimizers = self.make_optimizers()

    def params(self) -> dict:
        return {name: param.detach().numpy() for name, param in self.params_.items()}

    def step(self, rows):
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        with self.cast:
            loss = self.loss(self.params_, self.x[rows], self.y[rows])
        (loss * self.problem.loss_factor()).backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach()

    def unit(self) -> float:
        return torch.stack([self.step(rows) for rows in self.batches]).mean().item()


def build(problem: Problem, form: str, threads: int):
    torch.set_num_threads(threads)
    return (torch_by_hand.ByHand if "chunked" in form else Autograd)(problem, form)


if __name__ == "__main__":
    protocol.serve(build, steps.FORMS["torch"])
