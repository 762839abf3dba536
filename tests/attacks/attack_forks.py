"""Attacks by os.fork, as web servers use it: the threads of a process do not exist in its children."""

import os
import signal
import threading
import time
import warnings
from functools import lru_cache, partial

import attack
import numpy as np
from attack import Attack, Skip

import nnlite
from nnlite.system.threads import team

CHILD_SECONDS = 20  # after which a child is taken to hang
RIGHT, WRONG = 0, 3  # exit codes of a child


@lru_cache
def classifier():
    titles, categories = zip(*nnlite.make_catalogue(200))
    one = nnlite.TitleClassifier(epochs=1, hidden=(16,), min_count=3, threads=2).fit(titles, categories)
    return one, titles, one.predict(titles)


def in_child(function):
    """Call the function in a child; AssertionError unless it returns something true in time."""
    if not hasattr(os, "fork"):
        raise Skip("no os.fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks beside threads
        child = os.fork()
    if not child:
        code = WRONG
        try:
            signal.alarm(CHILD_SECONDS)
            code = RIGHT if function() else WRONG
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert not os.WIFSIGNALED(status), f"the child was ended by signal {os.WTERMSIG(status)} (14: it hung)"
    assert os.WEXITSTATUS(status) == RIGHT, "a wrong answer or an error in the child"


def right():
    one, titles, want = classifier()
    return one.predict(titles) == want


def after_use(case):
    """A server predicts once, to load everything, and forks its workers."""
    assert right()
    for _ in case.rounds(3):
        in_child(right)
    assert right()


def while_others_predict(case):
    """Fork while threads predict: whatever locks they hold are held in the child for ever."""
    assert right()
    stopped = threading.Event()

    def predict():
        while not stopped.is_set():
            right()

    threads = [threading.Thread(target=predict) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in case.rounds(12):
            in_child(right)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def again_and_again(case):
    """A child of a child of a child."""
    def descend(depth):
        if depth:
            in_child(partial(descend, depth - 1))
        return right()

    in_child(partial(descend, 3))


def leak(case):
    """Work that nobody takes must not pile up in a worker."""
    assert right()

    def work():
        one, titles, _ = classifier()
        for _ in range(200):
            one.predict_top_k(titles[:3])
        return team(2).inbox.qsize() < 20

    in_child(work)


def threads_in_child(case):
    """The workers of a server may have threads of their own."""
    def work():
        found = []
        threads = [threading.Thread(target=lambda: found.append(right())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found == [True] * 4

    in_child(work)


def during_training(case):
    """Fork from on_step: the child trains a model of its own, and the parent's training is as if nothing happened."""
    titles, categories = zip(*nnlite.make_catalogue(200))

    def train(on_step=None):
        one = nnlite.TitleClassifier(epochs=1, hidden=(16,), min_count=3, threads=2)
        one.fit(titles, categories, None, on_step)
        return one.model_.params["labels.W"]

    want = train()

    def child_trains(step):
        if step.step == 1:
            in_child(lambda: np.array_equal(train(), want))

    assert np.array_equal(train(child_trains), want), "other parameters with a fork in between"


def save_in_child(case):
    """Parent and child save to one folder at the same time."""
    one, titles, want = classifier()
    one.save(case.folder / "m")

    def save():
        for _ in range(3):
            one.save(case.folder / "m")
        return True

    saving = threading.Thread(target=save)
    saving.start()
    in_child(save)
    saving.join()
    assert nnlite.TitleClassifier.load(case.folder / "m").predict(titles) == want
    assert os.listdir(case.folder) == ["m"], f"left behind: {os.listdir(case.folder)}"


def while_chunks_are_read(case):
    """Fork while a thread reads the next chunk ahead: the child reads its own."""
    records = list(nnlite.make_catalogue(200))
    chunks = nnlite.write_chunks(case.folder / "c", records, nnlite.Vocabulary.build(records, 3), chunk_rows=50)
    want = [data.crc32() for data in chunks]
    for data in chunks:
        in_child(lambda: [data.crc32() for data in chunks] == want)


def imported_in_both(case):
    """A child that is the first to compute anything, in a process with many threads."""
    stopped = threading.Event()
    threads = [threading.Thread(target=lambda: stopped.wait(30)) for _ in range(20)]
    for thread in threads:
        thread.start()
    in_child(right)
    stopped.set()
    time.sleep(0)


ATTACKS = {
    "a worker computes first": Attack(imported_in_both, ()),
    "workers of a server that has predicted": Attack(after_use, ()),
    "fork while threads predict": Attack(while_others_predict, ()),
    "a child's child": Attack(again_and_again, ()),
    "work piles up": Attack(leak, ()),
    "threads in a worker": Attack(threads_in_child, ()),
    "fork during a training": Attack(during_training, ()),
    "parent and child save": Attack(save_in_child, (ValueError, OSError)),
    "fork while chunks are read": Attack(while_chunks_are_read, ()),
}

if __name__ == "__main__":
    attack.main(ATTACKS)
