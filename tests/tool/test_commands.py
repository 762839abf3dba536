"""Claim: commands print what was computed, and errors with their exit code."""

import io
import json
import os
import sys
from argparse import Namespace
from types import SimpleNamespace

import pytest
from running import run, words_of
from shops import lines, shop_file

import nnlite
from nnlite import evaluate, read_records
from nnlite.categories.mapping import Mapping
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.lines import MAX_LINE_BYTES
from nnlite.scores import metrics
from nnlite.scores.explanation import Effect, Explanation
from nnlite.tool import commands, inputs, plan_command, titles
from nnlite.tool.command_line import main, message, parser
from nnlite.tool.report import sections
from nnlite.training import choosing


@pytest.mark.parametrize("n_more", [0, 1, titles.READ_BYTES + 5])
def test_a_line_of_standard_input_is_cut_after_a_mebibyte(n_more):
    file = io.TextIOWrapper(io.BytesIO(b"a" * (MAX_LINE_BYTES + n_more) + b"\nb\n"))
    assert [len(title) for titles in titles.batches(file) for title in titles] == [MAX_LINE_BYTES, 1]


def test_a_proposal_keeps_categories_of_ten_products_by_default(tmp_path, capsys):
    assert parser().parse_args(["propose", "a", "--out", "b"]).min_count == 10
    records = [nnlite.Record("a", ("Toys",))] * 12 + [nnlite.Record("b", ("Games",))] * 9
    (tmp_path / "a.jsonl").write_text(lines(records))
    for more, names in ([], ["Toys"]), (["--min-count", 9], ["Toys", "Games"]):
        out = tmp_path / f"{len(names)}.tsv"
        assert run("propose", tmp_path / "a.jsonl", "--out", out, *more) == 0
        assert list(Mapping.read(out).rules) == names


@pytest.mark.parametrize("argument, want", [(os.fsdecode(b"a\xffb"), "a\ufffdb"), ("dr\u00e9ss", "dr\u00e9ss")])
def test_bytes_that_are_not_utf8_become_a_replacement_character(argument, want):
    assert titles.typed(argument) == want


@pytest.mark.parametrize("error, want", [
    (ImportError("a"), "a"), (TypeError("b"), "b"), (FloatingPointError("c"), "c"), (OSError("d"), "d"),
    (IndexError("e"), "IndexError: e"), (FileNotFoundError(2, "No such file", "f"), "f: No such file"),
    (MemoryError(), "out of memory: "), (OSError(28, "No space"), "No space")])
def test_an_error_that_is_expected_is_shown_without_its_type(error, want):
    assert message(error) == want


@pytest.mark.parametrize("returned, code", [(None, 0), (0, 0), (1, 1)])
def test_the_exit_code_is_what_the_command_returns(monkeypatch, returned, code):
    monkeypatch.setattr("nnlite.tool.command_line.parser", lambda: SimpleNamespace(
        parse_args=lambda argv: Namespace(command=lambda args: returned)))
    assert main([]) == code


def test_without_standard_error_nothing_is_said(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    commands.say("anything")
    assert run("evaluate", "nowhere", "nowhere.jsonl") == 2 and capsys.readouterr().out == ""


def test_characters_that_standard_error_lacks_are_spelt_out(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stderr", stream)
    assert run("propose", "r\u00f6cke.jsonl", "--out", "b") == 2
    assert stream.buffer.getvalue() == b"nnlite: error: r\\xf6cke.jsonl: No such file or directory\n"


SCORES = {"threshold": 0.256, "rows": 12345, "rows_without_label": 1234, "P@1": 0.5, "P@3": 0.25, "R@1": 0.1,
          "R@3": 0.2, "nDCG@1": 0.3, "nDCG@3": 0.4, "PSP@1": 0.6, "PSP@3": 0.7, "coverage@1": 0.8, "coverage@3": 1.0,
          "micro_f1": 0.11, "macro_f1": 0.12, "record_f1": 0.13, "bce": 0.123456}


def test_the_table_of_scores_has_each_under_its_name():
    table = list(commands._table(SCORES))
    assert table[0].startswith("12,345 records, of which 1,234 have no category that the model knows")
    assert [line.split() for line in table[1:7]] == [
        ["@1", "@3"], ["P", "50.00", "%", "25.00", "%"], ["R", "10.00", "%", "20.00", "%"],
        ["nDCG", "30.00", "%", "40.00", "%"], ["PSP", "60.00", "%", "70.00", "%"],
        ["coverage", "80.00", "%", "100.00", "%"]]
    assert table[7:] == ["micro F1       11.00 %   of the categories above 0.26", "macro F1       12.00 %",
                         "record F1      13.00 %", "BCE            0.12346"]
    assert list(commands._table(SCORES | {"accuracy": 0.9}))[-1] == (
        "accuracy       90.00 %   of the likeliest category")
    assert list(commands._table(SCORES | {"unknown_share": 0.0481}))[-1] == (
        "unknown         4.81 %   of the titles' words")


@pytest.mark.parametrize("n", [1, 1000])
def test_records_of_which_the_model_knows_no_category_are_counted(home, tmp_path, capsys, n):
    (tmp_path / "x.jsonl").write_text(lines([nnlite.Record("blue dress", ("Unheard",))] * n))
    assert run("evaluate", home / "shop", tmp_path / "x.jsonl", "--report", tmp_path / "a.html") == 2
    assert capsys.readouterr().err.endswith(
        f"{home / 'shop'}: want records with a category that the model knows, got none in {n:,}\n")
    assert not (tmp_path / "a.html").exists()


def test_a_proposal_prints_what_it_keeps(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(commands, "propose_file", lambda *args: args)
    monkeypatch.setattr(inputs, "check", lambda args: None)
    assert run("propose", "a", "b", "--out", "c", "--min-count", 4) == 0
    args = parser().parse_args(["propose", "a", "b", "--out", "c"])
    assert capsys.readouterr().out == f"{(args.data, args.out, 4)}\n"


def test_a_plan_is_printed_as_text(tmp_path, capsys):
    path = shop_file(tmp_path)
    assert run("plan", path, "--epochs", 1, "--label-min-count", 2) == 0
    out = capsys.readouterr().out
    assert "40 records" in out and "{" not in out and out.endswith("all, as train holds none out of so few\n")


def test_the_lines_of_an_explanation(monkeypatch, capsys):
    seen, effects = [], (Effect("red", 0.1234, 1.234), Effect("new", -0.5, -10.0))

    class Fake:
        def explain(self, *args):
            seen.append(args)
            return [Explanation("Women", 0.456, effects), Explanation("Men", 0.1, ())]

    monkeypatch.setattr(TitleClassifier, "load", lambda path, **options: Fake())
    assert run("explain", "m", "red <b>new</b>") == run("explain", "m", "red", "--top", 1) == 0
    assert seen == [("red new", 3), ("red", 1)]
    assert capsys.readouterr().out.splitlines()[:4] == [
        "Women 0.46", "  +0.123  logit  +1.23  red", "  -0.500  logit -10.00  new", "Men 0.10"]


def lines_of(given):
    """What `batches` yields of standard input with these bytes."""
    return list(titles.batches(SimpleNamespace(buffer=io.BytesIO(given))))


@pytest.mark.parametrize("given, want", [
    (b"", []), (b"abcde", ["abcde"]), (b"abcdef", ["abcde"]), (b"abcde\nb\n", ["abcde", "b"]),
    (b"abcdefghijklm\nb", ["abcde", "b"]), (b"a\n\nbc\n", ["a", "", "bc"]), (b"abc\n", ["abc"]), (b"\n\n", ["", ""])])
@pytest.mark.parametrize("read", [1, 3, 100])
def test_lines_are_cut_at_their_most_bytes_however_they_arrive(monkeypatch, given, want, read):
    monkeypatch.setattr(titles, "MAX_LINE_BYTES", 5)
    monkeypatch.setattr(titles, "READ_BYTES", read)
    found = lines_of(given)
    assert [line for batch in found for line in batch] == want and all(found)


def test_a_batch_is_the_lines_that_have_arrived(monkeypatch):
    monkeypatch.setattr(titles, "READ_BYTES", 4)
    assert lines_of(b"a\nb\ncd\ne") == [["a", "b"], ["cd"], ["e"]]
    assert list(titles.batches(None)) == []


@pytest.mark.parametrize("terminal, titles, said", [(True, [], True), (True, ["a"], False), (False, [], False)])
def test_a_person_at_a_terminal_is_asked_for_titles(home, monkeypatch, capsys, terminal, titles, said):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: terminal, buffer=io.BytesIO(b"zzz\n")))
    assert run("predict", home / "shop", *titles) == 0
    out, err = capsys.readouterr()
    assert err == "type one title a line; Ctrl-D ends\n" * said and out == "".join(titles or ["zzz"]) + "\n"


def test_a_category_at_the_threshold_is_not_named_among_the_likeliest(monkeypatch, capsys):
    class Fake:
        def predict_top_k(self, titles, k):
            assert k == 3
            return [[("a\tb  c", 0.75), ("d", 0.5), ("e", 0.0)] for _ in titles]

    monkeypatch.setattr(TitleClassifier, "load", lambda path, **options: Fake())
    assert run("predict", "m", "x", "y", "--top", 3, "--threshold", 0.5) == 0
    assert capsys.readouterr().out == "x\ta b c 0.75\ny\ta b c 0.75\n"
    assert run("predict", "m", "x", "--top", 3) == 0
    assert capsys.readouterr().out == "x\ta b c 0.75\td 0.50\n"


def test_scores_are_at_the_models_threshold_and_with_its_propensities(home, capsys):
    assert run("evaluate", home / "shop", home / "test.jsonl", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    one = TitleClassifier.load(home / "shop")
    data = one.encode(list(read_records(home / "test.jsonl")))
    propensities = metrics.propensities(one.vocabulary_.label_counts, one.vocabulary_.n_records)
    titles = [record.title for record in read_records(home / "test.jsonl")]
    assert found == {"threshold": one.threshold_, "new": True, "trained_on": 0,
                     "unknown_share": one.unknown_share(titles),
                     **evaluate(one.model_, data, thresholds=one.threshold_, propensities=propensities)}
    plain = evaluate(one.model_, data)
    assert plain["micro_f1"] != found["micro_f1"] and plain["PSP@3"] != found["PSP@3"]


def test_a_report_on_other_products_is_on_those(home, tmp_path, monkeypatch):
    monkeypatch.chdir(home)
    assert run("evaluate", "shop", "test.jsonl", "--report", tmp_path / "a.html") == 0
    words = words_of(tmp_path / "a.html")
    assert "150 records of test.jsonl, " in words and "trained on" not in words


def test_a_report_names_all_files_of_its_products(home, tmp_path, monkeypatch):
    monkeypatch.chdir(home)
    assert run("evaluate", "shop", "test.jsonl", "train.jsonl", "--report", tmp_path / "a.html") == 0
    assert "150 records of test.jsonl, train.jsonl, " in words_of(tmp_path / "a.html")


def test_a_tab_or_a_line_end_in_a_category_makes_no_column_and_no_line():
    line = titles.line("Mug", [("tea\tand\ncoffee", 0.5), ("Kitchen", 0.25)])
    assert line == "Mug\ttea and coffee 0.50\tKitchen 0.25"


def test_a_title_is_cleaned_before_it_is_explained_and_shown(home, capsys):
    assert run("explain", home / "shop", "<b class=shoe>Blue</b> cotton &amp; dress", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["title"] == "Blue cotton & dress"
    assert [effect["word"] for effect in found["categories"][0]["effects"]] == ["blue", "cotton", "dress"]


def test_a_plan_that_cannot_fit_is_an_error_with_exit_code_2(tmp_path, monkeypatch, capsys):
    make = choosing.plan

    def in_little_memory(*args, **named):
        found = make(*args, **named)
        found.available = 1
        return found

    monkeypatch.setattr(plan_command, "make_plan", in_little_memory)
    assert run("plan", shop_file(tmp_path), "--epochs", 1, "--label-min-count", 2) == 2
    out, err = capsys.readouterr()
    assert "memory" in out and "out of memory: plan: want at most" in err


def test_a_plan_in_json_is_the_plan(tmp_path, capsys):
    assert run("plan", shop_file(tmp_path), "--epochs", 7, "--label-min-count", 2, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_records"] == 40 and found["epochs"] == 7 and found["exact"] and found["n_labels"] == 5


def test_a_source_is_shortened_in_a_heading(home, tmp_path):
    one = TitleClassifier.load(home / "shop")
    sections.write_report(tmp_path / "a.html", one, read_records(home / "test.jsonl"), source="x" * 99)
    words = words_of(tmp_path / "a.html")
    assert "150 records of " + "x" * 79 + "\u2026" in words
