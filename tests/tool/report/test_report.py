"""Claim: the scores and counts of a report are those of `evaluate` and of the records."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from report_pages import Page, page_of, percent, shop, text_of, words_in

from nnlite import Record, evaluate
from nnlite.scores import metrics
from nnlite.tool.report import figures, samples, sections
from nnlite.tool.report import page as html_page
from nnlite.tool.report.sections import write_report


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


def test_the_threads_reach_every_figure(trained, tmp_path, monkeypatch):
    """The classifier's: those of the scores, of the page's two sections with titles, and of the predictions."""
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
    monkeypatch.setattr(trained, "threads", 2)
    write_report(tmp_path / "report.html", trained, shop())
    names = "evaluate", "report", "count_by_label", "explain", "likeliest_true", "top_k"
    assert set(seen) == set(names) and all(2 in seen[name] for name in names)
    assert seen["explain"] == seen["likeliest_true"] == seen["count_by_label"] == {2}


@pytest.mark.parametrize("n_records, want", [(0, [0, 1]), (4, [0, 0.75]), (2, [0, 1])])
def test_a_frequency_is_at_most_one_also_of_no_records(n_records, want):
    vocabulary = SimpleNamespace(label_counts=np.array([0, 3]), n_records=n_records)
    assert sections._frequencies(vocabulary).tolist() == want


def test_mistakes_are_counted_among_records_with_a_known_category(trained, tmp_path):
    right, wrong = Record("blue dress", ("Women", "Dresses")), Record("blue dress", ("Men",))
    unheard = Record("blue dress", ("Unheard",))
    words = words_in(page_of(tmp_path, trained, [right, wrong, unheard, wrong]))
    assert "For 2 records with a known category the first" in words and "rarer pairs" not in words
    words = words_in(page_of(tmp_path, trained, [right, unheard]))
    assert "The first category named is true for every record." in words and "most confident mistakes" not in words


def test_records_without_a_known_category_are_counted_in_thousands(trained, tmp_path):
    with pytest.raises(ValueError, match="got none in 1,000$"):
        write_report(tmp_path / "report.html", trained, [Record("red dress", ("Other",))] * 1000)
