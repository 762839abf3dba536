"""Runs of a lesson with some lines of its constants changed, as a reader changes them."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

FOLDER = Path(__file__).parents[2] / "examples" / "lessons"
LESSONS = {path.stem[6:8]: path for path in sorted(FOLDER.glob("lesson[0-9]*.py"))}

SMALL = {  # constants with which a run takes less than a second, and still shows what the lesson is about
    "03": ["STEPS = 600"],
    "04": ["RECORDS, TEST = 1_500, 500", "STEPS = 40", "HIDDEN = (32, 32)"],
    "05": ["SIZES = (250, 1_000)", "UNITS = 20"],
    "07": ["TRAIN, HELD_OUT = 500, 500", "RATE, BATCH, EPOCHS = 0.1, 50, 12", "HIDDEN = 50"],
    "08": ["TRAIN, TEST = 1_000, 1_000", "EPOCHS = 4"],
    "09": ["TRAIN, TEST = 800, 800"],
    "10": ["TRAIN, TEST = 600, 800"],
    "11": ["LABELS = (1_000, 4_000)", "ROWS, UNITS = 256, 64"],
    "12": ["PRODUCTS, EPOCHS, BATCH, RATE = 800, 3, 10, 0.03"],
    "13": ["RUNS = 4"],
    "14": ["FLOATS = 20_000"],
    "15": ["RANKS = 1", "PRODUCTS = 400"],
}


def invited(number):
    """The lines of constants that a lesson proposes to change."""
    calls = [node for node in ast.walk(ast.parse(LESSONS[number].read_text())) if isinstance(node, ast.Call)]
    [ask] = [call for call in calls if getattr(call.func, "id", "") == "ask"]
    return ast.literal_eval(ask.args[2] if len(ask.args) > 2 else ask.keywords[0].value)


def source(number, *lines):
    """The lesson's text with some lines of constants in the place of those of the same names."""
    text = LESSONS[number].read_text(encoding="ascii")
    for line in lines:
        names = line.partition(" = ")[0]
        text, n = re.subn(rf"^{re.escape(names)} = .*$", line.replace("\\", r"\\"), text, flags=re.MULTILINE)
        assert n == 1, f"lesson {number} has {n} lines that begin with {names} ="
    return text


def run(number, capsys, *lines):
    """The names that a lesson has made, and `said`, what it has printed, on one line."""
    names = {"__name__": "__main__"}
    exec(compile(source(number, *SMALL.get(number, []), *lines), str(LESSONS[number]), "exec"), names)
    printed = capsys.readouterr().out
    return SimpleNamespace(**names, printed=printed, said=" ".join(printed.split()))
