"""Claim: what stands inside of a product is no product, however its file is damaged; a well-formed file is not damaged.

The inputs are those by which a fuzzer has found records that were none.
"""

import json
import time

import pytest

from nnlite import read_records

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
