"""The peers of the speed benchmark: what forms each has, and how one is started. It imports no framework."""

from pathlib import Path

from benchmarks.peers import install
from benchmarks.peers.protocol import System

FORMS = {
    "torch": {
        "eager": "EmbeddingBag, autograd, dense gradients, fused optimiser",
        "compile": "the same, forward, loss and backward under torch.compile",
        "compile-autotune": "the same with mode='max-autotune-no-cudagraphs'",
        "bfloat16": "eager under autocast to bfloat16; not comparable",
        "dense": "eager with x as a dense matrix",
        "sparse": "eager with sparse gradients of the table and the optimiser that takes them",
        "chunked": "by hand, all layers in blocks of rows, dense gradient of the table",
        "chunked-compile": "the same, elementwise loops under torch.compile",
        "sparse-chunked": "chunked, with the table updated for the words of the batch alone",
        "sparse-chunked-compile": "the same, elementwise loops under torch.compile",
    },
    "keras": {
        "dense": "one-hot rows, train step under tf.function",
        "dense-jit": "the same, compiled by XLA",
        "train-on-batch": "one-hot rows, model.compile and train_on_batch",
        "sparse": "dense, with x as a sparse tensor",
    },
    "sklearn": {
        "mlp": "MLPClassifier, x and y in csr",
    },
}


def start(peer: str, problem: str | Path, form: str, **options) -> System:
    """A System that is ready for its first unit. RuntimeError where the peer is not installed or does not start."""
    return System(install.python(peer), f"benchmarks.peers.{peer}_step", problem, form, **options)
