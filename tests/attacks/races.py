"""Jobs of several threads at a time, and what they share: a small shop, its Dataset, a model of that size."""

import threading
import time
from functools import lru_cache

import nnlite
from nnlite.kernels import compile as compiled

ERRORS = ValueError, OSError, RuntimeError
SHORT = 0.15  # seconds of a race that was not asked to last longer

assert compiled  # the kernels are imported before any thread is started


@lru_cache
def shop():
    return tuple(zip(*nnlite.make_catalogue(200)))


class Race:
    """Jobs that threads repeat until the time is over; documented errors are counted, others end the race."""

    def __init__(self, case, *jobs, errors=ERRORS):
        self.end = time.monotonic() + max(case.seconds, SHORT)
        self.errors, self.failed, self.done, self.refused = errors, [], 0, 0
        threads = [threading.Thread(target=self._repeat, args=[job]) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failed:
            raise self.failed[0]

    def _repeat(self, job):
        try:
            while True:
                try:
                    job()
                    self.done += 1
                except self.errors as error:
                    assert "\n" not in str(error), f"a message of several lines: {error}"
                    self.refused += 1
                if time.monotonic() >= self.end or self.failed:
                    return
        except BaseException as error:
            self.failed.append(error)


class Once:
    """A job that each thread does only once in a race."""

    def __init__(self, job):
        self.job, self.done = job, threading.local()

    def __call__(self):
        if not hasattr(self.done, "yes"):
            self.done.yes = True
            self.job()
        time.sleep(0.01)


@lru_cache
def small_data():
    records = [nnlite.Record(*pair) for pair in zip(*shop())]
    return nnlite.Vocabulary.build(records, 3).encode(records)


def small_model(data):
    return nnlite.MLP(data.n_words, data.n_labels, hidden=(16,), activation="relu")
