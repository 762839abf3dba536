"""Claim: one loaded classifier predicts the same bits on many threads at once, in forked workers, and after another
model has taken the place of its folder."""

import os
import shutil
import threading
from functools import cache

import pytest
from children import begin
from problems import compiled
from shops import SMALL, shop

from nnlite import TitleClassifier
from nnlite.system import open_folder

THREADS, ROUNDS = 8, 3
KINDS = {"float32": lambda one: one, "of few bits": lambda one: one.shrink(0.02)}
pytestmark = compiled


@cache
def trained(seed=0):
    return TitleClassifier(**SMALL, seed=seed).fit(*shop())


@pytest.fixture(params=KINDS)
def served(request, tmp_path, monkeypatch):
    """The folder of a model, and the classifier loaded from it: all arrays of floats are mapped. Beside it, "new"."""
    monkeypatch.setattr(open_folder, "MAP_BYTES", 0)
    KINDS[request.param](trained()).save(tmp_path / "shop")
    trained(seed=1).save(tmp_path / "new")
    return tmp_path / "shop", TitleClassifier.load(tmp_path / "shop", threads=1)


def answers(classifier):
    titles = shop()[0]
    return (classifier.predict(titles), classifier.predict_top_k(titles, 3), classifier.explain(titles[0], 2),
            [classifier.predict([title]) for title in titles[:4]], classifier.unknown_share(titles))


def all_at_once(classifier, want):
    """Whether THREADS threads that begin together get these answers, each time."""
    barrier, right = threading.Barrier(THREADS), []

    def ask():
        barrier.wait(timeout=60)
        right.extend(answers(classifier) == want for _ in range(ROUNDS))

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return right == [True] * THREADS * ROUNDS


def test_threads_at_once_get_what_one_gets(served):
    _, classifier = served
    assert all_at_once(classifier, answers(classifier))


def work(folder, expected):
    """A server that loads a model, predicts and forks two workers with threads; another model takes the place then."""
    open_folder.MAP_BYTES = 0
    classifier = TitleClassifier.load(folder, threads=2)
    assert answers(classifier) == expected
    children, (reading, replaced) = [], os.pipe()
    for _ in range(2):
        if not (child := os.fork()):
            try:
                right = all_at_once(classifier, expected)
                os.read(reading, 1)
                right &= all_at_once(classifier, expected)
                os._exit(0 if right else 3)
            finally:
                os._exit(4)
        children.append(child)
    TitleClassifier.load(folder.with_name("new")).save(folder)
    assert answers(TitleClassifier.load(folder)) != expected
    os.write(replaced, b"go")  # a byte for each
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not every system can fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_workers_of_a_preloaded_server_predict_the_same_while_the_folder_is_replaced(served):
    folder, classifier = served
    server = begin(work, folder, answers(classifier), daemon=False)
    server.join(300)
    server.kill()
    server.join()
    assert server.exitcode == 0


def test_a_classifier_answers_as_before_when_its_folder_is_replaced_or_removed(served):
    folder, classifier = served
    want = answers(classifier)
    TitleClassifier.load(folder.with_name("new")).save(folder)
    assert answers(classifier) == want != answers(TitleClassifier.load(folder))
    shutil.rmtree(folder)
    assert answers(classifier) == want
