"""Claim: what is too long, too deep or out of place in an XML feed costs itself, and each item keeps its line."""

import pytest

from nnlite.data.files import feed
from nnlite.data.files.feed import MAX_DEPTH, Feed, local
from nnlite.data.lines import SkippedLine
from tests.data.files.pieces import Pieces


def read(text, **options):
    """(line, row or kind of what was skipped) of a feed."""
    content = text if isinstance(text, bytes) else text.encode()
    return [(line, row.kind if isinstance(row, SkippedLine) else row)
            for line, row in Feed(Pieces(content, **options))]


def rows(text, **options):
    return [row for _, row in read(text, **options)]


@pytest.mark.parametrize("size", [1, 4, 999])
def test_lines(size):
    text = "<r>\n<item>\n<title>a</title></item>\n\n<item><title>b</title>\n</item><item/></r>"
    assert read(text, size=size) == [(2, {"title": "a"}), (5, {"title": "b"}), (6, {})]


@pytest.mark.parametrize("is_damaged", [False, True])
@pytest.mark.parametrize("n", [1, feed.MAX_HELD, feed.MAX_HELD + 1, 20])
def test_a_feed_without_its_end(n, is_damaged):
    text = "<r>" + "<item><title>a</title></item>\n" * n
    assert read(text, is_damaged=is_damaged) == [*((i + 1, {"title": "a"}) for i in range(n)), (n + 1, "damaged file")]
    assert rows(text + "</r>", is_damaged=is_damaged) == [{"title": "a"}] * n + ["damaged file"] * is_damaged


@pytest.mark.parametrize("names, kinds", [
    (["item", "product"], [{}, {}]), (["a><item", "item"], [{}, {}]), (["item", "x><product"], [{}, "not an item"]),
    (["x><product", "item"], [{}, "not an item"]), (["item", "g:item"], [{}, {}]), (["ITEM", "ITEM"], [{}, {}])])
def test_an_item_has_the_name_or_the_place_of_the_first(names, kinds):
    text = "".join(f"<{name}></{'></'.join(reversed(name.split('><')))}>" for name in names)
    assert rows(f"<r xmlns:g='g'>{text}</r>") == kinds
    assert rows("<item><title>a</title></item>") == []  # the document itself is none


@pytest.mark.parametrize("n_chars, kind", [(20, None), (32, None), (33, "object too long"), (200, "object too long")])
def test_an_item_that_is_too_long_costs_itself(n_chars, kind, monkeypatch):
    monkeypatch.setattr(feed, "MAX_OBJECT_CHARS", feed.ELEMENT_CHARS + len("title") + len("k") + 32)
    long = "x" * n_chars
    want = [{"title": "a"}, kind or {"title": long}, {"title": "a"}]
    short = '<item><title n="k">a</title></item>'
    assert rows(f"<r>{short}{short.replace('>a<', f'>{long}<')}{short}</r>") == want
    many = "<item>" + "<a/>" * n_chars + "</item>"
    assert rows(f"<r>{short}{many}{short}</r>")[1] == "object too long"


@pytest.mark.parametrize("n_chars", [9, 10, 11, 30])
def test_the_text_of_an_element_has_an_end(n_chars, monkeypatch):
    monkeypatch.setattr(feed, "MAX_TEXT_CHARS", 10)
    text = "<r><item><title>" + "&lt;".join(["x" * n_chars] * 3) + "</title><b>y</b></item></r>"
    [row] = rows(text, size=9_999)
    assert row["b"] == "y" and row["title"].startswith("x" * n_chars)


def test_a_text_of_many_parts_is_whole():
    parts = [f"{i}&amp;" for i in range(500)]
    assert rows(f"<r><item><title>{'<b/>'.join(parts)}</title></item></r>")[0]["title"] == [""] * 499
    assert rows(f"<r><item><title>{'<!-- -->'.join(parts)}</title></item></r>") == [
        {"title": "".join(f"{i}&" for i in range(500))}]


@pytest.mark.parametrize("n, is_read", [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_depth(n, is_read):
    text = "<r>" + "<a>" * (n - 2) + "<item></item>" + "</a>" * (n - 2) + "</r>"
    if is_read:
        assert rows(text) == [{}]
    else:
        with pytest.raises(ValueError, match=f"want at most {MAX_DEPTH}"):
            rows(text)


@pytest.mark.parametrize("n_bytes, kind", [(400, None), (2_000, "damaged file")])
@pytest.mark.parametrize("long", ["<!--{}-->", "<a b='{}'/>"])
def test_a_tag_or_comment_that_is_too_long_ends_the_feed(n_bytes, kind, long, monkeypatch):
    monkeypatch.setattr(feed, "MAX_TOKEN_BYTES", 1_000)
    item = "<item><title>a</title></item>"
    found = rows(f"<r>{item}{long.format('x' * n_bytes)}{item}</r>", size=100)
    assert found == [{"title": "a"}, kind or {"title": "a"}]


@pytest.mark.parametrize("inside, row", [
    ("<a><b>1</b><b>2</b></a>", {"a": ["1", "2"]}), ("<a><b><c>1</c></b></a>", {"a": ["1"]}),
    ("<a><b>1</b></a>", {"a": ["1"]}), ("<a><b>1</b><b>2</b><c>3</c></a>", {"a": {"b": ["1", "2"], "c": "3"}}),
    ("<category label=' L ' term='t'/>", {"category": " L "}), ("<x term='t'/>", {"x": ""}),
    ("<category>c</category>", {"category": "c"}),
    ("<g:a>1</g:a><a>2</a><h:a>3</h:a>", {"a": "1"}), ("<g:a/><a>2</a>", {"a": "2"}),
    ("<h:a>3</h:a><a>2</a>", {"a": "2"}),
    ("<g:product_type>x</g:product_type><product_type>y</product_type>", {
        "g:product_type": "x", "product_type": "y"}),
    ("<model>M</model><name>N</name>", {"model": "M", "name": "N"}),
    ("<model>M</model><title>N</title>", {"model": "M", "title": "N"}),
    ("<model>M</model><vendor>V</vendor><typePrefix/>", {
        "model": "M", "vendor": "V", "typePrefix": "", "name": "V M"})])
def test_what_elements_become(inside, row):
    assert rows(f"<r xmlns:g='g' xmlns:h='h'><item>{inside}</item></r>") == [row]


@pytest.mark.parametrize("text, want", [
    ("&#9;a", "a"), ("a&#31;", "a&#31;"), ("a&#32;b", "a b"), ("a&#xD7FF;", "a\ud7ff"), ("a&#xD800;", "a&#xD800;"),
    ("a&#xDFFF;", "a&#xDFFF;"),
    ("a&#xE000;", "a\ue000"), ("a&#xFFFD;", "a\ufffd"), ("a&#xFFFE;", "a&#xFFFE;"), ("a&#x10000;", "a\U00010000"),
    ("a&#x10FFFF;", "a\U0010ffff"), ("a&#x110000;", "a&#x110000;"), ("a&#12a;", "a&#12a;"), ("a&#8;", "a&#8;"),
    ("a&#10;b&#13;c", "a\nb\rc"),
    ("a && b &x; &amp;", "a && b &x; &"), ("a&", "a&"), ("&eacute;", "&eacute;")])
def test_ampersands(text, want):
    for size in 1, 3, 999:
        assert rows(f"<r><item><title>{text}</title></item></r>", size=size) == [{"title": want}]


@pytest.mark.parametrize("character", ["\ufdd0", "\ufffe", "\uffff", "\udcff"])
def test_characters_that_no_text_has_cost_their_item(character):
    text = f"<r><item><a>x{character}</a></item><item><a>b</a></item></r>"
    assert rows(text.encode(errors="surrogateescape")) == ["not UTF-8", {"a": "b"}]


def test_categories_of_yml():
    text = "<s><categories><category id='1'>A</category><category id='2' parentId='1'>B</category>" \
           "<category id='3' parentId='3'>C</category><category>D</category></categories>{}</s>"
    for inside, want in [("<categoryId>2</categoryId><categoryId>1</categoryId>", [["A", "B"], ["A"]]),
                         ("<categoryId>9</categoryId>", []), ("<categoryId>3</categoryId>", [["C"] * MAX_DEPTH]),
                         ("<category>x</category><categoryId>1</categoryId>", "x")]:
        assert rows(text.format(f"<offer>{inside}</offer>"))[0]["category"] == want
    assert "category" not in rows("<s><offer><categoryId>1</categoryId></offer></s>")[0]


def test_the_tree_of_categories_has_an_end(monkeypatch):
    monkeypatch.setattr(feed, "MAX_CATEGORIES", 2)
    text = "".join(f"<category id='{i}'>c{i}</category>" for i in range(3))
    offers = "".join(f"<offer><categoryId>{i}</categoryId></offer>" for i in range(3))
    assert [row["category"] for row in rows(f"<s>{text}{offers}</s>")] == [[["c0"]], [["c1"]], []]


def test_names_without_their_prefix():
    assert [local(name) for name in ("a", "g:a", "x:g:a")] == ["a"] * 3
