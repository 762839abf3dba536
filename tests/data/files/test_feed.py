"""Claim: the products of an XML feed come out with all their fields; hostile documents are refused or bounded."""

import io
import tracemalloc

import pytest

from nnlite.data.files.feed import Feed
from nnlite.data.lines import SkippedLine


class Trickle(io.BytesIO):
    def read1(self, size=-1):
        return super().read1(5)


def read(text):
    return [row for _, row in Feed(Trickle(text if isinstance(text, bytes) else text.encode()))]


@pytest.mark.parametrize("inside, row", [
    ("<title>a</title><g:title>b</g:title>", {"title": "b"}),
    ("<g:product_type>x</g:product_type><g:product_type>y</g:product_type>", {"g:product_type": ["x", "y"]}),
    ("<title><![CDATA[<b>A</b> & B]]></title>", {"title": "<b>A</b> &amp; B"}),
    ("<title>A & B &nbsp; &amp; &#233; &#0; \x0b</title>", {"title": "A & B &nbsp; & é &#0;"}),
    ('<category term="x"/><category term="y" label="Y"/>', {"category": ["x", "Y"]}),
    ("<categories><category>x</category><category>y</category></categories>", {"categories": ["x", "y"]}),
    ("<categories><category>x</category></categories>", {"categories": ["x"]}),
    ("<c><id>1</id><name>x</name></c>", {"c": {"id": "1", "name": "x"}}),
    ("<typePrefix>Hat</typePrefix><model>M</model>", {"typePrefix": "Hat", "model": "M", "name": "Hat M"}),
])
def test_items(inside, row):
    assert read(f"<r><item>{inside}</item></r>") == [row]


def test_the_categories_of_yml_are_paths():
    assert read('<s><categories><category id="1">A</category><category id="2" parentId="1">B</category></categories>'
                "<offers><offer><name>x</name><categoryId>2</categoryId></offer></offers></s>") == [
        {"name": "x", "categoryId": "2", "category": [["A", "B"]]}]


def test_a_cut_feed_gives_true_items_only():
    text = "<r>" + "".join(f"<item><title>T{i} &amp; é</title><category>c</category></item>" for i in range(4)) + "</r>"
    rows = read(text)
    assert len(rows) == 4
    for end in range(len(text)):
        *found, last = read(text.encode()[:end])
        assert found == rows[:len(found)] and isinstance(last, SkippedLine)


def test_bytes_that_are_not_in_the_encoding_are_counted():
    assert [getattr(row, "kind", row) for row in read(b"<r><item><a>\xff</a></item><item><a>b</a></item></r>")] == [
        "not UTF-8", {"a": "b"}]


@pytest.mark.parametrize("inside", ['<!ENTITY a "b">', '<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;'])
def test_entities_are_refused(inside):
    with pytest.raises(ValueError, match="defines entities"):
        read(f"<!DOCTYPE r [{inside}]><r><item><title>&a;</title></item></r>")


class Repeated(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, start, part, n):
        self.blocks = iter([start, *[part] * n])

    def read1(self, size=-1):
        return next(self.blocks, b"")


@pytest.mark.parametrize("inside, part, n", [
    ("<item>", "<title>a</title></item><item>", 8), ("<item><a>", "x", 400), ("", "<a/>", 8), ("<!--", "x", 100),
    ("<item a='", "x", 100),
])
def test_memory_is_that_of_a_block_and_an_item(inside, part, n):
    tracemalloc.start()
    for _ in Feed(Repeated(b"<r>" + inside.encode(), part.encode() * ((1 << 16) // len(part)), n)):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 24


def test_depth_is_bounded():
    with pytest.raises(ValueError, match="want at most 100"):
        read("<a>" * 200)
