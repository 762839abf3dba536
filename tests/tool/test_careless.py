"""Claim: a command line typed without care works, or one line says what to type, with exit code 2 and no traceback."""

import io
import os
import shlex
import sys
from types import SimpleNamespace

import pytest
from problems import compiled
from shops import SMALL, lines, shop, shop_file

from nnlite import Record
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool.command_line import main, parser

WORKS = [  # what is typed, and a part of what is then on standard output; `shop` is a model, shop.jsonl its products
    # help and version
    ("", "usage: nnlite"), ("help", "nnlite doctor"), ("-h", "nnlite propose"), ("-help", "usage"), ("/?", "usage"),
    ("help train", "usage: nnlite train"), ("--help train", "usage: nnlite train"), ("train -h", "usage: nnlite train"),
    ("-h predict", "usage: nnlite predict"), ("train shop.jsonl --lr x --help", "usage: nnlite train"),
    ("predict --help shop", "usage: nnlite predict"), ("help trian", "usage: nnlite"),
    ("version", "nnlite 0"), ("--version", "nnlite 0"), ("-V", "nnlite 0"), ("train --version", "nnlite 0"),
    # options first, last, in between
    ('predict shop --top 3 "blue dress"', "blue dress\t"), ('predict shop "blue dress" --top 3', "blue dress\t"),
    ('predict --top 3 shop "blue dress"', "blue dress\t"), ('predict --top=3 "--json" shop "blue dress"', '"title"'),
    ('predict shop "blue dress" --json "red shoe"', '"title": "red shoe"'), ('--json predict shop dress', '"title"'),
    ('predict shop --json "blue dress" --top 1 "red shoe"', '"title": "red shoe"'),
    ('--top 2 predict shop "blue dress"', "blue dress\t"),
    ('predict shop --to 3 --thresh 0.1 dress', "dress\t"), ('explain --top 1 shop "blue dress"', "dress"),
    ('explain shop --json "blue dress" --top 1', '"title"'), ("evaluate --json shop shop.jsonl", '"P@1"'),
    ("evaluate shop --json shop.jsonl", '"P@1"'), ("look --json shop.jsonl", '"columns"'),
    ("look --paths full shop.jsonl", "JSON lines"), ("look --categories=category shop.jsonl --title title", "JSON"),
    # titles that begin with -
    ('predict shop --top 3 -- "-5 C freezer dress"', "'-5 C freezer dress\t"), ("predict shop -- -dress", "'-dress\t"),
    ('predict shop --top 3 "-5 C freezer dress"', "'-5 C freezer dress\t"), ("predict shop -5", "'-5"),
    ('predict shop "- dress" --raw', "- dress\t"), ("predict -- shop dress", "dress\t"), ("predict shop -", "'-"),
    # odd titles and files
    ('predict shop "“blue dress”"', "“blue dress”\t"), ('predict shop ""', ""),
    ("predict shop 'dress 24”'", "dress 24”\t"),
    ("predict shop/ dress", "dress\t"), ("predict ./shop dress", "dress\t"), ("predict shop < nothing", ""),
    ("predict shop dress --top 9 --top 1", "dress\t"), ("predict shop dress --top 999999", "dress\t"),
    ("predict shop dress --top 99", "dress\t"),
    ("evaluate shop shop.jsonl other.jsonl", "80 records"), ("evaluate shop '[so][ht]*.jsonl'", "80 records"),
    ("evaluate shop ~/shop.jsonl", "P "), ("look --separator = shop.jsonl", "JSON lines"),
    ("predict shop --data shop.jsonl", "predicted_categories"), ("predict --data=~/shop.jsonl shop", "predicted_"),
    ("predict shop --data shop.jsonl --out there.jsonl", ""), ("predict shop --data 'spaced name.jsonl'", "predicted_"),
]
REFUSED = [  # what is typed, and what the one line on standard error says
    # commands
    ("trian shop.jsonl --model m", "did you mean nnlite train?"), ("Train shop.jsonl", "did you mean nnlite train?"),
    ("predcit shop dress", "did you mean nnlite predict?"), ("dance", "want one of train, look"),
    ("shop predict dress", "want the command first, nnlite predict"), ("shop", "nnlite predict shop TITLE"),
    ("shop.jsonl", "nnlite look shop.jsonl"), ("--json", "want one of train"), ("''", "want one of train"),
    ("--model m", "want one of train"),
    # nothing, or not enough
    ("train", "DATA and --model DIR required: type nnlite train DATA --model DIR"),
    ("train shop.jsonl", "--model DIR required"), ("train --model m", "DATA required"),
    ("plan", "type nnlite plan DATA"), ("look", "type nnlite look FILE"), ("propose shop.jsonl", "--out FILE required"),
    ("evaluate shop", "type nnlite evaluate DIR DATA"), ("predict", "type nnlite predict DIR TITLE"),
    ("explain shop", "TITLE required"), ("train shop.jsonl --model", "want --model DIR"),
    ("train shop.jsonl --model --quiet", "want --model DIR"), ("train shop.jsonl --model ''", "want --model DIR"),
    ("train shop.jsonl --model ' '", "want the name of a file or a folder"), ("look ''", "want the name of a file"),
    ("train '' --model m", "want the name of a file"), ("predict shop dress --top", "want --top K"),
    ("predict shop --top dress", "want a whole number of at least 1, got 'dress'"),
    # too much, or twice
    ("explain shop blue dress", "want one TITLE, in quotes where it has spaces, got also 'dress'"),
    ("look shop.jsonl other.jsonl", "want one FILE, got also 'other.jsonl'"), ("doctor now", "got also 'now'"),
    ("train a b --model m --model n", "want --model once"),
    ("predict shop --data shop.jsonl --data other.jsonl", "want --data once"),
    ("predict shop --data shop.jsonl other.jsonl", "want titles or one file"),
    ("predict shop dress --json --raw", "not allowed with"), ("predict shop dress --json=yes", "want no value"),
    ("predict shop dress --out x.csv", "want --data FILE"), ("predict shop dress --title Name", "want --data FILE"),
    ("train --validation other.jsonl shop.jsonl other.jsonl --model m", "want DATA first, and the files of"),
    ("train --validation a b --model m c", "want DATA first, and the files of --validation"),
    ("train shop.jsonl --model m --hidden 200 100", "--hidden 200,100"),
    ("train shop.jsonl --model m --categories Type Tags", "--categories Type,Tags"),
    ("train shop.jsonl --model m --major Shoes Bags", "--major Shoes,Bags"),
    # misspelt options
    ("predict shop dress --tpo 3", "did you mean --top?"), ("predict shop dress -top 3", "did you mean --top?"),
    ("predict shop dress --Top 3", "did you mean --top?"), ("predict shop dress --JSON", "did you mean --json?"),
    ("predict shop dress -json", "did you mean --json?"), ("train shop.jsonl --modle m", "did you mean --model?"),
    ("train shop.jsonl --model m --batch_rows 5", "did you mean --batch-rows?"),
    ("train shop.jsonl --model m --epohcs 5", "did you mean --epochs?"), ("look shop.jsonl -xyz", "nnlite look --help"),
    ("train shop.jsonl --model m --ch 5", "want --chunks or --chunk-rows"), ("predict shop -blue", "put -- before"),
    ("predict shop dress —top 3", "want plain hyphens, --top"), ("predict shop dress –json", "want plain hyphens"),
    ("predict shop dress '--top 3'", "as two words"), ("train shop.jsonl --model m -e 5", "nnlite train --help"),
    # spaces around =, quotes of a web page
    ("predict shop dress --top = 3", "want --top K, got spaces around ="), ("predict shop dress --top =3", "around ="),
    ("predict shop dress --top= 3", "space behind ="), ("train shop.jsonl --model= m", "space behind ="),
    ("predict shop “blue dress”", "want plain quotes"), ("predict shop „blue dress“", "want plain quotes"),
    ("predict shop ‘blue dress’", "want plain quotes"), ("explain shop ”blue dress”", "want plain quotes"),
    ("train shop.jsonl --model “my shop”", "want plain quotes"),
    # numbers
    ("predict shop dress --top 0", "at least 1, got '0'"), ("predict shop dress --top -3", "at least 1, got '-3'"),
    ("predict shop dress --top 1.5", "a whole number"), ("predict shop dress --top ten", "a whole number"),
    ("predict shop dress --top 1e3", "a whole number"), ("predict shop dress --top 3.0", "write 3"),
    ("predict shop dress --threshold 50%", "write 0.5 for 50 %"),
    ("predict shop dress --threshold 50", "write 0.5 for"),
    ("predict shop dress --threshold 0,5", "write 0.5"),
    ("predict shop dress --threshold '50 %'", "write 0.5 for 50 %"),
    ("predict shop dress --threshold -0.5", "at least 0"), ("predict shop dress --threshold nan", "at most 1"),
    ("predict shop dress --threshold half", "at most 1"), ("train shop.jsonl --model m --lr 0,01", "write 0.01"),
    ("train shop.jsonl --model m --lr 0", "from 1e-30 to"), ("train shop.jsonl --model m --lr inf", "from 1e-30 to"),
    ("train shop.jsonl --model m --lr fast", "a number from 1e-30 to 1,000,000, got 'fast'"),
    ("train shop.jsonl --model m --epochs 1,000", "write 1000"),
    ("train shop.jsonl --model m --epochs 0", "at least 1"),
    ("train shop.jsonl --model m --epochs 99999999999", "at most 2,147,483,647"),
    ("train shop.jsonl --model m --dropout 20%", "write 0.2 for 20 %"),
    ("train shop.jsonl --model m --dropout 1", "below 1"), ("train shop.jsonl --model m --seed -1", "at least 0"),
    ("train shop.jsonl --model m --hidden 200x200", "a whole number"),
    ("train shop.jsonl --model m --hidden 200,", "a whole number"),
    ("train shop.jsonl --model m --recipe best", "choose from"), ("look shop.jsonl --paths all", "choose from"),
    # products held out
    ("train shop.jsonl --model m --holdout", "want --holdout SHARE|N"),
    ("train shop.jsonl --model m --holdout 10%", "write 0.1 for 10 %"),
    ("train shop.jsonl --model m --holdout '10 %'", "write 0.1 for 10 %"),
    ("train shop.jsonl --model m --holdout 12.5", "write 0.125 for 12.5 %"),
    ("train shop.jsonl --model m --holdout 100%", "up to 1,000,000, got '100%'"),
    ("train shop.jsonl --model m --holdout 0,1", "write 0.1"),
    ("train shop.jsonl --model m --holdout 5,000", "write 5000"),
    ("train shop.jsonl --model m --holdout -1", "want a share below 1, such as 0.2, or a number of products"),
    ("train shop.jsonl --model m --holdout -0.1", "want a share below 1"),
    ("train shop.jsonl --model m --holdout tenth", "want a share below 1"),
    ("train shop.jsonl --model m --holdout 99999999999", "a number of products up to 1,000,000"),
    ("train shop.jsonl --model m --holdout 1 --quiet", "want titles that differ in more than numbers and sizes"),
    ("train shop.jsonl --model m --holdout 40 --quiet", "want fewer than the 40 products that there are, got 40"),
    ("train shop.jsonl --model m --holdout 1000000 --chunks c --quiet", "want fewer than the 40 products"),
    ("train shop.jsonl --model m --holdout 0.2 --validation other.jsonl", "want --validation or --holdout, got both"),
    ("train shop.jsonl --model m --chunks c --holdout 5 --validation other.jsonl", "want --validation or --holdout"),
    ("train shop.jsonl --model m --refit --validation other.jsonl", "want it without --validation"),
    ("train shop.jsonl --model m --chunks c --refit --validation other.jsonl", "want it without --validation"),
    ("train shop.jsonl --model m --refit --holdout 0", "want it without --holdout 0"),
    ("train shop.jsonl --model m --refit --chunks c --holdout 0.0", "want it without --holdout 0"),
    ("train shop.jsonl --model m --refit=yes", "want no value"), ("train shop.jsonl --model m --refti", "--refit?"),
    ("train shop.jsonl --model m --hold-out 0.1", "did you mean --holdout?"),
    ("train - --model m --refit --chunks c --quiet", "want files, which are read twice, got standard input"),
    # files
    ("train nowhere.csv --model m", "nowhere.csv: No such file"), ("look shpo.jsonl", "did you mean shop.jsonl?"),
    ("train '*.xyz' --model m", "no file matches"), ("look https://shop.example/x.csv", "download"),
    ("train shop --model m", "a model, want a file of products"), ("evaluate shop shop", "a model, want a file"),
    ("look folder", "a directory, want a file of products: type folder/shop.jsonl"), ("train . --model m", "type"),
    ("look empty.csv", "the file is empty"), ("train empty.csv --model m --quiet", "the file is empty"),
    ("look binary.csv", "a binary file"), ("train binary.csv --model m --quiet", "a binary file"),
    ("look shop/labels.W.npy", "NumPy array"), ("look shop/model.json", "model.json"), ("look -", "the file is empty"),
    ("evaluate shop -", "the file is empty"), ("train - --model m --quiet", "the file is empty"),
    ("train - --model m --chunks c --quiet", "want files, which are read twice, got standard input"),
    ("train shop.jsonl --model m --title Nmae --quiet", "want a column 'Nmae', got 'title', 'category'"),
    ("train shop.jsonl --model m --encoding klingon --quiet", "encoding"),
    ("train shop.jsonl --model m --mapping nowhere.tsv", "nowhere.tsv: No such file"),
    ("train shop.jsonl --model m --mapping shop.jsonl --quiet", "no tab"),
    ("train shop.jsonl --model m --validation nowhere.csv", "nowhere.csv: No such file"),
    ("train shop.jsonl --model m --min-count 1000 --quiet", "want a word that occurs in at least 1000 records"),
    # models
    ("predict nowhere dress", "nowhere: found no such folder; there are models in shop"),
    ("predict '' dress", "want the name"),
    ('predict "blue dress" shop', "shop holds a model: type shop first"), ("explain dress shop", "type shop first"),
    ("evaluate shop.jsonl shop", "type shop first"), ("predict shop.jsonl dress", "want the folder of a model first"),
    ("predict folder dress", "found no model.json in it; there are models in shop"),
    ("predict shop shop.jsonl", "type --data shop.jsonl"),
    ("predict shop --data", "want --data FILE"), ("predict shop --data shop", "a model, want a file of products"),
    ("predict shop --data folder", "type folder/shop.jsonl"), ("predict shop --data nowhere.csv", "No such file"),
    # places to write
    ("train shop.jsonl --model shop.jsonl", "want a place for a model folder, got a file"),
    ("train shop.jsonl --model folder", "got one with other files"),
    ("train shop.jsonl --model m --report folder", "want a place for a file, got a folder"),
    ("train shop.jsonl --model m --report shop.jsonl", "got the input file"),
    ("train shop.jsonl --model m --report m/page.html", "want a place apart from --model m"),
    ("train shop.jsonl --model m --chunks shop.jsonl", "want a place for a folder"),
    ("train shop.jsonl --model m --chunks m", "want a place apart from"),
    ("predict shop --data shop.jsonl --out shop.jsonl", "got the input file"),
    ("predict shop --data shop.jsonl --out shop/x.jsonl", "want a place outside of shop"),
    ("predict shop --data shop.jsonl --out folder", "want a place for a file, got a folder"),
    ("predict shop --data shop.jsonl --out x.xlsx", "want .csv, .tsv or .jsonl, got '.xlsx'"),
    ("predict shop --data shop.jsonl --out no/x.jsonl", "No such file"),
    ("propose shop.jsonl --out shop.jsonl", "want a new file"),
    ("propose shop.jsonl --out there.jsonl", "want a new file"),
]
PYTHON = "Traceback", "NoneType", "object has no attribute", "argparse", "unrecognized", "invalid literal", "Namespace"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with products, a model of them, and files that hold none."""
    home = tmp_path_factory.mktemp("home")
    TitleClassifier(**SMALL | {"epochs": 2}).fit(*shop()).save(home / "shop")
    text = shop_file(home).read_text()
    (home / "folder").mkdir()
    for name in "folder/shop.jsonl", "spaced name.jsonl", "other.jsonl":
        (home / name).write_text(text)
    (home / "other.jsonl").write_text(lines(map(Record, *shop())))
    (home / "empty.csv").touch()
    (home / "binary.csv").write_bytes(bytes(range(256)) * 20)
    return home


@pytest.fixture
def run(home, monkeypatch, capsys):
    """run(line) -> (exit code, standard output, lines of standard error); standard input is empty."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(), isatty=lambda: False))

    def one(line):
        (home / "there.jsonl").write_text("mine\n")
        try:
            code = main(shlex.split(line.removesuffix(" < nothing")))
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        assert not [word for word in PYTHON if word in err]
        return code, out, err.splitlines()

    return one


@pytest.mark.parametrize("line, words", WORKS, ids=range(len(WORKS)))
def test_what_works(run, line, words):
    code, out, err = run(line)
    assert code == 0, err
    assert words in out


@pytest.mark.parametrize("line, words", REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_in_one_line(run, home, line, words):
    before = sorted(os.listdir(home))
    code, out, err = run(line)
    assert code == 2 and not out and words in err[-1], err
    assert len(err) == 1 and err[0].startswith("nnlite"), err
    assert sorted({*os.listdir(home), "there.jsonl"}) == sorted({*before, "there.jsonl"})
    assert (home / "there.jsonl").read_text() == "mine\n"


@compiled
@pytest.mark.parametrize("words, n_trained_on, n_held", [
    ("", 40, 0), ("--refit", 40, 0), ("--holdout 0", 40, 0), ("--holdout 0 --validation other.jsonl", 40, 0),
    ("{}/more.jsonl --holdout 1", 159, 1), ("--holdout=0.25 {}/more.jsonl", 120, 40),
    ("--refit {}/more.jsonl --holdout 40", 160, 40), ("{}/more.jsonl --hold 1 --ref", 160, 1)])
@pytest.mark.parametrize("chunks", ["", " --chunks {}/c"])
def test_what_is_held_out(run, tmp_path, words, n_trained_on, n_held, chunks):
    names = [a + b for a in "abcdefghijkl" for b in "mnopqrstuv"]
    (tmp_path / "more.jsonl").write_text(lines(Record(f"{name} thing", ("Things",)) for name in names))
    line = f"train shop.jsonl --epochs 1 --quiet --model {{}}/m {words}{chunks}"
    assert run(line.replace("{}", tmp_path.as_posix())) == (0, "", [])
    training = TitleClassifier.load(tmp_path / "m").training_
    assert (training["records"], training["counts"].get("held_out", 0)) == (n_trained_on, n_held)


def test_what_is_replaced_is_said(run, home):
    said = run("predict shop --data shop.jsonl --out there.jsonl")[2]
    assert "there.jsonl: is there, and is replaced when all rows are written" in said
    assert "predicted_categories" in (home / "there.jsonl").read_text()


@pytest.mark.parametrize("words", ["--dropout 100%", "--holdout 100%", "--holdout 2,000,000", "--holdout 120%"])
def test_no_value_is_proposed_that_would_be_refused(run, words):
    assert "write" not in run(f"train shop.jsonl --model m {words}")[2][0]


def test_several_titles_of_one_word_may_be_one_title(run):
    said = ["2 titles of one word; a title of several words wants quotes around it"]
    assert run("predict shop blue dress")[2] == said
    assert run('predict shop "blue dress" shoe')[2] == []


def test_folders_of_other_data_say_what_to_delete(run, home, tmp_path):
    (home / "more.jsonl").write_text(lines(map(Record, *shop(48))))
    settings = "--min-count 2 --label-min-count 2 --hidden 4 --epochs 1 --batch-rows 40 --quiet"
    for option in "chunks", "checkpoints":
        for name, code in ("shop.jsonl", 0), ("more.jsonl", 2):
            found, _, err = run(f"train {name} --model {tmp_path}/m --{option} {tmp_path}/{option} {settings}")
            assert found == code, err
        assert len(err) == 1 and f"{tmp_path}/{option}: " in err[0] and "delete this folder" in err[0]
    (home / "more.jsonl").unlink()


@pytest.mark.parametrize("line, data, validation", [
    ("--validation v a --model m", "a", "v"), ("a --validation v --model m", "a", "v"),
    ("a b --validation v w --model m", "a b", "v w"), ("--model m --validation v --validation w a", "a", "v w"),
    ("--validation v --model m a b", "a b", "v"), ("a --validation v --model m b", "a b", "v"),
    ("--model m --validation v -- a -b", "a -b", "v")])
def test_files_beside_validation(line, data, validation):
    args = parser().parse_args(["train", *line.split()])
    assert [" ".join(map(str, paths)) for paths in (args.data, args.validation)] == [data, validation]


def test_standard_input_that_is_closed_or_a_terminal(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert run("look -") == (2, "", ["nnlite: error: -: standard input is closed, want a file"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(), isatty=lambda: True))
    assert run("look -")[2][0] == "reading products from standard input; Ctrl-D ends"
