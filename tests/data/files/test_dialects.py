"""Claim: a shop of 200 products comes back from every dialect as it was written, or the doubt is said."""

import csv
import io
import json
from importlib.util import find_spec
from itertools import product
from random import Random

import numpy as np
import pytest

from nnlite.data.records import inspect_file, read_records

WIDE = ["Clothing, Shoes & Jewelry", "Home", "TV/Video", "Toys & Games", "Sports, Fitness & Outdoors", "Bücher",
        "Men's Wear", "Garden", "Beauté", "10\" Tablets"]
NARROW = ["Shirts", "Hats & Caps", "Perfume, Cologne & Mist", "Lamps", "Audio/Video", "Balls - Soft", "Romans", "Tools",
          "Rugs, Mats", "Sale", "12\" Pans", "Kids' Café", "Nuts: Bolts", "E-Books", "Bags", "Socks"]
THINGS = ["Mug, 11oz", "27\" Monitor, black", "Café-Tasse", "Dad's \"Best\" Shirt", "A/B Cable", "Pen; red",
          "Rug | wool",
          "Lamp > 60 W", "Größe M", "plain thing", "100% Cotton, 2-pack", "=1+1 Game"]
ENCODINGS = ["utf-8", "utf-8-sig"] + ["cp1252", "utf-16"] * bool(find_spec("nnlite.data.files.encoding"))


def shop(seed, most=3, flat=False, deep=False):
    """(title, paths) of 200 products."""
    random = Random(seed)
    children = {wide: random.sample(NARROW, 5) for wide in WIDE}
    rows = []
    for i in range(200):
        paths = []
        for _ in range(random.randint(1, most)):
            wide = random.choice(WIDE)
            depth = 2 if deep else random.choice((1, 2, 2))
            paths.append((random.choice(WIDE + NARROW),) if flat else (wide, random.choice(children[wide]))[:depth])
        rows.append((f"{random.choice(THINGS)} {i}", list(dict.fromkeys(paths))))
    return rows


def joined(between, levels, escapes=""):
    """A function that writes paths as a cell."""
    def name(text):
        for sign in escapes:
            text = text.replace(sign, "\\" + sign)
        return text
    return lambda paths: between.join(levels.join(map(name, path)) for path in paths)


def quoted_paths(paths):
    texts = [" > ".join(path) for path in paths]
    return ",".join(f'"{text}"' if "," in text else text for text in texts)


def without(signs, paths):
    """The paths, their names without some characters."""
    return [tuple("".join(c for c in name if c not in signs) for name in path) for path in paths]


def postgresql(paths):
    return "{" + ",".join('"' + path[0].replace("\\", "\\\\").replace('"', '\\"') + '"' for path in paths) + "}"


# name: (columns of title, kind and categories, cell writer, options of shop(), characters no name has, must be exact)
WOO, SEVERAL, ONE, FLAT = ("Name", "Type", "Categories"), dict(most=3), dict(most=1), dict(flat=True)
STYLES = {
    "WooCommerce": (WOO, joined(", ", " > ", ","), SEVERAL, "", True),
    "WooCommerce, old": (WOO, joined(", ", " > "), SEVERAL, "", False),
    "WooCommerce, flat, old": (WOO, joined(", ", " > "), FLAT, "", False),
    "Magento": (("name", "attribute_set_code", "categories"), joined(",", "/", ",/"), SEVERAL, "", True),
    "Magento, no escapes": (("name", "attribute_set_code", "categories"), joined(",", "/"), SEVERAL, "", False),
    "Magento, plain names": (("name", "attribute_set_code", "categories"), joined(",", "/"), SEVERAL, ",/", True),
    "Magento, unknown": (("name", "x", "categories"), joined(",", "/"), SEVERAL, ",/", False),
    "BigCommerce": (("Product Name", "Bin Picking Number", "Category"), joined(";", "/"), SEVERAL, "/;", True),
    "BigCommerce, slashes": (("Product Name", "Bin Picking Number", "Category"), joined(";", "/"), SEVERAL, "", False),
    "PrestaShop": (("Name *", "Active (0/1)", "Categories (x,y,z...)"), joined(",", ""), FLAT, ",", True),
    "Odoo": (("Name", "x", "Product Category"), joined("", " / "), dict(most=1, deep=True), "", True),
    "Mercari": (("name", "x", "category_name"), joined("", "/"), dict(most=1, deep=True), "/", True),
    "Mercari, slashes": (("name", "x", "category_name"), joined("", "/"), dict(most=1, deep=True), "", False),
    "product_type": (("title", "google_product_category", "product_type"), joined(",", " > "), SEVERAL, ",", True),
    "product_type, spaces": (("title", "google_product_category", "product_type"), joined(", ", " > "), SEVERAL, "",
                             True),
    "product_type, quoted": (("title", "google_product_category", "product_type"), quoted_paths, SEVERAL, '"', True),
    "semicolons": (("title", "x", "category"), joined("; ", " > "), SEVERAL, ";", True),
    "bars between paths": (("title", "x", "category"), joined("|", " > "), SEVERAL, "", True),
    "bars between levels": (("title", "x", "category"), joined(";", "|"), SEVERAL, "", True),
    "arrows": (("title", "x", "category"), joined("\n", " → "), SEVERAL, "", True),
    "colons": (("title", "x", "category"), joined(";", "::"), SEVERAL, "", True),
    "angles": (("title", "x", "category"), joined("", " >> "), ONE, "", True),
    "one name": (("title", "x", "category"), joined("", ""), dict(most=1, flat=True), "", True),
    "commas": (("title", "x", "category"), joined(", ", ""), FLAT, ",", True),
    "commas, also in names": (("title", "x", "category"), joined(", ", ""), FLAT, "", False),
    "line ends": (("title", "x", "category"), joined("\n", ""), FLAT, "", True),
    "JSON": (("title", "x", "category"), lambda paths: json.dumps([path[0] for path in paths]), FLAT, "", True),
    "JSON, not ASCII": (("title", "x", "category"),
                        lambda paths: json.dumps([path[0] for path in paths], ensure_ascii=False),
                        FLAT, "", True),
    "Python": (("title", "x", "category"), lambda paths: repr([path[0] for path in paths]), FLAT, "", True),
    "set": (("title", "x", "category"), lambda paths: repr({paths[0][0]}), dict(most=1, flat=True), "", True),
    "NumPy": (("title", "x", "category"), lambda paths: str(np.array([path[0] for path in paths], object)), FLAT, "",
              True),
    "PostgreSQL": (("title", "x", "category"), postgresql, FLAT, "", True),
    "JSON of paths": (("title", "x", "category"), lambda paths: json.dumps([" >> ".join(path) for path in paths]),
                      dict(most=2, deep=True), "", True),
    "tags": (("Title", "Handle", "Tags"), joined(", ", ""), FLAT, ",", True),
}
TABLES = [*product(",;\t|", (csv.QUOTE_MINIMAL, csv.QUOTE_ALL), ("\n", "\r\n"))]
WRITTEN = {"Active (0/1)": "1", "Type": "simple", "attribute_set_code": "Default"}
DIALECTS = [(style, *TABLES[(5 * i + 3 * j) % len(TABLES)], ENCODINGS[(i + j) % len(ENCODINGS)])
            for i, style in enumerate(STYLES) for j in range(3)]


def written(style, delimiter, quoting, line_end, encoding, seed):
    """(bytes of the file, records that are in it)."""
    columns, cell, options, signs, _ = STYLES[style]
    out = io.StringIO()
    rows = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    rows.writerow(["id", *columns, "price"])
    records = []
    for i, (title, paths) in enumerate(shop(seed, **options)):
        paths = without(signs, paths)
        rows.writerow([i, title, WRITTEN.get(columns[1], ""), cell(paths), "9.99"])
        records.append((title, tuple(dict.fromkeys(name for path in paths for name in path))))
    return out.getvalue().encode(encoding, errors="replace"), records


@pytest.mark.parametrize("style, delimiter, quoting, line_end, encoding", DIALECTS)
def test_dialect(style, delimiter, quoting, line_end, encoding, tmp_path):
    path, is_exact = tmp_path / "shop.csv", STYLES[style][4]
    for seed in range(3):
        data, want = written(style, delimiter, quoting, line_end, encoding, seed)
        if encoding == "cp1252":
            want = [(title, names) for title, names in want]
        path.write_bytes(data)
        options = {"categories": "Tags"} if style == "tags" else {}
        records = [(record.title, record.categories) for record in read_records(path, **options)]
        if seed == 0 or records != want:
            report = inspect_file(path, **options)
        if records != want:
            assert not is_exact, [pair for pair in zip(records, want) if pair[0] != pair[1]][:2]
            assert any(" whole, as " in doubt or "always found together" in doubt for doubt in report.doubts)
            assert [record[0] for record in records] == [record[0] for record in want]
