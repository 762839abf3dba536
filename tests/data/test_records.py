"""Whatever a product file holds, reading it gives clean records and an account of every line that gave none."""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import subprocess
import sys
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from problems import compiled

from nnlite.data import lines
from nnlite.data.cleaning import clean
from nnlite.data.files.cells import NO_NAMES
from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.json_rows import json_object, plain_product
from nnlite.data.lines import (
    MAX_LINE_BYTES, MAX_LITERAL_CHARS, MAX_ROW_LINES, MAX_TITLE_CHARS, WANTED, SkippedLine)
from nnlite.data.records import Record, read_records

GOOD = b'{"title": "Mug", "category": ["Kitchen"]}\n'
MUG = Record("Mug", ("Kitchen",))
CAFE = Record("Café", ("Kitchen",))
ACCENTS = '{"title": "Café", "category": ["Kitchen"]}\n'.encode() * 2  # what other letters there are is UTF-8
HEADER = b"title,category\n"
ROW = b"Mug,Kitchen\n"
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
DATA = Path(__file__).parents[3] / "shared" / "data"

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder, name, content, **options):
    """(records, reader) of a file with this content."""
    reader = read_records(write(folder, name, content), **options)
    return list(reader), reader


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


@pytest.mark.parametrize(
    "text, want",
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("Tom &amp;amp;amp; Jerry", "Tom &amp; Jerry"),
        ("AT&T, 911&GT3, R&D;", "AT&T, 911&GT3, R&D;"),
        ("&#39;a&#x27;&nbsp;b &unknown; &;", "'a' b &unknown; &;"),
        ("3 < 5 > 4, I <3 you, <<, a <", "3 < 5 > 4, I <3 you, <<, a <"),
        ("3 &lt; 5", "3 < 5"),
        ("<b>Bold</b><br/>mug <!DOCTYPE html><?xml?>", "Bold mug"),
        ("&lt;b&gt;Mug&lt;/b&gt;", "Mug"),
        ("<A HREF='x'\n>Mug", "Mug"),
        ("a<script type='x'>if (a < b) { c() }</SCRIPT >b<style>p {}</style>c", "a b c"),
        ("Mug <script> var\n x\n", "Mug"),
        ("Mug <!-- a >\n b --> cup <!-- x", "Mug cup"),
        (" a \t\r\n b\u00a0\u2028c\x1fd ", "a b c d"),
        ("\x00a\x1b[1m\x7f\u200b\u200eb\ud83d\ufeff", "a[1mb"),
        ("👩\u200d🔬 caf\u00e9", "👩\u200d🔬 caf\u00e9"),
        ("", ""),
    ],
)
def test_cleaning(text, want):
    assert clean(text) == want


@quick
@given(st.text(st.one_of(st.sampled_from("<>/!-a b\n\x00"), st.characters(exclude_characters="&"))))
def test_cleaning_twice_is_cleaning_once(text):
    once = clean(text)
    assert clean(once) == once
    assert "\n" not in once and once == once.strip()
    once.encode()


@pytest.mark.parametrize(
    "unit", ["<", "<a", "<!--", "<script", "<script>", "</script ", "<style></script>", "&", "&amp", "&#", "< ", "<a '"]
)
def test_cleaning_takes_linear_time(unit):
    cleaned = clean(unit * (MAX_LINE_BYTES // len(unit)))  # quadratic time would take hours
    assert len(cleaned) <= MAX_LINE_BYTES


BAD_JSON_LINES = [
    ("not UTF-8", b'{"title": "caf\xe9", "category": ["X"]}'),
    ("line too long", b'{"title": "%s", "category": ["X"]}' % (b"x" * MAX_LINE_BYTES)),
    ("not JSON", b"Mug, Kitchen"),
    ("not JSON", b'{"title": "Mug", "categ'),
    ("not JSON", b"{'title': 'Mug', 'category': [open('x')]}"),
    ("not JSON", b"{'title': %s1}" % (b"-" * 50_000)),
    ("not JSON", b"{" * 50_000),
    ("not JSON", b'{"a":' * 50_000),
    ("not JSON", b"{%s}" % (b"1+" * 50_000 + b"1")),
    ("not JSON", b"{%s}" % (b"1," * MAX_LITERAL_CHARS)),
    ("not JSON", b'{"title": "Mug", "price": %s}' % (b"9" * 5_000)),
    ("not JSON", b"{[]: 1}"),
    ("not JSON", b"\x00"),
    ("not an object", b"17"),
    ("not an object", b'"Mug"'),
    ("not an object", b"[1, 2]"),
    ("not an object", b"{'Mug'}"),
    ("no title", b'{"category": ["X"]}'),
    ("no title", b'{"title": null, "category": ["X"]}'),
    ("no title", b'{"title": " \\u0000 ", "category": ["X"]}'),
    ("no title", b'{"title": "<img src=x>", "category": ["X"]}'),
    ("no title", b'{"title": "<script>var x</script>", "category": ["X"]}'),
    ("no title", b'{"title": "var aPageStart = (new Date()).getTime();", "category": ["X"]}'),
    ("no title", b'{"title": true, "category": ["X"]}'),
    ("no title", b'{"title": "nan", "category": ["X"]}'),
    ("no title", b"{'title': b'Mug', 'category': ['X']}"),
    ("bad category", b"{'title': 0x%s, 'category': ['X']}" % (b"f" * 5_000)),
    ("title too long", b'{"title": "%s", "category": ["X"]}' % (b"x" * (MAX_TITLE_CHARS + 1))),
    ("no category", b'{"title": "Mug"}'),
    ("no category", b'{"title": "Mug", "category": [], "main_category": null}'),
    ("no category", b'{"title": "Mug", "category": ["", "</span>"]}'),
    ("no category", b'{"title": "Mug", "category": " > | "}'),
    ("no category", b'{"title": "Mug", "category": false}'),
    ("no category", b'{"title": "Mug", "category": "nan"}'),
    ("bad category", b'{"title": "Mug", "category": {"X": 1}}'),
    ("no category", b'{"title": "Mug", "category": NaN}'),
    ("bad category", b'{"title": "Mug", "category": 1e999}'),
    ("bad category", b'{"title": "Mug", "category": [1%s]}' % (b"0" * 400)),
    ("nested too deep", b'{"title": "Mug", "category": [[["X"]]]}'),
    ("nested too deep", b'{"title": "Mug", "category": "[[[1]]]"}'),
    ("nested too deep", b'{"title": "Mug", "category": %s}' % (b"[" * 500 + b"]" * 500)),
]


@pytest.mark.parametrize("kind, line", BAD_JSON_LINES, ids=range(len(BAD_JSON_LINES)))
@pytest.mark.filterwarnings("error")
def test_a_bad_json_line_is_counted_named_and_skipped(tmp_path, kind, line):
    records, reader = read(tmp_path, "a.jsonl", GOOD + b"\n \r\n" + line + b"\n" + GOOD + ACCENTS)
    assert records == [MUG, MUG, CAFE, CAFE]
    assert reader.skipped == {kind: 1}
    [message] = reader.skipped.examples
    assert message.startswith(f"{tmp_path / 'a.jsonl'}:4: {kind}, want {WANTED[kind]}, got ")
    assert len(message) < len(str(tmp_path)) + 350 and message.isprintable()


BAD_ROWS = [
    ("not UTF-8", b"caf\xe9,X"),
    ("title too long", b"x" * MAX_LINE_BYTES + b",X"),
    ("wrong columns", b"Mug, large,Kitchen"),
    ("wrong columns", b"Mug"),
    ("no title", b",Kitchen"),
    ("no title", b","),
    ("title too long", b"%s,X" % (b"x" * (MAX_TITLE_CHARS + 1))),
    ("no category", b"Mug,"),
    ("nested too deep", b"Mug,[[[]]]"),
]


@pytest.mark.parametrize("kind, row", BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_bad_row_is_counted_named_and_skipped(tmp_path, kind, row):
    records, reader = read(tmp_path, "a.csv", HEADER + b"\n" + ROW + row + b"\n" + "Café,Kitchen\n".encode() * 2 +
                           b'"Mug",Kitchen')
    assert records == [MUG, CAFE, CAFE, MUG]
    assert reader.skipped == {kind: 1}
    assert reader.skipped.examples[0].startswith(f"{tmp_path / 'a.csv'}:4: {kind}, want {WANTED[kind]}, got ")


def test_the_tables_above_show_every_kind():
    elsewhere = {"damaged file", "object too long", "not CSV", "unclosed quote", "variant"}
    assert {kind for kind, _ in BAD_JSON_LINES + BAD_ROWS} | elsewhere == set(WANTED)


@pytest.mark.parametrize("line, want", [
    ('{"title": 17, "category": 18}', Record("17", ("18",))),
    ('{"title": 1.5, "category": [2.0, null, "X", 17]}', Record("1.5", ("2", "X", "17"))),
    ('{"title": "Mug", "category": "[1, 2]"}', Record("Mug", ("1", "2")))])
def test_numbers_are_texts(tmp_path, line, want):
    assert read(tmp_path, "a.jsonl", line)[0] == [want]


def test_a_cell_of_any_length_is_read(tmp_path):
    name = "x" * (csv.field_size_limit() + 1)
    assert read(tmp_path, "a.csv", f"title,category\nMug,{name}\n")[0] == [Record("Mug", (name,))]


def test_a_carriage_return_within_a_cell_is_a_space(tmp_path):
    assert read(tmp_path, "a.csv", HEADER + ROW + b"a\rb,X\n")[0] == [MUG, Record("a b", ("X",))]


def test_one_line_in_another_encoding_is_skipped_and_a_whole_file_is_read_in_it(tmp_path):
    other = "Café,Kitchen\n".encode("cp1252")
    records, reader = read(tmp_path, "a.csv", HEADER + "Café,Kitchen\n".encode() * 2 + other)
    assert records == [CAFE] * 2 and reader.skipped == {"not UTF-8": 1}
    assert read(tmp_path, "a.csv", HEADER + other * 3)[0] == [CAFE] * 3


@pytest.mark.parametrize("n_after", [0, 3, MAX_ROW_LINES + 3])
def test_an_unclosed_quote_costs_one_line(tmp_path, n_after):
    rows = b"".join(b"Mug %d,Kitchen\n" % i for i in range(n_after))
    records, reader = read(tmp_path, "a.csv", HEADER + ROW * 300 + b'"Mug,Kitchen\n' + rows)
    after = [Record(f"Mug {i}", ("Kitchen",)) for i in range(n_after)]
    if not reader.skipped:  # the quote is taken for an inch sign
        records.remove(('"Mug', ("Kitchen",)))
    assert records == [MUG] * 300 + after and reader.skipped.total() <= 1


@pytest.mark.parametrize("n_lines", [MAX_ROW_LINES, MAX_ROW_LINES + 1, 2_000])
def test_a_row_may_have_many_lines(tmp_path, n_lines):
    row = b'"Mug' + b"\n" * (n_lines - 1) + b'",Kitchen\n'
    assert read(tmp_path, "a.csv", HEADER + row + ROW)[0] == [MUG, MUG]


@pytest.mark.parametrize("later", [b'"Mug","Kitchen"\n', b'"Mug",Kitchen\n', b'Mug,"Kitchen"\n'])
def test_a_stray_quote_does_not_reach_the_next_quote(tmp_path, later):
    records, reader = read(tmp_path, "a.csv", HEADER + ROW * 30 + b'"Mug,Kitchen\n' + ROW * 3 + later + ROW * 30)
    n = reader.skipped.total()
    assert n <= 5 and records == [MUG] * (65 - n)


def test_quotes_within_the_titles_of_a_tsv_file_stay(tmp_path):
    records, _ = read(tmp_path, "a.tsv", 'title\tcategory\nTV 55"\tTV\n"Best" TV\tTV\n' + 'Mug\tTV\n' * 20)
    assert [record.title for record in records] == ['TV 55"', '"Best" TV', *["Mug"] * 20]


def test_the_first_few_skipped_lines_are_shown_the_others_counted(tmp_path, caplog):
    path = write(tmp_path, "a.jsonl", b"x\n" * 100 + GOOD * 200 + b'{"title": "Mug"}\n')
    reader = read_records([path, path])
    assert list(reader) == [MUG] * 400
    assert reader.skipped == {"not JSON": 200, "no category": 2}
    assert reader.summary() == "400 records, 202 skipped lines: 200 not JSON, 2 no category"
    assert [(entry.name, entry.levelname) for entry in caplog.records] == [("nnlite", "WARNING")] * 5
    assert caplog.messages == reader.skipped.examples
    want = f"{path}:1: not JSON, want a JSON object, or a Python dict of at most 131,072 characters, got 'x\\n'"
    assert reader.skipped.examples[0] == want


def test_the_most_frequent_kind_of_skipped_line_comes_first(tmp_path):
    _, reader = read(tmp_path, "a.jsonl", GOOD * 4 + b'{"title": "Mug"}\n' + b"x\n" * 2)
    assert reader.summary() == "4 records, 3 skipped lines: 2 not JSON, 1 no category"


def test_a_line_of_any_length_takes_little_memory(tmp_path):
    path = write(tmp_path, "a.jsonl.gz", gzip.compress(GOOD + b"x" * 10_000_000 + b"\n" + b"\xff\n" + GOOD))
    list(read_records(path))
    tracemalloc.start()
    reader = read_records(path)
    n_records = sum(1 for _ in reader)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_records == 2 and reader.skipped == {"line too long": 1, "not UTF-8": 1}
    assert ":3: not UTF-8" in reader.skipped.examples[1]
    assert peak < 8 * MAX_LINE_BYTES


def titles(n, seed):
    """Titles that hardly compress, so that harm to the packed file meets few of them."""
    rng = random.Random(seed)
    return [rng.randbytes(16).hex() for _ in range(n)]


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz"])
@pytest.mark.parametrize("harm", ["cut", "overwritten", "appended"])
@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_a_damaged_file_keeps_what_came_before(tmp_path, packing, harm, ending):
    head, line = ("", '{"title": "%s", "category": "X"}\n') if ending == ".jsonl" else ("title,category\n", "%s,X\n")
    early, late = titles(n=2_000, seed=0), titles(n=2_000, seed=1)
    packed = [PACKERS[packing]((text + "".join(line % title for title in part)).encode())
              for text, part in ((head, early), ("", late))]
    whole, middle = b"".join(packed), len(packed[0]) + len(packed[1]) // 2
    content = {
        "cut": whole[:middle],
        "overwritten": whole[:middle] + bytes(40) + whole[middle + 40:],
        "appended": whole + whole[:20],
    }[harm]
    records, reader = read(tmp_path, "a" + ending + packing, content)
    assert [record.title for record in records[:2_000]] == early
    assert reader.skipped["damaged file"] == 1
    if harm != "overwritten":  # which the .gz format notices late, so that strange lines may come through
        assert [record.title for record in records] == (early + late)[: len(records)]
        number = len(records) + 1 + bool(head)
        assert f"{ending}{packing}:{number}: damaged file, want a whole" in reader.skipped.examples[0]


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.jsonl", b"", r"a\.jsonl: the file is empty$"),
        ("a.jsonl", b"\n  \r\n", r"a\.jsonl: the file is empty$"),
        ("a.csv", b"", r"a\.csv: the file is empty$"),
        ("a.csv", HEADER, r"a\.csv: no rows below the header$"),
        ("a.jsonl.gz", gzip.compress(b"", mtime=0), r"a\.jsonl\.gz: the file is empty$"),
        ("a.jsonl.gz", GOOD, r"a\.jsonl\.gz: damaged file, Not a gzipped file"),
        ("a.csv.xz", GOOD, r"a\.csv\.xz: damaged file, "),
        ("a.jsonl.bz2", bz2.compress(GOOD)[:20], r"damaged file"),
        ("a.jsonl", b'x\n{"title": "M"}\ny\n',
         r"2 of the first 3 rows cannot be read; the first is .*a\.jsonl:1: not JSON"),
        ("a.json", b'\n[{"title": "Mug"},\n', r"a\.json: no column of categories .*; the columns are 'title'$"),
        ("a.csv", b"id;heading\n1;Mug\n",
         r"a\.csv: no column of titles .* among 'id', 'heading': name it with --title"),
        ("a.csv", b"title,category_id\nMug,7\n",
         r"a\.csv: no column of categories .*'category_id' may hold them: --cat"),
        ("a.tsv", b"category\nX\n", r"a\.tsv: no column of titles"),
        ("a.csv", b'"title,category\nMug,Kitchen\n', r"a\.csv: no rows below the header"),
        ("a.csv", "title,category\n".encode("utf-16"), r"a\.csv: no rows below the header"),
    ],
)
def test_a_file_without_a_usable_record_is_an_error(tmp_path, name, content, message):
    with pytest.raises(ValueError, match=message) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).isprintable()


def test_a_later_file_without_a_usable_record_is_an_error_too(tmp_path):
    reader = read_records([write(tmp_path, "a.jsonl", GOOD), write(tmp_path, "b.jsonl", b"x\n")])
    assert next(reader) == MUG
    with pytest.raises(ValueError, match=r"b\.jsonl: 1 of the first 1 rows cannot be read; .*b\.jsonl:1: not JSON"):
        next(reader)


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl.zst", "a", "jsonl", "a.csv"])
def test_what_a_file_holds_tells_more_than_its_ending(tmp_path, name):
    assert read(tmp_path, name, GOOD)[0] == [MUG]


@pytest.mark.parametrize("name", ["a.gz", "a.csv.gz.gz"])
def test_what_is_not_packed_as_its_ending_says_is_damaged(tmp_path, name):
    with pytest.raises(ValueError, match="damaged file"):
        read(tmp_path, name, GOOD)


def test_what_cannot_be_opened_is_an_error(tmp_path):
    good = write(tmp_path, "good.jsonl", GOOD)
    with pytest.raises(FileNotFoundError, match="missing.jsonl"):
        read_records([good, tmp_path / "missing.jsonl"])
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(IsADirectoryError, match="folder.jsonl"):
        next(read_records(tmp_path / "folder.jsonl"))
    with pytest.raises(ValueError, match="no file given"):
        read_records([])


letters = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"],  # what separates names or lines
                        exclude_characters="|>›»→＞｜;:-=[({&\\")
words = st.text(letters, max_size=12).filter(lambda word: "getTime" not in word and word.strip() not in NO_NAMES)
items = st.lists(st.tuples(words, st.lists(words, max_size=4)), min_size=1, max_size=8)


def cleaned(products):
    """The records that these (title, categories) must give."""
    for title, categories in products:
        title, categories = clean(title), tuple(dict.fromkeys(filter(None, map(clean, categories))))
        if title and categories:
            yield Record(title, categories)


@quick
@given(items, st.booleans())
def test_json_lines_come_back(tmp_path, products, escape):
    lines = [json.dumps({"title": t, "category": c}, ensure_ascii=escape) for t, c in products]
    records, reader = read(tmp_path, "a.jsonl", GOOD + "\n".join(lines).encode())
    assert records == [MUG, *cleaned(products)]
    assert reader.n_records + reader.skipped.total() == 1 + len(lines)


def slow(line, layout):
    """What `plain_product` must give: the title and categories of a line, or the kind of what is wrong."""
    row = json_object(line)
    try:
        return row.kind if isinstance(row, SkippedLine) else row and layout.title_and_categories(row)
    except SkippedLine as trouble:
        return trouble.kind


LAYOUT = Layout(None, [{"title": "Blue mug", "category": ["Kitchen"], "categories": [["A"]], "main_category": "M"}],
                Options())


@quick
@given(st.dictionaries(st.sampled_from(["title", "category", "categories", "main_category", "x"]),
                       st.one_of(words, st.none(), st.integers(), st.lists(st.one_of(words, st.none()), max_size=3),
                                 st.lists(st.lists(words, max_size=2), max_size=2))),
       st.sampled_from(["", "\n", " \r\n", "\u00a0", "x"]))
def test_the_quick_path_is_the_slow_path(product, end):
    product.setdefault("title", "<b>Blue mug</b> getTime"[:len(product) * 9])
    line = json.dumps(product) + end
    quick = plain_product(line, LAYOUT)
    assert quick is None or quick == slow(line, LAYOUT)


def test_the_quick_path_takes_plain_lines_and_no_bad_line():
    assert plain_product('{"title": "Blue mug", "category": ["Kitchen"]}\n', LAYOUT) == ("Blue mug", ("Kitchen",))
    for kind, line in BAD_JSON_LINES:
        assert kind == "not UTF-8" or plain_product(line.decode(), LAYOUT) is None


@pytest.mark.parametrize("key", ["main_category", "categories"])
def test_the_quick_path_takes_no_line_with_categories_under_other_keys(key):
    line = json.dumps({"title": "Blue mug", "category": ["X"], key: ["Y"]})
    assert plain_product(line, LAYOUT) is None and set(slow(line, LAYOUT)[1]) == {"X", "Y"}


@quick
@given(st.lists(st.sampled_from([0, 1, 40, 63, 64, 65, 130]), max_size=9),
       st.sampled_from([b"a", "é".encode(), b"\xff"]), st.booleans())
def test_lines_are_whole_wherever_blocks_end(sizes, unit, ended):
    content = b"\n".join(unit * (size // len(unit)) for size in sizes) + b"\n" * ended
    want = []
    for line in content.splitlines(keepends=True):
        bad = "line too long" if len(line) > 64 else "not UTF-8" if b"\xff" in line else None
        want.append(bad or line.decode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", 7)
        patch.setattr(lines, "MAX_LINE_BYTES", 64)
        found = list(lines.numbered_lines(io.BytesIO(content)))
    assert [getattr(text, "kind", text) for _, text in found] == want
    assert [number for number, _ in found] == list(range(1, len(want) + 1))


@quick
@given(items)
def test_python_literals_come_back(tmp_path, products):
    lines = [repr({"title": t, "categories": [c]}) for t, c in products]
    records, reader = read(tmp_path, "a.json", GOOD + "\n".join(lines).encode())
    assert records == [MUG, *cleaned(products)]
    assert reader.n_records + reader.skipped.total() == 1 + len(lines)


def test_nul_in_a_table_is_left_out(tmp_path):
    """With every version of Python: the csv module of 3.10 would refuse the row."""
    records, reader = read(tmp_path, "a.csv", b"name,category\nBlue\0 mug,Kit\0chen\n" + ROW * 9)
    assert records == [("Blue mug", ("Kitchen",)), *[MUG] * 9] and not reader.skipped


@quick
@given(items, st.sampled_from([(".csv", ",", csv.QUOTE_MINIMAL), (".tsv", "\t", csv.QUOTE_ALL)]))
def test_tables_come_back(tmp_path, products, kind):
    ending, delimiter, quoting = kind
    if sys.version_info < (3, 11):  # its csv.writer refuses NUL
        assume(not any("\0" in text for title, categories in products for text in (title, *categories)))
    file = io.StringIO()
    rows = csv.writer(file, delimiter=delimiter, quoting=quoting)
    rows.writerows([["title", "categories"], ["Mug", "Kitchen"]])
    rows.writerows([t, " > ".join(c)] for t, c in products)
    records, reader = read(tmp_path, "a" + ending, file.getvalue())
    assert records == [MUG, *cleaned((t, clean(" > ".join(c)).split(">")) for t, c in products)]
    assert reader.n_records + reader.skipped.total() == 1 + len(products)


def n_filled(content):
    """The lines that are not empty."""
    return sum(1 for line in content.split(b"\n") if line.decode(errors="replace").strip())


dirt = st.lists(st.sampled_from([GOOD, ROW, b"{", b"}", b"'", b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"a"]))


@quick
@given(st.one_of(st.binary(max_size=200), dirt.map(b"".join)), st.sampled_from(["", ".gz", ".bz2", ".xz"]))
def test_any_bytes_are_accounted_for(tmp_path, content, packing):
    content = GOOD * 200 + content
    records, reader = read(tmp_path, "a.jsonl" + packing, PACKERS[packing](content), encoding="utf-8")
    assert records[:200] == [MUG] * 200 and len(records) == reader.n_records
    assert reader.n_records + reader.skipped.total() == n_filled(content)


@quick
@given(st.one_of(st.binary(max_size=200), dirt.map(b"".join)))
def test_whatever_comes_before_a_good_last_row_is_read(tmp_path, content):
    content = HEADER + ROW * 200 + content + b"\n" + ROW * 300
    records, reader = read(tmp_path, "a.csv", content, encoding="utf-8", delimiter=",")
    assert records[-1] == MUG
    assert reader.n_records + reader.skipped.total() <= n_filled(content) - 1


@quick
@given(st.binary(max_size=200), st.sampled_from([e + p for e in (".jsonl", ".json", ".csv", ".tsv") for p in PACKERS]))
def test_any_bytes_raise_nothing_but_one_line(tmp_path, content, ending):
    try:
        read(tmp_path, "a" + ending, content)
    except ValueError as error:
        assert str(error).startswith(str(tmp_path)) and "\n" not in str(error)


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


@pytest.mark.parametrize("behind", ['{"title": "C"}', "x", "]", "1"])
def test_what_stands_behind_an_object_makes_the_line_no_json(tmp_path, behind):
    line = '{"title": "A", "category": ["X"]}'
    records, reader = read(tmp_path, "a.jsonl", f"{line}\n{line} {behind}\n")
    assert [record.title for record in records] == ["A"] and reader.skipped == {"not JSON": 1}


@pytest.mark.parametrize("n_lines", [1, 2])
def test_a_mark_of_the_order_of_bytes_belongs_to_the_beginning_of_a_file_alone(tmp_path, n_lines):
    line = '\ufeff{"title": "A", "category": ["X"]}\n'
    records, reader = read(tmp_path, "a.jsonl", n_lines * line)
    assert len(records) == 1 and reader.skipped.get("not JSON", 0) == n_lines - 1


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


def test_an_array_behind_a_skipped_line_is_a_skipped_line(tmp_path):
    records, reader = read(tmp_path, "a.jsonl", b"x\n[1]\n" + GOOD * 3)
    assert records == [MUG] * 3 and reader.skipped == {"not JSON": 1, "not an object": 1}


def test_a_second_file_without_a_record_is_an_error_about_its_own_lines(tmp_path):
    """Although so many lines of the first file were skipped that no further one is among the examples."""
    first = write(tmp_path, "a.jsonl", b"x\n" * 9 + GOOD * 10)
    for content, message in (
            (b'\n{"title": "Mug", "category": " > "}\n', "no usable record in 1 rows: .* is .*b.jsonl:2: no category"),
            (b"", "the file is empty$")):
        reader = read_records((first, write(tmp_path, "b.jsonl", content)))
        assert list(islice(reader, 10)) == [MUG] * 10
        with pytest.raises(ValueError, match=f"b.jsonl: {message}"):
            next(reader)


def test_the_file_after_a_damaged_one_is_read(tmp_path):
    damaged = write(tmp_path, "a.jsonl.gz", gzip.compress(GOOD * 3)[:-6])
    reader = read_records([damaged, write(tmp_path, "b.jsonl", GOOD)])
    assert list(reader) == [MUG] * 4 and reader.skipped == {"damaged file": 1}


@pytest.mark.parametrize("more, kind", [(0, {}), (1, {"not JSON": 1})])
def test_a_python_literal_may_have_so_many_characters_and_no_more(tmp_path, monkeypatch, more, kind):
    line = "{'title': 'Mug', 'category': ['Kitchen']}"
    monkeypatch.setattr("nnlite.data.files.arrays.MAX_CHARS", len(line) + len("\r\n"))
    for end in b"", b"\n", b"\r\n":
        _, reader = read(tmp_path, "a.jsonl", GOOD + line.encode() + b" " * 3 * more + end)
        assert reader.skipped == kind and reader.n_records == 2 - more


@pytest.mark.parametrize("useless", [None, "", "  ", "<b></b>", ["Mug"], "\u200b", "nan", "x (new Date()).getTime()"])
@pytest.mark.parametrize("key, other", [("title", "name"), ("name", "product_name"), ("product_name", "productName")])
def test_the_next_key_gives_the_title_where_one_is_useless(tmp_path, useless, key, other):
    product = {key: useless, other: "Mug", "category": ["Kitchen"]}
    assert read(tmp_path, "a.jsonl", json.dumps(product))[0] == [MUG]
    row = "Kitchen,Mug," + (useless if isinstance(useless, str) else "")
    assert read(tmp_path, "a.csv", f"category,{other},{key}\n{row}\n")[0] == [MUG]


def test_a_title_may_have_so_many_characters(tmp_path):
    line = json.dumps({"title": "x" * MAX_TITLE_CHARS + " <br>" * 999, "category": ["X"]})
    assert len(read(tmp_path, "a.jsonl", line)[0][0].title) == MAX_TITLE_CHARS


def test_examples_of_skipped_lines_are_cut():
    skipped = lines.Skipped()
    skipped.add("no category", "x" * 10**6)
    assert skipped.examples == ["x" * 1_000]


@pytest.mark.parametrize("n", [64, 65, 5_000])
def test_a_list_may_have_many_categories(tmp_path, n):
    line = json.dumps({"title": "Blue mug", "category": [str(i) for i in range(n)]})
    assert len(read(tmp_path, "a.jsonl", line)[0][0].categories) == n


def test_the_account_of_skipped_lines_is_sorted_by_how_many():
    skipped = lines.Skipped()
    for kind, n in ("no title", 2), ("not CSV", 1234), ("bad category", 1), ("no category", 3):
        for _ in range(n):
            skipped.add(kind, kind)
    assert skipped.summary() == (
        "1,240 skipped lines: 1,234 not CSV, 3 no category, 2 no title, 1 bad category")
    assert skipped.summary("lines").startswith("1,240 lines: ") and lines.Skipped().summary() == "0 skipped lines"
    assert skipped.examples == ["no title"] * 2 + ["not CSV"] * 3


def test_the_number_of_records_has_its_thousands_separated(tmp_path):
    assert read(tmp_path, "a.jsonl", GOOD * 1000)[1].summary() == "1,000 records, 0 skipped lines"


def test_a_long_name_of_a_column_is_cut_in_an_error(tmp_path):
    with pytest.raises(ValueError, match="no column of titles") as error:
        read(tmp_path, "a.csv", "\n \nid," + "x" * 5000 + "\n1,2\n")
    assert len(str(error.value)) < len(str(tmp_path)) + 1200


def test_a_skipped_row_of_several_lines_is_named_by_its_first(tmp_path):
    content = HEADER + b'"Mug\n\n",Kitchen\n"Mug\n\n",\n"Mug\n' + ROW * 9 + b"Mug,\n" + ROW * 9
    records, reader = read(tmp_path, "a.csv", content)
    assert records == [MUG] * 19
    places = [example[len(str(tmp_path)) + 1:].split(",")[0] for example in reader.skipped.examples]
    assert places == ["a.csv:5: no category", "a.csv:8: unclosed quote", "a.csv:18: no category"]


def test_a_bad_line_within_an_open_quote_is_counted_as_itself(tmp_path):
    records, reader = read(tmp_path, "a.csv", HEADER + b'"Mug,\n\xff\n' + ROW * 9,
                           encoding="utf-8")
    assert records == [MUG] * 9 and reader.skipped == {"unclosed quote": 2}
    assert [example.split(": ")[0][-1] for example in reader.skipped.examples] == ["2", "3"]


@compiled
def test_titles_of_a_megabyte_take_little_memory(tmp_path):
    """In a file they are skipped as a kind of their own; from Python, a few are hashed at a time."""
    path, line = tmp_path / "a.jsonl.gz", json.dumps({"title": "ab " * 333_000, "category": ["X"]}) + "\n"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(GOOD * 10)
        for _ in range(9):
            file.write(line.encode())
    snippet = """
import logging, resource, sys
import nnlite
logging.disable()
nnlite.Vocabulary.build([("a", "b")], min_count=1)
started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reader = nnlite.read_records(sys.argv[1])
records = list(reader) + [nnlite.Record("a " * 250_000, ("X",))] * 12
nnlite.Vocabulary.build(records, min_count=1, ngrams=2)
print(dict(reader.skipped), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started < 200_000)
"""
    found = subprocess.run([sys.executable, "-c", snippet, path], capture_output=True, text=True, check=True)
    assert found.stdout == "{'title too long': 9} True\n"
