"""Attacks by chosen words and names: words that collide in a table, names that mean something to a file or a page."""

import json
import time
from functools import partial

import attack
import numpy as np
from attack import Attack

import nnlite
from nnlite.categories.mapping import Mapping
from nnlite.data.tokens import hash_of
from nnlite.tool.report.sections import write_report

ONE_HASH = [  # words whose hashes, xor and multiply by a fixed number, are equal: found by a birthday search
    ("\u9112\uccfc\U0001d6fa0", "\u0d61\ua2fc\u5cc8\u7625"),
    ("\U000177c8\u5025\u47be\u1320", "\uc380\U0001d493\U00017f41\U0001bc98"),
    ("\u5169\u5034\U000120320", "\u522d\U000109bc\u8d80\u5eca"),
    ("\u4d0a\u06f0\U00017ec00", "\u6196\ubc92\U0001014f\u30c6"),
]


def equal_hashes(a, b, case):
    """The second word is not known to a vocabulary of the first, or both are kept apart."""
    records = [nnlite.Record(a, ("x",))] * 3
    vocabulary = nnlite.Vocabulary.build(records, min_count=1)
    assert not vocabulary.encode_titles([b]).nnz, "an unknown word is taken for another one"
    both = nnlite.Vocabulary.build([*records, nnlite.Record(b, ("y",))], min_count=1)
    assert sorted(both.words) == sorted([a, b]), f"want two words, got {both.words!a}"
    assert both.encode_titles([a, b]).toarray().sum(axis=0).tolist() == [1, 1], "two words in one column"


def flood(case):
    """Thousands of words that somebody who knows the code has chosen for neighbouring slots of a table."""
    letters = np.random.default_rng(0).integers(97, 123, (500_000, 7), dtype=np.uint32)
    words = letters.view("U7").ravel()
    crafted = np.unique(words[(hash_of(words.tolist()) & np.uint64(2**15 - 1)) < 384]).tolist()
    rng = np.random.default_rng(1)
    control = rng.integers(97, 123, (len(crafted), 7), dtype=np.uint32).view("U7").ravel().tolist()
    assert len(crafted) > 5_000
    seconds = {"control": [], "crafted": []}
    for kind, words in 3 * [("control", control), ("crafted", crafted)]:
        titles = [" ".join(words[i:i + 10]) for i in range(0, len(words), 10)]
        start = time.process_time()
        vocabulary = nnlite.Vocabulary.build([nnlite.Record(title, ("x",)) for title in titles], min_count=1)
        for _ in range(15):
            vocabulary.encode_titles(titles)
        seconds[kind].append(time.process_time() - start)
    usual, chosen = (min(times) for times in seconds.values())  # the first time loads kernels, and others may be busy
    assert chosen < max(0.3, 5 * usual), f"{usual:.3f} s became {chosen:.2f} s with chosen words"


# ---- names

NAMES = {
    "markup": "</script><script>alert(1)</script>", "an attribute": "\" onmouseover='alert(1)' x=\"",
    "an entity": "&lt;b&gt;&amp;#0;", "a comment": "<!-- -->", "a template": "{{7*7}} ${7*7} {0} %s %(a)s",
    "__proto__": "__proto__", "a path": "../../etc/passwd", "a device": "CON", "a formula": "=1+1",
    "a lone surrogate": "\ud800", "both surrogates": "\ud83d\udc57", "NUL": "a\0b", "escape": "\x1b[2J", "DEL": "\x7f",
    "a line end": "a\nb", "a carriage return": "a\rb", "a next line": "a\x85b", "a line separator": "a\u2028b",
    "a tab": "a\tb", "an escaped line end": r"a\nb", "a backslash": "a\\", "two backslashes": "\\\\", "spaces": " a ",
    "a star": "*", "a number sign": "#a", "a caret": "^a", "a less sign": "<a", "a byte order mark": "\ufeffa",
    "right to left": "\u202eabc\u202c", "noncharacters": "\uffff\U0010ffff", "decomposed": "e\u0301",
    "composed": "\xe9",
    "a dotted I": "\u0130", "JSON": '{"a": [1]}', "NaN": "NaN", "empty": "", "200 spaces": " " * 200,
    "10,000 characters": "x" * 10_000,
}


def as_category(name, case):
    """A category of this name, through training, saving, loading, prediction and the page."""
    titles, categories = zip(*nnlite.make_catalogue(30))
    given = [*categories[:-20], *[(name, name + "2")] * 20]
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=2, threads=1).fit(titles, given)
    one.save(case.folder / "m")
    again = nnlite.TitleClassifier.load(case.folder / "m", threads=1)
    assert list(again.classes_) == list(one.classes_), "other names once saved and loaded"
    assert again.predict_top_k(titles, 3) == one.predict_top_k(titles, 3), "other answers once saved and loaded"
    write_report(case.folder / "page.html", again, [nnlite.Record(*pair) for pair in zip(titles[-8:], given[-8:])])
    page = (case.folder / "page.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in page and "onmouseover='" not in page, "markup of a category in the page"
    assert not set(page) & set("\0\x1b\x7f\x85\u202e"), "a control character in the page"


def as_title(name, case):
    """A title of this text: its words in chunks, in a saved vocabulary and explained are those of the definition."""
    titles, categories = zip(*nnlite.make_catalogue(20))
    records = list(map(nnlite.Record, [*titles, name, name], [*categories, ("x",), ("x",)]))
    vocabulary = nnlite.Vocabulary.build(records, 1)
    (data,) = nnlite.write_chunks(case.folder / "c", records, vocabulary)
    want = vocabulary.encode(records)
    assert data.x.nnz == want.x.nnz and data.y.nnz == want.y.nnz, "another number of words or labels in the chunk"
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=1, threads=1).fit(*zip(*records))
    for found in one.explain(name, 1):
        assert all(effect.word for effect in found.effects)
    json.dumps(one.predict_top_k([name], 1), allow_nan=False)


def in_mapping(name, case):
    """A mapping from and to this name, written and read."""
    mapping = Mapping({"raw " + name: name, name + " raw": "x", "y": name}, others=name or None)
    mapping.write(case.folder / "map.tsv")
    assert Mapping.read(case.folder / "map.tsv") == mapping, "another mapping once written and read"


def two_alike(a, b, case):
    """Names that look alike stay two categories."""
    titles, categories = zip(*nnlite.make_catalogue(60))
    given = [*categories[:-40], *[(a,), (b,)] * 20]
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=2, threads=1).fit(titles, given)
    one.save(case.folder / "m")
    names = nnlite.TitleClassifier.load(case.folder / "m").classes_
    assert {a, b} <= set(names), f"want both names, got {names!a:.200}"


ALIKE = {"case": ("Hats", "hats"), "a space": ("Hats", "Hats "), "a line end": ("a\nb", r"a\nb"),
         "an accent": ("\xe9", "e\u0301"),
         "a zero width space": ("Hats", "Ha\u200bts"), "a Cyrillic letter": ("Hats", "H\u0430ts"),
         "a surrogate": ("\ud800", "\udfff"),
         "a backslash": ("\\", "\\\\")}

ATTACKS = {
    **{f"words of one hash {i}": Attack(partial(equal_hashes, *pair), ()) for i, pair in enumerate(ONE_HASH)},
    "a flood of neighbouring hashes": Attack(flood, ()),
    **{f"{name} as {way.__name__[3:]}": Attack(partial(way, text)) for name, text in NAMES.items()
       for way in (as_category, as_title, in_mapping)},
    **{f"names that differ by {what}": Attack(partial(two_alike, *pair), ()) for what, pair in ALIKE.items()},
}

if __name__ == "__main__":
    attack.main(ATTACKS)
