"""What a report shows, computed once from a trained classifier and some records."""

from typing import Any, NamedTuple

import numpy as np

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.dataset import Dataset
from nnlite.data.records import Record
from nnlite.scores import metrics
from nnlite.scores.calibration import report
from nnlite.scores.evaluation import count_by_label, evaluate
from nnlite.tool.overlap import Judged, judged

KS = (1, 3, 5)


class Figures(NamedTuple):
    """What the page shows, computed once."""

    classifier: TitleClassifier
    is_new: bool | None  # whether the model has seen none of the records in training; None if it cannot be known
    n_left_out: int  # records that were given and are not among these: it has seen them
    records: list[Record]  # with the categories as the model knows them
    news: list[str]  # a line for each change of the categories
    data: Dataset  # of the records
    scores: dict[str, float]  # of `evaluation.evaluate`
    report: dict[str, Any]  # of `calibration.report`
    by_label: np.ndarray  # (3, L): how many records have each label, are given it, and both
    ids: np.ndarray  # (N, k): the likeliest labels
    p: np.ndarray  # (N, k): their probabilities
    hits: np.ndarray  # (N, k) bool: are they true?


def figures_of(classifier: TitleClassifier, records: list[Record], threads: int | None,
               is_new: bool | None = None) -> Figures:
    """The Figures of those of the records that are new to the model, or of all if none are.

    is_new: whether all are new to it, by default what its digests tell
    ValueError if none of them has a category that the model knows.
    """
    if not hasattr(classifier, "threshold_"):
        raise ValueError("write_report: want a trained TitleClassifier, got one without: call fit or load first")
    vocabulary, model = classifier.vocabulary_, classifier.model_
    found = judged(classifier, records) if is_new is None else Judged(records, is_new, 0)
    n_left_out = len(records) - len(found.records)
    records, news = classifier.categories_.apply(found.records)
    data, counts = vocabulary.encode(records), vocabulary.label_counts
    if not data.y.nnz:
        raise ValueError(f"write_report: want records with a category that the model knows, got none in {len(data):,}")
    propensities = metrics.propensities(counts, max(vocabulary.n_records, 3))
    scores = evaluate(model, data, KS, propensities, classifier.threshold_, threads)
    ids, p = model.top_k(data.x, min(KS[-1], model.n_labels), threads)
    return Figures(classifier, found.is_new, n_left_out, records, news, data, scores,
                   report(model, data, counts, KS, threads=threads),
                   count_by_label(model, data, classifier.threshold_, threads), ids, p, metrics.hits(data.y, ids))
