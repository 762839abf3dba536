"""nnlite's command line: `python -m nnlite COMMAND`, or `nnlite COMMAND`. Here are its options and errors."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from nnlite.precision.choice import PRECISIONS
from nnlite.system.interrupts import sigterm_as_ctrl_c
from nnlite.tool import (
    audit_command, commands, inputs, on_ranks, page_command, plan_command, reading_options, shrink_command, texts,
    train_from)
from nnlite.tool.printing import messages, say
from nnlite.tool.values import (
    Majors, holdout, majors, minutes, natural, part, place, positive, rate, share, size, widths)
from nnlite.tool.words import Parser, Program
from nnlite.training.recipes import RECIPES
from nnlite.version import VERSION

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
    top = Program(prog="nnlite", description=texts.ABOUT, epilog=texts.CODES,
                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"nnlite {VERSION}")

    def add(function: Callable[[argparse.Namespace], Any], what: str, description: str, *shared: str) -> Parser:
        command = top.commands.add_parser(function.__name__, help=what, description=description, epilog=texts.CODES,
                                          formatter_class=argparse.RawDescriptionHelpFormatter)
        command.set_defaults(command=function, uses_model="model" in shared)
        for name in shared:
            command.add_argument(name, **SHARED[name])
        return command

    command = add(commands.train, "learn from product files and save a model", texts.TRAIN + on_ranks.ABOUT, "data")
    _recipe_options(command)
    command.add_argument("--model", type=place, required=True, metavar="DIR", help="the folder to save the model in")
    train_from.options(command)
    command.add_argument("--validation", type=place, action="append", metavar="FILE",
                         help="a product file, or several, to score instead of products held out")
    _training_options(command)
    command.add_argument("--checkpoints", type=place, metavar="DIR",
                         help="save the state of the training there; the same command resumes from it")
    command.add_argument("--report", type=place, metavar="FILE",
                         help="write an HTML page with the loss curve, scores and examples")
    command.add_argument("--quiet", action="store_true", help="print nothing but errors")
    reading_options.add(command)

    command = add(commands.look, "show how a file is read, and why", texts.LOOK)
    command.add_argument("file", type=place, metavar="FILE", help="a product file; - is standard input")
    command.add_argument("--json", **SHARED["--json"])
    reading_options.add(command)

    command = add(plan_command.plan, "estimate what a training will take", texts.PLAN, "data", "--json")
    on_ranks.plan_options(command)
    _recipe_options(command)
    _training_options(command)
    reading_options.add(command)

    command = add(commands.propose, "propose a mapping of raw categories", texts.PROPOSE, "data")
    command.add_argument("--out", type=place, required=True, metavar="FILE", help="a file to write, .tsv, that is new")
    command.add_argument("--min-count", type=positive, default=10, metavar="N",
                         help="a category of fewer products is rare (default: %(default)s)")
    reading_options.add(command)

    command = add(commands.evaluate, "score a model on product files", texts.EVALUATE, "model", "data", "--json",
                  "--precision")
    on_ranks.options(command)
    command.add_argument("--report", type=place, metavar="FILE", help="write an HTML page with scores and examples")
    reading_options.add(command)

    command = add(commands.predict, "name the categories of titles", texts.PREDICT, "model", "--precision")
    command.add_argument("titles", nargs="*", metavar="TITLE", help="default: the lines of standard input")
    on_ranks.options(command)
    command.add_argument("--top", type=positive, metavar="K", help="name the K likeliest categories")
    command.add_argument("--threshold", type=share, metavar="P", help="name the categories with a probability above P")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print a JSON object a line")
    how.add_argument("--raw", action="store_true", help="print no apostrophe before what a spreadsheet would evaluate")
    command.add_argument("--data", type=place, metavar="FILE", help="a product file; - is standard input")
    command.add_argument("--out", type=place, metavar="FILE",
                         help="a .csv, .tsv or .jsonl file to write (default: standard output)")
    reading_options.add(command, "with --data, between the categories in a cell (default: '; ')")

    command = add(commands.explain, "show the effect of each word of a title", texts.EXPLAIN, "model", "--json")
    command.add_argument("title", metavar="TITLE")
    command.add_argument("--top", type=positive, default=3, metavar="K",
                         help="explain the K likeliest categories (default: %(default)s)")

    page_command.options(add(page_command.page, "write a page that predicts in a browser", page_command.ABOUT, "model"))
    shrink_command.options(add(shrink_command.shrink, "make a smaller model", shrink_command.ABOUT, "model"))

    command = add(audit_command.audit, "find wrong and missing categories", audit_command.ABOUT, "data")
    audit_command.options(command)
    _recipe_options(command)
    reading_options.add(command)

    add(commands.doctor, "measure this machine and find what slows it down", texts.DOCTOR, "--json")
    return top


def _training_options(command: Parser) -> None:
    on_ranks.options(command)
    command.add_argument("--holdout", type=holdout, metavar="SHARE|N",
                         help="how many products are not trained on, but scored: a share below 1, or a number; 0 is "
                              "none (default: 10 %%, at most 20,000, and none where there are fewer than 500 products)")
    command.add_argument("--refit", action="store_true",
                         help="after the score train once more, on all products, save that model; with --chunks and "
                              "--checkpoints each training has its own folder in them, named `scored` and `all`")
    command.add_argument("--chunks", type=place, metavar="DIR",
                         help="encode the products into this folder and train from there: for files larger than memory")
    command.add_argument("--chunk-rows", type=positive, metavar="N",
                         help="with --chunks: products in memory together (default: 20,000)")
    command.add_argument("--minutes", type=minutes, metavar="N",
                         help="choose as many epochs, up to the recipe's, as end in this time in 9 of 10 cases")
    command.add_argument("--memory", type=size, metavar="SIZE",
                         help="choose chunks on disk, then smaller ones, then smaller batches, to fit a size "
                              "such as 500MB or 2GiB")


def _recipe_options(command: Parser) -> None:
    command.add_argument("--recipe", choices=list(RECIPES), default="default", help="(default: %(default)s)")
    command.add_argument("--epochs", type=positive, metavar="N", help="how often each product is seen")
    command.add_argument("--batch-rows", type=positive, metavar="N", help="products in one step")
    command.add_argument("--lr", type=rate, metavar="RATE", help="learning rate")
    command.add_argument("--hidden", type=widths, metavar="N[,N...]", help="units of each hidden layer, as 400,200")
    command.add_argument("--dropout", type=part, metavar="P", help="the fraction of units left out while training")
    command.add_argument("--negligible", type=part, metavar="P",
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
