"""Claim: `look` shows how a file is read; other commands say it in two lines, and read what the options say."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

import nnlite
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool.command_line import main

QUICK = "--epochs", "1", "--hidden", "4", "--label-min-count", "1", "--min-count", "1"
SHOP = 'id;Name;"Type, main";Tags\n' + '1;red shoe;Women > Shoes;"new, old"\n2;blue bag;Bags;sale\n' * 20
OPTIONS = "--title", "Name", "--categories", "Type, main", "--categories", "Tags"
READING = {"title": "Name", "categories": ["Type, main", "Tags"]}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.csv").write_text(SHOP)
    return tmp_path


def run(*argv):
    return main([str(arg) for arg in argv])


def stdin(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode()), isatty=lambda: False))


def test_a_file_is_shown_as_python_shows_it(home, capsys):
    assert run("look", "shop.csv", *OPTIONS) == 0
    assert capsys.readouterr().out == f"{nnlite.inspect_file('shop.csv', **READING)}\n"
    assert run("look", "shop.csv", *OPTIONS, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["columns"][0] == {"name": "Name", "use": "title", "seen": "", "example": "red shoe"}
    assert found["records"][0] == {"title": "red shoe", "categories": ["Women", "Shoes", "new", "old"]}


@pytest.mark.parametrize("more, want", [
    (["--categories", "Tags,id"], ("new", "old", "1")), (["--categories", '"Type, main",Tags'], None),
    (["--categories", "Tags", "--separator", "w"], ("ne", ", old")),
    (["--categories", "Type, main", "--paths", "full"], ("Women > Shoes",)),
    (["--categories", "Type, main", "--paths", "leaf"], ("Shoes",)),
    (["--categories", "Tags", "--delimiter", "semicolon", "--encoding", "cp1252"], ("new", "old"))])
def test_options(home, capsys, more, want):
    assert run("look", "shop.csv", "--title", "Name", *more, "--json") == 0
    found = json.loads(capsys.readouterr().out)["records"][0]["categories"]
    assert found == list(want or ("Women", "Shoes", "new", "old"))


@pytest.mark.parametrize("word, sign", [("tab", "\t"), ("comma", ","), ("semicolon", ";"), ("pipe", "|"), ("|", "|")])
def test_a_delimiter_is_a_character_or_a_word(home, capsys, word, sign):
    (home / "a.txt").write_text(f"title{sign}category\nMug{sign}Kitchen\n")
    assert run("look", "a.txt", "--delimiter", word, "--json") == 0
    assert json.loads(capsys.readouterr().out)["delimiter"] == sign


def test_columns_of_a_file_without_a_header_are_numbers(home, capsys):
    (home / "a.csv").write_text("1,Mug,Kitchen\n2,Hat,Hats\n")
    assert run("look", "a.csv", "--no-header", "--title", 2, "--categories", 3, "--json") == 0
    assert [record["title"] for record in json.loads(capsys.readouterr().out)["records"]] == ["Mug", "Hat"]


@pytest.mark.parametrize("options, words", [
    ((), "--categories Tags"), (("--title", "x", "--categories", "Tags"), "want a column 'x'"),
    (("--encoding", "x"), "encoding: want one that Python knows"), (("--delimiter", "no"), "delimiter: want one")])
def test_what_is_wrong_is_one_line_with_the_option_that_helps(home, capsys, options, words):
    assert run("look", "shop.csv", *options) == 2
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1


@pytest.mark.parametrize("argv", [
    ["train", "DATA", "--model", "m", *QUICK], ["plan", "DATA", *QUICK, "--paths", "full"],
    ["propose", "DATA", "--out", "m.tsv"]])
@pytest.mark.parametrize("data", ["shop.csv", "-"])
def test_commands_say_what_they_read(home, capsys, monkeypatch, argv, data):
    stdin(monkeypatch, SHOP)
    assert run(*(data if arg == "DATA" else arg for arg in argv), *OPTIONS) == 0
    err = capsys.readouterr().err
    assert err.count(f"{data}: titles from 'Name'; categories from 'Type, main' (> between levels), 'Tags' (") == 1


def test_a_model_is_used_as_it_was_trained_unless_told_otherwise(home, capsys, monkeypatch):
    assert run("train", "shop.csv", "--model", "m", *QUICK, *OPTIONS, "--quiet") == 0
    assert TitleClassifier.load("m").training_["reading"] == READING
    stdin(monkeypatch, SHOP)
    assert run("evaluate", "m", "-") == 0
    out, err = capsys.readouterr()
    assert "40 records" in out and "m: reads as in its training: title 'Name', categories ['Type, main', 'Tags']" in err
    assert run("evaluate", "m", "shop.csv", "--categories", "Tags") == 0
    assert "reads as in its training: title 'Name'\n" in capsys.readouterr().err


@pytest.mark.parametrize("option, value, kept", [
    ("--title", "auto", "categories ['Type, main', 'Tags']"), ("--categories", "auto", "title 'Name'"),
    ("--categories", "Tags", "title 'Name'"), ("--title", "Name", "categories ['Type, main', 'Tags']")])
def test_an_option_that_is_given_is_not_that_of_the_training(option, value, kept, home, capsys):
    assert run("train", "shop.csv", "--model", "m", *QUICK, *OPTIONS, "--paths", "full", "--quiet") == 0
    run("evaluate", "m", "shop.csv", option, value, "--paths", "levels")
    assert f"m: reads as in its training: {kept}\n" in capsys.readouterr().err


def test_chunks_are_those_of_their_options(home, capsys):
    train = "train", "shop.csv", "--model", "m", *QUICK, "--chunks", "chunks", *OPTIONS
    assert run(*train) == 0 and run(*train) == 0
    err = capsys.readouterr().err
    assert err.count("shop.csv: titles from") == 2  # once each, although a file is read several times
    assert TitleClassifier.load("m").training_["reading"] == READING
    assert run(*train, "--paths", "leaf") == 2 and "chunks: holds chunks of another job" in capsys.readouterr().err


def test_chunks_want_files_that_can_be_read_twice(home, capsys, monkeypatch):
    stdin(monkeypatch, SHOP)
    assert run("train", "-", "--model", "m", *QUICK, "--chunks", "chunks", *OPTIONS) == 2
    assert "read twice, got standard input" in capsys.readouterr().err


def test_what_later_rows_show_is_said_in_the_end(home, capsys):
    (home / "a.csv").write_text("title,category\n" + "Mug,Kitchen\n" * 2_500 + "Hat,Hats; Caps\n")
    assert run("propose", "a.csv", "--out", "m.tsv") == 0
    assert "1 later cells of 'category' hold a semicolon ;" in capsys.readouterr().err


def test_names_and_numbers_are_titles_and_labels(home, capsys):
    (home / "a.jsonl").write_text('{"title": "", "name": "Mug", "category": 7}\n{"title": 17, "category": ["Hats"]}\n')
    assert run("look", "a.jsonl", "--json") == 0
    assert json.loads(capsys.readouterr().out)["records"] == [
        {"title": "Mug", "categories": ["7"]}, {"title": "17", "categories": ["Hats"]}]


def test_a_star_is_a_category_like_any_other(home):
    (home / "a.jsonl").write_text('{"title": "Mug", "category": ["*", "Kitchen"]}\n' * 12)
    assert run("propose", "a.jsonl", "--out", "m.tsv") == 0
    rules = nnlite.TitleClassifier(mapping="m.tsv", min_count=1, label_min_count=1, epochs=1).fit(
        ["Mug", "Pan", "Mug"], [("*", "Kitchen", "Other"), ("Kitchen",), ("*",)])
    assert set(rules.classes_) == {"*", "Kitchen"}
