"""torch.optim's optimisers for a problem: fused ones for dense gradients, those for sparse ones with sparse=True."""

import torch

from benchmarks.peers.problem import Problem


def make(problem: Problem, params: list, sparse: bool = False) -> torch.optim.Optimizer:
    """The optimiser that a problem names, over these parameters."""
    how = {} if sparse else {"fused": True}
    if problem.optimizer == "sgd":
        return torch.optim.SGD(params, lr=problem.lr, **how)
    if problem.optimizer == "adagrad":
        return torch.optim.Adagrad(params, lr=problem.lr, eps=problem.eps, **how)
    if sparse:
        return torch.optim.SparseAdam(params, lr=problem.lr, eps=problem.eps)
    return torch.optim.Adam(params, lr=problem.lr, eps=problem.eps, **how)
