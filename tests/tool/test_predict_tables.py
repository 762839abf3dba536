"""Claim: tables with predictions have the delimiter, quotes and marks that their endings and sources call for."""

import csv
import gc
import io
import json

import pytest

from nnlite.data import records
from nnlite.data.records import make_options
from nnlite.tool import predict_data
from nnlite.tool.predict_data import predict_rows


def predicted(folder, name, content, out, pairs=(("A", 0.5),), **options):
    """The bytes that are written for a file with this content; each title has the same categories."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    predict_rows(lambda titles: [list(pairs)] * len(titles), folder / name, make_options(**options), folder / out)
    return (folder / out).read_bytes()


@pytest.mark.parametrize("name, sign, out, want", [
    ("a.csv", ",", "b.csv", ","), ("a.csv", ";", "b.CSV", ";"), ("a.csv", "|", "b.csv", "|"),
    ("a.tsv", "\t", "b.csv", ","), ("a.tsv", "\t", "b.tsv", "\t"), ("a.csv", ";", "b.tsv", "\t"),
    ("a.csv", ";", "b.tab", "\t"), ("a.tsv", "\t", "b.txt", "\t"), ("a.csv", ";", "b.txt", ";")])
def test_a_delimiter_stays_where_the_ending_allows_it(tmp_path, name, sign, out, want):
    text = predicted(tmp_path, name, f"title{sign}x\nred{sign}1\nblue{sign}2\n", out).decode()
    assert text.splitlines()[1] == want.join(["red", "1", "A", "0.5000"])


@pytest.mark.parametrize("out, want", [("b.csv", ","), ("b.tsv", "\t"), ("b.txt", ",")])
def test_a_table_without_delimiters_has_those_of_its_ending(tmp_path, out, want):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table({"title": ["red"], "n": [7], "of": [["a", "é\t"]]}), tmp_path / "a.parquet")
    text = predicted(tmp_path, "a.parquet", (tmp_path / "a.parquet").read_bytes(), out).decode()
    head, row = csv.reader(io.StringIO(text), delimiter=want)
    assert head[:3] == ["title", "n", "of"] and row == ["red", "7", '["a", "é\\t"]', "A", "0.5000"]


@pytest.mark.parametrize("cell", ["a,b", 'a"b', "a\nb", "a\rb", "plain", "", " ", "a;b", '"', "a,\"\n"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_cells_are_quoted_as_the_csv_module_does(tmp_path, cell, place):
    row = ["x", "red", "y"]
    row[place] = row[place] * (place == 1) + cell
    source, want = io.StringIO(), io.StringIO()
    csv.writer(source, lineterminator="\n").writerows([["p", "title", "q"], row, *[["1", "blue", "2"]] * 3])
    more = ["A,B", "0.5000"] if row[1].strip() else ["", ""]
    csv.writer(want).writerow([*row, *more])
    found = predicted(tmp_path, "a.csv", source.getvalue(), "b.csv", pairs=[("A,B", 0.5)]).decode()
    row = want.getvalue().removesuffix("\r\n")
    assert found.startswith(f"p,title,q,predicted_categories,predicted_probabilities\n{row}\n")


@pytest.mark.parametrize("out, cells", [("b.tsv", '"24" red\t5" x'), ("b.csv", '"""24"" red","5"" x"')])
def test_quotes_of_a_table_that_has_none_stay_only_in_its_own_format(tmp_path, out, cells):
    content = "title\tx\n" + '"24" red\t5" x\n' * 9
    assert predicted(tmp_path, "a.tsv", content, out).decode().splitlines()[1].startswith(cells)


def test_quotes_of_a_quoted_table_stay_quotes(tmp_path):
    content = "title\tx\n" + '"24"" red"\t"a\tb"\n' * 9
    assert predicted(tmp_path, "a.tsv", content, "b.tsv").decode().splitlines()[1].startswith('"24"" red"\t"a\tb"\t')


@pytest.mark.parametrize("encoding, mark", [
    ("utf-8", ""), ("utf-8-sig", "\ufeff"), ("utf-16", "\ufeff"), ("utf-16-le", "\ufeff"), ("cp1252", "")])
@pytest.mark.parametrize("header", [True, False])
def test_a_byte_order_mark_stays_and_stands_for_utf_16(tmp_path, encoding, mark, header):
    content = ("title;x\n" * header + "réd;1\nblüe;2\n" * 20).encode(encoding)
    options = {} if encoding.startswith("utf-8") else {"encoding": encoding}
    options |= {} if header else {"header": False, "title": "1"}
    found = predicted(tmp_path, "a.csv", content, "b.csv", **options).decode()
    assert found.startswith(mark + ("title;x;predicted_categories;predicted_probabilities\n" if header else "réd;1;A;"))
    assert found.count("\ufeff") == len(mark) and found.count("\n") == 40 + header


def test_probabilities_have_four_digits_in_a_table_and_six_in_json(tmp_path):
    pairs = [("A", 2 / 3), ("-B", 0.123456789)]
    assert b"\nred,A; -B,0.6667; 0.1235\n" in predicted(tmp_path, "a.csv", "title\nred\n", "b.csv", pairs=pairs)
    assert b"\nred,'-B,0.1235\n" in predicted(tmp_path, "a.csv", "title\nred\n", "b.csv", pairs=pairs[1:])
    found = predicted(tmp_path, "a.csv", "title\nred\n", "b.jsonl", pairs=pairs)
    assert json.loads(found)["predicted_probabilities"] == [0.666667, 0.123457]


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "jl", "json", "JSONL"])
def test_dates_are_texts_in_json_lines(tmp_path, ending):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    day = arrow.array([20_000], arrow.date32())
    parquet.write_table(arrow.table({"title": ["red"], "day": day}), tmp_path / "a.parquet")
    text = predicted(tmp_path, "a.parquet", (tmp_path / "a.parquet").read_bytes(), f"b.{ending}")
    assert json.loads(text)["day"] == "2024-10-04"


@pytest.mark.parametrize("n_bad, is_read", [(0, True), (1, True), (2, False)])
def test_more_lines_that_cannot_be_read_than_rows_are_an_error(tmp_path, monkeypatch, n_bad, is_read):
    """The lines stand behind the first rows, by which it is decided how a file is read."""
    n_rows = 30
    monkeypatch.setattr(records, "SAMPLE_ROWS", n_rows)
    content = "title,x\nred,1\n" + ",2\n" * (n_rows - 1) + "a,b,c,d\n" * (n_rows - 1 + n_bad)
    if is_read:
        assert predicted(tmp_path, "a.csv", content, "b.csv").count(b"\n") == 1 + n_rows
        return
    with pytest.raises(ValueError, match="rows with titles, got 30 rows, 29 of them without a usable title, and 31 "):
        predicted(tmp_path, "a.csv", content, "b.csv")
    assert not (tmp_path / "b.csv").exists()


@pytest.mark.parametrize("most, blocks", [(3, [2, 2, 2]), (2, [1] * 6), (4, [2, 2, 2]), (5, [2, 2, 2]), (10**9, [6])])
@pytest.mark.parametrize("name, content", [
    ("a.csv", "title,x\n" + "red,\n" * 6), ("a.jsonl", '{"title": "red"}\n' * 6)])
def test_blocks_end_behind_the_row_that_exceeds_the_characters(tmp_path, monkeypatch, most, blocks, name, content):
    """Each row has three characters."""
    (tmp_path / name).write_text(content)
    monkeypatch.setattr(predict_data, "BLOCK_CHARS", most)
    seen = []
    predict_rows(lambda titles: seen.append(len(titles)) or [[]] * len(titles), tmp_path / name, make_options(),
                 tmp_path / "b.jsonl")
    assert seen[:len(blocks)] == blocks and sum(seen) == 6


@pytest.mark.parametrize("writes", [True, False])
def test_a_process_that_does_not_write_predicts_and_leaves_the_file_alone(tmp_path, writes):
    (tmp_path / "a.csv").write_text("title\nred\n")
    seen = []

    def predict(titles):
        seen.append((titles, gc.get_freeze_count() > 0))
        return [[]] * len(titles)

    said = predict_rows(predict, tmp_path / "a.csv", make_options(), tmp_path / "b.csv", writes=writes)
    assert seen == [(["red"], True)] and (tmp_path / "b.csv").exists() == writes and gc.get_freeze_count() == 0
    assert said == f"{tmp_path / 'a.csv'}: titles from 'title'; 1 rows, 0 without a usable title"
