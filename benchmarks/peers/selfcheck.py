"""Do the peers take the steps that they are asked to take? Every form on small problems, against float64 NumPy.

    python -m benchmarks.peers.selfcheck [NAME ...]

The problems have 61 rows, 40 words, hidden layers of 16 and 11 units, and 23 labels (300 in one of them); the first row
is empty. The last batch is one row. All optimisers, both reductions and activations occur; one problem has weighted
words, one has a single batch of all rows. After two units the losses of a form must be within 1e-5 of the reference's,
relative, and every parameter within 1e-4 of its array's largest entry; after a reset the first loss must come again. A
form that calls itself not comparable (bfloat16; another rule than the problem's) is run and shown, but not judged, and
forms that update the rows of a table have no adam. The exit status is 1 if a form differs or fails.

Each form is a process of its own for each problem, and some compile: all of it takes some minutes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.peers import steps
from benchmarks.peers.problem import Problem
from benchmarks.peers.protocol import System

UNITS = 2
LOSS_TOLERANCE, PARAM_TOLERANCE = 1e-5, 1e-4


def random_csr(rng: np.random.Generator, n_rows: int, n_columns: int, per_row: int,
               weighted: bool = False) -> sp.csr_array:
    """A random csr matrix (n_rows, n_columns) whose first row is empty."""
    dense = (rng.random((n_rows, n_columns)) < per_row / n_columns).astype(np.float32)
    dense[0] = 0
    return sp.csr_array(dense * rng.uniform(0.5, 2, dense.shape).astype(np.float32) if weighted else dense)


def small_problem(optimizer: str, reduction: str, activation: str, weighted: bool = False, batch_rows: int = 20,
                  n_labels: int = 23) -> Problem:
    """A random problem of 61 rows."""
    rng = np.random.default_rng(0)
    shapes = {"features": (40, 16), "hidden1": (16, 11), "labels": (n_labels, 11)}
    params = {}
    for name, shape in shapes.items():
        n_out = shape[0] if name == "labels" else shape[1]
        params[f"{name}.W"] = rng.normal(0, 0.5, shape).astype(np.float32)
        params[f"{name}.b"] = rng.normal(0, 0.1, n_out).astype(np.float32)
    return Problem(
        x=random_csr(rng, 61, 40, 5, weighted),
        y=random_csr(rng, 61, n_labels, 3),
        params=params,
        activation=activation,
        optimizer=optimizer,
        lr=0.5 if optimizer == "sgd" and reduction == "sum" else 10 if optimizer == "sgd" else 0.05,
        eps=1e-3 if optimizer == "adam" else 1e-8,
        reduction=reduction,
        batch_rows=batch_rows,
    )


PROBLEMS = {
    "sgd sum sigmoid": small_problem("sgd", "sum", "sigmoid", n_labels=300),
    "sgd mean relu weighted": small_problem("sgd", "mean", "relu", weighted=True),
    "adagrad sum relu": small_problem("adagrad", "sum", "relu"),
    "adam sum sigmoid": small_problem("adam", "sum", "sigmoid"),
    "adagrad mean sigmoid all": small_problem("adagrad", "mean", "sigmoid", batch_rows=61),
}


def loss_and_grads(problem: Problem, params: dict, x: np.ndarray, y: np.ndarray) -> tuple[float, dict]:
    """Mean BCE, and the gradients of the training loss by name, in float64; x (N, D) and y (N, L) are dense."""
    relu, names = problem.activation == "relu", problem.layers()[:-1]
    h = [x]
    for name in names:
        z = h[-1] @ params[f"{name}.W"] + params[f"{name}.b"]
        h.append(np.maximum(z, 0) if relu else 1 / (1 + np.exp(-z)))
    z = h[-1] @ params["labels.W"].T + params["labels.b"]
    loss = np.mean(np.logaddexp(0, z) - y * z)
    dz = (1 / (1 + np.exp(-z)) - y) / z.size * problem.loss_factor()
    grads = {"labels.W": dz.T @ h[-1], "labels.b": dz.sum(axis=0)}
    dh = dz @ params["labels.W"]
    for i, name in reversed(list(enumerate(names))):
        dz = dh * (h[i + 1] > 0 if relu else h[i + 1] * (1 - h[i + 1]))
        grads[f"{name}.W"], grads[f"{name}.b"] = h[i].T @ dz, dz.sum(axis=0)
        dh = dz @ params[f"{name}.W"].T
    return loss, grads


def reference(problem: Problem) -> tuple[np.ndarray, dict]:
    """The losses of the units and the parameters after them."""
    params = {name: param.astype(float) for name, param in problem.params.items()}
    sums, means = ({name: np.zeros_like(param) for name, param in params.items()} for _ in range(2))
    x, y = problem.x.toarray().astype(float), problem.y.toarray().astype(float)
    losses = []
    for t, rows in enumerate(problem.batches() * UNITS, start=1):
        loss, grads = loss_and_grads(problem, params, x[rows], y[rows])
        losses.append(loss)
        for name, g in grads.items():
            if problem.optimizer == "adagrad":
                sums[name] += g * g
                g = g / (np.sqrt(sums[name]) + problem.eps)
            elif problem.optimizer == "adam":
                means[name] = 0.9 * means[name] + 0.1 * g
                sums[name] = 0.999 * sums[name] + 0.001 * g * g
                g = means[name] / (1 - 0.9 ** t) / (np.sqrt(sums[name] / (1 - 0.999 ** t)) + problem.eps)
            params[name] -= problem.lr * g
    return np.reshape(losses, (UNITS, -1)).mean(axis=1), params


def differences(system: System, want_losses: np.ndarray, want_params: dict) -> tuple[float, float]:
    """The largest relative errors of the losses and the parameters. RuntimeError if a reset does not reset."""
    losses = [system.unit()["loss"] for _ in range(UNITS)]
    params = system.params()
    system.reset()
    again = system.unit()["loss"]
    system.quit()
    if set(params) != set(want_params):
        raise RuntimeError(f"want parameters {sorted(want_params)}, got {sorted(params)}")
    if abs(again / losses[0] - 1) > 1e-6:
        raise RuntimeError(f"after a reset: want the loss {losses[0]!r}, got {again!r}")
    by_loss = np.max(np.abs(losses / want_losses - 1))
    by_param = max(np.max(np.abs(params[name] - want)) / np.max(np.abs(want)) for name, want in want_params.items())
    return by_loss, by_param


def check(peer: str, form: str, name: str, problem: Problem, path: Path) -> bool:
    """Print one row of the table; False if the form differs or fails."""
    try:
        system = steps.start(peer, path, form)
        judged, note = system.ready["comparable"], system.ready["note"]
        by_loss, by_param = differences(system, *reference(problem))
    except RuntimeError as error:
        print(f"{peer:8} {form:24} {name:24} FAILED {error}", flush=True)
        return False
    fine = by_loss <= LOSS_TOLERANCE and by_param <= PARAM_TOLERANCE
    verdict = ("ok" if fine else "DIFFERS") if judged else "not judged: " + note
    print(f"{peer:8} {form:24} {name:24} {by_loss:9.1e} {by_param:9.1e}  {verdict}", flush=True)
    return fine or not judged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(steps.FORMS)} (default: all)")
    names = parser.parse_args().names or list(steps.FORMS)
    unknown = sorted(set(names) - set(steps.FORMS))
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}; there are {', '.join(steps.FORMS)}")

    fine = True
    print(f"{'peer':8} {'form':24} {'problem':24} {'loss':>9} {'params':>9}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        for name, problem in PROBLEMS.items():
            problem.write(path)
            for peer in names:
                for form in steps.FORMS[peer]:
                    if not (problem.optimizer == "adam" and form.startswith("sparse-")):
                        fine &= check(peer, form, name, problem, path)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
