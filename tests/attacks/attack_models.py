"""Attacks by model folders whose sizes and checksums are right and whose contents are not, as a stranger may send one.

Every use of such a model must end with a documented error, or with names of its categories and probabilities in 0..1.
"""

import math
from functools import lru_cache, partial
from pathlib import Path
from tempfile import mkdtemp

import attack
import numpy as np
from attack import Attack
from handmade import write_folder

import nnlite
from nnlite.system import array_folder
from nnlite.tool.report.sections import write_report

FORMAT = array_folder.FORMATS[-1]
BIG = 2**63 - 1
ERRORS = ValueError, OSError, TypeError


@lru_cache
def made():
    """Header, arrays and texts of a small model, and the titles and categories that it has learnt."""
    titles, categories = zip(*nnlite.make_catalogue(120))
    folder = Path(mkdtemp()) / "model"
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=3, tfidf=True, threads=1)
    one.fit(titles, categories).save(folder)
    header, arrays, texts = array_folder.read(folder, "model")
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    return (header, {name: np.array(array) for name, array in arrays.items()},
            {name: list(lines) for name, lines in texts.items()}, titles, categories)


def hostile(change, case):
    """Write the model with a change, load it and use it in every way."""
    header, arrays, texts, titles, categories = made()
    header, arrays, texts = copied(header), {name: array.copy() for name, array in arrays.items()}, copied(texts)
    change(header, arrays, texts)
    write_folder(case.folder / "model", "model", FORMAT, header, arrays, texts)
    classifier = nnlite.TitleClassifier.load(case.folder / "model", threads=1)
    for use in USES:
        use(classifier, titles[:8], categories[:8], case.folder)


def copied(value):
    """A deep copy of dicts and lists."""
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    return list(map(copied, value)) if isinstance(value, list) else value


def predict(classifier, titles, categories, folder):
    names = set(classifier.classes_)
    for found in (classifier.predict_top_k(titles, 2), classifier.predict_above(titles),
                  classifier.predict_above(titles, 0.01)):
        assert len(found) == len(titles), "not one list for each title"
        for name, p in (pair for pairs in found for pair in pairs):
            assert name in names and 0 <= p <= 1, f"the category {name!r} with a probability of {p}"


def explain(classifier, titles, categories, folder):
    for found in classifier.explain(titles[0], 2):
        assert all(math.isfinite(effect.probability) for effect in found.effects), "an effect that is not a number"


def score(classifier, titles, categories, folder):
    assert 0 <= classifier.score(titles, categories) <= 1, "a score outside 0..1"


def report(classifier, titles, categories, folder):
    records = list(map(nnlite.Record, titles, categories))
    write_report(folder / "page.html", classifier, records)
    assert "\x1b" not in (folder / "page.html").read_text(encoding="utf-8"), "an escape character in the page"


def save(classifier, titles, categories, folder):
    classifier.save(folder / "again")
    again = nnlite.TitleClassifier.load(folder / "again", threads=1)
    assert again.predict_top_k(titles, 1) == classifier.predict_top_k(titles, 1), "other answers once saved and loaded"


def train(classifier, titles, categories, folder):
    try:
        classifier.partial_fit(titles, categories)
    except (FloatingPointError, MemoryError):  # documented for large parameters and large batches
        pass


USES = [predict, explain, score, report, save, train]


# ---- changes of the header; those of REFUSED can have no right answer

def header(**entries):
    return lambda h, a, t: h.update(entries)


def inside(part, **entries):
    return lambda h, a, t: h[part].update(entries)


def without(name):
    return lambda h, a, t: h.pop(name)


NAN, INFINITY = math.nan, math.inf
REFUSED = {
    **{f"threshold {value!r:.20}": header(threshold=value)
       for value in ("0.5", True, NAN, -1, 2, None, [], 10**400, INFINITY)},
    **{f"recipe {value!r:.20}": header(recipe=value) for value in (["default"], None, "x", 3, {}, "default\x1b[2J")},
    **{f"activation {value!r:.20}": header(activation=value) for value in (["relu"], None, "cubic", {}, 0)},
    **{f"output {value!r:.20}": header(output=value) for value in (["sigmoid"], None, "x", 1)},
    **{f"{name} missing": without(name) for name in ("threshold", "recipe", "activation", "output", "vocabulary",
                                                     "categories", "overrides", "training")},
    **{f"{name} a text": header(**{name: "x"}) for name in ("vocabulary", "categories", "overrides", "training")},
    **{f"vocabulary: {name} {value!r:.20}": inside("vocabulary", **{name: value}) for name, value in {
        "n_records": -1, "hash_size": 7, "ngrams": 100.5, "min_count": True, "stem": "4", "tfidf": 1,
        "word_error": 10**30, "n_dropped_words": NAN, "label_min_count": 0}.items()},
    "vocabulary: n-grams of 10^18 words": inside("vocabulary", ngrams=10**18),
    "more columns than memory": inside("vocabulary", hash_size=2**31 - 1),
    "settings of another program": header(overrides={"pickle": "x"}),
    "major names twice": inside("categories", major=["Shoes", "Shoes"]),
    "major names that are numbers": inside("categories", major=[1, 2]),
    "others a number": inside("categories", mapped=True, others=5),
}


# ---- changes of the arrays and texts

def array(name, value):
    return lambda h, a, t: a.update({name: value(a[name])})


def text(name, value):
    return lambda h, a, t: t.update({name: value(t[name])})


def filled(value):
    return lambda array: np.full_like(array, value)


PARAMS = "features.W", "features.b", "labels.W", "labels.b"
REFUSED |= {
    **{f"{name}: {kind}": array(name, value) for name in PARAMS for kind, value in {
        "64 bits": lambda a: a.astype(float), "whole numbers": lambda a: a.astype(np.int32),
        "one row less": lambda a: a[:-1], "no row": lambda a: a[:0], "another axis": lambda a: a[None],
        "a number": lambda a: a.reshape(-1)[0].reshape(())}.items()},
    **{f"{name} missing": lambda h, a, t, name=name: a.pop(name)
       for name in (*PARAMS, "word_counts", "label_counts", "word_hashes", "word_ids")},
    **{f"{name} missing": lambda h, a, t, name=name: t.pop(name) for name in ("words", "labels")},
    "one more layer": lambda h, a, t: a.update({"hidden7.W": a["labels.W"], "hidden7.b": a["labels.b"]}),
    "ids below 0": array("word_ids", lambda a: -a),
    "ids above the words": array("word_ids", lambda a: np.where(a > 0, 2**30, 0).astype(np.int32)),
    "ids without a free slot": array("word_ids", filled(1)),
    "no id": array("word_ids", filled(0)),
    "ids twice": array("word_ids", lambda a: np.minimum(a, 1).astype(np.int32)),
    "ids of 64 bits": array("word_ids", lambda a: a.astype(np.int64)),
    "a table of 3 slots": lambda h, a, t: a.update({name: a[name][:3] for name in ("word_ids", "word_hashes")}),
    "a table without a slot": lambda h, a, t: a.update({name: a[name][:0] for name in ("word_ids", "word_hashes")}),
    "hashes as a matrix": array("word_hashes", lambda a: a.reshape(2, -1)),
    "label counts below 0": array("label_counts", lambda a: -a),
    "labels twice": text("labels", lambda lines: lines[:1] * len(lines)),
    "a word less": text("words", lambda lines: lines[:-1]),
    "a label more": text("labels", lambda lines: [*lines, "one more"]),
}
ANY = {  # with these there may be an answer
    **{f"{name} {value}": array(name, filled(value)) for name in PARAMS for value in (NAN, INFINITY, -INFINITY)},
    **{f"{name} {value}": array(name, filled(value)) for name in ("label_counts", "word_counts")
       for value in (0, 2**61, 2**62, BIG)},
    "label counts whose products overflow": array(
        "label_counts", lambda a: np.where(np.arange(a.size) % 2, 2**62, 2**62 - 10**9)),
    "all hashes equal": array("word_hashes", filled(0)),
    "ids in the wrong slots": array("word_ids", lambda a: np.roll(a, 1)),
    "hashes of no word": array("word_hashes", lambda a: ~a),
    **{f"labels with {kind}": text("labels", lambda lines, hostile=hostile: [hostile + line for line in lines])
       for kind, hostile in {"line ends": "\n\r\x85\u2028", "nothing else": "", "a backslash": "\\n\\", "NUL": "\0",
                             "escape sequences": "\x1b[2J\x1b]0;owned\x07\x9b31m", "markup": "</script><script>alert()",
                             "lone surrogates": "\ud800", "100,000 characters": "x" * 100_000}.items()},
    "an empty label": text("labels", lambda lines: ["", *lines[1:]]),
    "words of control characters": text("words", lambda lines: ["\x1b[2J" + line for line in lines]),
    **{f"overrides: {name}": header(overrides={name: value}) for name, value in {
        "hidden": "abc", "epochs": -3, "seed": [1], "lr": "x", "dropout": NAN, "batch_rows": 0.5,
        "min_count": None}.items()},
    "n_records 0": inside("vocabulary", n_records=0),
    "n_records 2^63 - 1": inside("vocabulary", n_records=BIG),
    "n-grams and stems of 100": inside("vocabulary", ngrams=100, stem=100),
    "a billion threads": header(overrides={"threads": 10**9}),
    "a place for checkpoints": header(overrides={"checkpoints": "/nowhere/checkpoints"}),
    "a file as mapping": header(overrides={"mapping": "/etc/passwd"}),
    "10^9 hidden units": header(overrides={"hidden": [10**9]}),
    "10^9 rows in a batch": header(overrides={"batch_rows": 10**9}),
    "softmax": header(output="softmax"),
    "a mapping of 50,000 steps": lambda h, a, t: (
        h["categories"].update(mapped=True, others=None),
        t.update(mapped_from=[f"c{i}" for i in range(50_000)], mapped_to=[f"c{i + 1}" for i in range(50_000)])),
    "a mapping in a ring": lambda h, a, t: (h["categories"].update(mapped=True, others=None),
                                            t.update(mapped_from=["a", "b"], mapped_to=["b", "a"])),
    "a mapping to unknown names": lambda h, a, t: (h["categories"].update(mapped=True, others="x\x1b[2J"),
                                                   t.update(mapped_from=[], mapped_to=[])),
    "major names unlike the labels": inside("categories", major=["Shoes", "Hats"]),
    "an array more": lambda h, a, t: a.update({"more": np.zeros(3)}),
    "a text more": lambda h, a, t: t.update({"more": ["x"]}),
}
TRAINING = {
    "huge": {"records": 10**400, "steps": 10**400, "seconds": 10**400, "first_loss": 1, "last_loss": 2},
    "a curve of 1e308": {"curve": [[1e308, 1e308], [1e308, 1e-308], [0, -1e308]]},
    "a curve of texts": {"curve": [["a", "b"]]}, "a ragged curve": {"curve": [[1], [1, 2], 3]},
    "a curve without end": {"curve": [[i, 1.0] for i in range(50_000)]},
    "odd scores": {"validation": [{"P@1": INFINITY, "P@3": NAN, "P@5": 1e308, "\x1b[2J": "x"}]},
    "scores of texts": {"validation": ["x", None, {"P@1": "high"}]},
    "texts": {"records": "9\x1b[2J", "steps": [], "seconds": {}, "curve": None, "categories": "x"},
    "summaries": {"categories": ["\x1b[2J", 5, None]}, "below 0": {"records": -1, "steps": -1, "seconds": -1.0},
}
ANY |= {f"training: {name}": inside("training", **entries) for name, entries in TRAINING.items()}
ANY["training: nothing"] = header(training={})

ATTACKS = {
    "unchanged": Attack(partial(hostile, lambda h, a, t: None), ()),
    **{name: Attack(partial(hostile, change), ERRORS, refused=True) for name, change in REFUSED.items()},
    **{name: Attack(partial(hostile, change), ERRORS) for name, change in ANY.items()},
}

if __name__ == "__main__":
    attack.main(ATTACKS)
