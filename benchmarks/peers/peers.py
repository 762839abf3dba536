"""The peers: what forms each has, and how one is started. Nothing here imports their frameworks."""

from pathlib import Path

import install
from protocol import System

FORMS = {
    "torch": {
        "eager": "EmbeddingBag, autograd, dense gradients, fused optimiser",
        "compile": "the same, forward, loss and backward under torch.compile",
        "compile-autotune": "the same with mode='max-autotune-no-cudagraphs'",
        "bfloat16": "eager under autocast to bfloat16; not comparable",
        "dense": "eager with x as a dense matrix",
        "sparse": "eager with sparse gradients of the table and the optimiser that takes them",
        "chunked": "by hand, all layers in chunks of rows, dense gradient of the table",
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


def start(peer, problem, form, **options):
    """A System that is ready for its first unit. RuntimeError where the peer is not installed or does not start."""
    return System(install.python(peer), Path(__file__).with_name(f"{peer}_step.py"), problem, form, **options)
