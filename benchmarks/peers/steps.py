"""The peers of the speed benchmark: what forms each has, and how one is started. It imports no framework."""

from pathlib import Path

from benchmarks.peers import install
from benchmarks.peers.protocol import System

FORMS = {  # of each peer: the usual forms and the strongest that was found
    "torch": {
        "eager": "EmbeddingBag, autograd, dense gradients, fused optimiser",
        "compile": "the same, forward, loss and backward under torch.compile",
        "bfloat16": "compile under autocast to bfloat16",
        "one-line-bfloat16": 'eager with torch.backends.mkldnn.matmul.fp32_precision = "bf16"',
        "sparse": "eager with sparse gradients of the table and the optimiser that takes them",
        "chunked": "by hand: blocks of rows, tiles of labels, loops under torch.compile, dense gradient of the table",
        "chunked-bfloat16": "the same, all matrix products of bfloat16 operands",
        "sparse-chunked": "chunked, with the table updated for the words of the batch alone",
        "sparse-chunked-bfloat16": "the same, all matrix products of bfloat16 operands",
    },
    "keras": {
        "dense-jit": "one-hot rows, train step under tf.function, compiled by XLA as Keras does by default",
    },
    "sklearn": {
        "mlp": "MLPClassifier, x and y in csr",
    },
}


def start(peer: str, problem: str | Path, form: str, **options) -> System:
    """A System that is ready for its first unit. RuntimeError where the peer is not installed or does not start."""
    return System(install.python(peer), f"benchmarks.peers.{peer}_step", problem, form, **options)
