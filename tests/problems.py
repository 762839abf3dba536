"""Small random problems with odd, unequal sizes and an empty first row, shared by the tests."""

import hashlib
import json
import os

import numpy as np
import pytest
import scipy.sparse as sp

from nnlite import MLP, Dataset, Trainer
from nnlite.kernels.processor import targets
from nnlite.precision import choice
from nnlite.system import sizes
from nnlite.training.trainer import linear_decay

F32, F64 = np.float32, np.float64
compiled = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="minutes without compiled kernels")


def random_csr(rng, n_rows, n_columns, density, ones=False):
    """csr float32 whose first row is empty, with indices int32 and indptr int64."""
    dense = rng.standard_normal((n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < density)
    dense[0] = 0
    matrix = sp.csr_array((dense != 0 if ones else dense).astype(F32))
    matrix.indptr = matrix.indptr.astype(np.int64)
    return matrix


def random_dataset(n_rows=61, n_words=40, n_labels=23, seed=0):
    rng = np.random.default_rng(seed)
    return Dataset(random_csr(rng, n_rows, n_words, 0.15), random_csr(rng, n_rows, n_labels, 0.15, ones=True))


def random_model(dataset, hidden=(16, 11), activation="sigmoid", seed=0):
    """A model whose biases are not zero, so that forgetting one shows."""
    model = MLP(dataset.n_words, dataset.n_labels, hidden, activation, seed)
    rng = np.random.default_rng(seed + 1)
    for name, p in model.params.items():
        if name.endswith(".b"):
            p[:] = 0.3 * rng.standard_normal(p.shape)
    return model


def exact(params):
    """A copy in float64, for the reference."""
    return {name: p.astype(F64) for name, p in params.items()}


def small_pieces(monkeypatch, tile_labels=5, by_blocks=False):
    """Cut so finely that a problem of 61 rows has many blocks, tiles and rounds, the last of each short.

    by_blocks: the label layer works block by block, in blocks of 3 and 4 rows, so that there are no rounds
    """
    small = dict(BLOCK_ROWS=7, MIN_BLOCK_ROWS=3, MIN_BLOCK_FLOPS=1, TILE_LABELS=tile_labels, MIN_TILE_LABELS=2,
                 ROUND_ITEMS=9 if by_blocks else 20, ROUND_BYTES=0, MIN_ITEMS=20, WHOLE_BLOCK_FLOPS=1,
                 SHARES_PER_ROW=999 if by_blocks else 0)
    for name, size in small.items():
        monkeypatch.setattr(sizes, name, size)


def matrix_units():
    """The names of this processor's matrix units: those with AMX have both."""
    best = choice.matrix_unit()
    return [unit for unit in choice.UNITS if unit == best or unit == choice.AVX512 and targets("avx512bf16")]


def assert_close(got, want, largest=1e-5, name=""):
    """Within 1e-5 of the largest entry: float32 keeps 6e-8, and sums of some hundred terms lose two digits of it."""
    assert np.shape(got) == np.shape(want)
    np.testing.assert_allclose(got, want, rtol=0, atol=largest * max(np.abs(want).max(), 1e-30), err_msg=name)


def trainer(optimizer, folder=None, seconds=0.0, model=None, **settings):
    """A training of 12 steps, of which every one is saved."""
    model = model or random_model(random_dataset(), (9,), "relu")
    settings = dict(batch_rows=16, epochs=3, seed=5, schedule=linear_decay, dropout=0.25, word_dropout=0.25) | settings
    return Trainer(model, optimizer, checkpoints=folder, checkpoint_seconds=seconds, **settings)


def take_step(model, data, settings, optimizer, workers):
    """The loss of a step of a whole Dataset."""
    x, y = data.arrays()
    return model.step(model.prepare(x, settings), y, settings, optimizer, workers)


def bits(model):
    """A number that tells the parameters of one model from those of another."""
    return hashlib.sha256(b"".join(p.tobytes() for p in model.params.values())).hexdigest()


def change_json(path, **entries):
    """Change some entries of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


class Clock:
    """In the place of the module `time`: it stands still unless somebody sets `now` forward, or by `tick` a look."""

    def __init__(self, tick=0.0):
        self.now, self.tick = 0.0, tick

    def perf_counter(self):
        self.now += self.tick
        return self.now

    process_time = perf_counter
