"""Claim: a file is opened by what it holds, whatever its name, packing and encoding."""

import bz2
import gzip
import io
import json
import lzma
import sys

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from nnlite.data.records import read_records

RECORDS = [("Käse", ("Essen", "Milch")), ("Tee", ("Getränke",))]
OBJECTS = [{"title": title, "category": list(names)} for title, names in RECORDS]
LINES = "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in OBJECTS)
DOCUMENT = json.dumps({"data": {"items": OBJECTS}}, ensure_ascii=False)
FEED = "<products>" + "".join(f"<product><title>{title}</title>" + "".join(f"<category>{n}</category>" for n in names) +
                              "</product>" for title, names in RECORDS) + "</products>"
LABELLED = "".join(" ".join(f"__label__{name}" for name in names) + f" {title}\n" for title, names in RECORDS)
TEXTS = {".jsonl": LINES, ".json": DOCUMENT, ".xml": FEED, ".txt": LABELLED}
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def read(path, **options):
    return [(record.title, record.categories) for record in read_records(path, **options)]


@pytest.mark.parametrize("ending", TEXTS)
@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_content_decides(tmp_path, ending, packing, encoding):
    content = PACKERS[packing](TEXTS[ending].encode(encoding))
    for name in f"a{ending}{packing}", "without_ending":
        (tmp_path / name).write_bytes(content)
        assert read(tmp_path / name) == RECORDS


def test_standard_input(monkeypatch):
    for text in TEXTS.values():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert read("-") == RECORDS


def test_an_xml_document_names_its_encoding(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b'<?xml version="1.0" encoding="windows-1251"?><a><item><title>\xd8</title>'
                     b"<category>b</category></item></a>")
    assert read(path) == [("Ш", ("b",))]


@pytest.mark.parametrize("name, content, message", [
    ("a.json", b"", "the file is empty"), ("a.csv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
    ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(99), "an image"),
    ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(99), "save it as .xlsx"),
    ("a.csv", b"%PDF-1.4", "a PDF"), ("a.csv", b"PK\3\4" + bytes(99), "a zip archive"),
    ("a.csv", b"<!DOCTYPE html>\n<html>", "an HTML page"), ("a.bin", bytes(range(256)) * 9, "a binary file"),
    ("a.txt", b"Red shoe\nBlue hat\n", "a list of titles without categories"), ("a.json", b"[]", "without objects"),
    ("a.json", b'{"title": {"0": "a"}, "category": {"0": "b"}}', "orient='records'"),
    ("a.parquet", b"PAR1" + bytes(99), "pyarrow cannot read"),
])
def test_what_is_not_a_file_of_products(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name)) and "\n" not in str(caught.value)


def test_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({
        "title": ["A", None, 2.0 and "B"], "category": [["x", "y"], ["z"], None],
        "sub_category": pyarrow.array(["p", "p", "q"]).dictionary_encode()}), path)
    reader = read_records(path)
    assert [tuple(r) for r in reader] == [("A", ("x", "y", "p")), ("B", ("q",))] and reader.skipped == {"no title": 1}


def test_excel(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Products")
    for row in ["Export"], [], ["Title", "Category", "Price"], ["A", "x; y", 1.5], [12.0, 7.0], ["C"], ["D", "#N/A"]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    reader = read_records(tmp_path / "a.xlsx")
    assert [tuple(r) for r in reader] == [("A", ("x", "y")), ("12", ("7",))] and reader.skipped == {"no category": 2}


@pytest.mark.parametrize("module, name, start", [("pyarrow.parquet", "a.parquet", b"PAR1"),
                                                 ("openpyxl", "a.xlsx", b"PK\3\4xl/")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, module, name, start):
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / name).write_bytes(start)
    with pytest.raises(ValueError, match=r'pip install "nnlite\[files\]"'):
        read(tmp_path / name)
