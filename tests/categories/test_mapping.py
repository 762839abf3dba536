"""Claim: applying a mapping twice is applying it once, no record is lost without being counted, and rings are
refused."""

from collections import deque

import pytest
from hypothesis import given
from mappings import all_others, mapping_of, records, rules, written

from nnlite import Record
from nnlite.categories.mapping import Mapping


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


@pytest.mark.parametrize("n", [5, 6])
def test_of_lines_that_met_no_record_five_are_shown(n):
    mapped = Mapping({f"Typo {i}": "A" for i in range(n)}).apply([])
    names = ", ".join(f"'Typo {i}'" for i in range(5))
    assert mapped.summary().endswith(f"\nlines that met no record: {n}, such as {names}")


def test_lines_that_met_no_record_are_listed():
    mapped = Mapping({"Typo": "A", "a": "A"}).apply([Record("t", ("a",))])
    deque(mapped, maxlen=0)
    assert mapped.summary().endswith("\nlines that met no record: 1, such as 'Typo'")


def test_an_empty_raw_category_is_refused():
    with pytest.raises(ValueError, match="want a name for every raw category, got an empty one"):
        Mapping({"": "a"})


def test_what_leads_to_a_ring_is_not_shown_as_part_of_it(tmp_path):
    """And the line that is named is that of the rule that closes the ring."""
    with pytest.raises(ValueError, match=r"mapping.tsv:4: a ring .* got 'a' -> 'b' -> 'a'$"):
        Mapping.read(written(tmp_path, "x\ta\n\na\tb\nb\ta\n"))


@pytest.mark.parametrize("n, end", [(5, "'3' -> '4' -> '0'"), (6, "'3' -> '4' -> ... -> '0'")])
def test_of_a_ring_five_names_are_shown(n, end):
    with pytest.raises(ValueError, match="^Mapping: a ring") as error:
        Mapping({str(i): str((i + 1) % n) for i in range(n)})
    assert str(error.value).endswith(end)


def test_mappings_are_equal_if_their_rules_and_others_are():
    assert Mapping({"a": "A"}, "") == Mapping({"a": "A"}, "", {"a": "why"})
    assert Mapping({"a": "A"}, "") != Mapping({"a": "A"}) and Mapping({"a": "A"}) != Mapping({"a": "B"})
    assert Mapping({}) != 3


def test_a_mapping_holds_copies_of_its_rules_and_notes():
    rules, notes = {"a": "A"}, {"a": "why"}
    mapping = Mapping(rules, notes=notes)
    rules["b"] = notes["b"] = "B"
    assert mapping.rules == {"a": "A"} and mapping.notes == {"a": "why"}


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


def test_a_chain_of_rules_is_read_and_applied_to_its_end(tmp_path):
    path = tmp_path / "m.tsv"
    for chain in range(9_000), range(8_999, -1, -1):
        path.write_text("".join(f"c{i}\tc{i + 1}\n" for i in chain))
        [record] = Mapping.read(path).apply([Record("", ("c0", "c77"))])
        assert record.categories == ("c9000",)
