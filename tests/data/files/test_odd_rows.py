"""Claim: what a product file holds besides products, or in place of their names, is skipped or said, never mixed up."""

import csv
import io
import json
import re

import pytest

from nnlite.data.records import inspect_file, read_records

NARROW = ["Rugs", "Lamps, Bulbs", "Shirts", "Hats & Caps", "Audio", "Dolls"]
ROWS = [(f"Oak Stool {i}", NARROW[i % 6]) for i in range(30)]
WANT = [(title, (name,)) for title, name in ROWS]


def table(header, rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def records(path, text, **options):
    path.write_text(text, "utf-8")
    reader = read_records(path, **options)
    return [(record.title, record.categories) for record in reader], reader


FIRST, SECOND = table(["Title", "Category"], ROWS[:12]), table(["Title", "Category"], ROWS[12:])


@pytest.mark.parametrize("text, kind", [
    (FIRST + SECOND, "header"), (FIRST + SECOND.upper().replace("OAK STOOL", "Oak Stool"), "header"),
    (FIRST + SECOND.replace("Title,Category", "Product name,Categories"), "header"),
    (table(["Title", "Category"], [("-----", "--------"), *ROWS]), "no title"),
    (table(["Title", "Category"], [("-----", ""), *ROWS]), "no title"),
    ("| Title | Category |\n|:---|---:|\n" + "".join(f"| {t} | {n} |\n" for t, n in ROWS), "no title"),
    (table(["Title", "Category"], [("#N/A", "Rugs"), *ROWS]), "no title"),
    (table(["Title", "Category"], [("Cup", "#WERT!"), *ROWS]), "no category")])
def test_a_row_that_is_not_a_product_is_skipped_by_its_kind(text, kind, tmp_path):
    found, reader = records(tmp_path / "a.csv", text)
    assert [(title, tuple(map(str.lower, names))) for title, names in found] == \
        [(title, tuple(map(str.lower, names))) for title, names in WANT] and dict(reader.skipped) == {kind: 1}


@pytest.mark.parametrize("header, swapped", [
    ("Title,Category", "Category,Title"), ("Name,Categories,Id", "Id,Name,Category"),
    ("Title,Category,Id", "Category,Id,Title")])
@pytest.mark.parametrize("n_first", [12, 4000])
def test_two_files_with_other_columns_one_after_the_other_are_refused(header, swapped, n_first, tmp_path):
    first = "".join(f"Stool {i},Rugs,{i}".rsplit(",", 3 - len(header.split(",")))[0] + "\n" for i in range(n_first))
    with pytest.raises(ValueError, match=f"a.csv:{n_first + 2}: a header with other columns"):
        records(tmp_path / "a.csv", f"{header}\n{first}{swapped}\n" + "Rugs,Stool,7\n" * 9)


@pytest.mark.parametrize("rows", [
    [("Title", "Books"), ("Category", "Books")], [("Books", "Brand"), ("Brand", "Books")]])
def test_products_named_like_columns_are_products(rows, tmp_path):
    text = table(["Title", "Category", "Brand", "Books"], [(*row, "x", "y") for row in [*rows, *ROWS]])
    assert len(records(tmp_path / "a.csv", text)[0]) == len(rows) + len(ROWS)
    text = table(["Name", "Title"], [])  # of a file without a header
    assert records(tmp_path / "a.csv", "1,2\n2,1\n3,2\n", header=False, title=1, categories=2)[0][0] == ("1", ("2",))


@pytest.mark.parametrize("total", ["Total", "GRAND TOTAL", "Summe:", "Итого", "合計"])
def test_a_row_of_sums_is_said(total, tmp_path):
    path = tmp_path / "a.csv"
    _, reader = records(path, table(["Name", "Category"], [*ROWS * 200, (total, "All categories")]))
    assert any(f"1 titles are such as {total!r}" in remark for remark in reader.remarks())


@pytest.mark.parametrize("above", ["Product,,Classification", "Product list\nShop:,12,"])
def test_a_header_below_other_rows(above, tmp_path):
    text = table(["Name", "Price", "Category"], [(title, "9", name) for title, name in ROWS])
    assert records(tmp_path / "a.csv", f"{above}\n{text}")[0] == WANT


@pytest.mark.parametrize("above", [["Materialverzeichnis"], ["Materialverzeichnis", ""], ["Stand", "Mai"]])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_header_in_another_language_is_found_by_the_name_of_its_titles(above, ending, tmp_path):
    rows = [above, ["Werk:", "1000"], [], ["Kurztext", "Gruppe"], *ROWS]
    if ending == "csv":
        (tmp_path / "a.csv").write_text("\n".join(";".join(row) for row in rows), "utf-8")
    else:
        book = pytest.importorskip("openpyxl", reason="it writes the Excel file").Workbook()
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / "a.xlsx")
    reader = read_records(tmp_path / f"a.{ending}", title="Kurztext", categories="Gruppe")
    assert [(record.title, record.categories) for record in reader] == WANT


@pytest.mark.parametrize("title", [
    "P-{}", "oak_stool_{}", "https://x.com/p/{}", "{}", '{{"en": "Stool {}"}}', "Oak {}" + " stool" * 50])
def test_titles_that_are_not_names_are_said(title, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(["name", "category"], [(title.format(100 + i), name) for i, (_, name) in enumerate(ROWS)]))
    assert any("most titles are" in doubt for doubt in inspect_file(path).doubts)


@pytest.mark.parametrize("write, words", [
    (lambda i, name: "yes" if i % 3 else "no", "no and yes only"), (lambda i, name: f"X{i}y", "one product only"),
    (lambda i, name: f"{i % 4}.99", "numbers or codes"), (lambda i, name: f"{len(name)}|{name}", "numbers or codes"),
    (lambda i, name: f"{name} ({len(name)})", "hold a number"),
    (lambda i, name: f"[{len(name)}] {name}", "hold a number"),
    (lambda i, name: f"{name}#{len(name)}", "hold a number")])
def test_categories_that_are_not_names_are_said(write, words, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(["name", "category"], [(title, write(i, name)) for i, (title, name) in enumerate(ROWS)]))
    assert any(words in doubt for doubt in inspect_file(path).doubts)


@pytest.mark.parametrize("row", [("string", "string"), ("Required", "required"), ("varchar(9)", "varchar(9)")])
def test_a_row_that_describes_the_columns_is_said(row, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(["name", "category"], [row, *ROWS]))
    assert any("describe columns" in doubt for doubt in inspect_file(path).doubts)


def test_categories_in_several_languages_are_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(["title", "category_en", "category_de", "category_1", "category_2"],
                          [(title, name, name + " DE", "x", "y") for title, name in ROWS]))
    assert [doubt for doubt in inspect_file(path).doubts if "languages" in doubt] == [
        "category_en, category_de are read together, whatever their languages: --categories would choose"]


@pytest.mark.parametrize("title", [
    "titel", "Título", "Tytuł oferty", "Название товара", "Наименование", "商品名称", "商品名", "상품명", "Productnaam",
    "MAKTX", "Bezeichnung", "model_name", "et_title_product_name"])
def test_a_column_of_titles_in_other_words_is_offered(title, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(["id", title, "category"], [(1, *row) for row in ROWS]), "utf-8")
    shown = re.escape(title if " " not in title else f'"{title}"')
    with pytest.raises(ValueError, match=f"name it with --title {shown}"):
        list(read_records(path))


@pytest.mark.parametrize("hint", [
    "BISAC Subject", "Warengruppe", "Productgroep", "二级类目", "ジャンル", "Предмет", "Produkttyp", "tipo de producto"])
def test_categories_in_other_words_are_offered(hint, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table(["id", "title", hint], [(1, *row) for row in ROWS]), "utf-8")
    with pytest.raises(ValueError, match="--categories .*" + re.escape(hint)):
        list(read_records(path))


def test_names_beside_ids_of_numbered_categories(tmp_path):
    text = table(["title", "Category 1 ID", "Category 1 Name", "Category 2 ID", "Category 2 Name"],
                 [(title, "7", "Home", "8", name) for title, name in ROWS])
    assert records(tmp_path / "a.csv", text)[0] == [(title, ("Home", name)) for title, name in ROWS]


@pytest.mark.parametrize("item", ["SHOPITEM", "Product", "ARTICLE", "Item"])
def test_elements_of_a_feed_in_any_case(item, tmp_path):
    path = tmp_path / "a.xml"
    path.write_text("<?xml version='1.0'?><ALL>" + "".join(
        f"<{item}><PRODUCTNAME>{title}</PRODUCTNAME><CATEGORY>Rugs</CATEGORY></{item}>" for title, _ in ROWS) +
        "</ALL>")
    assert [record.title for record in read_records(path)] == [title for title, _ in ROWS]
    path.write_text(path.read_text().replace(item, "o"))
    with pytest.raises(ValueError, match="no rows, want elements named article, book"):
        list(read_records(path))


def test_json_lines_know_the_same_empty_titles_as_tables(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"title": title, "category": [name]}) for title, name in
                              [("#VALUE!", "Rugs"), ("---------", "Rugs"), *ROWS]))
    reader = read_records(path)
    assert [(record.title, record.categories) for record in reader] == WANT and dict(reader.skipped) == {"no title": 2}
