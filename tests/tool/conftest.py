"""What several files of tests use: a trained classifier and the report on its records."""

import pytest
from report_pages import CURVE, SMALL, shop

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool.report.sections import write_report


@pytest.fixture(scope="module")
def trained():
    titles, categories = zip(*shop())
    return TitleClassifier(**SMALL).fit(titles, categories, validation=(titles, categories))


@pytest.fixture(scope="module")
def written(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, trained, shop(), curve=CURVE, source="shop <b>")
    return path
