"""scikit-learn's MLPClassifier as a system of the speed benchmark: x and y in csr, one call of partial_fit a unit.

partial_fit cuts its rows into batches itself, and without shuffling these are the problem's batches, so it checks its
input once a unit; only a short last batch needs a second call. MLPClassifier sums the loss over labels and averages it
over rows; the mean over labels is the same with lr / L (for adam with eps L). It has no AdaGrad: its plain sgd, which
does less, is timed instead and is not comparable. Its adam adds eps before the bias correction.
"""

import numpy as np
import scipy
import sklearn
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks.peers import protocol, steps
from benchmarks.peers.problem import Problem

Y_TYPE = np.int32  # the classes 0..L-1 are cast to it
NOTES = {"adagrad": "has no AdaGrad: timed with plain sgd", "adam": "adam with eps before the bias correction"}


class Mlp:
    def __init__(self, problem, threads):
        threadpool_limits(threads)
        self.problem = problem
        self.comparable, self.note = problem.optimizer != "adagrad", NOTES.get(problem.optimizer, "")
        self.versions = {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__}
        share = problem.y.shape[1] / problem.loss_factor()
        adam = problem.optimizer == "adam"
        self.model = MLPClassifier(
            hidden_layer_sizes=[problem.params[f"{name}.b"].size for name in problem.layers()[:-1]],
            activation={"sigmoid": "logistic", "relu": "relu"}[problem.activation],
            solver="adam" if adam else "sgd",
            learning_rate_init=problem.lr if adam else problem.lr / share,
            epsilon=problem.eps * share,
            alpha=0,
            momentum=0,
            nesterovs_momentum=False,
            batch_size=min(problem.batch_rows, problem.x.shape[0]),
            shuffle=False,
            n_iter_no_change=np.inf,
        )
        n_full = problem.x.shape[0] - problem.x.shape[0] % self.model.batch_size
        self.parts = [rows for rows in (slice(0, n_full), slice(n_full, problem.x.shape[0])) if rows.stop > rows.start]
        self.parts = [(problem.x[rows], problem.y[rows].astype(Y_TYPE)) for rows in self.parts]
        self.model.partial_fit(problem.x[:2], problem.y[:2].astype(Y_TYPE), classes=np.arange(problem.y.shape[1]))
        self.reset()

    def reset(self) -> None:
        params, layers = self.problem.params, self.problem.layers()
        self.model.coefs_ = [params[f"{name}.W"].copy() for name in layers[:-1]] + [params["labels.W"].T.copy()]
        self.model.intercepts_ = [params[f"{name}.b"].copy() for name in layers]
        del self.model._optimizer

    def unit(self) -> float:
        losses = []
        for x, y in self.parts:
            n_steps = -(-x.shape[0] // self.model.batch_size)
            losses += [self.model.partial_fit(x, y).loss_] * n_steps
        return np.mean(losses) / self.problem.y.shape[1]

    def params(self) -> dict:
        params = {}
        for name, w, b in zip(self.problem.layers(), self.model.coefs_, self.model.intercepts_):
            params[f"{name}.W"], params[f"{name}.b"] = (w.T if name == "labels" else w), b
        return params


def build(problem: Problem, form: str, threads: int):
    return Mlp(problem, threads)


if __name__ == "__main__":
    protocol.serve(build, steps.FORMS["sklearn"])
