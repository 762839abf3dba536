"""torch.optim's optimisers for a problem: fused for dense gradients, those that accept sparse gradients where asked."""

import torch


def make(problem, params, sparse=False):
    how = {} if sparse else {"fused": True}
    if problem.optimizer == "sgd":
        return torch.optim.SGD(params, lr=problem.lr, **how)
    if problem.optimizer == "adagrad":
        return torch.optim.Adagrad(params, lr=problem.lr, eps=problem.eps, **how)
    if sparse:
        return torch.optim.SparseAdam(params, lr=problem.lr, eps=problem.eps)
    return torch.optim.Adam(params, lr=problem.lr, eps=problem.eps, **how)
