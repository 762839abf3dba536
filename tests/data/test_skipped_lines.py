"""Claim: every line that gives no record is counted by its kind, named by file and line, and skipped."""

import pytest
from product_files import ACCENTS, BAD_JSON_LINES, BAD_ROWS, CAFE, GOOD, HEADER, MUG, ROW, read, write

from nnlite.data import lines
from nnlite.data.lines import WANTED
from nnlite.data.records import read_records


@pytest.mark.parametrize("kind, line", BAD_JSON_LINES, ids=range(len(BAD_JSON_LINES)))
@pytest.mark.filterwarnings("error")
def test_a_bad_json_line_is_counted_named_and_skipped(tmp_path, kind, line):
    records, reader = read(tmp_path, "a.jsonl", GOOD + b"\n \r\n" + line + b"\n" + GOOD + ACCENTS)
    assert records == [MUG, MUG, CAFE, CAFE]
    assert reader.skipped == {kind: 1}
    [message] = reader.skipped.examples
    assert message.startswith(f"{tmp_path / 'a.jsonl'}:4: {kind}, want {WANTED[kind]}, got ")
    assert len(message) < len(str(tmp_path)) + 350 and message.isprintable()


@pytest.mark.parametrize("kind, row", BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_bad_row_is_counted_named_and_skipped(tmp_path, kind, row):
    records, reader = read(tmp_path, "a.csv", HEADER + b"\n" + ROW + row + b"\n" + "Café,Kitchen\n".encode() * 2 +
                           b'"Mug",Kitchen')
    assert records == [MUG, CAFE, CAFE, MUG]
    assert reader.skipped == {kind: 1}
    assert reader.skipped.examples[0].startswith(f"{tmp_path / 'a.csv'}:4: {kind}, want {WANTED[kind]}, got ")


def test_the_tables_above_show_every_kind():
    elsewhere = {"damaged file", "object too long", "not CSV", "unclosed quote", "variant",
                 "not an item"}
    assert {kind for kind, _ in BAD_JSON_LINES + BAD_ROWS} | elsewhere == set(WANTED)


def test_one_line_in_another_encoding_is_skipped_and_a_whole_file_is_read_in_it(tmp_path):
    other = "Café,Kitchen\n".encode("cp1252")
    records, reader = read(tmp_path, "a.csv", HEADER + "Café,Kitchen\n".encode() * 2 + other)
    assert records == [CAFE] * 2 and reader.skipped == {"not UTF-8": 1}
    assert read(tmp_path, "a.csv", HEADER + other * 3)[0] == [CAFE] * 3


def test_the_first_few_skipped_lines_are_shown_the_others_counted(tmp_path, caplog):
    path = write(tmp_path, "a.jsonl", b"x\n" * 100 + GOOD * 200 + b'{"title": "Mug"}\n')
    reader = read_records([path, path])
    assert list(reader) == [MUG] * 400
    assert reader.skipped == {"not JSON": 200, "no category": 2}
    assert reader.summary() == "400 records, 202 skipped lines: 200 not JSON, 2 no category"
    assert [(entry.name, entry.levelname) for entry in caplog.records] == [("nnlite", "WARNING")] * 5
    assert caplog.messages == reader.skipped.examples
    want = f"{path}:1: not JSON, want a JSON object, or a Python dict of at most 131,072 characters, got 'x\\n'"
    assert reader.skipped.examples[0] == want


def test_the_most_frequent_kind_of_skipped_line_comes_first(tmp_path):
    _, reader = read(tmp_path, "a.jsonl", GOOD * 4 + b'{"title": "Mug"}\n' + b"x\n" * 2)
    assert reader.summary() == "4 records, 3 skipped lines: 2 not JSON, 1 no category"


@pytest.mark.parametrize("behind", ['{"title": "C"}', "x", "]", "1"])
def test_what_stands_behind_an_object_makes_the_line_no_json(tmp_path, behind):
    line = '{"title": "A", "category": ["X"]}'
    records, reader = read(tmp_path, "a.jsonl", f"{line}\n{line} {behind}\n")
    assert [record.title for record in records] == ["A"] and reader.skipped == {"not JSON": 1}


@pytest.mark.parametrize("n_lines", [1, 2])
def test_a_mark_of_the_order_of_bytes_belongs_to_the_beginning_of_a_file_alone(tmp_path, n_lines):
    line = '\ufeff{"title": "A", "category": ["X"]}\n'
    records, reader = read(tmp_path, "a.jsonl", n_lines * line)
    assert len(records) == 1 and reader.skipped.get("not JSON", 0) == n_lines - 1


def test_an_array_behind_a_skipped_line_is_a_skipped_line(tmp_path):
    records, reader = read(tmp_path, "a.jsonl", b"x\n[1]\n" + GOOD * 3)
    assert records == [MUG] * 3 and reader.skipped == {"not JSON": 1, "not an object": 1}


def test_examples_of_skipped_lines_are_cut():
    skipped = lines.Skipped()
    skipped.add("no category", "x" * 10**6)
    assert skipped.examples == ["x" * 1_000]


def test_the_account_of_skipped_lines_is_sorted_by_how_many():
    skipped = lines.Skipped()
    for kind, n in ("no title", 2), ("not CSV", 1234), ("bad category", 1), ("no category", 3):
        for _ in range(n):
            skipped.add(kind, kind)
    assert skipped.summary() == (
        "1,240 skipped lines: 1,234 not CSV, 3 no category, 2 no title, 1 bad category")
    assert skipped.summary("lines").startswith("1,240 lines: ") and lines.Skipped().summary() == "0 skipped lines"
    assert skipped.examples == ["no title"] * 2 + ["not CSV"] * 3


def test_a_skipped_row_of_several_lines_is_named_by_its_first(tmp_path):
    content = HEADER + b'"Mug\n\n",Kitchen\n"Mug\n\n",\n"Mug\n' + ROW * 9 + b"Mug,\n" + ROW * 9
    records, reader = read(tmp_path, "a.csv", content)
    assert records == [MUG] * 19
    places = [example[len(str(tmp_path)) + 1:].split(",")[0] for example in reader.skipped.examples]
    assert places == ["a.csv:5: no category", "a.csv:8: unclosed quote", "a.csv:18: no category"]


def test_a_bad_line_within_an_open_quote_is_counted_as_itself(tmp_path):
    records, reader = read(tmp_path, "a.csv", HEADER + b'"Mug,\n\xff\n' + ROW * 9,
                           encoding="utf-8")
    assert records == [MUG] * 9 and reader.skipped == {"unclosed quote": 2}
    assert [example.split(": ")[0][-1] for example in reader.skipped.examples] == ["2", "3"]
