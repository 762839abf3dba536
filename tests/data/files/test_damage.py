"""Claim: what stands inside of a product is no product, however its file is damaged; a well-formed file is not damaged.

The inputs are those by which a fuzzer has found records that were none.
"""

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest

from nnlite import read_records
from nnlite.data.cleaning import clean
from nnlite.data.files.blocks import Lines
from nnlite.data.files.encoding import look
from nnlite.data.files.source import Peeked
from nnlite.data.lines import numbered_lines

INNER = [{"title": "inside", "category": "no"}]
ROWS = [{"id": i, "title": f"Item {i}", "category": ["Mugs"], "related": INNER} for i in range(6)]


def titles(path):
    """The titles in a file, none for one that is refused."""
    try:
        return [record.title for record in read_records(path)]
    except ValueError:
        return []


@pytest.mark.parametrize("dump", [json.dumps, lambda rows: json.dumps(rows, indent=1),
                                  lambda rows: json.dumps({"s": {"edges": [{"node": row} for row in rows]}}),
                                  lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows)])
@pytest.mark.parametrize("old, new", [
    ('"title": "Item 0', '"ti,le": "Item 0'), ('"title": "Item 0', '"title: "Item 0'), ('"category', '&"category'),
    ('"Mugs"', '"Mugs": "x"'), ('Item 1', 'Item" 1'), ('}', ''), (']', ']]'), ('"related": [', '"related": [[')])
def test_the_inside_of_a_damaged_product(dump, old, new, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(dump(ROWS).replace(old, new, 1).replace('"no"}]}', '"no"}]', 2))
    assert "inside" not in titles(path)


def test_an_object_on_a_line_of_its_own_behind_damage(tmp_path):
    path = tmp_path / "a.json"
    lines = [json.dumps(row) + "," for row in ROWS]
    lines[2] = lines[2].replace('"Item 2"', '"Item 2')
    lines.insert(4, '{"title": "inside", "category": "no"}]},')
    path.write_text("[\n" + "\n".join(lines)[:-1] + "\n]")
    assert titles(path) == ["Item 0", "Item 1", "Item 3", "Item 4", "Item 5"]


def test_documents_that_follow_each_other_have_commas_between_all_or_none(tmp_path):
    path = tmp_path / "a.json"
    text = "\n".join(json.dumps(row | {"related": INNER * 3}, indent=1) for row in ROWS)
    first, damaged, rest = text.partition('"id": 2,')
    path.write_text(first + damaged + rest.replace('"related": [\n  {\n   "title": "inside",\n', "", 1))
    assert "inside" not in titles(path)
    path.write_text(",\n".join(json.dumps(row, indent=1) for row in ROWS))
    assert titles(path) == [row["title"] for row in ROWS]


@pytest.mark.parametrize("n_rows", [1, 3])
def test_a_cell_with_lines_like_rows(n_rows, tmp_path):
    path = tmp_path / "a.csv"
    inner = "".join(f"9,inside {i},no,1.5,x\n" for i in range(n_rows))
    path.write_text("id,title,category,price,description\n" + "".join(
        f'{i},"Item {i}, ""big""",Mugs,1.5,"text\n{inner}""x"""\n' for i in range(20)))
    assert titles(path) == [f'Item {i}, "big"' for i in range(20)]
    path.write_text(path.read_text()[:-2])  # a quote that closes nothing
    assert titles(path)[:19] == [f'Item {i}, "big"' for i in range(19)]
    assert not any("inside" in title for title in titles(path))


@pytest.mark.parametrize("old, new", [
    ('"category": [\n  "Mugs"\n ],\n "related": [\n  {\n   "title": "inside"', '"cat": "inside"'),
    ('"related": [\n  {\n   "title": "inside",\n', "")])
@pytest.mark.parametrize("first", [0, 2])
@pytest.mark.parametrize("is_list", [True, False])
def test_products_that_are_indented_like_those_inside(old, new, first, is_list, tmp_path):
    path = tmp_path / "a.json"
    products = [json.dumps(row | {"related": INNER * 3}, indent=1) for row in ROWS]
    products[first] = products[first].replace(old, new, 1)
    path.write_text("[\n " + ",\n".join(products).replace("\n", "\n ") + "\n]" if is_list else "\n".join(products))
    assert "inside" not in titles(path)


@pytest.mark.parametrize("gap", [",\n", ",\n      ", ", "])
def test_a_list_may_be_indented_as_it_likes(gap, tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[\n  " + gap.join(json.dumps(row, indent=3) for row in ROWS) + "\n]")
    assert titles(path) == [row["title"] for row in ROWS]


def test_a_python_object_has_keys_or_is_a_set(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(repr([row | {"related": INNER * 2} for row in ROWS]).replace("'related': [{'title': ", "", 1))
    assert "inside" not in titles(path)
    path.write_text(repr([row | {"related": {"inside", "inner"}} for row in ROWS]))
    assert titles(path) == [row["title"] for row in ROWS]


def test_products_behind_the_page_that_held_them(tmp_path):
    path = tmp_path / "a.json"
    text = json.dumps([{"n": 1, "products": ROWS[:4]}, {"n": 2, "products": ROWS[4:]}], indent=1)
    start, end = text.index('"Item 5"'), text.rindex('"title": "inside"')
    path.write_text(text[:start] + '"x"}]}, {"n": 2}, {' + text[end:])
    assert titles(path)[:4] == [f"Item {i}" for i in range(4)] and "inside" not in titles(path)


def test_products_behind_one_that_is_no_json(tmp_path):
    path = tmp_path / "a.json"
    text = json.dumps([row | {"related": INNER * 2} for row in ROWS])
    path.write_text(text.replace('"category": ["Mugs"], "related": [{"title": "', '"x": "\\u00', 1))
    assert titles(path) == []
    path.write_text(text.replace("Item 1", "Item \\u00", 1))
    assert titles(path) == ["Item 0", "Item 2", "Item 3", "Item 4", "Item 5"]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("text", ["", "text {i},\nline, two\nend", "text\n{i},inside,no,x\nend"])
@pytest.mark.parametrize("delimiter", ",\t")
def test_a_quote_that_is_lost_glues_no_rows(quoting, text, delimiter, tmp_path):
    path, names = tmp_path / "a.csv", ["Mugs", "Hats"]
    rows = [[str(i), f"Item{delimiter} {i}", names[i % 2], text.format(i=i)] for i in range(30)]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(
        [["id", "title", "category", "description"], *rows])
    closing = [match.start() for match in re.finditer(rf'"(?={delimiter}"?(?:Mugs|Hats))', out.getvalue())]
    for place in closing[::7]:
        path.write_text(out.getvalue()[:place] + out.getvalue()[place + 1:])
        reader = read_records(path)
        records = [(record.title.strip('"'), *record.categories) for record in reader]
        assert {*records} <= {(clean(row[1]), row[2]) for row in rows}
        assert len(records) >= 25 and (len(records) == 30 or reader.skipped.total())


@pytest.mark.parametrize("old, new", [
    ('""",Mugs,1.5,"text\n9', '"" [text\n9'), ('Item 3, ""big""",Mugs,1.5,"text', 'Item 3"text'),
    ('""",Mugs', '""Mugs'),
    ('""",Mugs,1.5,"text\n9,inside,no,1.5,x\n""x"""\n4,"', '"" e\n9,inside,no,1.5,x\n""x"",Mugs,1.5,"text\n')])
def test_a_title_that_swallows_rows_is_none(old, new, tmp_path):
    path = tmp_path / "a.csv"
    lines = "".join(f'{i},"Item {i}, ""big""",Mugs,1.5,"text\n9,inside,no,1.5,x\n""x"""\n' for i in range(20))
    start = lines.index("\n3,")
    assert old in lines[start:]
    path.write_text("id,title,category,price,description\n" + lines[:start] + lines[start:].replace(old, new, 1))
    assert {*titles(path)} <= {f'Item {i}, "big"' for i in range(20)} and len(titles(path)) >= 16


@pytest.mark.parametrize("old, new", [("<item>", "item>"), ("<item>", "<atem>")])
@pytest.mark.parametrize("n_before", [0, 2])
def test_an_element_inside_of_a_damaged_item(old, new, n_before, tmp_path):
    path = tmp_path / "a.xml"
    item = "<item><title>Item</title><category>Mugs</category><related><product><title>inside</title>" \
           "<category>no</category></product></related></item>\n"
    path.write_text(f"<rss><channel>{item * n_before}{item.replace(old, new)}{item * 3}</channel></rss>")
    assert "inside" not in titles(path)


@pytest.mark.parametrize("key", ["-" * 40_000, "title" + " (" * 20_000])
def test_long_names_of_columns_are_looked_at_quickly(key, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"title": "a", key: 1, "category": ["b"]}] * 3))
    start = time.process_time()
    assert titles(path) == ["a"] * 3
    assert time.process_time() - start < 10


class Broken(io.BytesIO):
    """A packed file whose error has been met before: bz2 raises another one at the next try."""

    def read1(self, size=-1):
        raise RuntimeError("Invalid sequence of commands sent to libbzip2")


def test_the_second_error_of_a_packed_file_is_damage_too():
    assert isinstance(Peeked(Broken(), Path("a.csv.bz2")).trouble, RuntimeError) and look(Broken())[0] == b""
    assert [line.kind for _, line in numbered_lines(Broken())] == ["damaged file"]
    lines = Lines(Broken(), "\n")
    assert not lines.read() and lines.trouble.kind == "damaged file"
