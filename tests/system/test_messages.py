"""Claim: ranks send numbers by the order of ranks, know how many they are, and refuse what is not the same on all."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from comm import Comm, done_after, rank_of

from nnlite.system import ranks as module
from nnlite.system.ranks import MAX_SHARDS, OBJECT, SIZE_NAMES, Alone, Ranks, Shards, launched, world


def test_arrays_are_sent_as_numbers_one_after_the_other_and_come_back_by_rank():
    ranks, comm = rank_of()

    def given(numbers):
        def begin(sent, into):
            seen.append(sent)
            into[0][:] = numbers
            counts.append(into[1])
            return SimpleNamespace(Test=done_after(3))
        return begin

    seen, counts = [], []
    comm.Ialltoallv, comm.Iallgatherv = given([1, 8, 9]), given([5, 6, 7])
    got = ranks.exchange([np.array([1], np.int16), np.array([2, 3, 4], np.int16)], [1, 2])
    assert [part.tolist() for part in got] == [[1], [8, 9]] and got[0].dtype == np.int16
    assert seen[0][0].tolist() == [1, 2, 3, 4] and seen[0][1] == [1, 3] and counts == [[1, 2]]
    got = ranks.collect(np.array([5, 6], float), (2, 1))
    assert [part.tolist() for part in got] == [[5, 6], [7]] and got[0].dtype == float and counts[1] == [2, 1]
    assert seen[1].tolist() == [5, 6]


@pytest.mark.parametrize("size, is_launched", [(None, False), ("1", False), ("2", True), ("16", True)])
@pytest.mark.parametrize("name", SIZE_NAMES)
def test_mpiexec_says_how_many_it_has_started(monkeypatch, name, size, is_launched):
    for one in SIZE_NAMES:
        monkeypatch.delenv(one, raising=False)
    if size:
        monkeypatch.setenv(name, size)
    assert launched() == is_launched


@pytest.mark.parametrize("size, loaded, launched, kind", [
    (1, True, True, Alone), (1, True, False, Alone), (2, True, False, Ranks), (2, False, True, Ranks),
    (2, False, False, Alone)])
def test_a_process_is_one_of_those_that_mpi_knows(monkeypatch, size, loaded, launched, kind):
    comm = Comm((OBJECT, None))
    comm.size, comm.recv = size, lambda source, tag: comm.sent[0][0]  # the other has the same versions
    mpi = SimpleNamespace(COMM_WORLD=comm, COMM_TYPE_SHARED=None)
    monkeypatch.setattr(module, "launched", lambda: launched)
    monkeypatch.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=mpi))
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)
    if loaded:
        monkeypatch.setitem(sys.modules, "mpi4py.MPI", mpi)
    assert type(world.__wrapped__()) is kind


@pytest.mark.parametrize("theirs, word", [
    ("a", None), ("b" * 200, f"^x: want the same on all ranks, got a on rank 0, {'b' * 100} on")])
def test_what_must_be_the_same_on_all_ranks(theirs, word):
    ranks, _ = rank_of((OBJECT, theirs))
    if word:
        with pytest.raises(ValueError, match=f"{word} rank 1$"):
            ranks.check_same("x", "a")
    else:
        ranks.check_same("x", "a")


@pytest.mark.parametrize("n, size, is_refused", [
    (1, 1, True), (2, 1, False), (MAX_SHARDS, 1, False), (MAX_SHARDS + 1, 1, True), (2, 2, False), (2, 3, True),
    (3, 3, False)])
def test_how_many_shards_there_may_be(n, size, is_refused):
    ranks = Alone()
    ranks.size = size
    if is_refused:
        with pytest.raises(ValueError, match=f"^shards: want .*, got {n}$"):
            Shards(n, ranks)
    else:
        assert MAX_SHARDS == 4_096 and Shards(n, ranks).own == range(n // size)
