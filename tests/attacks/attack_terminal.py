"""Attacks on the person at a terminal: sequences in data that move the cursor, clear, rename or forge lines."""

import contextlib
import json
import os
import threading
from functools import lru_cache, partial
from pathlib import Path
from tempfile import mkdtemp

import attack
from attack import Attack, Skip
from handmade import write_folder

import nnlite
from nnlite.system import array_folder
from nnlite.tool.command_line import main

FORMAT = array_folder.FORMATS[-1]

SEQUENCES = {
    "clear": "\x1b[2J", "title": "\x1b]0;owned\x07", "hyperlink": "\x1b]8;;http://x\x1b\\", "C1 control": "\x9b31m",
    "C1 string": "\x90q\x9c", "bell": "\x07", "backspace": "\x08\x08", "delete": "\x7f", "reset": "\x1bc", "clipboard":
    "\x1b]52;c;eA==\x07", "right to left": "\u202e", "isolate": "\u2066",
}
MARK = "mark"  # beside the sequence, to see that the text was shown


class Terminal:
    """A pseudo-terminal in the place of standard output and error; what was shown on it."""

    def __enter__(self):
        if not hasattr(os, "openpty"):
            raise Skip("no pseudo-terminals")
        self.ours, theirs = os.openpty()
        self.shown = b""
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.stream = os.fdopen(theirs, "w", encoding="utf-8", errors="surrogateescape")
        self.redirected = contextlib.ExitStack()
        self.redirected.enter_context(contextlib.redirect_stdout(self.stream))
        self.redirected.enter_context(contextlib.redirect_stderr(self.stream))
        return self

    def __exit__(self, *error):
        self.redirected.close()
        self.stream.close()
        self.reader.join()
        os.close(self.ours)

    def _read(self):
        with contextlib.suppress(OSError):  # the end of a pseudo-terminal
            while part := os.read(self.ours, 1 << 16):
                self.shown += part


@lru_cache
def model():
    titles, categories = zip(*nnlite.make_catalogue(60))
    folder = Path(mkdtemp()) / "m"
    nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=2, threads=1).fit(titles, categories).save(folder)
    return folder


def hostile_model(case, sequence):
    """A model whose names of categories and words hold the sequence."""
    header, arrays, texts = array_folder.read(model(), "model")
    header = {name: value for name, value in header.items() if name not in ("format", "kind")}
    header["training"]["categories"] = [sequence + MARK]
    texts = {name: [sequence + MARK + line for line in lines] for name, lines in texts.items()}
    write_folder(case.folder / "m", "model", FORMAT, header, arrays, texts)
    return str(case.folder / "m")


def product_file(case, sequence, name="p.jsonl", head=""):
    """Product lines, good ones and broken ones, all of which hold the sequence, some raw and some escaped."""
    lines = [json.dumps({"title": f"mug {MARK}{sequence}{i % 7}", "category": [f"{MARK}{sequence}{i % 3}"]})
             for i in range(40)]
    raw = [f'{{"title": "cup {MARK}{sequence}", "category": ["{MARK}{sequence}"]}}', f"broken {MARK}{sequence}"]
    path = case.folder / name
    path.write_text("\n".join([head, *lines, *raw, ""]), encoding="utf-8", errors="surrogateescape")
    return str(path)


def run(words):
    try:
        return main(words)
    except SystemExit as stop:
        return stop.code


def command(words, sequence, case):
    """Run a command whose data hold the sequence; words: from (case, sequence) to its words."""
    words = words(case, sequence)
    os.chdir(case.folder)
    with Terminal() as terminal:
        code = run(words)
    shown = terminal.shown.decode("utf-8", "replace")
    assert code in (0, 1, 2) and "Traceback" not in shown, f"exit code {code}: {shown[-300:]!a}"
    assert shown.strip(), "nothing was shown"
    found = [character for character in sequence if not character.isprintable() and character in shown]
    own = {"\x1b"} if "\x1b[" in shown and sequence not in shown else set()  # of a bar that nnlite itself draws
    assert not set(found) - own, f"shown as it is: {shown[max(0, shown.find(found[0]) - 60):][:160]!a}"


COMMANDS = {
    "predict a title": lambda case, s: ["predict", str(model()), f"mug {MARK}{s}"],
    "predict with a model": lambda case, s: ["predict", hostile_model(case, s), "blue dress", "--top", "2"],
    "predict as JSON": lambda case, s: ["predict", hostile_model(case, s), f"blue {s}", "--json"],
    "explain": lambda case, s: ["explain", hostile_model(case, s), f"blue dress {MARK}{s}"],
    "evaluate": lambda case, s: ["evaluate", str(model()), product_file(case, s)],
    "train": lambda case, s: ["train", product_file(case, s), "--model", "new", "--epochs", "1", "--min-count", "1"],
    "propose": lambda case, s: ["propose", product_file(case, s), "--out", "map.tsv"],
    "a missing file": lambda case, s: ["evaluate", str(model()), f"{MARK}{s}.jsonl"],
    "a missing model": lambda case, s: ["predict", f"{MARK}{s}", "x"],
    "a file of that name": lambda case, s: [
        "evaluate", str(model()), product_file(case, s, f"{MARK}{s}.jsonl".replace("/", ""))],
    "an unknown option": lambda case, s: ["predict", str(model()), f"--{MARK}{s}"],
    "an unknown command": lambda case, s: [f"{MARK}{s}"],
    "a number": lambda case, s: ["predict", str(model()), "x", "--top", f"1{s}"],
    "a header of a model": lambda case, s: ["predict", header(case, s), "x"],
    "a mapping": lambda case, s: ["train", product_file(case, s), "--model", "new", "--mapping", mapping(case, s)],
    "a column": lambda case, s: ["evaluate", str(model()), product_file(case, s, "p.csv", f"{MARK}{s},b")],
}


def header(case, sequence):
    """A model of which the format is the sequence."""
    place = case.folder / "m"
    place.mkdir()
    (place / "model.json").write_text(json.dumps({"kind": "model", "format": MARK + sequence, "files": {}}))
    return str(place)


def mapping(case, sequence):
    """A mapping with a ring."""
    path = case.folder / "map.tsv"
    path.write_text(f"a{sequence}\tb{sequence}\nb{sequence}\ta{sequence}\n", encoding="utf-8")
    return str(path)


ATTACKS = {f"{name}, {what}": Attack(partial(command, words, sequence), ())
           for what, words in COMMANDS.items() for name, sequence in SEQUENCES.items()}

if __name__ == "__main__":
    attack.main(ATTACKS)
