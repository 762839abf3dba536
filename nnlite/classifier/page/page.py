"""A trained model as one HTML file that a person opens by double click: it predicts offline, in any modern browser.

Its style and its script are the files beside this module, readable as they are, and the activation's formula. A policy
in the page allows them, by their digests, and nothing else: no other script, no connection, so that no title leaves the
page. Titles and categories get into the document only as text. What the page carries of the model: `contents`.
"""

import base64
import hashlib
import logging
import re
from importlib import resources

from nnlite.classifier.page.fitting import Carried, carried
from nnlite.data.vocabulary import Vocabulary
from nnlite.mlp import MLP
from nnlite.network.layers import ACTIVATIONS
from nnlite.system.atomic_file import Place, replacing
from nnlite.system.ranges import instance, number

PAGE, STYLE = "page.html", "page.css"
SCRIPTS = "tokens.js", "network.js", "elements.js", "sheet.js", "titles.js", "view.js"
POLICY = ("default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'sha256-{script}'; "
          "style-src 'sha256-{style}'; require-trusted-types-for 'script'; trusted-types 'none'")
MB, MOST = 1_000_000, 1e9  # bytes; megabytes

_log = logging.getLogger("nnlite")


def write_page(path: Place, vocabulary: Vocabulary, model: MLP, threshold: float, example: str,
               megabytes: float) -> None:
    """Write the page of a model, in at most so many megabytes (10^6 bytes), and say what it carries.

    threshold: the probability above which a category is named    example: a title to begin with
    TypeError or ValueError for something else, or if the categories and one word take more; raises as
    `atomic_file.replacing`.
    """
    most = int(MB * number("to_page: megabytes", megabytes, 0, MOST))
    instance("to_page: example", example, str)
    texts = {name: resources.files(__package__).joinpath(name).read_text("utf-8") for name in (PAGE, STYLE, *SCRIPTS)}
    style = "\n" + texts[STYLE]
    script = "\n" + "\n".join([activation_script(model.activation), *(texts[name] for name in SCRIPTS)])
    policy = POLICY.format(script=_digest(script), style=_digest(style))

    def html(text: str) -> bytes:
        return texts[PAGE].format(policy=policy, style=style, script=script, model=text).encode()

    beside = len(html(""))
    more = {"threshold": float(threshold), "example": example, "bytes_beside": beside}
    found = carried(vocabulary, model, more, most, beside)
    whole = html(found.text)
    with replacing(path) as file:
        file.write(whole)
    _log.info("%s", f"{path}: {len(whole) / MB:.2f} MB, {sentence(found)}")


def activation_script(name: str) -> str:
    """JavaScript: the formula of an activation as FORMULA, to be shown, and as `activation`, a function of z."""
    formula = ACTIVATIONS[name][-1]
    called = re.sub(r"(\w+)\(", r"Math.\1(", formula)
    return f'const FORMULA = "{formula}";\nconst activation = z => {called};\n'


def sentence(found: Carried) -> str:
    """What a page has of its model."""
    words = f"{found.n_words:,} of {found.of_words:,} words" if found.n_words < found.of_words else "all words"
    if found.as_it_is:
        return f"{words}, all numbers as they are"
    *some, last = [str(b) for b in found.bits if b]
    bits = f"{', '.join(some)} or {last}" if some else last
    return f"{words}, each number of which is rounded to {bits} bits; --mb N, or megabytes=N, allows a larger page"


def _digest(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
