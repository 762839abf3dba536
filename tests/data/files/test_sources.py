"""Claim: a file's kind and how it is read are decided by its content where the rules say, else by its name."""

import gzip
import io
import sys

import pytest

from nnlite.data.files import source
from nnlite.data.files.columns import Options
from nnlite.data.files.kinds import MAX_LINES, binary_kind, is_binary, text_kind
from nnlite.data.files.source import Peeked, opened


class Pieces(io.BytesIO):
    """A file that is read some bytes at a time."""

    def read1(self, size=-1):
        return super().read1(1 << 15)


PRODUCT = '{"title": "T", "category": "c"}'
PAGE = '{"products": [' + PRODUCT + "]}"


@pytest.mark.parametrize("text, ending, kind", [
    (f"{PRODUCT}\nx\n", ".csv", "JSON lines"), (f"{PRODUCT}\nx\ny\n", ".csv", "JSON document"),
    (f"{PRODUCT}\nx\ny\n", ".jsonl", "JSON document"),
    (f"x\n{PRODUCT}\n{PRODUCT}\n", ".csv", "table"), (f"x\n{PRODUCT}\n{PRODUCT}\n", ".json", "JSON lines"),
    ("x\ny\n", ".jsonl", "JSON lines"), ("x\ny\n", ".csv", "table"), (PAGE, ".csv", "JSON document"),
    (f"[{PRODUCT}]", ".x", "JSON document"),
    ('{"name": {"products": [' + PRODUCT + "]}}", ".json", "JSON document"), ('{"x": 1}\n', ".json", "JSON lines"),
    ("[Sale]\n", ".csv", "table"),
    ("[{\n", "", "JSON document"), ("{}\n", "", "JSON lines"), ("{'a': 1}\n", "", "JSON lines"),
    ("__label__a x\n", ".csv", "fastText"),
    ("<a><item/></a>", "", "XML"), ("<a><item/></a>", ".csv", "table"), ("<?xml ?><a/>", ".csv", "XML"),
    ("<rss>", ".txt", "XML"), ("<rssx>", ".txt", "table"),
    ("<!-- x -->", ".xml", "XML"), ("< a", "", "table"), (f"{PRODUCT}\n" * MAX_LINES + "x\n" * 999, "", "JSON lines")])
def test_kinds_of_text(text, ending, kind):
    assert text_kind(text, True, ending, Options()) == kind


@pytest.mark.parametrize("is_whole, kind", [(True, "table"), (False, "fastText")])
def test_a_line_that_is_cut_does_not_count(is_whole, kind):
    assert text_kind("__label__a x\ny", is_whole, "", Options()) == kind


@pytest.mark.parametrize("ending, is_page", [(".xls", True), (".html", True), (".csv", False)])
def test_html_by_its_ending(ending, is_page):
    for text in "<table>", "title,category":
        if is_page and text[0] == "<":
            with pytest.raises(ValueError, match="an HTML page"):
                text_kind(text, True, ending, Options())
        else:
            assert text_kind(text, True, ending, Options()) == "table"


@pytest.mark.parametrize("n, n_control, is_it", [
    (100, 5, False), (100, 6, True), (19, 0, False), (19, 1, True), (99, 5, True)])
def test_bytes_that_are_hardly_text(n, n_control, is_it):
    assert is_binary(b"\1" * n_control + b"\t" * (n - n_control)) == is_it


@pytest.mark.parametrize("start, what", [
    (b"PAR1", "Parquet"), (b"PK\3\4..[Content_Types].xml", "Excel"), (b"PK\3\4..xl/", "Excel"), (b"title", "")])
def test_binary_kinds(start, what):
    assert binary_kind(start) == what
    with pytest.raises(ValueError, match="OpenDocument"):
        binary_kind(b"PK\3\4mimetypeapplication/vnd.oasis.opendocument.spreadsheet xl/")
    assert binary_kind(b"PK\3\4" + b" " * 200 + b"opendocument.spreadsheet xl/") == "Excel"


def rows_of(path, **options):
    with opened(path, Options(**options)) as found:
        return found, list(found.rows)


@pytest.mark.parametrize("name, text, columns", [
    ("a.txt", "Red shoe\nBlue hat\n", None), ("a.txt", "title\nBlue hat\n", ["title"]),
    ("a.txt", "Tags\nBlue hat\n", ["Tags"]),
    ("a.csv", "Red shoe\nBlue hat\n", ["Red shoe"])])
def test_a_list_of_titles_without_a_header(tmp_path, name, text, columns):
    path = tmp_path / name
    path.write_text(text)
    if columns:
        assert rows_of(path)[0].columns == columns
    else:
        with pytest.raises(ValueError, match="a list of titles without categories"):
            rows_of(path)
    assert rows_of(path, title="x")[0].columns == [text.split("\n")[0]]
    assert rows_of(path, header=False)[0].columns == ["1"]


@pytest.mark.parametrize("content, line_end, has_mark", [
    (b"title,category\na,b\n", "\n", False), (b"title,category\r\na,b\r\n", "\r\n", False),
    (b"title,category\ra,b\r", "\r", False),
    (b"\xef\xbb\xbftitle,category\na,b\n", "\n", True)])
def test_what_is_known_of_a_table(tmp_path, content, line_end, has_mark):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    found, rows = rows_of(path)
    assert (found.line_end, found.has_mark, found.columns) == (line_end, has_mark, ["title", "category"])
    assert len(rows) == 1
    assert found.file is not None and found.no_rows() == " below the header" and found.format == "CSV"


@pytest.mark.parametrize("declared, byte, want", [
    ("windows-1251", b"\xd8", "Ш"), ("ISO-8859-1", b"\x80", "€"), ("utf-8", b"\xe9", "é"),
    ("nonsense", b"\xe9", "é"), ("us-ascii", b"\xe9", "é")])
def test_an_xml_document_may_name_its_encoding(tmp_path, declared, byte, want):
    path = tmp_path / "a.xml"
    start = f"<?xml version='1.0' encoding='{declared}'?>".encode()
    path.write_bytes(start + b"<a><item><title>" + byte + b"</title></item></a>")
    found, [(_, row)] = rows_of(path)
    assert row == {"title": want} and bool(found.notes)
    path.write_bytes(start + "<a><item><title>é</title></item></a>".encode())
    assert rows_of(path)[1][0][1] == {"title": "é"}  # it is UTF-8 whatever it says
    path.write_bytes(start + b"<a><item><title>e</title></item></a>")
    assert rows_of(path)[0].notes == [] and rows_of(path, encoding="cp1252")[0].encoding == "cp1252"


def test_a_document_may_name_an_encoding_that_could_not_be_found(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    path, item = tmp_path / "a.xml", "<a><item><title>Женская одежда</title></item></a>"
    path.write_bytes(f"<?xml version='1.0' encoding='windows-1251'?>{item}".encode("cp1251"))
    found, [(_, row)] = rows_of(path)
    assert row == {"title": "Женская одежда"} and found.notes == ["read as cp1251, as the document says"]
    path.write_bytes(f"<?xml version='1.0'?>{item}".encode("cp1251"))
    with pytest.raises(ValueError, match="--encoding"):
        rows_of(path)
    path.write_bytes(item.encode("cp1251") + bytes(range(1, 32)) * 9)
    with pytest.raises(ValueError, match="a binary file"):
        rows_of(path)


@pytest.mark.parametrize("cut", [b"", b"\xc3", b"\xe6", b"\xe6\xbc", b"\xf0", b"\xf0\x9f\x98"])
def test_a_file_of_one_line_that_is_cut_within_a_character(tmp_path, cut):
    path = tmp_path / "a.json"
    path.write_bytes('[{"title": "é", "category": "c"}, {"title": "x'.encode() + cut)
    with opened(path, Options()) as found:
        assert found.encoding == "utf-8" and next(found.rows)[1] == {"title": "é", "category": "c"}


@pytest.mark.parametrize("n", [source.SAMPLE_BYTES - 1, source.SAMPLE_BYTES, source.SAMPLE_BYTES + 9])
def test_the_sample_is_the_whole_file_or_whole_lines(n):
    is_whole = n < source.SAMPLE_BYTES
    content = b"x" * 99 + b"\n" + b"y" * (n - 100)
    assert Peeked(Pieces(content), "p").text == (content.decode() if is_whole else "x" * 99 + "\n", is_whole)
    text, found = Peeked(Pieces(b"y" * n), "p").text
    assert found == is_whole and len(text) >= min(n, source.SAMPLE_BYTES)


def test_an_empty_file_is_said_and_a_damaged_one(tmp_path):
    path = tmp_path / "a.csv.gz"
    packed = {"the file is empty": gzip.compress(b" \n\n"), "damaged file, ": gzip.compress(b"title")[:11]}
    for words, content in packed.items():
        path.write_bytes(content)
        with pytest.raises(ValueError, match=words):
            rows_of(path)
    with pytest.raises(IsADirectoryError):
        rows_of(tmp_path)
