"""Claim: lines, dots, ticks and names are drawn where the figures say."""

import re

import numpy as np
import pytest
from report_pages import CURVE

from nnlite.scores import metrics
from nnlite.tool.report import charts


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


def test_ticks_are_round():
    assert charts.ticks(0.038).tolist() == pytest.approx([0, 0.01, 0.02, 0.03, 0.04])
    assert charts.ticks(100).tolist() == [0, 20, 40, 60, 80, 100]
    assert charts.ticks(7).tolist() == [0, 2, 4, 6, 8]


def test_a_long_curve_is_averaged():
    points = charts.thinned(CURVE)
    assert len(points) == charts.MAX_POINTS and points[-1, 0] == 1000
    np.testing.assert_allclose(points[0], [4, (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4])
