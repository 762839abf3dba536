"""Keras on TensorFlow as a system of the speed benchmark: Dense layers on one-hot words, as in the deck's recipe.

The last layer gives logits and the loss takes them (from_logits=True): less work than the logarithm of a sigmoid, and
exact. BinaryCrossentropy averages over rows and labels; the sum over labels is L times that. A dense matrix is made
once if it takes at most 4 GiB, else batch by batch in every step.

Keras' Adagrad divides by sqrt(G + eps); a subclass divides by the problem's sqrt(G) + eps. Its Adam adds eps before the
bias correction. benchmarks/process.py sets the variables that choose TensorFlow as the backend.
"""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.peers import protocol, steps
from benchmarks.peers.problem import Problem, fits_dense


class Adagrad(keras.optimizers.Adagrad):
    def update_step(self, gradient, variable, learning_rate):
        sums = self._accumulators[self._get_variable_index(variable)]
        self.assign_add(sums, tf.square(gradient))
        self.assign_sub(variable, learning_rate * gradient / (tf.sqrt(sums) + self.epsilon))


class DenseRows:
    def __init__(self, matrix, batches):
        made_once = batches if fits_dense(matrix) else []
        self.matrix, self.made = matrix, {rows.start: self.make(matrix, rows) for rows in made_once}

    @staticmethod
    def make(matrix, rows):
        return tf.constant(matrix[rows].toarray())

    def __getitem__(self, rows):
        return self.made[rows.start] if self.made else self.make(self.matrix, rows)


def make_optimizer(problem):
    if problem.optimizer == "sgd":
        return keras.optimizers.SGD(problem.lr)
    if problem.optimizer == "adagrad":
        return Adagrad(problem.lr, initial_accumulator_value=0.0, epsilon=problem.eps)
    return keras.optimizers.Adam(problem.lr, epsilon=problem.eps)


class Network:
    def __init__(self, problem):
        self.problem, self.batches = problem, problem.batches()
        self.note = "adam with eps before the bias correction" if problem.optimizer == "adam" else ""
        self.versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
        sizes = [problem.params[f"{name}.b"].size for name in problem.layers()]
        self.model = keras.Sequential(
            [
                keras.Input((problem.x.shape[1],)),
                *(keras.layers.Dense(size, activation=problem.activation) for size in sizes[:-1]),
                keras.layers.Dense(sizes[-1]),
            ]
        )
        self.bce = keras.losses.BinaryCrossentropy(from_logits=True)
        self.optimizer = make_optimizer(problem)
        self.optimizer.build(self.model.trainable_variables)
        self.initial_state = [variable.numpy() for variable in self.optimizer.variables]
        self.x = DenseRows(problem.x, self.batches)
        self.y = DenseRows(problem.y, self.batches)
        self.step = tf.function(self.one_step, jit_compile=True)
        self.reset()

    def reset(self) -> None:
        params = self.problem.params
        for name, layer in zip(self.problem.layers(), self.model.layers):
            w = params[f"{name}.W"]
            layer.set_weights([w.T if name == "labels" else w, params[f"{name}.b"]])
        for variable, initial in zip(self.optimizer.variables, self.initial_state):
            variable.assign(initial)

    def params(self) -> dict:
        params = {}
        for name, layer in zip(self.problem.layers(), self.model.layers):
            w, params[f"{name}.b"] = layer.get_weights()
            params[f"{name}.W"] = w.T if name == "labels" else w
        return params

    def scaled_loss(self, y, z):
        return self.bce(y, z) * self.problem.loss_factor()

    def one_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.scaled_loss(y, self.model(x, training=True))
        self.optimizer.apply(tape.gradient(loss, self.model.trainable_variables))
        return loss

    def unit(self) -> float:
        losses = [self.step(self.x[rows], self.y[rows]) for rows in self.batches]
        return np.mean([float(loss) for loss in losses]) / self.problem.loss_factor()


def build(problem: Problem, form: str, threads: int):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return Network(problem)


if __name__ == "__main__":
    protocol.serve(build, steps.FORMS["keras"])
