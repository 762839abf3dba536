"""Claim: the web service of examples/serve.py answers what the classifier predicts, refuses what is no list of titles,
and passes to a new model while it is asked."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from problems import compiled
from shops import SMALL, shop

from nnlite import TitleClassifier

pytest.importorskip("fastapi", reason="the web service takes the extra `serve`")
pytest.importorskip("uvicorn", reason="the web service takes the extra `serve`")
EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = {"Women": "</script>", "Dresses": '"', "Men": "\u202e\0\n", "Shoes": "👗" * 50, "Bags": "Bags"}
TITLES = ["blue dress 1", "red 鞋子 2", "", "👗 \0", "</script> dress", "حقيبة", "no known word"]
SECONDS = 60  # that the machine may be busy with others


def trained(**settings):
    titles, categories = shop()
    hostile = [[NAMES[name] for name in names] for names in categories]
    return TitleClassifier(**SMALL | settings).fit(titles, hostile)


class Service:
    """The example in two processes, and the standard error of both in a file."""

    def __init__(self, model, log):
        self.model, self.log = model, log
        words = "-m", "uvicorn", "--app-dir", EXAMPLES, "--workers", "2", "--port", "0", "serve:app", \
            "--timeout-worker-healthcheck", str(SECONDS)
        path = os.pathsep.join([str(EXAMPLES.parent), *sys.path])
        with open(log, "wb") as file:
            self.process = subprocess.Popen([sys.executable, *words], stdout=file, stderr=file,
                                            env=os.environ | {"NNLITE_MODEL": str(model), "PYTHONPATH": path})
        self.url = self.waited(lambda: re.search(r"running on (http://[\d.:]+)", log.read_text()))[1] + "/predict"
        self.waited(self.answers)

    def waited(self, found):
        """The first true result of found()."""
        for _ in range(20 * SECONDS):
            if result := found():
                return result
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def answers(self):
        """Whether a process takes requests yet."""
        try:
            return self.ask([])
        except urllib.error.URLError:
            return None

    def ask(self, body):
        """The status and the answer for a body of bytes, or for a list of titles."""
        body = body if isinstance(body, bytes) else json.dumps({"titles": body}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    if not hasattr(signal, "SIGHUP"):
        pytest.skip("uvicorn takes a new model at SIGHUP, which this system lacks")
    folder = tmp_path_factory.mktemp("service")
    trained().save(folder / "shop")
    service = Service(folder / "shop", folder / "log")
    yield service
    service.process.terminate()
    try:
        assert service.process.wait(SECONDS) in (0, -signal.SIGTERM)
    finally:
        service.process.kill()


def answer_of(classifier, titles):
    """What the service answers with this classifier."""
    categories = [[{"name": name, "probability": p} for name, p in pairs] for pairs in classifier.predict_above(titles)]
    return 200, {"categories": categories, "unknown_share": classifier.unknown_share(titles)}


@compiled
def test_the_service_predicts_and_passes_to_a_new_model_while_it_is_asked(service):
    old, new = TitleClassifier.load(service.model), trained(seed=1)
    before, after = answer_of(old, TITLES), answer_of(new, TITLES)
    assert before != after and service.ask([]) == (200, {"categories": [], "unknown_share": 0})
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(service.ask, [TITLES] * 40)) == [before] * 40
        assert list(threads.map(service.ask, [[title] for title in TITLES])) == [
            answer_of(old, [title]) for title in TITLES]
        new.save(service.model)
        assert list(threads.map(service.ask, [TITLES] * 40)) == [before] * 40  # what is mapped stays
        service.process.send_signal(signal.SIGHUP)
        service.waited(lambda: service.log.read_text().count("Finished server process") == 2)
        assert list(threads.map(service.ask, [TITLES] * 40)) == [after] * 40


@compiled
@pytest.mark.parametrize("body", [
    b"", b"{", b"\xff", b"\xff\xfe", b"[" * 100_000, b"{}", b'{"titles": "blue dress"}', b'{"titles": [null]}',
    b'{"titles": [NaN]}', b'{"titles": NaN}', b'{"titles": [1]}', b'{"titles": ["\\ud800"]}',
    b'{"titles": [' + b"9" * 5000 + b"]}", ["x" * 2_001], ["x"] * 1_001,
], ids=lambda body: repr(body)[:24])
def test_what_is_no_list_of_titles_is_refused_and_not_repeated(service, body):
    status, answer = service.ask(body)
    assert status in (400, 422) and len(json.dumps(answer)) < 300


@compiled
def test_the_largest_question_is_answered(service):
    status, answer = service.ask(["x" * 2_000] * 1_000)
    assert status == 200 and answer == {"categories": [[]] * 1_000, "unknown_share": 1}
