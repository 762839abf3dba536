"""PyTorch on the CPU as a system of the speed benchmark: the forms with autograd, and the choice between all forms.

Parameters keep nnlite's names and shapes: features.W (D, H) is the table of an embedding bag, a hidden layer computes
h W, and the label layer h W^T with labels.W (L, K). The words of a row are a bag (`embedding_bag`, mode "sum"). The
target is a dense float32 matrix, as binary_cross_entropy_with_logits needs it: made once if it takes at most 4 GiB,
else in every step. The forms without autograd are in torch_by_hand.py and torch_bfloat16.py.
"""

import contextlib
import functools

import torch
import torch.nn.functional as F

from benchmarks.peers import protocol, steps, torch_bfloat16, torch_by_hand, torch_optimizers
from benchmarks.peers.problem import Problem, fits_dense

ACTIVATIONS = {"sigmoid": torch.sigmoid, "relu": torch.relu}


def loss_of(problem, sparse, params, bag, y):
    """Mean BCE over rows and labels; sparse: the gradient of the table is a sparse tensor."""
    activation = ACTIVATIONS[problem.activation]
    _, *hidden, _ = problem.layers()
    starts, words, weights = bag
    z = F.embedding_bag(words, params["features.W"], starts, mode="sum", per_sample_weights=weights,
                        include_last_offset=True, sparse=sparse) + params["features.b"]
    for name in hidden:
        z = torch.addmm(params[f"{name}.b"], activation(z), params[f"{name}.W"])
    z = F.linear(activation(z), params["labels.W"], params["labels.b"])
    return F.binary_cross_entropy_with_logits(z, y)


class DenseRows:
    """Rows of a csr matrix as dense float32 tensors: views of one matrix where that fits, else made at each access."""

    def __init__(self, matrix):
        self.matrix, self.whole = matrix, None
        if fits_dense(matrix):
            self.whole = torch.from_numpy(matrix.toarray())

    def __getitem__(self, rows):
        return torch.from_numpy(self.matrix[rows].toarray()) if self.whole is None else self.whole[rows]


class Autograd:
    def __init__(self, problem, form):
        self.problem, self.batches = problem, problem.batches()
        self.params_ = {name: torch.nn.Parameter(torch.from_numpy(p.copy())) for name, p in problem.params.items()}
        self.sparse = form == "sparse"
        self.x, self.y = torch_by_hand.bags(problem.x), DenseRows(problem.y)
        self.loss = functools.partial(loss_of, problem, self.sparse)
        if form in ("compile", "bfloat16"):
            self.loss = torch.compile(self.loss)
        self.cast = torch.autocast("cpu", torch.bfloat16) if form == "bfloat16" else contextlib.nullcontext()
        if form == "one-line-bfloat16":
            torch.backends.mkldnn.matmul.fp32_precision = "bf16"
        notes = ["products in bfloat16"] * form.endswith("bfloat16")
        notes += ["SparseAdam: another eps, absent words stay"] * (self.sparse and problem.optimizer == "adam")
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
            loss = self.loss(self.params_, torch_by_hand.cut(*self.x, rows), self.y[rows])
        (loss * self.problem.loss_factor()).backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach()

    def unit(self) -> float:
        return torch.stack([self.step(rows) for rows in self.batches]).mean().item()


def build(problem: Problem, form: str, threads: int):
    torch.set_num_threads(threads)
    if "chunked" not in form:
        return Autograd(problem, form)
    by_hand = torch_bfloat16.ByHandBfloat16 if form.endswith("bfloat16") else torch_by_hand.ByHand
    return by_hand(problem, form)


if __name__ == "__main__":
    protocol.serve(build, steps.FORMS["torch"])
