"""What `fuzz.py` feeds to the command line, and what must hold; as in `fuzz_files`."""

import io
import json
import logging
import sys

from fuzz_files import HEADS, LINES
from fuzz_models import model, put
from fuzz_mutations import CHARACTERS, mutated

from nnlite import make_catalogue
from nnlite.tool.command_line import main

WORDS = [
    "train", "evaluate", "predict", "explain", "--model", "shop", "new", "--json", "--top", "--threshold", "--recipe",
    "default", "deck", "--", "--help", "-h", "--quiet", "--seed", "--hidden", "--epochs", "--validation",
    "--checkpoints", "good.jsonl", "given.jsonl", "given.csv", "given.txt.gz", ".", "none", "blue dress", "1", "3",
    "0.5", "1,2", "-1", "nan", "1e999", "--major", "--mapping", "--report", "--chunks", "--min-count", "--lr",
    "--holdout", "--refit", "10%"]
ORDERS = [["predict", "shop"], ["predict", "shop", "--json"], ["predict", "shop", "--top", "2"],
          ["predict", "shop", "blue dress", "--threshold", "0.1"], ["explain", "shop", "blue dress"],
          ["evaluate", "shop", "given.jsonl"], ["evaluate", "shop", "good.jsonl", "given.csv", "--json"],
          ["train", "given.jsonl", "--model", "new", "--epochs", "1", "--hidden", "2"],
          ["train", "good.jsonl", "given.csv", "--model", "new", "--epochs", "1", "--hidden", "2", "--min-count", "1"]]


def make_command(rng):
    """(the words of a command, what standard input and the files called "given" hold)."""
    words = list(rng.choice(ORDERS))
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        place, word = rng.randrange(len(words) + 1), rng.choice(rng.choice([WORDS, WORDS, CHARACTERS]))
        words[place:place + rng.choice([0, 1, 1])] = [word]
    ending = rng.choice([".jsonl", ".csv"])
    content = HEADS[ending] + b"".join(rng.choices(LINES[ending], k=3)) + "Robe bleue\n\n裙子\n".encode()
    return words, mutated(rng, content)


def start_command(folder):
    """Exit code 0 or 2, an error is one line, and each title has its line."""
    (folder / "shop").mkdir()
    put(folder / "shop", model())
    lines = [json.dumps({"title": r.title, "category": r.categories}) + "\n" for r in make_catalogue(40)]
    (folder / "good.jsonl").write_text("".join(lines))
    logging.disable(logging.NOTSET)

    def check(given):
        words, content = given
        put(folder, {"given.jsonl": content, "given.csv": content, "given.txt.gz": content})
        streams = sys.stdin, sys.stdout, sys.stderr
        sys.stdin, out, err = (io.TextIOWrapper(io.BytesIO(part), "utf-8") for part in (content, b"", b""))
        sys.stdout, sys.stderr = out, err
        try:
            code = main(words)
        except SystemExit as stop:
            code = stop.code
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
            out.flush(), err.flush()
        printed, said = (stream.buffer.getvalue().decode() for stream in (out, err))
        assert code in (0, 2) and "Traceback" not in printed + said, said
        assert code != 2 or said.splitlines()[-1].startswith("nnlite") and said.endswith("\n"), said
        if words in ORDERS[:3]:
            titles = content.removesuffix(b"\n").count(b"\n") + 1 if content else 0
            assert code == 0 and printed.count("\n") == titles, printed
            assert "--json" not in words or all(map(json.loads, printed.split("\n")[:-1]))
        return code == 0

    return check
