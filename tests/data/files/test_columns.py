"""Claim: the columns are found by their names and cells, names are not split without evidence, and doubts are said."""

import time
from random import Random

import pytest

from nnlite.data.files.cells import names
from nnlite.data.files.columns import Layout, Options
from nnlite.data.files.evidence import Rule, decide
from nnlite.data.records import inspect_file, read_records
from tests.data.files.kinds import csv

TAXONOMY = [path.split(" > ") for path in """\
Animals & Pet Supplies > Pet Supplies > Bird Supplies > Bird Cages & Stands
Apparel & Accessories > Clothing > Outerwear > Snow Pants & Suits
Apparel & Accessories > Handbags, Wallets & Cases > Badge & Pass Holders
Apparel & Accessories > Handbags, Wallets & Cases > Handbags
Arts & Entertainment > Hobbies & Creative Arts > Arts & Crafts > Art & Crafting Materials > Craft Paint, Ink & Glaze
Baby & Toddler > Nursing & Feeding > Baby Bottles
Business & Industrial > Medical > Scrubs, Lab Coats & Gowns
Electronics > Print, Copy, Scan & Fax > Printers, Copiers & Fax Machines
Electronics > Print, Copy, Scan & Fax > 3D Printers
Food, Beverages & Tobacco > Food Items > Dips & Spreads > Tapenade
Food, Beverages & Tobacco > Tobacco Products
Hardware > Heating, Ventilation & Air Conditioning > Air Ducts
Home & Garden > Lawn & Garden > Outdoor Living > Outdoor Structures > Sheds, Garages & Carports
Media > Books > Print Books
Toys & Games > Toys > Dolls, Playsets & Toy Figures > Dollhouses
Vehicles & Parts > Vehicle Parts & Accessories > Vehicle Maintenance, Care & Decor > Vehicle Cleaning
Sporting Goods > Exercise & Fitness > Free Weights""".split("\n")]
WHOLE = {
    "leaves of a taxonomy": [path[-1] for path in TAXONOMY], "levels": [name for path in TAXONOMY for name in path],
    "departments": ["Clothing, Shoes & Jewelry", "Clothing", "Shoes", "Arts, Crafts & Sewing", "Patio, Lawn & Garden",
                    "Health, Household & Baby Care", "Home & Kitchen", "Movies & TV", "Home", "Sports & Outdoors"],
    "slashes": ["TV/Video", "Audio/Hi-Fi", "DVD/Blu-ray", "Bed/Bath", "24/7", "w/o sugar", "Shoes", "Tea/Coffee"],
    "slashes with spaces": ["TV / Video", "Audio / Hi-Fi", "Books", "Toys", "Games", "Shoes", "Bags / Purses"],
    "hyphens": ["T-Shirts", "E-Books", "Hi-Fi - Audio", "Women - Tops", "Women - Shoes", "Men - Tops"],
    "colons": ["Color: red", "Color: blue", "Material: wool", "Books: Novels", "Nuts: Bolts"],
    "turned names": ["Screws, wood", "Screws, metal", "Nuts, metal", "Nails, wood", "Bolts"],
    "cities": ["Portland, Oregon", "Portland, Maine", "Salem, Oregon", "Austin, Texas", "Dallas, Texas"],
    "brackets": ["[Sale]", "(New)", "Shoes (men)", "{x}", "Hats"], "one comma": ["Cups, Paper", "Hats"],
    "others": ["Shoes & Boots", "Hats + Caps", "50% off", "#1 Gifts", "Men's", "Size 10\"", "@home", "a\\b", "~x",
               "1, 2"],
}


@pytest.mark.parametrize("kind", WHOLE)
def test_names_stay_whole(kind):
    for n in len(WHOLE[kind]), 3, 1:
        writing = decide(WHOLE[kind][:n])
        assert [names(cell, writing) for cell in WHOLE[kind]] == [[cell] for cell in WHOLE[kind]]


@pytest.mark.parametrize("sign", [" > ", ">", "|", " | ", ">>", "::", " » ", "/", " / "])
def test_a_taxonomy_with_commas_in_its_names(sign):
    for seed in range(10):
        paths = Random(seed).choices(TAXONOMY, k=Random(seed).choice((3, 8, 30, 300)))
        cells = [sign.join(path) for path in paths]
        writing = decide(cells)
        got = [names(cell, writing) for cell in cells]
        assert got == paths or sign == "/" and writing.doubts and got == [[cell] for cell in cells]


@pytest.mark.parametrize("sign", [",", ", "])
def test_several_paths_with_commas_in_their_names(sign):
    """What is not split is said; with many products all is split right."""
    for seed in range(20):
        random = Random(seed)
        n = random.choice((3, 8, 30, 300))
        paths = [random.choices(TAXONOMY, k=random.randint(1, 3)) for _ in range(n)]
        cells = [sign.join(" > ".join(path) for path in several) for several in paths]
        writing = decide(cells)
        is_right = [names(cell, writing) for cell in cells] == [sum(several, []) for several in paths]
        assert is_right or writing.doubts and n < 300


def test_an_old_list_with_commas_in_its_names():
    """Without escapes, names whose parts are never found apart stay whole, and that is said."""
    known = ["Clothing, Shoes & Jewelry", "Home", "Perfume, Cologne & Mist", "Sale", "Gifts", "Oak", "Rugs, Mats"]
    lists = [Random(seed).sample(known, Random(seed).randint(1, 3)) for seed in range(100)]
    for rule in None, Rule("WooCommerce", lists=","):
        writing = decide([", ".join(several) for several in lists], rule)
        assert [names(", ".join(several), writing) for several in lists] == lists
        assert writing.doubts
    tags = decide([", ".join(several) for several in lists], Rule("tags", lists=",", escapes=True))
    assert names("Rugs, Mats", tags) == ["Rugs", "Mats"]


def test_nothing_is_quadratic():
    for cell in ("a, " * 200_000, "a/" * 300_000, "a > b, " * 100_000, '"a,b",' * 100_000, "\\," * 300_000,
                 "['" * 200_000,
                 "np.str_('" * 60_000, "array([1]" + ", dtype=x" * 50_000 + ")", ",".join(map(str, range(100_000)))):
        start = time.process_time()
        names(cell, decide([cell, cell + "x"], Rule("x", lists=",")))
        assert time.process_time() - start < 20


def layout(*rows, **options):
    return Layout(list(rows[0]), [list(row) for row in rows[1:]], Options(**options))


@pytest.mark.parametrize("header, titles, categories", [
    ("title,category", "title", "category"), ("TITLE,Categories", "TITLE", "Categories"),
    ("Product Name,Product Category", "Product Name", "Product Category"),
    ("name,l1_category_name", "name", "l1_category_name"),
    ("item-name,Category Path", "item-name", "Category Path"), ("name_en,category_en", "name_en", "category_en"),
    ("product_title,category hierarchy", "product_title", "category hierarchy"), ("name,categ_id", "name", "categ_id"),
    ("name:de,Category L2", "name:de", "Category L2"), ("title,parentCategory", "title", "parentCategory"),
])
def test_names_of_columns(header, titles, categories):
    found = layout(header.split(","), ["a", "b"], ["c", "d"])
    assert [found.names[key] for key in found.titles] == [titles]
    assert [column.name for column in found.categories] == [categories]


@pytest.mark.parametrize("header", ["title,category_id", "title,category_ids", "title,Category Code",
                                    "title,category_url",
                                    "title,_root_category", "name,main_cat", "title,categories_tags",
                                    "title,Kategorie"])
def test_columns_that_are_offered_only(header):
    with pytest.raises(ValueError, match="--categories") as caught:
        layout(header.split(","), ["a", "x1"], ["b", "x2"])
    assert header.split(",")[1] in str(caught.value)


@pytest.mark.parametrize("column", ["subcategories_count", "description", "product_url", "price"])
def test_columns_that_are_not(column):
    with pytest.raises(ValueError, match="no column of categories"):
        layout(["title", column], ["a", "x"])


def test_options():
    rows = ["a,b", "Category 1", "c"], ["T", "x", "1"], ["U", "y", "0"]
    for options in (dict(title="a,b", categories=("c",)), dict(title="A B", categories=("C",))):
        assert [layout(*rows, **options).title_and_categories(row) for row in rows[1:2]] == [("T", ("c",))]
    assert [column.key for column in layout(*rows, title="c", categories=("Category 1,c",)).categories] == [1, 2]
    assert [column.key for column in layout(*rows, title="c", categories=("a,b",)).categories] == [0]
    with pytest.raises(ValueError, match="want a column 'x', got 'a,b', 'Category 1', 'c'"):
        layout(*rows, title="x")
    with pytest.raises(ValueError, match="from 1 to 3"):
        layout(*rows, title=4)


def test_what_the_sample_lacks_is_said(tmp_path):
    path = tmp_path / "a.csv"
    later = ["Home, Garden", "Men/Hats", "A > B", "x; y", "['a', 'b']", "p\nq"]
    path.write_text(csv(["title", "category"], *[[f"t{i}", f"c{i % 7}"] for i in range(3000)],
                        *[[f"u{i}", cell] for i, cell in enumerate(later)]))
    records = read_records(path)
    assert [record.categories for record in records][3000:] == [
        ("Home, Garden",), ("Men/Hats",), ("A", "B"), ("x", "y"), ("a", "b"), ("p", "q")]
    remarks = "\n".join(records.readings[0].layout.remarks())
    for what in "a comma", "a slash", "such as >", "a semicolon", "an array", "a line end", "Home, Garden":
        assert what in remarks
    path.write_text(csv(["title", "category"], ["a", "Tea, Coffee & Cocoa"],
                        *[[f"t{i}", f"c{i % 7}"] for i in range(3000)],
                        ["b", "Tea, Coffee & Cocoa"], ["c", "Bags, Wallets & Cases"]))
    records = read_records(path)
    assert len(list(records)) == 3003
    assert [remark for remark in records.readings[0].layout.remarks() if "Bags, Wallets" in remark]


def test_report(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv(["Handle", "Title", "Vendor", "Product Category", "Type", "Tags", "category_id", "Price"],
                        ["a", "Mat", "Me", "Home > Rugs", "Floor", "wool, red", "1", "9"],
                        ["a", "", "", "", "", "", "", "8"],
                        ["b", "Cup", "Me", "", "Table", "red", "2", "5"],
                        ["c", "Pot", "Me", "Uncategorized", "", "", "3", "4"]))
    report = inspect_file(path)
    text = str(report)
    for words in ("'Title': title", "'Product Category': categories", "> between levels",
                  "Not read: Handle, Vendor, Price",
                  "Mat  ->  Home; Rugs", "1 part of the product above", "1 without a category",
                  "category_id, ids and not names",
                  "Type, Tags (they hold categories of 1 products without one)",
                  "'Uncategorized' is a category of 1 products"):
        assert words in text
    assert len(report.short().split("\n")) == 2 and "titles from 'Title'" in report.short()
    assert max(map(len, text.split("\n"))) < 250
