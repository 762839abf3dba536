"""Claim: fastText's lines give their labels and their title; LF-AmazonTitles gives the numbers of its labels."""

import pytest

from nnlite import read_records
from nnlite.data.files.labelled import is_labelled, labelled


@pytest.mark.parametrize("line, row", [
    ("__label__food-safety __label__a_b  Some title\n", ["Some title", ["food-safety", "a_b"]]),
    ("__label__x\tTabs\tstay inside", ["Tabs\tstay inside", ["x"]]), ("no label", ["no label", []]),
    ("__label__only", ["", ["only"]]), ("a __label__b", ["a __label__b", []]), (" \n", None)])
def test_lines(line, row):
    assert labelled(line) == row


def test_most_lines_must_begin_with_a_label():
    assert is_labelled(["__label__a x", " __label__b y", "z"]) and not is_labelled(["__label__a x", "y", ""])


def test_a_file_of_labelled_lines(tmp_path):
    (tmp_path / "a.txt").write_text("__label__x __label__y A title\n\n__label__x B\nnone\n__label__z\n")
    reader = read_records(tmp_path / "a.txt")
    assert [*reader] == [("A title", ("x", "y")), ("B", ("x",))]
    assert reader.skipped == {"no category": 1, "no title": 1}


def test_numbers_of_labels(tmp_path):
    (tmp_path / "trn.json").write_text('{"uid": "1", "title": "A", "content": "", "target_ind": [10, 2]}\n'
                                       '{"uid": "2", "title": "B", "content": "", "target_ind": []}\n')
    reader = read_records(tmp_path / "trn.json")
    assert [*reader] == [("A", ("10", "2"))] and reader.skipped == {"no category": 1}
