"""Attacks by length: files, titles, names and numbers whose time or memory grows much faster than their size."""

import json
import time
from functools import lru_cache, partial

import attack
from attack import Attack

import nnlite
from nnlite.categories.mapping import Mapping
from nnlite.data.cleaning import clean
from nnlite.data.tokens import TokenRules, hashed, tokenise

FACTOR, TOLERATED = 16, 64  # 16 times the input may take 64 times as long: 16 if linear, 256 if quadratic
ENOUGH = 0.1  # seconds of processor time below which growth is not judged
TRIES = 5  # the least time of each size counts: what else the machine does only ever adds to it
ERRORS = ValueError, OSError


def over(short, long):
    return long >= max(ENOUGH, TOLERATED * short)


def grows(make, use, n, case):
    """Use inputs of size n, or 4 n if the time of n is too short to judge: AssertionError if the time is not about
    proportional to the size. Work that only inputs of a certain length need makes one jump: time grows too fast if it
    does so from n / 16 to n and again from n to 16 n."""
    def seconds(size):
        given = make(size)
        start = time.process_time()
        use(given, case)
        return time.process_time() - start

    def least(size):
        short, long = seconds(size // FACTOR), seconds(size)
        for _ in range(TRIES):
            if not over(short, long):
                break
            short, long = min(short, seconds(size // FACTOR)), min(long, seconds(size))
        return short, long

    for size in (n, 4 * n):
        times = least(size)
        if times[1] > ENOUGH:
            break
    if over(*times):
        short, long = least(FACTOR * size)
        assert not over(short, long), f"{short:.2f} s became {long:.2f} s with {FACTOR} times the input"


# ---- texts

TEXTS = {
    "open tags": "<", "open tags with names": "<a ", "open comments": "<!--", "open scripts": "<script>",
    "open and closed": "<a><", "entities": "&amp;", "nested entities": "&amp;amp;", "open entities": "&#",
    "spaces": " ",
    "letters": "a", "words": "a ", "combining marks": "\u0301", "joiners": "\u200d", "hidden characters": "\u200b",
    "line ends": "\n", "quotes": '"', "backslashes": "\\", "capital dotted I": "\u0130",
    "family emoji": "\U0001f468\u200d",
}


def use_clean(text, case):
    clean(text)


def use_tokens(text, case):
    rules = TokenRules(ngrams=3, stem=4, first_word=True, shape=True)
    assert hashed([text], rules).hashes.size == len(tokenise(text, rules)), "not the tokens of the definition"


# ---- files

HEAD = "title,category\n"
JSON_LINE = '{"title": "Mug", "category": ["Kitchen"]}\n'
FILES = {
    "every line opens a quote.csv": lambda n: HEAD + '"a,b\n' * n,
    "quotes that close in the next line.csv": lambda n: HEAD + 'x","y\n' * n,
    "long lines of quotes.csv": lambda n: HEAD + ("q," + '"a","b' * (n // 20) + "\n") * 20,
    "lines that end within a quote.csv": lambda n: HEAD + ('q,"' + 'a","b' * 200 + "\n") * (n // 200),
    "one line of commas.csv": lambda n: HEAD + "," * 5 * n,
    "one header of names.csv": lambda n: "title,category," + ",".join(f"c{i}" for i in range(n)) + "\na,b\n",
    "doubled quotes.csv": lambda n: HEAD + '"' + '""' * 3 * n + '",b\n',
    "empty lines.csv": lambda n: HEAD + "\n" * 5 * n + "a,b\n",
    "carriage returns.csv": lambda n: HEAD + "\r" * 5 * n + "a,b\n",
    "lists within lists.jsonl": lambda n: JSON_LINE + '{"title": "a", "category": ' + "[" * n + "]" * n + "}\n",
    "objects within objects.jsonl": lambda n: JSON_LINE + '{"title": ' * n + '"a"' + "}" * n + "\n",
    "literals within literals.jsonl": lambda n: JSON_LINE + "{'title': " + "(" * n + ")" * n + "}\n",
    "a number of digits.jsonl": lambda n: JSON_LINE + '{"title": "a", "category": ["b"], "n": ' + "9" * n + "}\n",
    "a sum.jsonl": lambda n: JSON_LINE + "{'title': 1" + "+1" * n + "}\n",
    "minus signs.jsonl": lambda n: JSON_LINE + "{'title': " + "-" * n + "1}\n",
    "many categories.jsonl": lambda n: json.dumps({"title": "a", "category": [f"c{i}" for i in range(n)]}) + "\n",
    "one category many times.jsonl": lambda n: json.dumps({"title": "a", "category": ["c"] * n}) + "\n",
    "many levels.jsonl": lambda n: json.dumps({"title": "a", "category": " > ".join(["c"] * n)}) + "\n",
    "a list in a text.jsonl": lambda n: json.dumps({"title": "a", "category": "[" + "'c'," * n + "]"}) + "\n",
    "brackets in a text.jsonl": lambda n: json.dumps({"title": "a", "category": "[" * n + "]" * n}) + "\n",
    "many keys.jsonl": lambda n: json.dumps(
        {"title": "a", "category": "b"} | {f"k{i}": i for i in range(4 * n)}) + "\n",
    "one key many times.jsonl": lambda n: '{"title": "a", ' + '"category": "b", ' * 4 * n + '"x": 1}\n',
}


def use_file(name, content, case):
    path = case.folder / name
    path.write_text(content, encoding="utf-8", newline="")
    try:
        list(nnlite.read_records(path))
    except ERRORS:
        pass


def use_mapping(content, case):
    path = case.folder / "map.tsv"
    path.write_text(content)
    mapping = Mapping.read(path)
    assert len(list(mapping.apply([nnlite.Record("a", ("c0",))]))) <= 1


MAPPINGS = {
    "a mapping in one long chain": lambda n: "".join(f"c{i}\tc{i + 1}\n" for i in range(n)),
    "the same chain backwards": lambda n: "".join(f"c{i}\tc{i + 1}\n" for i in reversed(range(n))),
    "a mapping with long comments": lambda n: "a\tb\t" + "x" * 20 * n + "\n",
    "a mapping with escapes": lambda n: "a\t" + "\\\\" * 10 * n + "\n",
}


# ---- models

@lru_cache
def classifier():
    titles, categories = zip(*nnlite.make_catalogue(200))
    return nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=3, threads=1).fit(titles, categories)


def use_titles(titles, case):
    found = classifier().predict_top_k(titles, 2)
    assert len(found) == len(titles)


def explain(title, case):
    classifier().explain(title, 1)


def fit_long_title(case):
    """A title of 20,000 words among short ones, with pairs and triples of words."""
    titles, categories = zip(*nnlite.make_catalogue(100))
    long = " ".join(f"w{i}" for i in range(20_000))
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), ngrams=3, min_count=1)
    one.fit([*titles, long], [*categories, ("x",)])
    assert one.predict_top_k([long], 1)


def fit_many_categories(case):
    """A product of 20,000 categories."""
    titles, categories = zip(*nnlite.make_catalogue(100))
    many = tuple(f"c{i}" for i in range(20_000))
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=1, label_min_count=1)
    one.fit([*titles, "mug"], [*categories, many])
    assert len(one.classes_) >= 20_000


def long_names(case):
    """Categories whose names have a million characters, saved and loaded."""
    titles, categories = zip(*nnlite.make_catalogue(60))
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=1).fit(
        titles, [[name + "x" * 10**6 for name in names[:1]] for names in categories[:3]] + list(categories[3:]))
    one.save(case.folder / "m")
    assert nnlite.TitleClassifier.load(case.folder / "m").classes_ == one.classes_


def use_xmc(content, case):
    path = case.folder / "a.txt"
    path.write_text(content)
    try:
        nnlite.read_xmc(path)
    except ERRORS:
        pass


XMC = {
    "a row of many labels": lambda n: f"1 3 {n}\n" + ",".join(map(str, range(n))) + " 0:1\n",
    "a row of many words": lambda n: f"1 {n} 3\n0 " + " ".join(f"{i}:1" for i in range(n)) + "\n",
    "a header of large sizes": lambda n: f"{10**9} {10**9} {10**9}\n" + "0 1:1\n" * n,
    "one word many times": lambda n: "1 3 3\n0 " + "1:1 " * n + "\n",
}

ATTACKS = {
    **{f"{name}, cleaned": Attack(partial(grows, lambda n, text=text: text * n, use_clean, 20_000), ())
       for name, text in TEXTS.items()},
    **{f"{name}, tokens": Attack(partial(grows, lambda n, text=text: text * n, use_tokens, 10_000), ())
       for name, text in TEXTS.items()},
    **{name: Attack(partial(grows, make, partial(use_file, name), 5_000), ()) for name, make in FILES.items()},
    **{name: Attack(partial(grows, make, use_mapping, 10_000), ERRORS) for name, make in MAPPINGS.items()},
    **{f"{name}.txt": Attack(partial(grows, make, use_xmc, 10_000), ()) for name, make in XMC.items()},
    "many titles": Attack(partial(grows, lambda n: ["blue dress"] * n, use_titles, 5_000), ()),
    "one long title": Attack(partial(grows, lambda n: ["blue dress " * n], use_titles, 20_000), ()),
    "explain a long title": Attack(partial(grows, lambda n: "blue dress " * n, explain, 50_000)),
    "explain a title of different words": Attack(
        partial(grows, lambda n: " ".join(f"w{i}" for i in range(n)), explain, 200)),
    "fit a long title": Attack(fit_long_title, ()), "fit many categories": Attack(fit_many_categories, ()),
    "names of a million characters": Attack(long_names),
}

if __name__ == "__main__":
    attack.main(ATTACKS)
