"""A report on a trained classifier as one HTML page: how good it is, at what, and why it says what it says."""

from typing import NamedTuple

import numpy as np
from scipy.special import entr

from nnlite.scores import metrics
from nnlite.scores.calibration import report
from nnlite.scores.evaluation import count_by_label, evaluate
from nnlite.system.atomic_file import replacing
from nnlite.tool.report import charts
from nnlite.tool.report.page import (
    NOTHING, bar, bare, count, definitions, figure, page, percent, shortened, table, text)
from nnlite.tool.report.samples import confused, samples

KS = (1, 3, 5)
MAX_LABELS = 2_000  # in the table of all categories
TABLE_ROW_BYTES = 90  # of a row of that table, beside what is in it
MAX_TABLE_BYTES = 400_000  # of it; a record's words cost less, so that the page stays below 1 MB


class Figures(NamedTuple):
    """All that the page tells, computed once."""

    classifier: object
    records: list  # with the categories as the model knows them
    news: list  # what has been done to the categories for that, a line each
    data: object  # the Dataset of the records
    scores: dict  # of `evaluation.evaluate`
    report: dict  # of `calibration.report`
    by_label: np.ndarray  # (3, L): how many records have each label, are given it, and both
    ids: np.ndarray  # (N, k): the likeliest labels
    p: np.ndarray  # (N, k): and their probabilities
    hits: np.ndarray  # (N, k) bool: are they true?


def write_report(path, classifier, records, curve=None, source="", threads=None):
    """Write a page of HTML on what a trained TitleClassifier makes of these records, whole or not at all.

    records: an iterable of Record, such as `read_records` yields; better none that it was trained on
    curve: (step, loss) pairs of the training, by default classifier.training_["curve"]; without any there is no chart
    source: what the records are called in the heading
    The page stands alone, without network, and is below 1 MB: long lists and titles are cut, and it says so.
    ValueError if no record has a category that the classifier knows, or the curve is none; OSError if the file cannot
    be written.
    """
    found = _figures(classifier, list(records), threads)
    curve = _points(classifier.training_.get("curve", ()) if curve is None else curve)
    sections = [
        ("scores", "How good it is", _scores(found)),
        ("data", "The data", _data(found)),
        ("training", "The training", _training(classifier, curve)),
        ("frequency", "Frequent and rare categories", _frequency(found)),
        ("reliability", "What a probability is worth", _reliability(found)),
        ("confused", "What is taken for what", confused(found, threads)),
        ("samples", "Why it says so", samples(found, threads)),
        ("categories", "All categories", _categories(found)),
    ]
    title = "Categories from titles" + (f": {bare(shortened(source, 80))}" if source else "")
    with replacing(path) as file:
        file.write(page(title, _opening(found, source), sections).encode())


def _figures(classifier, records, threads):
    if not hasattr(classifier, "threshold_"):
        raise ValueError("write_report: want a trained TitleClassifier, got one without: call fit or load first")
    vocabulary, model = classifier.vocabulary_, classifier.model_
    records, news = classifier.categories_.apply(records)
    data, counts = vocabulary.encode(records), vocabulary.label_counts
    if not data.y.nnz:
        raise ValueError(f"write_report: want records with a category that the model knows, got none in {len(data):,}")
    propensities = metrics.propensities(counts, max(vocabulary.n_records, 3))
    scores = evaluate(model, data, KS, propensities, classifier.threshold_, threads)
    ids, p = model.top_k(data.x, min(KS[-1], model.n_labels), threads)
    return Figures(classifier, records, news, data, scores, report(model, data, counts, KS, threads=threads),
                   count_by_label(model, data, classifier.threshold_, threads), ids, p, metrics.hits(data.y, ids))


def _points(curve):
    """The curve as (n, 2) float64."""
    try:
        points = np.array(list(curve), float).reshape(-1, 2)
    except (TypeError, ValueError):
        points = np.full((1, 2), np.nan)
    if not np.isfinite(points).all() or (points < 0).any():
        raise ValueError(f"write_report: curve: want pairs of a step and a loss, got {str(curve)[:60]}")
    return points


# ---- the sections, in the order of the page

def _opening(found, source):
    scores, n = found.scores, found.scores["rows"] - found.scores["rows_without_label"]
    low, high = metrics.wilson(scores["P@1"] * n, n)
    of = f" of {text(source, 80)}" if source else ""
    return (f'<h1>Categories from titles</h1>\n<p class="of">{count(scores["rows"])} records{of}, '
            f'{count(found.data.n_labels)} categories</p>\n'
            f'<p class="lead">The first category named is true for {percent(scores["P@1"])} of the titles.</p>\n'
            f'<p class="of">For titles of this kind, judged by {count(n)} of them, the figure lies between '
            f'{percent(low)} and {percent(high)} (95 % interval).</p>')


def _scores(found):
    scores, ks = found.scores, [k for k in KS if f"P@{k}" in found.scores]
    meanings = {
        "P": "of the first k named, how many are true", "R": "of the true ones, how many are among the first k",
        "nDCG": "as P, where first places count more", "PSP": "as P, where rare categories count more",
        "coverage": "of the categories in the data, how many are ever named rightly",
        "ECE": "how far probabilities are from the truth, on average"}
    at_k = table("Scores of the first k categories of each record", ["", *(f"k = {k}" for k in ks), "what it is"],
                 [[name, *(percent(scores[f"{name}@{k}"]) for k in ks), meaning] for name, meaning in meanings.items()],
                 words={len(ks) + 1: "long"})
    rows = [["F1, all together", percent(scores["micro_f1"]), "every category of every record counts alike"],
            ["F1, by category", percent(scores["macro_f1"]), "every category counts alike, however rare"],
            ["F1, by record", percent(scores["record_f1"]), "every record counts alike"],
            ["BCE", f"{scores['bce']:.5f}", "the loss; that of the categories' frequencies alone is "
             f"{metrics.bce_of_frequencies(found.data.y, _frequencies(found.classifier.vocabulary_)):.5f}"]]
    if "accuracy" in scores:
        rows.append(["accuracy", percent(scores["accuracy"]), "each record has one class"])
    return at_k + table(f"Scores of the categories above a probability of {found.classifier.threshold_:.3g}",
                        ["", "score", "what it is"], rows, words={2: "long"})


def _data(found):
    data, records = found.data, found.records
    given, here = sum(len(set(record.categories)) for record in records), int(np.count_nonzero(found.by_label[0]))
    per_row = np.diff(data.y.indptr)
    without = {"word": int(np.sum(np.diff(data.x.indptr) == 0)), "category": found.scores["rows_without_label"]}
    return "".join(f"<p>{text(line)}</p>" for line in found.news) + definitions([
        ("records", count(len(data))),
        *((f"without a known {name}", f"{count(n)} ({percent(n / len(data))})") for name, n in without.items()),
        ("categories given", f"{count(given)}, of which the model knows {count(data.y.nnz)} "
         f"({percent(data.y.nnz / given)})"),
        ("known categories", f"{per_row.mean():.1f} a record, {count(np.median(per_row))} in the middle one, "
         f"{count(per_row.max())} at most"),
        ("categories", f"{count(data.n_labels)}, of which {count(here)} occur here"),
        ("words", f"{count(data.n_words)}: words, and parts and pairs of them, that the model knows"),
    ]) + "<p>Scores above and below are of the records with a known category; in the others nothing can be right.</p>"


def _training(classifier, curve):
    model, seen = classifier.model_, classifier.training_
    known = {name: seen[name] for name in ("records", "steps", "seconds", "first_loss", "last_loss")
             if isinstance(seen.get(name), (int, float))}
    facts = [("network", " – ".join(map(count, (model.n_words, *model.hidden, model.n_labels)))
              + f" units, {bare(model.activation)}"),
             ("parameters", count(sum(p.size for p in model.params.values())))]
    facts += [(name, count(known[name])) for name in ("records", "steps") if name in known]
    facts += [("seconds", f"{known['seconds']:,.1f}")] if "seconds" in known else []
    if {"first_loss", "last_loss"} <= set(known):
        facts.append(("loss", f"from {known['first_loss']:.5f} to {known['last_loss']:.5f}"))
    parts = [definitions(facts)]
    if len(curve):
        often = _frequencies(classifier.vocabulary_)
        floor = "frequencies only", float(np.mean(entr(often) + entr(1 - often)))
        parts.append(figure(charts.line_chart(
            "loss-curve", "Loss by step", f"From {curve[0, 1]:.5f} at step {curve[0, 0]:,.0f} to {curve[-1, 1]:.5f} at "
            f"step {curve[-1, 0]:,.0f}.", {"loss": curve}, "step", floor=None if model.output == "softmax" else floor),
            "The loss, mean over records and categories, by step. The dotted line is the loss of predicting each "
            "category as often as it occurs, whatever the title."))
    if lines := _rounds(seen):
        last = ", ".join(f"{name} {points[-1][1]:.1f} %" for name, points in lines.items())
        parts.append(figure(charts.line_chart(
            "validation-curve", "Scores on the validation records by epoch", f"After the last epoch: {last}.", lines,
            "epoch", y_unit=" %", y_highest=100), "Scores on records held out from the training, after each epoch."))
    return "".join(parts)


def _frequencies(vocabulary):
    """(L,): the fraction of the training records that has each label."""
    return np.minimum(vocabulary.label_counts / max(vocabulary.n_records, 1), 1)


def _rounds(seen):
    """"P@k" -> points (epoch, percent), of what a training has noted on its validation records."""
    rounds = seen.get("validation")
    rounds = [scores for scores in rounds if isinstance(scores, dict)] if isinstance(rounds, list) else []
    names = [f"P@{k}" for k in KS]
    return {name: [(i, 100 * scores[name]) for i, scores in enumerate(rounds, start=1)] for name in names
            if rounds and all(isinstance(scores.get(name), float) for scores in rounds)}


def _frequency(found):
    k = max(found.report["frequency"])
    columns, counts = found.report["frequency"][k], found.classifier.vocabulary_.label_counts
    n_true = np.bincount(metrics.frequency_groups(counts, 10), found.by_label[0], minlength=10)
    rows = [[f"{i + 1}", count(labels), count(columns["mean_count"][i]), count(n_true[i]),
             percent(columns["recall"][i]) + bar(columns["recall"][i]) if n_true[i] else NOTHING,
             percent(columns[f"P@{k}"][i])]
            for i, labels in enumerate(columns["labels"]) if labels]
    return ("<p>The categories in ten groups, from frequent to rare. Each group has about a tenth of all occurrences "
            "in the training records: few frequent categories, or many rare ones.</p>"
            + table("Scores by frequency", ["group", "categories", "training records of one", "true here",
                                            f"found among the first {k}", f"part of P@{k}"], rows))


def _reliability(found):
    k = max(found.report["frequency"])
    bins = found.report["reliability"][f"top {k}"]
    n_bins, seen = len(bins.n), np.flatnonzero(bins.n)
    rows = [[f"{100 * i / n_bins:.0f} to {percent((i + 1) / n_bins, 0)}", count(bins.n[i]),
             percent(bins.probability[i]), percent(bins.true[i])] for i in seen]
    chart = charts.reliability_chart(
        "reliability-chart", "Predicted and true", f"The first {k} categories of each record by their probability. On "
        f"average a probability is {100 * bins.ece:.1f} points off. The numbers are in the table below.", bins)
    return figure(chart, f"The first {k} categories of each record, grouped by their probability: how many of a group "
                  "are true. On the dotted line they mean what they say; below it they are too sure. A dot is as large "
                  "as its group, and its line holds the truth in 19 of 20 cases. On average a probability is "
                  f"{100 * bins.ece:.1f} points off.") + "<details><summary>The numbers</summary>" + table(
        "Predicted and true", ["probability", "predictions", "mean of them", "true"], rows) + "</details>"


def _categories(found):
    vocabulary, rows, size = found.classifier.vocabulary_, [], 0
    for name, n, true, named, both in zip(vocabulary.labels, vocabulary.label_counts, *found.by_label.tolist()):
        row = [text(name, 80), count(n), count(true), count(named),
               f"{100 * both / named:.1f}" if named else NOTHING, f"{100 * both / true:.1f}" if true else NOTHING,
               f"{100 * metrics.f1(true, named, both):.1f}" if true or named else NOTHING]
        size += len("".join(row).encode()) + TABLE_ROW_BYTES
        if len(rows) == MAX_LABELS or size > MAX_TABLE_BYTES:
            break
        rows.append(row)
    left = len(vocabulary.labels) - len(rows)
    rest = f" The {count(left)} rarest are left out." if left else ""
    return ("<p>The most frequent in training first. Named: with a probability above "
            f"{found.classifier.threshold_:.3g}. Precision: of those named, how many are true. Recall: of the true "
            f"ones, how many are named. All three scores in %.{rest}</p>"
            + table("All categories", ["category", "in training", "true here", "named", "precision", "recall", "F1"],
                    rows, sortable=True))
