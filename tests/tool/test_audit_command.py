"""Claim: `audit` writes a table with the rows of the file read, safe in a spreadsheet, and a page that stands alone."""

import csv

import pytest
from report_pages import check_alone
from running import run

from nnlite.tool import audit_command

QUICK = ("--epochs", "4", "--hidden", "8", "--min-count", "2", "--label-min-count", "2", "--batch-rows", "8",
         "--lr", "0.3", "--dropout", "0", "--folds", "2")
COLOURS = [f"{first}{last}" for first in ("red", "blue", "green", "pale", "dark") for last in "abcdefgh"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with shop.csv, in which row 4 has no title, row 10 a wrong category, and a title is a formula."""
    folder = tmp_path_factory.mktemp("audit")
    rows = [[f"{colour} {word} <b>", names] for colour in COLOURS for word, names in (
        ("dress", "Women|Dresses"), ("shoe", "Men|Shoes"), ("bag", "Women|=Bags"))]
    rows[2][0], rows[8] = "", ["=redc bag()", "Women|Shoes"]
    with open(folder / "shop.csv", "w", newline="") as file:
        csv.writer(file).writerows([["title", "categories"], *rows])
    return folder


def test_the_table_has_the_rows_of_the_file_and_no_formulas(shop, capsys):
    out, page = shop / "suspects.csv", shop / "page.html"
    assert run("audit", shop / "shop.csv", "--out", out, "--report", page, "--separator", "|", *QUICK) == 0
    shown = capsys.readouterr()
    assert "times a category" in shown.out and "no title" in shown.err
    with open(out, newline="") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == audit_command.COLUMNS
    wrong = next(row for row in rows if row[1] == "wrong")
    assert wrong[:4] == ["10", "wrong", "'=redc bag()", "Shoes"] and wrong[4] == "'=Bags"
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    html = check_alone(page.read_text(encoding="utf-8"))
    assert html.tables["Suspects"][0] == ["titlewords that count", "given", "suggestion", "score", "row"]
    assert sum(tag == "h1" for tag, _ in html.tags) == 1 and "<b>" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("more, message", [
    (["--out", "suspects.json"], "want .csv or .tsv"), (["--out", "a.csv", "--folds", "1"], "--folds: want a whole"),
    (["--out", "shop.csv"], "input file"), ([], "--out FILE required")])
def test_what_cannot_be_written_is_said(shop, more, message, capsys, monkeypatch):
    monkeypatch.chdir(shop)
    try:
        assert run("audit", "shop.csv", *more) == 2
    except SystemExit as error:
        assert error.code == 2
    assert message in capsys.readouterr().err
