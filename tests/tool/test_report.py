"""Claim: the report tells the computed figures, in one file that stands alone and that no data can break out of."""

import base64
import hashlib
import inspect
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from problems import compiled, random_dataset, random_model

from nnlite import Record, evaluate
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.scores import metrics
from nnlite.scores.explanation import Effect, Explanation, likeliest_true
from nnlite.tool.report import charts, figures, samples, sections
from nnlite.tool.report import page as html_page
from nnlite.tool.report.samples import MAX_SAMPLE_CHARS, marked
from nnlite.tool.report.sections import write_report

SMALL = dict(epochs=30, hidden=(8,), min_count=2, label_min_count=2, batch_rows=8, word_dropout=0.0, dropout=0.0)
CURVE = [(step, 1 / step) for step in range(1, 1001)]
VOID = {"meta", "br", "input", "path", "circle", "polyline"}
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
in_a_browser = pytest.mark.skipif(not BROWSER, reason="no Chromium here")

HOSTILE = [
    "<script>broken()</script> dress", "</bdi></td></table><img src=x onerror=broken()> dress",
    "\"'><b onclick=broken()>", "</title></style></script><script>broken()</script> dress",
    "\u202eesrever dress\u2069\u2066", "dress \ud800 \0 \x1b", "&lt;script&gt;broken()&lt;/script&gt; dress",
    "👗👠 dress 👩\u200d👩\u200d👧", "dress " + "x" * 5000, "--> <!-- dress", "]]> dress {{ }} ${1}", "حقيبة dress فستان",
    "<svg/onload=broken()> javascript:broken() https://example.com/x.js dress",
]


class Page(HTMLParser):
    """What stands in a page: its tags as they open, ids, the cells of each table by caption, all text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.ids, self.tables, self.words, self.bdi = [], [], [], {}, [], []
        self.caption, self.rows = "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("caption", "table"):
            self.caption, self.rows = "", []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "bdi":
            self.bdi.append("")

    def handle_startendtag(self, tag, attributes):
        assert tag in VOID
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "table":
            self.tables[self.caption] = self.rows

    def handle_data(self, data):
        self.words.append(data)
        if "caption" in self.open:
            self.caption += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if "bdi" in self.open:
            self.bdi[-1] += data

    def values(self, caption):
        """The rows of a table without its head."""
        return self.tables[caption][1:]


def shop(n=60):
    """Titles of which the middle word tells two categories; but some have only the second, or another, or none."""
    things = {"dress": ("Women", "Dresses"), "shoe": ("Men", "Shoes"), "bag": ("Women", "Bags")}
    for i in range(n):
        word, categories = list(things.items())[i % 3]
        yield Record(f"{'blue red green'.split()[i // 3 % 3]} {word} {i % 5}",
                     ("Gifts",) if i % 7 == 3 else categories[i % 5 == 1:] * (i > 0))


@pytest.fixture(scope="module")
def trained():
    titles, categories = zip(*shop())
    return TitleClassifier(**SMALL).fit(titles, categories, validation=(titles, categories))


@pytest.fixture(scope="module")
def written(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, trained, shop(), curve=CURVE, source="shop <b>")
    return path


def text_of(path):
    return path.read_text(encoding="utf-8")


def check_alone(html):
    """Balanced tags, ids once each, nothing from elsewhere, every link leads somewhere."""
    page = Page(html)
    assert len(set(page.ids)) == len(page.ids)
    for tag, attributes in page.tags:
        assert tag not in ("img", "link", "iframe", "object", "embed", "base", "form")
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action")]
        if "href" in attributes:
            assert attributes["href"][0] == "#" and attributes["href"][1:] in page.ids
        for name in attributes.get("aria-labelledby", "").split():
            assert name in page.ids
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not re.search(r"url\(|@import|@font-face", html_page.STYLE)
    return page


# ---- what it says

def test_the_page_stands_alone(written):
    page = check_alone(text_of(written))
    tags = dict(page.tags)
    assert tags["html"]["lang"] == "en" and sum(tag == "h1" for tag, _ in page.tags) == 1
    assert [attributes["scope"] for tag, attributes in page.tags if tag == "th"]
    assert sum(tag == "svg" for tag, _ in page.tags) == sum(tag == "desc" for tag, _ in page.tags) == 3
    assert list(written.parent.iterdir()) == [written]  # nothing beside it


def test_scores_are_those_of_evaluate(written, trained):
    page, records = Page(text_of(written)), list(shop())
    data, counts = trained.encode(records), trained.vocabulary_.label_counts
    scores = evaluate(trained.model_, data, thresholds=trained.threshold_,
                      propensities=metrics.propensities(counts, trained.vocabulary_.n_records))
    at_k = page.values("Scores of the first k categories of each record")
    for name, *values, _ in at_k:
        assert values == [f"{100 * scores[f'{name}@{k}']:.1f}\xa0%" for k in (1, 3, 5)]
    others = page.values(f"Scores of the categories above a probability of {trained.threshold_:.3g}")
    assert [row[1] for row in others] == [
        *(f"{100 * scores[name]:.1f}\xa0%" for name in ("micro_f1", "macro_f1", "record_f1")), f"{scores['bce']:.5f}"]
    words = "".join(page.words)
    assert f"true for {100 * scores['P@1']:.1f}\xa0% of the titles" in words and "60 records of shop <b>" in words
    assert f"{scores['rows_without_label']} (" in words


def test_every_category_has_its_counts(written, trained):
    records = list(shop())
    named = trained.model_.above(trained.encode(records).x, trained.threshold_).toarray() > 0
    rows = Page(text_of(written)).values("All categories")
    assert [row[0] for row in rows] == trained.classes_
    for label, (name, n, *got) in enumerate(rows):
        true = np.array([name in record.categories for record in records])
        both, positive = np.sum(true & named[:, label]), named[:, label].sum()
        assert n == str(trained.vocabulary_.label_counts[label])
        assert got == [str(true.sum()), str(positive), f"{100 * both / positive:.1f}" if positive else "–",
                       f"{100 * both / true.sum():.1f}", f"{200 * both / (true.sum() + positive):.1f}"]


def test_confused_pairs_are_all_mistakes(written, trained):
    data = trained.encode(shop())
    true, z = data.y.toarray() > 0, trained.model_.logits(data.x)
    first, should = z.argmax(axis=1), np.where(true, z, -np.inf).argmax(axis=1)
    wrong = np.flatnonzero(true.any(axis=1) & ~true[np.arange(len(z)), first])
    want = Counter(trained.classes_[should[i]] + trained.classes_[first[i]] for i in wrong)
    rows = Page(text_of(written)).values("Confused categories")
    assert {pair: int(n) for pair, n, _ in rows} == want and want
    assert [int(n) for _, n, _ in rows] == sorted(want.values(), reverse=True)
    titles = [record.title for record in shop()]
    for pair, _, examples in rows:
        mine = [titles[i] for i in wrong if trained.classes_[should[i]] + trained.classes_[first[i]] == pair]
        assert examples == "".join(list(dict.fromkeys(mine))[:2])


def test_the_likeliest_true_label(trained):
    data = trained.encode(record for record in shop() if record.categories)
    z = np.where(data.y.toarray() > 0, trained.model_.logits(data.x), -np.inf)
    assert np.array_equal(likeliest_true(trained.model_, data.x, data.y), z.argmax(axis=1))


def test_frequency_and_reliability_are_those_of_calibration(written, trained):
    data, page = trained.encode(shop()), Page(text_of(written))
    ids, p = trained.model_.top_k(data.x, 5)
    hits = metrics.hits(data.y, ids)
    columns = metrics.by_frequency(data.y, ids, 5, trained.vocabulary_.label_counts)
    groups = [i for i in range(10) if columns["labels"][i]]
    rows = page.values("Scores by frequency")
    assert [row[0] for row in rows] == [str(i + 1) for i in groups]
    assert [row[5] for row in rows] == [f"{100 * columns['P@5'][i]:.1f}\xa0%" for i in groups]
    found = metrics.reliability_of(p, hits)
    rows = page.values("Predicted and true")
    assert [int(n) for _, n, _, _ in rows] == found.n[found.n > 0].tolist()
    assert [true for *_, true in rows] == [html_page.percent(t).replace("&gt;", ">").replace("&lt;", "<")
                                           for t in found.true[found.n > 0]]
    assert f"{100 * found.ece:.1f} points off" in "".join(page.words)


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


# ---- its figures, one by one

def page_of(folder, classifier, records, **options):
    """The HTML of a report on some records."""
    write_report(folder / "report.html", classifier, records, **options)
    return text_of(folder / "report.html")


def words_in(html):
    """The texts of a page, without its tags, as one."""
    return "".join(Page(html).words)


def percent(fraction):
    """As a reader sees it."""
    return html_page.percent(fraction).replace("&gt;", ">").replace("&lt;", "<")


def test_the_interval_is_that_of_the_records_with_a_known_category(trained, tmp_path):
    known = [record for record in shop() if set(record.categories) & set(trained.classes_)]
    unheard = [Record("blue dress", ("Unheard",))] * 60
    data = trained.encode(known)
    n_right = metrics.precision_at_k(data.y, trained.model_.top_k(data.x, 1)[0], 1) * len(known)
    low, high = metrics.wilson(n_right, len(known))
    words = words_in(page_of(tmp_path, trained, known + unheard, is_new=True))
    assert f"{len(known) + 60} records" in words and f"judged by {len(known)} of them" in words
    assert f"between {percent(low)} and {percent(high)} (95 % interval)" in words


def test_the_loss_of_the_frequencies_stands_beside_the_loss(trained, tmp_path):
    records = list(shop())[:20]
    vocabulary, data = trained.vocabulary_, trained.encode(records)
    floor = metrics.bce_of_frequencies(data.y, vocabulary.label_counts / vocabulary.n_records)
    html = page_of(tmp_path, trained, records)
    row = Page(html).values(f"Scores of the categories above a probability of {trained.threshold_:.3g}")[-1]
    assert row[2] == f"the loss; that of the categories' frequencies alone is {floor:.5f}"


def test_propensities_are_those_of_the_training(trained, tmp_path):
    records = list(shop())[:20]
    data, vocabulary = trained.encode(records), trained.vocabulary_
    weights = metrics.propensities(vocabulary.label_counts, vocabulary.n_records)
    scores, others = (evaluate(trained.model_, data, propensities=p) for p in (weights, None))
    rows = Page(page_of(tmp_path, trained, records)).values("Scores of the first k categories of each record")
    row = next(row for row in rows if row[0] == "PSP")
    assert row[1:4] == [percent(scores[f"PSP@{k}"]) for k in (1, 3, 5)]
    assert scores["PSP@1"] != others["PSP@1"]


def test_a_category_given_twice_counts_once(trained, tmp_path):
    records = [Record(title, categories * 2) for title, categories in shop()]
    n, known = sum(len(set(record.categories)) for record in records), trained.encode(shop()).y.nnz
    words = words_in(page_of(tmp_path, trained, records))
    assert f"{n}, of which the model knows {known} ({percent(known / n)})" in words


def test_the_data_are_counted(trained, tmp_path):
    """Three records without a known word and five without a known category, one of them without both."""
    records = list(shop(30)) + [Record("dress", ("Unheard", "Women"))] * 2 + [Record("zzz", ("Women",))] * 2
    records += [Record("dress", ("Unheard",))] * 3 + [Record("zzz", ("Unheard",))]
    data = trained.encode(records)
    per_row, n = np.diff(data.y.indptr), len(records)
    without = {"word": np.sum(np.diff(data.x.indptr) == 0), "category": np.sum(per_row == 0)}
    words = words_in(page_of(tmp_path, trained, records, is_new=True))
    for name, count in without.items():
        assert f"without a known {name}{count} ({percent(count / n)})" in words
    assert (f"known categories{per_row.mean():.1f} per record on average, median {np.median(per_row):.0f}, "
            f"maximum {per_row.max()}") in words
    assert f"categories{data.n_labels}, of which {len(set(data.y.indices))} occur here" in words


def test_the_training_is_shown_as_it_was_noted(trained, tmp_path):
    seen, model = trained.training_, trained.model_
    words = words_in(page_of(tmp_path, trained, shop()))
    assert f"records{seen['records']}steps{seen['steps']}seconds{seen['seconds']:,.1f}" in words
    assert f"lossfrom {seen['first_loss']:.5f} to {seen['last_loss']:.5f}" in words
    assert f"parameters{sum(p.size for p in model.params.values()):,}" in words
    assert f"network{model.n_words} – 8 – {model.n_labels} units, relu" in words
    (first, loss), (last, last_loss) = seen["curve"][0], seen["curve"][-1]
    assert f"From {loss:.5f} at step {first} to {last_loss:.5f} at step {last}." in words


def test_epochs_of_a_validation_begin_at_1():
    scores = [{"P@1": 0.5, "P@3": 0.25}, {"P@1": 1.0, "P@3": 0.125}]
    assert sections._validation_lines({"validation": scores}) == {
        "P@1": [(1, 50.0), (2, 100.0)], "P@3": [(1, 25.0), (2, 12.5)]}
    assert sections._validation_lines({"validation": [*scores, {"P@1": 1.0}]}) == {
        "P@1": [(1, 50.0), (2, 100.0), (3, 100.0)]}


@pytest.mark.parametrize("major", [None, 2])
def test_the_floor_of_the_curve_is_drawn_where_the_loss_is_over_all_categories(major, tmp_path):
    titles, categories = zip(*shop())
    one = TitleClassifier(**SMALL | dict(epochs=1), major=major).fit(titles, categories)
    html = page_of(tmp_path, one, shop(), curve=[(1, 1.0), (2, 0.5)])
    assert ("frequencies only" in html) == (major is None)


def test_groups_of_categories_have_the_figures_of_metrics(trained, tmp_path):
    """True here: of these records, by the groups that the training records make."""
    records = list(shop())[:20]
    data, counts = trained.encode(records), trained.vocabulary_.label_counts
    columns = metrics.by_frequency(data.y, trained.model_.top_k(data.x, 5)[0], 5, counts)
    n_true = np.bincount(metrics.frequency_groups(counts, 10), np.bincount(data.y.indices, minlength=counts.size),
                         minlength=10)
    rows = Page(page_of(tmp_path, trained, records)).values("Scores by frequency")
    assert len(rows) > 2
    for group, labels, mean, true, recall, part in rows:
        i = int(group) - 1
        assert [labels, mean, true] == [f"{n:.0f}" for n in (columns["labels"][i], columns["mean_count"][i], n_true[i])]
        assert recall == (percent(columns["recall"][i]) if n_true[i] else "–") and part == percent(columns["P@5"][i])


def test_pairs_that_are_left_out_are_counted(trained, tmp_path, monkeypatch):
    whole = Page(page_of(tmp_path, trained, list(shop()) * 2)).values("Confused categories")
    assert len(whole) > 2
    for shown in range(1, len(whole)):
        monkeypatch.setattr(samples, "MAX_PAIRS", shown)
        html = page_of(tmp_path, trained, list(shop()) * 2)
        n = sum(int(n) for _, n, _ in whole[shown:])
        assert f"{len(whole) - shown} rarer pairs, of {n} records, are left out." in html
        assert Page(html).values("Confused categories") == whole[:shown]


def test_examples_of_a_pair_are_two_different_titles(trained, tmp_path):
    once, twice = (Page(page_of(tmp_path, trained, [record for record in shop() for _ in range(n)])).values(
        "Confused categories") for n in (1, 2))
    assert [examples for *_, examples in once] == [examples for *_, examples in twice] and len(once) > 1
    assert [2 * int(n) for _, n, _ in once] == [int(n) for _, n, _ in twice]


def sample_titles(html):
    return ["".join(Page(head).words) for head in re.findall("<h4>.*?</h4>", html)]


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


def test_categories_beyond_the_table_are_counted(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "MAX_LABELS", 4)
    html = page_of(tmp_path, trained, shop())
    assert [row[0] for row in Page(html).values("All categories")] == trained.classes_[:4]
    assert f"The {len(trained.classes_) - 4} rarest are left out." in html


def test_the_likeliest_true_label_where_rows_are_cut_into_blocks(monkeypatch):
    monkeypatch.setattr("nnlite.network.sizes.MIN_BLOCK_ROWS", 3)
    monkeypatch.setattr("nnlite.network.sizes.MIN_BLOCK_FLOPS", 1)
    data = random_dataset()
    rows = np.flatnonzero(np.diff(data.y.indptr))
    x, y, model = sp.csr_array(data.x[rows]), sp.csr_array(data.y[rows]), random_model(data)
    z = np.where(y.toarray() > 0, model.logits(x), -np.inf)
    assert np.array_equal(likeliest_true(model, x, y), z.argmax(axis=1))


def test_of_equally_likely_true_labels_the_first_is_taken():
    data = random_dataset()
    rows = np.flatnonzero(np.diff(data.y.indptr) > 1)
    x, y, model = sp.csr_array(data.x[rows]), sp.csr_array(data.y[rows]), random_model(data)
    model.params["labels.W"][:] = model.params["labels.b"][:] = 0
    assert np.array_equal(likeliest_true(model, x, y), (y.toarray() > 0).argmax(axis=1))


def test_the_threads_reach_every_figure(trained, tmp_path, monkeypatch):
    """Those of the scores, of the page's two sections with titles, and of the predictions."""
    seen = {}

    def watch(place, name):
        function, signature = getattr(place, name), inspect.signature(getattr(place, name))

        def watched(*args, **named):
            seen.setdefault(name, set()).add(signature.bind(*args, **named).arguments.get("threads"))
            return function(*args, **named)

        monkeypatch.setattr(place, name, watched)

    for name in "evaluate", "report", "count_by_label":
        watch(figures, name)
    for name in "explain", "likeliest_true":
        watch(samples, name)
    watch(type(trained.model_), "top_k")
    write_report(tmp_path / "report.html", trained, shop(), threads=2)
    names = "evaluate", "report", "count_by_label", "explain", "likeliest_true", "top_k"
    assert set(seen) == set(names) and all(2 in seen[name] for name in names)
    assert seen["explain"] == seen["likeliest_true"] == seen["count_by_label"] == {2}


def test_a_curve_of_no_points_has_no_chart_though_the_training_has_one(trained, tmp_path):
    assert 'id="loss-curve-title"' not in page_of(tmp_path, trained, shop(), curve=[])
    html = page_of(tmp_path, trained, shop(), curve=iter([(0, 0)]))
    assert "From 0.00000 at step 0 to 0.00000 at step 0." in html


def test_a_refused_curve_is_shown_in_sixty_characters(trained, tmp_path):
    with pytest.raises(ValueError) as caught:
        write_report(tmp_path / "report.html", trained, shop(), curve="x" * 61)
    assert str(caught.value) == "write_report: curve: want pairs of a step and a loss, got " + "x" * 60
    with pytest.raises(ValueError, match="curve"):
        write_report(tmp_path / "report.html", trained, shop(), curve=[(1, float("inf"))])


def test_what_the_charts_of_a_training_are_given(trained, tmp_path, monkeypatch):
    given, often = [], trained.vocabulary_.label_counts / trained.vocabulary_.n_records
    draw = charts.line_chart

    def keep(*args, **named):
        given.append((args, named))
        return draw(*args, **named)

    monkeypatch.setattr(charts, "line_chart", keep)
    page_of(tmp_path, trained, shop(), curve=CURVE)
    (loss, loss_named), (scores, scores_named) = given
    name, floor = loss_named["floor"]
    assert name == "frequencies only" and floor == pytest.approx(-np.mean(
        [p * np.log(p) + (1 - p) * np.log(1 - p) for p in often]))
    assert loss[3].keys() == {"loss"} and loss[4] == "step" and scores[4] == "epoch"
    assert scores_named == {"y_unit": " %", "y_highest": 100} and list(scores[3]) == ["P@1", "P@3", "P@5"]
    last = ", ".join(f"{name} {100 * trained.training_['validation'][-1][name]:.1f} %" for name in scores[3])
    assert scores[2] == f"After the last epoch: {last}."


@pytest.mark.parametrize("n_records, want", [(0, [0, 1]), (4, [0, 0.75]), (2, [0, 1])])
def test_a_frequency_is_at_most_one_also_of_no_records(n_records, want):
    vocabulary = SimpleNamespace(label_counts=np.array([0, 3]), n_records=n_records)
    assert sections._frequencies(vocabulary).tolist() == want


def test_a_training_shows_only_the_facts_that_it_has(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(trained, "training_", {"records": 1234, "first_loss": 0.5, "seconds": "2"})
    words = words_in(page_of(tmp_path, trained, shop()))
    assert "records1,234" in words and "lossfrom" not in words and "From 0.5" not in words
    assert "seconds2" not in words and "steps" not in words.partition("The training")[2].partition("Frequent")[0]


def test_headings_link_to_the_sections_in_order(written):
    html = text_of(written)
    names = ["scores", "data", "training", "frequency", "reliability", "confused", "samples", "categories"]
    assert re.findall('<li><a href="#(.*?)">', html) == re.findall('<h2 id="(.*?)">', html) == names


@pytest.mark.parametrize("source, title", [
    ("", "Categories from titles"), ("x" * 80, "Categories from titles: " + "x" * 80),
    ("x" * 81, "Categories from titles: " + "x" * 79 + "…")])
def test_the_title_of_a_page_names_the_source(source, title, trained, tmp_path):
    html = page_of(tmp_path, trained, shop(), source=source)
    assert f"<title>{title}</title>" in html
    assert ("60 records of " in html) == bool(source) and f"{len(trained.classes_)} categories</p>" in html


def test_a_bar_is_as_long_as_the_recall(trained, tmp_path):
    html = page_of(tmp_path, trained, shop())
    data = trained.encode(shop())
    columns = metrics.by_frequency(data.y, trained.model_.top_k(data.x, 5)[0], 5, trained.vocabulary_.label_counts)
    want = [f"{5 * recall:.2f}" for recall, n in zip(columns["recall"], columns["labels"]) if n]
    assert re.findall(r'class="bar" style="width:(.*?)em"', html) == want


def test_rows_of_reliability_are_named_by_the_ends_of_their_bins(trained, tmp_path):
    data = trained.encode(shop())
    ids, p = trained.model_.top_k(data.x, 5)
    found = metrics.reliability_of(p, metrics.hits(data.y, ids))
    rows = Page(page_of(tmp_path, trained, shop())).values("Predicted and true")
    assert len(found.n) == 15 and [row[0] for row in rows] == [
        f"{100 * i / 15:.0f} to {100 * (i + 1) / 15:.0f}\xa0%" for i in np.flatnonzero(found.n)]
    assert [row[2] for row in rows] == [percent(mean) for mean in found.probability[found.n > 0]]


def test_categories_that_are_not_here_or_not_named_have_a_dash(trained):
    """Of four labels: none true and none named, only true, only named, both."""
    by_label = np.array([[0, 3, 0, 4], [0, 0, 2, 2], [0, 0, 0, 1]])
    vocabulary = SimpleNamespace(labels=list("abcd"), label_counts=np.array([9, 8, 7, 1234]))
    found = SimpleNamespace(classifier=SimpleNamespace(vocabulary_=vocabulary, threshold_=0.25), by_label=by_label)
    html = sections._categories(found)
    assert Page(html).values("All categories") == [
        ["a", "9", "0", "0", "–", "–", "–"], ["b", "8", "3", "0", "–", "0.0", "0.0"],
        ["c", "7", "0", "2", "0.0", "–", "0.0"], ["d", "1,234", "4", "2", "50.0", "25.0", "33.3"]]
    assert "left out" not in html and "above 0.25. Precision" in html and "<table class=sortable>" in html


@pytest.mark.parametrize("short, shown", [(0, 3), (1, 2), (10**6, 0)])
def test_the_table_of_categories_ends_where_its_bytes_do(short, shown, monkeypatch):
    vocabulary = SimpleNamespace(labels=["ä", "b", "c"], label_counts=np.array([1, 1, 1]))
    found = SimpleNamespace(classifier=SimpleNamespace(vocabulary_=vocabulary, threshold_=0.25),
                            by_label=np.zeros((3, 3), int))
    html_bytes = sum(len(f"<bdi>{name}</bdi>100–––".encode()) for name in vocabulary.labels)
    monkeypatch.setattr(sections, "MAX_TABLE_BYTES", html_bytes + 3 * sections.TABLE_ROW_BYTES - short)
    html = sections._categories(found)
    assert len(Page(html).values("All categories")) == shown
    assert (f"The {3 - shown} rarest are left out." in html) == (shown < 3)


def test_as_many_categories_as_the_table_takes_leave_none_out(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "MAX_LABELS", len(trained.classes_))
    assert "rarest are left out" not in page_of(tmp_path, trained, shop())


def test_mistakes_are_counted_among_records_with_a_known_category(trained, tmp_path):
    right, wrong = Record("blue dress", ("Women", "Dresses")), Record("blue dress", ("Men",))
    unheard = Record("blue dress", ("Unheard",))
    words = words_in(page_of(tmp_path, trained, [right, wrong, unheard, wrong]))
    assert "For 2 records with a known category the first" in words and "rarer pairs" not in words
    words = words_in(page_of(tmp_path, trained, [right, unheard]))
    assert "The first category named is true for every record." in words and "most confident mistakes" not in words


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


def test_records_without_a_known_category_are_counted_in_thousands(trained, tmp_path):
    with pytest.raises(ValueError, match="got none in 1,000$"):
        write_report(tmp_path / "report.html", trained, [Record("red dress", ("Other",))] * 1000)


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


# ---- what it is given

@pytest.mark.parametrize("name", ["title", "category", "source"])
def test_hostile_words_stay_words(name, trained, tmp_path):
    records = list(shop(21)) + [Record(title, ("Gifts",)) for title in HOSTILE]
    classifier = trained
    if name == "category":
        names = 5 * HOSTILE
        records = [Record(f"{i % 3} dress", tuple(names[i:i + 3])) for i in range(60)]
        classifier = TitleClassifier(**{**SMALL, "epochs": 2}).fit(*zip(*records))
    write_report(tmp_path / "report.html", classifier, records, source=HOSTILE[0] if name == "source" else "")
    html = text_of(tmp_path / "report.html")
    page = check_alone(html)
    assert not re.search("[\0-\x08\x1b\u202a-\u202e\u2066-\u2069]", html)
    assert html.count("<script>") == 1 and len(html.encode()) < 1_000_000
    shown = "".join(page.words)
    assert "broken()" in shown and all(len(words) <= MAX_SAMPLE_CHARS for words in page.bdi)


@pytest.mark.parametrize("curve", [[(1, float("nan"))], [(1, -1.0)], "abc", [(1, 2), (3,)], 5])
def test_a_curve_that_is_none_is_refused(curve, trained, tmp_path):
    with pytest.raises(ValueError, match="write_report: curve"):
        write_report(tmp_path / "report.html", trained, shop(), curve=curve)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_told_is_said(trained, tmp_path):
    with pytest.raises(ValueError, match="want records with a category that the model knows, got none in 1"):
        write_report(tmp_path / "report.html", trained, [Record("red dress", ("Other",))])
    with pytest.raises(ValueError, match="got none in 0"):
        write_report(tmp_path / "report.html", trained, [])
    with pytest.raises(ValueError, match="want a trained"):
        write_report(tmp_path / "report.html", TitleClassifier(), shop())
    with pytest.raises(OSError):
        write_report(tmp_path / "nowhere" / "report.html", trained, shop())


def test_odd_data_have_a_report(trained, tmp_path):
    """Perfect predictions, no short title, no curve, odd figures in a model that came from elsewhere."""
    for records in ([Record("blue dress", ("Women", "Dresses"))], [Record("dress " * 99, ("Women", "Dresses"))]):
        write_report(tmp_path / "report.html", trained, records)
        check_alone(text_of(tmp_path / "report.html"))
    kept = trained.training_
    for odd in {}, {"steps": "<b>", "seconds": None, "validation": 5}, {"validation": [3, {"P@1": "<b>"}]}:
        trained.training_ = odd
        write_report(tmp_path / "report.html", trained, shop())
        check_alone(text_of(tmp_path / "report.html"))
    trained.training_ = kept


def test_major_categories_have_a_report(tmp_path):
    titles, categories = zip(*shop())
    classifier = TitleClassifier(**SMALL, major=["Dresses", "Shoes", "Bags"]).fit(titles, categories)
    write_report(tmp_path / "report.html", classifier, shop())
    page = check_alone(text_of(tmp_path / "report.html"))
    assert "accuracy" in "".join(page.words) and len(page.values("All categories")) == 3


@compiled
def test_below_1_mb(tmp_path):
    """2,000 labels with long names of which each letter needs five, and titles likewise."""
    rng = np.random.default_rng(0)
    names = [f"{i} " + "&" * 300 for i in range(2_000)]
    records = [Record("& " * 150 + "".join(rng.choice(list("abc "), 90)), tuple(names[2 * i % 2000:][:2]))
               for i in range(4_000)]
    classifier = TitleClassifier(**{**SMALL, "epochs": 1, "batch_rows": 512}).fit(*zip(*records))
    assert len(classifier.classes_) == 2_000
    write_report(tmp_path / "report.html", classifier, records, curve=CURVE)
    html = text_of(tmp_path / "report.html")
    rows = len(check_alone(html).values("All categories"))
    assert len(html.encode()) < 1_000_000 and f"The {2_000 - rows:,} rarest are left out." in html


# ---- charts and pieces of a page

def numbers(words):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", words)]


def drawn(lines, **options):
    """A line chart as HTML."""
    return charts.line_chart("a", "T", "D", lines, "step", **options)


def labels_of(svg):
    """The texts of a chart."""
    return re.findall("<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("highest, want", [
    (1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (5, [0, 1, 2, 3, 4, 5]), (5.01, [0, 2, 4, 6]), (26, [0, 10, 20, 30]),
    (0.3, [0, 0.1, 0.2, 0.3]), (50, [0, 10, 20, 30, 40, 50])])
def test_ticks_end_at_the_first_one_at_or_above_the_highest(highest, want):
    assert charts.ticks(highest).tolist() == pytest.approx(want)


@pytest.mark.parametrize("n, kept", [(1, 1), (300, 300), (301, 300)])
def test_a_line_of_as_many_points_as_pixels_is_not_averaged(n, kept):
    points = [(i, i) for i in range(1, n + 1)]
    found = charts.thinned(points)
    assert len(found) == kept and found[-1].tolist() == [n, n]
    assert found[0].tolist() == ([2, 1.5] if n > 300 else [1, 1])


def test_a_line_is_drawn_to_scale():
    svg = drawn({"loss": [(0, 0), (5, 4), (10, 10)]})
    assert 'points="44.0,200.0 195.0,125.6 346.0,14.0"' in svg and "<circle" not in svg
    assert labels_of(svg) == ["0", "2", "4", "6", "8", "10"] * 2 + ["step"] and "dotted" not in svg
    svg = drawn({"P": [(1, 50), (2, 25)]}, y_unit=" %", y_highest=100)
    assert 'points="195.0,107.0 346.0,153.5"' in svg
    assert labels_of(svg) == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %", "0", "1", "2", "step"]


def test_a_floor_above_all_points_is_inside_the_axes():
    svg = drawn({"loss": [(1, 1.0)]}, floor=("frequencies", 4.0))
    assert '<path class="dotted" d="M44 14.0H346"/>' in svg
    assert '<circle class="dot first" cx="346.0" cy="153.5" r="2.5"/>' in svg
    assert labels_of(svg)[-1] == "frequencies" and "loss" not in labels_of(svg)


def test_of_several_lines_each_has_its_name_and_the_first_the_accent():
    svg = drawn({"a": [(1, 1.0), (2, 1.0)], "b": [(1, 0.5), (2, 0.2)]})
    assert re.findall('polyline class="line (.*?)"', svg) == ["first", "other"]
    assert re.findall('class="end (.*?)" x="346" y="(.*?)".*?>(.*?)<', svg) == [
        ("", "161.8", "b"), ("accent", "13.0", "a")]


def test_names_that_overlap_are_moved_apart_and_stay_in_the_chart():
    def places(*heights):
        found = charts._names_at_the_end([(y, f"{i}", "") for i, y in enumerate(heights)])
        return {re.search(">(.)<", text)[1]: float(re.search(' y="(.*?)"', text)[1]) for text in found}

    assert places(100, 50) == {"0": 95, "1": 45} and places(200, 201) == {"1": 196, "0": 183}
    assert places(20, 15) == {"0": 26, "1": 13} and charts._names_at_the_end([]) == []


def test_dots_of_reliability_are_where_the_figures_say():
    n = np.array([100, 0, 25, 1])
    found = metrics.Reliability(np.array([0.0, np.nan, 0.5, 1.0]), np.array([0.25, np.nan, 0.5, 1.0]), n, 0.1)
    svg = charts.reliability_chart("a", "T", "D", found)
    dots = re.findall('<circle class="dot first" cx="(.*?)" cy="(.*?)" r="(.*?)"/>', svg)
    assert dots == [("44.0", "153.5", "9.0"), ("195.0", "107.0", "4.5"), ("346.0", "14.0", "1.5")]
    low, high = metrics.wilson(np.array([25.0, 12.5, 1.0]), n[n > 0])
    for (x, *_), a, b in zip(dots, low, high):
        assert f'<path class="line first" d="M{x} {200 - 186 * b:.1f}V{200 - 186 * a:.1f}"/>' in svg
    assert labels_of(svg) == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %", "0", "20", "40", "60", "80", "100",
                              "predicted, %"]
    assert 'd="M44 200L346 14"' in svg


def test_words_in_a_chart_are_escaped():
    svg = charts.line_chart("a", "<T>", "<D>", {"<x>": [(1, 1)], "<y>": [(1, 1)]}, "<s>", "<u>", floor=("<f>", 0.5))
    for word in "TDxysuf":
        assert f"&lt;{word}&gt;" in svg and f"<{word}>" not in svg
    assert 'aria-labelledby="a-title a-text"><title id="a-title">' in svg and '<desc id="a-text">' in svg


@pytest.mark.parametrize("value, shown", [(1000, "1,000"), (999.5, "999.5"), (-1000, "-1,000"), (0.04, "0.04")])
def test_numbers_of_an_axis_have_four_digits_or_commas(value, shown):
    assert charts._number(value) == shown


@pytest.mark.parametrize("fraction, shown", [
    (0, "0"), (0.0049, "&lt;1"), (0.005, "&lt;1"), (0.0051, "1"), (0.994, "99"), (0.9951, "&gt;99"), (1, "100")])
def test_whole_percentages_do_not_round_to_all_or_nothing_either(fraction, shown):
    assert html_page.percent(fraction, 0) == f"{shown}\xa0%"


@pytest.mark.parametrize("kind", ["\0", "\x08", "\x0b", "\x1f", "\x7f", "\x9f", "\ud800", "\udfff", "\ufdd0", "\uffff"])
def test_a_character_that_no_page_may_have_is_replaced(kind):
    assert html_page.bare(f"a{kind}b") == "a\ufffdb"


@pytest.mark.parametrize("kind", ["\u200e", "\u200f", "\u061c", "\u202a", "\u202e", "\u2066", "\u2069"])
def test_a_character_that_turns_the_text_is_left_out(kind):
    assert html_page.bare(f"a{kind}b\t\n\u200d") == "ab\t\n\u200d"


def test_a_table_has_a_header_in_each_row_and_classes_where_words_stand():
    html = html_page.table("C", ["h", "i", "j"], [["a", "b", "c"], ["d", "e", "f"]], words={1: "long", 2: ""})
    assert html == (
        '<div class="box" role="region" tabindex="0" aria-label="C"><table><caption>C</caption><thead><tr>'
        '<th scope="col">h</th><th scope="col" class="words long">i</th><th scope="col" class="words">j</th></tr>'
        '</thead>\n<tbody><tr><th scope="row">a</th><td class="words long">b</td><td class="words">c</td></tr>\n'
        '<tr><th scope="row">d</th><td class="words long">e</td><td class="words">f</td></tr></tbody></table></div>')
    assert html_page.table("C", ["h"], [], sortable=True).count("<table class=sortable>") == 1


def test_the_policy_of_a_page_allows_its_own_script_only():
    html = html_page.page("T", "O", [("x", "X", "inside x"), ("y", "Y", "inside y")])
    script = re.search("<script>(.*?)</script>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    assert '<li><a href="#x">X</a></li><li><a href="#y">Y</a></li>' in html
    assert ('<section aria-labelledby="x"><h2 id="x">X</h2>\ninside x</section>\n'
            '<section aria-labelledby="y"><h2 id="y">Y</h2>\ninside y</section>') in html


def test_a_text_is_cut_after_two_hundred_characters_by_default():
    assert html_page.text("x" * 200) == f"<bdi>{'x' * 200}</bdi>"
    assert html_page.text("x" * 201) == f"<bdi>{'x' * 199}…</bdi>"


@pytest.mark.parametrize("logit, kind", [
    (3, "strong"), (2.99, "middling"), (1.5, "middling"), (1.49, "weak"), (0.5, "weak"), (0.49, ""), (-0.49, ""),
    (-0.5, "against"), (-9, "against")])
def test_the_least_effect_of_each_mark(logit, kind):
    want = f'<mark class="{kind}">Red</mark>' if kind else "Red"
    assert marked("a_Red 7", [Effect("red", 0.0, logit)]) == f"<bdi>a_{want} 7</bdi>"


# ---- how it looks

def test_ticks_are_round():
    assert charts.ticks(0.038).tolist() == pytest.approx([0, 0.01, 0.02, 0.03, 0.04])
    assert charts.ticks(100).tolist() == [0, 20, 40, 60, 80, 100]
    assert charts.ticks(7).tolist() == [0, 2, 4, 6, 8]


def test_the_interval_of_a_fraction():
    """Wilson's worked values: 95 % intervals of 0 of 10, 5 of 10 and 10 of 10."""
    low, high = metrics.wilson(np.array([0, 5, 10]), np.array([10, 10, 10]))
    np.testing.assert_allclose(low, [0, 0.2366, 0.7225], atol=1e-4)
    np.testing.assert_allclose(high, [0.2775, 0.7634, 1], atol=1e-4)


def test_a_long_curve_is_averaged():
    points = charts.thinned(CURVE)
    assert len(points) == charts.MAX_POINTS and points[-1, 0] == 1000
    np.testing.assert_allclose(points[0], [4, (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4])


@pytest.mark.parametrize("n, of, shown", [
    (0, 1, "0.0"), (1, 9999, "&lt;0.1"), (1, 8, "12.5"), (9999, 10000, "&gt;99.9"), (1, 1, "100.0")])
def test_a_percentage_never_rounds_to_all_or_nothing(n, of, shown):
    assert html_page.percent(n / of) == f"{shown}\xa0%"


@pytest.mark.parametrize("fraction, shown", [
    (0.9995, "&gt;99.9"), (0.99955, "&gt;99.9"), (0.9994, "99.9"), (0.0005, "0.1"), (0.00045, "&lt;0.1")])
def test_a_percentage_at_the_bound_of_all_and_nothing(fraction, shown):
    assert html_page.percent(fraction) == f"{shown}\xa0%"


def test_signs_of_html_are_escaped_quotes_too():
    assert html_page.bare("\"'<&>") == "&quot;&#x27;&lt;&amp;&gt;"
    assert html_page.text("\"'<&>") == "<bdi>&quot;&#x27;&lt;&amp;&gt;</bdi>"


@pytest.mark.parametrize("n, shown", [(9, "x" * 9), (10, "x" * 10), (11, "x" * 9 + "…")])
def test_words_are_cut_to_so_many_signs(n, shown):
    assert html_page.shortened("x" * n, 10) == shown


def test_colours_have_contrast():
    """At least 4.5 between the text and what it stands on, in light and dark: WCAG 2.2, 1.4.3."""
    def luminance(colour):
        rgb = np.array([int(colour[i:i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    found = re.findall(r"--(\w+): (#\w{6})", html_page.STYLE)
    light, dark = dict(found[:len(found) // 2]), dict(found[len(found) // 2:])
    for theme in light, dark:
        for over, under in [("ink", "paper"), ("muted", "paper"), ("accent", "paper"),
                            *(("ink", mark) for mark in ("weak", "middling", "strong"))]:
            high, low = sorted((luminance(theme[over]), luminance(theme[under])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (over, under)


# ---- in a browser

PROBE = """<script>
const errors = [];
addEventListener("error", event => errors.push(event.message));
addEventListener("securitypolicyviolation", event => errors.push(event.violatedDirective));
addEventListener("load", () => {
  const frame = document.querySelector("iframe"), page = frame.contentDocument, view = frame.contentWindow;
  const table = page.querySelector("table.sortable"), name = () => table.tBodies[0].rows[0].cells[0].textContent;
  const buttons = table.querySelectorAll("button"), input = page.querySelector("input");
  const seen = [page.documentElement.scrollWidth, view.innerWidth, view.broken ? 1 : 0];
  buttons[0].click(); seen.push(name());
  buttons[0].click(); seen.push(name());
  input.value = "shoe"; input.dispatchEvent(new view.Event("input"));
  seen.push(page.querySelector("output").textContent);
  document.title = JSON.stringify([...seen, errors]);
});
</script><iframe src="report.html" style="width:360px;height:800px;border:0"></iframe>"""


def browse(folder, address, *options):
    """Standard output and error of a headless Chromium."""
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
         "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}", *options, address.as_uri()],
        capture_output=True, timeout=120, encoding="utf-8", errors="replace")
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr, done.stderr
    return done.stdout


@in_a_browser
def test_on_a_phone(trained, tmp_path):
    """360 pixels wide the page does not scroll sideways, whatever the titles; tables sort and filter; no error."""
    write_report(tmp_path / "report.html", trained,
                 [*shop(), *(Record(title, ("Gifts",)) for title in HOSTILE), Record("W" * 399, ("Gifts",))], CURVE)
    (tmp_path / "probe.html").write_text(PROBE)
    found = re.search(r"<title>(.*?)</title>", browse(tmp_path, tmp_path / "probe.html", "--dump-dom"))
    names = sorted(trained.classes_)
    assert found[1] == f'[360,360,0,"{names[0]}","{names[-1]}","1 of {len(names)}",[]]'


@in_a_browser
def test_in_the_dark(written, tmp_path):
    image = pytest.importorskip("matplotlib.image", reason="the screenshot is read with matplotlib")
    paper = {}
    for scheme, number in ("light", 1), ("dark", 0):
        browse(tmp_path, written, f"--blink-settings=preferredColorScheme={number}", "--window-size=500,400",
               f"--screenshot={tmp_path / scheme}.png")
        paper[scheme] = image.imread(tmp_path / f"{scheme}.png")[5, 5, :3].mean()
    assert paper["dark"] < 0.2 < 0.9 < paper["light"]
