"""Claim: a layout's rules for columns and rows hold at their limits: one value more or fewer is on the other side."""

import pytest

from nnlite.data.files.columns import Layout, Options, get, is_page_code
from nnlite.data.files.programs import MAX_TYPES, ROW_TYPES
from nnlite.data.lines import MAX_TITLE_CHARS, SkippedLine


def layout(header, *rows, **options):
    return Layout(header.split(","), [row.split(",") for row in rows], Options(**options))


def read(found, *row):
    """(title, categories), or the kind of a row that is skipped."""
    try:
        return found.title_and_categories(row)
    except SkippedLine as error:
        return error.kind


@pytest.mark.parametrize("row, key, value", [
    (["a", "b"], 1, "b"), (["a", "b"], 2, None), (["a"], None, None), ({"k": 1}, "k", 1), ({"k": 1}, "x", None)])
def test_the_value_of_a_row(row, key, value):
    assert get(row, key) == value


def test_empty_cells_are_no_values():
    found = Layout(["title", "category"], [["a", "b"]], Options())
    assert found.values(0, [["x"], [""], [None], ["nan"], [" NULL "], [0], [], ["#N/A"]]) == ["x", 0]


@pytest.mark.parametrize("header, rows, program", [
    ("x,name,categories", ["simple,a,b"], "WooCommerce"), ("product_type,name,categories", ["simple,a,b"], "Magento"),
    ("x,name,categories", ["configurable,a,b"], ""), ("product_type,name,categories", ["subscription,a,b"], ""),
    ("x,name,categories", ["virtual,a,b"], ""),  # of both, and no main type
    ("x,name,categories", ["virtual,a,b", "variable,a,b"], "WooCommerce"), ("name,categories", ["simple,b"], ""),
    ("x,name,categories", ["simple,a,b", "other,a,b"], ""),
    ("x,name,categories", [",a,b", "Simple ,a,b"], "WooCommerce"),
    ("x,name,categories", ["simple,a,b"] * MAX_TYPES + ["other,a,b"], "WooCommerce"),
    ("x,name,categories", ["simple,a,b"] * (MAX_TYPES - 1) + ["other,a,b"], ""),
    ("x,name,categories", [",a,b"] * MAX_TYPES + ["simple,a,b"], ""), ("x,name,categories", [",a,b"], "")])
def test_a_program_is_known_by_the_types_of_its_rows(header, rows, program):
    assert layout(header, *rows).program == program and {*ROW_TYPES} == {"Magento", "WooCommerce"}


def test_several_types_may_stand_in_a_cell_but_not_in_objects():
    rows = [["simple, virtual", "a", "b"]]
    assert Layout(["x", "name", "categories"], rows, Options()).program == "WooCommerce"
    assert Layout(None, [dict(zip(["x", "name", "categories"], rows[0]))], Options()).program == ""


@pytest.mark.parametrize("wanted, header, keys", [
    ("B", None, [1]), ("b", None, [2]), (" B ", None, [1]), ("C-C", None, [3]), (1, None, [0]), (4, None, [3]),
    (0, None, None),
    (5, None, None), (-1, None, None), ("1", False, [0]), ("4", False, [3]), ("5", False, None), ("1", None, None),
    ("-", None, None)])
def test_a_column_is_found_by_name_or_number(wanted, header, keys):
    found = layout("title,B,b ,c c", "a,b,c,d", categories=("B",))
    found.options = Options(header=header)
    if keys is None:
        with pytest.raises(ValueError, match="want a column"):
            found.find(wanted)
    else:
        assert found.find(wanted) == keys
    with pytest.raises(ValueError, match="from 1 to"):
        Layout(None, [{"title": "a", "category": "b"}], Options(title=1))


@pytest.mark.parametrize("header, titles", [
    ("name,title,category", [1, 0]), ("title,name,title,category", [0, 2, 1]), ("name_en,title_de,category", [0, 1]),
    ("name_en,title,category", [1])])
def test_titles_come_in_the_order_of_their_names(header, titles):
    assert layout(header, "a,b,c,d").titles == titles


@pytest.mark.parametrize("header, row, options, names", [
    ("title,category,category_en", "a,b,c", {}, ["category", "category_en"]),
    ("title,target_ind", "a,b", {}, ["target_ind"]),
    ("title,target_ind,category", "a,b,c", {}, ["category"]), ("category,Category", "a,b", {"title": 1}, ["Category"]),
    ("title,categories,pnns_groups_1,main_category", "a,b,c,d", {}, ["categories"]),  # Open Food Facts
    ("title,Categories (x;y;z...)", "a,b", {}, ["Categories (x;y;z...)"]),
    ("title,product_type,link,availability,category", "a,x,,,b", {}, ["product_type", "category"]),  # Google's
    ("title,product_type,category", "a,x,b", {}, ["category"]),
    ("title,product_type,category", "a,x > y,b", {}, ["product_type", "category"]),
    ("title,g:product_type,category", "a,x,b", {}, ["g:product_type", "category"]),
    ("title,google_product_category,category", "a,12,b", {}, ["category"]),
    ("title,google_product_category,category", "a,Rugs,b", {}, ["google_product_category", "category"]),
    ("title,categ_id,category", "a,12,b", {}, ["category"]), ("title,categ_id", "a,Rugs", {}, ["categ_id"])])
def test_which_columns_are_categories(header, row, options, names):
    assert [column.name for column in layout(header, row, **options).categories] == names


@pytest.mark.parametrize("n, is_read", [(MAX_TYPES - 1, True), (MAX_TYPES, False)])
def test_a_product_type_of_paths_shows_them_soon(n, is_read):
    found = layout("title,product_type,category", *["a,x,b"] * n, "a,x > y,b")
    assert (len(found.categories) == 2) == is_read


def test_in_objects_the_widest_category_is_first():
    row = {"title": "a", "subcategory": "b", "x_category": "e", "category": "c", "main_category": "d"}
    found = Layout(None, [row], Options()).categories
    assert [column.key for column in found] == ["main_category", "category", "subcategory"]
    row = {"title": "a", "sub_category": "b", "category_2": "e", "categories": "c"}
    found = Layout(None, [row], Options()).categories
    assert [column.key for column in found] == ["categories", "sub_category", "category_2"]


@pytest.mark.parametrize("header, cells, options, is_bit", [
    ("title,Rugs", ["1", "0"], {"categories": ("Rugs",)}, True),
    ("title,Rugs", ["1", "2"], {"categories": ("Rugs",)}, False),
    ("title,Rugs", ["Yes", "no "], {"categories": ("Rugs",)}, True),
    ("title,category", ["1", "0"], {"categories": ("category",)}, False),
    ("title,category", ["1", "0"], {}, False), ("title,Label", ["1", "0"], {"categories": ("Label",)}, False),
    ("title,class", ["1", "0"], {"categories": ("class",)}, False),
    ("title,target", ["x"], {"categories": ("target",)}, False),
    ("title,Rugs", [""], {"categories": ("Rugs",)}, False)])
def test_columns_of_bits(header, cells, options, is_bit):
    [column] = layout(header, *(f"a,{cell}" for cell in cells), **options).categories
    assert column.is_bit == is_bit


@pytest.mark.parametrize("options, names", [({}, []), ({"categories": ("google_product_category",)}, ["12"])])
def test_numbers_of_a_taxonomy_are_no_names_unless_they_are_asked_for(options, names):
    [column] = layout("title,google_product_category", "a,Rugs", "b,12", **options).categories
    assert column.names("12") == names


@pytest.mark.parametrize("header, values, is_hint", [
    ("Tags", "red", True), ("Type", "simple", False), ("Type", "Floor", True), ("Tags", "", False),
    ("Price", "9", False),
    ("typ", "Floor", False)])
def test_hints(header, values, is_hint):
    found = layout(f"title,category,{header}", f"a,b,{values}")
    assert found.hints == [2] * is_hint


def test_hints_of_woocommerce_are_not_the_types_of_its_rows():
    assert layout("Type,Name,Categories,Tags", "simple,a,b,red", "Floor,a,b,c").hints == [0, 3]
    assert layout("Type,Name,Categories,Tags,is featured,visibility in catalog", "Floor,a,b,red,,").hints == [3]


@pytest.mark.parametrize("n, is_hint", [(MAX_TYPES - 1, True), (MAX_TYPES, False)])
def test_hints_show_soon(n, is_hint):
    assert bool(layout("title,category,Type", *["a,b,p"] * n, "a,b,Floor").hints) == is_hint


@pytest.mark.parametrize("title, want", [
    ("x" * MAX_TITLE_CHARS, None), ("x" * (MAX_TITLE_CHARS + 1), "title too long"), ("", "no title"),
    ("nan", "no title"),
    ("-----", "no title"), ("- a", None), ("--a", None), (":--:", "no title"), ("aPageStart = 1", "no title"),
    (True, "no title"),
    ("x (new Date()).getTime()", "no title"), (float("nan"), "no title"), (12.0, None), ([], "no title"),
    (None, "no title"),
    ("'=x", None)])
def test_titles(title, want):
    found = layout("title,category", "a,b")
    assert read(found, title, "b") == (want or ("12" if title == 12.0 else title, ("b",)))
    assert found.n_untitled == (want == "no title")
    assert read(found, title, "") == (want or "no category") and found.n_untitled == (want == "no title")
    assert found.remarks() == ["1 rows without a title hold categories, which are not read"] * (want == "no title")


def test_the_second_title_counts_where_the_first_is_empty():
    found = layout("title,name,category", "a,b,c")
    assert read(found, "", "b", "c") == ("b", ("c",)) and read(found, "a", "b", "c") == ("a", ("c",))


def test_the_apostrophe_of_woocommerce_is_left_out_of_titles_and_categories():
    found = layout("Type,Name,Categories", "simple,a,b")
    assert read(found, "simple", "'-5%", "'+Size") == ("-5%", ("+Size",))
    assert read(found, "simple", "'n", "'Tis, '=x") == ("'n", ("'Tis", "'=x"))
    assert read(layout("title,category", "a,b"), "'-5%", "'+Size") == ("'-5%", ("'+Size",))


@pytest.mark.parametrize("header, row, kind", [
    ("handle,title,vendor,category", "h,,v,", "variant"), ("handle,title,vendor,category", "g,,v,", "no title"),
    ("handle,title,vendor,category", "h,t,v,", "no category"), ("type,name,category,x", "variation,,,", "variant"),
    ("type,name,category,x", "Variant ,t,,", "variant"), ("type,name,category,x", "simple,,,", "no title"),
    ("sku,_type,_attribute_set,name,_category", ",x,y,,b", "variant"),
    ("sku,_type,_attribute_set,name,_category", ",x,y,t,", "variant"),
    ("sku,_type,_attribute_set,name,_category", "s,x,y,,b", "no title"),
    ("sku,a,b,name,category", ",x,y,,b", "no title")])
def test_rows_that_are_part_of_a_product_above(header, row, kind):
    n = len(header.split(","))
    found = layout(header, ",".join("hsuvw"[:n]))
    assert isinstance(read(found, *"hsuvw"[:n]), tuple) and read(found, *row.split(",")) == kind


def test_rows_without_a_category_count_their_hints():
    found = layout("title,category,Tags,Section", "a,b,c,d")
    for cells in ("", "x"), ("x", ""), ("", ""), ("x", "y"):
        assert read(found, "t", "", *cells) == "no category"
    assert found.n_hinted == 3 and read(found, "t", "b, b", "x", "") == ("t", ("b, b",)) and found.n_hinted == 3


@pytest.mark.parametrize("keys, is_plain, others", [
    (["title", "category"], True, []), (["name", "category"], False, []),
    (["title", "categories"], False, ["categories"]),
    (["title", "category", "main_category"], True, ["main_category"]), (["title", "name", "category"], True, [])])
def test_whether_rows_may_be_read_the_fast_way(keys, is_plain, others):
    found = Layout(None, [dict.fromkeys(keys, "x")], Options())
    assert found.is_plain == is_plain and found.other_keys == {*others}
    assert found.names_of(("a", "b", "a")) == (("a", "b") if "category" in keys else ())


def test_categories_are_not_looked_for_where_they_are_not_needed():
    assert Layout(["title", "x"], [["a", "b"]], Options(), needs_categories=False).categories == []
    for rows in [["a", ""]], [["a", "nan"]]:
        with pytest.raises(ValueError, match="'category' is empty in the first 1 rows"):
            Layout(["title", "category"], rows, Options())
    assert Layout(["title", "category"], [], Options()).categories
    assert Layout(["title", "category"], [["a", "b"]] * 3, Options()).n_rows == 3


def test_page_code():
    assert is_page_code("x aPageStart") and is_page_code("(new Date()).getTime()") and not is_page_code("getTime")


@pytest.mark.parametrize("header", [None, False])
def test_only_a_table_with_a_header_has_rows_like_it(header):
    columns = ["title", "category"] if header is False else None
    rows = [["a", "b"]] if columns else [{"title": "a", "category": "b"}]
    assert Layout(columns, rows, Options(header=header)).odd_rows.titles == frozenset()
    assert "title" in Layout(["title", "category"], [["a", "b"]], Options()).odd_rows.titles
