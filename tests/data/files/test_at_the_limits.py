"""Claim: the limits of the readers are where they say: one fewer is on one side of a rule, one more on the other."""

import io
import json

import pytest

from nnlite.data.files import feed, json_survey
from nnlite.data.files.advice import MAX_OFFERS, MAX_SHOWN
from nnlite.data.files.blocks import Lines
from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.feed import Feed
from nnlite.data.files.json_document import Objects
from nnlite.data.files.kinds import text_kind
from nnlite.data.files.neighbours import Neighbours
from nnlite.data.files.signature import MIN_VALUES, Signature
from nnlite.data.files.source import opened
from nnlite.data.lines import SkippedLine
from nnlite.data.records import inspect_file

PRODUCT = {"title": "T", "category": "c"}


def good(rows):
    """The rows that are not skipped."""
    return [row for _, row in rows if not isinstance(row, SkippedLine)]


@pytest.mark.parametrize("n_chars", [0, 4_000])
def test_a_page_is_known_behind_a_long_comment(n_chars):
    with pytest.raises(ValueError, match="an HTML page"):
        text_kind(f"<!-- {'x' * n_chars} -->\n<html><body>", True, ".csv", Options())


@pytest.mark.parametrize("n, n_believed", [(1, 0), (feed.MAX_HELD, 0), (feed.MAX_HELD + 1, feed.MAX_HELD + 1)])
def test_a_tag_in_the_place_of_another_takes_only_the_first_items_with_it(n, n_believed):
    text = "<r>" + "<item><title>T</title></item>" * n + "</wrong>" + "<item><title>T</title></item>" * 3
    assert len(good(Feed(io.BytesIO(text.encode())))) == n_believed


@pytest.mark.parametrize("n, n_believed", [
    (1, 0), (json_survey.MAX_HELD, 0), (json_survey.MAX_HELD + 1, json_survey.MAX_HELD + 1)])
def test_damage_in_the_one_object_of_a_document_takes_only_the_first_products_with_it(n, n_believed):
    text = json.dumps({"products": [PRODUCT] * n})
    damaged = text[:-1] + ', "x" 1}'
    assert len(good(Objects(io.BytesIO(damaged.encode()), json_survey.survey(text)))) == n_believed


@pytest.mark.parametrize("item, is_doubtful", [({"a": PRODUCT}, False), ({"a": PRODUCT, "b": {"c": PRODUCT}}, True)])
def test_a_damaged_document_with_products_in_two_places_of_an_item_is_refused(item, is_doubtful):
    text = json.dumps([item] * 6)[:-3]
    if is_doubtful:
        with pytest.raises(ValueError, match="damaged in line 1, before it shows where its products are"):
            json_survey.survey(text, is_whole=True)
    else:
        assert json_survey.survey(text, is_whole=True).path == (None, None, "a")


@pytest.mark.parametrize("values, is_known", [
    (["1"] * MIN_VALUES, True), (["1"] * (MIN_VALUES - 1), False),  # numbers
    (["1", "2.5", "-3", "4,0"] * 2 + ["x", "y"], True), (["1", "2.5", "-3"] * 2 + ["x", "y"], False),  # 80 % and 75 %
    (["yes", "no"] * (MIN_VALUES // 2), True), (["yes"] * (MIN_VALUES - 1), False),  # one of a few values
    (["yes", "no"] * 4 + ["a", "b"], True), (["yes", "no"] * 4 + ["a", "b", "c"], False),
    (["a", "b", "c"] * 3, False), (["a", "b", "c"] * 4, True),
])
def test_what_is_usual_in_a_column(values, is_known):
    assert bool(Signature([[value] for value in values]).usual) == is_known


def test_a_line_with_one_separator_is_not_deep():
    evidence = Neighbours(["a > b", "a > b > c", "d"], " > ").evidence()
    assert (evidence.cells, evidence.deep) == (2, 1)


@pytest.mark.parametrize("start", ["\ufeff", ""])
def test_lines_begin_behind_the_mark_of_their_file(start):
    lines = Lines(io.BytesIO(f"{start}a\n\ufeffb\n".encode()), "\n")
    assert [lines.take(), lines.take(), lines.take()] == ["a\n", "\ufeffb\n", None]


@pytest.mark.parametrize("ending", [".gz", ".GZ", ".bz2", ".BZ2", ".xz", ".Xz"])
def test_the_ending_of_a_packed_file_may_be_in_capitals(tmp_path, ending):
    path = tmp_path / f"a.csv{ending}"
    path.write_text("title,category\nMug,Kitchen\n")
    with pytest.raises(ValueError, match="damaged file"):
        with opened(path, Options()) as source:
            list(source.rows)


@pytest.mark.parametrize("n, is_said", [(1, False), (2, True)])
@pytest.mark.parametrize("categories", [["Toys"], ["Toys", "Games"]])
def test_a_category_of_all_products_is_noted_unless_there_is_one_product(tmp_path, n, categories, is_said):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"title": f"T{i}", "category": categories}) + "\n" for i in range(n)))
    doubts = str(inspect_file(path))
    assert ("there is nothing to learn" in doubts) == is_said


@pytest.mark.parametrize("n", [MAX_OFFERS, MAX_OFFERS + 1])
@pytest.mark.parametrize("title, option", [("title", "--categories"), ("heading", "--title")])
def test_an_error_offers_some_columns_and_shows_more(title, option, n):
    names = [f"kategorie{i}" if title == "title" else f"a{i} product name" for i in range(n)]
    columns = [title, *names, *(f"x{i}" for i in range(2 * MAX_SHOWN))]
    with pytest.raises(ValueError) as caught:
        Layout(columns, [["1"] * len(columns)], Options())
    message = str(caught.value)
    assert message.count(f"{option} ") == min(n, MAX_OFFERS)
    assert f"'x{MAX_SHOWN - n - 2}'" in message and f"'x{MAX_SHOWN - n - 1}'" not in message
