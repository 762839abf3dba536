"""Claim: each form of categories is known by what is given, up to its limits, and has its classes in its own order."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from shops import lines

from nnlite import Record
from nnlite.classifier.arguments import checked_validation, labelled, rereader, texts
from nnlite.classifier.forms import Form, names_of
from nnlite.data.holdout import HeldOut


class Table:
    """As a table of pandas or Polars: columns with names, and an array of all."""

    def __init__(self, **columns):
        self.of, self.columns = columns, list(columns)
        self.shape = len(next(iter(columns.values()))), len(columns)

    def __getitem__(self, name):
        return self.of[name]

    def __iter__(self):
        return iter(self.columns)

    def __array__(self, dtype=None, copy=None):
        kind = object if any(isinstance(one, (str, type(None))) for each in self.of.values() for one in each) else None
        return np.array([*self.of.values()], kind).T


@pytest.mark.parametrize("given, names, form", [
    ([], [], Form()), ([("a", "b"), ()], [("a", "b"), ()], Form()), ([["a"], {"b": 1}], [("a",), ("b",)], Form()),
    (["a", np.str_("b")], [("a",), ("b",)], Form("texts")),
    (["['a'", "a']", "x['a']"], [("['a'",), ("a']",), ("x['a']",)], Form("texts")),
    ([1, np.int8(-2), True], [("1",), ("-2",), ("1",)], Form("numbers")),
    ([2**64 - 1, 1 - 2**64], [(str(2**64 - 1),), (str(1 - 2**64),)], Form("numbers")),
    ([[1, 0], (0, 1), np.array([1, 1])], [("0",), ("1",), ("0", "1")], Form("matrix", ("0", "1"))),
    ([[0]], [()], Form("matrix", ("0",))), (np.zeros((0, 2)), [], Form("matrix", ("0", "1"))),
    (np.array([[True, False]]), [("0",)], Form("matrix", ("0", "1"))),
    (sp.csc_array([[0, 1.0]]), [("1",)], Form("sparse", ("0", "1"))),
    (Table(a=[1, 0], b=[1, 1]), [("a", "b"), ("b",)], Form("matrix", ("a", "b"))),
    (Table(a=[1]), [("a",)], Form("matrix", ("a",))), (Table(a=["x", "y"]), [("x",), ("y",)], Form("texts"))])
def test_a_form_is_known_by_what_is_given(given, names, form):
    assert names_of("fit", given) == (names, form)


@pytest.mark.parametrize("given, error, message", [
    ([[1, 0], [1]], TypeError, r"categories\[0\]: want a collection of str, such as a tuple, got one of int"),
    ([[], [1]], TypeError, r"categories\[1\]: want .*, got one of int"),
    ([[1, 0], []], TypeError, r"categories\[0\]: want .*, got one of int"),
    ([[1, 2]], ValueError, "want a matrix of 0 and 1"), ([[1, -1]], ValueError, "want a matrix of 0 and 1"),
    ([1, "a"], TypeError, r"categories\[1\]: want a whole number, as categories\[0\] is, got str"),
    (["a", 1], TypeError, r"categories\[1\]: want a str, as categories\[0\] is, got int"),
    ([1, 2**64], ValueError, r"categories\[1\]: want whole numbers of at most 18 digits, got one of 65 bits"),
    (['["a"]'], ValueError, r"categories\[0\]: .* a text that shows a list"), ("a", TypeError, "got one str"),
    (np.array("a"), TypeError, "got ndarray|iteration"), (frozenset("a"), TypeError, "got frozenset"),
    ({"a": 1}, TypeError, "got dict"), (Table(a=["x"], b=["y"]), TypeError, "got 2 with others: choose one"),
    (Table(a=[1], b=[None]), TypeError, "got 2 with others: choose one"), ([1.5], TypeError, "got float")])
def test_what_has_no_form_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        names_of("fit", given)


def test_entries_of_a_sparse_matrix_count_once_and_stay_as_they_are():
    matrix = sp.csr_array((np.array([1, 0, 1, 0]), np.array([1, 1, 0, 1]), np.array([0, 2, 4])), (2, 2))
    assert names_of("fit", matrix)[0] == [("1",), ("0",)] and matrix.nnz == 4
    matrix.data[1] = 1
    with pytest.raises(ValueError, match="want a matrix of 0 and 1"):
        names_of("fit", matrix)


@pytest.mark.parametrize("given", [[[1, 0]], np.array([[1, 0]]), sp.csr_array([[1, 0]])])
@pytest.mark.parametrize("classes, columns, want", [
    (None, None, "0"), (["x", "y"], None, "x"), (None, ["c", "d"], "c"), (["x", "y"], ["c", "d"], "x"),
    ([3, 4], None, "3")])
def test_columns_have_the_names_that_are_given_or_the_known_ones_or_numbers(given, classes, columns, want):
    names, form = names_of("fit", given, classes, columns)
    assert names == [(want,)] and form.columns[0] == want


def test_columns_of_a_table_have_its_names_unless_others_are_given():
    assert names_of("fit", Table(a=[1]), None, ["c"])[0] == [("a",)] and names_of("fit", Table(a=[1]), ["x"])[0] == [
        ("x",)]
    with pytest.raises(TypeError, match="classes: want them only with a matrix of 0 and 1"):
        names_of("fit", ["a"], ["a"])
    for classes in (["x"], 1), (["x", "x"], 1), (["x", "y", "z"], 3):
        with pytest.raises(ValueError, match=f"want 2 different names of columns, .* got {classes[1]}"):
            names_of("fit", [[1, 0]], classes[0])


@pytest.mark.parametrize("form, labels, classes, places", [
    (Form(), ["b", "a"], ["b", "a"], [0, 1]), (Form("texts"), ["b", "a"], ["a", "b"], [1, 0]),
    (Form("numbers"), ["10", "9", "-1"], [-1, 9, 10], [2, 1, 0]),
    (Form("matrix", ("c", "b", "a")), ["a", "c"], ["c", "b", "a"], [2, 0]),
    (Form("sparse", ("c", "b", "a")), ["b"], ["c", "b", "a"], [1])])
def test_classes_stand_in_the_order_of_their_form(form, labels, classes, places):
    form.check(labels)
    assert list(form.classes(labels)) == classes and form.places(labels).tolist() == places
    assert (form.is_matrix, form.is_single) == (form.kind in ("matrix", "sparse"), form.kind in ("texts", "numbers"))


@pytest.mark.parametrize("label, message", [
    ("9" * 18, None), ("-" + "9" * 18, None), ("0", None), ("-5", None),
    ("1" + "0" * 18, "at most 18 digits, got 1000"),
    ("-0", "at most 18 digits, got -0"), ("007", "at most 18 digits, got 007"), ("x", "no mapping changes .*, got 'x'"),
    ("1.5", "no mapping changes into names, got '1.5'"), ("", "no mapping changes into names, got ''")])
def test_numbers_have_at_most_18_digits(label, message):
    form = Form("numbers")
    if message is None:
        assert form.check(["3", label]) is None and form.classes([label]).tolist() == [int(label)]
    else:
        with pytest.raises(ValueError, match=f"^categories: want .*{message}"):
            form.check(["3", label])
        assert Form("texts").check([label]) is None


def test_categories_without_a_column_are_named_up_to_three():
    for kind in "matrix", "sparse":
        Form(kind, ("a", "b")).check(["a"])
        with pytest.raises(ValueError, match="want a column for each category that is learnt, got none for c, d, e: "):
            Form(kind, ("a", "b")).check([*"afedc"])


@pytest.mark.parametrize("titles, want", [
    (["a", None, float("nan"), "b"], ["a", "", "", "b"]), (np.array(["a", "b"]), ["a", "b"]),
    (np.array([["a"], ["b"]]), ["a", "b"]), (iter("ab"), ["a", "b"]), (Table(t=["a", None]), ["a", ""]),
    (np.array([["a"]], object), ["a"]), ([], []), (np.zeros((0, 1), str), [])])
def test_titles_are_a_list_or_a_column(titles, want):
    assert texts("fit", titles) == want


@pytest.mark.parametrize("titles, message", [
    ([1.5], r"\[0\]: want a str, got float"), (["a", np.inf], r"\[1\]: want a str, got float"),
    (np.array("a"), "want a list of str, got ndarray"), (np.zeros((1, 1, 1), str), "want a list of str, got ndarray"),
    (np.zeros((2, 0), str), "want one column, got 0"), (Table(a=["x"], b=["y"]), "want one column, got 2"),
    ({"a"}, "want a list of str, got set"), (frozenset("a"), "got frozenset"), (b"a", "got one bytes")])
def test_other_titles_are_refused(titles, message):
    with pytest.raises(TypeError, match=f"^fit: titles.*{message}"):
        texts("fit", titles)


def test_validation_is_a_pair_in_a_tuple_or_a_list():
    assert checked_validation("fit", None) is None
    for pair in (["t"], [("a",)]), [["t"], [("a",)]]:
        assert checked_validation("fit", pair) == [Record("t", ("a",))]
    assert checked_validation("fit", (["t"], [[0, 1]]), ("x", "y")) == [Record("t", ("y",))]
    with pytest.raises(ValueError, match="^fit: validation: want as many categories as titles, 1, got 2"):
        checked_validation("fit", (["t"], ["a", "b"]))
    with pytest.raises(ValueError, match="^fit: want as many categories as titles, 2, got 1"):
        labelled("fit", ["t", "u"], ["a"])


def test_files_are_read_once_more_without_what_is_left_out(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text(lines(Record(f"{a}{b} dress", ("x",)) for a in "bcdfghkl" for b in "aeiou"))
    read, options = rereader("fit_files", [path], dict(title="title", encoding="utf-8"))
    first = list(read())
    assert len(first) == len(list(read())) == 40 and options["encoding"] == "utf-8"
    assert rereader("fit_files", [path], {})[1] == {} == rereader("fit_files", [path], dict(delimiter=None))[1]
    held = HeldOut([title for title, _ in first], 5)
    rest = list(rereader("fit_files", [path], {}, held)[0]())
    assert 0 < len(rest) < 40 and rest == [one for one, out in zip(first, held.mask([t for t, _ in first])) if not out]
    for paths in ["-"], [path, "-"], [Path("-")]:
        with pytest.raises(ValueError, match="^fit_files: want files, which are read twice, got standard input$"):
            rereader("fit_files", paths, {})
