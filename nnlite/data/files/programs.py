"""What wrote a product file, recognised by its header, and what that program puts into its columns.

Names of columns are compared without case, spaces and punctuation: 'Product Category' is 'productcategory'.
"""

import re
from typing import NamedTuple

from nnlite.data.files.separators import Rule

TITLES = ("title", "name", "productname", "producttitle", "itemname", "productdisplayname", "itemtitle",
          "displayname")  # the first of them wins
LANGUAGE = re.compile(r"[\s_\-.:(\[]+(?:en|de|fr|es|it|nl|pt|pl|ru|uk|cs|sk|hu|ro|bg|el|tr|sv|da|fi|nb|et|lv|lt|sl|hr|"
                      r"sr|ja|zh|ko|ar|he|fa|hi|th|vi)(?:[_\-][A-Za-z]{2,4})?"
                      r"(?:-(?:ecommerce|print|mobile|web))?[)\]]?$")  # 'name-en_US', 'name(en-gb)'
MAX_LANGUAGE_CHARS = 20
TITLE_HINTS = re.compile(  # may hold titles, in other words or languages
    r"(?:product|produkt|produit|produto|producto|item|artikel|article|articolo|artículo|material|model)*"
    r"(?:titel|titre|t[íi]tulo|titolo|tytu[łl]|bezeichnung|kurztext|langtext|naam|namn|navn|nimi|nom|nombre|nome|nazwa|"
    r"název|názov|naziv|nume|név|ad[iı]|όνομα|name|text|description|beschreibung|item|product|produkt)|"
    r".*(?:product|item)(?:name|title)|tytułoferty|maktx|.*(?:название|наименование|назва|商品名|品名|標題|标题|상품명|제품명).*")
CATEGORY = re.compile(
    r"(?:amazon|google|fb|facebook|ebay|shopping|main|master|sub|product|item|primary|secondary|parent|top|leaf|full|"
    r"shop|store|l\d|level\d)*categor(?:y|ies)\d*"
    r"(?:names?|levels?|lvl|l(?=\d)|paths?|tree|list|hierarchy|titles?|full|complete|display|breadcrumbs?|"
    r"andsubcategory|xyz)*\d*|categid(?:name|completename|displayname)?")
FIRST = ("maincategory", "category", "categories", "subcategory")  # in a row whose keys have no order
HINTS = re.compile(
    r"(?:product|item|custom|standardized)*(?:types?|tags?|labels?|keywords?|departments?|collections?|groups?|genres?|"
    r"class|section|breadcrumbs?|(?:l|lvl|level)(?=\d)|vertical|taxonomy|family|families|aisle|subclass|browsenode|"
    r"browsepath|cat|typekeyword|departmentname)s?\d*|"
    r"(?:custom|smart)collections|pnnsgroups\d|foodgroups?|maincat|subcat|(?:bisac|thema)?subjects?|"
    r".*(?:categor|kategor|catégor|categoría|катег|カテゴリ|分类|分類|类目|類目|카테고리|kategór|kategori|rubri|рубрик|itemgroup|"
    r"produktkateg|produktt[iy]p|produktgrupp|warengrupp|productgroep|tipodeprodu|предмет|раздел|ジャンル|품목|grupatowar).*")
TAGS = re.compile(r"(?:product|item)?(?:tags?|keywords?|labels?)|.*[a-z]tags|(?:custom|smart)collections")
LISTED = re.compile(r"\(\s*x\s*([,;|])\s*y")  # 'Categories (x,y,z...)' of PrestaShop
IDS = re.compile(r".*(?:ids?|codes?|url|slugs?|handle|image|count|tax)")  # 'category_id' holds no names
HANDLES = ("handle", "urlhandle", "handleid")  # the same in all rows of one product
KINDS = ("type", "fieldtype", "itemtype", "item", "recordtype", "tipo", "typ", "тип")  # of a row
VARIANTS = frozenset(("variation", "variant", "product_variation", "product_option", "sku", "rule", "option", "image",
                      "video"))  # kinds of rows that are part of a product above
IDS_OF_ROWS = ("productidnoneditable", "sku")  # empty in a row that is part of the product above
MAX_TYPES = 200  # cells of a column that tell what it is

_WOO_TYPES = frozenset(("simple", "variable", "variation", "grouped", "external", "virtual", "downloadable",
                        "subscription"))
_MAGENTO_TYPES = frozenset(("simple", "configurable", "virtual", "bundle", "downloadable", "grouped"))
MAIN_TYPES = frozenset(("simple", "variable", "variation", "grouped", "external", "configurable"))
ROW_TYPES = {  # program -> the name of the column that holds the types of its rows, these
    "Magento": (re.compile("producttype").fullmatch, _MAGENTO_TYPES),
    "WooCommerce": (re.compile("(?!producttype).*", re.DOTALL).fullmatch, _WOO_TYPES)}
TECHNICAL = _WOO_TYPES | _MAGENTO_TYPES | VARIANTS | {"product", "p", "physical", "digital", "product_type", "hardgood"}
NO_HINTS = {"WooCommerce": ("type", "typ", "tipo")}

WHOLE = Rule("Google's taxonomy", whole=",")  # 'Handbags, Wallets & Cases'


class Program(NamedTuple):
    """A program that writes product files: what stands in its headers, and how it writes category cells.

    header: sets of columns, one of which is there whole    columns: the only ones that hold categories, if not empty
    """

    name: str
    header: tuple[frozenset[str], ...]
    rule: Rule | None = None
    columns: tuple[str, ...] = ()


def _known(name, *headers, lists="", levels="", columns=()):
    rule = Rule(name, lists, levels) if lists or levels else None
    return Program(name, tuple(frozenset(header.split()) for header in headers), rule, columns)


PROGRAMS = (  # the first that fits
    _known("Magento 1", "_category", "_type _attribute_set", levels="/"),
    _known("Magento", "attributesetcode", "storeviewcode", "productwebsites", lists=",", levels="/"),
    _known("BigCommerce", "binpickingnumber", "itemtype productcodesku", "item inventorytracking", levels="/"),
    _known("Matrixify", "handle categoryid categoryname", "handle toprow"),
    _known("Shopify", "handle bodyhtml", "handle variantsku", "handle vendor", "urlhandle vendor",
           "handle customproducttype"),
    _known("Squarespace", "productidnoneditable", "productpage producturl", lists=",", levels="/"),
    _known("WooCommerce", "isfeatured visibilityincatalog", "categories taxstatus taxclass", lists=","),
    _known("Ecwid", "productinternalid", levels=" / "),
    _known("Open Food Facts", "categoriestags", "pnnsgroups1", lists=",", columns=("categories",)),
    _known("Akeneo", "family groups categories", "sku family enabled", lists=","),
    _known("Google", "googleproductcategory", "ggoogleproductcategory", "fbproductcategory", "link availability",
           "imagelink"),
)


def without_language(name: str) -> str:
    """The name of a column without the language at its end: 'name-en_US' is 'name'."""
    name = name.strip()
    start = max(len(name) - MAX_LANGUAGE_CHARS, 0)
    return name[:start] + LANGUAGE.sub("", name[start:])


def plain(name: str) -> str:
    """The name of a column without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name).lower()


def program_of(names: list[str]) -> Program | None:
    """The program that writes these columns, None if it is not known."""
    there = {name.strip().lower() for name in names} | {plain(name) for name in names}
    return next((program for program in PROGRAMS if any(header <= there for header in program.header)), None)


def column_rule(program: Program | None, header: str, values: list[str]) -> Rule | None:
    """The rule by which the cells of a category column are written, if it is known, given some of them."""
    name = plain(header)
    if listed := LISTED.search(header):
        return Rule("its header", lists=listed[1])
    if TAGS.fullmatch(name):
        return Rule("a column of tags", lists=",", escapes=True)
    if "google" in name or program and program.name in ("Shopify", "Matrixify") and \
            name in ("productcategory", "standardizedproducttype", "category"):
        return WHOLE
    if program and program.rule:
        return program.rule
    if any(value.startswith("Default Category/") for value in values):
        return Rule("Magento", lists=",", levels="/")
    return None
