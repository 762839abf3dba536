"""A report on a trained classifier as one HTML page: its scores, its data and training, its mistakes, examples.

Each section is a function from the figures, which are computed once, to HTML. Those that show titles are in `samples`.
"""

from collections.abc import Iterable
from itertools import pairwise
from os import PathLike
from typing import Any

import numpy as np

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.records import Record
from nnlite.data.vocabulary import Vocabulary
from nnlite.scores import metrics
from nnlite.system.atomic_file import replacing
from nnlite.tool.report import charts
from nnlite.tool.report.figures import KS, Figures, figures_of
from nnlite.tool.report.page import NOTHING, bare, count, definitions, figure, page, percent, shortened, table, text
from nnlite.tool.report.samples import confused, samples

MAX_LABELS = 2_000  # in the table of all categories
OF = {  # what the figures are of, by `Figures.is_new`
    True: "Of records that the model has not seen in training.",
    False: "Of the records that the model was trained on: new ones will have lower scores.",
    None: "Of records that the model was perhaps trained on."}
UNSEEN = {  # what there is instead of a headline, and why
    False: ("How the model does on new titles is not known.",
            "it was trained on them, and this is how well it remembers them. Products that were held out, or others, "
            "would tell: see nnlite train --help."),
    None: ("Whether these titles are new to the model is not known.",
           "if it was trained on them, this is how well it remembers them.")}
REFITTED = ('\n<p class="of">This page is of the model that was scored. --refit then trains another one to take its '
            'place, of the same settings, on all products, these included. Its score on new ones is not measured; more '
            'products seldom lower it.</p>')
TABLE_ROW_BYTES = 90  # of the HTML around the texts of a row of that table
MAX_TABLE_BYTES = 400_000  # of that table; all else takes less, so that the page stays below 1 MB


def write_report(path: str | PathLike, classifier: TitleClassifier, records: Iterable[Record],
                 source: str = "", is_new: bool | None = None, is_refitted: bool = False) -> None:
    """Write an HTML page on the predictions of a trained TitleClassifier for these records, atomically.

    records: such as `read_records` yields. Those that it was trained on are left out; if it was trained on all, the
        page says so, and has no interval of confidence
    source: the name of the records in the heading
    is_new: whether it was trained on none of the records, by default what the model knows of its titles
    is_refitted: whether a model of the same settings, trained on these records as well, will take its place
    The page needs no network and is below 1 MB: long lists and titles are cut, and it says so. ValueError if no record
    has a category that the classifier knows, or the curve of its training is invalid; OSError if the file cannot be
    written.
    """
    threads = classifier.threads
    found = figures_of(classifier, list(records), threads, is_new)
    curve = _points(classifier.training_.get("curve", ()))
    of = f'<p class="muted">{OF[found.is_new]}</p>'
    sections = [
        ("scores", "Scores", of + _scores(found)),
        ("data", "The data", _data(found)),
        ("training", "The training", _training(classifier, curve)),
        ("frequency", "Frequent and rare categories", of + _frequency(found)),
        ("reliability", "How reliable the probabilities are", of + _reliability(found)),
        ("confused", "Confused categories", of + confused(found, threads)),
        ("samples", "Examples, explained", of + samples(found, threads)),
        ("categories", "All categories", of + _categories(found)),
    ]
    title = "Categories from titles" + (f": {bare(shortened(source, 80))}" if source else "")
    with replacing(path) as file:
        file.write(page(title, _opening(found, source) + REFITTED * is_refitted, sections).encode())


def _points(curve: Iterable) -> np.ndarray:
    """The curve as (n, 2) float64."""
    try:
        points = np.array(list(curve), float).reshape(-1, 2)
    except (TypeError, ValueError):
        points = np.full((1, 2), np.nan)
    if not np.isfinite(points).all() or (points < 0).any():
        raise ValueError(f"write_report: curve: want pairs of a step and a loss, got {str(curve)[:60]}")
    return points


def _opening(found: Figures, source: str) -> str:
    """The heading, the records, and the score as a headline with its interval if it is of new records."""
    scores, n = found.scores, found.scores["rows"] - found.scores["rows_without_label"]
    of = f" of {text(source, 80)}" if source else ""
    seen = {True: "", False: ", trained on", None: ", perhaps trained on"}[found.is_new]
    rest = f"; {count(found.n_left_out)} more are left out, as the model has seen their titles in training"
    head = (f'<h1>Categories from titles</h1>\n<p class="of">{count(scores["rows"])} records{of}{seen}, '
            f'{count(found.data.n_labels)} categories{rest * bool(found.n_left_out)}</p>\n')
    score = f'The first category named is true for {percent(scores["P@1"])} of the titles'
    if not found.is_new:
        what, why = UNSEEN[found.is_new]
        return head + f'<p class="lead">{what}</p>\n<p class="of">{score}: {why}</p>'
    low, high = map(float, metrics.wilson(np.asarray(scores["P@1"] * n), np.asarray(n)))
    return head + (
        f'<p class="lead">{score}, which the model has not seen in training.</p>\n'
        f'<p class="of">For titles of this kind, judged by {count(n)} of them, the figure lies between '
        f'{percent(low)} and {percent(high)} (95 % interval).</p>')


def _scores(found: Figures) -> str:
    scores, ks = found.scores, [k for k in KS if f"P@{k}" in found.scores]
    meanings = {
        "P": "how many of the first k are true", "R": "how many of the true categories are among the first k",
        "nDCG": "as P, but first places count more", "PSP": "as P, but rare categories count more",
        "coverage": "how many of the categories in the data are found for at least one record",
        "ECE": "expected calibration error: how far a probability is from the fraction that is true"}
    at_k = table("Scores of the first k categories of each record", ["", *(f"k = {k}" for k in ks), "meaning"],
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
                        ["", "score", "meaning"], rows, words={2: "long"})


def _data(found: Figures) -> str:
    data, records = found.data, found.records
    given, here = sum(len(set(record.categories)) for record in records), int(np.count_nonzero(found.by_label[0]))
    per_row = np.diff(data.y.indptr)
    without = {"word": int(np.sum(np.diff(data.x.indptr) == 0)), "category": found.scores["rows_without_label"]}
    return "".join(f"<p>{text(line, 1_000)}</p>" for line in "\n".join(found.news).splitlines()) + definitions([
        ("records", count(len(data))),
        *((f"without a known {name}", f"{count(n)} ({percent(n / len(data))})") for name, n in without.items()),
        ("categories in the data", f"{count(given)}, of which the model knows {count(data.y.nnz)} "
         f"({percent(data.y.nnz / given)})"),
        ("known categories", f"{per_row.mean():.1f} per record on average, median {count(np.median(per_row))}, "
         f"maximum {count(per_row.max())}"),
        ("categories", f"{count(data.n_labels)}, of which {count(here)} occur here"),
        ("words", f"{count(data.n_words)} known to the model, with parts and pairs of words"),
    ]) + "<p>All scores leave out the records without a known category: no prediction for them can be right.</p>"


def _training(classifier: TitleClassifier, curve: np.ndarray) -> str:
    model, seen = classifier.model_, classifier.training_
    known = {name: seen[name] for name in ("records", "steps", "seconds", "first_loss", "last_loss")
             if isinstance(seen.get(name), (int, float))}
    widths = model.n_words, *model.hidden, model.n_labels
    facts = [("network", " – ".join(map(count, widths)) + f" units, {bare(model.activation)}"),
             ("parameters", count(sum(a * b + b for a, b in pairwise(widths))))]
    facts += [(name, count(known[name])) for name in ("records", "steps") if name in known]
    facts += [("seconds", f"{known['seconds']:,.1f}")] if "seconds" in known else []
    if {"first_loss", "last_loss"} <= set(known):
        facts.append(("loss", f"from {known['first_loss']:.5f} to {known['last_loss']:.5f}"))
    parts = [definitions(facts)]
    if len(curve):
        often = _frequencies(classifier.vocabulary_)
        p = often[(often > 0) & (often < 1)]  # elsewhere the loss is 0
        floor = "frequencies only", float(-(p * np.log(p) + (1 - p) * np.log1p(-p)).sum() / often.size)
        parts.append(figure(charts.line_chart(
            "loss-curve", "Loss by step", f"From {curve[0, 1]:.5f} at step {curve[0, 0]:,.0f} to {curve[-1, 1]:.5f} at "
            f"step {curve[-1, 0]:,.0f}.", {"loss": curve}, "step", floor=None if model.output == "softmax" else floor),
            "The loss by step, a mean over training records and categories. The dotted line is the loss you get by "
            "ignoring the title and always predicting each category's frequency."))
    if lines := _validation_lines(seen):
        last = ", ".join(f"{name} {points[-1][1]:.1f} %" for name, points in lines.items())
        parts.append(figure(charts.line_chart(
            "validation-curve", "Scores on the validation records by epoch", f"After the last epoch: {last}.", lines,
            "epoch", y_unit=" %", y_highest=100), "Scores on the validation records after each epoch."))
    return "".join(parts)


def _frequencies(vocabulary: Vocabulary) -> np.ndarray:
    """(L,): the fraction of the training records that has each label."""
    return np.minimum(vocabulary.label_counts / max(vocabulary.n_records, 1), 1)


def _validation_lines(seen: dict[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """"P@k" -> points (epoch, percent), from the scores on the validation records after each epoch."""
    found = seen.get("validation")
    epochs = [scores for scores in found if isinstance(scores, dict)] if isinstance(found, list) else []
    names = [f"P@{k}" for k in KS if epochs and all(isinstance(scores.get(f"P@{k}"), float) for scores in epochs)]
    return {name: [(i, 100 * scores[name]) for i, scores in enumerate(epochs, start=1)] for name in names}


def _frequency(found: Figures) -> str:
    k = max(found.report["frequency"])
    columns, counts = found.report["frequency"][k], found.classifier.vocabulary_.label_counts
    n_true = np.bincount(metrics.frequency_groups(counts, 10), found.by_label[0], minlength=10)
    bar = '<span class="track" aria-hidden="true"><span class="bar" style="width:{:.2f}em"></span></span>'
    rows = [[f"{i + 1}", count(labels), count(columns["mean_count"][i]), count(n_true[i]),
             percent(columns["recall"][i]) + bar.format(5 * columns["recall"][i]) if n_true[i] else NOTHING,
             percent(columns[f"P@{k}"][i])]
            for i, labels in enumerate(columns["labels"]) if labels]
    return ("<p>The categories in ten groups, from frequent to rare. Each group has about a tenth of all occurrences "
            "in the training records: a few frequent categories, or many rare ones.</p>"
            + table("Scores by frequency", ["group", "categories", "training records per category", "true here",
                                            f"found among the first {k}", f"part of P@{k}"], rows))


def _reliability(found: Figures) -> str:
    k = max(found.report["frequency"])
    bins = found.report["reliability"][f"top {k}"]
    n_bins, seen = len(bins.n), np.flatnonzero(bins.n)
    rows = [[f"{100 * i / n_bins:.0f} to {percent((i + 1) / n_bins, 0)}", count(bins.n[i]),
             percent(bins.probability[i]), percent(bins.true[i])] for i in seen]
    chart = charts.reliability_chart(
        "reliability-chart", "Predicted and true", f"The first {k} categories of each record by their probability. On "
        f"average a probability is {100 * bins.ece:.1f} points off. The numbers are in the table below.", bins,
        intervals=bool(found.is_new))
    lines = "; the vertical lines are 95 % intervals" if found.is_new else ""
    return figure(chart, f"The first {k} categories of each record, grouped by their probability, and how many of a "
                  "group are true. On the dotted line the two are equal; below it the model is too confident. A dot is "
                  f"as large as its group{lines}. On average a probability is "
                  f"{100 * bins.ece:.1f} points off.") + "<details><summary>The numbers</summary>" + table(
        "Predicted and true", ["probability", "predictions", "mean probability", "true"], rows) + "</details>"


def _categories(found: Figures) -> str:
    vocabulary, size = found.classifier.vocabulary_, 0
    rows: list[list[str]] = []
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
            f"{found.classifier.threshold_:.3g}. Precision: how many of those named are true. Recall: how many of the "
            f"true ones are named. Precision, recall and F1 are in %.{rest}</p>"
            + table("All categories", ["category", "in training", "true here", "named", "precision", "recall", "F1"],
                    rows, sortable=True))
