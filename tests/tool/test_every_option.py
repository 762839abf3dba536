"""Claim: every option of every command has a help and a name for its value, and takes what its bounds say, no more."""

import pytest

from nnlite.tool.command_line import parser

PARSER = parser()
COMMANDS = PARSER.commands.choices
ACTIONS = [(name, action) for name, command in COMMANDS.items() for action in command._actions
           if action.dest != "help"]
WANTED = {  # what each command cannot do without
    "train": "DATA and --model DIR", "look": "FILE", "plan": "DATA", "propose": "DATA and --out FILE",
    "evaluate": "DIR and DATA", "predict": "DIR", "explain": "DIR and TITLE", "page": "DIR and --out FILE",
    "shrink": "DIR and --out DIR and --mb N", "audit": "DATA and --out FILE", "doctor": ""}
FILES = "title categories separator delimiter encoding no-header header paths"
RECIPE = ("recipe epochs batch-rows lr hidden dropout negligible precision min-count label-min-count mapping major "
          "seed threads")
TRAINING = "shards holdout refit chunks chunk-rows minutes memory"
OPTIONS = {  # all that each command has
    "train": f"{FILES} {RECIPE} {TRAINING} model from validation checkpoints report quiet", "look": f"{FILES} json",
    "plan": f"{FILES} {RECIPE} {TRAINING} json ranks", "propose": f"{FILES} out min-count",
    "evaluate": f"{FILES} json precision shards report",
    "predict": f"{FILES} precision shards top threshold json raw data out", "explain": "json top",
    "page": "out mb example", "shrink": f"{FILES} out mb data", "audit": f"{FILES} {RECIPE} out report top folds",
    "doctor": "json"}
DEFAULTS = {  # of the options that have one
    "train --recipe": "default", "plan --recipe": "default", "audit --recipe": "default", "propose --min-count": 10,
    "evaluate --precision": "float32", "predict --precision": "float32", "explain --top": 3, "page --mb": 6.0,
    "audit --top": 1_000, "audit --folds": 5}
COUNT, PART, PLACE = ("1 2147483647", "0 -1 2147483648 1.5 x"), ("0 0.99", "-0.01 1 nan x"), ("a .", "https://a s3://a")
BOUNDS = {  # values that an option takes, and some that it refuses
    "--batch-rows": COUNT, "--chunk-rows": COUNT, "--epochs": COUNT, "--label-min-count": COUNT, "--min-count": COUNT,
    "--ranks": COUNT, "--shards": COUNT, "--threads": COUNT, "--top": COUNT, "--dropout": PART, "--negligible": PART,
    "--folds": ("2 20", "1 21 2.0 x"), "--hidden": ("1 7,2147483647", "0 7,0 7,2147483648 x"),
    "--holdout": ("0 0.0 0.999 1 1000000", "-1 -0.1 1.0 1000001 x"), "--lr": ("1e-30 1e6", "0 1.1e6 x"),
    "--major": ("1 A,B 2147483647", "0 2147483648"), "--mb": ("0.001 1e9", "0 -1 1.1e9 x"),
    "--memory": ("1kB 2GiB", "x -1 2ZB"), "--minutes": ("1e-9 1e9", "0 1.1e9 x"),
    "--seed": (f"0 {2**64 - 1}", f"-1 {2**64} x"), "--threshold": ("0 1", "-0.1 1.001 x"),
    "DATA": PLACE, "DIR": PLACE, "FILE": PLACE}
TEXTS = "COLUMN", "COLUMN[,COLUMN...]", "TEXT", "CHARACTER", "NAME", "TITLE"  # names of values of any kind
TYPED = [(name, action, option) for name, action in ACTIONS if action.metavar and action.metavar not in TEXTS
         for option in [action.option_strings[0] if action.option_strings and action.option_strings[0] in BOUNDS
                        else action.metavar]]


def typed(name, action, value=None):
    """The words of a command with a value of one option, and of the others only those that it cannot do without."""
    values = {other: "1" if other.metavar == "N" else "a" for other in COMMANDS[name]._actions
              if other.required and other.nargs != "*"} | {action: value}
    return [name, *[one if not of.option_strings else of.option_strings[0] if one is None
                    else f"{of.option_strings[0]}={one}" for of, one in values.items()]]


def label(entry):
    """The id of a test."""
    return entry if isinstance(entry, str) else (entry.option_strings or [entry.dest])[0]


def test_every_option_has_a_help_and_a_name_for_its_value():
    silent = [f"{name} {label(action)}" for name, action in ACTIONS if not action.help]
    assert silent == ["explain title"]  # which is told above the options
    assert not [action for _, action in ACTIONS if action.nargs != 0 and not action.choices and not action.metavar]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_options_and_no_others(name):
    found = [option.removeprefix("--") for of, action in ACTIONS if of == name for option in action.option_strings]
    assert sorted(found) == sorted(OPTIONS[name].split())


def test_defaults_are_few_and_those_of_the_help():
    found = {f"{name} {label(action)}": action.default for name, action in ACTIONS if action.default}
    assert found == DEFAULTS
    for name, action in ACTIONS:
        shown = action.help and "(default: " in action.help % {"default": action.default}
        assert shown or f"{name} {label(action)}" not in DEFAULTS


@pytest.mark.parametrize("name", WANTED)
def test_what_is_missing_is_named(name, capsys):
    assert list(WANTED) == list(COMMANDS)
    if not WANTED[name]:
        PARSER.parse_args([name])
        return
    with pytest.raises(SystemExit):
        PARSER.parse_args([name])
    assert f"error: {WANTED[name]} required: type nnlite {name} " in capsys.readouterr().err


@pytest.mark.parametrize("name, action, option", TYPED, ids=label)
def test_values_at_the_bounds_are_taken_and_those_beyond_refused(name, action, option, capsys):
    taken, refused = BOUNDS[option]
    for value in taken.split():
        got = getattr(PARSER.parse_args(typed(name, action, value)), action.dest)
        assert str(got[0] if isinstance(got, (list, tuple)) else got)[0] == value[0]
    for value in refused.split():
        with pytest.raises(SystemExit) as stop:
            PARSER.parse_args(typed(name, action, value))
        err = capsys.readouterr().err
        shown = action.option_strings[0] if action.option_strings else action.metavar
        assert stop.value.code == 2 and err.startswith(f"nnlite {name}: error: {shown}: want "), err


@pytest.mark.parametrize("name, action", [entry for entry in ACTIONS if entry[1].choices], ids=label)
def test_of_some_words_each_is_taken_and_others_are_refused(name, action, capsys):
    words = {"--recipe": "default deck", "--precision": "float32 bfloat16", "--paths": "levels full leaf"}
    for word in words[label(action)].split():
        assert getattr(PARSER.parse_args(typed(name, action, word)), action.dest) == word
    with pytest.raises(SystemExit):
        PARSER.parse_args(typed(name, action, "other"))
    assert "choose from" in capsys.readouterr().err


@pytest.mark.parametrize("name, action", [entry for entry in ACTIONS if entry[1].nargs == 0], ids=label)
def test_a_flag_is_off_unless_it_is_given(name, action):
    given, without = PARSER.parse_args(typed(name, action)), PARSER.parse_args([name, *typed(name, action)[1:-1]])
    assert getattr(given, action.dest) is (label(action) != "--no-header")
    assert getattr(without, action.dest) is (None if action.dest == "header" else False)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_keeps_its_lines(name, capsys):
    with pytest.raises(SystemExit):
        PARSER.parse_args([name, "--help"])
    out = capsys.readouterr().out
    assert COMMANDS[name].description.strip() in out and COMMANDS[name].epilog.strip() in out
    with pytest.raises(SystemExit):
        PARSER.parse_args(["--help"])
    assert len([line for line in capsys.readouterr().out.splitlines() if line.startswith(f"    {name} ")]) == 1
