"""Charts as SVG inside an HTML page, which scale with it and take their colours from its style.

Each chart has a title and a description for screen readers.
"""

from collections.abc import Sequence
from html import escape

import numpy as np

from nnlite.scores import metrics

WIDTH, HEIGHT = 360, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 346, 14, 200  # of the area inside the axes
MAX_POINTS = 300  # of a line: about one for each pixel; neighbours are averaged
LINE_HEIGHT = 13


def thinned(points: Sequence[tuple[float, float]] | np.ndarray) -> np.ndarray:
    """(n, 2), n <= MAX_POINTS: groups of neighbouring points (x, y), each as its last x and its mean y."""
    points = np.asarray(points, float)
    return np.array([(part[-1, 0], part[:, 1].mean()) for part in np.array_split(points, min(MAX_POINTS, len(points)))])


def ticks(highest: float) -> np.ndarray:
    """About five round numbers from 0 to the first at or above `highest`, 1, 2 or 5 times a power of ten apart."""
    least = highest / 5
    power = 10.0 ** np.floor(np.log10(least))
    step = power * next(m for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))
    return step * np.arange(np.ceil(highest / step - 1e-9) + 1)


def line_chart(identity: str, title: str, description: str, lines: dict, x_label: str, y_unit: str = "",
               y_highest: float | None = None, floor: tuple[str, float] | None = None) -> str:
    """Lines over axes that both start at 0, so that no slope looks steeper than it is.

    identity: the id of the chart in the page
    title, description: for screen readers
    lines: name -> points (n, 2), n >= 1; the first has the accent's colour, several have their names at their ends
    x_label: below the x axis
    y_unit: behind the numbers of the y axis
    y_highest: the end of the y axis, by default the first tick above all points
    floor: (name, y) of a dotted line across
    """
    lines = {name: thinned(points) for name, points in lines.items()}
    every = np.concatenate(list(lines.values()))
    highest = max(every[:, 1].max(), floor[1] if floor else 0, 1e-12)
    last_x, y_ticks = max(every[:, 0].max(), 1), ticks(y_highest or highest)

    def x(value):
        return LEFT + (RIGHT - LEFT) * value / last_x

    def y(value):
        return BOTTOM - (BOTTOM - TOP) * value / y_ticks[-1]

    parts = [_axes([(x(t), _number(t)) for t in ticks(last_x) if t <= last_x and t == round(t)],
                   [(y(t), _number(t) + y_unit) for t in y_ticks], x_label)]
    names = []
    if floor:
        parts.append(f'<path class="dotted" d="M{LEFT} {y(floor[1]):.1f}H{RIGHT}"/>')
        names.append((y(floor[1]), floor[0], "muted"))
    for i, (name, points) in enumerate(lines.items()):
        at = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        kind = "other" if i else "first"
        parts.append(f'<polyline class="line {kind}" points="{at}"/>')
        if len(points) == 1:
            parts.append(f'<circle class="dot {kind}" cx="{x(points[0, 0]):.1f}" cy="{y(points[0, 1]):.1f}" r="2.5"/>')
        if len(lines) > 1:
            names.append((y(points[-1, 1]), name, "" if i else "accent"))
    return _svg(identity, title, description, parts + _names_at_the_end(names))


def reliability_chart(identity: str, title: str, description: str, found: metrics.Reliability,
                      intervals: bool = True) -> str:
    """True against predicted: a dot for each bin, its area proportional to the number of predictions.

    Perfect probabilities lie on the dotted diagonal. With intervals, vertical lines are the 95 % intervals.
    """
    marks = [(LEFT + (RIGHT - LEFT) * t / 100, BOTTOM - (BOTTOM - TOP) * t / 100, t) for t in range(0, 101, 20)]
    parts = [_axes([(x, f"{t}") for x, _, t in marks], [(y, f"{t} %") for _, y, t in marks], "predicted, %"),
             f'<path class="dotted" d="M{LEFT} {BOTTOM}L{RIGHT} {TOP}"/>']
    seen = np.flatnonzero(found.n)
    low, high = metrics.wilson(found.true[seen] * found.n[seen], found.n[seen])
    for i, a, b in zip(seen, low, high):
        x = LEFT + (RIGHT - LEFT) * found.probability[i]
        top, bottom, y = (BOTTOM - (BOTTOM - TOP) * value for value in (b, a, found.true[i]))
        radius = max(1.5, 9 * np.sqrt(found.n[i] / found.n.max()))
        if intervals:
            parts.append(f'<path class="line first" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>')
        parts.append(f'<circle class="dot first" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')
    return _svg(identity, title, description, parts)


def _axes(x_marks: list[tuple[float, str]], y_marks: list[tuple[float, str]], x_label: str) -> str:
    """Grid lines with their numbers. x_marks: (x, text) each    y_marks: (y, text) each"""
    parts = [f'<path class="grid" d="M{LEFT} {y:.1f}H{RIGHT}"/><text class="muted" x="{LEFT - 6}" y="{y + 4:.1f}" '
             f'text-anchor="end">{escape(text)}</text>' for y, text in y_marks]
    parts += [f'<text class="muted" x="{x:.1f}" y="{BOTTOM + 16}" text-anchor="middle">{escape(text)}</text>'
              for x, text in x_marks]
    return "".join(parts) + (f'<text class="muted" x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 33}" text-anchor="middle">'
                             f'{escape(x_label)}</text>')


def _names_at_the_end(names: list[tuple[float, str, str]]) -> list[str]:
    """Texts above the right ends of lines, moved apart where they overlap. names: (y, text, class) each"""
    placed, free = [], BOTTOM - 4.0
    for y, name, kind in sorted(names, reverse=True):
        free = min(y - 5, free)
        placed.append((free, name, kind))
        free -= LINE_HEIGHT
    lift = max(0.0, LINE_HEIGHT - min((y for y, *_ in placed), default=LINE_HEIGHT))
    return [f'<text class="end {kind}" x="{RIGHT}" y="{y + lift:.1f}" text-anchor="end">{escape(name)}</text>'
            for y, name, kind in placed]


def _svg(identity: str, title: str, description: str, parts: list[str]) -> str:
    return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{identity}-title {identity}-text">'
            f'<title id="{identity}-title">{escape(title)}</title>'
            f'<desc id="{identity}-text">{escape(description)}</desc>{"".join(parts)}</svg>')


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
