"""nnlite's command line: `python -m nnlite COMMAND`, or `nnlite COMMAND`."""

import argparse
import os
import sys
from pathlib import Path

from nnlite import __version__
from nnlite.tool import commands, doctor
from nnlite.training.recipes import RECIPES

ABOUT = """Learns which categories a product belongs to from its title.

  nnlite plan products.jsonl.gz                        what that would take: words, steps, seconds, memory
  nnlite train products.jsonl.gz --model shop          learn, and save a model in the folder shop
  nnlite evaluate shop others.jsonl.gz                 how good it is on products that it has not seen
  nnlite predict shop "Blue cotton dress"              the categories of a title
  cut -f2 new.tsv | nnlite predict shop --json         those of many, one title a line, as JSON lines
  nnlite explain shop "Blue cotton dress"              which words made it think so

Products are .jsonl, .json, .csv or .tsv files, plain or .gz, .bz2, .xz, with a title and categories.
"""
CODES = """
exit codes: 0 done; 1 interrupted by Ctrl-C (what `train` has learnt by then is saved); 2 an error, said in one line on
standard error. Whoever reads the output may stop early: that is no error.
"""
TRAIN = """Learns from product files and saves a model. Lines that hold no product are counted, shown and skipped.

  nnlite train products.jsonl.gz --model shop
  nnlite train 2022.csv 2023.csv --model shop --validation recent.csv --epochs 10
  nnlite train products.csv --model shop --min-count 1 --label-min-count 3      a small catalogue
  nnlite train products.csv --model shop --mapping mapping.tsv --major 20       one of 20 categories for each product

Ctrl-C ends it after the running step and saves what is learnt; twice, without saving. A model in the folder is replaced
once the new one is whole. What is not given is chosen by the recipe, which `nnlite/recipes.py` explains.
"""
PLAN = """Says what `train` would take on this machine: records, words, steps, seconds, memory. Reads a sample and tries
some steps, for some seconds. Ends with exit code 2 if the memory would not do.

  nnlite plan products.jsonl.gz
  nnlite plan 2022.csv 2023.csv --epochs 10 --hidden 400 --json
"""
PROPOSE = """Proposes what raw categories should become, as a file for a person to edit. A line is a raw category, a
tab, and what it becomes, nothing to drop it; behind a second tab stands why. Spellings are merged, phrases and
sentences dropped, rare categories given to the shelf above. Prints what is kept, merged and lost.

  nnlite propose products.jsonl.gz --out mapping.tsv
  nnlite train products.jsonl.gz --model shop --mapping mapping.tsv
"""
EVALUATE = """Scores a model on products that it has not been trained on.

  nnlite evaluate shop test.jsonl.gz
  nnlite evaluate shop test.jsonl.gz --json | jq '."P@1"'

P@k: the share of the k likeliest categories that are true. R@k: of the true ones among them. nDCG@k: the same by rank.
PSP@k: rare categories count more. coverage@k: the share of all true categories that was found for some product.
F1: of the categories that `predict` would name. BCE: binary cross-entropy, the loss.
"""
PREDICT = """Names the categories of titles: those with a probability above the model's threshold, or the likeliest.

  nnlite predict shop "Blue cotton dress" "Stainless steel pan, 24 cm"
  nnlite predict shop < titles.txt > categories.tsv
  tail -f titles.txt | nnlite predict shop --top 3 --json

Writes a line for every title, as soon as it can: the title and its categories with their probabilities, divided by
tabs, or a JSON object. A title without a word that the model knows gets none. A title that begins with - stands
behind a --.
"""
EXPLAIN = """Shows what each word of a title does for each of its likeliest categories: how much higher the probability,
and its logit, are with the word than without it. Above 0 the word speaks for the category.

  nnlite explain shop "Blue cotton dress"
  nnlite explain shop "Blue cotton dress" --top 1 --json
"""


class Parser(argparse.ArgumentParser):
    """Whose errors are one line, without the usage."""

    def error(self, message):
        """End the program with exit code 2."""
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())}\n")


def main(argv=None):
    """Run one command with the words of argv (None: those of the command line). Returns the exit code."""
    for stream in sys.stdout, sys.stderr:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # what the terminal cannot show
    try:
        try:
            args = parser().parse_args(argv)
            code = args.command(args) or 0
        finally:
            if sys.stdout:
                sys.stdout.flush()
        return code
    except BrokenPipeError:
        code = 0
    except KeyboardInterrupt:
        commands.say("nnlite: interrupted")
        code = 1
    except Exception as error:  # no traceback ever reaches who types a command
        commands.say(f"nnlite: error: {' '.join(message(error).split())}")
        code = 2
    _forget_output()
    return code


def message(error):
    """What an exception says, for one line: with its kind, if it is not one that nnlite raises or expects."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return f"out of memory: {error}"
    if isinstance(error, (ImportError, OSError, TypeError, ValueError, FloatingPointError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _forget_output():
    """Let what could not be written, and would be tried again at exit, go nowhere."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser():
    """The commands and their options."""
    top = Parser(prog="nnlite", description=ABOUT, epilog=CODES, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"nnlite {__version__}")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")

    def add(function, what, description):
        command = subparsers.add_parser(function.__name__, help=what, description=description, epilog=CODES,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
        command.set_defaults(command=function)
        return command

    _train_options(add(commands.train, "learn from product files, and save a model", TRAIN))

    command = add(commands.plan, "say what a training would take", PLAN)
    _recipe_options(command)
    command.add_argument("--json", action="store_true", help="print JSON")

    command = add(commands.propose, "propose what raw categories should become", PROPOSE)
    command.add_argument("data", type=Path, nargs="+", metavar="DATA", help="product files")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file, .tsv")
    command.add_argument("--min-count", type=positive, default=10, metavar="N",
                         help="a category of fewer products is rare (default: %(default)s)")

    command = add(commands.evaluate, "score a model on product files", EVALUATE)
    command.add_argument("model", type=Path, metavar="DIR")
    command.add_argument("data", type=Path, nargs="+", metavar="DATA")
    command.add_argument("--report", type=Path, metavar="FILE", help="write a page of HTML with figures and examples")
    command.add_argument("--json", action="store_true", help="print JSON")

    command = add(commands.predict, "name the categories of titles", PREDICT)
    command.add_argument("model", type=Path, metavar="DIR")
    command.add_argument("titles", nargs="*", metavar="TITLE", help="default: the lines of standard input")
    command.add_argument("--top", type=positive, metavar="K", help="the K likeliest categories of each title")
    command.add_argument("--threshold", type=share, metavar="P", help="only categories with a probability above P")
    command.add_argument("--json", action="store_true", help="print a JSON object a line")

    command = add(commands.explain, "show which words made the model think so", EXPLAIN)
    command.add_argument("model", type=Path, metavar="DIR")
    command.add_argument("title", metavar="TITLE")
    command.add_argument("--top", type=positive, default=3, metavar="K", help="categories (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="print JSON")

    what = "what this machine can do, and what slows it down"
    add(doctor.doctor, what, what).add_argument("--json", action="store_true", help="print JSON")
    return top


def _train_options(command):
    _recipe_options(command)
    command.add_argument("--model", type=Path, required=True, metavar="DIR", help="the folder to save the model in")
    command.add_argument("--validation", type=Path, nargs="+", metavar="FILE",
                         help="product files to score after each epoch; they also choose the threshold of `predict`")
    command.add_argument("--chunks", type=Path, metavar="DIR",
                         help="encode the products into this folder and train from there: for files larger than memory")
    command.add_argument("--checkpoints", type=Path, metavar="DIR",
                         help="keep the running training there, and go on from it when called again")
    command.add_argument("--report", type=Path, metavar="FILE",
                         help="write a page of HTML with the curve of the loss, scores and examples")
    command.add_argument("--quiet", action="store_true", help="say nothing but errors")


def _recipe_options(command):
    command.add_argument("data", type=Path, nargs="+", metavar="DATA", help="product files")
    command.add_argument("--recipe", choices=list(RECIPES), default="default", help="default: %(default)s")
    command.add_argument("--epochs", type=positive, metavar="N", help="how often each product is seen")
    command.add_argument("--batch-rows", type=positive, metavar="N", help="products of one step")
    command.add_argument("--lr", type=float, metavar="RATE", help="learning rate")
    command.add_argument("--hidden", type=widths, metavar="N[,N...]", help="units of each hidden layer, as 400,200")
    command.add_argument("--dropout", type=share, metavar="P", help="the share of units left out while training")
    command.add_argument("--negligible", type=share, metavar="P",
                         help="leave out gradients up to P, as 0.001: faster where there are thousands of categories")
    command.add_argument("--min-count", type=positive, metavar="N", help="drop words in fewer titles")
    command.add_argument("--label-min-count", type=positive, metavar="N", help="drop categories of fewer products")
    command.add_argument("--mapping", type=Path, metavar="FILE",
                         help="what raw categories become, as `propose` writes it")
    command.add_argument("--major", type=majors, metavar="N|NAME,NAME...",
                         help="one category for each product: of the N that cover most of them, or of those named")
    command.add_argument("--seed", type=natural, metavar="N", help="of the weights and the order of the products")
    command.add_argument("--threads", type=positive, metavar="N",
                         help="change the speed, never the result (default: all cores)")


def positive(text):
    """An integer of at least 1."""
    return _number(text, int, 1, None)


def natural(text):
    """An integer of at least 0."""
    return _number(text, int, 0, None)


def share(text):
    """A number from 0 to 1."""
    return _number(text, float, 0, 1)


def widths(text):
    """Integers of at least 1, divided by commas, as a tuple."""
    return tuple(map(positive, text.split(",")))


def majors(text):
    """How many, or names divided by commas."""
    return positive(text) if text.isdecimal() else [name.strip() for name in text.split(",")]


def _number(text, kind, least, most):
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= (value if most is None else most):
        want = f"{'an integer' if kind is int else 'a number'} of at least {least}"
        raise argparse.ArgumentTypeError(f"want {want}{'' if most is None else f' and at most {most}'}, got {text!r}")
    return value
