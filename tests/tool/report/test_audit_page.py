"""Claim: the page of an audit shows each finding with its names and figures, and says how many it leaves out."""

import re

import pytest
from report_pages import Page, check_alone, percent, text_of

from nnlite.classifier.audit import AtRandom, Audit, Suspect, Twins
from nnlite.scores.suspicion import Share
from nnlite.tool.report.suspects import MOST, MOST_SETS, write_audit

NOTHING = Audit([], {}, Share(0.02, 0.01, 0.03), [], [], [], 1_234, 5_678, 9, 3)


def page_of(folder, **findings):
    """The text of the page on some findings; records stand in the rows 'at 0', 'at 1' and so on of their file."""
    write_audit(folder / "a.html", NOTHING._replace(**findings), [f"at {i}" for i in range(1_234)], "a <b>.csv")
    check_alone(text_of(folder / "a.html"))
    return text_of(folder / "a.html")


def section(html, name):
    """The page of one section alone."""
    return Page(re.search(rf'<section[^>]*"{name}".*?</section>', html, re.DOTALL)[0])


def test_where_nothing_is_found_each_section_says_so(tmp_path):
    html = page_of(tmp_path)
    page = Page(html)
    words = "".join(page.words)
    assert page.tables == {} and words.count("None was found.") == 2
    for sentence in ("No title occurs with different categories.", "No two categories are twins.",
                     "The titles tell where each category belongs.", "1,234 records of a <b>.csv, 9 categories",
                     "judged by 3 networks", f"About {percent(0.02)} of the categories",
                     f"between {percent(0.01)} and {percent(0.03)}"):
        assert sentence in words, sentence
    assert "<svg" not in html


@pytest.mark.parametrize("n", [1, 2, MOST["suspects"] + 1])
def test_suspects_have_columns_of_their_kind(tmp_path, n):
    wrong, lacking = (Suspect(7, "red shoe", "wrong", "Hats", "Shoes", 0.9),
                      Suspect(8, "a bag", "missing", "Bags", "Bags", 0.5))
    html = page_of(tmp_path, words={0: ("red", "<i>")}, suspects=[wrong, *[lacking] * n])
    assert section(html, "wrong").tables["Suspects"] == [
        ["titlewords that count", "given", "suggestion", "score", "row"],
        ["red shoered, <i>", "Hats", "Shoes", percent(0.9), "at 7"]]
    missing = section(html, "missing")
    assert missing.tables["Suspects"] == [["titlewords that count", "missing", "score", "row"],
                                          *[["a bag", "Bags", percent(0.5), "at 8"]] * min(n, MOST["suspects"])]
    assert ("The first 200 of 201 suspects." in "".join(missing.words)) == (n > MOST["suspects"])
    right = 100 * (0.9 + 0.5 * n) / (n + 1)
    assert f"Of all {n + 1} suspects {right:.0f} % are expected to be right." in html


@pytest.mark.parametrize("n", [MOST_SETS, MOST_SETS + 1])
def test_titles_have_their_sets_of_categories(tmp_path, n):
    sets = [("b", "a"), ("a", "b"), *[(f"c{i}",) for i in range(n - 1)]]
    html = page_of(tmp_path, contradictions=[("red shoe", list(range(n + 1)), sets)])
    (title, records, found), = section(html, "titles").values("Titles with different categories")
    assert (title, records) == ("red shoe", str(n + 1))
    assert found == "a; b rows at 0, at 1" + "".join(f"c{i} row at {i + 2}" for i in range(3)) + \
        "and 1 others" * (n > MOST_SETS)


def test_twins_and_categories_without_a_pattern_have_their_figures(tmp_path):
    html = page_of(tmp_path, twins=[Twins("Bags", "Purses", "same products", 1_000, 20, 19),
                                    Twins("Hats", "Caps", "taken for each other", 3, 4, 2)],
                   at_random=[AtRandom("Gifts", 1_000, 0.05, 0.04)])
    assert section(html, "twins").values("Twins") == [
        ["BagsPurses", "nearly always given together", "1,000", "20", "19"],
        ["HatsCaps", "taken for each other", "3", "4", "2"]]
    assert section(html, "random").values("Categories without a pattern") == [
        ["Gifts", "1,000", percent(0.05), percent(0.04)]]


@pytest.mark.parametrize("more", [0, 1])
def test_of_many_findings_the_first_are_shown_and_the_others_counted(tmp_path, more):
    n = {kind: most + more for kind, most in MOST.items()}
    html = page_of(
        tmp_path, contradictions=[(f"t{i}", [0, 1], [("a",), ("b",)]) for i in range(n["titles"])],
        twins=[Twins(f"A{i}", "", "same products", 1, 1, 1) for i in range(n["pairs"])],
        at_random=[AtRandom(f"C{i}", 1, 0.5, 0.4) for i in range(n["categories"])])
    for name, caption, what, letter in (
            ("titles", "Titles with different categories", "titles", "t"), ("twins", "Twins", "pairs", "A"),
            ("random", "Categories without a pattern", "categories", "C")):
        page, most = section(html, name), MOST[what]
        assert [row[0] for row in page.values(caption)] == [f"{letter}{i}" for i in range(most)]
        assert (f"The first {most} of {most + 1} {what}." in "".join(page.words)) == bool(more)


def test_long_texts_are_cut(tmp_path):
    """Titles and sets of categories to 160 characters, categories to 80, words and the rows of a set to 40."""
    long = "x" * 500
    html = page_of(
        tmp_path, words={0: (long,), 1: (long,)}, contradictions=[(long, list(range(99)), [(long,)] * 99)],
        suspects=[Suspect(0, long, "wrong", long, long, 0.9), Suspect(0, long, "missing", long, long, 0.9)],
        twins=[Twins(long, long, "same products", 1, 1, 1)], at_random=[AtRandom(long, 1, 0.5, 0.4)])
    lengths = {name: [len(words) for words in section(html, name).bdi] for name in (
        "wrong", "missing", "titles", "twins", "random")}
    assert lengths == {"wrong": [160, 40, 80, 80], "missing": [160, 40, 80], "titles": [160, 160], "twins": [80, 80],
                       "random": [80]}
    rows = re.search('<span class="muted">rows (.*?)</span>', html)[1]
    assert rows == ", ".join(f"at {i}" for i in range(99))[:39] + "…"
    write_audit(tmp_path / "b.html", NOTHING, [], long)
    title, opening = (re.search(pattern, text_of(tmp_path / "b.html"))[1] for pattern in (
        "<title>Audit of categories: (.*?)</title>", "records of <bdi>(.*?)</bdi>"))
    assert title == opening == "x" * 79 + "…"
