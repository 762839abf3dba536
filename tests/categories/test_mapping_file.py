"""Claim: a mapping file means what it says; a file that is not one is refused with the place."""

import bz2
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mappings import all_others, mapping_of, rules, written

from nnlite.categories.mapping import Mapping


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


def test_a_star_between_spaces_is_that_of_the_others_and_a_line_of_tabs_is_empty(tmp_path):
    assert Mapping.read(written(tmp_path, "\t \t\n * \tOther\n")) == Mapping({}, "Other")


def test_a_line_break_in_a_note_is_written_as_a_space(tmp_path):
    path = tmp_path / "mapping.tsv"
    Mapping({"a": "A"}, notes={"a": "one\ntwo"}).write(path)
    assert Mapping.read(path).notes == {"a": "one two"}


def test_the_notes_of_a_star_and_of_the_others_are_two(tmp_path):
    path = tmp_path / "m.tsv"
    for notes in {"*": "one", None: "two"}, {"*": "one"}, {None: "two"}, {}:
        Mapping({"*": "Stars"}, "", notes).write(path)
        assert Mapping.read(path).notes == notes and Mapping.read(path) == Mapping({"*": "Stars"}, "")
