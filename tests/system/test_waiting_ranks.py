"""Claim: a rank that waits takes no other message for a failure, heeds one of the same work only, and gives up."""

import sys
from types import SimpleNamespace

import pytest
from comm import Comm, done_after, rank_of

from nnlite.system import ranks as module
from nnlite.system.ranks import FAILED, OBJECT, Ranks


def test_an_object_that_came_early_stays_until_it_is_asked_for():
    ranks, comm = rank_of((OBJECT, "theirs"))
    ranks._wait(done_after(5))
    assert comm.messages == [(OBJECT, "theirs")]
    assert ranks.objects("mine") == ["mine", "theirs"] and comm.sent == [("mine", 1, OBJECT)]


@pytest.mark.parametrize("work, is_heeded", [(2, False), (3, True), (4, True), (sys.maxsize, True)])
def test_a_failure_is_heeded_unless_it_was_in_an_earlier_work(work, is_heeded):
    ranks, comm = rank_of((OBJECT, "theirs"), (FAILED, (work, "rank 1: no space")))
    ranks.works = 3
    if not is_heeded:
        ranks._wait(done_after(5))
        assert ranks.lost == "" and comm.messages == [(OBJECT, "theirs")]
        return
    for _ in range(2):  # once lost, no rank answers any more
        with pytest.raises(RuntimeError, match="^rank 1: no space$"):
            ranks._wait(done_after(5))


def test_a_rank_gives_up(monkeypatch):
    ranks, _ = rank_of()
    monkeypatch.setattr(module, "LIMIT_SECONDS", -1.0)
    with pytest.raises(RuntimeError, match="the other ranks have not come for -1 s"):
        ranks._wait(done_after(5))


@pytest.mark.parametrize("last, work", [(False, 1), (True, sys.maxsize)])
def test_the_others_are_told_of_a_failure_in_one_line(last, work):
    ranks, comm = rank_of()
    with pytest.raises(OSError), ranks.together():
        raise OSError("no\nspace")
    assert comm.sent == [((1, "rank 0: no space"), 1, FAILED)] and ranks.works == 2
    ranks.works = 1
    ranks.failed(KeyboardInterrupt(), last)
    assert comm.sent[1] == ((work, "rank 0: KeyboardInterrupt"), 1, FAILED)


@pytest.mark.parametrize("n_cores, n_threads, spins", [(1, 1, False), (2, 1, True), (3, 1, True), (8, 4, True)])
def test_ranks_share_the_cores_of_their_machine_and_spin_if_each_has_one(monkeypatch, n_cores, n_threads, spins):
    monkeypatch.setattr(module, "usable_cores", lambda: n_cores)
    ranks = Ranks(SimpleNamespace(COMM_WORLD=Comm(), COMM_TYPE_SHARED=None))
    assert ranks.threads() == n_threads and bool(ranks.spin_seconds) == spins
