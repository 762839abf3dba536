"""What several files of tests use: a trained classifier, and the titles that choose a threshold."""

import pytest
from shops import SMALL, shop

from nnlite.classifier.title_classifier import TitleClassifier


@pytest.fixture(scope="module")
def trained():
    return TitleClassifier(**SMALL).fit(*shop())


@pytest.fixture
def judged(monkeypatch):
    """The features of the titles by which thresholds are chosen, three at most, by the choice."""
    seen = []
    monkeypatch.setattr("nnlite.classifier.title_classifier.THRESHOLD_ROWS", 3)
    monkeypatch.setattr("nnlite.classifier.title_classifier.best_threshold",
                        lambda model, x, **_: seen.append(x.toarray()) or 0.5)
    return seen
