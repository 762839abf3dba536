"""Claim: tables of a report name every category and every confused pair, or count those that they leave out."""

import re
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from report_pages import Page, page_of, percent, shop, text_of

from nnlite.scores import metrics
from nnlite.scores.explanation import likeliest_true
from nnlite.tool.report import samples, sections


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


def test_categories_beyond_the_table_are_counted(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "MAX_LABELS", 4)
    html = page_of(tmp_path, trained, shop())
    assert [row[0] for row in Page(html).values("All categories")] == trained.classes_[:4]
    assert f"The {len(trained.classes_) - 4} rarest are left out." in html


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
