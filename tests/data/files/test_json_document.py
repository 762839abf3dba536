"""Claim: the products of a JSON document come out whole, in bounded memory; none is made from the inside of another."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.data.files.json_document import Objects
from nnlite.data.files.json_survey import survey
from nnlite.data.lines import SkippedLine

texts = st.text(st.sampled_from('ab"\\[]{},: é\n'), max_size=8)
products = st.lists(st.fixed_dictionaries({
    "title": texts, "category": st.lists(texts | st.dictionaries(texts, texts))}), min_size=1, max_size=6)
wrappers = st.sampled_from([
    lambda p: p, lambda p: {"products": p}, lambda p: {"a": [1], "data": {"items": p}, "n": "{"},
    lambda p: {"edges": [{"node": product} for product in p]}, lambda p: {"name": "Shop", "p": p}])


class Trickle(io.BytesIO):
    def read1(self, size=-1):
        return super().read1(7)


def read(text):
    return [row for _, row in Objects(Trickle(text.encode()), survey(text))]


@given(products, wrappers, st.sampled_from([None, 0, 2]))
def test_documents_come_back(rows, wrap, indent):
    assert read(json.dumps(wrap(rows), indent=indent)) == rows


@given(products, wrappers, st.sampled_from([None, 1]), st.floats(0, 1))
def test_a_cut_document_gives_true_records_only(rows, wrap, indent, where):
    text = json.dumps(wrap(rows), indent=indent)
    sample = survey(text)
    cut = text[:int(where * len(text))]
    *found, last = [row for _, row in Objects(Trickle(cut.encode()), sample)] or [None]
    found = [row for row in [*found, last] if isinstance(row, dict)]
    assert found == rows[:len(found)] and (cut in ("", text) or isinstance(last, SkippedLine))


PRODUCTS = [{"title": f"T{i}", "category": "c", "related": [{"title": "no", "category": "no"}]} for i in range(5)]


@pytest.mark.parametrize("text", [json.dumps(PRODUCTS), json.dumps(PRODUCTS, indent=1),
                                  "[\n" + ",\n".join(map(json.dumps, PRODUCTS)) + "]"])
def test_a_lost_character_invents_nothing(text):
    for i in range(len(text)):
        for row in read_or_nothing(text[:i] + text[i + 1:]):
            assert isinstance(row, SkippedLine) or row.get("title") != "no", (i, text[i - 9:i + 9])


def read_or_nothing(text):
    try:
        return read(text)
    except ValueError:
        return []


def test_reading_resumes_behind_a_damaged_line():
    lines = [json.dumps(product) for product in PRODUCTS]
    lines[1] = lines[1].replace('"T1"', '"T1')
    found = read("[\n" + ",\n".join(lines) + "\n]")
    assert [row["title"] for row in found if isinstance(row, dict)] == ["T0", "T2", "T3", "T4"]
    assert [row.kind for row in found if isinstance(row, SkippedLine)] == ["not JSON"]


@pytest.mark.parametrize("text, titles", [
    ('[{"title": "a", "x": NaN,}, {"title": "b",},]', ["a", "b"]),
    ("[{'title': 'a\"'}, {'title': None}]", ['a"', None]),
    ('{"title": "a"}\n{\n"title": "b"}', ["a", "b"]), ('[{"title": "a"}]\n[{"title": "b"}]', ["a", "b"]),
    ('{"B1": {"title": "a"}, "B2": {"title": "b"}}', ["a", "b"]),
    ('{"reviews": [{}, {}], "items": [{"title": "a", "tags": 1}]}', ["a"]),
])
def test_shapes(text, titles):
    assert [row["title"] for row in read(text)] == titles


class Repeated(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, start, part, n):
        self.blocks = iter([start, *[part] * n])

    def read1(self, size=-1):
        return next(self.blocks, b"")


@pytest.mark.parametrize("start, part, n, most", [
    (b"[", (json.dumps(PRODUCTS[0]) + ",").encode() * 600, 60, 1 << 21),
    (b'[{"title": "a"}, {"title": "', b"x" * (1 << 18), 150, 5 << 24),
    (b'[{"title": "a"}, {"title": "', b"\\" * (1 << 18), 80, 5 << 24),
    (b'[{"title": "a"}, ', b"{" * (1 << 16), 100, 1 << 21),
])
def test_memory_is_that_of_a_block_and_a_product(start, part, n, most):
    found = survey((start + part).decode())
    tracemalloc.start()
    n_rows = sum(1 for _ in Objects(Repeated(start, part, n), found))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_rows >= 2 and peak < most


INNER = [{"title": "no", "category": "no"}] * 3


@pytest.mark.parametrize("item, damage", [
    ({"noda": {"id": 0, "related": INNER}}, ""), ({"noda": {"id": 0, "more": {"related": INNER * 9}}}, ""),
    ({"noda": {"id": 0, "related": INNER}}, "}"), ({"node": {"title": "T", "category": "c"}, "related": INNER}, "}"),
])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_products_of_misspelt_keys_do_not_hide_the_others(item, damage, at):
    nodes: list = [{"node": product} for product in PRODUCTS[:2]]
    nodes.insert(at, item)
    rows = read_or_nothing(json.dumps({"s": {"edges": nodes}}) + damage)
    assert all(isinstance(row, SkippedLine) or row["title"] != "no" for row in rows) and (rows or damage)
