"""Claim: the quick path for plain JSON lines gives what the slow path gives, or leaves the line to it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from product_files import BAD_JSON_LINES, quick, words

from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.json_rows import json_object, plain_products
from nnlite.data.lines import SkippedLine


def slow(line, layout):
    """What `plain_products` must give: the title and categories of a line, or the kind of what is wrong."""
    row = json_object(line)
    try:
        return row.kind if isinstance(row, SkippedLine) else row and layout.title_and_categories(row)
    except SkippedLine as trouble:
        return trouble.kind


LAYOUT = Layout(None, [{"title": "Blue mug", "category": ["Kitchen"], "categories": [["A"]], "main_category": "M"}],
                Options())
PLAIN = plain_products(LAYOUT)
NAMES = words | st.sampled_from(["nan", "A > B", "a | b", " x ", "&amp;", "#N/A", ""])


@quick
@given(st.dictionaries(st.sampled_from(["title", "category", "categories", "main_category", "x"]),
                       st.one_of(words, st.none(), st.integers(), st.lists(st.one_of(NAMES, st.none()), max_size=3),
                                 st.lists(st.lists(words, max_size=2), max_size=2))),
       st.sampled_from(["", "\n", " \r\n", "\u00a0", "x"]))
def test_the_quick_path_is_the_slow_path(product, end):
    product.setdefault("title", "<b>Blue mug</b> getTime"[:len(product) * 9])
    line = json.dumps(product) + end
    quick = PLAIN(line)
    assert quick is None or quick == slow(line, LAYOUT)


def test_what_the_sample_did_not_show_is_noted_once_for_each_list():
    layout = Layout(None, [{"title": "Blue mug", "category": ["Kitchen"]}], Options())
    plain = plain_products(layout)
    for names in ["Kitchen", "Mugs"], ["Kitchen > Mugs"], ["Kitchen > Mugs"], ["A > B"]:
        assert plain(json.dumps({"title": "Blue mug", "category": names}))[1]
    assert [n for n, _ in layout.categories[0].news.values()] == [2]


def test_the_quick_path_takes_plain_lines_and_no_bad_line():
    assert PLAIN('{"title": "Blue mug", "category": ["Kitchen"]}\n') == ("Blue mug", ("Kitchen",))
    for kind, line in BAD_JSON_LINES:
        assert kind == "not UTF-8" or PLAIN(line.decode()) is None


@pytest.mark.parametrize("key", ["main_category", "categories"])
def test_the_quick_path_takes_no_line_with_categories_under_other_keys(key):
    line = json.dumps({"title": "Blue mug", "category": ["X"], key: ["Y"]})
    assert PLAIN(line) is None and set(slow(line, LAYOUT)[1]) == {"X", "Y"}
