"""Claim: Ctrl-C ends a call soon and leaves nothing behind: no thread at work, no lock, no limit, no mixed result."""

import gc
import random
import signal
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from problems import compiled, random_dataset, random_model, small_pieces
from shops import shop

from nnlite import Record, TitleClassifier, Vocabulary, evaluate, write_chunks
from nnlite.data.chunks import ChunkFolder
from nnlite.system import blas
from nnlite.system.interrupts import interrupts_between_steps, sigterm_as_ctrl_c
from nnlite.system.blas import blas_libraries, one_blas_thread
from nnlite.system.threads import team, until_interrupted

needs_timer = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="not every system has timers")


@contextmanager
def interrupted_at_any_time(seconds):
    """Within it KeyboardInterrupt comes once, like Ctrl-C at a random time up to so many seconds from now."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    gc.disable()  # its callbacks, such as hypothesis's, could be what is interrupted
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, seconds))
        yield
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attack(function, n_times):
    """Ctrl-C ends so many calls, each at another time; the others return what they always do, and so does a last one.

    The time is up to that of a call, more or less.
    """
    want, times = function(), []
    while n_times:
        start = time.perf_counter()
        np.testing.assert_equal(function(), want)
        times = [*times[-2:], time.perf_counter() - start]
        try:
            with interrupted_at_any_time(1.1 * min(times)):
                np.testing.assert_equal(function(), want)
        except KeyboardInterrupt:
            n_times -= 1
    np.testing.assert_equal(function(), want)
    assert not blas._callers


def blas_threads():
    return [library.num_threads for library in blas_libraries().lib_controllers]


@needs_timer
def test_a_team_can_be_interrupted_at_any_time():
    """No item of a work runs when the call has ended, and no result is one of another call."""
    running, call = [], [0]

    def item(i):
        running.append(i)
        found = call[0], i
        time.sleep(0.0001 * (i % 3))
        running.pop()
        return found

    def two_calls():
        for _ in range(2):
            call[0] += 1
            try:
                found = team(3).run(item, range(8))
            finally:
                assert len(running) <= 1  # that of this thread, interrupted within the item
                running.clear()
            assert found == [(call[0], i) for i in range(8)]

    attack(two_calls, 60)


@needs_timer
def test_nested_works_can_be_interrupted_at_any_time():
    attack(lambda: team(2).run(lambda i: sum(team(2).run(lambda j: i * j, range(9))), range(9)), 60)


@needs_timer
def test_blas_is_not_left_at_one_thread():
    before = blas_threads()

    def hold():
        for _ in range(20):
            with one_blas_thread():
                assert set(blas_threads()) == {1}

    attack(hold, 60)
    assert blas_threads() == before


@compiled
@needs_timer
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a file that is not closed at once
def test_every_call_that_works_on_threads_can_be_interrupted_and_repeated(tmp_path, monkeypatch):
    small_pieces(monkeypatch)
    monkeypatch.setattr("nnlite.system.threads.usable_cores", lambda: 2)
    titles, categories = map(list, shop(400))
    data = random_dataset(n_rows=500, n_labels=200)
    model, records = random_model(data), list(map(Record, titles, categories))
    classifier = TitleClassifier(epochs=1, hidden=(8,), threads=2).fit(titles, categories)
    vocabulary = Vocabulary.build(records)
    write_chunks(tmp_path / "chunks", records, vocabulary, chunk_rows=50)
    classifier.save(tmp_path / "model")
    before = blas_threads()
    calls = [
        lambda: model.top_k(data.x, 3),
        lambda: evaluate(model, data),
        lambda: classifier.predict(titles),
        lambda: classifier.predict_proba(titles).toarray(),
        lambda: vocabulary.encode(records).x.toarray(),
        lambda: vars(Vocabulary.build(records))["label_counts"],
        lambda: [chunk.x.toarray() for chunk in ChunkFolder(tmp_path / "chunks")],
        lambda: TitleClassifier.load(tmp_path / "model").predict(titles[:5]),
    ]
    for call in calls:
        attack(call, 3)
    assert blas_threads() == before


def test_an_interrupt_lets_no_item_begin_and_waits_for_those_that_have():
    begun, ended, barrier = [], [], threading.Barrier(2)

    def item(i):
        begun.append(i)
        barrier.wait(timeout=20)
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        time.sleep(0.05)
        ended.append(i)

    with pytest.raises(KeyboardInterrupt):
        team(2).run(item, range(50))
    assert sorted(begun) == [0, 1] and len(ended) == 1


def test_an_interrupt_comes_before_errors():
    barrier = threading.Barrier(2)

    def item(i):
        if barrier.wait(timeout=20) >= 0 and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        raise ValueError

    with pytest.raises(KeyboardInterrupt):
        team(2).run(item, range(2))


@pytest.mark.parametrize("depth", [1, 2])
def test_a_long_item_of_another_thread_ends_as_well(depth):
    """Also one of a work that an item has started."""
    barrier, seen = threading.Barrier(2), []

    def endless(_):
        for i in until_interrupted(range(100_000)):
            seen.append(i)
            time.sleep(0.001)

    def item(i):
        barrier.wait(timeout=20)
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        if depth == 2:
            team(1).run(endless, range(3))
        endless(i)

    with pytest.raises(KeyboardInterrupt):
        team(2).run(item, range(2))
    assert len(seen) < 10_000
    assert list(until_interrupted("ab")) == ["a", "b"] and team(2).run(str, range(2)) == ["0", "1"]


def test_sigterm_is_noted_as_ctrl_c_where_a_program_asks_for_it(ctrl_c):
    before = signal.getsignal(signal.SIGTERM)
    assert before is signal.SIG_DFL
    with interrupts_between_steps():
        assert signal.getsignal(signal.SIGTERM) is before  # a library leaves it alone
    with sigterm_as_ctrl_c():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt), interrupts_between_steps() as noted:
            signal.raise_signal(signal.SIGTERM)
            assert noted()
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGTERM) is signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_is_left_alone_where_the_program_handles_it_and_on_other_threads():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with sigterm_as_ctrl_c():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    seen = []

    def on_another_thread():
        with sigterm_as_ctrl_c():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=on_another_thread)
    thread.start()
    thread.join()
    assert seen == [before]
