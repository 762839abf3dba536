"""Claim: samples show what the model predicts and why, the surest mistakes first."""

import re
import sys

import numpy as np
import pytest
from report_pages import SMALL, Page, page_of, sample_titles, shop, text_of

from nnlite import Record
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.scores import metrics
from nnlite.scores.explanation import Effect, Explanation
from nnlite.tool.report import figures, samples
from nnlite.tool.report import page as html_page
from nnlite.tool.report.samples import marked


def test_samples_show_what_explain_says(written, trained):
    """Of the first sample: its categories in order, the effects of its words, and which are true."""
    html = text_of(written)
    record = next(record for record in shop() if set(record.categories) & set(trained.classes_))
    shown = re.search(r"<article>.*?</article>", html, re.DOTALL)[0]
    assert "".join(Page(re.search(r"<h4>.*?</h4>", shown)[0]).words) == record.title
    for item, (category, p, effects) in zip(re.findall(r"<li>.*?</li>", shown), trained.explain(record.title)):
        words = "".join(Page(item).words)
        assert words.startswith(html_page.percent(p, 0).replace("&lt;", "<").replace("&gt;", ">") + category)
        assert ("true" in words) == (category in record.categories)
        for word, _, logit in effects:
            assert (f"{word}\xa0{logit:+.1f}".replace("-", "−") in words) == (abs(logit) >= 0.1)


def test_words_are_marked_by_their_effect():
    effects = [Effect("red", 0.0, 3.0), Effect("i", 0.0, 1.6), Effect("dress", 0.4, 0.4), Effect("new", 0.0, -0.5)]
    assert marked("RED <İ> dress, new & red", effects) == (
        '<bdi><mark class="strong">RED</mark> &lt;<mark class="middling">İ</mark>&gt; dress, '
        '<mark class="against">new</mark> &amp; <mark class="strong">red</mark></bdi>')


def test_every_letter_of_unicode_can_stand_alone_in_a_title():
    """Some, such as the stretching tatweel, are no word; others are words with marks, in one piece."""
    letters = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isalnum()]
    assert len(letters) > 100_000 and "\u0640" in letters and "\uff9e" in letters and "\uff9f" in letters
    for i in range(0, len(letters), 1_000):
        title = " ".join(letters[i:i + 1_000])
        assert marked(title, [Effect("x", 0.0, 3.0)]).replace('<mark class="strong">', "").replace("</mark>", "") == (
            f"<bdi>{title}</bdi>")
    assert marked("हिन्दी e\u0301 \u0640", [Effect("हिन्दी", 0.0, 2.0), Effect("\xe9", 0.0, -1.0)]) == (
        '<bdi><mark class="middling">हिन्दी</mark> <mark class="against">e\u0301</mark> \u0640</bdi>')


def test_the_surest_mistakes_come_first(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "MAX_SAMPLES", (1, 3))
    records = list(shop())
    data = trained.encode(records)
    ids, p = trained.model_.top_k(data.x, 1)
    wrong = np.flatnonzero(~metrics.hits(data.y, ids)[:, 0] & (np.diff(data.y.indptr) > 0))
    surest = wrong[np.argsort(-p[wrong, 0], kind="stable")][:3]
    assert sample_titles(page_of(tmp_path, trained, records))[1:] == [records[i].title for i in surest]


def test_samples_are_taken_from_the_first_record_to_the_last(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "MAX_SAMPLES", (3, 0))
    records = [Record(f"dress {i}", ("Women",)) for i in range(9)]
    records = [Record("dress", ("Unheard",)), *records, Record("dress" + " x" * 400, ("Women",))]
    assert sample_titles(page_of(tmp_path, trained, records)) == ["dress 0", "dress 4", "dress 8"]


@pytest.mark.parametrize("n_missed, more", [(8, ""), (9, ", and 1 more")])
def test_of_true_categories_that_are_not_named_eight_are_shown(n_missed, more, tmp_path):
    titles = [f"word{i} x" for i in range(14) for _ in range(3)]
    one = TitleClassifier(**SMALL).fit(titles, [[f"C{i}"] for i in range(14) for _ in range(3)])
    least = [name for name, _ in one.predict_top_k(["word0 x"], 14)[0]][-n_missed:]
    html = page_of(tmp_path, one, [Record("word0 x", tuple(least))])
    shown = "".join(Page(re.search("<small>true as well.*?</small>", html)[0]).words)
    assert shown == "true as well: " + "; ".join(sorted(least, key=one.classes_.index)[:8]) + more


def test_the_words_that_move_a_category_most_stand_beside_it(trained, tmp_path):
    title = "blue red green dress shoe bag 1 2 3"
    item = re.search('<span class="why">(.*?)</span>', page_of(tmp_path, trained, [Record(title, ("Women",))]))[1]
    first, *_ = trained.explain(title, 1)
    strongest = sorted(first.effects, key=lambda effect: -abs(effect.logit))[:4]
    want = [f"{effect.word}\xa0{effect.logit:+.1f}".replace("-", "−") for effect in strongest]
    assert "".join(Page(item).words).split(", ") == want


@pytest.mark.parametrize("length, shown", [(400, 1), (401, 0)])
def test_a_title_of_four_hundred_characters_is_still_a_sample(length, shown, trained, tmp_path):
    title = "blue dress".ljust(length, "x")
    html = page_of(tmp_path, trained, [Record(title, ("Women",))])
    assert sample_titles(html)[:1] == [title] * shown
    assert ("No title with a known category has at most 400 characters." in html) == (not shown)


def test_a_few_records_are_samples_once_each(trained, tmp_path):
    records = [Record(f"blue dress {i}", ("Women", "Dresses")) for i in range(3)]
    html = page_of(tmp_path, trained, records)
    assert sample_titles(html) == [record.title for record in records]
    found = re.search('<ul class="found">(.*?)</ul>', html)[1]
    assert found.count("<li>") == 5


def test_of_equally_sure_mistakes_the_first_records_are_shown(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "MAX_SAMPLES", (1, 2))
    records = [Record(title, ("Men",)) for title in ("BLUE dress", "blue DRESS", "Blue Dress")]
    assert sample_titles(page_of(tmp_path, trained, records))[1:] == ["BLUE dress", "blue DRESS"]


@pytest.mark.parametrize("logit, shown", [(0.1, "red\xa0+0.1"), (-0.1, "red\xa0−0.1"), (0.0999, ""), (-0.0999, "")])
def test_the_least_effect_of_a_word_beside_a_category(logit, shown, trained, monkeypatch):
    explained = [Explanation("Women", 0.004, (Effect("red", 0.0, logit),))]
    monkeypatch.setattr(samples, "explain", lambda *_: explained)
    found = figures.figures_of(trained, [Record("red dress", ("Women",))], 1)
    html = samples._sample(found, 0, 1)
    want = f"<bdi>{shown[:3]}</bdi>{shown[3:]}" if shown else ""
    assert re.search('<span class="why">(.*?)</span>', html)[1] == want
    assert '<span class="p">&lt;1\xa0%</span><span class=hit><bdi>Women</bdi> ✓' in html
    assert "true as well" not in html


def test_changes_of_the_categories_are_shown_and_samples_have_them_changed(tmp_path):
    (tmp_path / "mapping.tsv").write_text("Dresses\tFrocks\nWomen\t\nMen\tMen\nShoes\tShoes\nGifts\tGifts\n")
    titles, categories = zip(*shop())
    one = TitleClassifier(**SMALL | dict(epochs=1), mapping=tmp_path / "mapping.tsv").fit(titles, categories)
    records = [Record("blue dress", ("Women", "Dresses"))] * 2
    news = one.categories_.apply(records)[1]
    html = page_of(tmp_path, one, records)
    lines = "\n".join(news).splitlines()
    assert len(lines) == 4 and all(f"<p><bdi>{html_page.bare(line)}</bdi></p>" in html for line in lines)
    assert "Frocks</bdi> ✓" in html and "categories in the data</dt><dd>2, of which the model knows 2 (" in html


@pytest.mark.parametrize("logit, kind", [
    (3, "strong"), (2.99, "middling"), (1.5, "middling"), (1.49, "weak"), (0.5, "weak"), (0.49, ""), (-0.49, ""),
    (-0.5, "against"), (-9, "against")])
def test_the_least_effect_of_each_mark(logit, kind):
    want = f'<mark class="{kind}">Red</mark>' if kind else "Red"
    assert marked("a_Red 7", [Effect("red", 0.0, logit)]) == f"<bdi>a_{want} 7</bdi>"


def test_long_texts_are_cut(tmp_path):
    """Categories to 80 characters, titles in lists to 160, words beside a category to 40."""
    names = [f"C{i}".ljust(100, "c") for i in range(9)]
    titles = [f"word{i}".ljust(60, "y") + " thing" * 25 for i in range(9) for _ in range(3)]
    given = [[name] for name in names for _ in range(3)]
    one = TitleClassifier(**SMALL).fit(titles, given)
    html = page_of(tmp_path, one, [Record(title, (names[8 - i // 3],)) for i, title in enumerate(titles)])
    page = Page(html)
    assert {len(row[0]) for row in page.values("All categories")} == {80}
    assert {len(row[0]) for row in page.values("Confused categories")} == {160}  # two categories
    examples = re.findall("<li>(<bdi>[^<]*</bdi>)</li>", html)
    assert examples and {len(html_page.html.unescape(example)) for example in examples} == {len("<bdi></bdi>") + 160}
    items = re.findall('<ul class="found">(.*?)</ul>', html)
    found = [Page(item).bdi for item in re.findall("<li>.*?</li>", "".join(items))]
    assert {len(category) for category, *_ in found} == {80}
    assert {len(word) for _, *words in found for word in words if word.startswith("word")} == {40}
    also = Page("".join(re.findall("<small>.*?</small>", html))).bdi
    assert {len(category) for category in also} == {80}
