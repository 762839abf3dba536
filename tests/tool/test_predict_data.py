"""Claim: `predict --data` writes each row of a file with all its columns and, behind them, the predicted categories."""

import csv
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnlite.data.records import make_options
from nnlite.tool import commands, predict_data
from nnlite.tool.command_line import main
from nnlite.tool.predict_data import Style, is_header, predict_rows
from nnlite.tool.printing import json_text


def run(*argv):
    return main([str(arg) for arg in argv])


def predict(titles):
    """In the place of a model: the last word of a title, and its first."""
    assert all(titles)
    return [[(title.split()[-1], 0.75), (title.split()[0], 0.5)] for title in titles]


def predicted(folder, name, content, out, style=Style(), **options):
    """The bytes that are written for a file with this content."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    predict_rows(predict, folder / name, make_options(**options), folder / out, style)
    return (folder / out).read_bytes()


@pytest.mark.parametrize("name, out, content, want", [
    ("a.csv", "b.csv", 'id,title,note\r\n1,red shoe,"a, ""b"""\r\n',
     'id,title,note,predicted_categories,predicted_probabilities\r\n'
     '1,red shoe,"a, ""b""",shoe; red,0.7500; 0.5000\r\n'),
    ("a.csv", "b.csv", "title;price\nred shoe;1,5\n",
     'title;price;predicted_categories;predicted_probabilities\nred shoe;1,5;"shoe; red";"0.7500; 0.5000"\n'),
    ("a.csv", "b.tsv", "title,x\nred shoe,1\n",
     "title\tx\tpredicted_categories\tpredicted_probabilities\nred shoe\t1\tshoe; red\t0.7500; 0.5000\n"),
    ("a.csv", "b.csv", "\ufefftitle,x\nred shoe,1\n",
     "\ufefftitle,x,predicted_categories,predicted_probabilities\nred shoe,1,shoe; red,0.7500; 0.5000\n"),
])
def test_a_table_keeps_its_cells_header_and_dialect(tmp_path, name, out, content, want):
    assert predicted(tmp_path, name, content, out).decode() == want


def test_a_cell_may_hold_anything(tmp_path):
    cells = ["red\n\"shoe\"", "=1+2", " a ", "<b>x</b>", "é", "1.50"]
    file = io.StringIO()
    csv.writer(file).writerows([["title", *"abcde"], cells, *[["blue bag", *"12345"]] * 9])
    found = list(csv.reader(io.StringIO(predicted(tmp_path, "a.csv", file.getvalue(), "b.csv").decode(), newline="")))
    assert found[1][:6] == cells and len(found) == 11


def test_json_lines_keep_their_keys(tmp_path):
    lines = [{"title": "red shoe", "price": 1.5, "more": {"a": [1, None]}}, {"name": "blue bag"}, {"x": 1}]
    found = predicted(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines)), "b.jsonl").decode().splitlines()
    more = [["shoe", "red"], ["bag", "blue"], []]
    assert list(map(json.loads, found)) == [
        line | {"predicted_categories": names, "predicted_probabilities": [0.75, 0.5][:len(names)]}
        for line, names in zip(lines, more)]


def strictly(text):
    """The value of a text that is JSON as the standard says."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


ODD = {"title": "red shoe", "price": float("nan"), "more": {"a": [float("inf"), 1.5, {"b": float("-inf")}]}}


def test_numbers_that_are_not_finite_are_null_in_json_lines(tmp_path):
    got, = map(strictly, predicted(tmp_path, "a.jsonl", json.dumps(ODD), "b.jsonl").decode().splitlines())
    assert got["price"] is None and got["more"] == {"a": [None, 1.5, {"b": None}]} and got["title"] == "red shoe"


@pytest.mark.parametrize("out", ["b.jsonl", "b.csv"])
def test_numbers_of_parquet_that_are_not_finite_are_null_or_an_empty_cell(tmp_path, out):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    prices, lists = [float("nan"), float("inf"), float("-inf"), 1.5], [[float("nan")], [], [0.5, float("inf")], None]
    table = arrow.table({"title": ["red shoe"] * 4, "price": prices, "list": lists})
    parquet.write_table(table, tmp_path / "a.parquet")
    text = predicted(tmp_path, "a.parquet", (tmp_path / "a.parquet").read_bytes(), out).decode()
    if out == "b.jsonl":
        assert [strictly(line)["price"] for line in text.splitlines()] == [None, None, None, 1.5]
        assert [strictly(line)["list"] for line in text.splitlines()] == [[None], [], [0.5, None], ""]
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["price"] for row in rows] == ["", "", "", "1.5"]
        assert [row["list"] for row in rows] == ["[null]", "[]", "[0.5, null]", ""]


def test_what_commands_print_as_json_has_null_for_what_is_not_finite():
    assert strictly(json_text(ODD | {"of": (float("nan"), True)}))["of"] == [None, True]
    names = "commands", "plan_command", "predict_data", "titles"
    for path in Path(predict_data.__file__).parent.rglob("*.py"):
        assert path.name == "printing.py" or "json.dump" not in path.read_text(), path
        assert path.stem not in names or "json_text(" in path.read_text()


def test_a_table_may_become_json_lines(tmp_path):
    found = predicted(tmp_path, "a.csv", "id,title\n1,red shoe\n", "b.jsonl")
    assert json.loads(found) == {"id": "1", "title": "red shoe", "predicted_categories": ["shoe", "red"],
                                 "predicted_probabilities": [0.75, 0.5]}


def test_a_row_without_a_title_is_kept_without_a_prediction(tmp_path):
    found = predicted(tmp_path, "a.csv", f"title,x\nred shoe,1\n,2\n{'y' * 20_000},3\nnan,4\n", "b.csv").decode()
    assert [line.split(",")[1:] for line in found.splitlines()[2:]] == [[n, "", ""] for n in "234"]


def test_the_user_names_title_delimiter_and_encoding(tmp_path):
    content = "1|röter Schuh\n2|blue bag\n".encode("cp1252")
    found = predicted(tmp_path, "a.csv", content, "b.csv", title=2, header=False, delimiter="pipe", encoding="cp1252")
    assert found.decode() == "1|röter Schuh|Schuh; röter|0.7500; 0.5000\n2|blue bag|bag; blue|0.7500; 0.5000\n"


def test_a_predicted_formula_is_inert_unless_it_is_asked_for(tmp_path):
    content = "title\nred =1+2\n" * 2
    assert b"'=1+2; red" in predicted(tmp_path, "a.csv", content, "b.csv")
    assert b"\nred =1+2,=1+2|red," in predicted(tmp_path, "a.csv", content, "b.csv", Style("|", is_raw=True))


@pytest.mark.parametrize("name, content, out, words", [
    ("a.csv", "id,x\n1,2\n", "b.csv", "no column of titles"), ("a.csv", "title\nx\n", "b.xlsx", "want .csv, .tsv or"),
    ("a.jsonl", '{"title": "x"}', "b.csv", "no fixed columns"),
    ("a.csv", "title,predicted_categories\nx,y\n", "b.csv", "already"), ("a.csv", "title,x\n,1\n", "b.csv", "titles"),
    ("a.csv", "title,x,x\na,1,2\n", "b.jsonl", "two columns of one name")])
def test_what_cannot_be_done_is_an_error_and_writes_nothing(tmp_path, name, content, out, words):
    with pytest.raises(ValueError, match=words):
        predicted(tmp_path, name, content, out)
    assert not (tmp_path / out).exists()


def test_rows_are_predicted_a_block_at_a_time(tmp_path, monkeypatch):
    sizes = []
    monkeypatch.setattr(predict_data, "BLOCK_ROWS", 7)
    (tmp_path / "a.csv").write_text("title,x\n" + "red shoe,1\n,2\n" * 50)
    predict_rows(lambda titles: sizes.append(len(titles)) or predict(titles), tmp_path / "a.csv", make_options(),
                 tmp_path / "b.csv")
    assert max(sizes) <= 4 and sum(sizes) == 50
    assert (tmp_path / "b.csv").read_text().count("\n") == 101


def test_rows_that_cannot_be_read_are_said(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text('{"title": "red shoe"}\n' * 3 + "x\n")
    summary = predict_rows(predict, tmp_path / "a.jsonl", make_options(), tmp_path / "b.jsonl")
    assert summary.endswith("3 rows, 0 without a usable title; left out 1 rows: 1 not JSON")
    assert "a.jsonl:4: not JSON" in capsys.readouterr().err


class Fake:
    """In the place of a model."""

    training_ = {"reading": {"title": "Product", "categories": ["Shelf"]}}

    def predict_above(self, titles, threshold):
        return predict(titles)


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setattr(commands.TitleClassifier, "load", lambda path, **options: Fake())


@pytest.mark.parametrize("out", [(), ("--out", "-")])
def test_from_standard_input_to_standard_output(model, monkeypatch, capfd, out):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(
        isatty=lambda: False, buffer=io.BytesIO(b"title,Product\nx,red shoe\n")))
    assert run("predict", "m", "--data", "-", "--separator", " & ", *out) == 0
    found, err = capfd.readouterr()
    assert found.splitlines()[1] == "x,red shoe,shoe & red,0.7500 & 0.5000"
    assert "titles from 'Product'; 1 rows" in err


@pytest.mark.parametrize("argv, words", [
    (["a title", "--data", "a.csv"], "got both"), (["--out", "b.csv"], "want --data"),
    (["--title", "x"], "want --data"), (["--data", "a.csv", "--out", "a.csv"], "got the input file"),
    (["--data", "a.csv", "--out", "none/b.csv"], "none"), (["--data", "none.csv"], "none.csv: No such file")])
def test_options_that_do_not_fit_are_an_error_before_the_work(model, tmp_path, monkeypatch, capsys, argv, words):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("Product\nred shoe\n")
    assert run("predict", "m", *argv) == 2
    out, err = capsys.readouterr()
    assert words in err.splitlines()[-1] and not out


@pytest.mark.parametrize("line, want", [
    ("id,title,price", True), ("Name", True), ("sku;Product Name", True), ("a\tname\r", True),
    ("red shoe, blue", False), ("the name of the rose", False), ("", False)])
def test_the_header_of_a_table_is_not_a_title(model, monkeypatch, capsys, line, want):
    assert is_header(line) == want
    if line:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(f"{line}\nmug".encode()),
                                                          isatty=lambda: False))
        assert run("predict", "m") == 0
        assert ("--data - reads tables" in capsys.readouterr().err) == want
