"""The page of an audit: its suspects, and where the categories contradict each other."""

from collections.abc import Sequence
from os import PathLike

import numpy as np

from nnlite.classifier.audit import Audit, Suspect
from nnlite.system.atomic_file import replacing
from nnlite.tool.report import charts
from nnlite.tool.report.page import bare, count, definitions, figure, page, percent, shortened, table, text

MOST = {"suspects": 200, "titles": 50, "pairs": 100, "categories": 100}  # rows of a table
MOST_SETS = 4  # sets of categories of a title
OF_TWINS = {"same products": "nearly always given together", "taken for each other": "taken for each other"}


def write_audit(path: str | PathLike, found: Audit, places: Sequence[str], source: str = "") -> None:
    """Write an HTML page on an audit, atomically; it needs no network. OSError if the file cannot be written.

    places: of each record, where it stands in its file    source: the name of the records in the heading
    """
    wrong = [i for i, suspect in enumerate(found.suspects) if suspect.kind == "wrong"]
    missing = [i for i, suspect in enumerate(found.suspects) if suspect.kind == "missing"]
    sections = [
        ("wrong", "Categories that are probably wrong", _suspects(found, wrong, places)),
        ("missing", "Categories that are probably missing", _suspects(found, missing, places)),
        ("titles", "Titles with different categories", _titles(found, places)),
        ("twins", "Twins", _twins(found)),
        ("random", "Categories without a pattern", _at_random(found)),
    ]
    title = "Audit of categories" + (f": {bare(shortened(source, 80))}" if source else "")
    with replacing(path) as file:
        file.write(page(title, _opening(found, source, len(wrong), len(missing)), sections).encode())


def _opening(found: Audit, source: str, n_wrong: int, n_missing: int) -> str:
    of = f" of {text(source, 80)}" if source else ""
    share = found.share
    return (
        f'<h1>Audit of categories</h1>\n<p class="of">{count(found.n_records)} records{of}, {count(found.n_labels)} '
        f'categories, judged by {found.folds} networks, none of which has seen what it judges</p>\n'
        f'<p class="lead">About {percent(share.estimate)} of the categories given are as wrong as if they were dealt '
        f'to products at random: between {percent(share.low)} and {percent(share.high)} (95 % interval).</p>\n'
        '<p class="of">Mistakes between similar categories are not in this share. The suspects are all that fit less '
        'than a category dealt at random.</p>'
        + definitions([("categories given", count(found.n_given)), ("suspected to be wrong", count(n_wrong)),
                       ("probably missing", count(n_missing)),
                       ("titles with different categories", count(len(found.contradictions))),
                       ("twins", count(len(found.twins))), ("without a pattern", count(len(found.at_random)))])
        + _course(found.suspects))


def _course(suspects: Sequence[Suspect]) -> str:
    """A chart of the share of the first suspects that is expected to be right; none for fewer than two suspects."""
    if len(suspects) < 2:
        return ""
    places = np.arange(1, len(suspects) + 1)
    right = np.cumsum([suspect.score for suspect in suspects]) / places
    return figure(charts.line_chart(
        "course", "Suspects that are expected to be right", f"Of all {count(len(suspects))} suspects "
        f"{100 * right[-1]:.0f} % are expected to be right.", {"right": np.column_stack([places, 100 * right])},
        "suspects, the surest first", y_unit=" %", y_highest=100),
        "How many of the first suspects are expected to be right, from their scores.")


def _suspects(found: Audit, chosen: Sequence[int], places: Sequence[str]) -> str:
    """A table of some suspects, by their places in the list."""
    if not chosen:
        return "<p>None was found.</p>"
    rows = []
    for i in chosen[:MOST["suspects"]]:
        row, title, kind, category, suggestion, score = found.suspects[i]
        words = ", ".join(text(word, 40) for word in found.words.get(i, ()))
        given = [text(category, 80), text(suggestion, 80)] if kind == "wrong" else [text(suggestion, 80)]
        rows.append([f'{text(title, 160)}<br><span class="muted">{words}</span>', *given, percent(score),
                     bare(places[row])])
    is_wrong = found.suspects[chosen[0]].kind == "wrong"
    head = ["title<br>words that count", *(["given", "suggestion"] if is_wrong else ["missing"]), "score", "row"]
    return _left_out(len(chosen), len(rows), "suspects") + table(
        "Suspects", head, rows, words={1: "", 2: ""} if is_wrong else {1: ""})


def _titles(found: Audit, places: Sequence[str]) -> str:
    if not found.contradictions:
        return "<p>No title occurs with different categories.</p>"
    rows = []
    for title, own, sets in found.contradictions[:MOST["titles"]]:
        different: dict[frozenset, list[str]] = {}
        for row, names in zip(own, sets):
            different.setdefault(frozenset(names), []).append(places[row])
        items = "".join(
            f'<li>{text("; ".join(sorted(names)), 160)} <span class="muted">row{"s" * (len(of) > 1)} '
            f'{bare(shortened(", ".join(of), 40))}</span></li>' for names, of in list(different.items())[:MOST_SETS])
        more = f"<li>and {count(len(different) - MOST_SETS)} others</li>" * (len(different) > MOST_SETS)
        rows.append([text(title, 160), count(len(own)), f"<ul>{items}{more}</ul>"])
    return ("<p>The words of these titles are the same, in the same order; their categories are not.</p>"
            + _left_out(len(found.contradictions), len(rows), "titles")
            + table("Titles with different categories", ["title", "records", "categories"], rows, words={2: "long"}))


def _twins(found: Audit) -> str:
    if not found.twins:
        return "<p>No two categories are twins.</p>"
    rows = [[f"{text(one.first, 80)}<br>{text(one.second, 80)}", OF_TWINS[one.kind], count(one.n_first),
             count(one.n_second), count(one.n)] for one in found.twins[:MOST["pairs"]]]
    return ("<p>Pairs of categories of which one may do: they are nearly always given to the same products, or the "
            "networks take each for the other, in both directions. The last column counts the products that have both, "
            "or that have one while the other fits better.</p>"
            + _left_out(len(found.twins), len(rows), "pairs")
            + table("Twins", ["categories", "why", "records of the first", "of the second", "as such"], rows,
                    words={1: ""}))


def _at_random(found: Audit) -> str:
    if not found.at_random:
        return "<p>The titles tell where each category belongs.</p>"
    rows = [[text(one.category, 80), count(one.n_records), percent(one.own), percent(one.base)]
            for one in found.at_random[:MOST["categories"]]]
    return ("<p>Categories whose products cannot be told from others by their titles: the networks find them no "
            "likelier there than elsewhere. They are used at random, or for what no title says.</p>"
            + _left_out(len(found.at_random), len(rows), "categories")
            + table("Categories without a pattern", ["category", "records", "mean probability there",
                                                     "share of all records"], rows))


def _left_out(n: int, n_shown: int, what: str) -> str:
    return f"<p>The first {count(n_shown)} of {count(n)} {what}.</p>" if n > n_shown else ""
