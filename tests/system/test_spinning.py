"""Claim: threads of a team that is awake see at once what others have done, and sleep where processors are crowded."""

import itertools
import threading

import numpy as np
import pytest
from problems import compiled

from nnlite.kernels import spinning as kernels
from nnlite.system import spinning
from nnlite.system.spinning import SpinWait, awake
from nnlite.system.threads import Asleep, Team

pytestmark = compiled
FOREVER = 10**9  # turns: half a minute, so that a test that fails ends


def together(n, function):
    """Call it on n threads at a time, and wait for their end."""
    threads = [threading.Thread(target=function) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_spinning_ends_after_its_turns_or_when_the_count_is_reached():
    count = np.array([3])
    assert kernels.spin_until(count, 3, FOREVER) and kernels.spin_until(count, 2, 0)
    assert not kernels.spin_until(count, 4, 10) and not kernels.spin_until(count, 4, 0)


def test_spinning_sees_another_thread_and_lets_it_run():
    count, left = np.zeros(1, np.int64), np.zeros(1, np.int64)

    def raise_it():
        assert kernels.spin_until(left, 1, FOREVER)
        count[0] = 1

    other = threading.Thread(target=raise_it)
    other.start()
    assert kernels.leave_and_spin(left, count, 1, FOREVER, 10)
    other.join()


def test_no_thread_that_leaves_is_lost():
    left, never = np.zeros(1, np.int64), np.zeros(1, np.int64)
    together(8, lambda: [kernels.leave_and_spin(left, never, 1, 1, 0) for _ in range(2_000)])
    assert left[0] == 16_000


def test_a_team_is_awake_within_it_where_each_thread_has_a_processor(monkeypatch):
    monkeypatch.setattr(spinning, "usable_cores", lambda: 2)
    one, two, three = Team(1), Team(2), Team(3)
    with pytest.raises(ZeroDivisionError), awake(one), awake(two), awake(three):
        assert [type(team.waiting) for team in (one, two, three)] == [Asleep, SpinWait, Asleep]
        raise ZeroDivisionError
    assert type(two.waiting) is Asleep


@pytest.fixture(params=[2, 3, 8])
def busy_team(request, monkeypatch):
    monkeypatch.setattr(spinning, "usable_cores", lambda: 8)
    monkeypatch.setattr(spinning, "SPIN_SECONDS", 1e-4)  # of 8 threads on two processors most wait in vain
    one = Team(request.param)
    with awake(one):
        yield one


def test_works_that_follow_each_other_at_once_are_done(busy_team):
    for n in [*range(12)] * 20:
        assert busy_team.run(lambda i: i * i, range(n)) == [i * i for i in range(n)]


def test_several_callers_share_a_team_that_is_awake(busy_team):
    found = []
    together(4, lambda: found.extend(busy_team.run(lambda i: sum(busy_team.run(abs, range(i))), range(9))
                                     for _ in range(20)))
    assert found == [[0, 0, 1, 3, 6, 10, 15, 21, 28]] * 80


def test_an_error_ends_a_work_of_a_team_that_is_awake(busy_team):
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            busy_team.run(lambda i: 1 // (3 - i), range(9))


def test_a_caller_sees_that_its_helper_has_left(monkeypatch):
    """The helper ends its item when the caller spins already."""
    seen, meeting, spins, caller = [], threading.Barrier(2), threading.Event(), threading.get_ident()
    monkeypatch.setattr(spinning, "usable_cores", lambda: 2)
    monkeypatch.setattr(SpinWait, "turns", lambda self, seconds: FOREVER if seconds > 1e-4 else 1)
    one, spin_until = Team(2), kernels.spin_until

    def noted(*given):
        spins.set()
        seen.append(spin_until(*given))

    def item(_):
        meeting.wait(timeout=60)
        if threading.get_ident() != caller:
            spins.wait(timeout=60)

    with awake(one):
        monkeypatch.setattr(kernels, "spin_until", noted)
        for _ in range(5):
            spins.clear()
            one.run(item, range(2))
    assert seen == [True] * 5
    one.n_posted[0] += 1  # or the helper spins on


def test_no_thread_spins_while_processors_are_crowded(monkeypatch):
    now, waiting = [0.0], SpinWait()
    monkeypatch.setattr(spinning, "perf_counter", lambda: now[0])
    monkeypatch.setattr(spinning, "thread_time", lambda: 0.0)
    monkeypatch.setattr(spinning, "preemptions", itertools.count().__next__)
    since = waiting.clock()
    now[0] = 0.9 * spinning.LOST_SECONDS
    waiting.notice(since)
    assert waiting.turns(1) == int(waiting.turns_per_second)
    now[0] = lost = 1.1 * spinning.LOST_SECONDS
    waiting.notice(since)
    assert waiting.turns(1) == 0
    now[0] = lost + 0.9 * spinning.SLEEP_SECONDS
    assert waiting.turns(1) == 0
    now[0] = lost + 1.1 * spinning.SLEEP_SECONDS
    assert waiting.turns(1) > 0


def test_the_time_in_which_a_thread_works_is_not_lost(monkeypatch):
    waiting = SpinWait()
    for now, worked, is_lost in (0.0, 0.0, False), (1.0, 1.0, False), (2.0, 2.0 - 2 * spinning.LOST_SECONDS, True):
        monkeypatch.setattr(spinning, "perf_counter", lambda now=now: now)
        monkeypatch.setattr(spinning, "thread_time", lambda worked=worked: worked)
        waiting.notice((0.0, -1))
        assert waiting.crowded() == is_lost


@pytest.mark.parametrize("preempted", [0, 1])
def test_a_thread_that_stops_with_its_machine_has_lost_its_processor_to_no_other(preempted, monkeypatch):
    waiting = SpinWait()
    monkeypatch.setattr(spinning, "thread_time", lambda: 0.0)
    monkeypatch.setattr(spinning, "preemptions", lambda: 7 + preempted)
    waiting.notice((-1.0, 7))
    assert waiting.crowded() == bool(preempted)


def test_where_the_system_does_not_tell_a_thread_may_always_have_been_preempted(monkeypatch):
    monkeypatch.setattr(spinning, "resource", None)
    assert len({spinning.preemptions() for _ in range(9)}) == 9


@pytest.mark.skipif(not hasattr(spinning.resource, "RUSAGE_THREAD"), reason="not every system tells it of a thread")
def test_a_thread_that_works_is_not_preempted_all_the_time():
    before = spinning.preemptions()
    assert before >= 0 and sum(spinning.preemptions() != before for _ in range(100)) < 100


def test_both_sides_of_a_wait_notice_that_they_have_lost_their_processor(monkeypatch):
    count, waits = np.zeros(1, np.int64), (SpinWait(), SpinWait())
    monkeypatch.setattr(spinning, "thread_time", lambda: 0.0)
    waits[0].until(count, 0, (-1.0, -1))
    waits[1].leave_and_wait(count, count, 1, (-1.0, -1))
    assert count[0] == 1 and [each.turns(1) for each in waits] == [0, 0]
