"""Claims: a mapping file means what it says and nothing is lost in it; applying it twice is applying it once; what is
proposed merges spellings, drops feature phrases and keeps categories, on names as catalogues hold them."""

import bz2
import gzip
import lzma
import re
import unicodedata
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Record, make_catalogue
from nnlite.categories import proposal
from nnlite.categories.mapping import Mapping, propose_file

ODD = ["a", "b", "c", "*", "#", " ", "a ", " b", "\\", "\\s", "\t", "a\nb"]
names = st.text(min_size=1, max_size=6) | st.sampled_from(ODD)
rules = st.dictionaries(names, names | st.just(""), max_size=8)
all_others = st.none() | st.just("") | names
records = st.lists(st.builds(Record, st.text(), st.lists(names, max_size=5, unique=True).map(tuple)), max_size=8)


def mapping_of(rules, others):
    """The mapping, or None where the rules make a ring."""
    try:
        return Mapping(rules, others)
    except ValueError as error:
        assert "a ring of categories" in str(error)
        return None


def written(tmp_path, text):
    path = tmp_path / "mapping.tsv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@given(rules=rules, others=all_others, note=st.text(max_size=5))
def test_the_file_says_all_of_it(rules, others, note, tmp_path_factory):
    if (mapping := mapping_of(rules, others)) is None:
        return
    mapping.notes = dict.fromkeys(rules, note)
    path = tmp_path_factory.mktemp("mapping") / "mapping.tsv"
    mapping.write(path)
    again = Mapping.read(path)
    assert again == mapping and list(again.rules) == list(rules)
    again.write(path)
    assert Mapping.read(path) == mapping


@given(rules=rules, others=all_others, records=records)
def test_applying_twice_is_applying_once(rules, others, records):
    if (mapping := mapping_of(rules, others)) is None:
        return
    once = list(mapping.apply(records))
    assert list(mapping.apply(once)) == once
    for record in once:
        assert record.categories and all(record.categories) and len(set(record.categories)) == len(record.categories)


@given(rules=rules, others=all_others, records=records)
def test_the_coverage_adds_up(rules, others, records):
    if (mapping := mapping_of(rules, others)) is None:
        return
    mapped = mapping.apply(records)
    out, n = list(mapped), mapped.coverage()
    assert n["records"] == len(records) and n["records_kept"] == len(out)
    assert n["records_lost"] == len(records) - len(out)
    for kind in "labels", "categories":
        assert n[kind] == n[f"{kind}_kept"] + n[f"{kind}_merged"] + n[f"{kind}_dropped"]
        assert n[f"{kind}_left"] <= n[f"{kind}_kept"] + n[f"{kind}_merged"]
    assert n["labels"] == sum(len(record.categories) for record in records)
    assert n["labels_left"] == sum(len(record.categories) for record in out)
    assert n["categories_left"] == len({name for record in out for name in record.categories})
    assert n["lines_unused"] == len(set(rules) - {name for record in records for name in record.categories})


@given(rules=rules)
def test_rings_and_only_rings_are_refused(rules):
    """Following a rule for as many steps as there are rules ends at a name without one, or there is a ring."""
    def in_ring(name):
        for _ in range(len(rules) + 1):
            if rules.get(name, name) == name:
                return False
            name = rules[name]
        return True

    assert (mapping_of(rules, None) is None) == any(map(in_ring, rules))


def test_a_long_chain_is_followed_in_linear_time():
    n = 200_000
    mapping = Mapping({str(i): str(i + 1) for i in range(n)})
    assert mapping.becomes("0") == mapping.becomes(str(n // 2)) == str(n)
    with pytest.raises(ValueError, match="a ring of categories, want an end, got '0' -> '1' -> .* -> ... -> '0'"):
        Mapping({str(i): str((i + 1) % n) for i in range(n)})


def test_a_file_by_hand(tmp_path):
    """A mark at the beginning, Windows' line ends, spaces, comments and rules of every kind."""
    path = written(tmp_path, "\ufeff# a comment\r\n\r\n tees \tT-Shirts\twhy\tand more\r\nShirts\tT-Shirts\r\n"
                             "Imported\t\r\n\\#1 Gifts\tGifts\nGifts\tPresents\nBooks\tBooks\n*\t\tthe rest\n"
                             "\\*\tStars")
    mapping = Mapping.read(path)
    assert mapping.notes == {"tees": "why\tand more", None: "the rest"} and mapping.others == ""
    becomes = {raw: mapping.becomes(raw) for raw in ("tees", "Shirts", "T-Shirts", "Imported", "#1 Gifts", "Gifts", "*",
                                                     "Books", "Toys")}
    assert becomes == {"tees": "T-Shirts", "Shirts": "T-Shirts", "T-Shirts": "T-Shirts", "Imported": "",
                       "#1 Gifts": "Presents", "Gifts": "Presents", "*": "Stars", "Books": "Books", "Toys": ""}


def test_without_a_line_for_the_others_they_stay():
    records = [Record("t", ("b", "a", "x")), Record("u", ("drop",)), Record("v", ("x",))]
    mapping = Mapping({"a": "A", "b": "A", "drop": ""})
    mapped = mapping.apply(records)
    assert list(mapped) == [Record("t", ("A", "x")), Record("v", ("x",))]
    assert mapped.summary().split("\n") == [
        "records: 3; 2 kept, 1 lost: no category left",
        "labels: 5; 2 kept, 2 merged into others, 1 dropped; 3 remain",
        "categories: 4; 1 kept, 2 merged into others, 1 dropped; 2 remain"]
    assert [mapping.becomes(raw) for raw in ("a", "x", "A", "drop")] == ["A", "x", "A", ""]
    assert list(Mapping({"a": "A"}, others="Other").apply(records)) == [
        Record("t", ("Other", "A")), Record("u", ("Other",)), Record("v", ("Other",))]


def test_a_raw_category_twice_in_a_record_counts_once():
    mapped = Mapping({"Y": "Z"}).apply([Record("a", ("X", "X", "Y", "Y", "Z"))])
    assert [record.categories for record in mapped] == [("X", "Z")]
    assert mapped.raw_counts == {"X": 1, "Y": 1, "Z": 1} and mapped.counts == {"X": 1, "Z": 1}
    assert mapped.coverage()["labels"] == 3 and mapped.coverage()["labels_left"] == 2


def test_the_name_for_the_others_follows_its_own_line():
    assert Mapping({"Misc": "Various"}, others="Misc").becomes("unheard of") == "Various"
    assert Mapping({"Misc": "Some", "Some": "Various"}, others="Misc").becomes("unheard of") == "Various"
    assert Mapping({"Misc": ""}, others="Misc").becomes("unheard of") == ""


def test_the_same_fate_twice_is_none_too_many_and_the_others_have_a_note(tmp_path):
    path = written(tmp_path, "a\tA\na\tA\n*\t\twhy\n*\t\n")
    mapping = Mapping.read(path)
    assert mapping.rules == {"a": "A"} and mapping.others == "" and mapping.notes == {None: "why"}
    mapping.write(path)
    assert Mapping.read(path).notes == {None: "why"}


def test_a_note_of_several_lines_is_written_in_one(tmp_path):
    mapping = Mapping({"Women": "Ladies"}, "", {"Women": "one\ntwo", None: "three\nfour"})
    mapping.write(tmp_path / "mapping.tsv")
    got = Mapping.read(tmp_path / "mapping.tsv")
    assert got == mapping and got.notes == {"Women": "one two", None: "three four"}


@pytest.mark.parametrize("n", [5, 6])
def test_of_lines_that_met_no_record_five_are_shown(n):
    mapped = Mapping({f"Typo {i}": "A" for i in range(n)}).apply([])
    names = ", ".join(f"'Typo {i}'" for i in range(5))
    assert mapped.summary().endswith(f"\nlines that met no record: {n}, such as {names}")


def test_lines_that_met_no_record_are_listed():
    mapped = Mapping({"Typo": "A", "a": "A"}).apply([Record("t", ("a",))])
    deque(mapped, maxlen=0)
    assert mapped.summary().endswith("\nlines that met no record: 1, such as 'Typo'")


@pytest.mark.parametrize("text, message", [
    ("# c\nShoes\n", r"mapping.tsv:2: no tab, want a raw category, a tab and its category, got 'Shoes'"),
    ("\tShoes\n", r"mapping.tsv:1: no raw category before the tab, want one, got '\\tShoes'"),
    ("a\tb\n\na\tc\n", r"mapping.tsv:3: 'a' has two fates, want one, got 'b' in line 1 and 'c'"),
    ("*\tb\n*\t\n", r"mapping.tsv:2: '\*' has two fates, want one, got 'b' in line 1 and ''"),
    ("a\\b\tc\n", r"mapping.tsv:1: unknown escape, want \\\\ for a backslash, got '\\\\b'"),
    ("a\tc\\\n", r"mapping.tsv:1: unknown escape, want \\\\ for a backslash, got '\\\\'"),
    ("a\tb\nb\tc\nc\ta\n", r"mapping.tsv:3: a ring of categories, want an end, got 'a' -> 'b' -> 'c' -> 'a'"),
    (b"a\tb\n\xff\tb\n", r"mapping.tsv:2: not UTF-8, want text in UTF-8, got b'\\xff\\tb\\n'"),
    (b"a\t" + b"b" * (1 << 20) + b"\n", r"mapping.tsv:1: line too long"),
])
def test_wrong_files_are_refused(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        Mapping.read(written(tmp_path, text))


@given(text=st.lists(st.sampled_from([b"a", b"b", b"*", b"#", b"\\", b"\t", b"\n", b"\r", b" ", b"\xff", b"\xc3\xa9"]),
                     max_size=30).map(b"".join))
def test_any_file_is_a_mapping_or_an_error_with_its_place(text, tmp_path_factory):
    path = written(tmp_path_factory.mktemp("mapping"), text)
    try:
        mapping = Mapping.read(path)
    except ValueError as error:
        assert str(error).startswith(f"{path}:") and "\n" not in str(error)
    else:
        assert all(mapping.becomes(mapping.becomes(raw)) == mapping.becomes(raw) for raw in mapping.rules)


def test_an_empty_raw_category_is_refused():
    with pytest.raises(ValueError, match="want a name for every raw category, got an empty one"):
        Mapping({"": "a"})


# ---- proposals

@pytest.mark.parametrize("spellings", [
    ["Women's T-Shirts", "womens t-shirts", "Women’s T Shirts", "WOMENS TSHIRT", "All Women's T-Shirts"],
    ["Home & Kitchen", "home and kitchen", "Home&Kitchen", "Homes & Kitchens"],
    ["Home Décor", "Home Decor"], ["Watches", "watch"], ["Babies", "Baby"], ["Dresses", "Dress"],
    ["Key-Chains", "Keychain"],
])
def test_spellings_fall_together(spellings):
    counts = {name: 10 - i for i, name in enumerate(spellings)} | {"All Toys": 3, "Shoes": 99}
    assert proposal.spellings(counts) == {**dict.fromkeys(spellings, spellings[0]), "All Toys": "All Toys",
                                          "Shoes": "Shoes"}


@pytest.mark.parametrize("one, other", [("Men", "Women"), ("3-D Puzzles", "2-D Puzzles"), ("Glass", "Gla"), ("书", "鞋"),
                                        ("+", "%"), ("Bus", "Bu"), ("Games", "Gamers")])
def test_others_do_not(one, other):
    assert proposal.key(one) != proposal.key(other)


@pytest.mark.parametrize("name", [
    "Imported", "Made in USA", "Made in the USA or Imported", "Machine Wash", "Hand wash cold, line dry",
    "Dry clean only", "Do not bleach", "Zipper closure", "Hook & Loop closure", "100% Cotton", "Material:100% cotton",
    "60% Wool, 40% Silk", "Cotton", "Genuine Leather", "Faux Fur", "Rubber sole", "Shaft measures 5 inches",
    "Heel: 2\"", "Color: Black", "Item Weight: 3", "Perfect for the office", "No expiration, no fees.",
    "This is a watch", "Package Dimensions: 3 x 4",
    "Great for \"going out\" or by the pool when just the essentials are needed", "with Pockets", "Features:",
    "Multiple denominations. Choose your amount from $1.00 to $2,000.", "Floral print", "A soft hat for rainy days",
    "Holds Credit Cards, Business Cards, ID's and or Bus & Train Passes", "Gift ready packaging",
    "Handmade with recycled materials in Los Angeles"])
def test_feature_phrases_read_so(name):
    assert proposal.reads_like(name, capitals=True)


@pytest.mark.parametrize("name", [
    "Women", "Women's Shoes", "Clothing, Shoes & Jewelry", "tv, audio & cameras", "3-D Puzzles", "Ages 3-4 Years",
    "Xbox 360", "Collectible Figures & Memorabilia", "Dog supplies", "The Designer Boutique",
    "Gold & Diamond Jewellery", "A-Line", "Hook & Loop", "Desk Supplies Organisers & Dispensers",
    "Baby Bath, Skin & Grooming", "Silver Jewellery", "书", "Die-Cast", "Musical Instruments & Professional Audio",
    "Slot Cars, Race Tracks & Accessories", "Made-to-Measure", "Washing Machines", "Dry Cleaning", "Closures",
    "Gifts for Her", "Health & Personal Care", "Great Danes", "Books"])
def test_categories_do_not(name):
    assert proposal.reads_like(name, capitals=True) is None


def test_a_proposal_for_a_small_catalogue():
    """A root, two spellings, a phrase that reads like a category but stands behind another, a rare child."""
    records = [Record("", ("Women", "T-Shirts", "Imported", "Polish")) for _ in range(12)]
    records += [Record("", ("Women", "Tshirts", "Imported")) for _ in range(4)]
    records += [Record("", ("Women", "T-Shirts", "Henleys")) for _ in range(3)]
    records += [Record("", ("Men", f"Item number {i}")) for i in range(11)]
    records += [Record("", ("Lonely",))]
    mapping = Mapping.propose(records, min_count=10)
    assert mapping.rules == {"Women": "Women", "T-Shirts": "T-Shirts", "Men": "Men", "Imported": "", "Polish": "",
                             "Tshirts": "T-Shirts", "Henleys": "T-Shirts"}
    assert mapping.others == "" and mapping.notes == {
        "Women": "19 records: kept", "T-Shirts": "15 records: kept", "Men": "11 records: kept",
        "Imported": "16 records: where it was made",
        "Polish": "12 records: behind feature phrases in 12 of 12 records with such",
        "Tshirts": "4 records: a spelling of T-Shirts",
        "Henleys": "3 records: rare, and 3 of 3 are in this one",
        None: "12 others, none in 10 records, and all to come"}
    family = dict.fromkeys((f"Item number {i}" for i in range(5)), 1)
    assert proposal.feature_phrases([], family, 10) == dict.fromkeys(family, "one of 5 that differ in a number")


def test_the_reason_for_a_rare_category_counts_all_of_its_spellings():
    records = [Record("", ("Shoes", *names)) for names in [()] * 12 + [("Clogs",)] * 3 + [("clogs",)]]
    _, notes = proposal.propose(records, 10)
    assert notes["Clogs"] == "3 records: rare, and 4 of 4 are in this one"
    assert notes["clogs"] == "1 record: rare, and 4 of 4 are in this one"


def test_a_name_that_stands_before_feature_phrases_now_and_then_is_none():
    """Nearly always behind: 9 of 10 records do, 8 of 10 do not, and 4 records are too few to tell."""
    rows = [("Imported", "Polish", "Boots")] * 9 + [("Polish", "Boots", "Imported")] + [("Imported", "Seen")] * 4
    rows[0] = "Boots", "Imported", "Polish"
    assert proposal.behind(rows, {"Imported": "why"}) == {
        "Polish": "behind feature phrases in 9 of 10 records with such"}


@pytest.mark.parametrize("n, want", [(4, []), (5, ["Polish"])])
def test_five_records_are_enough_to_tell_where_a_name_stands(n, want):
    assert list(proposal.behind([("Imported", "Polish")] * n, {"Imported": "why"})) == want


@pytest.mark.parametrize("n, want", [(4, 0), (5, 5)])
def test_five_names_that_differ_in_a_number_are_a_family(n, want):
    counts = {f"Item number {i}": 1 for i in range(n)}
    assert len(proposal.feature_phrases([], counts, 10)) == want


@pytest.mark.parametrize("n, want", [(7, None), (8, "8 words")])
def test_eight_words_are_a_sentence(n, want):
    assert proposal.reads_like(" ".join("Aa Bb Cc Dd Ee Ff Gg Hh".split()[:n])) == want


@pytest.mark.parametrize("word, want", [
    ("bus", "bus"), ("gas", "gas"), ("is", "is"), ("ties", "tie"), ("pies", "pie"), ("babies", "baby"),
    ("dresses", "dress"), ("boxes", "box"), ("wishes", "wish"), ("tops", "top"), ("tennis", "tennis")])
def test_singulars(word, want):
    assert proposal.singular(word) == want


@pytest.mark.parametrize("names, want", [
    (["Tops & Tees With Sleeves", "Tops with sleeves"], False),  # a half is not most
    (["Tops & Tees With Sleeves", "Tops with sleeves", "Boys Shoes"], True), (["Tops", "tops with sleeves"], False)])
def test_most_names_are_in_capitals_or_not(names, want):
    assert proposal.in_capitals(names) is want


@pytest.mark.parametrize("counts, want", [
    ({"t-shirt": 2, "T-Shirt": 2}, "T-Shirt"), ({"T-Shirt": 2, "t-shirt": 2}, "T-Shirt"),
    ({"t-shirt": 3, "T-Shirt": 2}, "t-shirt")])
def test_of_equally_frequent_spellings_the_first_in_the_alphabet_is_taken(counts, want):
    assert set(proposal.spellings(counts).values()) == {want}


@pytest.mark.parametrize("min_count, want", [(12, {"Shoes": "Shoes"}), (13, None)])
def test_a_category_of_just_min_count_records_is_frequent(min_count, want):
    records = [Record("", ("Shoes",))] * 12 + [Record("", ("Lonely",))] * 11
    if want is None:
        with pytest.raises(ValueError, match="want a category in at least 13 records, got 2 rarer ones in 23 records"):
            proposal.propose(records, min_count)
    else:
        assert proposal.propose(records, min_count)[0] == want


@pytest.mark.parametrize("n_beside, want", [(9, {"Clogs": ("Shoes", 9)}), (8, {})])
def test_nearly_all_records_of_a_rare_name_are_nine_of_ten(n_beside, want):
    rows = [("Shoes", "Clogs")] * n_beside + [("Clogs",)] * (10 - n_beside)
    assert proposal.rare_parents(rows, {"Shoes": 50, "Clogs": 10}, {"Shoes"}, {}) == want


def test_a_rare_name_goes_to_no_feature_phrase():
    records = [Record("", ("Shoes", "Imported"))] * 12 + [Record("", ("Imported", "Clogs"))]
    rules, _ = proposal.propose(records, 10)
    assert rules == {"Shoes": "Shoes", "Imported": ""}


@pytest.mark.parametrize("backwards", [False, True])
def test_of_equally_rare_parents_the_first_in_the_alphabet_is_taken(backwards):
    """Whatever the order in which the names of a set come: it is another one in every process."""
    class Ordered(frozenset):
        def intersection(self, row):
            return sorted(super().intersection(row), reverse=backwards)

    rows, counts = [("P1", "P0", "P2", "Rare")], {"P0": 9, "P1": 9, "P2": 9, "Rare": 1}
    assert proposal.rare_parents(rows, counts, Ordered(["P2", "P0", "P1"]), {}) == {"Rare": ("P0", 1)}


def test_a_rare_name_goes_to_the_most_special_one_before_it():
    """Sale is rarer than Shoes, but stands behind; Women is in too few; Lonely has only what stands behind it."""
    rows = [("Shoes", "Clogs", "Sale"), ("Shoes", "Women", "Clogs", "Sale"), ("Lonely", "Sale"), ("Alone",)]
    counts = {"Shoes": 50, "Women": 40, "Sale": 30, "Clogs": 2, "Lonely": 1, "Alone": 1}
    assert proposal.rare_parents(rows, counts, {"Shoes", "Women", "Sale"}, {}) == {
        "Clogs": ("Shoes", 2), "Lonely": ("Sale", 1)}


def test_a_proposal_for_the_made_up_catalogue():
    """Shelves are kept, phrases dropped; names come from the catalogue module's own lists."""
    records = list(make_catalogue(4_000))
    mapping = Mapping.propose(records)
    mapped = mapping.apply(records)
    assert len(list(mapped)) == len(records) and mapped.coverage()["lines_unused"] == 0
    for shelf in "Women", "Men", "Tops & Tees", "Sneakers", "Wrist Watches", "Hats & Caps", "Baby Girls":
        assert mapping.becomes(shelf) == shelf
    for phrase in "Imported", "Zipper closure", "Machine Wash", "Cotton", "100% Cotton", "Officially licensed":
        assert mapping.becomes(phrase) == ""
    assert not [name for name in mapped.counts if any(sign.isdigit() or sign == ":" for sign in name)]


@given(records=records)
def test_a_proposal_is_a_mapping_that_covers_itself(records):
    try:
        mapping = Mapping.propose(records, min_count=2)
    except ValueError as error:
        assert str(error).startswith("propose: want a category in at least 2 records, got")
        return
    mapped = mapping.apply(records)
    deque(mapped, maxlen=0)
    assert mapped.coverage()["lines_unused"] == 0
    assert set(mapping.notes) == {*mapping.rules, None}


def test_a_proposal_is_written_once(tmp_path):
    data, out = tmp_path / "products.jsonl", tmp_path / "mapping.tsv"
    data.write_text("".join(f'{{"title": "T{i}", "category": ["Toys", "Imported"]}}\n' for i in range(10)))
    assert propose_file(data, out).startswith("records: 10; 10 kept, 0 lost")
    assert Mapping.read(out).rules == {"Toys": "Toys", "Imported": ""}
    with pytest.raises(ValueError, match="mapping.tsv: want a new file, got one that is there"):
        propose_file(data, out)
    with pytest.raises(ValueError, match="want a category in at least 11 records"):
        propose_file(data, tmp_path / "other.tsv", min_count=11)
    assert not (tmp_path / "other.tsv").exists()


# ---- edges

@pytest.mark.parametrize("ending, pack", [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress),
                                          (".GZ", gzip.compress)])
def test_a_mapping_file_may_be_packed(ending, pack, tmp_path):
    path = tmp_path / f"mapping.tsv{ending}"
    path.write_bytes(pack(b"a\tA\n"))
    assert Mapping.read(path) == Mapping({"a": "A"})


@pytest.mark.parametrize("line, shown", [("x" * 61, "x" * 60), ("\t" + "x" * 60, "\\t" + "x" * 59)])
def test_a_message_shows_60_characters_of_a_wrong_line(line, shown, tmp_path):
    with pytest.raises(ValueError) as error:
        Mapping.read(written(tmp_path, line + "\n"))
    assert str(error.value).endswith(f"got '{shown}'")


def test_what_leads_to_a_ring_is_not_shown_as_part_of_it(tmp_path):
    """And the line that is named is that of the rule that closes the ring."""
    with pytest.raises(ValueError, match=r"mapping.tsv:4: a ring .* got 'a' -> 'b' -> 'a'$"):
        Mapping.read(written(tmp_path, "x\ta\n\na\tb\nb\ta\n"))


@pytest.mark.parametrize("n, end", [(5, "'3' -> '4' -> '0'"), (6, "'3' -> '4' -> ... -> '0'")])
def test_of_a_ring_five_names_are_shown(n, end):
    with pytest.raises(ValueError, match="^Mapping: a ring") as error:
        Mapping({str(i): str((i + 1) % n) for i in range(n)})
    assert str(error.value).endswith(end)


def test_a_star_between_spaces_is_that_of_the_others_and_a_line_of_tabs_is_empty(tmp_path):
    assert Mapping.read(written(tmp_path, "\t \t\n * \tOther\n")) == Mapping({}, "Other")


def test_mappings_are_equal_if_their_rules_and_others_are():
    assert Mapping({"a": "A"}, "") == Mapping({"a": "A"}, "", {"a": "why"})
    assert Mapping({"a": "A"}, "") != Mapping({"a": "A"}) and Mapping({"a": "A"}) != Mapping({"a": "B"})
    assert Mapping({}) != 3


def test_a_mapping_holds_copies_of_its_rules_and_notes():
    rules, notes = {"a": "A"}, {"a": "why"}
    mapping = Mapping(rules, notes=notes)
    rules["b"] = notes["b"] = "B"
    assert mapping.rules == {"a": "A"} and mapping.notes == {"a": "why"}


def test_a_line_break_in_a_note_is_written_as_a_space(tmp_path):
    path = tmp_path / "mapping.tsv"
    Mapping({"a": "A"}, notes={"a": "one\ntwo"}).write(path)
    assert Mapping.read(path).notes == {"a": "one two"}


def test_records_without_a_category_left_are_counted_with_their_titles():
    mapped = Mapping({"a": ""}).apply([Record("first", ("a",)), Record("b", ("b",)), Record("third", ())])
    deque(mapped, maxlen=0)
    assert mapped.skipped == {"no category left": 2} and mapped.skipped.examples == ["first", "third"]


def test_large_counts_have_commas():
    mapped = Mapping({"b": "B"}).apply([Record("", ("a", "b"))] * 1_234)
    deque(mapped, maxlen=0)
    assert mapped.summary().split("\n")[:2] == [
        "records: 1,234; 1,234 kept, 0 lost: no category left",
        "labels: 2,468; 1,234 kept, 1,234 merged into others, 0 dropped; 2,468 remain"]


def test_ten_records_are_frequent_by_default_and_nine_are_not(tmp_path):
    records, data = [Record("", ("Toys",))] * 10, tmp_path / "products.jsonl"
    data.write_text('{"title": "T", "category": "Toys"}\n' * 9)
    for propose in Mapping.propose, proposal.propose:
        propose(records)
        with pytest.raises(ValueError, match="propose: want a category in at least 10 records, got 1 rarer ones in 9"):
            propose(records[1:])
    with pytest.raises(ValueError, match="want a category in at least 10 records"):
        propose_file(data, tmp_path / "mapping.tsv")


def test_a_proposal_of_several_files_is_that_of_all_their_records(tmp_path):
    for name in "one", "two":
        (tmp_path / f"{name}.jsonl").write_text('{"title": "T", "category": ["Toys", "Imported"]}\n' * 3)
    got = propose_file([tmp_path / "one.jsonl", tmp_path / "two.jsonl"], tmp_path / "mapping.tsv", 6)
    assert got.split("\n") == [
        "records: 6; 6 kept, 0 lost: no category left",
        "labels: 12; 6 kept, 0 merged into others, 6 dropped; 6 remain",
        "categories: 2; 1 kept, 0 merged into others, 1 dropped; 1 remain"]


def test_a_proposal_lists_kept_names_then_phrases_then_rare_ones_each_by_falling_count():
    """Of equal counts in the order of the alphabet; one record is in the singular, a thousand have a comma."""
    records = [Record("", ("Toys", "Imported"))] * 1_200 + [Record("", ("Shoes", "imported"))] * 10
    records += [Record("", ("Books", "Novels"))] + [Record("", ("Books",))] * 9 + [Record("", ("Toys", "Dolls"))] * 2
    mapping = Mapping.propose(records)
    assert list(mapping.rules.items()) == [
        ("Toys", "Toys"), ("Books", "Books"), ("Shoes", "Shoes"), ("Imported", ""), ("imported", ""),
        ("Dolls", "Toys"), ("Novels", "Books")]
    assert list(mapping.notes.items()) == [
        ("Toys", "1,202 records: kept"), ("Books", "10 records: kept"), ("Shoes", "10 records: kept"),
        ("Imported", "1,200 records: where it was made"),
        ("imported", "10 records: a spelling of Imported, where it was made"),
        ("Dolls", "2 records: rare, and 2 of 2 are in this one"),
        ("Novels", "1 record: rare, and 1 of 1 are in this one"),
        (None, "0 others, none in 10 records, and all to come")]


def test_only_frequent_names_tell_whether_categories_are_in_capitals():
    """A name in just min_count records is one of them; the rare ones would say no."""
    counts = {"Tops & Tees Sale": 10, "Gift ready packaging": 9, "Dolls with houses": 9}
    capitals = proposal.feature_phrases([], counts, 10)
    assert capitals == dict.fromkeys(["Gift ready packaging", "Dolls with houses"], "in small letters like a sentence")
    assert proposal.feature_phrases([], counts, 11) == proposal.feature_phrases([], counts, 9) == {}


@pytest.mark.parametrize("name, capitals, want", [
    ("Gift ready packaging", True, "in small letters like a sentence"), ("Gift ready packaging", False, None),
    ("gift ready packaging", True, None), ("Gift ready Packaging", True, None), ("Food dog and cat", True, None),
    ("The Very Fine Designer", False, None), ("The Very Fine Designer Boutique", False, "a sentence")])
def test_a_phrase_in_small_letters_has_two_long_words_and_a_title_at_most_four(name, capitals, want):
    assert proposal.reads_like(name, capitals) == want


def test_a_number_with_separators_is_one_number():
    counts = dict.fromkeys(["Pack 1", "Pack 1.5", "Pack 2/3", "Pack 1,000", "Pack 1.2.3", "Pack"], 1)
    assert proposal.feature_phrases([], counts, 10) == dict.fromkeys(
        list(counts)[:5], "one of 5 that differ in a number")


def test_apostrophes_and_what_is_typed_for_them_are_left_out():
    assert {proposal.key(f"Women{mark}s") for mark in "'‘’`´ʼ′＇"} == {"women"}


@given(st.text("aÀß́̈ﷺ가İ&s _-", max_size=8))
def test_accents_are_left_out_as_from_the_whole_name(name):
    plain = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    assert proposal.key(name) == ("".join(map(proposal.singular, re.findall(r"\w+", plain))) or name)


@given(st.text("ab .!?\n", max_size=9))
def test_three_words_and_an_end_are_a_sentence(text):
    assert proposal._has_end(text) == bool(re.fullmatch(r".+ .+ .+[.!?]", text, re.DOTALL))


LONG = ["a ", "a b ", "the ", ". ", "1,", "1.", "0%", ": ", "a:1", "wash ", "or imported ", "́̕", "A", "a'", "in ",
        "made in ", "closure ", "\n", "; ", "material ", "ﷺ"]


@pytest.mark.parametrize("end", ["", "!", "\n", ":", "x.y"])
@pytest.mark.parametrize("unit", LONG)
def test_a_name_of_any_length_is_judged_in_linear_time(unit, end):
    name = unit * 50_000 + end  # quadratic time would take minutes
    proposal.propose([Record("", (name, "Shoes"))] * 10)


def test_the_notes_of_a_star_and_of_the_others_are_two(tmp_path):
    path = tmp_path / "m.tsv"
    for notes in {"*": "one", None: "two"}, {"*": "one"}, {None: "two"}, {}:
        Mapping({"*": "Stars"}, "", notes).write(path)
        assert Mapping.read(path).notes == notes and Mapping.read(path) == Mapping({"*": "Stars"}, "")


def test_records_of_many_names_tell_no_parents():
    for n, parents in (98, {"rare": ("Shoes", 1)}), (99, {}):
        rows = [("Shoes", "rare", *map(str, range(n)))]
        counts = {"Shoes": 10} | dict.fromkeys(rows[0][1:], 1)
        assert proposal.rare_parents(rows, counts, {"Shoes"}, set(map(str, range(n)))) == parents


def test_a_record_of_very_many_names_takes_linear_time():
    names = tuple(f"n{i}" for i in range(60_000))  # quadratic time would take minutes, and as many pairs gigabytes
    often = [Record("", names[:30_000])] * 10
    assert len(Mapping.propose([*often, Record("", names)]).rules) == 30_000


def test_a_chain_of_rules_is_read_and_applied_to_its_end(tmp_path):
    path = tmp_path / "m.tsv"
    for chain in range(9_000), range(8_999, -1, -1):
        path.write_text("".join(f"c{i}\tc{i + 1}\n" for i in chain))
        [record] = Mapping.read(path).apply([Record("", ("c0", "c77"))])
        assert record.categories == ("c9000",)
