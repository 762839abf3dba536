"""Claim: each option and argument reaches the function it is for, and commands print what was computed."""

import io
import json
import logging
import os
import re
import sys
from argparse import Namespace
from types import SimpleNamespace

import pytest
from shops import lines, shop, shop_file

import nnlite
from nnlite import evaluate, read_records
from nnlite.categories.mapping import Mapping
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.lines import MAX_LINE_BYTES
from nnlite.scores import metrics
from nnlite.scores.explanation import Effect, Explanation
from nnlite.tool import commands
from nnlite.tool.command_line import main, message, parser
from nnlite.tool.report import sections
from nnlite.training import planning

QUICK = "--epochs", "1", "--hidden", "4", "--label-min-count", "2", "--quiet"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with train.jsonl, test.jsonl and the model "shop"."""
    home = tmp_path_factory.mktemp("home")
    records = list(nnlite.make_catalogue(450))
    (home / "train.jsonl").write_text(lines(records[:300]))
    (home / "test.jsonl").write_text(lines(records[300:]))
    assert run("train", home / "train.jsonl", "--model", home / "shop", "--quiet") == 0
    return home


def run(*argv):
    return main([str(arg) for arg in argv])


def words_of(path):
    """The text of a page, without its tags."""
    return re.sub("<.*?>", "", path.read_text(encoding="utf-8"))


# ---- options

GIVEN = dict(epochs=3, batch_rows=5, lr=0.5, hidden=(3, 2), dropout=0.25, negligible=0.125, min_count=7,
             label_min_count=9, seed=4, threads=1, major=["Shoes", "Bags"])


def typed(given):
    """The options as words; a list is an option that is repeated."""
    return [word for name, value in given.items() for one in (value if isinstance(value, list) else [value])
            for word in ("--" + name.replace("_", "-"),
                         ",".join(map(str, one)) if isinstance(one, tuple) else str(one))]


@pytest.mark.parametrize("command", [["train", "a.jsonl", "--model", "m"], ["plan", "a.jsonl"]])
def test_every_option_of_the_recipe_arrives(command):
    args = parser().parse_args([*command, *typed(GIVEN)])
    assert commands._settings(args) == GIVEN
    args = parser().parse_args([*command, "--mapping", "m.tsv", "--recipe", "deck"])
    assert {name: str(value) for name, value in commands._settings(args).items()} == {"mapping": "m.tsv"}
    assert args.recipe == "deck" and commands._settings(parser().parse_args(command)) == {}


def test_an_option_that_is_0_arrives():
    args = parser().parse_args(["train", "a.jsonl", "--model", "m", "--seed", "0", "--dropout", "0"])
    assert commands._settings(args) == dict(seed=0, dropout=0.0)


@pytest.mark.parametrize("n_more", [0, 1, commands.READ_BYTES + 5])
def test_a_line_of_standard_input_is_cut_after_a_mebibyte(n_more):
    file = io.TextIOWrapper(io.BytesIO(b"a" * (MAX_LINE_BYTES + n_more) + b"\nb\n"))
    assert [len(title) for titles in commands.batches(file) for title in titles] == [MAX_LINE_BYTES, 1]


def test_every_option_of_a_plan_reaches_it(tmp_path, monkeypatch):
    seen = {}

    class Enough(Exception):
        pass

    def look(paths, recipe, **settings):
        seen.update(paths=paths, recipe=recipe, **settings)
        raise Enough

    monkeypatch.setattr(commands, "make_plan", look)
    args = parser().parse_args(["plan", "a", "b", "--recipe", "deck", *typed(GIVEN)])
    with pytest.raises(Enough):
        args.command(args)
    assert seen == {"paths": args.data, "recipe": "deck", **GIVEN} and list(map(str, args.data)) == ["a", "b"]


@pytest.mark.parametrize("texts, want", [
    (["3"], 3), (["3,4"], ["3,4"]), (["Shoes, Bags"], ["Shoes, Bags"]),  # `Major.of` knows which commas separate
    (["A, B", "C"], ["A, B", "C"]), (['"A, B",C'], ["A, B", "C"]), (['C, "A, B"', "D"], ["C", "A, B", "D"])])
def test_major_categories_are_a_number_or_names(texts, want):
    options = [word for text in texts for word in ("--major", text)]
    assert parser().parse_args(["train", "a", "--model", "m", *options]).major == want


def test_a_number_of_major_categories_stands_alone(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["train", "a", "--model", "m", "--major", "3", "--major", "Shoes"])
    assert "--major: want one number, or names" in capsys.readouterr().err


@pytest.mark.parametrize("option, least, below", [
    ("--seed", "0", "-1"), ("--epochs", "1", "0"), ("--threads", "1", "0"), ("--hidden", "1", "0"),
    ("--dropout", "0", "-0.1"), ("--major", "1", "0")])
def test_the_least_value_of_an_option_is_accepted_and_none_below_it(option, least, below, capsys):
    command = ["train", "a", "--model", "m"]
    parser().parse_args([*command, option, least])
    with pytest.raises(SystemExit):
        parser().parse_args([*command, f"{option}={below}"])
    assert f"of at least {least}" in capsys.readouterr().err


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
    assert commands.typed(argument) == want


@pytest.mark.parametrize("option, text, value", [
    ("--dropout", "1", 1.0), ("--negligible", "0", 0.0), ("--negligible", "1", 1.0), ("--min-count", "1", 1),
    ("--label-min-count", "1", 1), ("--batch-rows", "1", 1), ("--hidden", "7", (7,)), ("--lr", "1e-3", 0.001)])
def test_an_option_of_a_recipe_at_its_bound_is_accepted(option, text, value):
    args = parser().parse_args(["train", "a", "--model", "m", option, text])
    got = getattr(args, option[2:].replace("-", "_"))
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize("words, want", [
    ("train a --model m --min-count 0", "--min-count: want an integer of at least 1, got '0'"),
    ("train a --model m --label-min-count 0", "--label-min-count: want an integer of at least 1, got '0'"),
    ("train a --model m --batch-rows 0", "--batch-rows: want an integer of at least 1, got '0'"),
    ("train a --model m --negligible 1.001", "want a number of at least 0 and at most 1, got '1.001'"),
    ("train a --model m --hidden 5,", "--hidden: want an integer of at least 1, got ''"),
    ("predict m --threshold nan", "--threshold: want a number of at least 0 and at most 1, got 'nan'"),
    ("predict m --threshold=-0.001", "got '-0.001'"), ("explain m a --top 0", "--top: want an integer of at least 1"),
    ("propose a --out b --min-count 0", "--min-count: want an integer of at least 1, got '0'"),
    ("propose a", "required: --out"), ("train a --model m --recipe none", "'none'")])
def test_a_value_beyond_its_bound_is_named_with_what_was_wanted(words, want, capsys):
    with pytest.raises(SystemExit) as stop:
        parser().parse_args(words.split())
    err = capsys.readouterr().err
    assert stop.value.code == 2 and want in err and err.startswith(f"nnlite {words.split()[0]}: error: ")


def test_defaults_of_the_options():
    args = parser().parse_args(["train", "a", "--model", "m"])
    assert (args.recipe, args.quiet) == ("default", False)
    assert {args.chunks, args.checkpoints, args.report, args.validation} == {None}
    assert parser().parse_args(["explain", "m", "a"]).top == 3
    args = parser().parse_args(["predict", "m"])
    assert (args.titles, args.top, args.threshold, args.json) == ([], None, None, False)


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0 and capsys.readouterr().out == f"nnlite {nnlite.__version__}\n"


# ---- the program

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


# ---- train

def test_a_training_names_its_files_and_what_it_has_learnt(tmp_path, capsys):
    """Two files to train on and two to validate on."""
    records = list(map(nnlite.Record, *shop(40)))
    names = [tmp_path / f"{name}.jsonl" for name in "abcd"]
    for path, n in zip(names, (30, 10, 6, 4)):
        path.write_text(lines(records[:n]))
    assert run("train", *names[:2], "--model", tmp_path / "m", *QUICK[:-1], "--epochs", 2, "--major", 3,
               "--validation", *names[2:]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "titles from" not in line]
    one = TitleClassifier.load(tmp_path / "m")
    assert said[0] == f"reading {names[0]}, {names[1]}" and said[1].startswith("40 records")
    assert said[2] == f"reading {names[2]}, {names[3]}" and said[3].startswith("10 records")
    seen, first = one.training_, said.index(one.training_["categories"][0].splitlines()[0])
    assert first > 3 and said[-4:-2] == [
        f"validation after epoch   {epoch}  P@1 {100 * scores['P@1']:.1f} %  P@3 {100 * scores['P@3']:.1f} %"
        for epoch, scores in enumerate(seen["validation"], start=1)]
    assert said[-2] == (
        f"{tmp_path / 'm'}: {one.vocabulary_.n_words:,} words, 3 categories; {seen['steps']:,} of {seen['n_steps']:,} "
        f"steps in {seen['seconds']:.1f} s, loss from {seen['first_loss']:.5f} to {seen['last_loss']:.5f}; names a "
        f"category above {one.threshold_:.2f}")
    assert len(seen["validation"]) == 2


def test_the_source_of_a_report_is_all_files(home, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(commands, "write_report", lambda path, one, records, source, **_: seen.append((
        str(path), len(list(records)), source)))
    monkeypatch.chdir(home)
    files, train = ["test.jsonl", "test.jsonl"], ["train", "train.jsonl", "--model", tmp_path / "m", *QUICK]
    assert run(*train, "--validation", *files, "--report", "a") == 0
    assert run(*train, "--report", "b") == 0
    assert run("evaluate", "shop", *files, "--report", "c") == 0
    assert seen == [("a", 300, "test.jsonl, test.jsonl"), ("b", 300, "train.jsonl"),
                    ("c", 300, "test.jsonl, test.jsonl")]


def test_a_training_from_chunks_shows_its_epochs(tmp_path, capsys):
    assert run("train", shop_file(tmp_path), "--model", tmp_path / "m", *QUICK[:-1], "--chunks", tmp_path / "c") == 0
    err = capsys.readouterr().err
    assert "epoch   1  loss 0." in err and "reading" not in err and (tmp_path / "c").is_dir()


@pytest.mark.parametrize("learnt, quiet", [(True, False), (True, True), (False, False)])
def test_an_interrupted_training_is_saved_if_something_is_learnt(tmp_path, monkeypatch, capsys, learnt, quiet):
    fit = TitleClassifier.fit

    def interrupted(self, *args):
        if learnt:
            fit(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(TitleClassifier, "fit", interrupted)
    assert run("train", shop_file(tmp_path), "--model", tmp_path / "m", *(QUICK if quiet else QUICK[:-1])) == 1
    last = capsys.readouterr().err.splitlines()[-1:]
    assert (tmp_path / "m").exists() == learnt and bool(last) == (not quiet)
    assert quiet or last[0].endswith(
        "; interrupted, what was learnt so far is saved" if learnt else "nnlite: interrupted")


def test_quiet_gives_the_logger_its_level_back(tmp_path):
    logger = logging.getLogger("nnlite")
    before = logger.level
    try:
        for level in logging.WARNING, logging.DEBUG:
            logger.setLevel(level)
            assert run("train", shop_file(tmp_path), "--model", tmp_path / "m", *QUICK) == 0
            assert logger.level == level
            assert run("train", tmp_path / "nowhere.jsonl", "--model", tmp_path / "m", *QUICK) == 2
            assert logger.level == level
    finally:
        logger.setLevel(before)


def test_a_quiet_training_logs_no_warning_and_a_loud_one_does(tmp_path, caplog):
    path = shop_file(tmp_path)
    path.write_text("no json\n" + path.read_text())
    assert run("train", path, "--model", tmp_path / "m", *QUICK) == 0 and not caplog.records
    assert run("train", path, "--model", tmp_path / "m", *QUICK[:-1]) == 0 and "not JSON" in caplog.text


@pytest.mark.parametrize("chunks", [False, True])
def test_a_report_is_on_the_validation_products_or_says_that_it_is_not(home, tmp_path, chunks, monkeypatch):
    monkeypatch.chdir(home)  # because long paths are cut
    train = ["train", "train.jsonl", "--model", tmp_path / "m", "--epochs", 1, "--quiet"]
    train += ["--chunks", tmp_path / "chunks"] * chunks
    assert run(*train, "--report", tmp_path / "a.html") == 0
    assert run(*train, "--report", tmp_path / "b.html", "--validation", "test.jsonl") == 0
    own, others = (words_of(tmp_path / name) for name in ("a.html", "b.html"))
    assert "300 records of train.jsonl, trained on, " in own
    assert "150 records of test.jsonl, " in others and "trained on" not in others


def test_validation_products_reach_a_training_from_chunks(home, tmp_path):
    assert run("train", home / "train.jsonl", "--model", tmp_path / "m", *QUICK, "--chunks", tmp_path / "chunks",
               "--validation", home / "test.jsonl") == 0
    scores, = TitleClassifier.load(tmp_path / "m").training_["validation"]
    assert scores["rows"] == 150


# ---- evaluate, explain, plan, propose

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


@pytest.mark.parametrize("n", [1, 1000])
def test_records_of_which_the_model_knows_no_category_are_counted(home, tmp_path, capsys, n):
    (tmp_path / "x.jsonl").write_text(lines([nnlite.Record("blue dress", ("Unheard",))] * n))
    assert run("evaluate", home / "shop", tmp_path / "x.jsonl", "--report", tmp_path / "a.html") == 2
    assert capsys.readouterr().err.endswith(
        f"{home / 'shop'}: want records with a category that the model knows, got none in {n:,}\n")
    assert not (tmp_path / "a.html").exists()


def test_a_proposal_prints_what_it_keeps(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(commands, "propose_file", lambda *args: args)
    assert run("propose", "a", "b", "--out", "c", "--min-count", 4) == 0
    args = parser().parse_args(["propose", "a", "b", "--out", "c"])
    assert capsys.readouterr().out == f"{(args.data, args.out, 4)}\n"


def test_a_plan_is_printed_as_text(tmp_path, capsys):
    path = shop_file(tmp_path)
    assert run("plan", path, "--epochs", 1, "--label-min-count", 2) == 0
    out = capsys.readouterr().out
    assert "40 records" in out and "{" not in out


def test_the_lines_of_an_explanation(monkeypatch, capsys):
    seen, effects = [], (Effect("red", 0.1234, 1.234), Effect("new", -0.5, -10.0))

    class Fake:
        def explain(self, *args):
            seen.append(args)
            return [Explanation("Women", 0.456, effects), Explanation("Men", 0.1, ())]

    monkeypatch.setattr(TitleClassifier, "load", lambda path: Fake())
    assert run("explain", "m", "red <b>new</b>") == run("explain", "m", "red", "--top", 1) == 0
    assert seen == [("red new", 3), ("red", 1)]
    assert capsys.readouterr().out.splitlines()[:4] == [
        "Women 0.46", "  +0.123  logit  +1.23  red", "  -0.500  logit -10.00  new", "Men 0.10"]


# ---- predict

def lines_of(given):
    """What `batches` yields of standard input with these bytes."""
    return list(commands.batches(SimpleNamespace(buffer=io.BytesIO(given))))


@pytest.mark.parametrize("given, want", [
    (b"", []), (b"abcde", ["abcde"]), (b"abcdef", ["abcde"]), (b"abcde\nb\n", ["abcde", "b"]),
    (b"abcdefghijklm\nb", ["abcde", "b"]), (b"a\n\nbc\n", ["a", "", "bc"]), (b"abc\n", ["abc"]), (b"\n\n", ["", ""])])
@pytest.mark.parametrize("read", [1, 3, 100])
def test_lines_are_cut_at_their_most_bytes_however_they_arrive(monkeypatch, given, want, read):
    monkeypatch.setattr(commands, "MAX_LINE_BYTES", 5)
    monkeypatch.setattr(commands, "READ_BYTES", read)
    found = lines_of(given)
    assert [line for batch in found for line in batch] == want and all(found)


def test_a_batch_is_the_lines_that_have_arrived(monkeypatch):
    monkeypatch.setattr(commands, "READ_BYTES", 4)
    assert lines_of(b"a\nb\ncd\ne") == [["a", "b"], ["cd"], ["e"]]
    assert list(commands.batches(None)) == []


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

    monkeypatch.setattr(TitleClassifier, "load", lambda path: Fake())
    assert run("predict", "m", "x", "y", "--top", 3, "--threshold", 0.5) == 0
    assert capsys.readouterr().out == "x\ta b c 0.75\ny\ta b c 0.75\n"
    assert run("predict", "m", "x", "--top", 3) == 0
    assert capsys.readouterr().out == "x\ta b c 0.75\td 0.50\n"


# ---- evaluate, explain, plan, on files

def test_scores_are_at_the_models_threshold_and_with_its_propensities(home, capsys):
    assert run("evaluate", home / "shop", home / "test.jsonl", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    one = TitleClassifier.load(home / "shop")
    data = one.encode(list(read_records(home / "test.jsonl")))
    propensities = metrics.propensities(one.vocabulary_.label_counts, one.vocabulary_.n_records)
    assert found == {"threshold": one.threshold_, "new": True, "trained_on": 0,
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
    line = commands._line("Mug", [("tea\tand\ncoffee", 0.5), ("Kitchen", 0.25)])
    assert line == "Mug\ttea and coffee 0.50\tKitchen 0.25"


def test_a_title_is_cleaned_before_it_is_explained_and_shown(home, capsys):
    assert run("explain", home / "shop", "<b class=shoe>Blue</b> cotton &amp; dress", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["title"] == "Blue cotton & dress"
    assert [effect["word"] for effect in found["categories"][0]["effects"]] == ["blue", "cotton", "dress"]


def test_a_plan_that_cannot_fit_is_an_error_with_exit_code_2(tmp_path, monkeypatch, capsys):
    make = planning.plan

    def in_little_memory(*args, **named):
        found = make(*args, **named)
        found.available = 1
        return found

    monkeypatch.setattr(commands, "make_plan", in_little_memory)
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
