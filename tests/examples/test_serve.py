"""Claim: the web service of examples/serve.py answers what the classifier predicts, refuses what is no list of titles,
and goes on with its model when another one takes the folder's place."""

import json
import os
import re
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
SECONDS = 120  # that the machine may be busy with others


def trained(**settings):
    titles, categories = shop()
    hostile = [[NAMES[name] for name in names] for names in categories]
    return TitleClassifier(**SMALL | settings).fit(titles, hostile)


class Service:
    """The example in a process of its own, whose output goes to a file."""

    def __init__(self, model, log):
        self.model = model
        words = "-m", "uvicorn", "--app-dir", EXAMPLES, "--port", "0", "serve:app"
        path = os.pathsep.join([str(EXAMPLES.parent), *sys.path])
        with open(log, "wb") as file:
            self.process = subprocess.Popen([sys.executable, *words], stdout=file, stderr=file,
                                            env=os.environ | {"NNLITE_MODEL": str(model), "PYTHONPATH": path})
        end = time.monotonic() + SECONDS
        while not (found := re.search(r"running on (http://[\d.:]+)", log.read_text())):
            assert self.process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        self.url = found[1] + "/predict"

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
    folder = tmp_path_factory.mktemp("service")
    trained().save(folder / "shop")
    service = Service(folder / "shop", folder / "log")
    yield service
    service.process.kill()
    service.process.wait()


def answer_of(classifier, titles):
    """What the service answers with this classifier."""
    categories = [[{"name": name, "probability": p} for name, p in pairs] for pairs in classifier.predict_above(titles)]
    return 200, {"categories": categories, "unknown_share": classifier.unknown_share(titles)}


@compiled
def test_the_service_predicts_the_same_on_many_threads_and_after_its_folder_was_replaced(service):
    classifier = TitleClassifier.load(service.model)
    want = answer_of(classifier, TITLES)
    assert service.ask([]) == (200, {"categories": [], "unknown_share": 0}) and all(want[1]["categories"][:2])
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(service.ask, [TITLES] * 40)) == [want] * 40
        assert list(threads.map(service.ask, [[title] for title in TITLES])) == [
            answer_of(classifier, [title]) for title in TITLES]
        trained(epochs=1).save(service.model)
        assert answer_of(TitleClassifier.load(service.model), TITLES) != want
        assert list(threads.map(service.ask, [TITLES] * 40)) == [want] * 40


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
