"""Small made-up files, each of a kind that shops and researchers have, with the right answer."""

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """A file: its name, its text, and options -> the records (title -> categories) or the words of a refusal."""

    file: str
    text: str
    attempts: list[tuple[dict[str, Any], Any]]


def table(delimiter, *rows):
    """Rows of cells, of which those with the delimiter, a quote or a line end are quoted."""
    def cell(text):
        return '"' + text.replace('"', '""') + '"' if set(text) & {delimiter, '"', "\n"} else text
    return "".join(delimiter.join(map(cell, row)) + "\n" for row in rows)


def csv(*rows):
    return table(",", *rows)


def one(text, want, file="a.csv", **options):
    return Kind(file, text, [(options, want)])


WOO = ["ID", "Type", "SKU", "Name", "Published", "Is featured?", "Visibility in catalog", "Categories", "Tags",
       "Parent"]
SHOPIFY = ["Handle", "Title", "Body (HTML)", "Vendor"]
GOOGLE = ["id", "title", "description", "link", "availability", "price", "google_product_category", "product_type"]

SHOPS = {
    "WooCommerce": one(
        csv(WOO, ["1", "simple", "a", "Oak Stool", "1", "0", "visible", "Seats, Seats > Stools, Oak", "low, wood", ""],
            ["2", "variable", "b", "'-50% Bench", "1", "0", "visible", "Seats > Benches, Sale", "", ""],
            ["3", "variation", "b1", "'-50% Bench - red", "1", "0", "visible", "", "", "b"],
            ["4", "simple", "c", "'Tis a Vase", "1", "0", "visible", "'+Size", "", ""]),
        {"Oak Stool": ["Seats", "Stools", "Oak"], "-50% Bench": ["Seats", "Benches", "Sale"],
         "'Tis a Vase": ["+Size"]}),
    "WooCommerce, escapes": one(
        csv(["Type", "Name", "Categories"], ["simple", "Tin", r"Tea\, Coffee & Cocoa > Tins, Gifts"],
            ["simple", "Cup", r"Tea\, Coffee & Cocoa"]),
        {"Tin": ["Tea, Coffee & Cocoa", "Tins", "Gifts"], "Cup": ["Tea, Coffee & Cocoa"]}),
    "WooCommerce, German": Kind(
        "a.csv", csv(["ID", "Typ", "Name", "Kategorien", "Schlagwörter"],
                     ["1", "simple", "Hocker", "Sitze, Sitze > Holz", ""],
                     ["2", "variable", "Bank", "Garten, Sitze", ""]),
        [({}, "Kategorien"), ({"categories": "Kategorien"},
                              {"Hocker": ["Sitze", "Holz"], "Bank": ["Garten", "Sitze"]})]),
    "WooCommerce, French": Kind(
        "a.csv", csv(["ID", "Type", "Nom", "Catégories"], ["1", "simple", "Banc", "Jardin, Bois > Chêne"]),
        [({}, "Nom"), ({"title": "Nom", "categories": ["Catégories"]}, {"Banc": ["Jardin", "Bois", "Chêne"]})]),
    "WooCommerce, tabs": one(
        table("\t", ["Type", "Name", "Categories"], ["simple", "Oak Stool, low", "Seats, Oak"],
              ["simple", "Mat", "Floor"]),
        {"Oak Stool, low": ["Seats", "Oak"], "Mat": ["Floor"]}),
    "Shopify 2019": Kind(
        "a.csv", csv([*SHOPIFY, "Type", "Tags", "Published", "Variant SKU",
                      "Google Shopping / Google Product Category"],
                     ["mat", "Mat", "<p>x</p>", "Me", "Floor", "wool, red", "true", "1", "Home & Garden > Rugs"],
                     ["mat", "", "", "", "", "", "", "2", ""],
                     ["cup", "Cup", "", "Me", "Table", "red", "true", "3", ""]),
        [({}, {"Mat": ["Home & Garden", "Rugs"]}),
         ({"categories": "Type,Tags"}, {"Mat": ["Floor", "wool", "red"], "Cup": ["Table", "red"]})]),
    "Shopify, numbers of Google's": Kind(
        "a.csv", csv([*SHOPIFY, "Type", "Tags", "Google Shopping / Google Product Category"],
                     ["mat", "Mat", "", "Me", "Floor", "wool, red", "598"],
                     ["cup", "Cup", "", "Me", "Table", "red", "2169"]),
        [({}, "--categories Type --categories Tags"), ({"categories": "Type"}, {"Mat": ["Floor"], "Cup": ["Table"]})]),
    "Shopify 2021": one(
        csv([*SHOPIFY, "Standardized Product Type", "Custom Product Type", "Tags"],
            ["mat", "Mat", "", "Me", "Home & Garden > Decor > Rugs", "Floor", "wool"],
            ["bib", "Bib", "", "Me", "Baby & Toddler > Nursing, Feeding & Bibs", "Baby", "soft"]),
        {"Mat": ["Floor", "wool"], "Bib": ["Baby", "soft"]}, categories=["Custom Product Type", "Tags"]),
    "Shopify 2025": one(
        csv(["Title", "URL handle", "Description", "Vendor", "Product category", "Type", "Tags", "Status"],
            ["Mat", "mat", "", "Me", "Home & Garden > Decor > Rugs", "Floor", "wool", "active"],
            ["", "mat", "", "", "", "", "", ""], ["Bib", "bib", "", "Me", "Baby & Toddler > Nursing, Feeding", "", "",
                                                  ""]),
        {"Mat": ["Home & Garden", "Decor", "Rugs"], "Bib": ["Baby & Toddler", "Nursing, Feeding"]}),
    "Matrixify": one(
        csv(["ID", "Handle", "Command", "Title", "Vendor", "Type", "Tags", "Category: ID", "Category: Name", "Category",
             "Custom Collections", "Row #", "Top Row"],
            ["1", "mat", "MERGE", "Mat", "Me", "Floor", "wool, red", "hg-3", "Rugs", "Home & Garden > Rugs", "New",
             "1", "TRUE"],
            ["1", "mat", "MERGE", "", "", "", "", "", "", "", "", "2", ""]),
        {"Mat": ["Rugs", "Home & Garden"]}),
    "Magento 2": one(
        csv(["sku", "store_view_code", "attribute_set_code", "product_type", "categories", "name"],
            ["1", "", "Default", "simple", "Default Category/Seats,Default Category/Seats/Stools", "Oak Stool"],
            ["2", "", "Default", "configurable", r"Default Category/Bed\/Bath", "Towel"]),
        {"Oak Stool": ["Default Category", "Seats", "Stools"], "Towel": ["Default Category", "Bed/Bath"]}),
    "Magento 2, a part": one(
        csv(["sku", "name", "categories"], ["1", "Oak Stool", "Default Category/Seats,Default Category/Sale"]),
        {"Oak Stool": ["Default Category", "Seats", "Sale"]}),
    "Magento 1": one(
        csv(["sku", "_store", "_attribute_set", "_type", "_category", "_root_category", "name", "category_ids"],
            ["1", "", "Default", "simple", "Seats/Stools, Benches", "Default Category", "Oak Stool", "2,3"],
            ["", "", "", "", "Sale", "Default Category", "", ""],
            ["2", "", "Default", "simple", "Seats", "Default Category", "Chair", "2"]),
        {"Oak Stool": ["Seats", "Stools, Benches"], "Chair": ["Seats"]}),
    "PrestaShop": one(
        table(";", ["Product ID", "Active (0/1)", "Name *", "Categories (x,y,z...)", "Price"],
              ["1", "1", "Oak Stool; low", "Home,Seats,Stools", "9,90"], ["2", "1", "Mat", "Home", "5"]),
        {"Oak Stool; low": ["Home", "Seats", "Stools"], "Mat": ["Home"]}),
    "Odoo": one(
        csv(["Name", "Product Category"], ["Stool", "All / Saleable / TV/Audio"], ["Fee", "All / Expenses"]),
        {"Stool": ["All", "Saleable", "TV/Audio"], "Fee": ["All", "Expenses"]}),
    "Odoo, technical names": one(
        csv(["id", "name", "categ_id/complete_name", "type"], ["p1", "Stool", "All / Seats / Low", "product"]),
        {"Stool": ["All", "Seats", "Low"]}),
    "BigCommerce v2": one(
        csv(["Item Type", "Product ID", "Product Name", "Product Code/SKU", "Bin Picking Number", "Category"],
            ["Product", "1", "Oak Stool", "a", "", "Shop All/Seats;Shop All/Oak"], ["  SKU", "1", "", "a-1", "", ""],
            ["Product", "2", "Mat", "b", "", "Shop All"]),
        {"Oak Stool": ["Shop All", "Seats", "Oak"], "Mat": ["Shop All"]}),
    "BigCommerce v3": one(
        csv(["Item", "ID", "Name", "Type", "SKU", "Inventory Tracking", "Current Stock", "Categories"],
            ["Product", "1", "Oak Stool", "physical", "a", "none", "0", "Seats/Low;Oak"],
            ["Variant", "2", "", "", "a-1", "", "3", ""], ["Image", "3", "", "", "", "", "", ""]),
        {"Oak Stool": ["Seats", "Low", "Oak"]}),
    "Squarespace": one(
        csv(["Product ID [Non Editable]", "Variant ID [Non Editable]", "Product Type [Non Editable]", "Product Page",
             "Product URL", "Title", "SKU", "Categories", "Tags"],
            ["5", "6", "PHYSICAL", "shop", "stool", "Oak Stool", "a", "Seats, /Seats/Low", "wood"],
            ["", "7", "", "", "", "", "b", "", ""]),
        {"Oak Stool": ["Seats", "Low"]}),
    "Wix": Kind(
        "a.csv", csv(["handleId", "fieldType", "name", "collection", "sku"],
                     ["p1", "Product", "Oak Stool", "Seats;All Oak", ""],
                     ["p1", "Variant", "", "", "a"], ["p2", "Product", "Mat", "Floor", ""]),
        [({}, "--categories collection"), ({"categories": "collection"},
                                           {"Oak Stool": ["Seats", "All Oak"], "Mat": ["Floor"]})]),
    "Ecwid": one(
        csv(["type", "product_internal_id", "product_name", "product_sku", "product_category_1", "product_category_2"],
            ["product", "1", "Oak Stool", "a", "Seats / Low", "Oak"], ["product_variation", "1", "", "a-1", "", ""],
            ["product", "2", "Mat", "b", "Floor", ""]),
        {"Oak Stool": ["Seats", "Low", "Oak"], "Mat": ["Floor"]}),
    "Etsy": Kind(
        "a.csv", csv(["TITLE", "DESCRIPTION", "PRICE", "TAGS", "MATERIALS"],
                     ["Oak Stool", "x", "9", "gift_for_her,oak", "wood"],
                     ["Mat", "y", "5", "rug,oak", ""]),
        [({}, "--categories TAGS"), ({"categories": "TAGS"},
                                     {"Oak Stool": ["gift_for_her", "oak"], "Mat": ["rug", "oak"]})]),
    "eBay": one(
        csv(["*Action(SiteID=US|Country=US)", "CustomLabel", "*Category", "*Title", "StoreCategory"],
            ["Add", "a", "11450", "Oak Stool", "1"], ["Add", "b", "2", "Mat", "1"]),
        {"Oak Stool": ["11450"], "Mat": ["2"]}, categories="*Category"),
    "Amazon inventory": one(
        table("\t", ["item-name", "listing-id", "seller-sku", "price", "product-type"],
              ['Stool 18" low', "1", "a", "9", "SEAT"],
              ["Mat", "2", "b", "5", "RUG"]),
        {'Stool 18" low': ["SEAT"], "Mat": ["RUG"]}, "a.txt", categories="product-type"),
    "OpenCart": one(
        csv(["product_id", "name(en-gb)", "categories", "sku"], ["1", "Oak Stool", "Seats > Low", "a"],
            ["2", "Mat", "Floor", "b"]),
        {"Oak Stool": ["Seats", "Low"], "Mat": ["Floor"]}),
    "Shopware": one(
        table(";", ["ordernumber", "name", "categories"], ["1", "Hocker", "Root > Sitze|Root > Holz"],
              ["2", "Matte", "Root > Boden"]),
        {"Hocker": ["Root", "Sitze", "Holz"], "Matte": ["Root", "Boden"]}),
    "Salesforce": Kind(
        "a.csv", csv(["Product Name", "Product Code", "Product Family", "Active"], ["Stool", "1", "Seats", "true"],
                     ["Mat", "2", "Floor", "true"]),
        [({}, '--categories "Product Family"'), ({"categories": "Product Family"},
                                                 {"Stool": ["Seats"], "Mat": ["Floor"]})]),
    "Akeneo": one(
        table(";", ["sku", "family", "groups", "categories", "enabled", "name-en_US"],
              ["1", "seat", "", "seats,oak", "1", "Stool"],
              ["2", "rug", "", "floor", "1", "Mat"]),
        {"Stool": ["seats", "oak"], "Mat": ["floor"]}),
    "Google, names": one(
        table("\t", GOOGLE, ["1", "Bib", "x", "u", "in stock", "9", "Baby & Toddler > Nursing, Feeding & Bibs",
                             "Home > Baby > Bibs, Sale > Baby"],
              ["2", "Mat", "x", "u", "in stock", "5", "Home & Garden", "Sale > Floor"],
              ["3", "Rug", "x", "u", "in stock", "5", "Home & Garden", "Home > Floor"]),
        {"Bib": ["Baby & Toddler", "Nursing, Feeding & Bibs", "Home", "Baby", "Bibs", "Sale"],
         "Mat": ["Home & Garden", "Sale", "Floor"], "Rug": ["Home & Garden", "Home", "Floor"]}, "a.txt"),
    "Google, numbers": one(
        table("|", GOOGLE, ["1", "Bib, red", "x", "u", "in stock", "9", "564", "Baby > Bibs"],
              ["2", "Mat", "x", "u", "in stock", "5", "598", "Floor"]),
        {"Bib, red": ["Baby", "Bibs"], "Mat": ["Floor"]}, "a.txt"),
    "Google, only numbers": Kind(
        "a.csv", csv(GOOGLE[:7], ["1", "Bib", "x", "u", "in stock", "9", "564"],
                     ["2", "Mat", "x", "u", "in stock", "5", "598"]),
        [({}, "google_product_category"), ({"categories": "google_product_category"},
                                           {"Bib": ["564"], "Mat": ["598"]})]),
    "Google, quoted paths": one(
        csv(GOOGLE[:6] + ["product_type"], ["1", "Bib", "x", "u", "in", "9", '"Baby, Toddler > Bibs","Sale"'],
            ["2", "Mat", "x", "u", "in", "5", "Sale > Floor"]),
        {"Bib": ["Baby, Toddler", "Bibs", "Sale"], "Mat": ["Sale", "Floor"]}),
    "Meta": one(
        "# ref_application_id 1\n" + csv(["id", "title", "availability", "fb_product_category", "product_type"],
                                         ["1", "Bib", "in stock", "Baby Products > Nursing, Feeding", "Bibs"],
                                         ["2", "Mat", "in stock", "Home > Rugs, Mats", "Floor"]),
        {"Bib": ["Baby Products", "Nursing, Feeding", "Bibs"], "Mat": ["Home", "Rugs, Mats", "Floor"]}),
    "Google, tildes": one(
        table("~", GOOGLE, ["1", "Bib, red", "x", "u", "in stock", "9", "", "Baby > Bibs"],
              ["2", "Mat; wool", "x", "u", "in stock", "5", "", "Floor"]),
        {"Bib, red": ["Baby", "Bibs"], "Mat; wool": ["Floor"]}, "a.txt"),
}
