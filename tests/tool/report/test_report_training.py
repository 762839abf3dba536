"""Claim: a report shows the course of a training as it was noted."""

import numpy as np
import pytest
from report_pages import CURVE, SMALL, page_of, shop, with_curve, words_in

from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool.report import charts, sections
from nnlite.tool.report.sections import write_report


def test_the_training_is_shown_as_it_was_noted(trained, tmp_path):
    seen, model = trained.training_, trained.model_
    words = words_in(page_of(tmp_path, trained, shop()))
    assert f"records{seen['records']}steps{seen['steps']}seconds{seen['seconds']:,.1f}" in words
    assert f"lossfrom {seen['first_loss']:.5f} to {seen['last_loss']:.5f}" in words
    assert f"parameters{sum(p.size for p in model.params.values()):,}" in words
    assert f"network{model.n_words} – 8 – {model.n_labels} units, relu" in words
    (first, loss), (last, last_loss) = seen["curve"][0], seen["curve"][-1]
    assert f"From {loss:.5f} at step {first} to {last_loss:.5f} at step {last}." in words


def test_parameters_of_few_bits_count_as_others(trained, tmp_path):
    small = trained.shrink(0.06)
    n = small.model_.n_words * 8 + 8 + 8 * small.model_.n_labels + small.model_.n_labels
    assert f"parameters{n:,}" in words_in(page_of(tmp_path, small, shop()))


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
    html = page_of(tmp_path, with_curve(one, [(1, 1.0), (2, 0.5)]), shop())
    assert ("frequencies only" in html) == (major is None)


def test_a_category_of_all_products_adds_nothing_to_the_floor(monkeypatch):
    seen = {}
    monkeypatch.setattr(charts, "line_chart", lambda *_, floor=None, **__: seen.update(floor=floor) or "")
    titles, categories = zip(*shop())
    one = TitleClassifier(**SMALL | dict(epochs=1)).fit(titles, [(*names, "All") for names in categories])
    sections._training(one, np.array([(1, 1.0)]))
    p = one.vocabulary_.label_counts / one.vocabulary_.n_records
    assert p.max() == 1
    p = p[p < 1]
    assert seen["floor"][1] == pytest.approx(-(p * np.log(p) + (1 - p) * np.log(1 - p)).sum() / (p.size + 1))


def test_a_curve_of_no_points_has_no_chart(trained, tmp_path):
    assert 'id="loss-curve-title"' not in page_of(tmp_path, with_curve(trained, []), shop())
    html = page_of(tmp_path, with_curve(trained, [(0, 0)]), shop())
    assert "From 0.00000 at step 0 to 0.00000 at step 0." in html


def test_a_refused_curve_is_shown_in_sixty_characters(trained, tmp_path):
    with pytest.raises(ValueError) as caught:
        write_report(tmp_path / "report.html", with_curve(trained, "x" * 61), shop())
    assert str(caught.value) == "write_report: curve: want pairs of a step and a loss, got " + "x" * 60
    with pytest.raises(ValueError, match="curve"):
        write_report(tmp_path / "report.html", with_curve(trained, [(1, float("inf"))]), shop())


def test_what_the_charts_of_a_training_are_given(trained, tmp_path, monkeypatch):
    given, often = [], trained.vocabulary_.label_counts / trained.vocabulary_.n_records
    draw = charts.line_chart

    def keep(*args, **named):
        given.append((args, named))
        return draw(*args, **named)

    monkeypatch.setattr(charts, "line_chart", keep)
    page_of(tmp_path, with_curve(trained, CURVE), shop())
    (loss, loss_named), (scores, scores_named) = given
    name, floor = loss_named["floor"]
    assert name == "frequencies only" and floor == pytest.approx(-np.mean(
        [p * np.log(p) + (1 - p) * np.log(1 - p) for p in often]))
    assert loss[3].keys() == {"loss"} and loss[4] == "step" and scores[4] == "epoch"
    assert scores_named == {"y_unit": " %", "y_highest": 100} and list(scores[3]) == ["P@1", "P@3", "P@5"]
    last = ", ".join(f"{name} {100 * trained.training_['validation'][-1][name]:.1f} %" for name in scores[3])
    assert scores[2] == f"After the last epoch: {last}."


def test_a_training_shows_only_the_facts_that_it_has(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(trained, "training_", {"records": 1234, "first_loss": 0.5, "seconds": "2"})
    words = words_in(page_of(tmp_path, trained, shop()))
    assert "records1,234" in words and "lossfrom" not in words and "From 0.5" not in words
    assert "seconds2" not in words and "steps" not in words.partition("The training")[2].partition("Frequent")[0]


@pytest.mark.parametrize("curve", [[(1, float("nan"))], [(1, -1.0)], "abc", [(1, 2), (3,)], 5])
def test_a_curve_that_is_none_is_refused(curve, trained, tmp_path):
    with pytest.raises(ValueError, match="write_report: curve"):
        write_report(tmp_path / "report.html", with_curve(trained, curve), shop())
    assert not list(tmp_path.iterdir())
