"""Claim: exports of other shops are read as a person would; what is left open is said, or refused with advice."""

import csv
import io
import json
from importlib.util import find_spec
from itertools import product

import pytest

from nnlite.data.records import inspect_file, read_records

TREE = {"Home & Garden": ["Kitchen, Dining & Bar", "Rugs", "Lamps"], "Clothing": ["Shirts", "Hats & Caps", "Shoes"],
        "Electronics": ["TV/Video", "Audio", "Cables"], "Toys": ["Dolls", "Balls", "Puzzles"]}
THINGS = ["Oak Stool", "Mug, 11oz", '27" Monitor', "Blue Hat", "A/B Cable"]
SHOP = [(f"{thing} {i}", wide, narrow) for i, (thing, (wide, narrow)) in enumerate(
    (thing, (wide, narrow)) for thing, (wide, narrows) in product(THINGS, TREE.items()) for narrow in narrows[:2])]
BOTH = [(title, (wide, narrow)) for title, wide, narrow in SHOP]
JAPANESE = ["家電 > テレビ", "家電 > カメラ", "本・雑誌", "食品 > お茶"]


def table(header, row, delimiter=",", above=(), line_end="\n", shop=SHOP):
    """The text of a table; row: (title, wide, narrow) -> cells."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows([*above, header, *(row(*p) for p in shop)])
    return out.getvalue()


def cells(write):
    """A table of titles and category cells."""
    return table(["title", "category"], lambda title, wide, narrow: [title, write(wide, narrow)])


def lines(write):
    """JSON lines."""
    return "\n".join(json.dumps(write(*row)) for row in SHOP)


def foreign(titles, paths, encoding, delimiter=","):
    """(bytes of a table in another encoding, its records)."""
    rows = [(f"{titles} {i}", paths[i % len(paths)]) for i in range(60)]
    text = "title,category\n".replace(",", delimiter) + "".join(f"{a}{delimiter}{b}\n" for a, b in rows)
    return text.encode(encoding), [(title, tuple(path.split(" > "))) for title, path in rows]


RIGHT = {  # name of the file: (its content, its records, options)
    "prestashop.csv": (table(["Product ID", "Name", "Category", "Price (tax excl.)", "Status"],
                             lambda t, w, n: ["1", t, n, "9,90", "1"], ";"), [(t, (n,)) for t, _, n in SHOP], {}),
    "shopware5.csv": (table(["ordernumber", "name", "price_EK", "categories"],
                            lambda t, w, n: ["1", t, "1.234,50", f"Root > {w} > {n}|Root > Sale"], ";"),
                      [(t, ("Root", w, n, "Sale")) for t, w, n in SHOP], {}),
    "shopware6.csv": (table(["id", "product_number", "active", "name", "categories"],
                            lambda t, w, n: ["1", "a", "1", t, f"{w}>{n}"], ";"), BOTH, {}),
    "walmart.csv": (table(["sku", "Product Name", "Category", "Sub Category"], lambda t, w, n: ["1", t, w, n]),
                    BOTH, {}),
    "ecwid.csv": (table(["type", "product_internal_id", "product_name", "product_category_1", "product_category_2"],
                        lambda t, w, n: ["product", "1", t, f"{w} / {n}", ""]), BOTH, {}),
    "akeneo.csv": (table(["sku", "family", "groups", "categories", "enabled", "name-en_US-ecommerce"],
                         lambda t, w, n: ["1", "f", "", f"{w[:3].lower()},{n[:3].lower()}", "1", t], ";"),
                   [(t, (w[:3].lower(), n[:3].lower())) for t, w, n in SHOP], {}),
    "wix.csv": (table(["handleId", "fieldType", "name", "collection"],
                      lambda t, w, n: ["1", "Product", t, f"{w};{n}"]), BOTH, {"categories": "collection"}),
    "zalando.csv": (table(["article_id", "article_name", "category_path", "price"],
                          lambda t, w, n: ["1", t, f"{w} > {n}", "9,95"], ";"), BOTH, {"title": "article_name"}),
    "levels.csv": (table(["sku", "name", "L1", "L2", "L3"], lambda t, w, n: ["1", t, w, n, ""]), BOTH,
                   {"categories": "L1,L2"}),
    "cumulative.csv": (table(["title", "category_lvl0", "category_lvl1"], lambda t, w, n: [t, w, f"{w} > {n}"]),
                       BOTH, {}),
    "ids.csv": (table(["product_id", "category_id", "title", "category_name"], lambda t, w, n: ["1", "7", t, n]),
                [(t, (n,)) for t, _, n in SHOP], {}),
    "title.csv": (table(["SKU", "Name", "Category"], lambda t, w, n: ["1", t, f"{w} > {n}"], ";",
                        [["My shop - products of May"], []]), BOTH, {}),
    "ebay.csv": (table(["*Action(SiteID=US)", "*Category", "*Title", "*Text"], lambda t, w, n: ["Add", n, t, "x"],
                       ",", [["Info", "Version=1.0.0", "Template=fx_category_template_EBAY_US", ""]]),
                 [(t, (n,)) for t, _, n in SHOP], {}),
    "amazon.tsv": (table(["item_sku", "item_name", "item_type"], lambda t, w, n: ["1", t.replace('"', ""), n], "\t", [
        ["TemplateType=fptcustom", "Version=2021", "x"], ["Seller SKU", "Product Name", "Item Type Keyword"]]),
        [(t.replace('"', ""), (n,)) for t, _, n in SHOP], {"categories": "item_type"}),
    "cr.csv": (table(["title", "category"], lambda t, w, n: [t, f"{w} > {n}"], line_end="\r"), BOTH, {}),
    "utf16.csv": (cells(lambda w, n: f"{w} > {n}").encode("utf-16-le"), BOTH, {}),
    "entities.csv": (table(["title", "category"], lambda t, w, n: [
        t.replace('"', "&quot;"), f"{w} > {n}".replace("&", "&amp;").replace(">", "&gt;")]), BOTH, {}),
    "end.csv": (cells(lambda w, n: f"{w} > {n} >"), BOTH, {}),
    "double.csv": (cells(lambda w, n: f"{w} > > {n}"), BOTH, {}),
    "slashes.csv": (cells(lambda w, n: f"/{w}/{n.replace('/', ' ')}/"),
                    [(t, (w, n.replace("/", " "))) for t, w, n in SHOP], {}),
    "break.csv": (cells(lambda w, n: f"{w}<br>{n}"), BOTH, {"separator": "<br>"}),
    "commas.csv": (cells(lambda w, n: f"{w.split()[0]},, {n.split(',')[0]},"),
                   [(t, (w.split()[0], n.split(",")[0])) for t, w, n in SHOP], {"separator": ","}),
    "parents.json": (json.dumps({"products": [{"name": t, "categories": [
        {"id": 1, "name": w, "parent": None}, {"id": 2, "name": n, "parent": w}]} for t, w, n in SHOP]}), BOTH, {}),
    "parent.json": (json.dumps([{"name": t, "categories": [{"name": n, "parent": {"id": 1, "name": w}}]}
                                for t, w, n in SHOP]), BOTH, {}),
    "graphql.json": (json.dumps({"data": {"products": {"edges": [{"node": {"title": t, "category": {
        "name": n, "fullName": f"{w} > {n}"}}} for t, w, n in SHOP], "pageInfo": {"hasNextPage": True}}}}), BOTH, {}),
    "nodes.json": (json.dumps({"data": {"products": {"edges": [{"node": {"title": t, "collections": {"edges": [
        {"node": {"title": w}}, {"node": {"title": n}}]}}} for t, w, n in SHOP]}}}), BOTH,
        {"categories": "collections"}),
    "source.jsonl": (lines(lambda t, w, n: {"_id": "1", "_source": {"name": t, "categories": [w, n]}}), BOTH, {}),
    "ids.jsonl": (lines(lambda t, w, n: {"name": t, "category": {"name": n, "path": "1 > 2", "parent": "home-7"}}),
                  [(t, (n,)) for t, _, n in SHOP], {}),
    "demandware.xml": ('<?xml version="1.0"?><catalog>\n' + "".join(
        f'<product product-id="1"><display-name>Stool {i}</display-name><classification-category>Rugs'
        "</classification-category></product>\n" for i in range(20)) + "</catalog>",
        [(f"Stool {i}", ("Rugs",)) for i in range(20)], {"categories": "classification-category"}),
    "cp1251.csv": (*foreign("Красное платье", ["Одежда > Платья", "Обувь", "Книги > Детские"], "cp1251", ";"), {}),
    "cp1254.csv": (*foreign("Kırmızı şapka", ["Giyim > Şapka", "Ayakkabı"], "cp1254"), {}),
}
if find_spec("charset_normalizer"):
    RIGHT |= {
        "gb18030.csv": (*foreign("红色连衣裙", ["服装 > 连衣裙", "鞋", "图书 > 儿童", "厨房用品"], "gb18030"), {}),
        "sjis.csv": (*foreign("商品 赤いソファー", JAPANESE, "shift_jis"), {})}


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_read_right(name, tmp_path):
    content, want, options = RIGHT[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    records = [(record.title, record.categories) for record in read_records(path, **options)]
    assert records == want, [pair for pair in zip(records, want) if pair[0] != pair[1]][:2]


@pytest.mark.parametrize("write, words", [
    *((f"{{}}{sign}{{}}".format, f"hold {sign!r}") for sign in (
        ".", "__", " + ", "、", "،", "／", ":", " - ", "\\", "<br>")),
    (lambda wide, narrow: f"'{narrow}'", "stand in quotes"),
    (lambda wide, narrow: str(100 + len(narrow)), "numbers or codes"),
])
def test_what_is_left_open_is_said(write, words, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(cells(write), "utf-8")
    assert any(words in doubt for doubt in inspect_file(path).doubts)


@pytest.mark.parametrize("header, words", [
    (["TITLE", "TAGS", "SECTION"], "--categories TAGS --categories SECTION"), (["name", "L1", "L2"], "--categories L1"),
    (["name", "breadcrumb_1", "breadcrumb_2"], "--categories breadcrumb_1"),
    (["name", "lvl1", "lvl2"], "--categories lvl1"),
    (["Tytuł oferty", "Kategoria główna", "Podkategoria"], "--title"), (["商品名", "カテゴリ", "x"], "--title"),
])
def test_what_it_cannot_know_is_refused_with_advice(header, words, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(header, lambda *row: row), "utf-8")
    with pytest.raises(ValueError) as caught:
        list(read_records(path))
    assert words in str(caught.value)


def test_levels_beside_a_category_are_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(["title", "Primary Category", "lvl1"], lambda t, w, n: [t, n, w]), "utf-8")
    assert any("not read: lvl1" in doubt for doubt in inspect_file(path).doubts)


def test_a_sheet_with_rows_above_its_header(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="it writes the Excel file")
    for above in [["Products of May"]], [["Report=May", "2024"]], []:
        book = openpyxl.Workbook()
        for row in [*above, ["SKU", "Name", "Category"], *([1, t, f"{w} > {n}"] for t, w, n in SHOP)]:
            book.active.append(row)
        book.save(tmp_path / "a.xlsx")
        assert [(record.title, record.categories) for record in read_records(tmp_path / "a.xlsx")] == BOTH


def test_lists_of_texts_and_of_objects_in_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="it writes the Parquet file")
    parquet = pytest.importorskip("pyarrow.parquet", reason="it writes the Parquet file")
    for lists in [[w, n] for _, w, n in SHOP], [[{"id": 1, "name": w}, {"id": 2, "name": n}] for _, w, n in SHOP]:
        columns = {"title": [t for t, _, _ in SHOP], "categories": lists}
        parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
        assert [(record.title, record.categories) for record in read_records(tmp_path / "a.parquet")] == BOTH


@pytest.mark.parametrize("later, words", [
    ([{"title": "Cap", "category": ["Clothing > Hats", "Toys"]}], "a list of names with a sign between levels"),
    ([{"title": "Cap", "category": "Clothing - Hats"}], "a dash - ")])
def test_what_only_later_rows_hold_is_said(later, words, tmp_path):
    path = tmp_path / "a.jsonl"
    category = (lambda n: [n, "Toys"]) if isinstance(later[0]["category"], list) else (lambda n: n)
    first = [{"title": f"{t} {i}", "category": category(n)} for i in range(60) for t, _, n in SHOP]
    path.write_text("\n".join(map(json.dumps, first + later)))
    reader = read_records(path)
    assert len(list(reader)) == len(first) + 1 and any(words in remark for remark in reader.remarks())
