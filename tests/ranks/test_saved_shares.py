"""Claim: the first of several ranks writes the model folder of one process, without holding all of the network."""

import numpy as np
import pytest
from on_ranks_problems import trained
from thread_ranks import on_ranks

from nnlite.ranks import saving
from nnlite.ranks.saving import OwnedArray, arrays_of, send
from nnlite.system import array_folder


@pytest.mark.parametrize("n_ranks", [1, 2, 3])
@pytest.mark.parametrize("problem", ["sigmoid", "shards without words or labels"])
def test_the_files_are_those_of_one_process(tmp_path, monkeypatch, problem, n_ranks):
    monkeypatch.setattr(saving, "BLOCK_NUMBERS", 70)  # in several blocks

    def save(ranks):
        model, _ = trained(problem, ranks)
        arrays = arrays_of(model)
        assert (arrays["features.W"] is model.params["features.W"]) == (n_ranks == 1)  # nothing is copied
        if ranks.rank == 0:
            array_folder.write(tmp_path / "model", "test", {}, arrays)
        else:
            send(arrays)
        return dict(model.whole().params)

    for params in on_ranks(n_ranks, save):
        _, arrays, _ = array_folder.read(tmp_path / "model", "test")
        assert arrays.keys() == params.keys()
        assert all(np.array_equal(arrays[name], params[name]) for name in params)


def test_the_first_rank_holds_a_block_at_a_time(monkeypatch):
    monkeypatch.setattr(saving, "BLOCK_NUMBERS", 70)
    for largest in on_ranks(2, lambda ranks: max(
            part.size for part in OwnedArray(trained("sigmoid", ranks)[0], "features.W").blocks())):
        assert largest <= 70
