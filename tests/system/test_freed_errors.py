"""Claim: no error refers to itself, so that the memory of a call that fails is free when its error has been handled.

Otherwise it is free when the garbage collector comes, and until then `one_blas_thread` may last, too.
"""

import gc
import gzip
import signal
import threading
import time
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from problems import random_dataset, random_model
from shops import shop

from nnlite import TitleClassifier, read_records
from nnlite.system import array_folder
from nnlite.system.ahead import ahead
from nnlite.system.blas import blas_libraries, one_blas_thread
from nnlite.system.threads import Asleep, Team, team
from nnlite.training import checkpoint_parts, checkpoints


def errors_in_cycles(function, *arguments):
    """The errors that are garbage after a call that fails, or that handles them itself."""
    gc.freeze()  # what is garbage already
    gc.disable()
    with suppress(Exception, KeyboardInterrupt):
        function(*arguments)
    try:
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        return [one for one in gc.garbage if issubclass(type(one), BaseException)]  # isinstance would follow proxies
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def fails(error, *_):
    raise error


def of_itself():
    error = ValueError()
    raise error


def test_this_notices_an_error_that_refers_to_itself():
    assert len(errors_in_cycles(of_itself)) == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("threads", [1, 3])
def test_of_items(threads, error):
    workers = team(threads)

    def call():
        with suppress(error):
            workers.run(partial(fails, error), range(20))
        workers.run(time.sleep, [0.02] * 3)  # after it no helper holds the work before

    assert not errors_in_cycles(call)


def test_of_several_items_at_once():
    barrier = threading.Barrier(2)

    def item(i):
        barrier.wait(timeout=20)
        raise ValueError

    assert not errors_in_cycles(Team(2).run, item, range(2))


def test_of_an_item_when_ctrl_c_comes_while_its_end_is_waited_for():
    workers, barrier = Team(2), threading.Barrier(2)

    class Interrupted(Asleep):
        def until(self, *_):
            workers.waiting = Asleep()
            raise KeyboardInterrupt

    def item(i):
        barrier.wait(timeout=20)
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.1)  # the other thread waits by then
            raise ValueError

    def call():
        with pytest.raises(KeyboardInterrupt):
            workers.run(item, range(2))
        workers.run(time.sleep, [0.02] * 2)

    workers.run(time.sleep, [0.02] * 2)
    workers.waiting = Interrupted()
    assert not errors_in_cycles(call)


def test_of_a_result_that_is_made_ahead():
    assert not errors_in_cycles(lambda: list(ahead([lambda: 1, partial(fails, ValueError)])))


def test_of_a_folder_of_arrays(tmp_path):
    array_folder.write(tmp_path / "a", "thing", {}, {"x": np.zeros(3, np.float32)})
    assert not errors_in_cycles(array_folder.read, tmp_path / "a", "thing", partial(fails, ValueError))


def test_of_a_damaged_file(tmp_path):
    whole, read = gzip.compress(b'{"title": "red shoes", "category": "Shoes"}\n' * 99), []
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-9])
    assert not errors_in_cycles(lambda: read.extend(read_records(tmp_path / "cut.jsonl.gz")))
    assert len(read) == 99


@pytest.mark.usefixtures("ctrl_c")
def test_of_an_interrupted_fit():
    titles, categories = map(list, shop(60))
    classifier = TitleClassifier(epochs=2, hidden=(8,), batch_rows=16)
    assert not errors_in_cycles(partial(classifier.fit, titles, categories, on_step=lambda step: step.step == 2
                                        and signal.raise_signal(signal.SIGINT)))
    assert classifier.training_["steps"] == 2


def test_of_a_checkpoint_that_cannot_be_written(tmp_path, monkeypatch):
    model = random_model(random_dataset())
    parts = checkpoint_parts.CheckpointParts(tmp_path, model)
    monkeypatch.setattr(checkpoints, "save", partial(fails, OSError))
    assert not errors_in_cycles(parts.save, 1, {}, {}, {})


def test_an_interrupt_within_an_item_leaves_no_blas_thread():
    """Where Ctrl-C comes just before `one_blas_thread` ends, its end is that of the error."""
    before = [library.num_threads for library in blas_libraries().lib_controllers]

    def item(i):
        within = one_blas_thread()
        within.__enter__()
        raise KeyboardInterrupt

    assert not errors_in_cycles(team(1).run, item, range(3))
    assert [library.num_threads for library in blas_libraries().lib_controllers] == before
