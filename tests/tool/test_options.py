"""Claim: each option reaches the function it is for, at its bounds too, and a value beyond them is named."""

import pytest

import nnlite
from nnlite.tool import plan_command, train_command
from nnlite.tool.command_line import main, parser

GIVEN = dict(epochs=3, batch_rows=5, lr=0.5, hidden=(3, 2), dropout=0.25, negligible=0.125, min_count=7,
             label_min_count=9, seed=4, threads=1, major=["Shoes", "Bags"])


def typed(given):
    """The options as words; a list is an option that is repeated."""
    return [word for name, value in given.items() for one in (value if isinstance(value, list) else [value])
            for word in ("--" + name.replace("_", "-"),
                         ",".join(map(str, one)) if isinstance(one, tuple) else str(one))]


@pytest.mark.parametrize("command", [["train", "a.jsonl", "--model", "m"], ["plan", "a.jsonl"],
                                     ["audit", "a.jsonl", "--out", "b.csv"]])
def test_every_option_of_the_recipe_arrives(command):
    args = parser().parse_args([*command, *typed(GIVEN)])
    assert train_command.settings(args) == GIVEN
    args = parser().parse_args([*command, "--mapping", "m.tsv", "--recipe", "deck"])
    assert {name: str(value) for name, value in train_command.settings(args).items()} == {"mapping": "m.tsv"}
    assert args.recipe == "deck" and train_command.settings(parser().parse_args(command)) == {}


def test_an_option_that_is_0_arrives():
    args = parser().parse_args(["train", "a.jsonl", "--model", "m", "--seed", "0", "--dropout", "0"])
    assert train_command.settings(args) == dict(seed=0, dropout=0.0)


def test_every_option_of_a_plan_reaches_it(tmp_path, monkeypatch):
    seen = {}

    class Enough(Exception):
        pass

    def look(paths, recipe, **settings):
        seen.update(paths=paths, recipe=recipe, **settings)
        raise Enough

    monkeypatch.setattr(plan_command, "make_plan", look)
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


@pytest.mark.parametrize("option, text, value", [
    ("--dropout", "0.99", 0.99), ("--negligible", "0", 0.0), ("--negligible", "0.99", 0.99), ("--min-count", "1", 1),
    ("--label-min-count", "1", 1), ("--batch-rows", "1", 1), ("--hidden", "7", (7,)), ("--lr", "1e-30", 1e-30),
    ("--lr", "1e6", 1e6), ("--seed", "18446744073709551615", 2**64 - 1)])
def test_an_option_of_a_recipe_at_its_bound_is_accepted(option, text, value):
    args = parser().parse_args(["train", "a", "--model", "m", option, text])
    got = getattr(args, option[2:].replace("-", "_"))
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize("words, want", [
    ("train a --model m --min-count 0", "--min-count: want a whole number of at least 1, got '0'"),
    ("train a --model m --label-min-count 0", "--label-min-count: want a whole number of at least 1, got '0'"),
    ("train a --model m --batch-rows 0", "--batch-rows: want a whole number of at least 1, got '0'"),
    ("train a --model m --negligible 1.001", "want a number of at least 0 and below 1, got '1.001'"),
    ("train a --model m --lr 1e7", "--lr: want a number from 1e-30 to 1,000,000, got '1e7'"),
    ("train a --model m --seed 18446744073709551616", "--seed: want a whole number of at least 0 and at most 18,446,"),
    ("train a --model m --hidden 5,", "--hidden: want a whole number of at least 1, got ''"),
    ("predict m --threshold nan", "--threshold: want a number of at least 0 and at most 1, got 'nan'"),
    ("predict m --threshold=-0.001", "got '-0.001'"),
    ("explain m a --top 0", "--top: want a whole number of at least 1"),
    ("propose a --out b --min-count 0", "--min-count: want a whole number of at least 1, got '0'"),
    ("propose a", "--out FILE required"), ("train a --model m --recipe none", "'none'")])
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
