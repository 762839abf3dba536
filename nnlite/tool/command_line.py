"""nnlite's command line: `python -m nnlite COMMAND`, or `nnlite COMMAND`. Here are its texts, options and errors."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from nnlite import __version__
from nnlite.precision.choice import PRECISIONS
from nnlite.system.interrupts import sigterm_as_ctrl_c
from nnlite.tool import audit_command, commands, inputs, on_ranks, page_command, reading_options, shrink_command
from nnlite.tool.printing import messages, say
from nnlite.tool.values import (
    Majors, holdout, majors, minutes, natural, part, place, positive, rate, share, size, widths)
from nnlite.tool.words import Parser, Program
from nnlite.training.recipes import RECIPES

ABOUT = """Learns which categories a product belongs to from its title.

  nnlite look products.csv                             show how a file is read, and why
  nnlite plan products.jsonl.gz                        estimate words, steps, seconds and memory of a training
  nnlite train products.jsonl.gz --model shop          learn, and save a model in the folder shop
  nnlite evaluate shop others.jsonl.gz                 score it on products that it was not trained on
  nnlite predict shop "Blue cotton dress"              print the categories of a title
  nnlite predict shop --data new.csv --out out.csv     add the categories to each row of a file
  nnlite explain shop "Blue cotton dress"              show the effect of each word
  nnlite page shop --out shop.html                     write an HTML file that predicts in a browser, offline
  nnlite shrink shop --out small --mb 10               make a smaller model
  nnlite propose products.csv --out mapping.tsv        propose which raw categories to merge or drop, for you to edit
  nnlite audit products.csv --out suspects.csv         find wrong and missing categories
  nnlite doctor                                        measure this machine and find what slows it down

Product files are .csv, .tsv, .jsonl, .json, .xml, .txt (fastText), .xlsx or .parquet, plain or .gz, .bz2, .xz, or - for
standard input. Each product has a title and categories. Most exports of shops are read as they are.
"""
CODES = """
exit codes: 0 success; 2 an error, reported in one line on standard error; 130 interrupted by Ctrl-C or SIGTERM
(`train` saves what it has learnt by then). It is not an error if the reader of the output stops early, as `head` does.
"""
TRAIN = """Learns from product files and saves a model. Lines without a usable product are skipped, counted and shown.

  nnlite train products.jsonl.gz --model shop --report page.html
  nnlite train products.jsonl.gz --model shop --refit                           the model to keep
  nnlite train products.csv --model shop --title Name --categories Type --categories "Tags, main"
  nnlite train 2022.csv 2023.csv --model shop --validation recent.csv --epochs 10
  nnlite train products.csv --model shop --min-count 1 --label-min-count 3      a small catalogue
  nnlite train products.csv --model shop --mapping mapping.tsv --major 20       one of 20 categories for each product

A tenth of the products is not trained on. They score the model after each epoch, choose the threshold of `predict`, and
tell how it does on new products; products whose titles differ only in numbers, sizes or the order of words stay
together. --refit then trains on all products, with the same threshold. --holdout 0 does that at once, without a score.

--minutes and --memory choose epochs, batches and chunks as `plan` does, and say which.

Ctrl-C or SIGTERM ends the training after the current step and saves what is learnt; a second one saves nothing. A model
that is already in the folder is replaced when the new one is complete. The folders and the report are places of their
own: none in another, and no link or device. Settings that are not given are those of the recipe.
The recipe `deck` is a textbook recipe that hardly learns, kept for comparison.
"""
LOOK = """Shows how a file is read and why: format, columns, how cells of categories are written, ten records, what
looks wrong, and the option that would change it.

  nnlite look products.csv
  nnlite look products.csv --categories Type,Tags --separator ,
"""
PLAN = """Estimates what `train` will take on this machine, without --report: records, words, steps, seconds, memory. It
reads a sample of at most 100,000 products and tries each phase of the training for a moment, ten seconds in all. The
exit code is 2 if the training does not fit into memory.

  nnlite plan products.jsonl.gz
  nnlite plan 2022.csv 2023.csv --epochs 10 --hidden 400 --json
  nnlite plan products.jsonl.gz --minutes 5 --memory 2GiB

The time is a range in which 9 of 10 trainings end, if the machine is as busy then as during the plan. With --minutes
or --memory the plan names the settings that fit, and the command to type. Chunks on disk are chosen first, as they cost
no accuracy, then smaller ones; then batches of half the rows; then as many epochs, up to the recipe's (or --epochs), as
end in time. Hidden units, words and categories are never changed.
"""
PROPOSE = """Proposes a mapping of raw categories, a file for you to edit. Each line is a raw category, a tab, and the
category that it becomes, or nothing to drop it. A second tab and the reason may follow. Different spellings are merged,
phrases and sentences are dropped, and a rare category becomes a frequent one that nearly all its products also have.
The command prints what is kept, merged and lost.

  nnlite propose products.jsonl.gz --out mapping.tsv
  nnlite train products.jsonl.gz --model shop --mapping mapping.tsv
"""
EVALUATE = """Scores a model on products that it was not trained on. Those whose titles were in its training are counted
and left out; if all were, the scores tell how well the model remembers them, which is said.

  nnlite evaluate shop test.jsonl.gz
  nnlite evaluate shop test.jsonl.gz --json | jq '."P@1"'

P@k       the fraction of the k likeliest categories that is true
R@k       the fraction of the true categories that is among the k likeliest
nDCG@k    as P@k, but first places count more
PSP@k     as P@k, but rare categories count more
coverage  the fraction of all true categories that is found for at least one product
F1        of the categories that `predict` names
BCE       binary cross-entropy, the loss
"""
PREDICT = """Names the categories of titles: those with a probability above the model's threshold, else the likeliest.

  nnlite predict shop "Blue cotton dress" "Stainless steel pan, 24 cm"
  nnlite predict shop < titles.txt > categories.tsv
  nnlite predict shop --data new.csv --out predicted.csv
  tail -f titles.txt | nnlite predict shop --top 3 --json

Writes a line for each title as soon as it is read: the title and its categories with their probabilities, separated by
tabs, or a JSON object. A title without a word that the model knows gets no category. Put -- before a title that begins
with -. Titles and categories that begin with = + - @ or " are preceded by an apostrophe, because a spreadsheet would
take them for formulas or quotes; --raw and --json leave it out. Control characters are spelt out, as \\u001b.

With --data the rows of a product file are written with all their columns and two more, predicted_categories and
predicted_probabilities: a table as a table of the same delimiter, or as .jsonl, objects as .jsonl. The model's training
says which column is the title, unless --title does. Rows without a title have no categories.
"""
EXPLAIN = """Shows the effect of each word of a title on each of its likeliest categories: how much higher the
probability, and its logit, are with the word than without it. Above 0 the word is evidence for the category.

  nnlite explain shop "Blue cotton dress"
  nnlite explain shop "Blue cotton dress" --top 1 --json
"""
DOCTOR = "Measures what this machine can do, and finds settings that slow it down."

_INNER = re.compile(  # names in Python, before an error of a setting
    "^(?:(?:AdaGrad|Adam|MLP|Major|SGD|TitleClassifier|Trainer|Vocabulary|evaluate|fit|fit_files|overrides|"
    "read_records|to_page|write_chunks): )+")
SHARED: dict[str, dict[str, Any]] = {  # arguments of several commands
    "model": {"type": place, "metavar": "DIR", "help": "the folder of a model"},
    "data": {"type": place, "nargs": "+", "metavar": "DATA", "help": "product files; - is standard input"},
    "--json": {"action": "store_true", "help": "print JSON"},
    "--precision": {"choices": PRECISIONS, "default": "float32",
                    "help": "bfloat16: faster where the processor has matrix units, see doctor (default: float32)"},
}


@on_ranks.watched
@sigterm_as_ctrl_c()
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in argv, by default in the arguments of the program. Returns the exit code."""
    for stream in sys.stdout, sys.stderr:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # for characters that the terminal's encoding lacks
    args = None
    try:
        try:
            args = parser().parse_args(argv)
            with messages():
                inputs.check(args)
                on_ranks.check(args)
                code = args.command(args) or 0
        finally:
            if sys.stdout:
                sys.stdout.flush()
        return code
    except BrokenPipeError:
        code = 0
    except KeyboardInterrupt as error:
        on_ranks.tell(error)
        say(f"nnlite: interrupted{commands.how_to_resume(args) if args else ''}")
        code = 130
    except Exception as error:  # the user of a command never sees a traceback
        on_ranks.tell(error)
        say(f"nnlite: error: {' '.join(message(error).split())}")
        code = 2
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:  # Python would try to write the output again at exit, so it goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def message(error: Exception) -> str:
    """The text of an exception. Its type is named too if it is not one that nnlite raises or expects."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return f"out of memory: {error}"
    if isinstance(error, (ImportError, OSError, TypeError, ValueError, FloatingPointError)):
        return _INNER.sub("", str(error))
    return f"{type(error).__name__}: {error}"


def parser() -> Program:
    """The parser of all commands. The parsed arguments hold the function to call as `command`."""
    top = Program(prog="nnlite", description=ABOUT, epilog=CODES, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"nnlite {__version__}")

    def add(function: Callable[[argparse.Namespace], Any], what: str, description: str, *shared: str) -> Parser:
        command = top.commands.add_parser(function.__name__, help=what, description=description, epilog=CODES,
                                          formatter_class=argparse.RawDescriptionHelpFormatter)
        command.set_defaults(command=function, uses_model="model" in shared)
        for name in shared:
            command.add_argument(name, **SHARED[name])
        return command

    command = add(commands.train, "learn from product files and save a model", TRAIN + on_ranks.ABOUT, "data")
    _recipe_options(command)
    command.add_argument("--model", type=place, required=True, metavar="DIR", help="the folder to save the model in")
    command.add_argument("--validation", type=place, action="append", metavar="FILE",
                         help="a product file, or several, to score instead of products held out")
    _training_options(command)
    command.add_argument("--checkpoints", type=place, metavar="DIR",
                         help="save the state of the training there; the same command resumes from it")
    command.add_argument("--report", type=place, metavar="FILE",
                         help="write an HTML page with the loss curve, scores and examples")
    command.add_argument("--quiet", action="store_true", help="print nothing but errors")
    reading_options.add(command)

    command = add(commands.look, "show how a file is read, and why", LOOK)
    command.add_argument("file", type=place, metavar="FILE", help="a product file; - is standard input")
    command.add_argument("--json", **SHARED["--json"])
    reading_options.add(command)

    command = add(commands.plan, "estimate what a training will take", PLAN, "data", "--json")
    on_ranks.plan_options(command)
    _recipe_options(command)
    _training_options(command)
    reading_options.add(command)

    command = add(commands.propose, "propose a mapping of raw categories", PROPOSE, "data")
    command.add_argument("--out", type=place, required=True, metavar="FILE", help="a file to write, .tsv, that is new")
    command.add_argument("--min-count", type=positive, default=10, metavar="N",
                         help="a category of fewer products is rare (default: %(default)s)")
    reading_options.add(command)

    command = add(commands.evaluate, "score a model on product files", EVALUATE, "model", "data", "--json",
                  "--precision")
    command.add_argument("--report", type=place, metavar="FILE", help="write an HTML page with scores and examples")
    reading_options.add(command)

    command = add(commands.predict, "name the categories of titles", PREDICT, "model", "--precision")
    command.add_argument("titles", nargs="*", metavar="TITLE", help="default: the lines of standard input")
    command.add_argument("--top", type=positive, metavar="K", help="name the K likeliest categories")
    command.add_argument("--threshold", type=share, metavar="P", help="name the categories with a probability above P")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print a JSON object a line")
    how.add_argument("--raw", action="store_true", help="print no apostrophe before what a spreadsheet would evaluate")
    command.add_argument("--data", type=place, metavar="FILE", help="a product file; - is standard input")
    command.add_argument("--out", type=place, metavar="FILE",
                         help="a .csv, .tsv or .jsonl file to write (default: standard output)")
    reading_options.add(command, "with --data, between the categories in a cell (default: '; ')")

    command = add(commands.explain, "show the effect of each word of a title", EXPLAIN, "model", "--json")
    command.add_argument("title", metavar="TITLE")
    command.add_argument("--top", type=positive, default=3, metavar="K",
                         help="explain the K likeliest categories (default: %(default)s)")

    page_command.options(add(page_command.page, "write a page that predicts in a browser", page_command.ABOUT, "model"))
    shrink_command.options(add(shrink_command.shrink, "make a smaller model", shrink_command.ABOUT, "model"))

    command = add(audit_command.audit, "find wrong and missing categories", audit_command.ABOUT, "data")
    audit_command.options(command)
    _recipe_options(command)
    reading_options.add(command)

    add(commands.doctor, "measure this machine and find what slows it down", DOCTOR, "--json")
    return top


def _training_options(command: Parser) -> None:
    on_ranks.options(command)
    command.add_argument("--holdout", type=holdout, metavar="SHARE|N",
                         help="how many products are not trained on, but scored: a share below 1, or a number; 0 is "
                              "none (default: 10 %%, at most 20,000, and none of fewer than 500)")
    command.add_argument("--refit", action="store_true",
                         help="after the score train once more, on all products, save that model; with --chunks and "
                              "--checkpoints each training has a folder in theirs, scored and all")
    command.add_argument("--chunks", type=place, metavar="DIR",
                         help="encode the products into this folder and train from there: for files larger than memory")
    command.add_argument("--chunk-rows", type=positive, metavar="N",
                         help="with --chunks: products in memory together (default: 20,000)")
    command.add_argument("--minutes", type=minutes, metavar="N",
                         help="choose as many epochs, up to the recipe's, as end in this time in 9 of 10 cases")
    command.add_argument("--memory", type=size, metavar="SIZE",
                         help="choose chunks on disk, then smaller ones, then smaller batches, to fit 500MB or 2GiB")


def _recipe_options(command: Parser) -> None:
    command.add_argument("--recipe", choices=list(RECIPES), default="default", help="(default: %(default)s)")
    command.add_argument("--epochs", type=positive, metavar="N", help="how often each product is seen")
    command.add_argument("--batch-rows", type=positive, metavar="N", help="products in one step")
    command.add_argument("--lr", type=rate, metavar="RATE", help="learning rate")
    command.add_argument("--hidden", type=widths, metavar="N[,N...]", help="units of each hidden layer, as 400,200")
    command.add_argument("--dropout", type=part, metavar="P", help="the fraction of units left out while training")
    command.add_argument("--negligible", type=share, metavar="P",
                         help="leave out gradients up to P, such as 0.001: faster with thousands of categories")
    command.add_argument("--precision", **SHARED["--precision"] | {"default": None})
    command.add_argument("--min-count", type=positive, metavar="N", help="drop words in fewer than N titles")
    command.add_argument("--label-min-count", type=positive, metavar="N", help="drop categories of fewer products")
    command.add_argument("--mapping", type=place, metavar="FILE", help="map raw categories by this file of `propose`")
    command.add_argument("--major", type=majors, action=Majors, metavar="N|NAME,NAME...",
                         help="give each product one category, of N that cover most products or of those named; may be "
                              "repeated, as a name may hold a comma")
    command.add_argument("--seed", type=natural, metavar="N", help="seed of the weights and of the products' order")
    command.add_argument("--threads", type=positive, metavar="N",
                         help="changes the speed, never the result (default: all cores)")
