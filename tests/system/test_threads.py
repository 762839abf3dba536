"""Claim: results come in the order of the items, and the number of threads changes no bit."""

import os
import signal
import threading
import time
import weakref
from contextlib import nullcontext

import numpy as np
import pytest
import threadpoolctl
from problems import compiled, random_dataset, random_model, small_pieces, take_step

from nnlite import SGD, Adam, AdaGrad, Trainer, evaluate, linear_bce
from nnlite.network import label_layer
from nnlite.network.label_step import StepSettings
from nnlite.system import sizes
from nnlite.system.ahead import ahead
from nnlite.system.interrupts import interrupts_between_steps
from nnlite.system.blas import one_blas_thread
from nnlite.system.spinning import awake
from nnlite.system.threads import team, usable_cores


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_results_come_in_the_order_of_the_items(threads):
    """Later items finish first."""
    def job(i):
        time.sleep(0.002 * (6 - i))
        return i

    assert team(threads).run(job, range(6)) == list(range(6))
    assert team(threads).run(job, []) == []


def test_helpers_take_part():
    barrier = threading.Barrier(3)  # three jobs that wait for each other need three threads
    assert team(3).run(lambda i: barrier.wait(timeout=20) >= 0, range(3)) == [True] * 3


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_an_item_can_wait_for_those_before_it(threads):
    """The last ones find what the first five have left, however late these are."""
    done, workers = [], team(threads)

    def job(i):
        if i < 5:
            time.sleep(0.002 * (5 - i))
            done.append(i)
            return i
        workers.wait_for_first(5)
        return sorted(done)

    for waiting in nullcontext(), awake(workers):
        done.clear()
        with waiting:
            assert workers.run(job, range(8)) == [*range(5), *[[*range(5)]] * 3]


@pytest.mark.parametrize("failing", [0, 1])
@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_an_item_that_waits_for_one_that_fails_ends(error, failing):
    late, workers = [], team(3)

    def job(i):
        if i == failing:
            time.sleep(0.01)
            raise error(i)
        if i > 1:
            workers.wait_for_first(2)
            late.append(i)

    with pytest.raises(error):
        workers.run(job, range(4))
    assert not late and workers.run(str, range(4)) == ["0", "1", "2", "3"]


def used_by_two_threads():
    """A weak reference to an array that both threads of a team have used."""
    barrier, array = threading.Barrier(2), np.zeros(2)
    team(2).run(lambda i: barrier.wait(timeout=20) + array[i], range(2))
    return weakref.ref(array)


@pytest.mark.parametrize("waiting", [nullcontext, lambda: awake(team(2))], ids=["asleep", "awake"])
def test_threads_that_wait_for_work_keep_nothing_of_the_last_one(waiting):
    with waiting():
        array, until = used_by_two_threads(), time.monotonic() + 10
        while array() is not None and time.monotonic() < until:  # a helper may just be leaving
            time.sleep(0.001)
        assert array() is None


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_error_in_order_is_raised_and_no_item_begins_after_it(threads):
    """Item 2 fails last."""
    seen = []

    def job(i):
        seen.append(i)
        if i == 2:
            time.sleep(0.02)
        if i in (2, 3):
            raise ValueError(f"item {i}")
        time.sleep(0.005)

    with pytest.raises(ValueError, match="item 2"):
        team(threads).run(job, range(100))
    assert set(range(3)) <= set(seen) and len(seen) < 100
    assert team(threads).run(str, [1]) == ["1"]  # the team is as good as new


def test_jobs_may_start_jobs():
    assert team(2).run(lambda i: sum(team(2).run(lambda j: i * j, range(5))), range(5)) == [0, 10, 20, 30, 40]


def test_thread_counts_are_checked():
    with pytest.raises(ValueError, match="threads: want at least 1, got 0"):
        team(0)


def blas_threads():
    """Of NumPy's library. SciPy's own, loaded by some tests, is not used by nnlite."""
    return {library["num_threads"] for library in threadpoolctl.threadpool_info()
            if library["user_api"] == "blas" and "numpy" in library["filepath"]}


def test_blas_is_held_at_one_thread_until_the_last_holder_leaves():
    before = blas_threads()
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    assert blas_threads() == {1}
    first.__exit__(None, None, None)
    assert blas_threads() == {1}
    second.__exit__(None, None, None)
    assert blas_threads() == before


def trained(threads, optimizer, order):
    data = random_dataset(n_rows=61, n_words=40, n_labels=50)
    model = random_model(data, activation="relu")
    trainer = Trainer(model, optimizer, batch_rows=30, epochs=3, order=order, threads=threads)
    history = trainer.fit(data)
    return history.loss, model.params, evaluate(model, data, threads=threads)


@pytest.mark.parametrize("order", ["shuffled", "chunks"])
@pytest.mark.parametrize("make", [lambda: SGD(0.5), lambda: AdaGrad(0.1), lambda: Adam(0.01)])
def test_training_gives_the_same_bits_for_any_number_of_threads(make, order, monkeypatch):
    small_pieces(monkeypatch, by_blocks=order == "chunks")
    want_losses, want, want_scores = trained(1, make(), order)
    for threads in 2, 3, 8:
        losses, params, scores = trained(threads, make(), order)
        assert losses == want_losses and scores == want_scores
        for name in want:
            assert np.array_equal(params[name], want[name]), name  # equal, not close


@compiled
@pytest.mark.parametrize("by_blocks", [False, True])
def test_blocks_of_real_size_give_the_same_bits_for_any_number_of_threads(by_blocks, monkeypatch):
    """2,500 rows are two blocks, 1,100 labels three tiles; BLAS would split products of this size over threads."""
    if not by_blocks:
        monkeypatch.setattr(sizes, "SHARES_PER_ROW", 0)
    data = random_dataset(n_rows=2_500, n_words=60, n_labels=1_100)
    results = []
    for threads in 1, 2, 3, 8:
        model = random_model(data)
        Trainer(model, SGD(1.0), batch_rows=2_500, epochs=2, order="chunks", threads=threads).fit(data)
        results.append(b"".join(p.tobytes() for p in model.params.values()))
    assert len(set(results)) == 1


@compiled
def test_linear_bce_gives_the_same_bits_for_any_number_of_threads():
    rng = np.random.default_rng(0)
    data = random_dataset(n_rows=1_500, n_labels=700)
    h, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((1_500, 24), (700, 24)))
    b = np.zeros(700, np.float32)
    want = linear_bce(h, w, b, data.y, threads=1)
    for threads in 2, 3, 8:
        for got, expected in zip(linear_bce(h, w, b, data.y, threads=threads), want):
            assert np.array_equal(got, expected)


class Recorder:
    """A team that works alone and notes how the work was cut."""

    def __init__(self, threads):
        self.threads, self.pieces = threads, []

    def run(self, function, items):
        self.pieces.append(repr(items))
        return [function(item) for item in items]

    def call(self, jobs):
        self.pieces.append(len({*map(id, jobs)}))  # of the same job there is one for each thread
        return [job() for job in jobs]


def test_pieces_are_cut_by_sizes_alone(monkeypatch):
    small_pieces(monkeypatch)
    data, cuts = random_dataset(), []
    for threads in 1, 3:
        optimizer, recorder = SGD(0.5), Recorder(threads)
        model = random_model(data)
        optimizer.start(model.params)
        optimizer.next_step()
        take_step(model, data, StepSettings(1.0), optimizer, recorder)
        cuts.append(recorder.pieces)
    assert cuts[0] == cuts[1] and len(cuts[0]) >= 4


def test_pieces_are_the_same_on_any_machine(monkeypatch):
    cuts = []
    for cores in 1, 7:
        monkeypatch.setattr("nnlite.system.threads.usable_cores", lambda: cores)
        assert team().threads == cores
        cuts.append([label_layer.LabelLayer(np.zeros((n, 8), np.float32), np.zeros(n, np.float32)).pieces(rows)
                     for n in (500, 1_000, 5_000) for rows in (64, 512, 5_000)])
        cuts[-1] += [sizes.row_blocks(rows, flops) for rows in (64, 512, 5_000) for flops in (1e3, 1e6)]
    assert cuts[0] == cuts[1]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="not every system binds a process to cores")
def test_cores_that_this_process_may_not_use_do_not_count():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert usable_cores() == len(before)


def test_helpers_do_not_keep_the_program_alive_and_a_team_is_started_once(monkeypatch):
    monkeypatch.setattr("nnlite.system.threads.usable_cores", lambda: 3)
    assert team(3) is team(3) is team() and team(3).threads == 3
    team(3).run(str, range(3))
    helpers = [thread for thread in threading.enumerate() if thread.name == "nnlite"]
    assert len(helpers) >= 2 and all(thread.daemon for thread in helpers)


def test_reading_ahead_of_nothing_ends_and_an_error_comes_in_its_turn():
    assert list(ahead([])) == []
    results = ahead([lambda: 1, lambda: 1 // 0, lambda: 3])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_blas_has_its_threads_again_after_an_error():
    before = blas_threads()
    with pytest.raises(KeyError), one_blas_thread():
        assert blas_threads() == {1}
        raise KeyError
    assert blas_threads() == before


@pytest.mark.parametrize("count, cores", [(5, 5), (None, 1)])
def test_cores_where_a_process_cannot_be_bound_to_some(monkeypatch, count, cores):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert usable_cores() == cores


def test_the_first_ctrl_c_is_noted_and_the_second_raised(ctrl_c):
    with pytest.raises(KeyboardInterrupt), interrupts_between_steps() as noted:
        assert not noted()
        signal.raise_signal(signal.SIGINT)
        assert noted() and noted()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with interrupts_between_steps() as noted:
        assert not noted()
        with interrupts_between_steps() as inner:  # which leaves the first one in charge
            signal.raise_signal(signal.SIGINT)
            assert noted() and not inner()


def test_a_handler_of_the_program_and_other_threads_are_left_alone(ctrl_c):
    def on_another_thread():
        with interrupts_between_steps() as noted:
            return noted(), signal.getsignal(signal.SIGINT)

    assert list(ahead([on_another_thread])) == [(False, signal.default_int_handler)]
    signal.signal(signal.SIGINT, came := lambda *_: None)
    with interrupts_between_steps() as noted:
        signal.raise_signal(signal.SIGINT)
        assert not noted() and signal.getsignal(signal.SIGINT) is came
    assert signal.getsignal(signal.SIGINT) is came
