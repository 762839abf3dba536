"""Claim: what looks wrong in a file is remarked where it is true of enough products, and not of one fewer."""

import json

import pytest

from nnlite.data.files.cells import Doubt
from nnlite.data.files.report import MANY_CHARS, MAX_NAMES, MAX_SHORT, MIN_RECORDS, SHOWN, FileReport, doubt_text
from nnlite.data.records import inspect_file

LONG = "red shoe " * 99
CODES = "is there a column with their names?"


def remarks(folder, rows):
    """What is remarked of a file of JSON lines: (title, categories, further keys) each."""
    path = folder / "a.jsonl"
    path.write_text("".join(json.dumps({"title": title, "category": names, **(more[0] if more else {})}) + "\n"
                            for title, names, *more in rows))
    return inspect_file(path).doubts


def titled(titles, names=("Toys", "Games")):
    return [(title, [names[i % len(names)]]) for i, title in enumerate(titles)]


def named(*names, n=3):
    """n products of each category."""
    return [(f"A thing {i}", [name]) for i, name in enumerate(names * n)]


@pytest.mark.parametrize("rows, words, is_said", [
    (titled(["AB-1234"] * 6 + ["Red shoe"] * 4), "most titles are codes, addresses or data, as 'AB-1234'", True),
    (titled(["AB-1234"] * 5 + ["Red shoe"] * 5), "most titles are", False),
    (titled(["AB-1234"] * (MIN_RECORDS - 1)), "most titles are", False),
    (titled([LONG[:MANY_CHARS + 1]] * 6 + ["Red shoe"] * 4), f"most titles are longer than {MANY_CHARS} ch", True),
    (titled([LONG[:MANY_CHARS]] * 10), "most titles are", False),
    (titled(["https://x.example/a b", "{a} b", "a [b]", "www.x.example"] * 3), "most titles are codes", False),
    (titled(["https://x.example/a", "{a b}", "[a b]", "www.x.example"] * 3), "most titles are codes", True),
    ([("TITLE", ["a", "title"]), ("Mug", ["b"])], "'TITLE' is the title and a category of the first product", True),
    ([("Mug", ["b"]), ("TITLE", ["title"])], "is the title and a category", False),
    (named("Uncategorized", "Toys"), "'Uncategorized' is a category of 3 products: is it one?", True),
    (named("Others", "Toys"), "is it one?", False),
    (named('"Toys"', "'Games'", "Hats"), "most categories stand in quotes, as '\"Toys\"'", True),
    (named('"Toys"', "Hats"), "most categories stand in quotes", False),
    (named("1234", "Hats"), f"many categories are numbers or codes, as '1234': {CODES}", True),
    (named("1234", "Hats", "Bags"), CODES, False),
    ([(f"A thing {i}", ["1.234,5", "Hats" if i % 2 else "Bags"]) for i in range(6)], CODES, True),
    ([(f"A thing {i}", ["12"] * (i > 0) + ["Hats" if i % 2 else "Bags"]) for i in range(6)], CODES, False),
    (named("0123456789abcdef", "Hats"), CODES, True), (named("0123456789abcde", "Hats"), CODES, False),
    (named("[12] Rugs", "Rugs (12)", "Hats"), "most categories hold a number, as '[12] Rugs'", True),
    (named("[12] Rugs", "Hats"), "most categories hold a number", False),
    (named("Yes", "no"), "the categories are Yes and no only", True), (named("Yes", "Hats"), "only:", False),
    (named(*(f"Kind{c}" for c in "abcdefghij"), n=1), "each category has one product only", True),
    (named(*(f"Kind{c}" for c in "abcdefghi"), n=1), "each category has one product only", False),
    (named(*(f"Kind{c}" for c in "abcdefghij"), n=1)[1:] + named("Kinda", n=2), "each category has one", False),
    (named("Toys"), "all products have the one category 'Toys'", True),
    ([(f"A thing {i}", ["All here", f"Kind{'ab'[i % 2]}"]) for i in range(4)],
     "'All here' is a category of all products", True),
    ([(f"A thing {i}", ["All here"] * (i > 0) + [f"Kind{'ab'[i % 2]}"]) for i in range(4)], "of all products", False),
    (named("Toys", "TOYS", "Hats", "hats", "Bags"), "2 categories are spelt in several ways", True),
    (named("Toys", "Toy"), "are spelt", False),
    (titled([f"T {min(i, 38)}" for i in range(41)]), "2 of 41 titles are repeated", False),
    (titled([f"T {min(i, 37)}" for i in range(41)]), "3 of 41 titles are repeated", True),
])
def test_a_remark_is_made_of_enough(tmp_path, rows, words, is_said):
    found = remarks(tmp_path, rows)
    assert sum(words in remark for remark in found) == is_said, found


@pytest.mark.parametrize("n", [SHOWN, SHOWN + 2])
def test_columns_that_may_hold_categories_are_listed(tmp_path, n):
    more = {f"kategorie{i}": "x" for i in range(n)} | {"category_id": 5}
    found = remarks(tmp_path, [(title, names, more) for title, names in titled(["Mug", "Cup", "Jug"])])
    assert f"not read: {', '.join(f'kategorie{i}' for i in range(SHOWN))}{' and 2 more' * (n > SHOWN)}" in found[0]
    assert found[0].endswith("; --categories would add them") and "they hold" not in found[0]
    assert found[1] == "not read: category_id, ids and not names"


def test_products_that_lack_a_category_or_a_title_but_may_have_one_are_counted(tmp_path):
    rows = [("Mug", ["Toys"], {"kategorie": "Cups"}), ("Cup", [], {"kategorie": "Cups"}),
            ("Jug", [], {"kategorie": ""}), ("", ["Toys"], {}), ("", [], {})]
    found = remarks(tmp_path, rows)
    assert "not read: kategorie (they hold categories of 1 products without one); --categories would add them" in found
    assert "1 rows without a title hold categories, which are not read" in found


@pytest.mark.parametrize("doubt, want", [
    (Doubt(",", 1, "a, b"), "'c': 1 text holds a comma and stays whole, as 'a, b': --separator ',' would split them"),
    (Doubt("/", 2, "a/b"), "'c': 2 different texts hold a slash and stay whole, as 'a/b': --separator '/' would split"),
    (Doubt("-", 2_000, "a-b", True),
     "'c': '-' separates, but 2,000 pairs of parts are always found together, as in 'a-b': if they are one name, write "
     "\\- within it"),
])
def test_the_words_for_a_doubtful_separator(doubt, want):
    assert doubt_text("c", doubt).startswith(want)


@pytest.mark.parametrize("n", [MAX_SHORT, MAX_SHORT + 1])
def test_the_short_form_has_some_remarks_and_counts_the_others(n):
    report = FileReport("f", "CSV", "utf-8", ",", [], [], [], 0, 0, {}, [f"doubt {i}" for i in range(n)])
    assert report.short().split("\n  ")[1] == "doubt 0; doubt 1; doubt 2" + "; 1 more: nnlite look" * (n > MAX_SHORT)


@pytest.mark.parametrize("n", [MAX_NAMES, MAX_NAMES + 1])
def test_the_long_form_lists_columns_that_are_not_read(tmp_path, n):
    path = tmp_path / "a.csv"
    path.write_text("title;category" + "".join(f";x{i}" for i in range(n)) + "\n"
                    + "".join(f"Mug {i};Toys" + ";1" * n + "\n" for i in range(3)))
    text = str(inspect_file(path))
    assert text.startswith(f"{path}: delimited text, utf-8, semicolons between cells\n")
    assert f"Not read: {', '.join(f'x{i}' for i in range(MAX_NAMES))}{' and 1 more' * (n > MAX_NAMES)}\n" in text
    assert "3 records in the first 3 rows\n  Mug 0  ->  Toys\n" in text and "make no record" not in text
