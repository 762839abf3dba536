"""Claim: options are checked, a sample is bounded, and a file is of no use, at just the limits that are documented."""

import json

import pytest
from product_files import GOOD, HEADER, MUG, ROW, read, write

from nnlite.data import records
from nnlite.data.files.columns import Options
from nnlite.data.files.source import opened
from nnlite.data.records import Reading, Record, given, inspect_file, make_options, read_records

NO_TITLE, NO_CATEGORY = b'{"category": ["X"]}\n', b'{"title": "Mug"}\n'
TOP, CELLS, NO_NAME, BROKEN = b"title,category,x\n", b"Mug,Kitchen,1\n", b"Mug,,1\n", b"Mug, large,Kitchen,1\n"  # CSV


@pytest.mark.parametrize("options, error, message", [
    *((dict(paths=value), ValueError, "paths: want 'levels', 'full' or 'leaf', got ") for value in ("", "Full", None)),
    *(({name: value}, TypeError, f"{name}: want a text that is not empty, got {value!r}$")
      for name in ("separator", "delimiter", "encoding") for value in ("", 3, b",", 0)),
    *((dict(categories=value), ValueError, "categories: want at least one column, got none$") for value in ([], ())),
    *((dict(title=value), TypeError, f"want names or numbers of columns, got {value!r}$")
      for value in (True, 1.0, b"a", False)),
    *((dict(categories=["a", value]), TypeError, f"want names or numbers of columns, got {value!r}$")
      for value in (True, 1.0, None, False)),
    *((dict(header=value), TypeError, f"header: want True, False or None, got {value!r}$") for value in (1, 0, "no")),
])
def test_wrong_options_are_refused_by_name(options, error, message):
    with pytest.raises(error, match=f"^read_records: {message}"):
        make_options(**options)


def test_options_are_taken_as_they_are_given():
    assert make_options() == Options() and given(Options()) == {}
    for value, want in ("a", ("a",)), (2, (2,)), (["a", 2], ("a", 2)), (("a",), ("a",)), (None, None):
        assert make_options(categories=value).categories == want
    for word, character in ("tab", "\t"), (r"\t", "\t"), ("comma", ","), ("semicolon", ";"), ("pipe", "|"), ("^", "^"):
        assert make_options(delimiter=word).delimiter == character
    every = dict(title="t", categories=["a", 2], separator="/", delimiter=";", encoding="cp1252", header=False,
                 paths="leaf")
    assert given(make_options(**every)) == every and given(make_options(header=True)) == {"header": True}
    assert make_options(**given(make_options(**every))) == make_options(**every)


@pytest.mark.parametrize("good, bad, kind, is_error", [
    (5, 5, NO_TITLE, False), (4, 5, NO_TITLE, False), (5, 6, NO_TITLE, True), (4, 6, NO_TITLE, True),  # of ten or more
    (1, 8, NO_TITLE, False), (1, 9, NO_TITLE, True), (1, 99, NO_CATEGORY, False), (0, 1, NO_CATEGORY, True),
    (0, 1, NO_TITLE, True)])
def test_a_file_is_of_no_use_if_most_of_ten_or_more_rows_are_or_if_there_is_no_record(tmp_path, good, bad, kind,
                                                                                      is_error):
    content = GOOD * good + kind * bad
    if not good and kind is NO_TITLE:
        content += NO_CATEGORY * bad  # so that there is a column of titles
        content = content.replace(b'{"title": "Mug"}', b'{"title": "Mug", "category": []}')
    if not is_error:
        assert read(tmp_path, "a.jsonl", content)[0] == [MUG] * good
        return
    with pytest.raises(ValueError, match=f"only {good} usable records in {bad} rows: " if good else
                       "no usable record in|no column of"):
        read(tmp_path, "a.jsonl", content)


@pytest.mark.parametrize("n_bad, is_error", [(3, False), (4, True)])
def test_of_fewer_than_ten_rows_it_is_an_error_that_most_cannot_be_read(tmp_path, monkeypatch, n_bad, is_error):
    """Behind the sample, which is good; rows of products without a category are as they should be."""
    monkeypatch.setattr(records, "SAMPLE_ROWS", 2)
    content = TOP + CELLS * 2 + NO_NAME + BROKEN * n_bad
    if not is_error:
        assert read(tmp_path, "a.csv", content, delimiter=",")[0] == [MUG] * 2
        return
    with pytest.raises(ValueError, match="only 2 usable records in 5 rows: 4 wrong columns, 1 no category; the first "):
        read(tmp_path, "a.csv", content, delimiter=",")


@pytest.mark.parametrize("n_good, n_bad", [(3, 3), (3, 4), (0, 1)])
def test_a_sample_of_which_most_rows_cannot_be_read_is_an_error(tmp_path, n_good, n_bad):
    path = write(tmp_path, "a.csv", TOP + CELLS * n_good + BROKEN * n_bad)
    if n_bad <= n_good:
        assert inspect_file(path, delimiter=",").skipped == {"wrong columns": n_bad}
        return
    with pytest.raises(ValueError, match=f"{n_bad} of the first {n_good + n_bad} rows cannot be read; the first is "
                                         f".*a.csv:{n_good + 2}: wrong columns"):
        inspect_file(path, delimiter=",")


def sample_of(path, **options):
    """The rows of the sample of a file: (line number, row) each."""
    with opened(path, make_options(**options)) as source:
        return Reading(path, source, make_options(**options)).sample


@pytest.mark.parametrize("name, content, n_chars", [
    ("a.jsonl", GOOD * 20, len(GOOD)), ("a.csv", HEADER + ROW * 20, len("MugKitchen")),
    ("a.json", json.dumps([json.loads(GOOD)] * 20), 1)])
def test_a_sample_ends_behind_so_many_rows_or_so_many_characters(tmp_path, monkeypatch, name, content, n_chars):
    path = write(tmp_path, name, content)
    assert len(sample_of(path)) == 20
    for n in 7, 20, 21:
        monkeypatch.setattr(records, "SAMPLE_ROWS", n)
        assert len(sample_of(path)) == min(n, 20)
    monkeypatch.setattr(records, "LEAST_ROWS", 3)
    for most, want in ((6 * n_chars, 7), (6 * n_chars - 1, 6), (2 * n_chars - 1, 3), (0, 3)):
        monkeypatch.setattr(records, "SAMPLE_CHARS", most)
        assert len(sample_of(path)) == want
    assert records.LEAST_ROWS < 300 and len(read_records(path).paths) == 1


def test_empty_lines_are_no_rows_of_a_sample_and_are_not_looked_at_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "SAMPLE_ROWS", 10)
    path = write(tmp_path, "a.jsonl", GOOD + b"\n" * 4 + GOOD * 20)
    assert [number for number, _ in sample_of(path)] == [1, *range(6, 11)]
    reader = read_records(path)
    assert list(reader) == [MUG] * 21 and reader.number == 25 and [one.path for one in reader.readings] == [path]


def test_the_number_of_the_last_record_is_that_of_its_line_in_its_own_file(tmp_path):
    one, other = write(tmp_path, "a.jsonl", b"\n" + GOOD + NO_TITLE + GOOD), write(tmp_path, "b.jsonl", GOOD)
    reader = read_records([one, other])
    assert [reader.number] + [reader.number for _ in reader] == [0, 2, 4, 1]


@pytest.mark.parametrize("paths", [None, [], ()])
def test_a_file_is_wanted(paths):
    with pytest.raises((TypeError, ValueError), match="no file given, want at least one|path"):
        read_records(paths)


def test_what_is_seen_in_a_file_is_told_of_its_sample_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "SAMPLE_ROWS", 4)
    content = GOOD * 2 + NO_CATEGORY + NO_TITLE + GOOD * 9 + NO_TITLE
    report = inspect_file(write(tmp_path, "a.jsonl", content))
    assert report.skipped == {"no category": 1, "no title": 1} and report.records == [MUG] * 2
    with pytest.raises(TypeError, match="read_records: encoding: want a text"):
        inspect_file(tmp_path / "a.jsonl", encoding=3)
    assert inspect_file(write(tmp_path, "b.csv", b"1;2\n3;4\n"), header=False, title=1, categories=2).records == [
        Record("1", ("2",)), Record("3", ("4",))]
