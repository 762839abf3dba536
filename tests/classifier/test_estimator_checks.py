"""Claim: scikit-learn's checks of an estimator pass, but for those that are listed here with the reason."""

import logging
import warnings

import numpy as np
import pytest
from problems import compiled

from nnlite import TitleClassifier

MATRIX = "titles have no columns to count or to compare"
SPARSE = "titles cannot be sparse; the message is about titles, not about matrices"
CANNOT_PASS = {
    "check_do_not_raise_errors_in_init_or_set_params": "an unknown recipe is refused when it is named, not by fit",
    "check_n_features_in_after_fitting": MATRIX,
    "check_n_features_in": MATRIX,
    "check_estimators_partial_fit_n_features": MATRIX,
    "check_classifiers_train": MATRIX,
    "check_fit1d": "one axis is what titles have",
    "check_fit2d_predict1d": "one axis is what titles have",
    "check_estimator_sparse_tag": SPARSE,
    "check_estimator_sparse_array": SPARSE,
    "check_estimator_sparse_matrix": SPARSE,
    "check_complex_data": "the message is about titles and categories, not about numbers",
    "check_estimators_empty_data_messages": "titles without words are refused, in other words",
    "check_fit2d_1sample": "one title has nothing to learn from; it is refused in other words",
    "check_classifiers_one_label": "with one category there is nothing to learn: fit says so",
    "check_sample_weight_equivalence_on_dense_data": "a title given twice makes other batches than weight 2",
    "check_classifiers_regression_target": "a category that is not a text or whole number is a TypeError",
    "check_supervised_y_no_nan": "a category that is not a text or whole number is a TypeError",
    "check_supervised_y_2d": "one column of numbers is a matrix with one category, which may hold 0 and 1 only",
    "check_requires_y_none": "missing categories are a TypeError",
}


def titles_of(rows):
    """A title for each row of numbers, of a word for each column; what has no rows stays."""
    rows = np.asarray(rows)
    if rows.ndim != 2:
        return rows
    return [" ".join(f"c{j}v{float(number):.0f}" for j, number in enumerate(row)) for row in rows]


class OfRows(TitleClassifier):
    """The checks give matrices: rows become titles, and nothing else is changed."""

    def fit(self, X, y, on_step=None, sample_weight=None, classes=None):
        return super().fit(titles_of(X), y, on_step=on_step, sample_weight=sample_weight, classes=classes)

    def partial_fit(self, X, y, classes=None):
        return super().partial_fit(titles_of(X), y)

    def predict(self, X):
        return super().predict(titles_of(X))

    def predict_proba(self, X):
        return super().predict_proba(titles_of(X))

    def score(self, X, y):
        return super().score(titles_of(X), y)

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array, tags.input_tags.string = True, False, False
        tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags(multi_label=True)
        return tags


@compiled
def test_all_checks_pass_but_the_listed_ones(monkeypatch):
    checks = pytest.importorskip("sklearn.utils.estimator_checks", reason="scikit-learn's own checks")
    monkeypatch.setattr(logging.getLogger("nnlite"), "disabled", True)
    one = OfRows(epochs=3, hidden=8, min_count=1, label_min_count=1, threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = checks.check_estimator(one, on_fail=None, on_skip=None)
        plain = checks.check_estimator(TitleClassifier(), on_fail="raise", on_skip=None)
    assert len(found) > 50 and all(check["status"] == "passed" for check in plain)
    failed = {check["check_name"]: check["exception"] for check in found if check["status"] == "failed"}
    assert failed.keys() == CANNOT_PASS.keys() & {check["check_name"] for check in found}, failed
