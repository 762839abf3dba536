"""Claim: no text of the data and no name of a file steers a terminal, breaks a table or becomes a formula."""

import csv
import json
import re
import unicodedata

import pytest
import train_amazon
from problems import compiled

from nnlite import Record, TitleClassifier
from nnlite.categories.mapping import Mapping
from nnlite.tool import printing, titles
from nnlite.tool.command_line import main

EVIL = "\x1b]0;x\x07\x00\x08\x7f\x9b31m\u202e\u2066\u2028\u2029\u200f\x85\x1c"
SEPARATORS = re.compile("[\n\t]")
QUICK = "--epochs", "1", "--hidden", "4", "--min-count", "1", "--label-min-count", "1"


def steering(text):
    """The characters of a text that are not for a terminal, beside tabs and line ends."""
    return {c for c in SEPARATORS.sub("", text)
            if unicodedata.category(c) in {"Cc", "Zl", "Zp"} or unicodedata.bidirectional(c) in {
                "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a hostile name, in it products and a model with hostile titles, words and categories."""
    home = tmp_path_factory.mktemp("home") / EVIL.replace("\0", "")
    home.mkdir()
    names = [f"Shoe{EVIL}s\tand\nmore", "=1+1", "\"quoted", "Bags"]
    titles = [f"blue{EVIL} shoe", f"=cmd shoe {EVIL}", "\"red bag", "bag"] * 5
    classifier = TitleClassifier(epochs=1, hidden=(4,), min_count=1, label_min_count=1)
    classifier.fit(titles, [[name] for name in names] * 5)
    classifier.save(home / "shop")
    lines = [json.dumps({"title": title, "category": [name]}) for title, name in zip(titles, names * 5)]
    (home / "good.jsonl").write_text("\n".join(lines) + "\n")
    (home / "bad.jsonl").write_text("\n".join([f"no JSON {EVIL}", *lines]))
    return home


WORDS = [
    "plan HOME/bad.jsonl", "plan HOME/good.jsonl --json", "plan HOME/none.jsonl", "plan HOME/good.jsonl --major TITLE",
    "train HOME/bad.jsonl --model HOME/new --validation HOME/bad.jsonl", "train HOME/good.jsonl --model HOME/bad.jsonl",
    "train HOME/good.jsonl --mapping HOME/bad.jsonl --model HOME/x", "doctor --TITLE", "TITLE",
    "propose HOME/bad.jsonl --out HOME/mapping.tsv --min-count 2", "propose HOME/bad.jsonl --out HOME/shop",
    "evaluate HOME/shop HOME/bad.jsonl", "evaluate HOME/shop HOME/good.jsonl --json", "evaluate HOME/x HOME/bad.jsonl",
    "evaluate HOME/shop HOME/good.jsonl --report HOME/shop", "predict HOME/shop TITLE --threshold 0",
    "predict HOME/shop TITLE --top 9 --json", "predict HOME/shop TITLE --raw --top 9",
    "predict HOME/shop x --top TITLE", "explain HOME/shop TITLE --top 9", "explain HOME/shop TITLE --json",
]


@pytest.mark.parametrize("words", WORDS)
def test_no_command_prints_a_character_that_steers(home, capsys, words):
    title = f"blue shoe\t\n {EVIL}".replace("\0", "")
    argv = [word.replace("HOME", str(home)).replace("TITLE", title) for word in words.split()]
    try:
        main(argv + list(QUICK if words.startswith(("train", "plan")) else ()))
    except SystemExit as stop:
        assert stop.code == 2
    out, err = capsys.readouterr()
    assert not steering(out + err) and out + err
    if "--json" in words:
        json.loads(out)


@compiled
def test_neither_does_the_example(home, capsys, monkeypatch):
    records = [Record(f"blue{EVIL} shoe {i}", (f"Shoes{EVIL}", "Sale")[:1 + i % 2]) for i in range(40)]
    monkeypatch.setattr(train_amazon.nnlite, "make_catalogue", lambda n, seed: records)
    assert train_amazon.main(["--recipe", "default", "--out", str(home / "out")]) == 0
    for argv in ["--data", str(home / "bad.jsonl"), "--out", str(home / "o")], ["--data", str(home / "none.csv")]:
        assert train_amazon.main(argv) == 2
    with pytest.raises(SystemExit):
        train_amazon.main([EVIL])
    out, err = capsys.readouterr()
    assert "top" not in err and not steering(out + err) and "\\u001b" in out and "\\u001b" in err


def test_characters_that_steer_are_spelt_and_others_stay():
    assert printing.printable("a\x1b\t\n\x9b\u202e\u2069\x7f") == r"a\u001b\u0009\u000a\u009b\u202e\u2069\u007f"
    for text in "Größe 红 鞋子 👗 👩\u200d👗 שמלה क\u094d\u200dष", "", "\u00a0\ufeff":
        assert printing.printable(text) == text
    assert not steering(printing.printable("".join(map(chr, range(0x3000)))))


@pytest.mark.parametrize("begin", '=+-@"＝＋－＠')
def test_what_a_spreadsheet_would_evaluate_begins_with_an_apostrophe(begin):
    pairs = [(begin + "1+1", 0.5), ("Bags", 0.25)]
    assert titles.line(begin + "cmd", pairs) == f"'{begin}cmd\t'{begin}1+1 0.50\tBags 0.25"
    assert titles.raw_line(begin + "cmd", pairs) == f"{begin}cmd\t{begin}1+1 0.50\tBags 0.25"
    assert titles.line("20 = 10 + 10", [("a-b", 1.0)]) == "20 = 10 + 10\ta-b 1.00"


def test_a_line_of_predict_is_a_row_of_a_table(home, capsys):
    assert main(["predict", "--top", "4", str(home / "shop"), '"red bag', "=cmd bag", "a\tb\r\nbag"]) == 0
    out = capsys.readouterr().out
    rows = list(csv.reader(out.splitlines(), "excel-tab"))
    assert [len(row) for row in rows] == [5, 5, 5]
    assert [row[0] for row in rows] == ["'\"red bag", "'=cmd bag", "a b bag"]
    assert not [field for row in rows for field in row if field[0] in '=+-@"']


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", '"', "＝", "＋", "－", "＠", "'=", r"\=", "#", " ", "*"])
def test_a_mapping_for_a_spreadsheet_is_read_as_it_was_written(tmp_path, begin):
    names = {f"{begin}{name}": f"{begin}to {name}" for name in ("1+1", "cmd|' /C calc'!A0", "")}
    mapping = Mapping(names, "", dict.fromkeys(names, f"{begin}why\t{begin}note\r"))
    mapping.write(tmp_path / "mapping.tsv")
    assert Mapping.read(tmp_path / "mapping.tsv") == mapping
    rows = [line.split("\t") for line in (tmp_path / "mapping.tsv").read_text().splitlines()]
    assert not [field for row in rows for field in row if field[:1] and field[0] in '=+-@"＝＋－＠']


def test_a_warning_is_a_line_without_a_place_in_the_code(capsys):
    import warnings
    with printing.messages():
        warnings.simplefilter("always")
        warnings.warn(f"folder{EVIL}: damaged")
    err = capsys.readouterr().err
    assert err.startswith("UserWarning: folder\\u001b") and not steering(err) and err.count("\n") == 1
