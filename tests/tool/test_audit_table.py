"""Claim: what `audit` prints and writes in its table are the findings, with their figures and places in the files."""

import csv

import pytest
from running import run
from shops import lines

from nnlite import Record
from nnlite.categories.consistency import Contradiction
from nnlite.classifier.audit import AtRandom, Audit, Suspect, Twins
from nnlite.data.records import read_records
from nnlite.scores.suspicion import Share
from nnlite.tool import audit_command
from nnlite.tool.audit_command import Expected, numbered, summary, table
from nnlite.training.history import Step

NOTHING = Audit([], {}, Share(0.0234, 0.0123, 0.0345), [], [], [], 1_234, 5_678, 1_900, 3)
ROWS = [f"at {i}" for i in range(9)]
RECORDS = [Record("red shoe", ("Hats", "Gifts")), Record("=bag", ())]
SUSPECTS = [Suspect(0, "red shoe", "wrong", "Hats", "Shoes", 0.98765), Suspect(1, "=bag", "missing", "@B", "@B", 0.5)]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The current folder, with a.jsonl and b.jsonl, in which the first line has no title."""
    monkeypatch.chdir(tmp_path)
    for name, n in ("a.jsonl", 2), ("b.jsonl", 3):
        (tmp_path / name).write_text(lines([Record("", ("X",)), *[Record(f"{name} {i}", ("X",)) for i in range(n)]]))
    return tmp_path


@pytest.mark.parametrize("files, want", [
    (["a.jsonl"], ["2", "3"]),
    (["a.jsonl", "b.jsonl"], ["a.jsonl:2", "a.jsonl:3", "b.jsonl:2", "b.jsonl:3", "b.jsonl:4"])])
def test_products_are_named_by_their_rows_and_files_if_there_are_several(shop, files, want):
    records, rows = numbered(read_records(files))
    assert rows == want and len(records) == len(want) and records[-1].title == f"{files[-1]} {len(files)}"


@pytest.mark.parametrize("most, n", [(1, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_the_table_has_the_first_suspects_with_their_figures(delimiter, most, n):
    found = NOTHING._replace(suspects=SUSPECTS, words={0: ("red", "+x")})
    text = table(found, RECORDS, ["7", "b.csv:9"], most, delimiter)
    assert list(csv.reader(text.splitlines(), delimiter=delimiter)) == [
        ["row", "kind", "title", "category", "suggestion", "score", "words", "categories"],
        ["7", "wrong", "red shoe", "Hats", "Shoes", "0.9877", "red +x", "Hats; Gifts"],
        ["b.csv:9", "missing", "'=bag", "'@B", "'@B", "0.5000", "", ""]][:1 + n]
    assert "\r" not in text and text.endswith("\n")


def test_what_was_found_is_counted_and_the_first_three_are_shown():
    found = NOTHING._replace(
        suspects=[*SUSPECTS, SUSPECTS[1]] * 1_000,
        contradictions=[Contradiction("x" * 99, [5, 2, 0, 1], []), Contradiction("a", [3], [])],
        twins=[Twins(f"A{i}\n", "B", "same products", 1, 2, 3) for i in range(4)],
        at_random=[AtRandom("Gifts", 1_000, 0.1, 0.2)] * 3)
    assert list(summary(found, ROWS)) == [
        "1,234 products, 5,678 times a category of 1,900; about 2.3 % of these (1.2 to 3.5 %) are as wrong as if dealt "
        "at random; mistakes between similar categories are not among them",
        "suspects: 1,000 categories that may be wrong, 2,000 that may be missing",
        "titles with different categories: 2", f"  '{'x' * 59}, rows at 5, at 2, at 0", "  'a', rows at 3",
        "twins: 4", *[f"  'A{i}\\n' and 'B', same products" for i in range(3)],
        "categories that no title tells: 3", *["  'Gifts' (1,000 products)"] * 3]
    assert list(summary(NOTHING, ROWS))[2:] == [
        "titles with different categories: 0", "twins: 0", "categories that no title tells: 0"]


@pytest.mark.parametrize("n_steps, said", [(1_000, ["1,000 steps, about 200 s"]), (None, []), (29, [])])
def test_the_time_is_told_after_thirty_steps_without_the_first_five(n_steps, said, capsys):
    """The first four take 0.4 s, the fifth 1.6 s, the next 25 take 5 s."""
    seen, n = [], min(n_steps or 40, 40)
    steps = [Step(i, n_steps, 1, 4, 0.5, i / 10 if i < 5 else i / 5 + 1) for i in range(1, n + 1)]
    on_step = Expected(seen.append)
    for step in steps:
        on_step(step)
        assert capsys.readouterr().err.splitlines() == (said if step.step == 30 else [])
    assert seen == steps


@pytest.mark.parametrize("options, want", [
    ([], (5, 1_000, {})),
    (["--folds", 2, "--top", 1, "--epochs", 7, "--seed", 0], (2, 1, {"epochs": 7, "seed": 0}))])
@pytest.mark.parametrize("out, delimiter", [("OUT.TSV", "\t"), ("out.csv", ",")])
def test_the_options_reach_the_audit_and_its_table(shop, monkeypatch, capsys, options, want, out, delimiter):
    seen = []

    def audited(records, recipe, folds, top, on_step, **settings):
        seen.append((len(records), recipe, folds, top, settings))
        return NOTHING._replace(suspects=[s._replace(row=i) for i, s in enumerate(SUSPECTS)])

    monkeypatch.setattr(audit_command, "audited", audited)
    assert run("audit", "a.jsonl", "b.jsonl", "--out", out, "--report", "page.html", *options) == 0
    folds, top, settings = want
    assert seen == [(5, "default", folds, top, settings)]
    head, *rows = csv.reader((shop / out).read_text().splitlines(), delimiter=delimiter)
    assert head == list(audit_command.COLUMNS) and [row[0] for row in rows] == ["a.jsonl:2", "a.jsonl:3"][:top]
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0] == next(summary(NOTHING, ROWS))
    assert shown.out.endswith(f"{out}: {min(top, 2)} suspects\n") and f"trains {folds} networks" in shown.err
    assert "5 records" in shown.err and "<title>Audit of categories: a.jsonl, b.jsonl</title>" in (
        shop / "page.html").read_text()
