"""Claim: while a team is awake, its caller and its helpers have different processors; afterwards, and whenever other
code runs, every thread may use all that the process may use."""

import os
import threading

import pytest
from problems import compiled

from nnlite.system import apart, spinning
from nnlite.system.apart import Apart
from nnlite.system.spinning import awake
from nnlite.system.threads import Team

pytestmark = [compiled, pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no calls to place threads")]


class Placed:
    """Where threads may run, in the place of the operating system, with 8 processors."""

    def __init__(self, monkeypatch):
        self.of, self.here = {}, 3
        monkeypatch.setattr(apart, "_sched_getcpu", lambda: self.here)
        monkeypatch.setattr(apart.os, "sched_getaffinity", self.affinity)
        monkeypatch.setattr(apart.os, "sched_setaffinity", self.place)

    def affinity(self, thread):
        return set(self.of.get(thread or threading.get_native_id(), range(8)))

    def place(self, thread, processors):
        self.of[thread or threading.get_native_id()] = set(processors)


@pytest.fixture
def placed(monkeypatch):
    monkeypatch.setattr(spinning, "usable_cores", lambda: 8)
    monkeypatch.setattr(spinning, "LOST_SECONDS", float("inf"))  # these tests say when processors are crowded
    return Placed(monkeypatch)


def everywhere(placed):
    return all(processors == set(range(8)) for processors in placed.of.values())


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_caller_and_its_helpers_are_apart_within_a_work_only(placed, threads):
    team, me = Team(threads), threading.get_native_id()
    with awake(team):
        for _ in range(3):
            seen = team.run(lambda _: dict(placed.of), range(threads))[0]
            assert seen.pop(me) == {3} and list(seen.values()) == [set(range(8)) - {3}] * (threads - 1)
            assert placed.of[me] == set(range(8))  # other code runs, and starts processes that inherit it
            placed.here = 5  # it was moved, but helpers may be there
    assert len(placed.of) == threads and everywhere(placed)


def test_helpers_that_are_started_later_are_kept_off_as_well(placed):
    team = Team(4)
    with awake(team):
        for n in 2, 4:
            team.run(abs, range(n))
            assert sum(processors == set(range(8)) - {3} for processors in placed.of.values()) == n - 1


def test_all_may_run_anywhere_after_an_error(placed):
    team = Team(2)
    with pytest.raises(ZeroDivisionError), awake(team):
        team.run(lambda i: 1 // i, range(2))
    assert len(placed.of) == 2 and everywhere(placed)


def test_all_may_run_anywhere_while_processors_are_crowded(placed, monkeypatch):
    team = Team(2)
    with awake(team):
        team.run(abs, range(2))
        assert not everywhere(placed)
        monkeypatch.setattr(team.waiting, "crowded", lambda: True)
        assert team.run(lambda _: everywhere(placed), range(2)) == [True, True]


@pytest.mark.parametrize("moment", ["within a work", "between two"])
@pytest.mark.parametrize("who", ["the caller", "all"])
def test_who_places_threads_meanwhile_has_the_last_word(placed, moment, who):
    """taskset -p, or taskset -ap."""
    team, me = Team(2), threading.get_native_id()

    def taskset(_=None):
        if threading.get_native_id() == me:
            for thread in placed.of if who == "all" else [me]:
                placed.of[thread] = {1, 2}

    with awake(team):
        team.run(abs, range(2))
        assert len(placed.of) == 2
        team.run(taskset, range(2)) if moment == "within a work" else taskset()
        for _ in range(3):
            team.run(abs, range(2))
            assert placed.of.pop(me) == {1, 2}
            assert list(placed.of.values()) == [{1, 2} if who == "all" else set(range(8))]
            placed.of[me] = {1, 2}


def test_other_callers_and_nested_works_change_nothing(placed):
    team = Team(2)
    with awake(team):
        team.run(lambda _: team.run(abs, range(2)), range(2))
        before = dict(placed.of)
        assert sorted(map(len, before.values())) == [7, 8]
        other = threading.Thread(target=team.run, args=(abs, range(2)))
        other.start()
        other.join()
        assert placed.of == before


def test_a_process_with_one_processor_and_a_system_without_the_call_are_left_alone(placed, monkeypatch):
    monkeypatch.setattr(apart.os, "sched_getaffinity", lambda thread: {3})
    one = Apart()
    monkeypatch.setattr(apart, "_sched_getcpu", None)
    for each in one, Apart():
        each.hold([threading.current_thread()])
        each.let_go()
        each.end()
    assert not placed.of


def test_a_processor_that_was_taken_away_is_no_error(monkeypatch):
    def refuse(thread, processors):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(apart.os, "sched_setaffinity", refuse)
    with awake(team := Team(2)):
        assert team.run(abs, range(2)) == [0, 1]


def test_threads_of_this_machine_are_apart(monkeypatch):
    monkeypatch.setattr(spinning, "LOST_SECONDS", float("inf"))
    if len(allowed := os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor")
    team, meeting = Team(2), threading.Barrier(2)

    def where(_):
        meeting.wait(timeout=60)
        return os.sched_getaffinity(0)

    with awake(team):
        for _ in range(20):
            one, other = team.run(where, range(2))
            assert not one & other and one | other == allowed
        assert os.sched_getaffinity(0) == allowed
    assert team.run(where, range(2)) == [allowed] * 2


def test_a_helper_that_starts_while_the_caller_stays_may_run_anywhere_in_the_end(monkeypatch):
    monkeypatch.setattr(spinning, "LOST_SECONDS", float("inf"))
    monkeypatch.setattr(spinning, "usable_cores", lambda: 3)
    team, allowed, me = Team(3), os.sched_getaffinity(0), threading.get_native_id()

    def nested(i):
        if threading.get_native_id() == me:
            team.run(abs, range(3))

    with awake(team):
        team.run(nested, range(2))
    assert len(team.helpers) == 2
    assert [os.sched_getaffinity(helper.native_id) for helper in team.helpers] == [allowed] * 2
    assert os.sched_getaffinity(0) == allowed
