"""Claim: in each table of a page the columns that hold words are marked, those of sentences as long, and no others."""

import re

import pytest
from report_pages import text_of

from nnlite.categories.consistency import Contradiction
from nnlite.classifier.audit import AtRandom, Audit, Suspect, Twins
from nnlite.scores.suspicion import Share
from nnlite.tool.report.suspects import write_audit

NUMBER = re.compile(r"[<>]?[\d.,]+(\xa0%)?|–")
FOUND = Audit([Suspect(0, "red shoe", "wrong", "Hats", "Shoes", 0.9), Suspect(1, "a bag", "missing", "B", "B", 0.5)],
              {}, Share(0.02, 0.01, 0.03), [Twins("Bags", "Purses", "same products", 1_000, 20, 19)],
              [AtRandom("Gifts", 1_000, 0.05, 0.04)], [Contradiction("red shoe", (0, 1), (("a",), ("b",)))], 2, 4, 9, 3)
LONG = {  # columns of sentences and lists, by the caption of their table
    "Scores of the first k categories of each record": {4}, "Scores of the categories above": {2},
    "Confused categories": {2}, "Titles with different categories": {2}}


def columns(html):
    """(caption, cells without their first, classes of the others, of the head too) of each row of each table."""
    for table in re.findall("<table.*?</table>", html, re.DOTALL):
        caption = re.search("<caption>(.*?)</caption>", table)[1]
        head = re.findall(r'<th scope="col"( class="(.*?)")?>', table)
        for row in re.findall("<tr>(?!<th scope=.col).*?</tr>", table):
            cells = re.findall(r'<td( class="(.*?)")?>(.*?)</td>', row)
            texts = [re.sub("<.*?>", "", text).replace("&lt;", "<").replace("&gt;", ">") for *_, text in cells]
            yield caption, texts, [kind for _, kind, _ in cells], [kind for _, kind in head[1:]]


@pytest.mark.parametrize("page", ["report", "audit"])
def test_columns_of_words_are_marked_and_those_of_numbers_are_not(written, tmp_path, page):
    path = written
    if page == "audit":
        path = tmp_path / "audit.html"
        write_audit(path, FOUND, ["7", "8"])
    captions = set()
    for caption, texts, kinds, head in columns(text_of(path)):
        captions.add(caption)
        long = next((places for name, places in LONG.items() if caption.startswith(name)), ())
        assert kinds == head and len(texts) == len(kinds) > 0
        for place, (text, kind) in enumerate(zip(texts, kinds), start=1):
            want = "" if NUMBER.fullmatch(text) and place not in long else "words long" if place in long else "words"
            assert kind == want, (caption, text)
    assert len(captions) == (6 if page == "report" else 4)
