"""Claim: every shape of product file gives clean records, with the title and the categories that the documentation
names."""

import json
from itertools import islice
from pathlib import Path

import pytest
from product_files import GOOD, HEADER, MUG, PACKERS, ROW, read, write

from nnlite.data.records import Record, read_records

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    "line, want",
    [
        ('{"title": "A", "category": ["X", "Y", "X"]}', ("X", "Y")),
        ('{"title": "A", "category": ["X", "</span></span>", "", "Size: < 5 & > 3"]}', ("X", "Size: < 5 &", "3")),
        ('{"title": "A", "category": "X > Y|Z"}', ("X", "Y", "Z")),
        ('{"title": "A", "category": ["X > Y"], "main_cat": "<img src=\'x\'>"}', ("X", "Y")),
        ('{"title": "A", "main_category": "M", "categories": ["X", "Y"]}', ("M", "X", "Y")),
        ('{"title": "A", "main_category": "X", "categories": ["X", "Y"]}', ("X", "Y")),
        ('{"title": "A", "main_category": "M", "categories": []}', ("M",)),
        ('{"title": "A", "main_category": null, "categories": ["X"], "price": NaN}', ("X",)),
        ('{"product_name": "A", "categories": [["X", "Y"], ["X", "Z"]], "title": ""}', ("X", "Y", "Z")),
        ('{"productName": "A", "main_category": "M", "sub_category": "S"}', ("M", "S")),
        ("{'title': 'A', 'price': 1e3, 'categories': [['X', \"Y's\"], ['X']], 'related': {}}", ("X", "Y's")),
        ("{'name': 'A', 'category': ('X', u'Y'), 'description': '\\d'}", ("X", "Y")),
        ('  {"title": "A", "category": ["X"]}  \r', ("X",)),
        ('\ufeff{"title": "A", "category": ["X"]}', ("X",)),
        ('{"title": "\\ud800A\\u0000", "category": ["X\x00", "\\udfff"]}', ("X",)),
        ('{"title": "A", "category": "[\'X > Y\', \'Z\']"}', ("X", "Y", "Z")),
    ],
)
@pytest.mark.filterwarnings("error")
def test_every_shape_of_json_line(tmp_path, line, want):
    records, reader = read(tmp_path, "a.jsonl", line + "\n")
    assert records == [Record("A", want)]
    assert reader.n_records == 1 and not reader.skipped


@pytest.mark.parametrize(
    "name, content, want",
    [
        ("a.csv", "title,category\nA,X > Y | Z\n", ("X", "Y", "Z")),
        ("a.csv", "title,category\r\nA,Computers&Accessories|USB\r\n", ("Computers&Accessories", "USB")),
        ("a.csv", "id,Product Name,Amazon_category_and_sub_category\n1,A,X &gt; Y\n", ("X", "Y")),
        ("a.csv", "id,Product-Name,Category 2,category_1,category_id\n1,A,X,Y,7\n", ("X", "Y")),
        ("a.csv", "\ufeffNAME,Main Category,SubCategory\nA,X,\n", ("X",)),
        ("a.csv", "name,categories\nA,\"['X', 'Y > Z']\"\n", ("X", "Y", "Z")),
        ("a.csv", 'name,category\nA,"[""X"", ""Y""]"\n', ("X", "Y")),
        ("a.csv", "name,category\nA,[X] › Y]\n", ("[X]", "Y]")),
        ("a.csv", 'name,note,category\nA,"one,\n\ntwo ""2""",X', ("X",)),
        ("a.csv", '\n \nname,category\n\n"A",X', ("X",)),
        ("a.tsv", "title\tcategory\nA\tX, Y\n", ("X, Y",)),
    ],
)
def test_every_shape_of_table(tmp_path, name, content, want):
    records, reader = read(tmp_path, name, content)
    assert records == [Record("A", want)]
    assert reader.n_records == 1 and not reader.skipped


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".TSV"])
def test_every_ending(tmp_path, ending, packing):
    content = {".csv": HEADER + ROW, ".TSV": (HEADER + ROW).replace(b",", b"\t")}.get(ending, GOOD)
    records, _ = read(tmp_path, "a" + ending + packing.upper(), PACKERS[packing](content))
    assert records == [MUG]


def test_a_list_of_files_is_one_stream_read_as_it_is_asked_for(tmp_path):
    paths = [write(tmp_path, "a.jsonl", GOOD * 3), str(write(tmp_path, "b.csv", HEADER + ROW + b"x\n"))]
    reader = read_records(paths)
    assert (next(reader), reader.n_records) == (MUG, 1)
    assert list(islice(reader, 2)) == [MUG, MUG]
    assert list(reader) == [MUG] and list(reader) == []
    assert reader.summary() == "4 records, 1 skipped lines: 1 wrong columns"


@pytest.mark.parametrize("line, want", [
    ('{"title": 17, "category": 18}', Record("17", ("18",))),
    ('{"title": 1.5, "category": [2.0, null, "X", 17]}', Record("1.5", ("2", "X", "17"))),
    ('{"title": "Mug", "category": "[1, 2]"}', Record("Mug", ("1", "2")))])
def test_numbers_are_texts(tmp_path, line, want):
    assert read(tmp_path, "a.jsonl", line)[0] == [want]


def real(name):
    if not (DATA / name).exists():
        pytest.skip(f"../shared/data/{name} is not there")
    return read_records(DATA / name)


def test_the_real_titles_are_read_whole():
    reader = real("amazon_titles_100k.jsonl.gz")
    n_categories = sum(len(record.categories) for record in reader)
    assert reader.summary() == "100,000 records, 0 skipped lines"
    assert n_categories > 200_000


def test_the_published_file_is_accounted_for_line_by_line():
    reader = real("meta_Gift_Cards.json.gz")
    records = list(reader)
    assert reader.summary() == "1,542 records, 5 skipped lines: 5 no category"
    assert all(record.categories[0] == "Gift Cards" for record in records)
    assert not any("<" in name for record in records for name in record)


@pytest.mark.parametrize("name, content", [
    ("a.jsonl", '{"productName": "D", "product_name": "C", "name": "B", "title": "A", "category": "X"}\n'
                '{"productName": "D", "product_name": "C", "name": "B", "category": ["X"]}\n'
                '{"productName": "D", "item_name": "C", "category": ["X"]}\n'),
    ("a.csv", "category,Name,Title\nX,B,A\n"),
    ("b.csv", "category,Product Name,Name\nX,C,B\n"),
])
def test_of_several_titles_the_first_in_the_order_of_the_documentation_is_taken(tmp_path, name, content):
    records, _ = read(tmp_path, name, content)
    want = {"a.jsonl": ["A", "B", "D"], "a.csv": ["A"], "b.csv": ["B"]}[name]
    assert records == [Record(title, ("X",)) for title in want]


@pytest.mark.parametrize("category", ['["B", "C"]', '"B|C"'])
def test_categories_of_several_keys_come_in_the_order_of_the_documentation(tmp_path, category):
    line = '{"sub_category": "E", "categories": ["D"], "category": %s, "main_category": "A", "title": "T"}' % category
    assert read(tmp_path, "a.jsonl", line)[0] == [Record("T", ("A", "B", "C", "D", "E"))]


@pytest.mark.parametrize("key", ["main_category", "categories", "sub_category"])
def test_a_category_under_another_key_beside_a_list_is_not_lost(tmp_path, key):
    records, _ = read(tmp_path, "a.jsonl", '{"title": "T", "category": ["B"], "%s": "A"}' % key)
    assert sorted(records[0].categories) == ["A", "B"]


@pytest.mark.parametrize("column", [
    "category", "CATEGORIES", "amazon_categories", "Product Category", "Main-Category", "sub category 3",
    "categoryName", "Category Level 2", "category_path", "amazon_category_and_sub_category"])
def test_names_of_columns_with_categories(tmp_path, column):
    assert read(tmp_path, "a.csv", f"title,{column}\nMug,Kitchen\n")[0] == [MUG]


@pytest.mark.parametrize("column", ["category_id", "my_category", "categor"])
def test_names_of_columns_with_something_else(tmp_path, column):
    with pytest.raises(ValueError, match=f"no column of categories .* may hold them: --categories {column};"):
        read(tmp_path, "a.csv", f"title,{column}\nMug,Kitchen\n")


def test_a_category_that_two_columns_share_counts_once(tmp_path):
    assert read(tmp_path, "a.csv", "title,category 1,category 2\nMug,Kitchen,Kitchen|New\n")[0] == [
        Record("Mug", ("Kitchen", "New"))]


@pytest.mark.parametrize("first", ["\n  ", "\ufeff"])
def test_an_array_of_products_is_read_whatever_the_ending(tmp_path, first):
    good = write(tmp_path, "a.jsonl", GOOD)
    array = write(tmp_path, "b.jsonl", first + '[{"title": "Mug", "category": ["Kitchen"]}]')
    assert list(read_records([good, array])) == [MUG, MUG]


@pytest.mark.parametrize("useless", [None, "", "  ", "<b></b>", ["Mug"], "\u200b", "nan", "x (new Date()).getTime()"])
@pytest.mark.parametrize("key, other", [("title", "name"), ("name", "product_name"), ("product_name", "productName")])
def test_the_next_key_gives_the_title_where_one_is_useless(tmp_path, useless, key, other):
    product = {key: useless, other: "Mug", "category": ["Kitchen"]}
    assert read(tmp_path, "a.jsonl", json.dumps(product))[0] == [MUG]
    row = "Kitchen,Mug," + (useless if isinstance(useless, str) else "")
    assert read(tmp_path, "a.csv", f"category,{other},{key}\n{row}\n")[0] == [MUG]


def test_the_number_of_records_has_its_thousands_separated(tmp_path):
    assert read(tmp_path, "a.jsonl", GOOD * 1000)[1].summary() == "1,000 records, 0 skipped lines"
