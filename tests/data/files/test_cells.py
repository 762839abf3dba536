"""Claim: the names in a category cell are those that were meant, or the cell stays whole and that is said."""

from itertools import product
from random import Random

import pytest

from nnlite.data.files.cells import LEVELS, Writing, names
from nnlite.data.files.evidence import Rule, decide
from nnlite.data.lines import SkippedLine

WIDE = ["Clothing, Shoes & Jewelry", "Home", "TV/Video", "Toys & Games", "Sports", "Books", "Men's Wear", "Garden"]
NARROW = ["Shirts", "Hats & Caps", "Perfume, Cologne", "Lamps", "Audio/Video", "Balls", "Novels", "Tools", "Rugs",
          "Sale"]


def read(cells, **options):
    writing = decide(cells, **options)
    return [names(cell, writing) for cell in cells]


def shop(n, seed=0, most=3):
    """Paths of n products: for each a list of (wide, narrow) or (wide,)."""
    random = Random(seed)
    return [[tuple([random.choice(WIDE), random.choice(NARROW)][:random.choice((1, 2, 2))])
             for _ in range(random.randint(1, most))] for _ in range(n)]


def flat(paths):
    return [name for path in paths for name in path]


@pytest.mark.parametrize("sign", [" > ", ">", " >> ", "|", " | ", " › ", " » ", " → ", "::", " -> "])
def test_signs_that_are_never_part_of_a_name(sign):
    products = shop(50, most=1)
    assert read([sign.join(paths[0]) for paths in products]) == [list(paths[0]) for paths in products]


@pytest.mark.parametrize("between, sign", [*product(["; ", ";", "\n"], [" > ", "|"])])
def test_lists_of_paths(between, sign):
    products = shop(50)
    assert read([between.join(map(sign.join, paths)) for paths in products]) == list(map(flat, products))


def test_bars_between_paths():
    products = shop(50)
    cells = ["|".join(map(" > ".join, paths)) for paths in products]
    writing = decide(cells)
    assert [names(cell, writing, "full") for cell in cells] == [list(map(" > ".join, paths)) for paths in products]


def test_a_comma_separates_where_the_parts_recur():
    """Names with a comma of their own cannot be told from two names; those without can."""
    products = [[(name,) for path in paths for name in path if "," not in name] for paths in shop(200)]
    cells = [", ".join(flat(paths)) for paths in products]
    assert read(cells) == list(map(flat, products))


def test_a_comma_that_is_part_of_names_stays():
    products = shop(200, most=1)
    for sign in " > ", "|":
        assert read([sign.join(paths[0]) for paths in products]) == list(map(flat, products))
    cells = [path[0][0] for path in products]
    assert read(cells) == [[cell] for cell in cells]


def test_a_slash_separates_where_beginnings_recur():
    products = [[tuple(name for name in paths[0] if "/" not in name) or ("Home",)] for paths in shop(200)]
    for slash in "/", " / ":
        cells = [slash.join(paths[0]) for paths in products]
        assert read(cells) == list(map(flat, products))


def test_a_slash_that_is_part_of_names_stays():
    cells = [name for paths in shop(200) for name in paths[0]]
    assert read(cells) == [[cell] for cell in cells]


def test_what_is_escaped_is_part_of_a_name():
    products = shop(100)
    for between, sign in ((", ", " > "), (",", "/")):
        cells = [between.join(sign.join(name.replace(",", r"\,").replace("/", r"\/" if sign == "/" else "/")
                                        for name in path) for path in paths) for paths in products]
        assert read(cells) == list(map(flat, products))


def test_doubt_is_said():
    for cell in "Snacks, Biscuits", "Kids/Toys":
        writing = decide([cell, "Home"])
        assert names(cell, writing) == [cell]
        assert [(doubt[1], doubt[2]) for doubt in writing.doubts] == [(1, cell)]
    assert not decide(["Home", "Garden"]).doubts


def test_rules_and_the_option():
    assert read(["a, b > c"], rule=Rule("WooCommerce", lists=",")) == [["a", "b", "c"]]
    assert read(["a/b,a/c"], rule=Rule("Magento", lists=",", levels="/")) == [["a", "b", "a", "c"]]
    assert read(["a, b > c/d"], separator=", ") == [["a", "b > c/d"]]
    assert read(["All / TV/Video"], separator=" / ") == [["All", "TV/Video"]]


@pytest.mark.parametrize("value, want", [
    (12, ["12"]), (12.0, ["12"]), (1.5, ["1.5"]), (True, []), (None, []), (float("nan"), []), ("nan", []), ("None", []),
    ([12, "a", None], ["12", "a"]), ([["a", "b"], ["a", "c"]], ["a", "b", "a", "c"]), ({"id": 1, "name": "a"}, ["a"]),
    ([{"categoryName": "a"}], ["a"]), ([], []), ("  ", []), (["nan", "a"], ["a"]), ("a &amp; b", ["a & b"]),
])
def test_values(value, want):
    assert names(value, Writing()) == want


@pytest.mark.parametrize("value", [{"id": 1}, {"name": {}}, [[["a"]]], object(), 10 ** 400, float("inf")])
def test_values_that_are_no_categories(value):
    with pytest.raises(SkippedLine):
        names(value, Writing())


def test_levels_full_and_leaf():
    cells = ["Women > Shoes; Men > Shoes", "Men"]
    writing = decide(cells)
    assert names(cells[0], writing, "full") == ["Women > Shoes", "Men > Shoes"]
    assert names(cells[0], writing, "leaf") == ["Shoes", "Shoes"]
    assert names(cells[1], writing, "full") == ["Men"]
    lists = [["Women", "Shoes", "Boots"], ["Women", "Shoes"], ["Men", "Hats"], ["Men", "Hats", "Caps"]]
    assert names(lists[0], decide(lists), "leaf") == ["Boots"]
    tags = [["sale", "blue"], ["blue", "new"], ["new", "sale"], ["red", "blue"], ["sale", "red"], ["new", "red"]]
    assert names(tags[0], decide(tags), "full") == ["sale", "blue"]


def test_items_of_lists_stay_whole_unless_most_are_paths():
    assert read([["a > b"], ["c"], ["d"], ["e"]])[0] == ["a > b"]
    assert read([["a > b"], ["c > d"], ["e"]]) == [["a", "b"], ["c", "d"], ["e"]]
    assert LEVELS.search("a-b") is None
