"""A page of `nnlite page` in headless Chromium, and in Python the same model with the numbers that the page carries.

The page is driven by Playwright (`pip install playwright`) and any Chromium that is installed.
"""

import base64
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from nnlite import MLP, TitleClassifier, Vocabulary
from nnlite.classifier.small_rows import expanded, unpacked, width

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TOP = "titles => titles.map(title => view.network.top(view.network.forward(title).logits, 5))"


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A page of Chromium that shows a file, when it is ready. ImportError without Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        try:
            yield shown(browser, path)
        finally:
            browser.close()


def shown(browser: Any, path: Path, fragment: str = "", **options: Any) -> Any:
    """A new tab of the browser with a file. Its attributes errors and asked list messages, and addresses asked for."""
    page = browser.new_context(**options).new_page()
    page.errors, page.asked = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(path.as_uri() + fragment)
    page.wait_for_function("() => view")
    return page


def ask(page: Any, function: str, given: Any) -> Any:
    """What a function of JavaScript returns; both ways as JSON, which keeps lone surrogates."""
    return json.loads(page.evaluate(f"text => JSON.stringify(({function})(JSON.parse(text)))", json.dumps(given)))


def model_text(path: Path) -> str:
    """The packed model in a page."""
    found = re.search('<script id="model" [^>]*>([^<]*)</script>', path.read_text(encoding="utf-8"))
    return found[1] if found else ""


def carried_by(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The JSON and the arrays that a page carries."""
    content = zlib.decompress(base64.b64decode(model_text(path)), -zlib.MAX_WBITS)
    at = 4 + int.from_bytes(content[:4], "little")
    about, arrays = json.loads(content[4:at]), {}
    for name, dtype, length in about["arrays"]:
        arrays[name] = np.frombuffer(content, dtype, length, at).copy()  # which begins where its type wants
        at += arrays[name].nbytes
    return about, arrays


def matrix(shape: tuple[int, int], codes: np.ndarray, scales: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """The matrix of float32 of codes, scales and bits, row by row."""
    w, at = np.zeros(shape, np.float32), 0
    for i, b in enumerate(bits.tolist()):
        row = codes[at:at + (4 * shape[1] if b == 32 else width(shape[1], b))]
        if b == 32:
            w[i] = row.view(np.float32)
        elif b:
            w[i] = expanded(unpacked(row[None], shape[1], b), scales[i:i + 1], b)[0]
        at += row.size
    return w


def as_carried(classifier: TitleClassifier, path: Path) -> TitleClassifier:
    """The classifier with the words and the numbers of its page."""
    about, arrays = carried_by(path)
    before, other = classifier.vocabulary_, copy(classifier)
    params = {}
    for name, shape in about["layers"]:
        params[f"{name}.W"] = matrix(shape, *(arrays[f"{name}.{part}"] for part in ("codes", "scales", "bits")))
        params[f"{name}.b"] = arrays[f"{name}.b"]
    if not before.hash_size:
        counts = dict(zip(before.words, before.word_counts.tolist()))
        labels = dict(zip(before.labels, before.label_counts.tolist()))
        other.vocabulary_ = Vocabulary({word: counts[word] for word in about["words"]}, labels, before.n_records,
                                       **before.settings)
        if other.vocabulary_.words != about["words"] or before.labels != about["labels"]:
            raise ValueError(f"{path}: want the words of the model in their order, got others")
    other.model_ = MLP.from_params(params, about["activation"], about["output"])
    return other
