"""Claim: what is damaged, too long or doubtful in a JSON document costs as many products as is said, and no more."""

import json

import pytest

from nnlite.data.files import json_document
from nnlite.data.files.json_document import Objects
from nnlite.data.files.json_survey import survey
from nnlite.data.lines import SkippedLine
from tests.data.files.pieces import Pieces

PRODUCT = {"title": "T", "category": "c"}


def read(text, sample=None, **options):
    """(number, title or kind of what was skipped) of a document's products."""
    content = text if isinstance(text, bytes) else text.encode()
    rows = Objects(Pieces(content, **options), survey(sample or content.decode(errors="replace")))
    return [(number, row.kind if isinstance(row, SkippedLine) else row["title"]) for number, row in rows]


def products(n):
    return [{"title": f"T{i}", "category": "c"} for i in range(n)]


@pytest.mark.parametrize("size", [1, 7, 999])
@pytest.mark.parametrize("indent, numbers", [(None, [0, 1, 2]), (0, [2, 6, 10]), (2, [2, 6, 10])])
def test_numbers_are_lines_or_places_in_the_list(indent, numbers, size):
    numbers = numbers if indent is not None else [1, 2, 3]
    found = read(json.dumps(products(3), indent=indent), size=size)
    assert found == [*zip(numbers, ["T0", "T1", "T2"])]


@pytest.mark.parametrize("size", [1, 3, 999])
@pytest.mark.parametrize("n_marks", [0, 1, 2])
def test_one_mark_may_stand_before_a_document(n_marks, size):
    text = json.dumps(products(2))
    found = read("\ufeff" * n_marks + text, sample=text, size=size)
    assert [what for _, what in found] == (["T0", "T1"] if n_marks < 2 else ["damaged file"])


@pytest.mark.parametrize("size", [1, 3, 999])
def test_bytes_that_are_not_utf8_cost_their_product(size):
    rows = [json.dumps(product, ensure_ascii=False).replace("T1", "\u00fcT").replace("T3", "?")
            for product in products(6)]
    text = f"[{', '.join(rows)}]".encode().replace(b"?", b"\xff").replace(b"T4", b"\xff")
    assert [what for _, what in read(text, size=size)] == ["T0", "\u00fcT", "T2", "not UTF-8", "not UTF-8", "T5"]


@pytest.mark.parametrize("n_chars, kind", [(99, None), (100, None), (101, "object too long"), (900, "object too long")])
@pytest.mark.parametrize("form", ["[{}, {}, {}]", "{} {} {}", '{{"s": {{"a": {}, "b": {}, "c": {}}}}}'])
def test_an_object_that_is_too_long_costs_itself(n_chars, kind, form, monkeypatch):
    monkeypatch.setattr(json_document, "MAX_OBJECT_CHARS", 99)  # before its last bracket
    rows = [json.dumps(product) for product in products(3)]
    rows[1] = rows[1].replace("T1", "x" * (n_chars - len(rows[1]) + 2))
    assert len(rows[1]) == n_chars
    found = [what for _, what in read(form.format(*rows), size=1)]
    assert found == ["T0", kind or rows[1].split('"')[3], "T2"]


@pytest.mark.parametrize("most", [60, 9_999])
def test_an_object_that_is_too_long_because_it_has_no_end_costs_itself_where_lines_tell(most, monkeypatch):
    monkeypatch.setattr(json_document, "MAX_OBJECT_CHARS", most)
    rows = [json.dumps(product) for product in products(4)]
    rows[1] = '{"title": "T1", "category": ["c"'
    assert read("[\n" + ",\n".join(rows) + "\n]", size=99) == [(2, "T0"), (3, "not JSON"), (4, "T2"), (5, "T3")]


@pytest.mark.parametrize("is_damaged", [False, True])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_end_of_a_document_is_said_to_be_missing(n, is_damaged):
    text = json.dumps(products(3))
    cut = text[:len(json.dumps(products(n))) - 1]
    found = read(cut, sample=text, is_damaged=is_damaged)
    assert [what for _, what in found] == [*[f"T{i}" for i in range(n)], "damaged file"]
    assert [what for _, what in read(text, is_damaged=is_damaged)][3:] == ["damaged file"] * is_damaged


@pytest.mark.parametrize("end, is_good", [
    ("", True), ("\n", True), (",", False), ("x", False), ("]", False), (" []", True)])
def test_what_may_stand_behind_a_document(end, is_good):
    found = [what for _, what in read(json.dumps(products(2)) + end, sample=json.dumps(products(2)))]
    assert found[:2] == ["T0", "T1"] and (found[2:] == [] or not is_good)


@pytest.mark.parametrize("n_chars, n_good", [
    (json_document.MAX_HELD_CHARS - 999, 2), (json_document.MAX_HELD_CHARS + 1_999, 5)])
def test_a_long_item_is_no_product_and_what_it_holds_is_believed_before_it_ends(n_chars, n_good):
    item = {"p": [PRODUCT, {"title": "x" * n_chars, "category": "c"}, PRODUCT]}
    text = json.dumps([{"p": [PRODUCT]}, {"p": [PRODUCT]}, item])
    found = [what for _, what in read(text[:-2] + ', "x" 1}]', sample=text[:300], size=999)]
    assert len([what for what in found if what not in ("not JSON", "damaged file")]) == n_good


@pytest.mark.parametrize("n", [1, json_document.MAX_DOUBTFUL, json_document.MAX_DOUBTFUL + 1])
@pytest.mark.parametrize("is_whole", [True, False])
def test_objects_that_are_indented_otherwise_are_believed_when_they_are_many_or_the_document_ends_well(n, is_whole):
    rows = products(n + 2)
    text = "[\n" + ",\n".join("  " * (i > 1) + json.dumps(row) for i, row in enumerate(rows)) + "\n]"
    found = [what for _, what in read(text if is_whole else text[:-1], sample=text)]
    is_believed = is_whole or n > json_document.MAX_DOUBTFUL
    assert found == ["T0", "T1", *(f"T{i + 2}" if is_believed else "not JSON" for i in range(n)),
                     *["damaged file"] * (not is_whole)]


@pytest.mark.parametrize("text, want", [
    ('[{"title": "a",}, {"title": "b", "x": [1,],}, {"title": ",}"}]', ["a", "b", ",}"]),
    ('[{"title": "a"}, {"title": "b" "c"}, {"title": "d"}]', ["a", "damaged file"]),
    ('{"title": "a"}{"title": "b"},{"title": "c"}', ["a", "b", "damaged file"]),
    ('{"title": "a"},{"title": "b"},{"title": "c"}', ["a", "b", "c"]),
    ("[{'title': 'a'}, {'title': 'b', 'c': {1, 2}}, {'title': u'd'}]", ["a", "b", "d"]),
])
def test_odd_objects(text, want):
    for size in 1, 5, 999:
        assert [what for _, what in read(text, size=size)] == want


def test_one_object_that_is_no_json_ends_nothing():
    assert [what for _, what in read('[{"title": "a"}, {"title": "\\u00"}, {"title": "d"}]', size=999)] == [
        "a", "not JSON", "d"]
