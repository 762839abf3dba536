"""Attacks by Ctrl-C at any moment: it must be heard, and what was half done must not be wrong afterwards."""

import _thread
import signal
import threading
import time
from functools import lru_cache, partial

import attack
import numpy as np
import scipy.sparse as sp
from attack import Attack

import nnlite

HEARD_SECONDS = 20  # within which Ctrl-C must end what runs


@lru_cache
def shop():
    return tuple(zip(*nnlite.make_catalogue(500)))


@lru_cache
def classifier():
    return nnlite.TitleClassifier(epochs=1, hidden=(16,), min_count=3).fit(*shop())


def interrupted(work, after):
    """Press Ctrl-C so many seconds after the work has begun. Returns whether it was stopped by that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pressed = []

    def press():
        pressed.append(time.monotonic())
        _thread.interrupt_main()

    timer = threading.Timer(after, press)
    try:
        timer.start()
        work()
        timer.join()
        time.sleep(0.001)  # here at the latest the interrupt arrives
        return False
    except KeyboardInterrupt:
        assert time.monotonic() - pressed[0] < HEARD_SECONDS, "Ctrl-C was not heard"
        return True
    finally:
        timer.join()


def large_prediction(case):
    """Half a minute of work, interrupted at once; the next prediction is right."""
    rng = np.random.default_rng(0)
    n, per_row = 100_000, 5
    arrays = np.ones(n * per_row, np.float32), rng.integers(0, 500, n * per_row), np.arange(0, n * per_row + 1, per_row)
    x = sp.csr_array(arrays, shape=(n, 500))
    x.sum_duplicates()
    model = nnlite.MLP(500, 20_000, hidden=(64,), activation="relu")
    want = model.top_k(x[:50], 3)
    assert interrupted(lambda: model.top_k(x, 3), 0.3), "finished before it could be interrupted"
    for found, wanted in zip(model.top_k(x[:50], 3), want):
        assert np.array_equal(found, wanted), "another answer after an interrupt"


def repeatedly(work, right, case):
    """Interrupt at random moments of the work; afterwards all is right."""
    rng = np.random.default_rng(0)
    work(case.folder)
    start = time.monotonic()
    work(case.folder)
    usual = time.monotonic() - start
    for _ in case.rounds(12):
        try:
            interrupted(partial(work, case.folder), rng.random() * usual)
        except KeyboardInterrupt:  # between two lines of `interrupted`
            pass
        right(case.folder)


def predict(folder):
    for _ in range(5):
        classifier().predict_top_k(shop()[0], 3)


def predictions_are_right(folder):
    assert classifier().predict_top_k(shop()[0], 3) == predictions(), "other predictions after an interrupt"


@lru_cache
def predictions():
    return classifier().predict_top_k(shop()[0], 3)


def save(folder):
    classifier().save(folder / "m")


def saved(folder):
    found = nnlite.TitleClassifier.load(folder / "m")
    assert found.predict_top_k(shop()[0], 3) == predictions(), "another model after an interrupt"
    found.save(folder / "m")
    left = [path for path in folder.iterdir() if path.name != "m" and any(f.stat().st_size for f in path.iterdir())]
    assert not left, f"left behind: {left}"


def load(folder):
    if not (folder / "m").exists():
        save(folder)
    nnlite.TitleClassifier.load(folder / "m")


def encode(folder):
    records = [nnlite.Record(*pair) for pair in zip(*shop())]
    vocabulary = nnlite.Vocabulary.build(records, 3)
    nnlite.write_chunks(folder / "c", records, vocabulary, chunk_rows=100)


def encoded(folder):
    """The same call finishes what was interrupted."""
    encode(folder)
    records = [nnlite.Record(*pair) for pair in zip(*shop())]
    chunks = nnlite.write_chunks(folder / "c", records, nnlite.Vocabulary.build(records, 3), chunk_rows=100)
    assert sum(map(len, chunks)) == len(records), "records lost after an interrupt"


def train(folder):
    """The parameters of a small training with checkpoints."""
    records = [nnlite.Record(*pair) for pair in zip(*shop())]
    data = nnlite.Vocabulary.build(records, 3).encode(records)
    model = nnlite.MLP(data.n_words, data.n_labels, hidden=(8,), activation="relu")
    nnlite.Trainer(model, nnlite.AdaGrad(0.1), epochs=2, batch_rows=64, checkpoints=folder / "s",
                   checkpoint_seconds=0).fit(data)
    return model.params["labels.W"]


@lru_cache
def trained(folder):
    return train(folder / "alone")


def resumed(folder):
    assert np.array_equal(train(folder), trained(folder)), "other parameters after an interrupt"


ATTACKS = {
    "a large prediction": Attack(large_prediction, ()),
    "small predictions": Attack(partial(repeatedly, predict, predictions_are_right), ()),
    "a model is saved": Attack(partial(repeatedly, save, saved), ()),
    "a model is loaded": Attack(partial(repeatedly, load, saved), ()),
    "chunks are written": Attack(partial(repeatedly, encode, encoded), ()),
    "a training with checkpoints": Attack(partial(repeatedly, train, resumed), ()),
}

if __name__ == "__main__":
    attack.main(ATTACKS)
