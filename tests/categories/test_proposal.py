"""Claim: a proposal merges spellings, drops feature phrases, sends rare names to their parents and keeps the others."""

from collections import deque

import pytest
from hypothesis import given
from mappings import records

from nnlite import Record, make_catalogue
from nnlite.categories import proposal
from nnlite.categories.mapping import Mapping, propose_file


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


def test_records_of_many_names_tell_no_parents():
    for n, parents in (98, {"rare": ("Shoes", 1)}), (99, {}):
        rows = [("Shoes", "rare", *map(str, range(n)))]
        counts = {"Shoes": 10} | dict.fromkeys(rows[0][1:], 1)
        assert proposal.rare_parents(rows, counts, {"Shoes"}, set(map(str, range(n)))) == parents


def test_a_record_of_very_many_names_takes_linear_time():
    names = tuple(f"n{i}" for i in range(60_000))  # quadratic time would take minutes, and as many pairs gigabytes
    often = [Record("", names[:30_000])] * 10
    assert len(Mapping.propose([*often, Record("", names)]).rules) == 30_000
